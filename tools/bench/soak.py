"""Run many long random histories on a chain and on the model, and look for a difference.

    python tools/bench/soak.py            200 histories of 50 steps; the result on the terminal
    python tools/bench/soak.py --note     ... and in docs/soak.md
    python tools/bench/soak.py --histories 1000

Each run draws new histories. After every step, the results and errors of all transactions, their
events, every view of both contracts, and the state rebuilt from the logs must equal the model's.
The run also fails if a function never succeeded or an error never occurred, because then the
histories prove little.
"""

import argparse
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NOTE = ROOT / "docs" / "soak.md"
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "property")]

from histories.run import (  # type: ignore[import-not-found]  # noqa: E402 - what tests share
    STEPS,
    not_seen,
    run,
    table,
    world,
)


def main() -> int:
    """Run the histories, and raise the first difference. Return 1 if they were too uniform."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--histories", type=int, default=200)
    parser.add_argument("--note", action="store_true", help=f"write {NOTE.relative_to(ROOT)}")
    options = parser.parse_args()
    start = time.monotonic()
    with world() as here:
        run(here, options.histories, derandomize=False)
    seconds = time.monotonic() - start
    missing = [name for names in not_seen(here.seen).values() for name in names]
    done = (
        f"{here.histories} histories of up to {STEPS} steps (blocks), {here.steps:,} steps and "
        f"{sum(here.seen.values()):,} calls in {seconds:.0f} s: no difference"
    )
    print(done)
    print(f"never seen: {', '.join(missing) or 'nothing'}")
    if options.note:
        NOTE.parent.mkdir(exist_ok=True)
        NOTE.write_text(_note(done, missing, table(here.seen)))
    return int(bool(missing))


def _note(done: str, missing: list[str], figures: str) -> str:
    today = datetime.now(tz=UTC).date().isoformat()
    return f"""# The last long run of the state machine

Written by `make soak` ({today}): {done}.

A history is a random series of calls, sent to the contracts on a chain and to their model in
Python. After every step, the results, errors, events and views of both have to agree
(`tests/property/histories/history.py`). `tests/property/test_state_machine_finds_faults.py` shows
that such histories find faults.

{_coverage(missing)}

{figures}
"""


def _coverage(missing: list[str]) -> str:
    if missing:
        return f"Never seen: {', '.join(missing)}."
    return "Each function succeeded and each error occurred at least once."


if __name__ == "__main__":
    sys.exit(main())
