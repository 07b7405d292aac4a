"""The ways to a chain that tests go: each client and each transport, called alike."""

import asyncio
import inspect

from ocn_registry import AsyncHttpTransport, AsyncRegistryClient, HttpTransport, RegistryClient
from ocn_registry.transport.web3_adapter import AsyncWeb3Transport, Web3Transport

LIGHT = ("sync", "async")
ALL = (*LIGHT, "web3", "async-web3")


class Waiting:
    """An asynchronous client for tests that wait: the same methods, run to their end."""

    def __init__(self, client, close=None):
        self._client = client
        self._close = close
        self.runner = asyncio.Runner()

    def __getattr__(self, name):
        found = getattr(self._client, name)
        if not inspect.iscoroutinefunction(found):
            return found
        return lambda *given, **named: self.runner.run(found(*given, **named))

    def close(self):
        self.runner.run(self._client.close())
        if self._close is not None:
            self.runner.run(self._close())
        self.runner.close()


def client(way, deployment, *urls, options=None, **settings):
    """Make a client of one of the ways."""
    urls = urls or deployment.rpc_urls
    named = {"chain_id": deployment.chain_id}
    if way == "sync":
        return RegistryClient(deployment, HttpTransport(urls, **named, **settings), options=options)
    if way == "async":
        transport = AsyncHttpTransport(urls, **named, **settings)
        return Waiting(AsyncRegistryClient(deployment, transport, options=options))
    from web3 import AsyncHTTPProvider, AsyncWeb3, HTTPProvider, Web3  # noqa: PLC0415 - 1.4 s

    if way == "web3":
        transport = Web3Transport(Web3(HTTPProvider(urls[0])), **named)
        return RegistryClient(deployment, transport, options=options)
    provider = AsyncHTTPProvider(urls[0])
    transport = AsyncWeb3Transport(AsyncWeb3(provider), **named)
    return Waiting(AsyncRegistryClient(deployment, transport, options=options), provider.disconnect)
