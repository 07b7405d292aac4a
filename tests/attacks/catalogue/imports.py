"""While the owner imports an earlier registry, others interfere, or the owner never stops."""

from functools import partial

from arena.attack import NotThere, Refuses, Seen, Sees, Several, attack, several
from arena.people import ATTACKER, CPO, EMSP, OPERATOR, OTHER_OPERATOR, OWNER, PROVIDER, Person
from arena.target import Refused, Target

from .world import EVERYTHING, IDS, MODEST, OTHER_URL, ROLES, SERVICE, URL

_NO_IMPORT = NotThere("there is no import")


@attack(v1=_NO_IMPORT, v3=Sees({}, "each is `ImportStillOpen`"))
def a_write_during_the_import(t: Target) -> Seen:
    """The attacker takes ids and URLs before their holders are copied."""
    new = _imported(t)
    writes: dict[str, tuple] = {
        "setNode": ("https://evil.example",),
        "setParty": (b"DE", b"NEW", ROLES, OPERATOR),
        "setPartyModules": ([1], [2]),
        "setService": (*SERVICE, MODEST),
        "createAgreementTo": (PROVIDER, MODEST),
        "createAgreement": (PROVIDER, MODEST),
        "invalidateNonce": (1,),
    }
    closed = Refused("ImportStillOpen")
    moves = []
    for function, values in writes.items():
        direct = values[:1] if function == "createAgreement" else values
        moves.append((function, closed, partial(new.strike_as, EMSP, function, *direct)))
        if function != "createAgreementTo":
            signed = new.sign(EMSP, function, *values)
            moves.append((f"{function}Raw", closed, partial(new.strike, signed, ATTACKER)))
    invalidate = new.permissions.functions["invalidateNonce"].calldata(1)
    move = partial(new.strike_with, new.permissions, invalidate, EMSP)
    moves.append(("invalidateNonce of Permissions", closed, move))
    website = "https://evil.example"
    for function, direct in {
        "setPartyModulesOf": (*IDS[EMSP], [1], [2]),
        "setPartyWebsite": (*IDS[EMSP], website),
        "moveAccount": (ATTACKER, new.accept("acceptAccount", ATTACKER, EMSP)),
        "setController": (ATTACKER, new.accept("acceptController", ATTACKER, EMSP)),
        "pruneService": (0,),
    }.items():
        moves.append((function, closed, partial(new.strike_as, EMSP, function, *direct)))
    requests = (
        new.sign(EMSP, "setPartyWebsite", *IDS[EMSP], website),
        new.move(EMSP, ATTACKER),
        new.controlled(EMSP, ATTACKER),
    )
    moves += [(f"{one.function}Raw", closed, partial(new.strike, one)) for one in requests]
    return several(moves)


@attack(v1=_NO_IMPORT, v3=Sees({}, "each is `ImportNotOpen`"))
def an_import_after_its_close(t: Target) -> Seen:
    """The owner can write in others' names for ever."""
    new = _imported(t)
    for contract in (new.registry, new.permissions):
        contract.functions["closeImport"](sender=OWNER)
    return _imports(new, OWNER, Refused("ImportNotOpen"))


@attack(v1=_NO_IMPORT, v3=Sees({}, "each is `ImportNotOpen`"))
def an_import_that_was_never_announced(t: Target) -> Seen:
    """The owner imports into contracts that were deployed without an import."""
    return _imports(t, OWNER, Refused("ImportNotOpen"))


@attack(v1=_NO_IMPORT, v3=Sees({}, "each is `OwnableUnauthorizedAccount`"))
def an_import_by_somebody_else(t: Target) -> Seen:
    """Anyone can write in others' names until the import is closed."""
    return _imports(_imported(t), ATTACKER, Refused("OwnableUnauthorizedAccount", ATTACKER))


@attack(v1=_NO_IMPORT, v3=Refuses("OwnableUnauthorizedAccount", ATTACKER))
def an_import_closed_by_somebody_else(t: Target) -> Seen:
    """Anyone can close the import early, and take entries that were not copied yet."""
    new = _imported(t)
    new.strike_as(ATTACKER, "closeImport")
    return Seen(new.read("importOpen"), wanted=False)


@attack(v1=_NO_IMPORT, v3=Refuses("ImportNotOpen"))
def an_import_closed_twice(t: Target) -> Seen:
    """Closing the import a second time opens it again."""
    new = _imported(t)
    new.direct(OWNER, "closeImport")
    new.strike_as(OWNER, "closeImport")
    return Seen(new.read("importOpen"), wanted=True)


@attack(v1=_NO_IMPORT, v3=Sees({}, "each is refused, by an error of its own"))
def an_import_that_overwrites(t: Target) -> Seen:
    """A second import moves a party, a node or a service to somebody else."""
    new = _imported(t)
    party = (ROLES, [], [], OPERATOR, "")
    country_code, party_id = IDS[CPO]
    items = {
        Refused("NodeExists", OPERATOR): ("importNodes", (OPERATOR, "https://evil.example")),
        Refused("DomainTaken", URL, OPERATOR): ("importNodes", (ATTACKER, URL)),
        Refused("PartyIdTaken", *IDS[CPO], CPO): (
            "importParties",
            (ATTACKER, country_code, party_id, *party),
        ),
        Refused("ServiceExists", PROVIDER): ("importServices", (PROVIDER, *SERVICE, EVERYTHING)),
        Refused("AgreementExists", CPO, PROVIDER): ("importAgreements", (CPO, PROVIDER, MODEST)),
    }
    return several(
        (reason, reason, partial(new.strike_as, OWNER, function, [item]))
        for reason, (function, item) in items.items()
    )


@attack(v1=_NO_IMPORT, v3=Refuses("PermissionsDiffer", PROVIDER, tuple(MODEST)))
def an_import_of_an_unknown_agreement(t: Target) -> Seen:
    """Users are recorded as having agreed to permissions that they never saw."""
    new = _imported(t)
    new.strike_as(OWNER, "importAgreements", [(EMSP, PROVIDER, EVERYTHING)])
    return Seen(new.read("hasUserAgreementByAddress", EMSP, PROVIDER), wanted=True)


@attack(v1=_NO_IMPORT, v3=Refuses("InvalidUrl", 0))
def an_import_of_an_invalid_url(t: Target) -> Seen:
    """Text that the rules reject is imported from the old registry."""
    new = _imported(t)
    new.strike_as(OWNER, "importNodes", [(ATTACKER, "javascript:alert(1)")])
    return Seen(new.read("getNode", ATTACKER), "javascript:alert(1)")


@attack(v1=_NO_IMPORT, v3=Refuses("BatchTooLarge", 101, 100))
def an_import_without_bounds(t: Target) -> Seen:
    """One import fills a block, or is too long for anyone to review."""
    new = _imported(t)
    items = [(f"0x{number:040x}", f"https://node{number}.example") for number in range(1, 102)]
    new.strike_as(OWNER, "importNodes", items)
    return Seen(new.read("nodeCount"), 103)


@attack(v1=_NO_IMPORT, v3=Refuses("ImportStillOpen"))
def an_import_that_nobody_can_close(t: Target) -> Seen:
    """The owner renounces the contract, which then accepts no writes, for ever."""
    new = _imported(t)
    new.strike_as(OWNER, "renounceOwnership")
    return Seen(new.read("owner"), "0x" + "00" * 20)


def _imported(t: Target) -> Target:
    """Deploy contracts whose import is open, and import a few entries."""
    new = t.another(import_open=True)
    new.direct(OWNER, "importNodes", [(OPERATOR, URL), (OTHER_OPERATOR, OTHER_URL)])
    parties = [(party, *party_id, ROLES, [], [], OPERATOR, "") for party, party_id in IDS.items()]
    new.direct(OWNER, "importParties", parties)
    new.direct(OWNER, "importServices", [(PROVIDER, *SERVICE, MODEST)])
    new.direct(OWNER, "importAgreements", [(CPO, PROVIDER, MODEST)])
    return new


def _imports(t: Target, who: Person, reason: Refused) -> Several:
    """Import a valid item of each kind."""
    items = {
        "importNodes": (ATTACKER, "https://evil.example"),
        "importParties": (ATTACKER, b"DE", b"NEW", ROLES, [], [], OPERATOR, ""),
        "importServices": (EMSP, *SERVICE, MODEST),
        "importAgreements": (EMSP, PROVIDER, MODEST),
    }
    return several(
        (function, reason, partial(t.strike_as, who, function, [item]))
        for function, item in items.items()
    )
