"""A chain with two nodes, one of which lags, and accounts with processes that get killed."""

import contextlib
import json
import os
import random
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path

from faulty import faults
from faulty.proxy import FaultProxy

from ocn_registry import KeySigner

SEND = "eth_sendRawTransaction"
MONEY = 10**20
LAG = 2
TRIES = 12


class Processes:
    """Runs writes in separate processes."""

    def __init__(self):
        self._server = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("writer.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, **order):
        """Return the report of a process; `None` if it was killed."""
        self._server.stdin.write(json.dumps(order) + "\n")
        self._server.stdin.flush()
        return json.loads(self._server.stdout.readline())

    def close(self):
        self._server.stdin.close()
        self._server.wait(timeout=240)
        self._server.stdout.close()


class World:
    """The chain, a node that follows it, and one that lags behind."""

    def __init__(self, devnet):
        self.devnet = devnet
        self.deployment = devnet.deployment()
        self.node, self.lagging = FaultProxy(devnet.rpc_url), FaultProxy(devnet.rpc_url)
        self.lagging.inject(faults.lags(LAG))
        self.processes = Processes()
        devnet.request("evm_setAutomine", False)

    def close(self):
        self.processes.close()
        self.node.close()
        self.lagging.close()
        self.devnet.request("evm_setAutomine", True)

    @contextlib.contextmanager
    def mining(self):
        """Make a block every few hundredths of a second."""
        ended = threading.Event()

        def mine():
            while not ended.wait(0.03):
                self.devnet.request("evm_mine")

        thread = threading.Thread(target=mine)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def write(self, account, url, journal, *, kill_at=0, fault=None, urls=None, patience_s=1.0):
        urls = urls or [self.node.url, self.lagging.url]
        deployment = {
            "name": "local",
            "chainId": self.deployment.chain_id,
            "dialect": self.deployment.dialect,
            "registry": self.deployment.registry,
            "permissions": self.deployment.permissions,
            "blocksToFinality": 4,
        }
        return self.processes.run(
            deployment=deployment,
            urls=urls,
            key=account.key,
            url=url,
            journal=str(journal),
            kill_at=kill_at,
            fault=fault,
            confirmations=2,
            patience_s=patience_s,
        )

    def account(self):
        key = "0x" + os.urandom(32).hex()
        address = KeySigner.from_key(key).address
        self.devnet.request("anvil_setBalance", address, hex(MONEY))
        return Account(self, address, key)


@dataclass
class Account:
    """An account that writes."""

    world: World = field(repr=False)
    address: str
    key: str

    def mined(self):
        """Return the URLs that this account has set, and the hashes, from the chain itself."""
        request = self.world.devnet.request
        found = []
        count = int(request("eth_getTransactionCount", self.address, "latest"), 16)
        number = int(request("eth_blockNumber"), 16)
        while len(found) < count and number >= 0:
            block = request("eth_getBlockByNumber", hex(number), True)
            found += [one for one in block["transactions"] if same(one["from"], self.address)]
            number -= 1
        return {
            one["hash"]: url_in(one["input"])
            for one in found
            if int(request("eth_getTransactionReceipt", one["hash"])["status"], 16)
        }


def same(address, other):
    return address.lower() == other.lower()


def url_in(data):
    """Return the URL in the calldata of `setNode(string)`."""
    content = bytes.fromhex(data[2:])[4:]
    return content[64 : 64 + int.from_bytes(content[32:64], "big")].decode()


class History:
    """The history of one account's writes, drawn from a seed."""

    def __init__(self, world, seed, folder, fault=None):
        self.world = world
        self.random = random.Random(seed)  # noqa: S311 - a history, not a secret
        self.journal = folder / f"{seed}.sqlite3"
        self.fault = fault
        self.account = world.account()
        self.told = {}
        self.log = [f"seed {seed}"]

    def run(self):
        """Write with the account, with faults in between; return the final errors."""
        for change in range(self.random.randint(1, 2)):
            self._change(f"https://{self.random.getrandbits(48):x}-{change}.example")
        self._calm()
        return self._wrong()

    def _change(self, url):
        for attempt in range(TRIES):
            quiet = attempt >= TRIES // 2
            if not quiet:
                self._trouble()
            else:
                self._calm()
            kill_at = 0 if quiet or self.random.random() < 0.3 else self.random.randint(1, 45)
            mines = quiet or self.random.random() < 0.7
            with self.world.mining() if mines else contextlib.nullcontext():
                told = self.world.write(
                    self.account,
                    url,
                    self.journal,
                    kill_at=kill_at,
                    fault=self.fault,
                    urls=self._urls(),
                    patience_s=3.0 if quiet else 0.3,
                )
            self.log.append(f"{url} killed at {kill_at}, mined {mines}: {told}")
            if told and "done" in told:
                self.told[url] = told["done"]
                return
            if told and told["error"] == "TransactionReplaced":
                return

    def _urls(self):
        urls = [self.world.node.url, self.world.lagging.url]
        if self.random.random() < 0.3:
            urls.reverse()
        return urls

    def _trouble(self):
        request, chance = self.world.devnet.request, self.random.random
        self.world.node.heal()
        what = []
        if chance() < 0.25:
            what.append("says no to transactions, and keeps them")
            words = self.random.choice(["FeeTooLow", "Known transaction", "request timed out"])
            self.world.node.inject(faults.errs_after(SEND, code=-32000, message=words), SEND)
        elif chance() < 0.25:
            what.append("loses transactions")
            lost = self.random.choice([faults.status(408), faults.reset, faults.status(503)])
            self.world.node.inject(lost, SEND, times=1)
        if chance() < 0.2:
            what.append("fee spike")
            request("anvil_setNextBlockBaseFeePerGas", hex(10 ** self.random.randint(3, 9)))
            request("evm_mine")
        if chance() < 0.2:
            what.append("forgets what waits")
            request("anvil_dropAllTransactions")
        if chance() < 0.25:
            what.append("reorganisation")
            with contextlib.suppress(Exception):
                request("anvil_reorg", 1, [])
        self.log += what

    def _calm(self):
        self.world.node.heal()
        self.world.devnet.request("anvil_setNextBlockBaseFeePerGas", hex(7))
        self.world.devnet.request("evm_mine")

    def _wrong(self):
        mined = self.account.mined()
        urls = list(mined.values())
        wrong = [f"paid {urls.count(url)} times: {url}" for url in set(urls) if urls.count(url) > 1]
        wrong += [
            f"told as done and not in the chain: {url}"
            for url, tx_hash in self.told.items()
            if mined.get(tx_hash) != url
        ]
        wrong += [
            f"in the chain and told as nothing: {url}" for url in urls if url not in self.told
        ]
        return wrong
