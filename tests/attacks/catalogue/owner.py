"""The owner loses the contract, or others can use the owner's functions."""

from arena.attack import NotThere, Refuses, Seen, Sees, attack
from arena.people import ATTACKER, CPO, OPERATOR, OWNER, STRANGER, Person
from arena.target import Target

from .world import IDS, is_listed, with_nodes, with_parties


@attack(v3=Sees(OWNER, "the owner stays until the new one accepts"))
def the_contract_handed_to_a_wrong_address(t: Target) -> Seen:
    """The holder of a mistyped address, or nobody, owns the registry at once."""
    t.direct(OWNER, "transferOwnership", STRANGER)
    return Seen(t.read("owner"), STRANGER)


@attack(v3=Sees(OWNER, "the owner stays until the new one accepts"))
def the_contract_handed_to_itself(t: Target) -> Seen:
    """The registry gets an owner that can never act."""
    registry = Person("registry", t.registry.address)
    t.direct(OWNER, "transferOwnership", registry)
    return Seen(t.read("owner"), registry)


@attack(
    v1=NotThere("the new owner need not accept"),
    v3=Refuses("OwnableUnauthorizedAccount", STRANGER),
)
def a_handover_accepted_after_it_was_taken_back(t: Target) -> Seen:
    """An account that was offered the contract by mistake accepts a withdrawn offer."""
    t.direct(OWNER, "transferOwnership", STRANGER)
    t.direct(OWNER, "transferOwnership", OPERATOR)
    t.strike_as(STRANGER, "acceptOwnership")
    return Seen(t.read("owner"), STRANGER)


@attack(
    v1=NotThere("the new owner need not accept"),
    v3=Refuses("OwnableUnauthorizedAccount", ATTACKER),
)
def a_handover_accepted_by_somebody_else(t: Target) -> Seen:
    """Anyone can take the contract during the handover."""
    t.direct(OWNER, "transferOwnership", STRANGER)
    t.strike_as(ATTACKER, "acceptOwnership")
    return Seen(t.read("owner"), ATTACKER)


_V1_NOT_OWNER = Refuses("Error", "Ownable: caller is not the owner")
_NOT_OWNER = Refuses("OwnableUnauthorizedAccount", ATTACKER)


@attack(v1=_V1_NOT_OWNER, v3=_NOT_OWNER)
def a_party_deleted_by_somebody_else(t: Target) -> Seen:
    """Anyone can remove parties."""
    with_parties(t)
    t.strike_as(ATTACKER, "adminDeleteParty", *IDS[CPO])
    return Seen(is_listed(t, IDS[CPO]), wanted=False)


@attack(v1=_V1_NOT_OWNER, v3=_NOT_OWNER)
def a_node_deleted_by_somebody_else(t: Target) -> Seen:
    """Anyone can cut off all the parties of a node."""
    with_nodes(t)
    t.strike_as(ATTACKER, "adminDeleteOperator", OPERATOR)
    return Seen(t.read("getNode", OPERATOR), "")


@attack(v1=_V1_NOT_OWNER, v3=_NOT_OWNER)
def the_contract_taken_over(t: Target) -> Seen:
    """Anyone can become the owner."""
    t.strike_as(ATTACKER, "transferOwnership", ATTACKER)
    return Seen(t.read("owner"), ATTACKER)


@attack(
    v1=NotThere("Permissions has no owner"),
    v3=Refuses("OwnableUnauthorizedAccount", OWNER),
)
def the_former_owner_in_permissions(t: Target) -> Seen:
    """A former owner of the registry still controls Permissions."""
    new = t.another(import_open=True)
    new.direct(OWNER, "transferOwnership", STRANGER)
    new.direct(STRANGER, "acceptOwnership")
    close = new.permissions.functions["closeImport"]
    new.strike_with(new.permissions, close.calldata(), OWNER)
    return Seen(new.permissions.functions["importOpen"].call(), wanted=False)


@attack(v3=Refuses("NotAContract", OPERATOR))
def permissions_for_a_missing_registry(t: Target) -> Seen:
    """A deployer publishes a contract that depends on an address without code."""
    arguments = (OPERATOR,) if t.is_v1 else (OPERATOR, False)
    return Seen(bool(t.strike_to_create("Permissions", *arguments).address), wanted=True)
