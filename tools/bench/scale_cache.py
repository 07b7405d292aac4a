"""Measure a cache of a large registry: memory, start from its file, one change.

    python tools/bench/scale_cache.py              1,000,000 parties at 1,000 nodes
    python tools/bench/scale_cache.py 100000       another number of parties
    python tools/bench/scale_cache.py --note       ... and the result in docs/scale-figures.md

The state is built from events, saved to a cache's file, and loaded by another process, whose memory
is measured. Changes of random parties are applied to the state as a cache applies them, and also to
a state of 10,000 parties. Replacing random entries of a dict of the same size shows how much of the
difference is due to the processor's caches.
"""

from __future__ import annotations

import argparse
import random
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
MAX_LOAD_S: Final = 20.0
# A change of the large state may take this much longer than one of the small state, or as much
# longer as replacing an entry of a dict of that size does on this machine.
MAX_SLOWDOWN: Final = 1.5
BLOCK: Final = BlockRef(number=1, hash="0x" + "00" * 32, timestamp_unix_s=1)
_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
_ROUNDS: Final = 5
_CHANGES: Final = 2_000
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
    """Return a registry of so many parties, with fifty registrations in a block."""
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
    """Return the processor time of a change of a party, in seconds; the best of several rounds."""
    numbers = random.Random(1).choices(range(len(state.parties)), k=_CHANGES)  # noqa: S311
    changes = [listed(number, Role.EMSP) for number in numbers]
    best = float("inf")
    for _ in range(_ROUNDS):
        started = time.process_time()
        for change in changes:
            draft = Draft(state)
            Fold(draft).apply(change, Moment(2, 2))
            draft.finish(BLOCK)
        best = min(best, time.process_time() - started)
    return best / _CHANGES


def entry_s(size: int) -> float:
    """Return the processor time of replacing an entry of a dict, in seconds; the best round."""
    table = {party_id(number): (number,) for number in range(size)}
    keys = random.Random(1).choices(list(table), k=_CHANGES)  # noqa: S311
    best = float("inf")
    for _ in range(_ROUNDS):
        started = time.process_time()
        for key in keys:
            table[key] = (table[key][0],)
        best = min(best, time.process_time() - started)
    return best / _CHANGES


def measure(parties: int) -> dict[str, str]:
    """Measure one size.

    Raises:
        SystemExit: A party takes too much memory, or is missing.
    """
    state = state_of(parties)
    small_s, large_s = change_s(state_of(SMALL)), change_s(state)
    entry_small_s, entry_large_s = entry_s(SMALL), entry_s(parties)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cache.sqlite"
        store = Store(path, built_in("local"))
        marks = (Mark(block=BLOCK, undo=Rows(), last_membership=None),)
        store.save(Known(state=state, marks=marks, chunk_blocks=1), None, {}, 0)
        store.close()
        file_bytes = path.stat().st_size
        del state
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
        "loading from the file, processor time": f"{float(load_s):.1f} s",
        "memory of a party": f"{each:.0f} bytes",
        "size of the file": f"{file_bytes / parties:.0f} bytes a party",
        "applying one change": f"{large_s * 1e6:.0f} µs",
        "applying one change at 10,000 parties": f"{small_s * 1e6:.0f} µs",
        "a change takes": f"{large_s / small_s:.2f} times as long",
        "replacing an entry of a Python dict takes": (
            f"{entry_large_s / entry_small_s:.2f} times as long"
        ),
    }


def check(figures: dict[str, str]) -> None:
    """Check times against their limits; no test does, as times mean nothing on a busy machine.

    Raises:
        SystemExit: Loading takes too long, or a change is slower than the size explains.
    """
    number = {name: float(value.replace(",", "").split()[0]) for name, value in figures.items()}
    if number["loading from the file, processor time"] > MAX_LOAD_S:
        raise SystemExit(f"loading takes more than {MAX_LOAD_S:.0f} s of processor time")
    allowed = max(MAX_SLOWDOWN, number["replacing an entry of a Python dict takes"])
    if number["a change takes"] > allowed:
        raise SystemExit(f"a change is slower by more than {allowed:.2f} times at the large size")


def note(figures: dict[str, str]) -> None:
    """Write the figures to docs/scale-figures.md."""
    page = ROOT / "docs" / "scale-figures.md"
    title = "## A cache of a large registry\n"
    rows = "\n".join([f"| {name} | {value} |" for name, value in figures.items()])
    today = time.strftime("%Y-%m-%d")
    section = (
        f"{title}\nWritten by `python tools/bench/scale_cache.py --note` ({today}). Times are "
        f"from one machine.\n\n| what | measured |\n|---|--:|\n{rows}\n"
    )
    text = page.read_text().partition(title)[0].rstrip()
    page.write_text(f"{text}\n\n{section}")


def main() -> None:
    """Measure, and print the figures or write them to the page."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("parties", nargs="?", type=int, default=1_000_000)
    parser.add_argument(
        "--note", action="store_true", help="write the result to docs/scale-figures.md"
    )
    given = parser.parse_args()
    figures = measure(given.parties)
    for name, value in figures.items():
        print(f"{name:<42} {value}")
    if given.note:
        note(figures)
    check(figures)


if __name__ == "__main__":
    main()
