"""The clients and transports that tests use, called alike."""

import asyncio
import inspect
import warnings

from ocn_registry import AsyncHttpTransport, AsyncRegistryClient, HttpTransport, RegistryClient
from ocn_registry.transport.local import LOCAL
from ocn_registry.transport.web3_adapter import AsyncWeb3Transport, Web3Transport, _Ask

LIGHT = ("sync", "async")
ALL = (*LIGHT, "web3", "async-web3")


class Counted(HttpTransport):
    """Counts HTTP requests."""

    requests = 0

    def _post(self, *arguments):
        self.requests += 1
        return super()._post(*arguments)


class AsyncCounted(AsyncHttpTransport):
    """Counts HTTP requests."""

    requests = 0

    async def _post(self, *arguments):
        self.requests += 1
        return await super()._post(*arguments)


class Web3Counted(Web3Transport):
    """Counts questions: those asked together count once, even if the provider sends several."""

    requests = 0

    def perform(self, effect):
        self.requests += not isinstance(effect, (*LOCAL, _Ask))
        return super().perform(effect)


class AsyncWeb3Counted(AsyncWeb3Transport):
    """Counts questions: those asked together count once, even if the provider sends several."""

    requests = 0

    def __init__(self, web3, **settings):
        super().__init__(web3, **settings)
        self._web3 = web3

    async def perform(self, effect):
        self.requests += not isinstance(effect, (*LOCAL, _Ask))
        return await super().perform(effect)

    async def close(self):
        await self._web3.provider.disconnect()


class Waiting:
    """An asynchronous client for tests that wait: the same methods, run to their end."""

    def __init__(self, client, runner=None):
        self._client = client
        self.runner = runner or asyncio.Runner()

    def __getattr__(self, name):
        found = getattr(self._client, name)
        if name in {"identity", "owner", "transactions", "ensure"}:
            return Waiting(found, self.runner)
        if not inspect.iscoroutinefunction(found):
            return found
        return lambda *given, **named: self.runner.run(found(*given, **named))

    def close(self):
        self.runner.run(self._client.close())
        self.runner.close()


def transport(way, *urls, **settings):
    """Return a transport of one kind; connection settings are for the light ones."""
    settings = {name: value for name, value in settings.items() if value is not None}
    if way in LIGHT:
        return {"sync": Counted, "async": AsyncCounted}[way](urls, **settings)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # about what web3 itself imports
        from web3 import AsyncHTTPProvider, AsyncWeb3, HTTPProvider, Web3  # noqa: PLC0415 - 1.4 s

    if way == "web3":
        return Web3Counted(Web3(HTTPProvider(urls[0])), **settings)
    return AsyncWeb3Counted(AsyncWeb3(AsyncHTTPProvider(urls[0])), **settings)


def client(deployment, transport, options=None, journal=None):
    """Return the client for a transport."""
    given = {"options": options, "journal": journal}
    if inspect.iscoroutinefunction(transport.perform):
        return Waiting(AsyncRegistryClient(deployment, transport, **given))
    return RegistryClient(deployment, transport, **given)


def perform(client, effect):
    """Perform an effect with a client's transport."""
    if isinstance(client, Waiting):
        return client.runner.run(client._client._transport.perform(effect))
    return client._transport.perform(effect)
