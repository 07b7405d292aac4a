"""The first generation: the contracts that are live on Energy Web Chain and Volta.

`V1Dialect.limits` lists what they lack. The defects that the client compensates for are described
in `reader`, `plans`, `requests` and `events`.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from ocn_registry.dialects.base import Limits
from ocn_registry.dialects.reader import ZeroEntries
from ocn_registry.dialects.shared import id_words
from ocn_registry.dialects.v1 import reader
from ocn_registry.dialects.v1.reader import each, read
from ocn_registry.dialects.v1.unsupported import unsupported
from ocn_registry.evm import abi
from ocn_registry.evm.abi import Words
from ocn_registry.models import ZERO_ADDRESS, Address, Agreement, Contract
from ocn_registry.protocol.effects import Head, Local, together

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from ocn_registry.dialects.reader import OnRead
    from ocn_registry.dialects.steps import Stage, Step
    from ocn_registry.dialects.v1.writer import V1Writer
    from ocn_registry.errors import Reverted
    from ocn_registry.intents import Intent, SignableIntent
    from ocn_registry.models import Node, Party, PartyId, Route, Service
    from ocn_registry.networks import Deployment
    from ocn_registry.outcomes import Change
    from ocn_registry.protocol.calls import ContractCall
    from ocn_registry.protocol.effects import Call, Effect, Flow, Log
    from ocn_registry.signing import Request, SignedRequest

    T = TypeVar("T")


class V1Dialect:
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
        self.deployment = self._deployment = deployment
        self.chain_id = deployment.chain_id

    def address_of(self, contract: Contract) -> Address:
        """Return the address of a contract."""
        registry = contract is Contract.REGISTRY
        return self._deployment.registry if registry else self._deployment.permissions

    @cached_property
    def _writing(self) -> V1Writer:
        # Imported on demand: it takes a sixth of the shortest command's time, and reads don't need
        # it.
        from ocn_registry.dialects.v1.writer import V1Writer  # noqa: PLC0415

        return V1Writer(self._deployment)

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
        """Return the call that performs these steps in one transaction: a single step."""
        del each_alone
        return self._writing.write(steps, sender=sender)

    def plan(self, steps: tuple[Step, ...], sender: Address) -> Flow[tuple[Stage, ...]]:
        """Return the transactions that a write takes."""
        return self._writing.plan(self, steps, sender)

    def request(
        self,
        intent: SignableIntent,
        account: Address,
        *,
        nonce: int,
        deadline_unix_s: int,
    ) -> Request:
        """Return the request that an account has to sign, without nonce and deadline."""
        del nonce, deadline_unix_s
        return self._writing.request(intent, account)

    def read_request(self, text: str | bytes) -> Request | SignedRequest:
        """Return the request in a JSON document, signed or not; reject other deployments'."""
        return self._writing.read_request(text)

    def changes(
        self,
        logs: tuple[Log, ...],
        intents: tuple[Intent, ...] = (),
    ) -> tuple[Change, ...]:
        """Return the changes in these contracts' events; events of others are skipped."""
        return self._writing.changes(logs, intents)

    def functions(self, call: ContractCall) -> tuple[str, ...]:
        """Return the names of the contract functions that a transaction called."""
        return self._writing.functions(call)

    def failures(self, logs: tuple[Log, ...]) -> dict[int, Reverted]:
        """Return which steps of a batch failed: none, since there are no batches."""
        del logs
        return {}

    def error_of(self, data: bytes) -> Reverted:
        """Return the error that revert data stands for."""
        from ocn_registry.dialects.v1.errors import refuse  # noqa: PLC0415 - only what is used

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
        operators = yield from self._registry(
            "getNodeOperators()", (), reader.distinct_addresses, block
        )
        found = yield from each(operators, lambda operator: self.node(operator, block), on_read)
        return tuple([node for node in found if node is not None])

    def party(self, who: Address | PartyId, block: int | None) -> Call[Party | None]:
        """Read a party. If it changed its id without this client, its former id still finds it."""
        if isinstance(who, Address):
            return self._registry(
                "getPartyDetailsByAddress(address)",
                (abi.address(who),),
                reader.party_by_address(who),
                block,
            )
        return self._registry(
            "getPartyDetailsByOcpi(bytes2,bytes3)",
            id_words(who),
            reader.party_by_id(who),
            block,
        )

    def parties(self, block: int, on_read: OnRead | None = None) -> Flow[tuple[Party, ...]]:
        """Read all parties."""
        addresses = yield from self._registry("getParties()", (), reader.distinct_addresses, block)
        found = yield from each(addresses, lambda address: self.party(address, block), on_read)
        return tuple([party for party in found if party is not None])

    def route(self, party: PartyId, block: int | None) -> Call[Route | None]:
        """Read the route of messages to a party, without the unreliable `getOperatorByOcpi`."""
        return self._registry(
            "getPartyDetailsByOcpi(bytes2,bytes3)",
            id_words(party),
            reader.route(party),
            block,
        )

    def parties_of(self, account: Address, block: int | None) -> Flow[tuple[Party, ...]]:
        """Read all parties of an account, which has at most one id."""
        party = yield from self.party(account, block)
        return () if party is None else (party,)

    def membership(self, account: Address, block: int | None) -> Call[int | None]:
        """Raise `UnsupportedByDialect`: memberships are not numbered."""
        del account, block
        raise unsupported("tell the number of a membership: they don't count them")

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
        return self._permissions(
            "getService(address)",
            (abi.address(provider),),
            reader.service(provider),
            block,
        )

    def services(self, block: int, on_read: OnRead | None = None) -> Flow[tuple[Service, ...]]:
        """Read all services in force."""
        providers = yield from self._permissions(
            "getProviders()", (), reader.distinct_addresses, block
        )
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
        if not (
            yield from self._permissions("getProviders()", (), reader.distinct_addresses, block)
        ):
            return ()
        lists = yield from each(users, lambda user: self._providers_of(user, block))
        pairs = tuple(
            [
                (user, provider)
                for user, providers in zip(users, lists, strict=True)
                for provider in providers
            ],
        )
        found = yield from each(pairs, lambda pair: self._agreed(*pair, block))
        return tuple(
            [
                Agreement(user=user, provider=provider, active=True)
                for (user, provider), agreed in zip(pairs, found, strict=True)
                if agreed
            ],
        )

    def users_of(self, provider: Address, block: int) -> Flow[tuple[Agreement, ...]]:
        """Read the agreements in force with a provider, by looking up every party."""
        if (yield from self.service(provider, block)) is None:
            return ()
        users = tuple([party.address for party in (yield from self.parties(block))])
        found = yield from each(users, lambda user: self._agreed(user, provider, block))
        return tuple(
            [
                Agreement(user=user, provider=provider, active=True)
                for user, agreed in zip(users, found, strict=True)
                if agreed
            ],
        )

    def nonce(self, account: Address, contract: Contract, block: int | None) -> Call[int]:
        """Read the nonce of an account's next request."""
        del account, contract, block
        raise unsupported("tell a nonce: their signatures have none")

    def owner(self, block: int | None) -> Call[Address | None]:
        """Read the owner of the registry."""
        return self._registry("owner()", (), reader.address_or_none, block)

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
            "getUserAgreementsByAddress(address)",
            (abi.address(user),),
            reader.distinct_addresses,
            block,
        )

    def _agreed(self, user: Address, provider: Address, block: int | None) -> Call[bool]:
        return self._permissions(
            "hasUserAgreementByAddress(address,address)",
            (abi.address(user), abi.address(provider)),
            Words.flag,
            block,
        )

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
