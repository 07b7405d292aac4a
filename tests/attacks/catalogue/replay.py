"""A signature is accepted in a place, at a time, or for a purpose that was not intended."""

import itertools
from functools import partial

from arena.attack import NotThere, Refuses, Seen, Sees, attack, refusal_of, several
from arena.people import ATTACKER, CPO, OPERATOR, OTHER_OPERATOR, PROVIDER, SPENDER
from arena.target import Refused, Target

from .world import (
    IDS,
    MODEST,
    OTHER_URL,
    ROLES,
    SERVICE,
    URL,
    has_agreement,
    is_listed,
    node_of,
    with_agreement,
    with_nodes,
    with_one_of_each,
    with_parties,
    with_service,
)


@attack(v3=Refuses("InvalidNonce", CPO, 1))
def a_signature_used_twice(t: Target) -> Seen:
    """A party is moved back to an operator that it has left."""
    with_parties(t)
    signed = t.sign(CPO, "setParty", *IDS[CPO], ROLES, OPERATOR)
    t.submit(signed)
    t.direct(CPO, "setParty", *IDS[CPO], ROLES, OTHER_OPERATOR)
    t.strike(signed, ATTACKER)
    return Seen(node_of(t, IDS[CPO]), URL)


@attack(v3=Refuses("InvalidNonce", OPERATOR, 1))
def a_signature_used_again_after_a_delete(t: Target) -> Seen:
    """A node that its operator has deleted is listed again."""
    signed = t.sign(OPERATOR, "setNode", URL)
    t.submit(signed)
    t.direct(OPERATOR, "deleteNode")
    t.strike(signed, ATTACKER)
    return Seen(t.read("getNode", OPERATOR), URL)


@attack(v3=Refuses("InvalidNonce", CPO, 1))
def a_deletion_used_again(t: Target) -> Seen:
    """A party that left once can be deleted at any time, by anyone."""
    with_parties(t)
    signed = t.sign(CPO, "deleteParty")
    t.submit(signed)
    t.direct(CPO, "setParty", *IDS[CPO], ROLES, OPERATOR)
    t.strike(signed, ATTACKER)
    return Seen(is_listed(t, IDS[CPO]), wanted=False)


@attack(v3=Refuses("InvalidNonce", CPO, 1))
def a_revoked_consent_sent_again(t: Target) -> Seen:
    """A provider renews an agreement that its user has revoked."""
    with_service(t)
    signed = t.sign(CPO, "createAgreement", PROVIDER, MODEST)
    t.submit(signed)
    t.direct(CPO, "revokeAgreement", PROVIDER)
    t.strike(signed, PROVIDER)
    return Seen(has_agreement(t), wanted=True)


@attack(
    v1=NotThere("tried one by one, above"),
    v3=Sees({}, "none is accepted twice: `InvalidNonce`"),
)
def any_request_used_twice(t: Target) -> Seen:
    """The attacker can use a signature repeatedly."""
    moves = []
    for signed in with_one_of_each(t):
        t.submit(signed)
        # A new controller begins a new term.
        next_nonce = {"invalidateNonce": 9, "setController": 2**32 + 1}.get(signed.function, 1)
        reason = Refused("InvalidNonce", signed.signer, next_nonce)
        moves.append((signed.function, reason, partial(t.strike, signed, ATTACKER)))
    return several(moves)


@attack(v3=Refuses("InvalidSignature", OPERATOR))
def a_signature_used_on_another_chain(t: Target) -> Seen:
    """A request signed for a test network takes effect on the main one."""
    there = t.elsewhere()
    assert there.registry.address == t.registry.address
    t.strike(there.sign(OPERATOR, "setNode", URL), ATTACKER)
    return Seen(t.read("getNode", OPERATOR), URL)


@attack(v3=Refuses("InvalidSignature", OPERATOR))
def a_signature_used_after_a_chain_split(t: Target) -> Seen:
    """After a chain split, a request signed for one half takes effect on the other."""
    signed = t.sign(OPERATOR, "setNode", URL)
    # Anvil signs its own accounts' transactions for the chain id that it started with.
    t.chain.request("anvil_impersonateAccount", ATTACKER.address)
    t.chain.request("anvil_setChainId", 999)
    t.strike(signed, ATTACKER)
    return Seen(t.read("getNode", OPERATOR), URL)


@attack(v3=Refuses("InvalidSignature", OPERATOR))
def a_signature_used_on_another_deployment(t: Target) -> Seen:
    """A request signed for one registry takes effect in another one on the same chain."""
    other = t.another()
    other.strike(t.sign(OPERATOR, "setNode", URL), ATTACKER)
    return Seen(other.read("getNode", OPERATOR), URL)


@attack(v3=Refuses("InvalidSignature", PROVIDER))
def a_signature_for_the_registry_used_in_permissions(t: Target) -> Seen:
    """A party that signs its deletion from the registry can later lose its service, too."""
    with_service(t)
    signed = t.sign(PROVIDER, "deleteParty")
    t.strike(signed.but(function="deleteService", values=()), ATTACKER)
    return Seen(t.read("getService", PROVIDER)[2], "")


@attack(
    v1=NotThere("nothing can be cancelled"),
    v3=Refuses("InvalidSignature", CPO),
)
def a_cancellation_for_the_registry_used_in_permissions(t: Target) -> Seen:
    """A cancellation, which both contracts accept, cancels requests in the wrong contract."""
    signed = t.sign(CPO, "invalidateNonce", 7, contract=t.registry)
    function = t.permissions.functions["invalidateNonceRaw"]
    values = (CPO, 7, signed.nonce, signed.deadline, signed.signature)
    t.strike_with(t.permissions, function.calldata(*values), ATTACKER)
    return Seen(t.permissions.functions["nonces"].call(CPO), 7)


@attack(v3=Refuses("InvalidSignature", OPERATOR))
def a_deletion_of_a_node_used_for_a_party(t: Target) -> Seen:
    """An operator that stops running a node is also deleted as a party."""
    with_nodes(t)
    t.direct(OPERATOR, "setParty", *IDS[CPO], ROLES, OTHER_OPERATOR)
    signed = t.sign(OPERATOR, "deleteNode")
    t.strike(signed.but(function="deleteParty", values=t.named(IDS[CPO])), ATTACKER)
    return Seen(is_listed(t, IDS[CPO]), wanted=False)


@attack(v3=Refuses("InvalidSignature", CPO))
def a_request_for_no_modules_used_as_a_deletion(t: Target) -> Seen:
    """A party that signs an empty list of modules is deleted."""
    with_parties(t)
    signed = t.sign(CPO, "setPartyModules", [], [])
    t.strike(signed.but(function="deleteParty", values=t.named(IDS[CPO])), ATTACKER)
    return Seen(is_listed(t, IDS[CPO]), wanted=False)


@attack(v3=Refuses("InvalidSignature", CPO))
def a_revocation_used_as_a_consent(t: Target) -> Seen:
    """A provider makes a new agreement with the signature that was meant to end the old one."""
    with_agreement(t)
    signed = t.sign(CPO, "revokeAgreement", PROVIDER)
    t.direct(CPO, "revokeAgreement", PROVIDER)
    values = (PROVIDER,) if t.is_v1 else (PROVIDER, MODEST)
    t.strike(signed.but(function="createAgreement", values=values), PROVIDER)
    return Seen(has_agreement(t), wanted=True)


@attack(v3=Refuses("InvalidSignature", CPO))
def a_consent_used_as_its_revocation(t: Target) -> Seen:
    """Anyone can end an agreement with the signature that created it."""
    with_agreement(t)
    signed = t.sign(CPO, "createAgreement", PROVIDER, MODEST)
    t.strike(signed.but(function="revokeAgreement", values=(PROVIDER,)), ATTACKER)
    return Seen(has_agreement(t), wanted=False)


@attack(v3=Refuses("InvalidSignature", CPO))
def a_consent_used_to_delete_a_service(t: Target) -> Seen:
    """A party that agrees to another's service loses its own."""
    with_service(t)
    t.direct(CPO, "setService", *SERVICE, MODEST)
    signed = t.sign(CPO, "createAgreement", PROVIDER, MODEST)
    # v1 deletes the service of the account that signed the address, even if it is another's.
    named = PROVIDER if t.is_v1 else CPO
    t.strike(signed.but(function="deleteService", signer=named, values=()), ATTACKER)
    return Seen(t.read("getService", CPO)[2], "")


@attack(v3=Refuses("InvalidSignature", PROVIDER))
def a_service_offer_used_to_list_a_node(t: Target) -> Seen:
    """A provider that offers a service becomes the operator of an unwanted node."""
    with_parties(t)
    name = "Smart charging, Ltd."  # as long as an address
    signed = t.sign(PROVIDER, "setService", name, SERVICE[1], [5])
    domain = SERVICE[1] + "\0" * 31 + "\x05"
    named = PROVIDER if not t.is_v1 else type(PROVIDER)("", "0x" + name.encode().hex())
    t.strike(signed.but(function="setNode", signer=named, values=(domain,)), ATTACKER)
    return Seen(t.read("getNode", PROVIDER), domain)


@attack(
    v1=NotThere("tried one by one, above"),
    v3=Sees({}, "none of 156 pairs is accepted: `InvalidSignature`"),
)
def any_signature_for_any_other_function(t: Target) -> Seen:
    """A request signed for one purpose is used for another."""
    requests = with_one_of_each(t)
    moves = []
    for signed, other in itertools.permutations(requests, 2):
        # The other request, complete and plausible, but with this one's signer and signature.
        forged = other.but(signer=signed.signer, signature=signed.signature)
        reason = Refused("InvalidSignature", signed.signer)
        name = f"{signed.function} for {other.function}"
        moves.append((name, reason, partial(t.strike, forged, ATTACKER)))
    return several(moves)


@attack(v3=Refuses("SignatureExpired", 1_900_000_000))
def a_signature_used_after_its_deadline(t: Target) -> Seen:
    """A spender keeps a request that was meant for today and sends it years later."""
    signed = t.sign(OPERATOR, "setNode", URL, deadline=1_900_000_000)
    t.wait(1_900_000_001 - t.now)
    t.strike(signed)
    return Seen(t.read("getNode", OPERATOR), URL)


@attack(
    v1=NotThere("no request has a deadline"),
    v3=Refuses("SignatureExpired", 0),
)
def a_request_without_a_deadline(t: Target) -> Seen:
    """A request is valid for ever because 0 is read as "no deadline"."""
    t.strike(t.sign(OPERATOR, "setNode", URL, deadline=0))
    return Seen(t.read("getNode", OPERATOR), URL)


@attack(
    v1=NotThere("no request has a nonce"),
    v3=Refuses("InvalidNonce", OPERATOR, 0),
)
def requests_out_of_order(t: Target) -> Seen:
    """A spender sends a later request before, or instead of, an earlier one."""
    t.strike(t.sign(OPERATOR, "setNode", URL, nonce=1))
    return Seen(t.read("getNode", OPERATOR), URL)


@attack(
    v1=NotThere("nothing can be cancelled"),
    v3=Refuses("InvalidNonce", OPERATOR, 5),
)
def a_cancelled_request(t: Target) -> Seen:
    """A spender sends a request that its signer has cancelled."""
    signed = t.sign(OPERATOR, "setNode", URL)
    t.direct(OPERATOR, "invalidateNonce", 5)
    t.strike(signed)
    return Seen(t.read("getNode", OPERATOR), URL)


@attack(
    v1=NotThere("no request has a nonce"),
    v3=Refuses("InvalidNonce", OPERATOR, 2**32 - 1),
)
def a_nonce_that_wraps_around(t: Target) -> Seen:
    """Old requests become valid again because the nonce has wrapped around."""
    first = t.sign(OPERATOR, "setNode", URL)
    t.submit(first)
    _set_nonce(t, 2**32 - 1)
    last = t.sign(OPERATOR, "setNode", OTHER_URL)
    refusal = refusal_of(lambda: t.strike(last))
    assert refusal in {None, Refused("NonceOutOfRange", 2**32, 2**32, 2**32 - 1)}
    t.strike(first)
    return Seen(t.read("getNode", OPERATOR), URL)


@attack(
    v1=NotThere("the request is accepted from both senders"),
    v3=Sees((URL, Refused("InvalidNonce", OPERATOR, 1)), "it takes effect once, as signed"),
)
def a_request_sent_by_another_spender_first(t: Target) -> Seen:
    """A pending request takes effect for somebody else, or twice, or not at all."""
    signed = t.sign(OPERATOR, "setNode", URL)
    t.submit(signed, ATTACKER)
    refusal = refusal_of(lambda: t.strike(signed, SPENDER))
    return Seen((t.read("getNode", OPERATOR), refusal), (URL, None))


_COUNT = (1 << 32) - 1


def _set_nonce(t: Target, nonce: int) -> None:
    """Overwrite the operator's nonce wherever its contract stores a 1 for it."""
    contract = t.registry
    request = {"to": contract.address, "data": "0x" + _nonces_of(t).hex()}
    for slot in t.chain.request("eth_createAccessList", request)["accessList"][0]["storageKeys"]:
        word = int(t.chain.request("eth_getStorageAt", contract.address, slot, "latest"), 16)
        if word >> 192 & _COUNT == 1:
            changed = word ^ (1 << 192) | (nonce << 192)
            t.chain.request("anvil_setStorageAt", contract.address, slot, f"0x{changed:064x}")
    assert t.read("nonces", OPERATOR) == nonce


def _nonces_of(t: Target) -> bytes:
    return t.registry.functions["nonces"].calldata(OPERATOR)
