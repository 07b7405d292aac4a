"""The third generation: our own contracts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocn_registry.dialects.base import Limits
from ocn_registry.dialects.deployed import DeployedDialect
from ocn_registry.dialects.shared import address_or_none, id_words
from ocn_registry.dialects.v3 import reader
from ocn_registry.dialects.v3.errors import refuse
from ocn_registry.dialects.v3.reader import PAGE_ENTRIES
from ocn_registry.evm import abi
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

    def node(self, operator: Address, block: int | None) -> Call[Node | None]:
        """Read an operator's node."""
        return self._registry(
            "getNode(address)",
            (abi.address(operator),),
            reader.node(operator),
            block,
        )

    def nodes(self, block: int, on_read: OnRead | None = None) -> Flow[tuple[Node, ...]]:
        """Read all nodes."""
        names = ("nodeCount()", "nodes")
        return self._list(Contract.REGISTRY, names, reader.read_node, block, on_read)

    def party(self, who: Address | PartyId, block: int | None) -> Call[Party | None]:
        """Read a party."""
        if isinstance(who, Address):
            return self._registry(
                "partiesOf(address)",
                (abi.address(who),),
                reader.current_party,
                block,
            )
        return self._registry(
            "party(bytes2,bytes3)",
            id_words(who),
            reader.party_or_none,
            block,
        )

    def parties_of(self, account: Address, block: int | None) -> Call[tuple[Party, ...]]:
        """Read all parties of an account, the current one first."""
        return self._registry(
            "partiesOf(address)",
            (abi.address(account),),
            lambda reader_: reader_.structs(reader.read_party),
            block,
        )

    def controller(self, account: Address, block: int | None) -> Call[Address]:
        """Read the account that signs for an account."""
        return self._registry(
            "controllerOf(address)",
            (abi.address(account),),
            Words.address,
            block,
        )

    def reservation(self, party: PartyId, block: int | None) -> Call[Address | None]:
        """Read the account that an id is reserved for."""
        return self._registry(
            "reservationOf(bytes2,bytes3)",
            id_words(party),
            address_or_none,
            block,
        )

    def node_reservation(self, domain: str, block: int | None) -> Call[Address | None]:
        """Read the operator that a URL is reserved for."""
        return self._registry(
            "nodeReservationOf(string)",
            (abi.text(domain),),
            address_or_none,
            block,
        )

    def parties(self, block: int, on_read: OnRead | None = None) -> Flow[tuple[Party, ...]]:
        """Read all parties."""
        names = ("partyCount()", "parties")
        return self._list(Contract.REGISTRY, names, reader.read_party, block, on_read)

    def route(self, party: PartyId, block: int | None) -> Call[Route | None]:
        """Read the route of messages to a party."""
        return self._registry(
            "getOperatorByOcpi(bytes2,bytes3)",
            id_words(party),
            reader.route(party),
            block,
        )

    def membership(self, account: Address, block: int | None) -> Call[int | None]:
        """Read the number of an account's membership."""
        return self._registry(
            "membershipOf(address)",
            (abi.address(account),),
            lambda reader: reader.uint() or None,
            block,
        )

    def service(self, provider: Address, block: int | None) -> Call[Service | None]:
        """Read a provider's service."""
        who = (abi.address(provider),)
        return reader.with_version(
            self._permissions("getService(address)", who, reader.service(provider), block),
            self._permissions("serviceVersion(address)", who, Words.uint, block),
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
            "agreement(address,address)",
            (abi.address(user), abi.address(provider)),
            reader.agreement(user, provider),
            block,
        )

    def agreements(self, user: Address | PartyId, block: int) -> Flow[tuple[Agreement, ...]]:
        """Read a user's agreements in force."""
        if not isinstance(user, Address):
            holder = yield from self._registry(
                "partyOf(bytes2,bytes3)",
                id_words(user),
                address_or_none,
                block,
            )
            if holder is None:
                return ()
            user = holder
        providers = yield from self._permissions(
            "getUserAgreementsByAddress(address)",
            (abi.address(user),),
            Words.addresses,
            block,
        )
        found = yield from reader.each(
            [self.agreement(user, provider, block) for provider in providers],
        )
        return tuple([agreement for agreement in found if agreement and agreement.active])

    def agreements_of(
        self,
        users: tuple[Address, ...],
        block: int,
    ) -> Flow[tuple[Agreement, ...]]:
        """Read the agreements of many users in force."""
        if not (yield from self._permissions("serviceCount()", (), Words.uint, block)):
            return ()
        lists = yield from reader.each(
            [
                self._permissions(
                    "getUserAgreementsByAddress(address)",
                    (abi.address(user),),
                    Words.addresses,
                    block,
                )
                for user in users
            ],
        )
        found = yield from reader.each(
            [
                self.agreement(user, provider, block)
                for user, providers in zip(users, lists, strict=True)
                for provider in providers
            ],
        )
        return tuple([agreement for agreement in found if agreement and agreement.active])

    def users_of(self, provider: Address, block: int) -> Flow[tuple[Agreement, ...]]:
        """Read the agreements in force with a provider, by looking up every account."""
        if (yield from self.service(provider, block)) is None:
            return ()
        parties = yield from self.parties(block)
        users = [party.address for party in parties if party.current]
        found = yield from reader.each(
            [self.agreement(user, provider, block) for user in users],
        )
        return tuple([agreement for agreement in found if agreement and agreement.active])

    def nonce(self, account: Address, contract: Contract, block: int | None) -> Call[int]:
        """Read the nonce of an account's next request."""
        return self._read(contract, "nonces(address)", (abi.address(account),), Words.uint, block)

    def pending_owner(self, block: int | None) -> Call[Address | None]:
        """Read the account that the registry is offered to."""
        return self._registry("pendingOwner()", (), address_or_none, block)

    def import_open(self, contract: Contract, block: int | None) -> Call[bool]:
        """Read whether a contract still accepts imports."""
        return self._read(contract, "importOpen()", (), Words.flag, block)

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
                (abi.uint(offset), abi.uint(PAGE_ENTRIES)),
                lambda reader: reader.structs(decode),
                block,
            )

        count = self._read(contract, how_many, (), Words.uint, block)
        return reader.pages(count, page, on_read, exact=contract is Contract.REGISTRY)


def _writer(dialect: Dialect) -> Writer:
    from ocn_registry.dialects.v3.writer import V3Writer  # noqa: PLC0415 - reads don't need it

    return V3Writer(dialect)
