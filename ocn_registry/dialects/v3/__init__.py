"""The third generation: our own contracts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocn_registry.dialects.base import Limits
from ocn_registry.dialects.deployed import DeployedDialect
from ocn_registry.dialects.shared import address_or_none
from ocn_registry.dialects.v3 import reader
from ocn_registry.dialects.v3.errors import refuse
from ocn_registry.dialects.v3.reader import PAGE_ENTRIES
from ocn_registry.evm.abi import Words
from ocn_registry.models import Address, Contract

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from ocn_registry.dialects.base import Dialect
    from ocn_registry.dialects.reader import OnRead
    from ocn_registry.dialects.writer import Writer
    from ocn_registry.models import Agreement, Node, Party, PartyId, Route, Service
    from ocn_registry.networks import Deployment
    from ocn_registry.protocol.effects import Call, Flow

    T = TypeVar("T")


class V3Dialect(DeployedDialect):
    """The dialect of one deployment; see `Dialect` for the methods."""

    limits = Limits(
        replayable=False,
        has_batches=True,
        has_import=True,
        has_memberships=True,
        has_many_ids=True,
        has_controllers=True,
        has_reservations=True,
        has_websites=True,
        has_contract_signers=True,
        has_two_step_ownership=True,
        binds_permissions=True,
        signed_updates_keep_the_rest=True,
        takes_same_url=True,
        events_tell_all=True,
    )

    def __init__(self, deployment: Deployment) -> None:
        """Create the dialect for the addresses and chain of a deployment."""
        super().__init__(deployment, writer=lambda: _writer(self), error_of=refuse)

    def nodes(self, block: int, on_read: OnRead | None = None) -> Flow[tuple[Node, ...]]:
        """Read all nodes."""
        names = ("nodeCount()", "nodes")
        return self._list(Contract.REGISTRY, names, reader.read_node, block, on_read)

    def party(self, who: Address | PartyId, block: int | None) -> Call[Party | None]:
        """Read a party."""
        if isinstance(who, Address):
            return self._registry("partiesOf(address)", reader.current_party, block, who)
        return self._registry("party(bytes2,bytes3)", reader.party_or_none, block, who)

    def parties_of(self, account: Address, block: int | None) -> Call[tuple[Party, ...]]:
        """Read all parties of an account, the current one first."""
        return self._registry(
            "partiesOf(address)", lambda reader_: reader_.structs(reader.read_party), block, account
        )

    def controller(self, account: Address, block: int | None) -> Call[Address]:
        """Read the account that signs for an account."""
        return self._registry("controllerOf(address)", Words.address, block, account)

    def reservation(self, party: PartyId, block: int | None) -> Call[Address | None]:
        """Read the account that an id is reserved for."""
        return self._registry("reservationOf(bytes2,bytes3)", address_or_none, block, party)

    def node_reservation(self, domain: str, block: int | None) -> Call[Address | None]:
        """Read the operator that a URL is reserved for."""
        return self._registry("nodeReservationOf(string)", address_or_none, block, domain)

    def parties(self, block: int, on_read: OnRead | None = None) -> Flow[tuple[Party, ...]]:
        """Read all parties."""
        names = ("partyCount()", "parties")
        return self._list(Contract.REGISTRY, names, reader.read_party, block, on_read)

    def route(self, party: PartyId, block: int | None) -> Call[Route | None]:
        """Read the route of messages to a party."""
        return self._registry("getOperatorByOcpi(bytes2,bytes3)", reader.route(party), block, party)

    def membership(self, account: Address, block: int | None) -> Call[int | None]:
        """Read the number of an account's membership."""
        return self._registry(
            "membershipOf(address)", lambda reader: reader.uint() or None, block, account
        )

    def service(self, provider: Address, block: int | None) -> Call[Service | None]:
        """Read a provider's service."""
        return reader.with_version(
            self._permissions("getService(address)", reader.service(provider), block, provider),
            self._permissions("serviceVersion(address)", Words.uint, block, provider),
        )

    def services(self, block: int, on_read: OnRead | None = None) -> Flow[tuple[Service, ...]]:
        """Read all services in force."""
        names = ("serviceCount()", "services")
        return self._list(Contract.PERMISSIONS, names, reader.read_service, block, on_read)

    def agreement(
        self,
        user: Address,
        provider: Address,
        block: int | None,
    ) -> Call[Agreement | None]:
        """Read an agreement, in force or ended."""
        return self._permissions(
            "agreement(address,address)", reader.agreement(user, provider), block, user, provider
        )

    def agreements(self, user: Address | PartyId, block: int) -> Flow[tuple[Agreement, ...]]:
        """Read a user's agreements in force."""
        if not isinstance(user, Address):
            holder = yield from self._registry(
                "partyOf(bytes2,bytes3)", address_or_none, block, user
            )
            if holder is None:
                return ()
            user = holder
        providers = yield from self._permissions(
            "getUserAgreementsByAddress(address)", Words.addresses, block, user
        )
        return (yield from self._active([(user, one) for one in providers], block))

    def agreements_of(
        self,
        users: tuple[Address, ...],
        block: int,
    ) -> Flow[tuple[Agreement, ...]]:
        """Read the agreements of many users in force."""
        if not (yield from self._permissions("serviceCount()", Words.uint, block)):
            return ()
        lists = yield from reader.each(
            [
                self._permissions(
                    "getUserAgreementsByAddress(address)", Words.addresses, block, user
                )
                for user in users
            ],
        )
        pairs = [
            (user, provider)
            for user, providers in zip(users, lists, strict=True)
            for provider in providers
        ]
        return (yield from self._active(pairs, block))

    def users_of(self, provider: Address, block: int) -> Flow[tuple[Agreement, ...]]:
        """Read the agreements in force with a provider, by looking up every account."""
        if (yield from self.service(provider, block)) is None:
            return ()
        parties = yield from self.parties(block)
        pairs = [(party.address, provider) for party in parties if party.current]
        return (yield from self._active(pairs, block))

    def nonce(self, account: Address, contract: Contract, block: int | None) -> Call[int]:
        """Read the nonce of an account's next request."""
        return self._read(contract, "nonces(address)", Words.uint, block, account)

    def pending_owner(self, block: int | None) -> Call[Address | None]:
        """Read the account that the registry is offered to."""
        return self._registry("pendingOwner()", address_or_none, block)

    def import_open(self, contract: Contract, block: int | None) -> Call[bool]:
        """Read whether a contract still accepts imports."""
        return self._read(contract, "importOpen()", Words.flag, block)

    def _active(
        self, pairs: list[tuple[Address, Address]], block: int
    ) -> Flow[tuple[Agreement, ...]]:
        """Return the agreements in force between users and providers."""
        found = yield from reader.each([self.agreement(*pair, block) for pair in pairs])
        return tuple([agreement for agreement in found if agreement and agreement.active])

    def _list(
        self,
        contract: Contract,
        names: tuple[str, str],
        decode: Callable[[Words], T],
        block: int,
        on_read: OnRead | None,
    ) -> Flow[tuple[T, ...]]:
        how_many, which = names

        def page(offset: int) -> Call[tuple[T, ...]]:
            return self._read(
                contract,
                f"{which}(uint256,uint256)",
                lambda reader: reader.structs(decode),
                block,
                offset,
                PAGE_ENTRIES,
            )

        count = self._read(contract, how_many, Words.uint, block)
        return reader.pages(count, page, on_read, exact=contract is Contract.REGISTRY)


def _writer(dialect: Dialect) -> Writer:
    from ocn_registry.dialects.v3.writer import V3Writer  # noqa: PLC0415 - reads don't need it

    return V3Writer(dialect)
