"""If a key signed something else than the request, the error says what it was."""

import json

import pytest
from eth_account import Account
from eth_account.messages import encode_defunct, encode_typed_data

from ocn_registry import ExternalSigner, SetNode, SetParty, SignatureMismatch
from ocn_registry.dialects import dialect_of
from ocn_registry.evm.keccak import keccak256
from ocn_registry.models import Address
from ocn_registry.networks import built_in

KEY = b"\x0a" * 32
ADDRESS = Address(Account.from_key(KEY).address)
V3, V1 = dialect_of(built_in("local")), dialect_of(built_in("volta"))
INTENT = SetNode(domain="https://node.example")


def request(dialect=V3, *, nonce=3):
    return dialect.request(INTENT, ADDRESS, nonce=nonce, deadline_unix_s=2_000_000_000)


def message(given):
    return Account.sign_message(given, KEY).signature


def document(change=lambda _: None, **asked):
    """Sign the document of a request, with something changed in it."""
    given = json.loads(request(**asked).to_json())
    change(given)
    return message(encode_typed_data(full_message=given))


def for_chain(chain_id):
    return document(lambda given: given["domain"].update(chainId=str(chain_id)))


def without(field):
    def drop(given):
        del given["domain"][field]
        kept = [one for one in given["types"]["EIP712Domain"] if one["name"] != field]
        given["types"]["EIP712Domain"] = kept

    return document(drop)


def error_of(signature, dialect=V3):
    asked = {"sign_typed_data": lambda _: signature, "sign_message": lambda _: signature}
    with pytest.raises(SignatureMismatch) as error:
        request(dialect).sign(ExternalSigner(ADDRESS, **asked), now_unix_s=1_999_999_999)
    assert error.value.account == ADDRESS
    return str(error.value)


def digest():
    return request().payload.digest()


@pytest.mark.parametrize(
    ("sign", "says"),
    [
        (lambda: message(encode_defunct(digest())), "as a personal message, not as typed data"),
        (
            lambda: message(encode_defunct(text="0x" + digest().hex())),
            "as a personal message, not as typed data",
        ),
        (
            lambda: message(encode_defunct(text=request().to_json())),
            "as a personal message, not as typed data",
        ),
        (
            lambda: message(encode_defunct(text=request().to_json() + "\n")),
            "as a personal message, not as typed data",
        ),
        (
            lambda: Account.unsafe_sign_hash(keccak256(digest()), KEY).signature,
            "of the hash of its hash",
        ),
        (lambda: for_chain(1), "for chain 1"),
        (lambda: without("chainId"), "without chainId in the domain"),
        (lambda: without("version"), "without version in the domain"),
        (lambda: document(nonce=4), "for nonce 4"),
        (lambda: document(nonce=2), "for nonce 2"),
    ],
    ids=[
        "message",
        "hash-as-text",
        "document-as-text",
        "file-as-text",
        "hashed-twice",
        "ethereum",
        "chain",
        "version",
        "next",
        "last",
    ],
)
def test_what_was_signed_in_place_of_a_request_is_named(sign, says):
    signature = bytes(sign())
    from_zero = signature[:64] + bytes([signature[64] - 27])
    for form in (signature, from_zero):
        said = error_of(form)
        assert f"carries a signature of {ADDRESS} {says}" in said
        assert "\n" not in said


def test_lists_that_an_old_web3j_hashed_are_named():
    made_by_web3j = bytes.fromhex(  # version 4.9.0
        "a42c95f1c1db27df7b0de713f5174a77fdd9a728521aaf282ed9f8ebf5ee50f3"
        "3dc545855affa49803e2d0f328cf81e681b665ebb10fc03d8ab453376367a9401c"
    )
    party = SetParty(country_code="DE", party_id="ABC", roles=[0, 6], operator=ADDRESS)
    asked = V3.request(party, ADDRESS, nonce=3, deadline_unix_s=2_000_000_000)
    signer = ExternalSigner(ADDRESS, sign_typed_data=lambda _: made_by_web3j)
    with pytest.raises(SignatureMismatch, match=r"lists packed, as web3j before 4\.9\.4 does it"):
        asked.sign(signer, now_unix_s=1_999_999_999)


@pytest.mark.parametrize(
    ("sign", "says"),
    [
        (lambda hash_: Account.unsafe_sign_hash(hash_, KEY).signature, "of the bare hash"),
        (lambda hash_: message(encode_defunct(text="0x" + hash_.hex())), "of the hash as text"),
    ],
    ids=["bare", "text"],
)
def test_what_was_signed_in_place_of_a_message_is_named(sign, says):
    signature = bytes(sign(request(V1).payload.hash()))
    assert f"carries a signature of {ADDRESS} {says}" in error_of(signature, V1)


def test_a_signature_of_something_unknown_is_shown_by_its_address():
    changed = document(lambda given: given["message"].update(domain="https://other.example"))
    assert "carries the signature of 0x" in error_of(changed)
    assert "carries no valid signature" in error_of(b"\x01" * 400)
