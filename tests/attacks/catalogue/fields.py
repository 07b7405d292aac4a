"""Signed values are moved or changed, and the signature stays valid."""

from functools import partial
from typing import Any

from arena.attack import NotThere, Refuses, Seen, Sees, attack, several
from arena.people import ATTACKER, CPO, OTHER_OPERATOR, PROVIDER, STRANGER
from arena.target import DEADLINE, Refused, Target

from .world import IDS, MODEST, SERVICE, with_one_of_each, with_parties


@attack(v3=Refuses("InvalidSignature", PROVIDER))
def text_moved_from_the_url_to_the_name(t: Target) -> Seen:
    """A service is offered without the URL at which its users could read about it."""
    with_parties(t)
    name, url = SERVICE
    signed = t.sign(PROVIDER, "setService", name, url, MODEST)
    t.strike(signed.but(values=(name + url, "", MODEST)), ATTACKER)
    return Seen(t.read("getService", PROVIDER)[2:4], (name + url, ""))


@attack(v3=Refuses("InvalidSignature", PROVIDER))
def text_moved_from_the_name_to_the_url(t: Target) -> Seen:
    """A service's URL leads to the attacker, because a part of the name becomes part of the URL."""
    with_parties(t)
    signed = t.sign(PROVIDER, "setService", "https://evil.example/", "service", MODEST)
    t.strike(signed.but(values=("", "https://evil.example/service", MODEST)), ATTACKER)
    return Seen(t.read("getService", PROVIDER)[3], "https://evil.example/service")


@attack(v3=Refuses("InvalidSignature", PROVIDER))
def a_permission_moved_into_the_url(t: Target) -> Seen:
    """A service is offered with fewer permissions than it needs."""
    with_parties(t)
    name, url = SERVICE
    signed = t.sign(PROVIDER, "setService", name, url, [1, 5])
    t.strike(signed.but(values=(name, url + "\0" * 31 + "\x01", [5])), ATTACKER)
    return Seen(t.read("getService", PROVIDER)[4], [5])


@attack(v3=Refuses("InvalidSignature", CPO))
def a_module_moved_to_the_other_list(t: Target) -> Seen:
    """A party is listed as sender of what it receives, so its messages are lost."""
    with_parties(t)
    signed = t.sign(CPO, "setPartyModules", [0, 1], [2])
    t.strike(signed.but(values=t.named(IDS[CPO], [0], [1, 2])), ATTACKER)
    return Seen(t.read("getPartyDetailsByAddress", CPO)[2:4], ([0], [1, 2]))


@attack(v3=Refuses("InvalidSignature", CPO))
def all_modules_moved_to_the_other_list(t: Target) -> Seen:
    """A party with only sender interfaces is listed with only receiver interfaces."""
    with_parties(t)
    signed = t.sign(CPO, "setPartyModules", [0, 1, 2], [])
    t.strike(signed.but(values=t.named(IDS[CPO], [], [0, 1, 2])), ATTACKER)
    return Seen(t.read("getPartyDetailsByAddress", CPO)[2:4], ([], [0, 1, 2]))


@attack(
    v1=NotThere("tried one by one, above"),
    v3=Sees({}, "no change of one value is accepted: `InvalidSignature`"),
)
def any_value_changed(t: Target) -> Seen:
    """A spender writes something other than what was signed."""
    moves = []
    for signed in with_one_of_each(t):
        changes = [{"deadline": DEADLINE + 1}]
        for place, value in enumerate(signed.values):
            before, after = signed.values[:place], signed.values[place + 1 :]
            changes += [{"values": (*before, other, *after)} for other in _others(value)]
        reason = Refused("InvalidSignature", signed.signer)
        for change in changes:
            move = partial(t.strike, signed.but(**change), ATTACKER)
            moves.append(((signed.function, str(change)), reason, move))
    return several(moves)


def _others(value: Any) -> list[Any]:
    """Return other valid values."""
    if isinstance(value, str):
        return [value + "a", ""]
    if isinstance(value, bytes):
        return [value[:-1] + b"X"]
    if isinstance(value, int):
        return [value + 1]
    if isinstance(value, list):
        same_set = [list(reversed(value))] if len(value) > 1 else []
        return [[*value, 6], value[1:], [*value, value[0]], *same_set]
    return [STRANGER, OTHER_OPERATOR]
