"""One history: the same writes on the model and on the chain, compared with each other.

What is compared after each step: what every transaction returned or reverted with, with arguments
and byte for byte; its events; every view of both contracts; and the state that the logs alone
amount to.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from hypothesis import note

from ocn_registry import networks
from ocn_registry.dialects import dialect_of
from ocn_registry.errors import Reverted, UnknownRevert
from ocn_registry.events.replay import Replay
from ocn_registry.models import Contract, Party
from ocn_registry.networks import Deployment
from ocn_registry.testing.model import Message, Permissions, Receipt, Registry
from ocn_registry.testing.model.requests import LAST_COUNT
from ocn_registry.testing.wire import error_of, revert_data

from .chain import CHAIN_ID, Mined, Transaction
from .operations import Operation
from .people import ADDRESSES, ANCIENT, OWNER, Signatures
from .values import BATCHES
from .views import INTERFACES, model_answers, plain, question, read, views
from .world import ANCIENT_NONCE, Pair, World

_KINDS = (Contract.REGISTRY, Contract.PERMISSIONS)


class Difference(AssertionError):
    """The chain and the model do not agree."""


@dataclass
class History:
    """One history: the model, the state from the logs, and the contracts to compare with."""

    world: World
    pair: Pair

    def __post_init__(self) -> None:
        pair, options = self.pair, {"import_open": self.pair.import_open}
        signed = Signatures()
        self.registry = Registry(pair.registry, CHAIN_ID, OWNER, **options, is_signed_by=signed)
        self.permissions = Permissions(
            pair.permissions, self.registry, **options, is_signed_by=signed
        )
        self.registry.state.nonces[ANCIENT] = ANCIENT_NONCE
        self.permissions.state.nonces[ANCIENT] = ANCIENT_NONCE & LAST_COUNT
        self.replay = Replay()
        self.dialect = dialect_of(_deployment(pair))
        self.sent: list[Any] = []
        self.now = self.world.chain.time
        for contract, mined in zip((self.registry, self.permissions), pair.deployed, strict=True):
            self._compare_events(contract, contract.deployed, mined)

    @property
    def imports_are_open(self) -> bool:
        return self.registry.import_open() or self.permissions.import_open()

    def step(self, draw_block: Callable[["History"], None], seconds: int) -> None:
        """Mine a block of drawn writes."""
        self.now += seconds
        self.block: list[tuple[Operation, Receipt[Any] | Reverted]] = []
        draw_block(self)
        self.world.steps += 1
        contracts = (self.registry, self.permissions)
        mined, answers = self.world.chain.mine(
            [
                Transaction(o.sender, o.contract.address, _calldata(o), o.value)
                for o, _ in self.block
            ],
            self.now,
            [(contract.address, question(contract.name)) for contract in contracts],
        )
        for (operation, expected), one in zip(self.block, mined, strict=True):
            self._compare(operation, expected, one)
        for contract, answer in zip(contracts, answers, strict=True):
            self._compare_views(contract, answer)
        self._compare_replay()

    def do(self, operation: Operation) -> None:
        """Run it on the model, and add it to the block."""
        message = Message(sender=operation.sender, time_unix_s=self.now)
        expected: Receipt[Any] | Reverted
        try:
            if operation.value:
                raise UnknownRevert
            expected = operation.contract.call(message, operation.call)
        except Reverted as error:
            expected = error
        self.block.append((operation, expected))
        self._note(operation, expected)

    def _note(self, operation: Operation, expected: Receipt[Any] | Reverted) -> None:
        name, call = operation.contract.name, operation.call
        outcome = "succeeds" if isinstance(expected, Receipt) else type(expected).__name__
        note(f"{operation!r}: {outcome}")
        self.world.seen[name, call.function, outcome] += 1
        if call.function.endswith("Raw"):
            self.sent.append((operation.contract, call))
        if call.function in BATCHES and isinstance(expected, Receipt):
            each = call.function == "tryMulticall"
            for item, result in zip(call.arguments[0], expected.result, strict=True):
                failed = each and not result[0]
                outcome = type(result[1]).__name__ if failed else "succeeds"
                self.world.seen[name, f"item {item.function}", outcome] += 1
                if item.function.endswith("Raw"):
                    self.sent.append((operation.contract, item))

    def _compare(
        self, operation: Operation, expected: Receipt[Any] | Reverted, mined: Mined
    ) -> None:
        interface = INTERFACES[operation.contract.name]
        if isinstance(expected, Reverted):
            got = plain(error_of(mined.output)) if not mined.succeeded else "succeeds"
            _same(f"{operation!r}", got, plain(expected))
            _same(f"bytes of {operation!r}", mined.output, revert_data(expected))
            events: tuple[Any, ...] = ()
        else:
            if not mined.succeeded:
                _same(f"{operation!r}", plain(error_of(mined.output)), "succeeds")
            result = interface.result_of(operation.call, mined.output)
            _same(f"result of {operation!r}", plain(result), plain(expected.result))
            answer = interface.answer(operation.call, expected.result)
            _same(f"bytes of {operation!r}", mined.output, answer)
            events = expected.events
        self._compare_events(operation.contract, events, mined)

    def _compare_events(
        self, contract: Registry | Permissions, events: tuple[Any, ...], mined: Mined
    ) -> None:
        interface = INTERFACES[contract.name]
        _same("events", tuple(interface.event_of(log) for log in mined.logs), events)
        written = tuple(interface.log(contract.address, one) for one in events)
        _same("logs", mined.logs, written)
        for change in self.dialect.changes(mined.logs):
            self.replay.apply(change)

    def _compare_views(self, contract: Registry | Permissions, answer: bytes) -> None:
        got, expected = read(contract.name, answer), model_answers(contract)
        if got != expected:
            calls = views(contract.name)
            for call, one, due in zip(calls, got, expected, strict=True):
                _same(f"{contract.name}.{call}", one, due)

    def _compare_replay(self) -> None:
        replay, most = self.replay, 2**256 - 1
        nodes = tuple((node.operator, node.domain) for node in replay.nodes())
        _same("nodes by the logs", nodes, plain(self.registry.nodes(0, most)))
        parties = tuple(map(_listed, replay.parties()))
        _same("parties by the logs", parties, plain(self.registry.parties(0, most)))
        services = tuple(
            (
                service.provider,
                service.id.country_code,
                service.id.party_id,
                service.name,
                service.url,
                service.permissions,
                service.version,
            )
            for service in replay.services()
        )
        _same("services by the logs", services, plain(self.permissions.services(0, most)))
        state = self.registry.state
        for user in ADDRESSES:
            parties = tuple(map(_listed, replay.parties_of(user)))
            _same(f"parties of {user} by the logs", parties, plain(self.registry.parties_of(user)))
            found = tuple(
                (a.provider, (a.membership, a.version, a.active)) for a in replay.agreements(user)
            )
            membership = self.registry.membership_of(user)
            consented_to = self.permissions.state.consented_to.get(membership, ())
            providers = [state.members[one] for one in consented_to if one in state.members]
            due = tuple((one, plain(self.permissions.agreement(user, one))) for one in providers)
            _same(f"agreements of {user} by the logs", found, due)
        due = {one: who.controller for one, who in state.accounts.items() if who.controller}
        _same("controllers by the logs", replay.controllers, due)
        _same("reservations by the logs", replay.reservations, state.reserved)
        _same("reserved URLs by the logs", replay.node_reservations, state.reserved_hosts)
        _same("owner by the logs", replay.owner or ADDRESSES[-1], self.registry.owner())
        due = {
            kind
            for kind, contract in zip(_KINDS, (self.registry, self.permissions), strict=True)
            if contract.import_open()
        }
        _same("open imports by the logs", replay.importing, due)


def _listed(party: Party) -> tuple[Any, ...]:
    return (
        party.address,
        party.id.country_code,
        party.id.party_id,
        party.roles,
        party.modules_sender,
        party.modules_receiver,
        party.operator,
        party.operator_domain or "",
        party.membership,
        party.current,
        party.website or "",
    )


def _calldata(operation: Operation) -> bytes:
    return INTERFACES[operation.contract.name].calldata(operation.call)


def _deployment(pair: Pair) -> Deployment:
    local = networks.built_in("local")
    return replace(local, registry=pair.registry, permissions=pair.permissions)


def _same(what: str, got: Any, expected: Any) -> None:
    if got != expected:
        raise Difference(f"{what}:\n  chain: {got}\n  model: {expected}")
