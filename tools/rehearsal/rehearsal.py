"""Rehearse a deployment on a chain like Volta: once undisturbed, once killed at every change.

    python tools/rehearsal/rehearsal.py            three minutes or more; deploys with Ape
    python tools/rehearsal/rehearsal.py --small    a minute; deploys with the package, kills at the
                                                   first change of each step, compiles once

Each run has its own Anvil with chain id 73799, London rules, blocks of 8,000,000 gas at intervals,
v1's published bytecode filled with awkward data, a Safe 1.3.0, and stand-ins for Sourcify and the
explorer on loopback. `rehearsal_walk.py` has the steps. In the second run, the program is killed
with kill -9 at the beginning of each step, and before and after each transaction and submission,
and started again. The exit status is 0 if both runs end with no differences except those that the
plan lists, with the same state of both contracts, and after the same number of transactions.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rehearsal_safe
from rehearsal_line import Killer, Line, Services
from rehearsal_v1 import BLOCK_GAS, VOLTA, Crowd, Filling
from rehearsal_walk import KEY_VARIABLE

from ocn_registry.deploy.devnet import Devnet
from ocn_registry.evm.keccak import keccak256
from ocn_registry.networks import from_json

if TYPE_CHECKING:
    from collections.abc import Generator

    from ocn_registry.networks import Deployment

HERE = Path(__file__).resolve().parent
BLOCK_S = 0.1  # in place of 5 s
CROWD = Crowd(nodes=12, parties=230, services=9, agreements=150)
DEPLOYER, PAYER = 1, 9
STEP = re.compile(r"^## \d+ ([a-z ]+):")
MOST_RUNS = 200


class RehearsalFailedError(Exception):
    """The rehearsal failed."""


@dataclass(frozen=True)
class End:
    """The result of a rehearsal: the state of our contracts and v1's, and the transactions."""

    state: str
    old_state: str
    changes: int
    deaths: tuple[str, ...]


class Rehearsal:
    """A chain, its surroundings, and the program that is started, killed and started again."""

    def __init__(self, folder: Path, *, small: bool, killing: bool) -> None:
        """Create a rehearsal."""
        self._folder = folder
        self._small = small
        self._killing = killing
        self._killed_at: set[str] = set()
        self._devnet = Devnet(with_v1=True, chain_id=VOLTA, block_gas_limit=BLOCK_GAS)

    def run(self) -> End:
        """Take all steps, even if the program is killed repeatedly."""
        with self._devnet as devnet, contextlib.ExitStack() as stack:
            ask = devnet.request
            filling = Filling(devnet.rpc_url, devnet.v1_deployment())
            filling.awkward()
            filling.crowd(CROWD)
            filling.limit(BLOCK_GAS)
            filling.close()
            safe = rehearsal_safe.create(ask, devnet.accounts[PAYER].address)
            old = self._state(devnet.v1_deployment())
            killer = Killer(armed=self._killing, every=not self._small)
            line = stack.enter_context(Line(devnet.rpc_url, killer))
            services = stack.enter_context(Services(ask, VOLTA, killer))
            self._prepare(line.url, services.url, safe)
            stack.enter_context(blocks(devnet))
            self._walk(killer)
            wanted = 4  # two contracts, two services
            if len(services.verified) != wanted:
                raise RehearsalFailedError(f"verified are only {services.verified}")
            new = from_json((self._folder / "volta.json").read_text())
            if self._state(devnet.v1_deployment()) != old:
                raise RehearsalFailedError("v1's registry was changed")
            return End(self._state(new), old, killer.done, tuple(killer.deaths))

    def _prepare(self, rpc_url: str, services_url: str, safe: str) -> None:
        here = self._devnet.v1_deployment()
        old = {
            "name": "volta-v1",
            "chainId": VOLTA,
            "dialect": here.dialect,
            "registry": here.registry,
            "permissions": here.permissions,
            "rpcUrls": [rpc_url],
            "startBlock": 1,
        }
        prepared = {
            "rpcUrl": rpc_url,
            "servicesUrl": services_url,
            "chainId": VOLTA,
            "safe": safe,
            "payer": self._devnet.accounts[PAYER].address,
            "ape": not self._small,
            "compiled": self._small and self._killing,  # the run without interruption did it
        }
        (self._folder / "old.json").write_text(json.dumps(old))
        (self._folder / "prepared.json").write_text(json.dumps(prepared))

    def _walk(self, killer: Killer) -> None:
        for _ in range(MOST_RUNS):
            before = len(killer.deaths)
            code = self._once(killer)
            if len(killer.deaths) == before:
                if code:
                    raise RehearsalFailedError(f"the program ended with {code}")
                return
            print(f"   killed {killer.deaths[-1]}", flush=True)
        raise RehearsalFailedError(f"it does not end in {MOST_RUNS} runs")

    def _once(self, killer: Killer) -> int:
        """Run the program until it exits or is killed, and return its exit code."""
        ours, its = os.openpty()
        key = self._devnet.accounts[DEPLOYER].private_key
        settings = {"TERM": "dumb", "NO_COLOR": "1", "COLUMNS": "120"}
        settings["XDG_CONFIG_HOME"] = str(self._folder)  # no user's settings
        killer.program = program = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, str(HERE / "rehearsal_walk.py"), str(self._folder)],
            stdin=subprocess.DEVNULL,
            stdout=its,
            stderr=its,
            env=os.environ | settings | {KEY_VARIABLE: key},
            start_new_session=True,
        )
        os.close(its)
        said: list[str] = []
        shown = os.fdopen(ours, encoding="utf-8", errors="replace")
        with program, shown, contextlib.suppress(OSError):  # the other side closed the connection
            for text in shown:
                self._heard(text.rstrip("\r\n"), killer, said)
        if program.returncode > 0 and self._killing:
            print("\n".join(said))
        return program.returncode

    def _heard(self, text: str, killer: Killer, said: list[str]) -> None:
        said.append(text)
        if not self._killing:
            print(text, flush=True)
        step = STEP.match(text)
        if step is None:
            return
        killer.step = step[1]
        if self._killing and step[1] not in self._killed_at:
            self._killed_at.add(step[1])
            killer.kill(f"at the beginning of: {step[1]}")

    def _state(self, deployment: Deployment) -> str:
        """Return the state of both contracts as one hash of all storage and code."""
        proofs: list[Any] = [
            self._devnet.request("eth_getProof", address, [], "latest")
            for address in (deployment.registry, deployment.permissions)
        ]
        hashes = json.dumps([[one["storageHash"], one["codeHash"]] for one in proofs])
        return keccak256(hashes.encode()).hex()


@contextlib.contextmanager
def blocks(devnet: Devnet) -> Generator[None, None, None]:
    """Mine pending transactions at intervals."""
    ended = threading.Event()

    def mine() -> None:
        while not ended.wait(BLOCK_S):
            devnet.request("evm_mine")

    devnet.request("evm_setAutomine", False)  # noqa: FBT003 - JSON-RPC
    miner = threading.Thread(target=mine)
    miner.start()
    try:
        yield
    finally:
        ended.set()
        miner.join()


def rehearse(*, small: bool, killing: bool) -> End:
    """Rehearse once, on a new chain."""
    with tempfile.TemporaryDirectory(prefix="ocn-rehearsal-") as folder:
        return Rehearsal(Path(folder), small=small, killing=killing).run()


def main() -> int:
    """Rehearse without interruption and killed, and compare the results."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--small", action="store_true", help="without Ape, and with half the kills")
    small: bool = parser.parse_args().small
    try:
        start = time.monotonic()
        straight = rehearse(small=small, killing=False)
        print(f"\n# straight: {time.monotonic() - start:.0f} s, {straight.changes} changes,")
        print(f"# state {straight.state}\n\n# now killed wherever something changes\n", flush=True)
        start = time.monotonic()
        killed = rehearse(small=small, killing=True)
    except RehearsalFailedError as error:
        print(f"FAILED: {error}")
        return 1
    print(f"\n# killed {len(killed.deaths)} times: {time.monotonic() - start:.0f} s,")
    print(f"# {killed.changes} changes, state {killed.state}")
    same = (straight.state, straight.old_state, straight.changes) == (
        *(killed.state, killed.old_state, killed.changes),
    )
    if not same or not killed.deaths:
        print("FAILED: both end differently")
        return 1
    print("both ended in the same state, with only the differences that the plan lists")
    return 0


if __name__ == "__main__":
    sys.exit(main())
