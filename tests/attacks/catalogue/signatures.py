"""Something that is not the signer's signature is accepted as one."""

from functools import partial

from arena.attack import NotThere, Refuses, Seen, Sees, attack, refusal_of, several
from arena.people import ATTACKER, CPO, OPERATOR, OTHER_OPERATOR, somebody
from arena.target import Refused, Target, personal_signature
from eth_utils.crypto import keccak

from .world import IDS, ROLES, URL, with_nodes, with_one_of_each

_GENERATOR_X = 0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798
_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


@attack(v3=Refuses("InvalidSignature", OTHER_OPERATOR))
def a_signature_with_another_signer_named(t: Target) -> Seen:
    """A node is listed for ever for an address without a key, and its URL is lost."""
    signed = t.sign(OPERATOR, "setNode", URL)
    t.strike(signed.but(signer=OTHER_OPERATOR), ATTACKER)
    return Seen(_can_be_listed(t), wanted=False)


@attack(v3=Refuses("InvalidSignature", OPERATOR))
def a_signature_by_somebody_else(t: Target) -> Seen:
    """A node is listed that its operator did not want, or that nobody operates."""
    signed = t.sign(ATTACKER, "setNode", URL)
    if not t.is_v1:
        signed = t.sign(OPERATOR, "setNode", URL, key=ATTACKER.key)
    t.strike(signed.but(signer=OPERATOR), ATTACKER)
    return Seen(_is_somebodys(t, URL), wanted=True)


@attack(v3=Refuses("InvalidSignature", OPERATOR))
def a_random_signature(t: Target) -> Seen:
    """Without any key, a node is listed for an address without a key."""
    # r is the x of a point on the curve (its generator), or nothing would be recovered.
    signature = _GENERATOR_X.to_bytes(32, "big") + keccak(text="s")[:31].rjust(32, b"\0")
    signed = t.sign(OPERATOR, "setNode", URL)
    strikes = [partial(t.strike, signed.but(signature=signature + v)) for v in (b"\x1b", b"\x1c")]
    if refusal_of(strikes[0]) is not None:
        strikes[1]()
    return Seen(_is_somebodys(t, URL), wanted=True)


@attack(v3=Refuses("InvalidSignature", OPERATOR))
def a_signature_of_zeros(t: Target) -> Seen:
    """Without any key, a node is listed for the zero address."""
    signed = t.sign(OPERATOR, "setNode", URL)
    t.strike(signed.but(signature=bytes(65)), ATTACKER)
    return Seen(_is_somebodys(t, URL), wanted=True)


@attack(v3=Refuses("InvalidSignature", OPERATOR))
def a_high_s_signature(t: Target) -> Seen:
    """A request has two valid signatures, so a search for the one that was sent fails."""
    signed = t.sign(OPERATOR, "setNode", URL)
    r, s, v = signed.signature[:32], signed.signature[32:64], signed.signature[64]
    twin = r + (_ORDER - int.from_bytes(s)).to_bytes(32, "big") + bytes([55 - v])
    t.strike(signed.but(signature=twin), ATTACKER)
    return Seen(t.read("getNode", OPERATOR), URL)


@attack(
    v1=NotThere("v, r and s are separate fields"),
    v3=Sees({}, "each is `InvalidSignature`"),
)
def short_long_and_compact_signatures(t: Target) -> Seen:
    """One request has several signatures, or needs none."""
    signed = t.sign(OPERATOR, "setNode", URL)
    r, s, v = signed.signature[:32], signed.signature[32:64], signed.signature[64]
    compact = r + (int.from_bytes(s) | (v - 27) << 255).to_bytes(32, "big")
    forms = {
        "none": b"",
        "one byte": b"\x1b",
        "64 of 65 bytes": signed.signature[:64],
        "compact (EIP-2098)": compact,
        "66 bytes": signed.signature + b"\0",
        "twice": signed.signature * 2,
        "v of 0 or 1": r + s + bytes([v - 27]),
        "v of EIP-155": r + s + bytes([v + 10]),
    }
    reason = Refused("InvalidSignature", OPERATOR)
    return several(
        (name, reason, partial(t.strike, signed.but(signature=signature), ATTACKER))
        for name, signature in forms.items()
    )


@attack(
    v1=NotThere("it is v1's own form"),
    v3=Refuses("InvalidSignature", CPO),
)
def a_signature_made_for_v1(t: Target) -> Seen:
    """A request signed for the first generation, and public on its chain, works here."""
    with_nodes(t)
    values = (*IDS[CPO], ROLES, OPERATOR)
    signature = personal_signature(CPO, CPO, *values)
    t.strike(t.sign(CPO, "setParty", *values).but(signature=signature), ATTACKER)
    return Seen(t.read("partyOf", *IDS[CPO]), CPO)


@attack(
    v1=NotThere("tried one by one, above"),
    v3=Sees({}, "none of 13 is accepted: `InvalidSignature`"),
)
def any_request_for_another_signer(t: Target) -> Seen:
    """A request that one account signed changes another account's entry."""
    # This account has never signed before, so its nonce is 0, like the signers'.
    other = somebody(9)
    reason = Refused("InvalidSignature", other)
    return several(
        (signed.function, reason, partial(t.strike, signed.but(signer=other), ATTACKER))
        for signed in with_one_of_each(t)
    )


def _can_be_listed(t: Target) -> bool:
    """Return whether the operator can list its node at its own URL."""
    receipt = t.registry.send(t.calldata("setNode", URL), sender=OPERATOR, check=False)
    return bool(receipt.status)


def _is_somebodys(t: Target, url: str) -> bool:
    """Return whether any operator has a node at a URL."""
    return any(t.read("getNode", operator) == url for operator in t.read("getNodeOperators"))
