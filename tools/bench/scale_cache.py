"""Measure a cache of a large registry: memory, start from its file, one change.

    python tools/bench/scale_cache.py              1,000,000 parties at 1,000 nodes
    python tools/bench/scale_cache.py 100000       another number of parties
    python tools/bench/scale_cache.py --note       ... and the result in docs/scale-figures.md

The state is made of the events that would have made it, saved to a cache's file, and loaded by a
process of its own, whose memory is weighed. A change is applied to the state as a cache does it,
beside the same change at 10,000 parties and beside copying a dict of that size.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from ocn_registry.cache.following import Known, Mark
from ocn_registry.cache.store import Store
from ocn_registry.events.draft import Draft, Rows
from ocn_registry.events.fold import Fold
from ocn_registry.events.state import Moment, State
from ocn_registry.models import Address, BlockRef, Node, PartyId, Role
from ocn_registry.networks import built_in
from ocn_registry.outcomes import NodeSet, PartySet

ROOT: Final = Path(__file__).resolve().parents[2]
NODES: Final = 1_000
SMALL: Final = 10_000
MAX_BYTES: Final = 1_024  # of memory for each party
BLOCK: Final = BlockRef(number=1, hash="0x" + "00" * 32, timestamp_unix_s=1)
_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
_ROUNDS: Final = 20
_LOAD: Final = """
import sys, time
from ocn_registry.cache.store import Store
from ocn_registry.networks import built_in
def size():
    return int(open("/proc/self/statm").read().split()[1]) * 4096
before, started = size(), time.process_time()
known, _ = Store(sys.argv[1], built_in("local")).load(1)
print(time.process_time() - started, size() - before, len(known.state.parties))
"""


def party_id(number: int) -> PartyId:
    """Return the id of a party by its number."""
    number, first = divmod(number, 26)
    number, second = divmod(number, 26)
    text = ""
    for _ in range(3):
        number, place = divmod(number, len(_LETTERS))
        text += _LETTERS[place]
    return PartyId(_LETTERS[first] + _LETTERS[second], text)


def listed(number: int, role: Role = Role.CPO) -> PartySet:
    """Return the event that lists a party."""
    return PartySet(
        address=Address.from_bytes((1 + number).to_bytes(20, "big")),
        id=party_id(number),
        roles=(role,),
        modules_sender=(),
        modules_receiver=(),
        operator=Address.from_bytes((1 + number % NODES).to_bytes(20, "little")),
    )


def state_of(parties: int) -> State:
    """Return a registry of so many parties, registered fifty to a block."""
    draft = Draft(State(block=BLOCK, last_membership=0))
    fold = Fold(draft)
    for number in range(NODES):
        operator = Address.from_bytes((1 + number).to_bytes(20, "little"))
        node = Node(operator=operator, domain=f"https://node-{number}.example.com")
        fold.apply(NodeSet(node=node), Moment(0, 0))
    for number in range(parties):
        fold.apply(listed(number), Moment(1 + number // 50, 5 * (number // 50)))
    return draft.finish(BLOCK)


def change_s(state: State) -> float:
    """Return how long one change takes, at best, in seconds."""
    best = float("inf")
    for number in range(_ROUNDS):
        started = time.perf_counter()
        draft = Draft(state)
        Fold(draft).apply(listed(number, Role.EMSP), Moment(2, 2))
        draft.finish(BLOCK)
        best = min(best, time.perf_counter() - started)
    return best


def measure(parties: int) -> dict[str, str]:
    """Measure one size.

    Raises:
        SystemExit: A party takes more memory than it may, or is missing.
    """
    state = state_of(parties)
    small_s, large_s = change_s(state_of(SMALL)), change_s(state)
    table = dict(state.parties.items())
    started = time.perf_counter()
    dict(table)
    copy_s = time.perf_counter() - started
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cache.sqlite"
        store = Store(path, built_in("local"))
        marks = (Mark(block=BLOCK, undo=Rows(), last_membership=None),)
        store.save(Known(state=state, marks=marks, chunk_blocks=1), None, 0)
        store.close()
        file_bytes = path.stat().st_size
        del state, table
        command = [sys.executable, "-c", _LOAD, str(path)]
        done = subprocess.run(  # noqa: S603 - this interpreter and a program of our own
            command, check=True, capture_output=True, text=True, cwd=ROOT
        )
    load_s, memory_bytes, count = done.stdout.split()
    each = int(memory_bytes) / parties
    if int(count) != parties or each > MAX_BYTES:
        raise SystemExit(f"{count} parties of {parties} were loaded, {each:.0f} bytes each")
    return {
        "parties": f"{parties:,}",
        "load from the file, processor time": f"{float(load_s):.1f} s",
        "memory of a party": f"{each:.0f} bytes",
        "file": f"{file_bytes / parties:.0f} bytes a party",
        "one change": f"{large_s * 1e6:.0f} µs",
        "one change at 10,000 parties": f"{small_s * 1e6:.0f} µs",
        "copying a dict of that size": f"{copy_s * 1e6:.0f} µs",
    }


def note(figures: dict[str, str]) -> None:
    """Write the figures to docs/scale-figures.md."""
    page = ROOT / "docs" / "scale-figures.md"
    title = "## A cache of a large registry\n"
    rows = "\n".join([f"| {name} | {value} |" for name, value in figures.items()])
    today = time.strftime("%Y-%m-%d")
    section = (
        f"{title}\nWritten by `python tools/bench/scale_cache.py --note` ({today}). Times are "
        f"those of one machine.\n\n| what | measured |\n|---|--:|\n{rows}\n"
    )
    text = page.read_text().partition(title)[0].rstrip()
    page.write_text(f"{text}\n\n{section}")


def main() -> None:
    """Measure, and print or write down."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("parties", nargs="?", type=int, default=1_000_000)
    parser.add_argument(
        "--note", action="store_true", help="write the result to docs/scale-figures.md"
    )
    given = parser.parse_args()
    figures = measure(given.parties)
    for name, value in figures.items():
        print(f"{name:<36} {value}")
    if given.note:
        note(figures)


if __name__ == "__main__":
    main()
