"""The output of `make bench`: our figures, v1's from the same run, and the promised limits.

    python tools/bench/bench.py                 every section
    python tools/bench/bench.py gas sizes       only these
    python tools/bench/bench.py --json          the rows for a program

Each section is a function that returns rows. `SECTIONS` lists them by name. The exit status is 1 if
a row misses its limit.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

import cache_scenarios
import command_scenarios
import gas_scenarios
import line_scenarios
import relay_scenarios
import rotation_scenario
import speed_scenarios

from ocn_registry.deploy.devnet import Devnet

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ROOT: Final = Path(__file__).resolve().parents[2]
ARTIFACTS: Final = ROOT / "ocn_registry" / "deploy" / "artifacts" / "v3"
CONTRACTS: Final = ("Registry", "Permissions")

# EIP-170, in force on both chains.
CODE_LIMIT_BYTES: Final = 24_576


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One figure, and what it is compared to.

    Attributes:
        name: What was measured.
        ours: Our figure.
        v1: v1's figure, measured in the same run; `None` if v1 does not have the feature.
        limit: The highest figure allowed; `None` if there is no limit.
        ratio_limit: The highest ratio of our figure to v1's; `None` if there is no limit.
        note: What you need to know to understand the row.
    """

    name: str
    ours: float
    v1: float | None = None
    limit: float | None = None
    ratio_limit: float | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """The ratio of our figure to v1's."""
        return self.ours / self.v1 if self.v1 else None

    @property
    def met(self) -> bool | None:
        """Whether the figure is within its limits; `None` if it has none."""
        kept: list[bool] = []
        if self.limit is not None:
            kept.append(self.ours <= self.limit)
        if self.ratio_limit is not None:
            kept.append(self.ratio is not None and self.ratio <= self.ratio_limit)
        return all(kept) if kept else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Rows of one kind, all in the same unit."""

    title: str
    unit: str
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()
    beside: str = "v1"


def gas() -> Section:
    """Measure the cost of each write."""
    ours, v1, v1_update = _measured_gas()
    rows = [
        Row(name=name, ours=ours[name], v1=v1.get(name), limit=limit)
        for name, limit in gas_scenarios.CEILINGS_GAS.items()
    ]
    rows += [
        Row(name=name, ours=cost, v1=v1.get(name), note="no ceiling was set")
        for name, cost in ours.items()
        if name not in gas_scenarios.CEILINGS_GAS and "each of" not in name
    ]
    return Section(
        title="Gas of each write, the second or a later entry of its kind",
        unit="gas",
        rows=tuple(rows),
        notes=(
            f"A new URL: v1 leaves the old one taken. Freed by delete and set: {v1_update:,} gas.",
            "Raw: v1's signed writes have neither nonce nor deadline, and can be replayed.",
            "Other operator: v1 wipes the party's modules, and the party pays to set them again.",
            "deleteNode: v1 keeps a tombstone in its list of operators.",
        ),
    )


def rotation() -> Section:
    """Measure the cost of moving an account that holds one of everything."""
    with Devnet() as chain:
        ours = rotation_scenario.measure(chain, _artifacts())
    limit = rotation_scenario.LIMIT_GAS
    return Section(
        title=(
            f"Gas of a key's rotation: {rotation_scenario.IDS} ids, service, "
            f"{rotation_scenario.AGREEMENTS} agreements, node with "
            f"{rotation_scenario.ATTACHED:,} parties"
        ),
        unit="gas",
        rows=tuple([Row(name=name, ours=cost, limit=limit) for name, cost in ours.items()]),
        notes=("v1: everybody concerned registers again.",),
    )


def batches() -> Section:
    """Measure the cost of a signed request in a batch."""
    ours, _, _ = _measured_gas()
    rows: list[Row] = []
    for name, cost in ours.items():
        if "each of" not in name:
            continue
        alone = ours[name.partition(",")[0]]
        promised = name in gas_scenarios.BATCHED
        rows.append(
            Row(
                name=name,
                ours=cost,
                limit=alone - gas_scenarios.BATCH_SAVING_GAS if promised else None,
                note=f"alone {alone:,}: saves {alone - cost:,}",
            )
        )
    return Section(
        title=f"Gas of one signed request in a batch of {gas_scenarios.BATCH_SIZE}",
        unit="gas",
        rows=tuple(rows),
        notes=(f"A party has to save {gas_scenarios.BATCH_SAVING_GAS:,} at least.",),
    )


def sizes() -> Section:
    """Measure the size of the contracts."""
    with Devnet(with_v1=True) as devnet:

        def size(address: str) -> int:
            code = cast("str", devnet.request("eth_getCode", address, "latest"))
            return len(code) // 2 - 1

        ours, v1 = devnet.deployment(), devnet.v1_deployment()
        pairs = [(ours.registry, v1.registry), (ours.permissions, v1.permissions)]
        rows = [
            Row(name=name, ours=size(at), v1=size(v1_at), limit=CODE_LIMIT_BYTES)
            for name, (at, v1_at) in zip(CONTRACTS, pairs, strict=True)
        ]
    return Section(title="Size of the contracts on the chain", unit="bytes", rows=tuple(rows))


def speed() -> Section:
    """Measure how long library calls take, compared to v1's library on the same chain."""
    lookup, signing, verifying, listing, _ = _measured_speed()
    count = f"{speed_scenarios.PARTIES:,}"
    scaled = f"v1's: {speed_scenarios.V1_PARTIES} listed, scaled by requests"
    rows = (
        _speed_row("one lookup of a party", lookup, 0.35),
        _speed_row("a party's request, made and signed", signing, 0.12),
        _speed_row("the same, read and verified", verifying, 2.5, "beside a bare recovery"),
        _speed_row(f"all of {count} parties", listing.speed, 1 / 20, scaled),
    )
    return Section(title="Time, the best of several rounds", unit="ms", rows=rows)


def requests() -> Section:
    """Measure the number of requests that a list makes."""
    *_, listing, _ = _measured_speed()
    name = f"all of {speed_scenarios.PARTIES:,} parties"
    row = Row(name=name, ours=listing.requests, v1=listing.v1_requests, limit=25)
    return Section(title="Requests of a list", unit="requests", rows=(row,))


def cached() -> Section:
    """Measure what a cache saves; each row's note says what it is compared to."""
    lookup, *_, listing, figures = _measured_speed()
    count = f"{speed_scenarios.PARTIES:,}"
    load = speed_scenarios.Speed(ours_s=figures.load_s, other_s=listing.speed.other_s)
    over_rpc = speed_scenarios.Speed(ours_s=figures.route.ours_s, other_s=lookup.ours_s)
    rows = (
        _speed_row("route", figures.route, 1 / 0.15, "beside a dict with the same keys"),
        _speed_row("route", over_rpc, 1 / 1000, "beside a lookup over RPC", digits=4),
        _speed_row("an event, decoded and applied", figures.event, 1 / 20, "beside process_log"),
        _speed_row(f"all of {count} parties, loaded", load, 1 / 20, "beside v1's library, scaled"),
        _speed_row(f"all of {count} parties, from the file", figures.file, 0.1, "beside loading"),
    )
    return Section(title="Time of a cache", unit="ms", rows=rows, beside="other")


def footprint() -> Section:
    """Measure the memory of a cache, and its requests to the chain."""
    figures = _measured_speed()[-1]
    rows = [
        Row(
            name=f"bytes of memory for each of {size:,} parties",
            ours=round(figures.memory_bytes[size]),
            limit=1500,
        )
        for size in cache_scenarios.SIZES
    ]
    name = f"requests to load {speed_scenarios.PARTIES:,} parties"
    rows.append(Row(name=name, ours=figures.requests))
    name = "requests to load v1's contracts, for 1,000 parties"
    rows.append(Row(name=name, ours=round(figures.v1_requests), v1=1001, limit=15))
    return Section(title="What a cache takes", unit="each", rows=tuple(rows))


def start() -> Section:
    """Measure how much longer Python takes to start with the package imported."""
    row = _speed_row("import ocn_registry", speed_scenarios.imports(), 1.5)
    return Section(title="Processor time of a start", unit="ms", rows=(row,), beside="bare Python")


def command() -> Section:
    """Measure how long commands take, compared to v1's published command."""
    with Devnet(with_v1=True, import_open=True) as devnet:
        figures = command_scenarios.measure(devnet)
    listing = f"list-parties, of {command_scenarios.PARTIES:,}"
    rows = (
        _speed_row("--help", figures.help, 0.5),
        _speed_row("get-node", figures.lookup, 0.8),
        _speed_row(listing, figures.listing, 1 / 5, "each of its own contracts"),
        _speed_row(listing, figures.v1_listing, None, "both of v1's contracts"),
    )
    title = "Time of a command from its start to its end, the median of several runs"
    return Section(title=title, unit="ms", rows=rows)


def line() -> Section:
    """Measure the number of requests that commands make, compared to v1's."""
    most = {"get-node": 1, "list-parties": 2, "set-node": 4, "set-party-raw": 4}
    rows = [
        Row(name=name, ours=found.requests, v1=found.v1_requests, limit=most[name])
        for name, found in _measured_line().items()
    ]
    rows[1] = dataclasses.replace(rows[1], note=f"{line_scenarios.PARTIES} parties")
    return Section(title="Requests of a command", unit="requests", rows=tuple(rows))


def slow_line() -> Section:
    """Measure how long commands take over a slow connection, compared to v1's."""
    rows = [_speed_row(name, found.speed, 0.6) for name, found in _measured_line().items()]
    title = f"Time over a line of {line_scenarios.DELAY_S * 1000:.0f} ms, the median of several"
    return Section(title=title, unit="ms", rows=tuple(rows))


def journal() -> Section:
    """Measure the overhead of a journal in a file."""
    with Devnet() as devnet:
        found = line_scenarios.journal(devnet)
    rows = (
        Row(name="added to a write", ours=found.write_s * 1000, limit=10),
        Row(name="statements of its database for a read", ours=found.asked_by_reads, limit=0),
    )
    return Section(title="The journal in a file, beside one in memory", unit="ms", rows=rows)


def relay() -> Section:
    """Measure the relay's throughput, gas and memory, against the limits that it was built for."""
    databases: dict[str, str | None] = {"SQLite": None}
    with relay_scenarios.postgres() as url:
        if url is not None:
            databases["PostgreSQL"] = url
        rows: list[Row] = []
        for name, where in databases.items():
            found = relay_scenarios.measure(where)
            needed = max(400.0, 20 * relay_scenarios.CHAIN_A_SECOND)
            rows += [
                Row(
                    name=f"{name}: milliseconds of a core for an accepted request",
                    ours=1000 / found.accepted_a_core,
                    limit=1000 / needed,
                    note=f"{found.accepted_a_core:.0f} a second and core; the chain takes "
                    f"{relay_scenarios.CHAIN_A_SECOND} a second",
                ),
                Row(
                    name=f"{name}: processor, in units of one `verify` alone",
                    ours=found.verify_ratio,
                ),
                Row(
                    name=f"{name}: blocks from POST to block, {relay_scenarios.WAITING} waiting",
                    ours=found.blocks,
                    limit=found.blocks_by_hand + 2,
                    note=f"paid by hand {found.blocks_by_hand}",
                ),
                Row(
                    name=f"{name}: gas of a registration",
                    ours=found.gas,
                    limit=found.gas_by_hand * 1.03,
                    note=f"in a hand-made batch {found.gas_by_hand:,.0f}",
                ),
            ]
    kept = relay_scenarios.stored()
    count = f"{relay_scenarios.STORED:,} stored requests"
    rows += [
        Row(name=f"megabytes of memory at {count}", ours=kept.bytes_ / 1e6),
        Row(
            name=f"seconds to start after {count}",
            ours=kept.start_s,
            limit=3,
            note=f"with an empty database {kept.empty_start_s:.1f}",
        ),
    ]
    return Section(title="The relay", unit="each", rows=tuple(rows))


def _speed_row(
    name: str,
    speed: speed_scenarios.Speed,
    ratio: float | None,
    note: str = "",
    digits: int = 3,
) -> Row:
    return Row(
        name=name,
        ours=speed.ours_s * 1000,
        v1=speed.other_s * 1000,
        ratio_limit=None if ratio is None else round(ratio, digits),
        note=note,
    )


SECTIONS: Final[dict[str, Callable[[], Section]]] = {
    "gas": gas,
    "rotation": rotation,
    "batches": batches,
    "sizes": sizes,
    "speed": speed,
    "requests": requests,
    "cache": cached,
    "footprint": footprint,
    "start": start,
    "command": command,
    "line": line,
    "slow-line": slow_line,
    "journal": journal,
    "relay": relay,
}


@cache
def _measured_speed() -> tuple[
    speed_scenarios.Speed,
    speed_scenarios.Speed,
    speed_scenarios.Speed,
    speed_scenarios.Listing,
    cache_scenarios.Figures,
]:
    """Return the figures of lookups, signatures, lists and the cache; measured once."""
    with Devnet(with_v1=True, import_open=True) as devnet, speed_scenarios.both(devnet) as both:
        figures = cache_scenarios.measure(devnet)
        return both.lookup(), both.signing(), both.verifying(), both.listing(), figures


@cache
def _measured_line() -> dict[str, line_scenarios.OverALine]:
    with Devnet(with_v1=True) as devnet:
        return line_scenarios.measure(devnet)


@cache
def _measured_gas() -> tuple[dict[str, int], dict[str, int], int]:
    """Return our gas, v1's, and that of changing a URL in v1; measured once in a run."""
    with Devnet() as chain:
        ours = gas_scenarios.measure_v3(chain, _artifacts())
        v1 = gas_scenarios.measure_v1(chain)
        old = gas_scenarios.deploy_v1(chain)
        first, operator = (gas_scenarios.person(f"operator {number}") for number in range(2))
        old.direct(first, "setNode", "https://node-0.example.com:8080")
        old.direct(operator, "setNode", "https://node-1.example.com:8080")
        update = old.direct(operator, "deleteNode")
        update += old.direct(operator, "setNode", "https://node-2.example.com:8080")
    return ours, v1, update


def _artifacts() -> dict[str, dict[str, Any]]:
    return {name: json.loads((ARTIFACTS / f"{name}.json").read_text()) for name in CONTRACTS}


def _table(section: Section) -> str:
    """Return a section as text."""
    heads = (section.title, f"ours, {section.unit}", section.beside, "ratio", "limit", "", "")
    lines = [heads, *(_cells(row) for row in section.rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(heads))]
    text: list[str] = []
    for line in lines:
        first = line[0].ljust(widths[0])
        figures = [cell.rjust(width) for cell, width in zip(line[1:5], widths[1:5], strict=True)]
        text.append("  ".join([first, *figures, line[5].ljust(widths[5]), line[6]]).rstrip())
    text.insert(1, "-" * max(len(line) for line in text))
    text += [f"  {note}" for note in section.notes]
    return "\n".join(text)


def _cells(row: Row) -> tuple[str, ...]:
    verdict = {None: "", True: "met", False: "MISSED"}[row.met]
    return (
        row.name,
        _figure(row.ours),
        _figure(row.v1),
        "" if row.ratio is None else f"{row.ratio:.2f}",
        _figure(row.limit) if row.ratio_limit is None else f"ratio {row.ratio_limit:g}",
        verdict,
        row.note,
    )


def _figure(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, int) else f"{value:,.3g}"


def _as_json(name: str, section: Section) -> dict[str, object]:
    rows = [dataclasses.asdict(row) | {"ratio": row.ratio, "met": row.met} for row in section.rows]
    return {"section": name, "unit": section.unit, "rows": rows}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the sections. Return 1 if a row misses its limit."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("sections", nargs="*", help=f"some of: {', '.join(SECTIONS)}")
    parser.add_argument("--json", action="store_true", help="print the rows as JSON")
    chosen = parser.parse_args(arguments)
    names = chosen.sections or list(SECTIONS)
    if unknown := [name for name in names if name not in SECTIONS]:
        parser.error(f"no section {', '.join(unknown)}: choose from {', '.join(SECTIONS)}")
    started = time.monotonic()
    sections = {}
    for name in names:
        sections[name] = SECTIONS[name]()
        if not chosen.json:
            print(_table(sections[name]), end="\n\n", flush=True)
    if chosen.json:
        print(json.dumps([_as_json(name, section) for name, section in sections.items()], indent=2))
    rows = [row for section in sections.values() for row in section.rows]
    promised = [row for row in rows if row.met is not None]
    missed = [row.name for row in promised if not row.met]
    verdict = f"{len(promised) - len(missed)} of {len(promised)} limits met"
    missing = f"; MISSED: {'; '.join(missed)}" if missed else ""
    print(f"{verdict}{missing} ({time.monotonic() - started:.1f} s)", file=sys.stderr)
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
