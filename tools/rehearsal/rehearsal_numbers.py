"""Measure the migration of a large registry: transactions, gas, and the cost at 100 wei.

    python tools/rehearsal/rehearsal_numbers.py            200 nodes, 5,000 parties, 100 services,
                                                           1,000 agreements; a minute or two
    python tools/rehearsal/rehearsal_numbers.py --note     ... and the result in docs/migration.md
    python tools/rehearsal/rehearsal_numbers.py --tenth    a tenth of each

It runs on Anvil with London rules, Volta's chain id and blocks of 8,000,000 gas, with v1's
published bytecode and new contracts that accept imports. The exit status is 1 if a party costs more
than 80,000 gas, the quoted price was too low, or anything differs at the end.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import astuple
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from rehearsal_v1 import BLOCK_GAS, VOLTA, Crowd, Filling

from ocn_registry import KeySigner, connect, migration
from ocn_registry.deploy.devnet import Devnet
from ocn_registry.migration.price import price_of
from ocn_registry.plans.importing import counts, entries_of

if TYPE_CHECKING:
    from ocn_registry.outcomes import Outcome

ROOT = Path(__file__).resolve().parents[2]
NOTE = ROOT / "docs" / "migration.md"
HEADING = "## What it costs\n"
PARTY_GAS = 80_000
PRICE_WEI = 100
WHOLE = Crowd(nodes=200, parties=5_000, services=100, agreements=1_000)
TENTH = Crowd(nodes=20, parties=500, services=10, agreements=100)


def by_kind(outcomes: tuple[Outcome, ...]) -> dict[str, list[Outcome]]:
    """Return transactions by the kind of the imported entries."""
    found: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        kind, _ = entries_of(outcome.items[0].intent)
        found.setdefault(kind, []).append(outcome)
    return found


def table(outcomes: tuple[Outcome, ...], entries: dict[str, int]) -> list[str]:
    """Write the cost of each kind of entry."""
    lines = [
        "| what | entries | transactions | gas | gas of an entry | most gas of one |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    for kind, some in by_kind(outcomes).items():
        gas, count = sum(outcome.gas_used for outcome in some), entries.get(kind, len(some))
        most = max(outcome.gas_used for outcome in some)
        lines.append(
            f"| {kind} | {count:,} | {len(some)} | {gas:,} | {gas // count:,} | {most:,} |"
        )
    gas = sum(outcome.gas_used for outcome in outcomes)
    return [*lines, f"| all | {sum(entries.values()):,} | {len(outcomes)} | {gas:,} | | |"]


def main() -> int:
    """Fill, migrate, and print the figures. Return 1 if one of them misses its limit."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--tenth", action="store_true", help="a tenth of each")
    parser.add_argument("--note", action="store_true", help=f"write {NOTE.relative_to(ROOT)}")
    given = parser.parse_args()
    crowd = TENTH if given.tenth else WHOLE
    times = [time.monotonic()]
    with Devnet(
        with_v1=True, import_open=True, block_gas_limit=BLOCK_GAS, chain_id=VOLTA
    ) as devnet:
        filling = Filling(devnet.rpc_url, devnet.v1_deployment())
        filling.crowd(crowd)
        times.append(time.monotonic())
        owner = KeySigner.from_key(devnet.accounts[0].private_key)
        with connect(devnet.v1_deployment()) as old:
            taken = migration.snapshot(old)
        times.append(time.monotonic())
        # Not earlier: Anvil limits a call to a block's gas. Other nodes allow 50 million and more,
        # whatever the size of their blocks, and v1's whole list takes 11 million.
        filling.limit(BLOCK_GAS)
        filling.close()
        with connect(devnet.deployment()) as new:
            plan = migration.plan_for(new, taken)
            price = price_of(plan, BLOCK_GAS)
            outcomes = migration.import_into(new, plan, signer=owner)
            times.append(time.monotonic())
            different = migration.differences(new, plan)
            times.append(time.monotonic())
            closed = migration.close_import(new, plan, signer=owner)
    spent = [f"{end - start:.1f} s" for start, end in pairwise(times)]
    paid = sum(outcome.gas_used for outcome in outcomes)
    gas = paid + sum(outcome.gas_used for outcome in closed)
    lines = [
        *table((*outcomes, *closed), counts(plan)),
        "",
        f"Cost at {PRICE_WEI} wei per gas: {gas * PRICE_WEI:,} wei (10^18 are 1 EWT).",
        f"Predicted: about {price.transactions} transactions, at most {price.gas:,} gas.",
        f"Filled in {spent[0]}, snapshot {spent[1]}, import {spent[2]}, compared {spent[3]}.",
        f"Left out: {len(plan.left_out)}. Different at the end: {len(different)}.",
    ]
    print("\n".join(lines))
    if given.note:
        note(lines)
    parties = sum(outcome.gas_used for outcome in by_kind(outcomes)["parties"])
    return int(
        tuple(counts(plan).values()) != astuple(crowd)
        or parties > PARTY_GAS * crowd.parties
        or paid > price.gas
        or any(outcome.gas_used > BLOCK_GAS for outcome in outcomes)
        or bool(different)
    )


def note(lines: list[str]) -> None:
    """Replace the text after the page's last heading with the figures."""
    page, heading, _ = NOTE.read_text(encoding="utf-8").partition(HEADING)
    if not heading:
        raise SystemExit(f"{NOTE} has no heading {HEADING!r}")
    today = datetime.now(tz=UTC).date().isoformat()
    says = (
        f"Written by `python tools/rehearsal/rehearsal_numbers.py --note` ({today}). "
        "The program describes how the figures are measured. It fails\nif a party costs more than "
        "80,000 gas, or if anything differs; the tests run a tenth of it. Times are from one "
        "machine.\n"
    )
    NOTE.write_text(f"{page}{heading}{says}\n" + "\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
