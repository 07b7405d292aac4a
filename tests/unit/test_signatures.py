"""Signatures of keys get one canonical form; signatures of contracts are kept as they are."""

import json
from base64 import b64encode

import pytest
from Crypto.Util.asn1 import DerSequence
from eth_abi import encode
from eth_account import Account

from ocn_registry import InvalidInput, KeySigner
from ocn_registry.dialects import dialect_of
from ocn_registry.evm.curve import ORDER, recover, sign
from ocn_registry.intents import DeleteNode
from ocn_registry.models import Address
from ocn_registry.networks import built_in
from ocn_registry.signing.signatures import canonical

KEYS = [bytes([number]) * 32 for number in range(1, 9)]  # of either parity
DIGEST = b"\x11" * 32
MAGIC = bytes.fromhex("6492" * 16)
FACTORY = "0x" + "fa" * 20
DIALECT = dialect_of(built_in("local"))


def signed_by(key):
    return bytes(Account.unsafe_sign_hash(DIGEST, key).signature)


def parts(signature):
    return signature[:32], int.from_bytes(signature[32:64], "big"), signature[64] - 27


def from_zero(signature):
    r, s, parity = parts(signature)
    return r + s.to_bytes(32, "big") + bytes([parity])


def compact(signature):
    r, s, parity = parts(signature)
    return r + (s | parity << 255).to_bytes(32, "big")


def high(signature):
    r, s, parity = parts(signature)
    return r + (ORDER - s).to_bytes(32, "big") + bytes([28 - parity])


def bare(signature):
    return signature[:64]


def bare_high(signature):
    return high(signature)[:64]


def with_chain(signature, chain_id):
    r, s, parity = parts(signature)
    v = 35 + 2 * chain_id + parity
    return r + s.to_bytes(32, "big") + v.to_bytes((v.bit_length() + 7) // 8, "big")


def der(signature):
    """Return the form of key services and of OpenSSL, as another implementation writes it."""
    r, s, _ = parts(signature)
    return DerSequence([int.from_bytes(r, "big"), s]).encode()


def with_v_first(signature):
    return signature[64:] + signature[:64]


def wrapped(signature):
    return encode(["address", "bytes", "bytes"], [FACTORY, b"\x01" * 300, signature]) + MAGIC


FORMS = [
    bytes,
    from_zero,
    compact,
    high,
    lambda signature: from_zero(high(signature)),
    bare,
    bare_high,
    wrapped,
    lambda signature: wrapped(compact(signature)),
    lambda signature: with_chain(signature, 1),
    lambda signature: with_chain(signature, 246),
    lambda signature: with_chain(high(signature), 73799),
    der,
    lambda signature: der(high(signature)),
    with_v_first,
    lambda signature: with_v_first(from_zero(signature)),
]
NAMES = (
    "as-it-is from-zero compact high-s both bare bare-high wrapped wrapped-compact eip-155 "
    "eip-155-ewc eip-155-volta-high-s der der-high-s v-first zero-first"
)


@pytest.mark.parametrize("form", FORMS, ids=NAMES.split())
@pytest.mark.parametrize("key", KEYS, ids=range(len(KEYS)))
def test_signature_of_a_key_is_made_canonical(key, form):
    right = signed_by(key)
    address = Address(Account.from_key(key).address)
    assert canonical(form(right), address, lambda: DIGEST) == right


@pytest.mark.parametrize("form", FORMS[1:7], ids=NAMES.split()[1:7])
def test_signature_of_another_key_stays_invalid(form):
    given = form(signed_by(KEYS[0]))
    assert canonical(given, Address("0x" + "ab" * 20), lambda: DIGEST) == given


@pytest.mark.parametrize(
    "signature",
    [
        b"",
        b"\x01",
        bytes(32) + bytes(32) + b"\x01",  # a Safe's owner who approved the hash
        b"\xab" * 64 + b"\x00",  # a Safe's owner that is a contract
        b"\xab" * 64 + b"\x1f",  # a Safe's owner who signed a message
        b"\xab" * 130,
        b"\xff" * 65,
    ],
    ids=range(7),
)
@pytest.mark.parametrize("in_wrapper", [False, True])
def test_signature_of_a_contract_is_not_touched(signature, in_wrapper):
    given = wrapped(signature) if in_wrapper else signature
    assert canonical(given, Address("0x" + "ab" * 20), lambda: DIGEST) == signature


@pytest.mark.parametrize("inner", [b"", b"\x01" * 31, b"\xff" * 96, b"\x01" * 96])
def test_empty_wrapper_is_refused(inner):
    with pytest.raises(InvalidInput, match="ERC-6492"):
        canonical(inner + MAGIC, Address(FACTORY), lambda: DIGEST)


@pytest.mark.parametrize("form", FORMS, ids=NAMES.split())
def test_request_takes_a_signature_in_any_form(form):
    signer = KeySigner.from_key(KEYS[0])
    request = DIALECT.request(DeleteNode(), signer.address, nonce=0, deadline_unix_s=5)
    right = request.sign(signer)
    for spelled in (form(right.signature), "0x" + form(right.signature).hex()):
        assert request.signed(spelled) == right
        document = {**request.document(), "signature": "0x" + form(right.signature).hex()}
    assert DIALECT.read_request(json.dumps(document)) == right


def in_bytes(signature):
    return signature[:32], signature[32:64], signature[64:]


def in_digits(signature, **v):
    return {"r": signature[:32].hex(), "s": signature[32:64].hex(), **v}


def numbers(signature):
    return [int.from_bytes(part, "big") for part in in_bytes(signature)]


def in_parts(signature, **v):
    return {"r": "0x" + signature[:32].hex(), "s": "0x" + signature[32:64].hex(), **v}


@pytest.mark.parametrize(
    "written",
    [
        lambda signature: in_parts(signature, v=signature[64]),
        lambda signature: in_parts(signature, v=hex(signature[64])),
        lambda signature: in_parts(signature, v=str(35 + 2 * 246 + signature[64] - 27)),
        lambda signature: in_parts(signature, yParity=signature[64] - 27),
        lambda signature: in_parts(signature, v=signature[64], networkV=None, _type="signature"),
        lambda signature: f" 0x{signature.hex()}\n",
        lambda signature: in_parts(signature, recoveryParam=signature[64] - 27),
        lambda signature: {
            "r": f"0x{signature[:32].hex()}",
            "yParityAndS": f"0x{compact(signature)[32:].hex()}",
        },
        lambda signature: {
            "fullSig": signature[:64].hex(),
            "r": signature[:32].hex(),
            "s": signature[32:64].hex(),
            "v": signature[64] - 27,
        },
        lambda signature: in_digits(signature, v=f"{signature[64]:x}"),
        lambda signature: in_digits(signature, v=f"{signature[64] - 27:02}"),
        lambda signature: in_digits(signature, recid=signature[64] - 27),
        lambda signature: dict(zip("rsv", numbers(signature), strict=True)),
        lambda signature: dict(zip("rsv", map(str, numbers(signature)), strict=True)),
        lambda signature: {
            name: b64encode(part).decode()
            for name, part in zip("rsv", in_bytes(signature), strict=True)
        },
    ],
    ids=[
        "v",
        "hex",
        "eip-155",
        "parity",
        "ethers",
        "with-space",
        "recovery",
        "compact",
        "without-0x",
        "device-hex",
        "device-parity",
        "recid",
        "eth-account",
        "decimal",
        "web3j",
    ],
)
def test_document_takes_a_signature_as_libraries_write_it(written):
    signer = KeySigner.from_key(KEYS[0])
    right = DIALECT.request(DeleteNode(), signer.address, nonce=0, deadline_unix_s=5).sign(signer)
    document = {**right.request.document(), "signature": written(right.signature)}
    assert DIALECT.read_request(json.dumps(document)) == right


def _signed_with_a_zero(place):
    """Return a signed request whose r or s begins with a zero byte; nonces are tried in order."""
    signer = KeySigner.from_key(KEYS[0])
    for nonce in range(10_000):
        request = DIALECT.request(DeleteNode(), signer.address, nonce=nonce, deadline_unix_s=5)
        signed = request.sign(signer)
        if signed.signature[place] == 0:
            return signed
    raise AssertionError("no signature has a zero there")


@pytest.mark.parametrize("place", [0, 32], ids=["r", "s"])
def test_zeros_that_a_signature_began_with_may_be_missing(place):
    right = _signed_with_a_zero(place)
    short = right.signature[:place] + right.signature[place + 1 :]
    assert right.request.signed(short) == right
    r, s = (f"0x{int.from_bytes(right.signature[at : at + 32], 'big'):x}" for at in (0, 32))
    document = {**right.request.document(), "signature": {"r": r, "s": s, "v": 27}}
    document["signature"]["v"] = right.signature[64]
    assert DIALECT.read_request(json.dumps(document)) == right


@pytest.mark.parametrize(
    "parts",
    [
        {},
        {"r": "0x1"},
        {"r": "0x1", "s": "0x2"},
        {"r": 1, "s": "0x2"},
        {"r": 1 << 255, "s": 1 << 256, "v": 27},
        {"r": True, "s": 1 << 255, "v": 27},
        {"r": "1" * 78, "s": "9" * 78, "v": 27},
        {"r": "0x" + "1" * 64, "s": "0x" + "1" * 64, "v": "x"},
        {"r": "0x" + "1" * 64, "s": "0x" + "1" * 64, "v": None},
    ],
)
def test_incomplete_signature_parts_are_refused(parts):
    signer = KeySigner.from_key(KEYS[0])
    request = DIALECT.request(DeleteNode(), signer.address, nonce=0, deadline_unix_s=5)
    with pytest.raises(InvalidInput, match="not a valid signature"):
        DIALECT.read_request(json.dumps({**request.document(), "signature": parts}))


@pytest.mark.parametrize("key", KEYS, ids=range(len(KEYS)))
def test_curve_agrees_with_eth_account(key):
    from coincurve import PrivateKey  # noqa: PLC0415

    assert sign(PrivateKey(key), DIGEST) == signed_by(key)
    assert recover(DIGEST, signed_by(key)) == Account.from_key(key).address
