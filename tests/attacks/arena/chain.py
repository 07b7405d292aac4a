"""Two development chains at London rules that differ only in their chain id."""

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from gas_scenarios import HttpChain

from ocn_registry.deploy.anvil import Anvil

_HERE = 31337
_THERE = 31338
_GIVE_UP_S = 120
# Without the second, Anvil writes old states into the home folder.
_OPTIONS = ("--hardfork", "london", "--max-persisted-states", "0")


class PatientChain(HttpChain):
    """A chain on which a transaction soon after an `evm_revert` is not lost.

    Anvil removes mined transactions from its pool a little after it reports the block. If the block
    has been reverted by then, it removes the new transaction with the same sender and nonce, and
    `eth_sendTransactionSync` waits for it in vain.
    """

    def request(self, method: str, *params: object) -> Any:
        if method != "eth_sendTransactionSync":
            return super().request(method, *params)
        give_up = time.monotonic() + _GIVE_UP_S
        number = super().request("eth_sendTransaction", *params)
        while (receipt := super().request("eth_getTransactionReceipt", number)) is None:
            assert time.monotonic() < give_up, "no receipt"
            if super().request("eth_getTransactionByHash", number) is None:
                number = super().request("eth_sendTransaction", *params)
        return receipt


@dataclass(frozen=True)
class Arena:
    """The chain of the attack, and another one with the same contracts."""

    here: HttpChain
    there: HttpChain

    @contextlib.contextmanager
    def as_it_was(self) -> Iterator[None]:
        """Revert both chains at the end."""
        chains = (self.here, self.there)
        snapshots = [chain.request("evm_snapshot") for chain in chains]
        try:
            yield
        finally:
            self.here.request("evm_setAutomine", True)
            self.here.request("anvil_setChainId", _HERE)
            for chain, snapshot in zip(chains, snapshots, strict=True):
                chain.request("evm_revert", snapshot)


@contextlib.contextmanager
def arena(*options: str) -> Iterator[Arena]:
    """Run both chains, with these additional options of Anvil."""
    with contextlib.ExitStack() as stack:
        chains = []
        for chain_id in (_HERE, _THERE):
            anvil = Anvil([*_OPTIONS, "--chain-id", str(chain_id), *options])
            stack.callback(anvil.stop)
            address = urlsplit(anvil.url)
            chain = PatientChain(str(address.hostname), int(address.port or 0))
            stack.callback(chain.close)
            chains.append(chain)
        yield Arena(*chains)
