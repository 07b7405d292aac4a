"""The defence against a thief wins in every order of the thief's transactions.

The owner reserves an id or a URL for its rightful holder, and the holder's signed claim follows. Or
a controller moves the account away from a stolen key. Whatever the thief does in the same block,
before, between or after, the holder has the entry in the end.
"""

import itertools
from collections.abc import Callable, Iterator, Sequence

import pytest
from arena.chain import Arena
from arena.people import ATTACKER, CPO, OPERATOR, OTHER_OPERATOR, OWNER, SPENDER, Person, somebody
from arena.target import Target, published
from catalogue.world import IDS, ROLES, with_nodes

_ID, _FURTHER = IDS[CPO], (b"FR", b"CPO")
_URL = "https://cpo.example"
NEW_KEY, THIEFS_NEW_KEY, COLD, THIEFS_COLD = map(somebody, (7, 8, 9, 10))
_RESCUE = ("reserve", "claim")
_THEFT = ("leaves", "takes it", "sends the claim early", "moves to a new key", "names a controller")
_OF_URLS = ("leaves", "takes it", "sends the claim early", "moves to a new key")
_OF_ACCOUNTS = ("moves to a new key", "signs a move", "signs a controller", "sends the move early")
_BY_A_HOT_KEY = (*_OF_ACCOUNTS, "leaves", "takes it", "names a controller", "cancels")

Calls = dict[str, tuple[Person, bytes]]


def _interleaved(moves: Sequence[str], rescue: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Yield each way to put moves before, between and after the rescue."""
    length = len(moves) + len(rescue)
    for places in itertools.combinations(range(length), len(rescue)):
        ours, others = iter(rescue), iter(moves)
        yield tuple(next(ours if place in places else others) for place in range(length))


def orders(
    thiefs: Sequence[str] = _THEFT, rescue: Sequence[str] = _RESCUE, *, most: int = 2
) -> list[tuple[str, ...]]:
    """Return the orders of up to so many different moves of the thief with the rescue."""
    chosen = [moves for count in range(most + 1) for moves in itertools.permutations(thiefs, count)]
    return [order for moves in chosen for order in _interleaved(moves, rescue)]


# The thief listed the id first, or has stolen the holder's key, who then claims with a new key.
THIEVES = {"an id that was taken first": (ATTACKER, CPO), "a stolen key": (CPO, NEW_KEY)}


def test_there_are_enough_orders():
    assert len(set(orders())) == len(orders()) >= 65


@pytest.mark.parametrize("thief", THIEVES)
def test_the_rescue_of_an_id_wins_in_every_order(thief: str, london: Arena):
    thief_, holder = THIEVES[thief]
    assert not _lost(orders(), london, lambda t, order: _id_is_rescued(t, order, thief_, holder))


@pytest.mark.parametrize("first", ["move", "name"])
def test_the_rescue_wins_over_a_stolen_key_in_either_order(first: str, london: Arena):
    tried = orders(rescue=(first, *_RESCUE), most=1)
    assert not _lost(tried, london, lambda t, order: _id_is_rescued(t, order, CPO, NEW_KEY))


def test_the_rescue_of_a_url_wins_in_every_order(london: Arena):
    assert not _lost(orders(_OF_URLS), london, _url_is_rescued)


def test_a_controller_moves_an_account_away_from_a_stolen_key_in_every_order(london: Arena):
    tried = [*orders(_BY_A_HOT_KEY, ("move",), most=1), *orders(_OF_ACCOUNTS, ("move",))]
    assert not _lost(tried, london, _account_is_moved_away)


def _lost(
    tried: Sequence[tuple[str, ...]],
    london: Arena,
    is_rescued: Callable[[Target, tuple[str, ...]], bool],
) -> list[tuple[str, ...]]:
    """Return the orders in which the thief wins."""
    lost = []
    for order in tried:
        with london.as_it_was():
            t = published("v3").build(london)
            with_nodes(t)
            if not is_rescued(t, order):
                lost.append(order)
    return lost


def _id_is_rescued(t: Target, order: tuple[str, ...], thief: Person, holder: Person) -> bool:
    t.direct(thief, "setParty", *_ID, ROLES, OTHER_OPERATOR)
    claim = t.raw_calldata(t.sign(holder, "setParty", *_ID, ROLES, OPERATOR))
    calls: Calls = {
        "reserve": (OWNER, t.calldata("adminReserveParty", *_ID, holder)),
        "claim": (SPENDER, claim),
        "move": (SPENDER, t.raw_calldata(t.move(thief, NEW_KEY))),
        "name": (SPENDER, t.raw_calldata(t.controlled(thief, COLD))),
        "leaves": (thief, t.calldata("deletePartyOf", *_ID)),
        "takes it": (thief, t.calldata("setParty", *_ID, ROLES, OTHER_OPERATOR)),
        "sends the claim early": (thief, claim),
        **_of_a_thief(t, thief),
    }
    _in_one_block(t, [calls[name] for name in order])
    if t.read("partyOf", *_ID) != holder.address:
        # Nobody else can take it any more, and a new claim succeeds.
        assert t.read("reservationOf", *_ID) == holder.address, order
        t.submit(t.sign(holder, "setParty", *_ID, ROLES, OPERATOR))
    return bool(t.read("partyOf", *_ID) == holder.address)


def _url_is_rescued(t: Target, order: tuple[str, ...]) -> bool:
    holder = NEW_KEY
    t.direct(ATTACKER, "setNode", _URL)
    claim = t.raw_calldata(t.sign(holder, "setNode", _URL))
    calls: Calls = {
        "reserve": (OWNER, t.calldata("adminReserveNode", _URL, holder)),
        "claim": (SPENDER, claim),
        "leaves": (ATTACKER, t.calldata("deleteNode")),
        "takes it": (ATTACKER, t.calldata("setNode", _URL)),
        "sends the claim early": (ATTACKER, claim),
        **_of_a_thief(t, ATTACKER),
    }
    _in_one_block(t, [calls[name] for name in order])
    if t.read("getNode", holder) != _URL:
        assert t.read("nodeReservationOf", _URL) == holder.address, order
        t.submit(t.sign(holder, "setNode", _URL))
    return bool(t.read("getNode", holder) == _URL)


def _account_is_moved_away(t: Target, order: tuple[str, ...]) -> bool:
    for party in (_ID, _FURTHER):
        t.direct(CPO, "setParty", *party, ROLES, OPERATOR)
    t.submit(t.controlled(CPO, COLD))
    move = t.raw_calldata(t.move(CPO, NEW_KEY, key=COLD.key))
    calls: Calls = {
        "move": (SPENDER, move),
        "sends the move early": (CPO, move),
        "leaves": (CPO, t.calldata("deletePartyOf", *_ID)),
        "takes it": (CPO, t.calldata("setParty", *_ID, ROLES, OTHER_OPERATOR)),
        "cancels": (CPO, t.calldata("invalidateNonce", t.read("nonces", CPO) + 9)),
        "signs a move": (CPO, t.raw_calldata(t.move(CPO, THIEFS_NEW_KEY))),
        "signs a controller": (CPO, t.raw_calldata(t.controlled(CPO, THIEFS_COLD))),
        **_of_a_thief(t, CPO),
    }
    _in_one_block(t, [calls[name] for name in order])
    held = [t.read("partyOf", *party) for party in (_ID, _FURTHER)]
    controller = t.read("controllerOf", NEW_KEY)
    return held == [NEW_KEY.address] * 2 and bool(controller == COLD.address)


def _of_a_thief(t: Target, thief: Person) -> Calls:
    """Return the calls that a thief of a key can make with the whole account."""
    accepted = t.accept("acceptAccount", THIEFS_NEW_KEY, thief)
    named = t.accept("acceptController", THIEFS_COLD, thief)
    return {
        "moves to a new key": (thief, t.calldata("moveAccount", THIEFS_NEW_KEY, accepted)),
        "names a controller": (thief, t.calldata("setController", THIEFS_COLD, named)),
    }


def _in_one_block(t: Target, calls: list[tuple[Person, bytes]]) -> None:
    """Mine these calls of the Registry in one block, in this order, successful or not."""
    t.chain.request("evm_setAutomine", False)
    for place, (who, data) in enumerate(calls):
        transaction = t.registry.transaction(data, sender=who, gas=2_000_000)
        # Anvil puts transactions first that pay more.
        transaction["gasPrice"] = hex(10**10 - place * 10**8)
        t.chain.request("eth_sendTransaction", transaction)
    t.chain.request("evm_mine")
    t.chain.request("evm_setAutomine", True)
