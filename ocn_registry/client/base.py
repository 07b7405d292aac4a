"""What the clients and their groups of methods share.

A method passes its flow to the client, which runs it: one client waits for the result, the other
returns an awaitable. So each method is written, typed and documented once.
"""

from __future__ import annotations

from dataclasses import replace
from functools import wraps
from typing import TYPE_CHECKING, Concatenate, Generic, ParamSpec, Protocol, TypeVar, cast

from ocn_registry import flows  # loads, on first use, what only writes need
from ocn_registry.dialects import dialect_of
from ocn_registry.foreign.arguments import checked

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine
    from typing import Never

    from ocn_registry.dialects import Dialect, Limits
    from ocn_registry.flows.options import WriteOptions
    from ocn_registry.networks import Deployment
    from ocn_registry.protocol.effects import Flow
    from ocn_registry.protocol.journal import Journal
    from ocn_registry.signing import AnySigner, Request, SignedRequest

P = ParamSpec("P")
T = TypeVar("T")
GroupT = TypeVar("GroupT")
RunT = TypeVar("RunT")
SignerT = TypeVar("SignerT", bound="AnySigner")
TransportT = TypeVar("TransportT")


class Run(Protocol):
    """Performs a flow, for the synchronous client."""

    def __call__(self, flow: Flow[T], /) -> T:
        """Return the flow's result."""
        ...


class AsyncRun(Protocol):
    """Performs a flow, for the asynchronous client."""

    async def __call__(self, flow: Flow[T], /) -> T:
        """Return the flow's result."""
        ...


class Group(Generic[RunT]):
    """The base of clients and groups: what their methods use."""

    def __init__(
        self,
        dialect: Dialect,
        run: RunT,
        options: Callable[[WriteOptions | None], WriteOptions],
    ) -> None:
        """Create the group, with its client's dialect, driver of flows and default options."""
        self._dialect = dialect
        self._run = run
        self._with = options


class Client(Group[RunT], Generic[RunT, TransportT]):
    """The base of both clients: the methods that don't access the chain."""

    def __init__(
        self,
        deployment: Deployment,
        transport: TransportT,
        run: RunT,
        options: WriteOptions | None,
        journal: Journal | None,
    ) -> None:
        """Create a client; see its class."""
        super().__init__(dialect_of(deployment), run, self._completed)
        self.deployment = deployment
        self.journal = journal
        self._transport = transport
        self._usual_options = options

    def _completed(self, options: WriteOptions | None) -> WriteOptions:
        """Return the options of a write, with the client's journal if they have none."""
        chosen = options or self._usual_options or flows.options.WriteOptions()
        flows.options.check(chosen)
        return chosen if chosen.journal else replace(chosen, journal=self.journal)

    @property
    def transport(self) -> TransportT:
        """The transport, for example to share it with a cache."""
        return self._transport

    @property
    def limits(self) -> Limits:
        """What the contracts of this deployment can and can't do."""
        return self._dialect.limits

    @checked
    def read_request(self, text: str | bytes) -> Request:
        """Return the request in a JSON document, without its signature if it has one.

        Args:
            text: The document, in the form of `Request.to_json`.

        Returns:
            The request, without a signature.

        Raises:
            InvalidInput: The document is not a request, or it is for another chain or contract.
        """
        return flows.requests.read(self._dialect, text)

    @checked
    def read_signed_request(self, text: str | bytes) -> SignedRequest:
        """Return the signed request in a JSON document, without checking it; see `verify`.

        Args:
            text: The document, in the form of `SignedRequest.to_json`, or a wallet's payload with a
                `signature`.

        Returns:
            The request with its signature.

        Raises:
            InvalidInput: The document is not a signed request for this chain and contract.
        """
        return flows.requests.read_signed(self._dialect, text)


def awaited(
    method: Callable[Concatenate[GroupT, P], T],
) -> Callable[Concatenate[object, P], Coroutine[object, Never, T]]:
    """Return a method of the synchronous client as one of the asynchronous client.

    Args:
        method: Returns what `_run` returned: here, something to await.
    """

    @wraps(method)
    async def performed(self: object, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await cast("Awaitable[T]", method(cast("GroupT", self), *args, **kwargs))

    return performed
