"""The state machine: each step draws a block and runs it on the chain and on the model."""

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from ocn_registry.testing.model import Permissions, Registry

from .history import History
from .operations import Draws, Operation
from .settlement import imported, settled
from .values import IMPORTS, INTENTS
from .world import World

SECONDS = st.sampled_from([1, 2, 0, 3600])


class Machine(RuleBasedStateMachine):
    """Draws histories; a subclass sets the world."""

    world: World

    @initialize(data=st.data())
    def deploy(self, data: Any) -> None:
        import_open = data.draw(st.sampled_from([False, False, True]))
        self.world.begin()
        self.history = History(self.world, self.world.pairs[import_open])
        settle = imported if import_open else settled
        operations = settle(self.history.registry, self.history.permissions)
        # A closed import is mostly followed by a settled registry, an open one by any part of it.
        settled_whole = [len(operations)] * (2 if import_open else 20)
        count = data.draw(st.sampled_from([*range(len(operations)), *settled_whole]))

        def settle_some(history: History) -> None:
            for operation in operations[:count]:
                history.do(operation)

        self.history.step(settle_some, 1)

    def _block(self, data: Any, *draws: Callable[[Draws], Operation | list[Operation]]) -> None:
        def draw_block(history: History) -> None:
            for draw_one in draws:
                some = Draws(
                    data.draw,
                    history.registry,
                    history.permissions,
                    history.now,
                    history.sent,
                )
                drawn = draw_one(some)
                for operation in drawn if isinstance(drawn, list) else [drawn]:
                    history.do(operation)

        self.history.step(draw_block, data.draw(SECONDS))

    @rule(data=st.data())
    def several_in_one_block(self, data: Any) -> None:
        self._block(data, *[_any] * data.draw(st.integers(2, 4)))

    @rule(data=st.data())
    def anything(self, data: Any) -> None:
        self._block(data, _any)

    @rule(data=st.data())
    def batches_in_one_block(self, data: Any) -> None:
        self._block(data, *[lambda draws: draws.batch(_contract(draws))] * 2)

    @rule(data=st.data())
    def batch(self, data: Any) -> None:
        self._block(data, lambda draws: draws.batch(_contract(draws)))

    @rule(data=st.data())
    def party_comes_back(self, data: Any) -> None:
        self._block(data, Draws.comes_back)

    @rule(data=st.data())
    def owner_reassigns(self, data: Any) -> None:
        self._block(data, Draws.reassign)

    @rule(data=st.data())
    def owner_administers(self, data: Any) -> None:
        self._block(data, lambda draws: draws.owners(administration=True))

    @rule(data=st.data())
    def owner_hands_over(self, data: Any) -> None:
        self._block(data, *[lambda draws: draws.owners(administration=False)] * 2)


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


def _imports(what: str) -> Any:
    def act(self: Machine, data: Any) -> None:
        several = data.draw(st.integers(1, 3))
        self._block(data, *[lambda draws: draws.imports(what)] * several)

    act.__name__ = act.__qualname__ = f"owner_imports_{what}"
    return precondition(lambda self: self.history.imports_are_open)(rule(data=st.data())(act))


def _rule(draw_one: Callable[[Draws], Operation], name: str) -> Any:
    def act(self: Machine, data: Any) -> None:
        self._block(data, draw_one)

    act.__name__ = act.__qualname__ = name
    return rule(data=st.data())(act)


def machine_in(world: World) -> type[Machine]:
    """Make the machine for a world, with a rule for each direct and signed write."""
    rules = {"world": world}
    for contract, intents in INTENTS.items():
        for intent in intents:
            where = contract.removeprefix("OCN ").lower()
            for door, make in (("", _direct), ("_raw", _signed)):
                name = f"{where}_{intent}{door}"
                rules[name] = _rule(make(intent, contract), name)
    for what in IMPORTS:
        rules[f"owner_imports_{what}"] = _imports(what)
    return type("Histories", (Machine,), rules)
