"""Text and values that break or mislead their readers."""

from arena.attack import NotThere, Refuses, Seen, Sees, attack
from arena.people import ATTACKER, CPO, OPERATOR, PROVIDER, Person
from arena.target import Target
from eth_abi.abi import encode

from .world import IDS, MODEST, SERVICE, URL, with_nodes, with_parties

_LONG = "https://" + "a" * 10_000
_NOT_UTF8 = b"https://\xff\xfe.example"


@attack(v3=Refuses("TextTooLong", len(_LONG), 255))
def an_over_long_url(t: Target) -> Seen:
    """Lists of nodes can't be read any more, and every party at this node is expensive to read."""
    t.strike_as(ATTACKER, "setNode", _LONG)
    return Seen(t.read("getNode", ATTACKER), _LONG)


@attack(v3=Refuses("InvalidUrl", 0))
def an_invalid_url(t: Target) -> Seen:
    """Node software and admin pages that open listed URLs run the attacker's script."""
    t.strike_as(ATTACKER, "setNode", "javascript:alert(1)")
    return Seen(t.read("getNode", ATTACKER), "javascript:alert(1)")


@attack(v3=Refuses("InvalidUrl", 0))
def a_url_of_a_local_file(t: Target) -> Seen:
    """Node software that opens listed URLs reads its own files."""
    t.strike_as(ATTACKER, "setNode", "file:///etc/passwd")
    return Seen(t.read("getNode", ATTACKER), "file:///etc/passwd")


@attack(v3=Refuses("InvalidUrl", 20))
def a_url_with_a_name_before_the_host(t: Target) -> Seen:
    """It looks like another's URL and leads to the attacker's host."""
    t.strike_as(ATTACKER, "setNode", f"{URL}@evil.example")
    return Seen(t.read("getNode", ATTACKER), f"{URL}@evil.example")


@attack(v3=Refuses("InvalidUrl", 20))
def a_url_that_swallows_the_path(t: Target) -> Seen:
    """Paths that a sender appends have no effect, so all requests go where the attacker wants."""
    t.strike_as(ATTACKER, "setNode", f"{URL}?next=")
    return Seen(t.read("getNode", ATTACKER), f"{URL}?next=")


@attack(v3=Refuses("InvalidUrl", 20))
def a_url_with_control_characters(t: Target) -> Seen:
    """A terminal that shows the list is cleared, or shows a false list."""
    t.strike_as(ATTACKER, "setNode", f"{URL}\x1b[2J\x1b]0;owned\x07")
    return Seen(t.read("getNode", ATTACKER), f"{URL}\x1b[2J\x1b]0;owned\x07")


@attack(v3=Refuses("InvalidUrl", 8))
def a_url_that_is_not_utf8(t: Target) -> Seen:
    """A single entry makes every reader of the list fail."""
    function = t.registry.functions["setNode"]
    data = function.selector + encode(["bytes"], [_NOT_UTF8])
    t.strike_with(t.registry, data, ATTACKER)
    return Seen(_is_readable(t, "getNode", ATTACKER), wanted=False)


@attack(v3=Refuses("InvalidUrl", 8))
def a_url_in_another_alphabet(t: Target) -> Seen:
    """The attacker's node looks like another's."""
    lookalike = "https://\u043ede.example"  # a Cyrillic letter
    t.strike_as(ATTACKER, "setNode", lookalike)
    return Seen(t.read("getNode", ATTACKER), lookalike)


@attack(v3=Refuses("TextTooLong", 5_000, 100))
def an_over_long_name(t: Target) -> Seen:
    """Lists of services can't be read any more."""
    with_parties(t)
    t.strike_as(PROVIDER, "setService", "x" * 5_000, SERVICE[1], MODEST)
    return Seen(t.read("getService", PROVIDER)[2], "x" * 5_000)


@attack(v3=Refuses("InvalidName", 4))
def a_name_with_control_characters(t: Target) -> Seen:
    """Logs and terminals show lines that the attacker has written."""
    with_parties(t)
    t.strike_as(PROVIDER, "setService", "name\n2030-01-01 all is well", SERVICE[1], MODEST)
    return Seen(t.read("getService", PROVIDER)[2], "name\n2030-01-01 all is well")


@attack(v3=Refuses("InvalidName", 2))
def a_name_that_is_not_utf8(t: Target) -> Seen:
    """A single entry makes every reader of the list of services fail."""
    with_parties(t)
    function = t.permissions.functions["setService"]
    values = encode(["bytes", "string", "uint256[]"], [b"ab\xed\xa0\x80", SERVICE[1], MODEST])
    t.strike_with(t.permissions, function.selector + values, PROVIDER)
    return Seen(_is_readable(t, "getService", PROVIDER), wanted=False)


@attack(v3=Refuses("InvalidUrl", 0))
def an_invalid_service_url(t: Target) -> Seen:
    """A user who opens the URL of a service runs the attacker's script."""
    with_parties(t)
    t.strike_as(PROVIDER, "setService", SERVICE[0], "javascript:alert(1)", MODEST)
    return Seen(t.read("getService", PROVIDER)[3], "javascript:alert(1)")


@attack(v3=Refuses("ValueOutOfRange", 64, 64))
def a_permission_out_of_range(t: Target) -> Seen:
    """Users agree to a permission that is not defined yet."""
    with_parties(t)
    t.strike_as(PROVIDER, "setService", *SERVICE, [64])
    return Seen(t.read("getService", PROVIDER)[4], (64,))


@attack(v3=Refuses("ValueOutOfRange", 2**256 - 1, 64))
def a_permission_beyond_64_bits(t: Target) -> Seen:
    """Readers with numbers of 53 or 64 bits see another permission, or fail."""
    with_parties(t)
    t.strike_as(PROVIDER, "setService", *SERVICE, [2**256 - 1])
    return Seen(t.read("getService", PROVIDER)[4], (2**256 - 1,))


@attack(v1=Refuses(""), v3=Refuses("ValueOutOfRange", 8, 8))
def a_role_out_of_range(t: Target) -> Seen:
    """Readers fail at an entry with an unknown role."""
    with_nodes(t)
    role = 7 if t.is_v1 else 8
    t.strike_as(CPO, "setParty", *IDS[CPO], [role], OPERATOR)
    return Seen(t.read("getPartyDetailsByAddress", CPO)[4], (role,))


@attack(v1=NotThere("v1 has no such role"), v3=Sees((0,), "v1's views show only v1's roles"))
def a_role_that_readers_of_v1_have_no_name_for(t: Target) -> Seen:
    """Node software built for v1 fails at an entry with a newer role."""
    with_nodes(t)
    t.direct(CPO, "setParty", *IDS[CPO], [0, 7], OPERATOR)
    assert t.read("party", *IDS[CPO])[3] == (0, 7)
    return Seen(t.read("getPartyDetailsByAddress", CPO)[4], (0, 7))


@attack(v1=Refuses(""), v3=Refuses("ValueOutOfRange", 16, 16))
def a_module_out_of_range(t: Target) -> Seen:
    """Readers fail at an entry with an unknown module."""
    with_parties(t)
    module = 7 if t.is_v1 else 16
    t.strike_as(CPO, "setPartyModules", [module], [])
    return Seen(t.read("getPartyDetailsByAddress", CPO)[2], (module,))


@attack(v1=Refuses(""), v3=Refuses("ValueOutOfRange", 256, 8))
def a_role_that_overflows(t: Target) -> Seen:
    """A value beyond its type becomes another: 256 is stored as 0, but checked as 256."""
    with_nodes(t)
    types = ["bytes2", "bytes3", "uint256[]", "address"]
    values = encode(types, [*IDS[CPO], [256], OPERATOR.address])
    t.strike_with(t.registry, t.registry.functions["setParty"].selector + values, CPO)
    return Seen(t.read("getPartyDetailsByAddress", CPO)[4], (0,))


def _is_readable(t: Target, view: str, who: Person) -> bool:
    try:
        t.read(view, who)
    except UnicodeDecodeError:
        return False
    return True
