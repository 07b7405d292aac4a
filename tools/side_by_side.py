"""Run programs side by side, as many at once as there are processors."""

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed

from ocn_registry_dev_env import ROOT


def _run(command: Sequence[str]) -> tuple[int, str, float]:
    start = time.monotonic()
    done = subprocess.run(  # noqa: S603 - programs of our own
        command,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="backslashreplace",
        check=False,
    )
    return done.returncode, done.stdout, time.monotonic() - start


def side_by_side(commands: Mapping[str, Sequence[str]]) -> int:
    """Run all commands in the project's folder; return how many of them failed.

    What a program prints is shown when it ends, in one piece, and then its verdict and its time.

    Args:
        commands: Commands by name. They start in this order: the longest should come first.
    """
    failed = 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        names = {pool.submit(_run, command): name for name, command in commands.items()}
        for future in as_completed(names):
            status, said, seconds = future.result()
            verdict = "failed" if status else "passed"
            print(f"{said}{names[future]}: {verdict}, {seconds:.0f} s", flush=True)  # noqa: T201 - the program's output
            failed += bool(status)
    return failed
