"""The third generation: our own contracts."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from ocn_registry.dialects.base import Limits
from ocn_registry.dialects.reader import ZeroEntries
from ocn_registry.dialects.shared import id_words
from ocn_registry.dialects.steps import Stage
from ocn_registry.dialects.v3 import reader
from ocn_registry.dialects.v3.errors import refuse
from ocn_registry.dialects.v3.reader import PAGE_ENTRIES, read
from ocn_registry.evm import abi
from ocn_registry.evm.abi import Words
from ocn_registry.models import ZERO_ADDRESS, Address, Contract
from ocn_registry.protocol.effects import together

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from ocn_registry.dialects.reader import OnRead
    from ocn_registry.dialects.steps import Step
    from ocn_registry.dialects.v3.writer import V3Writer
    from ocn_registry.errors import Reverted
    from ocn_registry.intents import Intent, SignableIntent
    from ocn_registry.models import Agreement, Node, Party, PartyId, Route, Service
    from ocn_registry.networks import Deployment
    from ocn_registry.outcomes import Change
    from ocn_registry.protocol.calls import ContractCall
    from ocn_registry.protocol.effects import Call, Flow, Log
    from ocn_registry.signing import Request, SignedRequest

    T = TypeVar("T")


class V3Dialect:
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
        self.deployment = self._deployment = deployment
        self.chain_id = deployment.chain_id

    def address_of(self, contract: Contract) -> Address:
        """Return the address of a contract."""
        registry = contract is Contract.REGISTRY
        return self._deployment.registry if registry else self._deployment.permissions

    @cached_property
    def _writing(self) -> V3Writer:
        # Imported on demand: it takes a sixth of the shortest command's time, and reads don't need
        # it.
        from ocn_registry.dialects.v3.writer import V3Writer  # noqa: PLC0415

        return V3Writer(self._deployment)

    def contract_of(self, intent: Intent) -> Contract:
        """Return the contract that an intent is for."""
        return self._writing.contract_of(intent)

    def check(self, intent: Intent) -> None:
        """Raise `InvalidInput` for an intent that the contract rejects in any state."""
        self._writing.check(intent)

    def write(
        self,
        steps: tuple[Step, ...],
        *,
        each_alone: bool,
        sender: Address | None = None,
    ) -> Call[tuple[Reverted | None, ...]]:
        """Return the call that performs these steps in one transaction."""
        return self._writing.write(steps, each_alone=each_alone, sender=sender)

    def plan(self, steps: tuple[Step, ...], sender: Address) -> Flow[tuple[Stage, ...]]:
        """Return the transactions that a write takes: always one."""
        del sender
        yield from ()
        return (Stage(steps=steps),)

    def request(
        self,
        intent: SignableIntent,
        account: Address,
        *,
        nonce: int,
        deadline_unix_s: int,
    ) -> Request:
        """Return the request that an account has to sign."""
        return self._writing.request(
            intent,
            account,
            nonce=nonce,
            deadline_unix_s=deadline_unix_s,
        )

    def read_request(self, text: str | bytes) -> Request | SignedRequest:
        """Return the request in a JSON document, signed or not; reject other deployments'."""
        return self._writing.read_request(text)

    def changes(
        self,
        logs: tuple[Log, ...],
        intents: tuple[Intent, ...] = (),
    ) -> tuple[Change, ...]:
        """Return the changes in these contracts' events; events of others are skipped."""
        del intents  # these events are complete
        return self._writing.changes(logs)

    def functions(self, call: ContractCall) -> tuple[str, ...]:
        """Return the names of the contract functions that a transaction called."""
        return self._writing.functions(call)

    def failures(self, logs: tuple[Log, ...]) -> dict[int, Reverted]:
        """Return why steps of a batch failed, by their index."""
        return self._writing.failures(logs)

    def error_of(self, data: bytes) -> Reverted:
        """Return the error that revert data stands for."""
        return refuse(data)

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
            reader.address_or_none,
            block,
        )

    def node_reservation(self, domain: str, block: int | None) -> Call[Address | None]:
        """Read the operator that a URL is reserved for."""
        return self._registry(
            "nodeReservationOf(string)",
            (abi.text(domain),),
            reader.address_or_none,
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
                reader.address_or_none,
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
        to = self.address_of(contract)
        return read(to, "nonces(address)", (abi.address(account),), Words.uint, block)

    def owner(self, block: int | None) -> Call[Address | None]:
        """Read the owner of the registry."""
        return self._registry("owner()", (), reader.address_or_none, block)

    def pending_owner(self, block: int | None) -> Call[Address | None]:
        """Read the account that the registry is offered to."""
        return self._registry("pendingOwner()", (), reader.address_or_none, block)

    def import_open(self, contract: Contract, block: int | None) -> Call[bool]:
        """Read whether a contract still accepts imports."""
        return read(self.address_of(contract), "importOpen()", (), Words.flag, block)

    def zero_entries(self, block: int) -> Flow[ZeroEntries]:
        """Read the entries of the zero address."""
        node, parties, providers = yield from together(
            self._registry("getNode(address)", (abi.address(ZERO_ADDRESS),), Words.text, block),
            self._registry("getParties()", (), Words.addresses, block),
            self._permissions("getProviders()", (), Words.addresses, block),
        )
        return ZeroEntries(node, ZERO_ADDRESS in parties, ZERO_ADDRESS in providers)

    def _registry(
        self,
        signature: str,
        arguments: tuple[bytes, ...],
        decode: Callable[[Words], T],
        block: int | None,
    ) -> Call[T]:
        return read(self._deployment.registry, signature, arguments, decode, block)

    def _permissions(
        self,
        signature: str,
        arguments: tuple[bytes, ...],
        decode: Callable[[Words], T],
        block: int | None,
    ) -> Call[T]:
        return read(self._deployment.permissions, signature, arguments, decode, block)

    def _list(
        self,
        contract: Contract,
        names: tuple[str, str],
        decode: Callable[[Words], T],
        block: int,
        on_read: OnRead | None,
    ) -> Flow[tuple[T, ...]]:
        to = self.address_of(contract)
        how_many, which = names

        def page(offset: int) -> Call[tuple[T, ...]]:
            return read(
                to,
                f"{which}(uint256,uint256)",
                (abi.uint(offset), abi.uint(PAGE_ENTRIES)),
                lambda reader: reader.structs(decode),
                block,
            )

        count = read(to, how_many, (), Words.uint, block)
        return reader.pages(count, page, on_read, exact=contract is Contract.REGISTRY)
