"""The rescue of a stolen id wins in every order of a thief's transactions.

The owner reserves the id for its rightful holder, and the holder's signed claim follows. Whatever
the thief does in the same block, before, between or behind them, the holder has the id in the end.
"""

import itertools
from collections.abc import Iterator

import pytest
from arena.chain import Arena
from arena.people import ATTACKER, CPO, OPERATOR, OTHER_OPERATOR, OWNER, SPENDER, Person, somebody
from arena.target import Target, published
from catalogue.world import IDS, ROLES, with_nodes

_ID = IDS[CPO]
_MOVES = ("leaves", "takes it", "sends the claim early", "moves to a new key")
_RESCUE = ("reserve", "claim")
NEW_KEY, THIEFS_NEW_KEY = somebody(7), somebody(8)


def _interleaved(moves: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Give each way to put moves before, between and behind the rescue."""
    length = len(moves) + len(_RESCUE)
    for places in itertools.combinations(range(length), len(_RESCUE)):
        rescue, others = iter(_RESCUE), iter(moves)
        yield tuple(next(rescue if place in places else others) for place in range(length))


def orders() -> list[tuple[str, ...]]:
    """Give the orders of up to two different moves of the thief with the rescue."""
    chosen = [moves for count in range(3) for moves in itertools.permutations(_MOVES, count)]
    return [order for moves in chosen for order in _interleaved(moves)]


# The thief listed the id first; or has stolen the key of its holder, who claims with a new one.
THIEVES = {"an id that was taken first": (ATTACKER, CPO), "a stolen key": (CPO, NEW_KEY)}


def test_there_are_enough_orders():
    assert len(set(orders())) == len(orders()) >= 65


@pytest.mark.parametrize("thief", THIEVES)
def test_the_rescue_of_an_id_wins_in_every_order(thief: str, london: Arena):
    lost = [order for order in orders() if not _is_rescued(order, *THIEVES[thief], london)]
    assert not lost


def _is_rescued(order: tuple[str, ...], thief: Person, holder: Person, london: Arena) -> bool:
    with london.as_it_was():
        t = published("v3").build(london)
        with_nodes(t)
        t.direct(thief, "setParty", *_ID, ROLES, OTHER_OPERATOR)
        claim = t.raw_calldata(t.sign(holder, "setParty", *_ID, ROLES, OPERATOR))
        accepted = t.accept("acceptAccount", THIEFS_NEW_KEY, thief)
        calls = {
            "reserve": (OWNER, t.calldata("adminReserveParty", *_ID, holder)),
            "claim": (SPENDER, claim),
            "leaves": (thief, t.calldata("deletePartyOf", *_ID)),
            "takes it": (thief, t.calldata("setParty", *_ID, ROLES, OTHER_OPERATOR)),
            "sends the claim early": (thief, claim),
            "moves to a new key": (thief, t.calldata("moveAccount", THIEFS_NEW_KEY, accepted)),
        }
        _in_one_block(t, [calls[name] for name in order])
        if t.read("partyOf", *_ID) != holder.address:
            # Then nobody else can have it any more, and a new claim succeeds.
            assert t.read("reservationOf", *_ID) == holder.address, order
            t.submit(t.sign(holder, "setParty", *_ID, ROLES, OPERATOR))
        return bool(t.read("partyOf", *_ID) == holder.address)


def _in_one_block(t: Target, calls: list[tuple[Person, bytes]]) -> None:
    """Mine these calls of the Registry in one block, in this order, whatever becomes of them."""
    t.chain.request("evm_setAutomine", False)
    for place, (who, data) in enumerate(calls):
        transaction = t.registry.transaction(data, sender=who, gas=2_000_000)
        # Anvil puts those first that pay more.
        transaction["gasPrice"] = hex(10**10 - place * 10**8)
        t.chain.request("eth_sendTransaction", transaction)
    t.chain.request("evm_mine")
    t.chain.request("evm_setAutomine", True)
