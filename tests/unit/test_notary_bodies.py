"""Signatures between nodes: the operator of the sender's node signs the body's text."""

import contextlib
import re

import pytest
from coincurve import PublicKey
from eth_account import Account
from eth_account.messages import encode_defunct

from ocn_registry.errors import InvalidInput
from ocn_registry.notary import (
    MalformedSignature,
    PersonalMessage,
    SignatoryMismatch,
    recover_body,
    sign_body,
    verify_body,
)
from ocn_registry.signing import KeySigner

KEY = "11" * 32
BODY = '{"method":"GET","body":{"näme":"⚡ 1"}}'


@pytest.fixture(scope="module")
def operator():
    return KeySigner.from_key(KEY)


def test_body_is_signed_as_wallets_do(operator):
    signature = sign_body(BODY, operator)
    assert re.fullmatch("[0-9a-f]{130}", signature)
    theirs = Account.sign_message(encode_defunct(text=BODY), KEY).signature
    assert signature == theirs.hex().removeprefix("0x")


@pytest.mark.parametrize("body", ["", "x", BODY, "ü" * 1000])
def test_body_is_verified(operator, body):
    signature = sign_body(body, operator)
    verify_body(body, signature, operator.address)
    verify_body(body, "0x" + signature.upper(), operator.address)
    assert recover_body(body, signature) == operator.address


def test_another_body_or_operator_is_refused(operator):
    signature = sign_body(BODY, operator)
    stranger = KeySigner.from_key("22" * 32)
    with pytest.raises(SignatoryMismatch) as refused:
        verify_body(BODY + " ", signature, operator.address)
    assert refused.value.named == operator.address
    with pytest.raises(SignatoryMismatch) as refused:
        verify_body(BODY, signature, stranger.address)
    assert refused.value.recovered == operator.address


def test_a_signature_without_a_signer_is_refused(operator):
    for signature in ("00" * 65, "ff" * 65, "01" * 64 + "05"):
        assert recover_body(BODY, signature) is None
        with pytest.raises(SignatoryMismatch):
            verify_body(BODY, signature, operator.address)


def test_v_of_2_or_3_is_refused():
    """The underlying library also accepts 2 and 3, for points that never occur in practice."""
    digest = PersonalMessage(BODY.encode()).digest()
    for r in range(1, 1000):
        rs = r.to_bytes(32, "big") + b"\x01" * 32
        with contextlib.suppress(ValueError):
            PublicKey.from_signature_and_message(rs + b"\x02", digest, hasher=None)
            assert recover_body(BODY, (rs + b"\x1d").hex()) is None
            assert recover_body(BODY, (rs + b"\x02").hex()) is None
            return
    pytest.fail("no such point")


@pytest.mark.parametrize(
    "signature",
    ["", "0x", "ab" * 64, "ab" * 66, "zz" * 65, "\x1b" * 130, "ab" * 65 + "\n", "\u0661" * 130],
)
def test_what_is_not_a_signature_is_refused(operator, signature):
    with pytest.raises(MalformedSignature) as refused:
        verify_body(BODY, signature, operator.address)
    assert str(refused.value).isprintable()


def test_unpaired_surrogate_is_refused(operator):
    with pytest.raises(InvalidInput):
        sign_body("\ud800", operator)
    with pytest.raises(MalformedSignature):
        recover_body("\ud800", "ab" * 65)


def test_a_wallet_gets_the_text():
    assert PersonalMessage(b"hi").document() == {"personal_sign": "0x6869"}
