"""The state machine: each step is a block, made on the chain and on the model, and compared.

What is compared after each step: what every transaction returned or reverted with, with arguments;
its events; every view of both contracts; and the state that the logs alone amount to.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from hypothesis import event, note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from ocn_registry import deployments
from ocn_registry.abi import artifact
from ocn_registry.deployments import Deployment
from ocn_registry.dialects import dialect_of
from ocn_registry.errors import Reverted, UnknownRevert
from ocn_registry.models import Address
from ocn_registry.replay import Replay
from ocn_registry.testing.codec import encode
from ocn_registry.testing.model import ImportOpened, Message, Permissions, Receipt, Registry
from ocn_registry.testing.wire import error_of, revert_data

from .chain import CHAIN_ID, Chain, Mined, Transaction
from .operations import BATCHES, INTENTS, Draws, Operation
from .people import ADDRESSES, ANCIENT, OWNER, WALLET, WALLET_CODE, Signatures
from .settlement import imported, settled
from .views import INTERFACES, plain, question, read, told

ANCIENT_NONCE = 2**32 - 3


class Difference(AssertionError):
    """The chain and the model do not agree."""


@dataclass(frozen=True)
class Pair:
    """Both contracts on the chain, and how they were deployed."""

    registry: Address
    permissions: Address
    import_open: bool
    deployed: tuple[Mined, Mined]


@dataclass
class World:
    """A chain with contracts of both kinds, open and importing; every history begins there."""

    chain: Chain
    bytecodes: dict[str, bytes] = field(
        default_factory=lambda: {
            name: artifact("v3", name).bytecode for name in ("Registry", "Permissions")
        }
    )
    seen: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    histories: int = 0
    steps: int = 0

    def __post_init__(self) -> None:
        self.chain.request("anvil_setCode", WALLET, WALLET_CODE)
        for address in ADDRESSES:
            self.chain.request("anvil_setBalance", address, hex(10**24))
        self.pairs = {is_open: self._deploy(import_open=is_open) for is_open in (False, True)}
        for pair in self.pairs.values():
            for contract in (pair.registry, pair.permissions):
                self._make_ancient(contract)
        self._snapshot = self.chain.snapshot()

    def begin(self) -> None:
        """Forget the last history."""
        self.chain.revert(self._snapshot)
        self._snapshot = self.chain.snapshot()
        self.histories += 1

    def _deploy(self, *, import_open: bool) -> Pair:
        def create(name: str, first: Address) -> Mined:
            code = self.bytecodes[name] + encode("(address,bool)", (first, import_open))
            mined, _ = self.chain.mine([Transaction(OWNER, None, code)], self.chain.time + 1, [])
            return mined[0]

        registry = create("Registry", OWNER)
        permissions = create("Permissions", registry.created)
        deployed = (registry, permissions)
        return Pair(registry.created, permissions.created, import_open, deployed)

    def _make_ancient(self, contract: Address) -> None:
        """Write a nonce near its end: into the last 4 bytes of the account's slot, or the first."""
        from ocn_registry.keccak import keccak256  # noqa: PLC0415

        word = f"0x{ANCIENT_NONCE:064x}"
        for base in range(20):
            slot = "0x" + keccak256(encode("(address,uint256)", (ANCIENT, base))).hex()
            for value in (word, f"0x{ANCIENT_NONCE << 224:064x}"):
                self.chain.request("anvil_setStorageAt", contract, slot, value)
                data = INTERFACES["OCN Registry"].calldata(_nonces_of_ancient())
                answer = self.chain.request(
                    "eth_call", {"to": contract, "data": "0x" + data.hex()}, "latest"
                )
                if int(answer, 16) == ANCIENT_NONCE:
                    return
                self.chain.request("anvil_setStorageAt", contract, slot, "0x" + "00" * 32)
        raise AssertionError("no slot of this account holds a nonce")


def _nonces_of_ancient() -> Any:
    from ocn_registry.testing.model import Call  # noqa: PLC0415

    return Call("nonces", (ANCIENT,))


@dataclass
class History:
    """One history: the model, the logs' state, and the contracts that both are held to."""

    world: World
    pair: Pair

    def __post_init__(self) -> None:
        pair, options = self.pair, {"import_open": self.pair.import_open}
        signed = Signatures()
        self.registry = Registry(pair.registry, CHAIN_ID, OWNER, **options, is_signed_by=signed)
        self.permissions = Permissions(
            pair.permissions, self.registry, **options, is_signed_by=signed
        )
        for contract in (self.registry, self.permissions):
            contract.state.nonces[ANCIENT] = ANCIENT_NONCE
        self.replay = Replay()
        self.dialect = dialect_of(_deployment(pair))
        self.sent: list[Any] = []
        self.now = self.world.chain.time
        for contract, mined in zip(
            (self.registry, self.permissions), pair.deployed, strict=True
        ):
            self._compare_events(contract, contract.deployed, mined)

    def step(self, draw_block: Callable[["History"], None], seconds: int) -> None:
        """Make a block of what is drawn."""
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
        """Do it on the model, and put it into the block."""
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
        # Until the package's own changes know it.
        if ImportOpened() in events:
            self.replay.importing.add(_KINDS[contract is self.permissions])
        for change in self.dialect.changes(mined.logs):
            self.replay.apply(change)

    def _compare_views(self, contract: Registry | Permissions, answer: bytes) -> None:
        from .views import views  # noqa: PLC0415

        got, expected = read(contract.name, answer), told(contract)
        if got != expected:
            calls = views(contract.name)
            for call, one, due in zip(calls, got, expected, strict=True):
                _same(f"{contract.name}.{call}", one, due)

    def _compare_replay(self) -> None:
        replay, most = self.replay, 2**256 - 1
        nodes = tuple((node.operator, node.domain) for node in replay.nodes())
        _same("nodes by the logs", nodes, plain(self.registry.nodes(0, most)))
        parties = tuple(
            (
                party.address,
                party.id.country_code,
                party.id.party_id,
                party.roles,
                party.modules_sender,
                party.modules_receiver,
                party.operator,
                party.operator_domain or "",
                party.listing,
            )
            for party in replay.parties()
        )
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
        for user in ADDRESSES:
            found = tuple(
                (a.provider, (a.listing, a.version, a.active)) for a in replay.agreements(user)
            )
            providers = self.permissions.state.consented_to.get(user, ())
            due = tuple((one, plain(self.permissions.agreement(user, one))) for one in providers)
            _same(f"agreements of {user} by the logs", found, due)
        _same("owner by the logs", replay.owner or ADDRESSES[-1], self.registry.owner())
        due = {
            kind
            for kind, contract in zip(_KINDS, (self.registry, self.permissions), strict=True)
            if contract.import_open()
        }
        _same("open imports by the logs", replay.importing, due)


from ocn_registry.models import Contract as _Kind  # noqa: E402

_KINDS = (_Kind.REGISTRY, _Kind.PERMISSIONS)


def _calldata(operation: Operation) -> bytes:
    return INTERFACES[operation.contract.name].calldata(operation.call)


def _deployment(pair: Pair) -> Deployment:
    from dataclasses import replace  # noqa: PLC0415

    local = deployments.built_in("local")
    return replace(local, registry=pair.registry, permissions=pair.permissions)


def _same(what: str, got: Any, expected: Any) -> None:
    if got != expected:
        raise Difference(f"{what}:\n  chain: {got}\n  model: {expected}")


SECONDS = st.sampled_from([1, 2, 0, 3600])


class Machine(RuleBasedStateMachine):
    """Draws histories; a subclass says in which world."""

    world: World

    @initialize(import_open=st.sampled_from([False, False, True]), data=st.data())
    def deploy(self, import_open: bool, data: Any) -> None:
        self.world.begin()
        self.history = History(self.world, self.world.pairs[import_open])
        settle = imported if import_open else settled
        operations = settle(self.history.registry, self.history.permissions)
        count = data.draw(st.sampled_from([0, *range(len(operations)), *[len(operations)] * 20]))

        def settle_some(history: History) -> None:
            for operation in operations[:count]:
                history.do(operation)

        self.history.step(settle_some, 1)

    def _block(self, data: Any, *draws: Callable[[Draws], Operation]) -> None:
        def draw_block(history: History) -> None:
            for draw_one in draws:
                some = Draws(
                    data.draw,
                    history.registry,
                    history.permissions,
                    history.now,
                    history.sent,
                )
                history.do(draw_one(some))

        self.history.step(draw_block, data.draw(SECONDS))

    @rule(data=st.data())
    def several_in_one_block(self, data: Any) -> None:
        self._block(data, *[_any] * data.draw(st.integers(2, 4)))

    @rule(data=st.data())
    def batch(self, data: Any) -> None:
        self._block(data, lambda draws: draws.batch(_contract(draws)))

    @rule(data=st.data())
    def owner_acts(self, data: Any) -> None:
        self._block(data, Draws.owners)

    @rule(data=st.data())
    def owner_imports(self, data: Any) -> None:
        self._block(data, Draws.imports)

    @rule(data=st.data())
    def anything(self, data: Any) -> None:
        self._block(data, _any)


def _contract(draws: Draws) -> Registry | Permissions:
    return draws.permissions if draws.draw(st.booleans()) else draws.registry


def _any(draws: Draws) -> Operation:
    return draws.any_of(_contract(draws))


def _direct(primary_type: str, name: str) -> Callable[[Draws], Operation]:
    def draw_one(draws: Draws) -> Operation:
        contract = draws.registry if name == Registry.name else draws.permissions
        return draws.direct(contract, primary_type)

    return draw_one


def _signed(primary_type: str, name: str) -> Callable[[Draws], Operation]:
    def draw_one(draws: Draws) -> Operation:
        contract = draws.registry if name == Registry.name else draws.permissions
        return Operation(contract, draws.signed(contract, primary_type), draws.person())

    return draw_one


def _rule(draw_one: Callable[[Draws], Operation], name: str) -> Any:
    def act(self: Machine, data: Any) -> None:
        self._block(data, draw_one)

    act.__name__ = act.__qualname__ = name
    return rule(data=st.data())(act)


def machine_in(world: World) -> type[Machine]:
    """Make the machine whose histories happen in a world: a rule for each write and door."""
    rules = {"world": world}
    for contract, intents in INTENTS.items():
        for intent in intents:
            where = contract.removeprefix("OCN ").lower()
            for door, make in (("", _direct), ("_raw", _signed)):
                name = f"{where}_{intent}{door}"
                rules[name] = _rule(make(intent, contract), name)
    return type("Histories", (Machine,), rules)
