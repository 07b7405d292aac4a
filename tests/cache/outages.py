"""A cache behind a faulty proxy, compared with the chain read directly."""

import asyncio
from collections import Counter
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ClassVar

import urllib3
from faulty import faults
from faulty.proxy import FaultProxy
from following_chain import Follower
from histories.people import ADDRESSES
from hypothesis import strategies as st
from machines import sometimes

from ocn_registry import (
    AsyncHttpTransport,
    AsyncRegistryCache,
    AsyncRegistryClient,
    HttpTransport,
    RegistryCache,
    RegistryClient,
    TransportError,
)
from ocn_registry.protocol.effects import Head

# Enough for a busy machine, but less than a slow node takes if a round may fail.
PATIENT_S, HASTY_S = 60.0, 0.4
WAYS = ("sync", "async")

# The faults of one request. Slow ones take the whole time-out, so they are rare.
QUICK = {
    "reset": faults.reset,
    "reset in mid-answer": faults.reset_in_mid_answer,
    "half an answer": faults.half,
    "429": faults.status(429, Retry_After="0"),
    "500": faults.status(500),
    "503": faults.status(503),
    "lost by a gateway": faults.status_after(502),
    "no JSON": faults.says(b"<html>"),
    "nothing": faults.says(b""),
    "wrong id": faults.says(b'{"jsonrpc":"2.0","id":999999,"result":"0x"}'),
    "refused": faults.errs("eth_getLogs", code=-32005, message="too many blocks"),
    "no block": faults.answers("eth_getBlockByNumber", None),
    "no events' list": faults.answers("eth_getLogs", {}),
    "words cut off": faults.answers("eth_call", "0x" + "00" * 31),
}
SLOW = {"slow": faults.slow, "dripping": faults.dripping}


def from_elsewhere(url):
    """Return a fault: another chain answers, as behind a URL with several nodes."""

    async def fault(exchange):
        headers = {"Content-Type": "application/json"}
        answer = await asyncio.to_thread(
            urllib3.request, "POST", url, body=exchange._body, headers=headers, timeout=120
        )
        await exchange.reply(answer.data)

    return fault


class Nth:
    """A fault of the n-th request only, counted from 0.

    Attributes:
        met: Whether there was such a request.
    """

    def __init__(self, place, fault):
        self._left, self._fault = place, fault
        self.met = False

    async def __call__(self, exchange):
        self._left -= 1
        if self._left == -1:
            self.met = True
            await self._fault(exchange)
        else:
            await exchange.reply(await exchange.forward())


class Awaited:
    """An asynchronous cache for tests that wait, in an event loop of its own."""

    def __init__(self, deployment, file, options, settings):
        self._runner = asyncio.Runner()
        self._client = AsyncRegistryClient(
            deployment, AsyncHttpTransport(deployment.rpc_urls, **settings)
        )
        self._cache = AsyncRegistryCache(self._client, file=file, options=options)

    def __getattr__(self, name):
        return getattr(self._cache, name)

    def refresh(self):
        return self._runner.run(self._cache.refresh())

    def close(self):
        self._runner.run(self._cache.close())
        self._runner.run(self._client.close())
        self._runner.close()


class Outlasting(Follower):
    """A cache that reaches its chain through a proxy, and the chain read directly."""

    seen: ClassVar = Counter()

    def __init__(self, deployment, file, way="sync", timeout_s=PATIENT_S, **options):
        self.proxy = FaultProxy(deployment.rpc_urls[0])
        self.way, self.timeout_s = way, timeout_s
        self._through = HttpTransport([self.proxy.url], **self._settings(deployment))
        super().__init__(deployment, file, **options)

    def close(self):
        super().close()
        self._through.close()
        self.proxy.close()

    def _open(self):
        behind = replace(self.deployment, rpc_urls=(self.proxy.url,))
        if self.way == "async":
            return Awaited(behind, self.file, self.options, self._settings(behind))
        client = RegistryClient(behind, self._through)
        return RegistryCache(client, file=self.file, options=self.options)

    def _settings(self, deployment):
        return {"chain_id": deployment.chain_id, "timeout_s": self.timeout_s, "retries": 1}

    def head(self):
        return self.transport.perform(Head()).ref

    def attempt(self, users):
        """Refresh once despite any faults, and compare the cache with the chain.

        Returns:
            Whether the cache says that it is current.
        """
        cache, head = self.cache, self.head()
        before, refreshes = cache._answers, cache.figures.refreshes
        checked = cache._checked_unix_s
        try:
            cache.refresh()
        except TransportError:
            self.seen["rounds that failed"] += 1
        if cache.figures.refreshes == refreshes:
            # It does not claim to be current: its state and age are unchanged.
            assert cache._answers is before
            assert cache._checked_unix_s == checked
            return False
        assert cache.figures.refreshes == refreshes + 1
        assert cache.block == head
        assert cache.lag_blocks == 0
        self.compare(users)
        return True

    def endure(self, troubles, users):
        """Refresh once for each fault; each affects some requests of a round."""
        for fault, method, times in troubles:
            self.proxy.inject(fault, method, times)
            self.attempt(users)
        self.proxy.heal()
        # After three rounds with a lagging node, the fourth trusts it. Others may be too late.
        assert any(self.attempt(users) for _ in range(20)), "the cache does not recover"


def outages(way, elsewhere=None):
    """Return the other steps of histories: following blocks through faults.

    Args:
        way: `sync` or `async`.
        elsewhere: URL of another chain.
    """
    quick = list(QUICK.values()) + ([from_elsewhere(elsewhere)] * 4 if elsewhere else [])

    class Outages:
        def follow(self, deployment):
            self.folder = TemporaryDirectory()
            file = Path(self.folder.name) / "cache.sqlite"
            self.follower = Outlasting(deployment, file, way, HASTY_S, depth=20, chunk_blocks=3)
            self.follower.endure([], ADDRESSES)

        def check(self, data):
            if sometimes(data, 4):
                return  # several blocks are followed at once
            if sometimes(data, 6):
                self.follower.restart()
            troubles = []
            for _ in range(data.draw(st.integers(0, 3))):
                some = list(SLOW.values()) if sometimes(data, 25) else quick
                method = data.draw(
                    st.sampled_from([None, None, "eth_getLogs", "eth_call", "eth_getBlockByNumber"])
                )
                troubles.append(
                    (data.draw(st.sampled_from(some)), method, data.draw(st.integers(1, 3)))
                )
            self.follower.endure(troubles, ADDRESSES)

        def teardown(self):
            if hasattr(self, "follower"):
                self.follower.close()
                self.folder.cleanup()

    return Outages
