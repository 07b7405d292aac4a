"""The first generation: the contracts that are live on Energy Web Chain and Volta.

`V1Dialect.limits` lists what they lack. The defects that the client compensates for are described
in `reader`, `plans`, `requests` and `events`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocn_registry.dialects.base import Limits
from ocn_registry.dialects.deployed import DeployedDialect
from ocn_registry.dialects.v1 import reader
from ocn_registry.dialects.v1.reader import each
from ocn_registry.dialects.v1.unsupported import unsupported
from ocn_registry.evm.abi import Words
from ocn_registry.models import Address, Agreement
from ocn_registry.protocol.effects import Head, Local, together

if TYPE_CHECKING:
    from typing import TypeVar

    from ocn_registry.dialects.base import Dialect
    from ocn_registry.dialects.reader import OnRead
    from ocn_registry.dialects.writer import Writer
    from ocn_registry.errors import Reverted
    from ocn_registry.models import Contract, Node, Party, PartyId, Route, Service
    from ocn_registry.networks import Deployment
    from ocn_registry.protocol.effects import Call, Effect, Flow

    T = TypeVar("T")


class V1Dialect(DeployedDialect):
    """The dialect of one deployment; see `Dialect` for the methods."""

    limits = Limits(
        replayable=True,
        has_batches=False,
        has_import=False,
        has_memberships=False,
        has_many_ids=False,
        has_controllers=False,
        has_reservations=False,
        has_websites=False,
        has_contract_signers=False,
        has_two_step_ownership=False,
        binds_permissions=False,
        signed_updates_keep_the_rest=False,
        takes_same_url=False,
        events_tell_all=False,
    )

    def __init__(self, deployment: Deployment) -> None:
        """Create the dialect for the addresses and chain of a deployment."""
        super().__init__(deployment, writer=lambda: _writer(self), error_of=_error_of)

    def nodes(self, block: int, on_read: OnRead | None = None) -> Flow[tuple[Node, ...]]:
        """Read all nodes."""
        operators = yield from self._registry(
            "getNodeOperators()", reader.distinct_addresses, block
        )
        found = yield from each(operators, lambda operator: self.node(operator, block), on_read)
        return tuple([node for node in found if node is not None])

    def party(self, who: Address | PartyId, block: int | None) -> Call[Party | None]:
        """Read a party. If it changed its id without this client, its former id still finds it."""
        if isinstance(who, Address):
            return self._registry(
                "getPartyDetailsByAddress(address)", reader.party_by_address(who), block, who
            )
        return self._registry(
            "getPartyDetailsByOcpi(bytes2,bytes3)", reader.party_by_id(who), block, who
        )

    def parties(self, block: int, on_read: OnRead | None = None) -> Flow[tuple[Party, ...]]:
        """Read all parties."""
        addresses = yield from self._registry("getParties()", reader.distinct_addresses, block)
        found = yield from each(addresses, lambda address: self.party(address, block), on_read)
        return tuple([party for party in found if party is not None])

    def route(self, party: PartyId, block: int | None) -> Call[Route | None]:
        """Read the route of messages to a party, without the unreliable `getOperatorByOcpi`."""
        return self._registry(
            "getPartyDetailsByOcpi(bytes2,bytes3)", reader.route(party), block, party
        )

    def parties_of(self, account: Address, block: int | None) -> Flow[tuple[Party, ...]]:
        """Read all parties of an account, which has at most one id."""
        party = yield from self.party(account, block)
        return () if party is None else (party,)

    def membership(self, account: Address, block: int | None) -> Call[int | None]:
        """Raise `UnsupportedByDialect`: memberships are not numbered."""
        del account, block
        raise unsupported("report the number of a membership: they don't number them")

    def controller(self, account: Address, block: int | None) -> Effect[Address]:
        """Return the account itself: there are no controllers."""
        del block
        return Local(lambda: account)

    def reservation(self, party: PartyId, block: int | None) -> Effect[Address | None]:
        """Return `None`: there are no reservations."""
        del party, block
        return Local(lambda: None)

    def node_reservation(self, domain: str, block: int | None) -> Effect[Address | None]:
        """Return `None`: there are no reservations."""
        del domain, block
        return Local(lambda: None)

    def service(self, provider: Address, block: int | None) -> Call[Service | None]:
        """Read a provider's service."""
        return self._permissions("getService(address)", reader.service(provider), block, provider)

    def services(self, block: int, on_read: OnRead | None = None) -> Flow[tuple[Service, ...]]:
        """Read all services in force."""
        providers = yield from self._permissions("getProviders()", reader.distinct_addresses, block)
        found = yield from each(providers, lambda one: self.service(one, block), on_read)
        return tuple([service for service in found if service is not None])

    def agreement(
        self,
        user: Address,
        provider: Address,
        block: int | None,
    ) -> Flow[Agreement | None]:
        """Read an agreement, in force or ended. Revoked ones are not kept."""
        if block is None:
            head = yield from Head()
            block = head.ref.number
        agreed, service, party = yield from together(
            self._agreed(user, provider, block),
            self.service(provider, block),
            self.party(user, block),
        )
        if not agreed or user.is_zero or provider.is_zero:
            return None
        there = service is not None and party is not None
        return Agreement(user=user, provider=provider, active=there)

    def agreements(self, user: Address | PartyId, block: int) -> Flow[tuple[Agreement, ...]]:
        """Read a user's agreements in force."""
        party = yield from self.party(user, block)
        if party is None:
            return ()
        address = party.address
        providers = yield from self._providers_of(address, block)
        found = yield from each(
            providers,
            lambda provider: together(
                self._agreed(address, provider, block),
                self.service(provider, block),
            ),
        )
        return tuple(
            [
                Agreement(user=address, provider=provider, active=True)
                for provider, (agreed, service) in zip(providers, found, strict=True)
                if agreed and service is not None
            ],
        )

    def agreements_of(
        self,
        users: tuple[Address, ...],
        block: int,
    ) -> Flow[tuple[Agreement, ...]]:
        """Read the unrevoked agreements of many users, in force or not."""
        if not (yield from self._permissions("getProviders()", reader.distinct_addresses, block)):
            return ()
        lists = yield from each(users, lambda user: self._providers_of(user, block))
        pairs = [
            (user, provider)
            for user, providers in zip(users, lists, strict=True)
            for provider in providers
        ]
        return (yield from self._unrevoked(tuple(pairs), block))

    def users_of(self, provider: Address, block: int) -> Flow[tuple[Agreement, ...]]:
        """Read the agreements in force with a provider, by looking up every party."""
        if (yield from self.service(provider, block)) is None:
            return ()
        parties = yield from self.parties(block)
        pairs = tuple([(party.address, provider) for party in parties])
        return (yield from self._unrevoked(pairs, block))

    def nonce(self, account: Address, contract: Contract, block: int | None) -> Call[int]:
        """Read the nonce of an account's next request."""
        del account, contract, block
        raise unsupported("report a nonce: their signatures have none")

    def pending_owner(self, block: int | None) -> Call[Address | None]:
        """Read the account that the registry is offered to."""
        del block
        raise unsupported("offer the ownership: it is transferred in one step")

    def import_open(self, contract: Contract, block: int | None) -> Call[bool]:
        """Read whether a contract still accepts imports."""
        del contract, block
        raise unsupported("import entries")

    def _providers_of(self, user: Address, block: int | None) -> Call[tuple[Address, ...]]:
        return self._permissions(
            "getUserAgreementsByAddress(address)", reader.distinct_addresses, block, user
        )

    def _unrevoked(
        self, pairs: tuple[tuple[Address, Address], ...], block: int
    ) -> Flow[tuple[Agreement, ...]]:
        found = yield from each(pairs, lambda pair: self._agreed(*pair, block))
        return tuple(
            [
                Agreement(user=user, provider=provider, active=True)
                for (user, provider), agreed in zip(pairs, found, strict=True)
                if agreed
            ],
        )

    def _agreed(self, user: Address, provider: Address, block: int | None) -> Call[bool]:
        return self._permissions(
            "hasUserAgreementByAddress(address,address)", Words.flag, block, user, provider
        )


def _writer(dialect: Dialect) -> Writer:
    from ocn_registry.dialects.v1.writer import V1Writer  # noqa: PLC0415 - reads don't need it

    return V1Writer(dialect)


def _error_of(data: bytes) -> Reverted:
    # Imported on demand: the error table is slow to load, and reads rarely revert.
    from ocn_registry.dialects.v1.errors import refuse  # noqa: PLC0415

    return refuse(data)
