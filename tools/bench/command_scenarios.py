"""Measure the command line, compared with v1's published command on the same chain.

Each run is a whole process. Ours and v1's take turns, and the median of each counts. Ours is
started by the script that pip installs, from compiled files, with a Python that imports nothing
else at startup.
"""

from __future__ import annotations

import compileall
import json
import os
import statistics
import subprocess
import sysconfig
import tempfile
import time
import venv
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from speed_scenarios import DOMAIN, LIBRARY, NODE, OPERATOR, ROOT, Speed, fill

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ocn_registry.deploy.devnet import Devnet

PARTIES: Final = 1_000
STARTS: Final = 11
LISTS: Final = 5
_SCRIPT: Final = "import sys; from ocn_registry.cli.__main__ import program; sys.exit(program())"


@dataclass(frozen=True, slots=True, kw_only=True)
class Commands:
    """The durations of commands.

    Attributes:
        help: `--help`.
        lookup: `get-node`.
        listing: `list-parties`, each command on its own contracts.
        v1_listing: The same, both commands on v1's contracts.
    """

    help: Speed
    lookup: Speed
    listing: Speed
    v1_listing: Speed


def measure(devnet: Devnet) -> Commands:
    """Measure both commands on a chain that has v1's contracts, and ours open for imports."""
    fill(devnet, parties=PARTIES, v1_parties=PARTIES)
    with tempfile.TemporaryDirectory() as folder:
        both = Both(devnet.rpc_url, Path(folder))
        here, v1_here = ["--rpc-url", devnet.rpc_url], ["-n", "local-v1"]
        node = ["get-node", OPERATOR]
        listing, v1_listing = both.listings(
            ["list-parties", *here],
            ["list-parties", *here, *v1_here],
        )
        return Commands(
            help=both.start(["--help"], ["--help"], "list-parties"),
            lookup=both.start([*node, *here], [*node, *both.network], DOMAIN),
            listing=listing,
            v1_listing=v1_listing,
        )


class Both:
    """Our command and v1's, ready to run."""

    def __init__(self, rpc_url: str, folder: Path) -> None:
        """Prepare both for a chain, in a folder."""
        venv.create(folder / "python", symlinks=True)
        # As pip does. Where PYTHONDONTWRITEBYTECODE is set, no run would leave compiled files.
        compileall.compile_dir(ROOT / "ocn_registry", quiet=1)
        self.ours = [str(folder / "python" / "bin" / "python"), "-c", _SCRIPT]
        self.v1 = [NODE, str(LIBRARY / "cli.js")]
        installed = f"{ROOT}{os.pathsep}{sysconfig.get_path('purelib')}"
        self._environment = os.environ | {"PYTHONPATH": installed}
        host, _, port = rpc_url.removeprefix("http://").partition(":")
        file = folder / "network.json"
        file.write_text(json.dumps({"provider": {"host": host, "port": int(port)}}))
        self.network = ["--network-file", str(file)]

    def start(self, ours: Sequence[str], v1: Sequence[str], expected: str) -> Speed:
        """Measure a short command, which spends most of its time starting."""
        rounds = [
            (self._took([*self.ours, *ours], expected), self._took([*self.v1, *v1], expected))
            for _ in range(STARTS)
        ]
        return _medians(rounds)

    def listings(self, ours: Sequence[str], of_v1: Sequence[str]) -> tuple[Speed, Speed]:
        """Measure lists of all parties: ours on our contracts, ours on v1's, and v1's."""
        v1 = [*self.v1, "list-parties", *self.network]
        rounds = [
            (
                self._listed([*self.ours, *ours]),
                self._listed([*self.ours, *of_v1]),
                self._listed(v1),
            )
            for _ in range(LISTS)
        ]
        return (
            _medians([(own_s, v1_s) for own_s, _, v1_s in rounds]),
            _medians([(other_s, v1_s) for _, other_s, v1_s in rounds]),
        )

    def _took(self, command: Sequence[str], expected: str) -> float:
        seconds, out = self.run(command)
        if expected not in out:
            raise ValueError(f"{command} does not say {expected!r}: {out[:500]}")
        return seconds

    def _listed(self, command: Sequence[str]) -> float:
        seconds, out = self.run(command)
        # v1 prints where it connects to before the JSON.
        found = len(json.loads(out[out.index("[") :]))
        if found != PARTIES:
            raise ValueError(f"{command} lists {found} parties of {PARTIES}")
        return seconds

    def run(
        self, command: Sequence[str], variables: Mapping[str, str] | None = None
    ) -> tuple[float, str]:
        """Run a command. Return its duration in seconds, and its output."""
        started = time.perf_counter()
        finished = subprocess.run(  # noqa: S603 - our own command and v1's
            command,
            check=True,
            capture_output=True,
            text=True,
            env={**self._environment, **(variables or {})},
        )
        return time.perf_counter() - started, finished.stdout


def _medians(rounds: Sequence[tuple[float, float]]) -> Speed:
    return Speed(
        ours_s=statistics.median(ours_s for ours_s, _ in rounds),
        other_s=statistics.median(other_s for _, other_s in rounds),
    )
