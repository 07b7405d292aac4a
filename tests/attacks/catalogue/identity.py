"""A key is stolen, lost or replaced; somebody else signs for an account, or moves it.

v1 has no moves, controllers or reservations, and one id for each address, so it has none of these.
"""

from functools import partial

from arena.attack import NotThere, Refuses, Seen, Sees, attack, several
from arena.contracts import contract_at, place
from arena.people import (
    ATTACKER,
    CPO,
    EMSP,
    NOBODY,
    OPERATOR,
    OTHER_OPERATOR,
    OWNER,
    PROVIDER,
    SPENDER,
    STRANGER,
    somebody,
)
from arena.target import DEADLINE, Refused, Signed, Target

from .world import IDS, MODEST, ROLES, SERVICE, URL, has_agreement, with_agreement, with_parties

_V1 = NotThere("an account can't change its key")
_NO_CONTROLLERS = NotThere("an account has no controller")
NEW, COLD, THIEF = somebody(1), somebody(2), somebody(3)
_NEXT_TERM = 1 << 32
_WEBSITE = "https://cpo.example"


@attack(v1=_V1, v3=Sees({}, "each is refused, with a specific error"))
def a_move_onto_another_account(t: Target) -> Seen:
    """A thief moves an account to one that did not accept, or to one that nobody controls."""
    with_parties(t)
    t.submit(t.move(OTHER_OPERATOR, somebody(4)))
    t.submit(t.controlled(STRANGER, COLD))
    contract = contract_at(1)
    place(t, "says true")
    unsigned = t.sign(CPO, "moveAccount", contract)
    moves = [
        ("a party", Refused("AccountInUse", EMSP), t.move(CPO, EMSP)),
        ("an operator", Refused("AccountInUse", OPERATOR), t.move(CPO, OPERATOR)),
        ("itself", Refused("InvalidNonce", CPO, 1), t.move(CPO, CPO)),
        ("a retired account", Refused("AccountInUse", OTHER_OPERATOR), t.move(CPO, OTHER_OPERATOR)),
        ("one with a controller", Refused("AccountInUse", STRANGER), t.move(CPO, STRANGER)),
        ("nobody", Refused("ZeroAddress"), t.sign(CPO, "moveAccount", NOBODY)),
        (
            "a contract that does not accept",
            Refused("InvalidSignature", contract),
            unsigned.but(acceptance=(0, DEADLINE, b"yes")),
        ),
        ("one that was not asked", Refused("SignatureExpired", 0), t.sign(CPO, "moveAccount", NEW)),
    ]
    return several((name, reason, partial(t.strike, signed)) for name, reason, signed in moves)


@attack(v1=_V1, v3=Refuses("AccountInUse", CPO))
def a_move_to_itself(t: Target) -> Seen:
    """An account retires itself but keeps its entries."""
    with_parties(t)
    t.strike_as(CPO, "moveAccount", CPO, (0, 0, b""))
    return Seen(t.read("partyOf", *IDS[CPO]), CPO)


@attack(v1=_V1, v3=Sees({}, "each is refused, with a specific error"))
def an_acceptance_used_for_something_else(t: Target) -> Seen:
    """An acceptance is used for another account, a second time, or for another purpose."""
    with_parties(t)
    accepted = t.accept("acceptAccount", NEW, CPO)
    used = t.accept("acceptController", COLD, EMSP)
    named = t.sign(EMSP, "setController", COLD).but(acceptance=used)
    t.submit(named)
    late = t.accept("acceptAccount", NEW, CPO, deadline=t.now - 1)
    forged = t.accept("acceptAccount", NEW, CPO, key=THIEF.key)
    stolen = t.sign(PROVIDER, "moveAccount", NEW)
    moves = [
        ("another account", Refused("InvalidSignature", NEW), stolen.but(acceptance=accepted)),
        (
            "a controller",
            Refused("InvalidSignature", NEW),
            t.sign(CPO, "setController", NEW).but(acceptance=accepted),
        ),
        (
            "twice",
            Refused("InvalidNonce", COLD, 1),
            t.sign(CPO, "setController", COLD).but(acceptance=used),
        ),
        (
            "too late",
            Refused("SignatureExpired", late[1]),
            t.sign(CPO, "moveAccount", NEW).but(acceptance=late),
        ),
        (
            "by another key",
            Refused("InvalidSignature", NEW),
            t.sign(CPO, "moveAccount", NEW).but(acceptance=forged),
        ),
    ]
    return several((name, reason, partial(t.strike, signed)) for name, reason, signed in moves)


@attack(v1=_V1, v3=Sees({}, "each is refused: its term or its account has ended"))
def requests_signed_before_a_move(t: Target) -> Seen:
    """Requests of the old key, or earlier ones of the new key, take effect after a move."""
    with_parties(t)
    by_old = t.sign(CPO, "setPartyWebsite", *IDS[CPO], _WEBSITE)
    by_new = t.sign(NEW, "setPartyWebsite", *IDS[CPO], _WEBSITE)
    follow_up = t.sign(CPO, "deleteParty", nonce=1)
    t.submit(t.move(CPO, NEW))
    # The acceptance was the new key's first request; it is now in its second term.
    in_next_term = _NEXT_TERM + 1
    again = t.sign(CPO, "setNode", "https://evil.example")
    moves = [
        ("by the old key", Refused("InvalidNonce", CPO, 1), by_old),
        ("by the old key, later", Refused("PartyIdTaken", *IDS[CPO], NEW), follow_up),
        ("by the new key", Refused("InvalidNonce", NEW, in_next_term), by_new),
        ("by the old key, afterwards", Refused("AccountRetired", CPO), again),
    ]
    follow_up = follow_up.but(values=IDS[CPO])
    return several((name, reason, partial(t.strike, signed)) for name, reason, signed in moves)


@attack(v1=_NO_CONTROLLERS, v3=Sees({}, "each is `InvalidNonce`"))
def requests_signed_before_a_new_controller(t: Target) -> Seen:
    """A request stays valid after the controller was named, changed, removed or named again."""
    with_parties(t)
    other = somebody(4)

    def website(signer: object = CPO) -> Signed:
        return t.sign(CPO, "setPartyWebsite", *IDS[CPO], _WEBSITE, key=signer.key)

    def name(controller: object, signer: object) -> None:
        if controller is CPO:
            t.submit(t.sign(CPO, "setController", CPO, key=signer.key))
        else:
            t.submit(t.controlled(CPO, controller, key=signer.key))

    before = [("before", website())]
    steps = ((COLD, CPO), (other, COLD), (CPO, other), (COLD, CPO))
    for controller, signer in steps:
        name(controller, signer)
        key = CPO if controller is CPO else controller
        before.append((f"under {controller}", website(key)))
    before.pop()  # the present one
    # Naming a controller is a request, and begins a term.
    current = Refused("InvalidNonce", CPO, len(steps) * (_NEXT_TERM + 1))
    return several(
        (f"{place}: {name_}", current, partial(t.strike, signed))
        for place, (name_, signed) in enumerate(before)
    )


@attack(v1=_NO_CONTROLLERS, v3=Sees({}, "each is refused: only the controller signs"))
def a_stolen_key_of_an_account_with_a_controller(t: Target) -> Seen:
    """A thief of the key changes entries, cancels requests, moves, or names a controller."""
    with_agreement(t)
    t.submit(t.controlled(CPO, COLD))
    expected = Refused("NotController", CPO, COLD)
    accepted = t.accept("acceptAccount", THIEF, CPO)
    named = t.accept("acceptController", THIEF, CPO)
    direct = {
        "setNode": ("https://evil.example",),
        "setParty": (*IDS[CPO], ROLES, OTHER_OPERATOR),
        "setPartyModules": ([1], []),
        "setPartyModulesOf": (*IDS[CPO], [1], []),
        "setPartyWebsite": (*IDS[CPO], "https://evil.example"),
        "deleteParty": (),
        "deletePartyOf": IDS[CPO],
        "moveAccount": (THIEF, accepted),
        "setController": (THIEF, named),
        "invalidateNonce": (_NEXT_TERM + 9,),
        "setService": (*SERVICE, MODEST),
        "deleteService": (),
        "createAgreement": (PROVIDER,),
        "createAgreementTo": (PROVIDER, MODEST),
        "revokeAgreement": (PROVIDER,),
    }
    moves = [
        (function, expected, partial(t.strike_as, CPO, function, *values))
        for function, values in direct.items()
    ]
    signed = [
        t.sign(CPO, "setNode", "https://evil.example"),
        t.sign(CPO, "setParty", *IDS[CPO], ROLES, OTHER_OPERATOR),
        t.sign(CPO, "setPartyModules", [1], []),
        t.sign(CPO, "setPartyWebsite", *IDS[CPO], "https://evil.example"),
        t.sign(CPO, "deleteParty"),
        t.move(CPO, THIEF),
        t.controlled(CPO, THIEF),
        t.sign(CPO, "setController", CPO),
        t.sign(CPO, "invalidateNonce", _NEXT_TERM + 9),
        t.sign(CPO, "setService", *SERVICE, MODEST),
        t.sign(CPO, "deleteService"),
        t.sign(CPO, "createAgreement", PROVIDER, MODEST),
        t.sign(CPO, "revokeAgreement", PROVIDER),
    ]
    wrong = Refused("InvalidSignature", COLD)
    moves += [(f"{one.function}Raw", wrong, partial(t.strike, one)) for one in signed]
    return several(moves)


@attack(v1=_NO_CONTROLLERS, v3=Refuses("NotController", EMSP, COLD))
def a_controller_that_has_a_controller(t: Target) -> Seen:
    """An account that names a controller ends up with an unknown one."""
    with_parties(t)
    t.submit(t.controlled(EMSP, COLD))
    t.strike(t.controlled(CPO, EMSP))
    return Seen(t.read("controllerOf", CPO), EMSP)


@attack(v1=_NO_CONTROLLERS, v3=Refuses("InvalidSignature", contract_at(1)))
def a_controller_that_can_not_sign(t: Target) -> Seen:
    """An account is locked for ever because it named a contract that can't sign."""
    with_parties(t)
    contract = place(t, "answers nothing")
    named = t.sign(CPO, "setController", contract).but(acceptance=(0, DEADLINE, b"yes"))
    t.strike(named, ATTACKER)
    return Seen(t.read("controllerOf", CPO), contract)


@attack(v1=_NO_CONTROLLERS, v3=Refuses("SignatureExpired", 0))
def a_controller_that_relays_its_own_naming(t: Target) -> Seen:
    """A controller named by mistake counts as accepting because it sends the request."""
    with_parties(t)
    t.strike(t.sign(CPO, "setController", SPENDER), SPENDER)
    return Seen(t.read("controllerOf", CPO), SPENDER)


@attack(v1=_NO_CONTROLLERS, v3=Refuses("NotController", SPENDER, COLD))
def a_controller_acting_directly(t: Target) -> Seen:
    """Direct writes of a controller act for its account, or the other way round."""
    with_parties(t)
    t.submit(t.controlled(SPENDER, COLD))
    t.strike_as(SPENDER, "setParty", b"FR", b"SPE", ROLES, OPERATOR)
    return Seen(t.read("partyOf", b"FR", b"SPE"), SPENDER)


@attack(
    v1=NotThere("an address has one id"),
    v3=Sees(value=True, meaning="it stays: giving up one of several ids ends nothing"),
)
def an_agreement_without_the_founding_id(t: Target) -> Seen:
    """An agreement ends, or disappears from the list, because one of several ids is given up."""
    with_agreement(t)
    for who in (CPO, PROVIDER):
        t.direct(who, "setParty", b"FR", b"P" + who.name[:2].upper().encode(), ROLES, OPERATOR)
        t.direct(who, "deletePartyOf", *IDS[who])
    listed = t.read("getUserAgreementsByAddress", CPO) == (PROVIDER.address,)
    return Seen(has_agreement(t) and listed, wanted=False)


@attack(v1=NotThere("there are no batches"), v3=Sees(value=False, meaning="it has ended"))
def an_agreement_after_leaving_and_coming_back_at_once(t: Target) -> Seen:
    """Leaving and coming back in one transaction keeps agreements that leaving ends."""
    with_agreement(t)
    t.direct(CPO, "setParty", b"FR", b"CPO", ROLES, OPERATOR)
    items = [
        t.calldata("deletePartyOf", *IDS[CPO]),
        t.calldata("deletePartyOf", b"FR", b"CPO"),
        t.calldata("setParty", *IDS[CPO], ROLES, OPERATOR),
    ]
    t.strike_with(t.registry, t.registry.functions["multicall"].calldata(items), CPO)
    return Seen(has_agreement(t), wanted=True)


@attack(v1=_V1, v3=Sees(value=True, meaning="it follows both"))
def an_agreement_after_both_sides_have_moved(t: Target) -> Seen:
    """A move to a new key loses the account's agreements, or those of others with it."""
    with_agreement(t)
    user, provider = somebody(5), somebody(6)
    t.submit(t.move(CPO, user))
    t.submit(t.move(PROVIDER, provider))
    return Seen(t.read("hasUserAgreementByAddress", user, provider), wanted=False)


@attack(v1=NotThere("nothing can be reserved"), v3=Refuses("PartyIdReserved", *IDS[CPO], CPO))
def an_id_reserved_for_another_party(t: Target) -> Seen:
    """A thief lists an id that the owner reserved for its rightful holder."""
    t.direct(OPERATOR, "setNode", URL)
    t.direct(OWNER, "adminReserveParty", *IDS[CPO], CPO)
    t.strike_as(ATTACKER, "setParty", *IDS[CPO], ROLES, OPERATOR)
    return Seen(t.read("partyOf", *IDS[CPO]), ATTACKER)


@attack(v1=NotThere("nothing can be reserved"), v3=Refuses("DomainReserved", URL, OPERATOR))
def a_url_reserved_for_another_operator(t: Target) -> Seen:
    """A thief lists a URL that the owner reserved for its rightful operator."""
    t.direct(OWNER, "adminReserveNode", URL, OPERATOR)
    t.strike_as(ATTACKER, "setNode", URL)
    return Seen(t.read("getNode", ATTACKER), URL)


@attack(v1=NotThere("nothing can be reserved"), v3=Refuses("OwnableUnauthorizedAccount", ATTACKER))
def a_reservation_by_somebody_else(t: Target) -> Seen:
    """Anyone can remove parties and reserve their ids."""
    with_parties(t)
    t.strike_as(ATTACKER, "adminReserveParty", *IDS[CPO], ATTACKER)
    return Seen(t.read("partyOf", *IDS[CPO]), "0x" + "00" * 20)


@attack(v1=NotThere("an address has one id"), v3=Refuses("TooManyIds", ATTACKER, 64))
def a_65th_id(t: Target) -> Seen:
    """An account gets so many ids that a move no longer fits a block."""
    t.direct(OPERATOR, "setNode", URL)
    ids = _ids(65)
    for one in ids[:64]:
        t.direct(ATTACKER, "setParty", *one, ROLES, OPERATOR)
    t.strike_as(ATTACKER, "setParty", *ids[64], ROLES, OPERATOR)
    return Seen(len(t.read("partiesOf", ATTACKER)), 65)


@attack(v1=_V1, v3=Sees(64, "it fits"))
def a_move_of_64_ids_in_a_block_of_8_000_000_gas(t: Target) -> Seen:
    """An account has so many ids that it can't be rescued from a thief."""
    t.direct(OPERATOR, "setNode", URL)
    for one in _ids(64):
        t.direct(CPO, "setParty", *one, ROLES, OPERATOR)
    receipt = t.submit(t.move(CPO, NEW), gas=8_000_000)
    assert receipt.gas_used < 2_000_000
    return Seen(len(t.read("partiesOf", NEW)), 0)


@attack(v1=NotThere("nodes have no numbers"), v3=Refuses("TooManyNodes", 2**30 - 1))
def the_last_node_number(t: Target) -> Seen:
    """Numbers wrap around, so a new operator gets the parties of another."""
    t.direct(OPERATOR, "setNode", URL)
    _set_last_node(t, 2**30 - 2)
    t.direct(OTHER_OPERATOR, "setNode", "https://last.example")
    t.direct(OTHER_OPERATOR, "setNode", "https://last-moved.example")
    t.strike_as(ATTACKER, "setNode", "https://evil.example")
    return Seen(t.read("getNode", ATTACKER), "https://evil.example")


@attack(v1=NotThere("nothing can be pruned"), v3=Refuses("ServiceNotEnded", PROVIDER))
def a_service_pruned_while_it_is_in_force(t: Target) -> Seen:
    """Anyone can remove services from the list."""
    with_agreement(t)
    t.strike_as(ATTACKER, "pruneService", 0)
    return Seen(has_agreement(t), wanted=False)


@attack(v1=NotThere("nothing can be pruned"), v3=Sees(value=True, meaning="the new one stays"))
def a_service_pruned_while_it_is_set_again(t: Target) -> Seen:
    """Pruning an ended service removes the new service of the same account in the same block."""
    with_agreement(t)
    receipts = t.in_one_block(
        (PROVIDER, "deleteParty"),
        (PROVIDER, "setParty", *IDS[PROVIDER], ROLES, OPERATOR),
        (PROVIDER, "setService", *SERVICE, MODEST),
        (ATTACKER, "pruneService", 0),
    )
    assert all(receipt.status for receipt in receipts)
    return Seen(t.read("getProviders") == (PROVIDER.address,), wanted=False)


def _ids(count: int) -> list[tuple[bytes, bytes]]:
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    names = [f"{first}{second}X" for first in letters for second in letters]
    return [(b"DE", name.encode()) for name in names[:count]]


def _set_last_node(t: Target, number: int) -> None:
    """Overwrite the newest node number, which is stored beside the newest membership number."""
    for slot in range(8):
        place_ = hex(slot)
        word = int(t.chain.request("eth_getStorageAt", t.registry.address, place_, "latest"), 16)
        # One node is listed: the newest membership is 0, the newest node 1, the count of nodes 1.
        for shift in range(0, 256, 8):
            if word >> shift & 0xFFFFFFFF == 1 and word >> shift + 64 & 0xFFFFFFFF == 1:
                changed = word ^ (1 << shift) | (number << shift)
                arguments = (t.registry.address, place_, f"0x{changed:064x}")
                t.chain.request("anvil_setStorageAt", *arguments)
                return
    raise AssertionError("no slot holds the newest node number")
