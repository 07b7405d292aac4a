"""External signers get requests in their own form, and their answers are checked."""

import asyncio
import json
import sys
import time

import pytest
from Crypto.Util.asn1 import DerSequence
from eth_account import Account
from eth_account.messages import encode_defunct, encode_typed_data

from ocn_registry import (
    AsyncExternalSigner,
    DeleteNode,
    ExternalSigner,
    InvalidInput,
    KeySigner,
    SetParty,
    SignatureMismatch,
)
from ocn_registry.dialects import dialect_of
from ocn_registry.evm.transactions import Transaction
from ocn_registry.models import Address
from ocn_registry.networks import built_in
from ocn_registry.signing.program import program_signer

KEY = "0x" + "4c" * 32
ACCOUNT = Account.from_key(KEY)
ADDRESS = Address(ACCOUNT.address)
OTHER = Account.from_key("0x" + "4d" * 32)
DEADLINE = int(time.time()) + 3600
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
TRANSACTION = Transaction(
    chain_id=246,
    nonce=0,
    to=Address("0x" + "ab" * 20),
    data=b"\x01\x02",
    gas=100_000,
    max_fee_per_gas_wei=16,
    tip_per_gas_wei=2,
)


def request(network="local", intent=None):
    intent = intent or SetParty(country_code="DE", party_id="ABC", roles=[0, 1], operator=ADDRESS)
    return dialect_of(built_in(network)).request(intent, ADDRESS, nonce=3, deadline_unix_s=DEADLINE)


def typed_data_of(account):
    def sign(document):
        numbers = {**document, "message": dict(document["message"])}
        numbers["domain"] = {**document["domain"], "chainId": int(document["domain"]["chainId"])}
        for field in document["types"][document["primaryType"]]:
            value = document["message"][field["name"]]
            if field["type"] == "uint8[]":
                numbers["message"][field["name"]] = [int(it) for it in value]
            elif field["type"] == "uint256":
                numbers["message"][field["name"]] = int(value)
        return account.sign_message(encode_typed_data(full_message=numbers)).signature.hex()

    return sign


def transaction_of(account, **changes):
    def sign(asked):
        given = {name: value for name, value in asked.items() if name != "from"}
        return account.sign_transaction({**given, **changes}).raw_transaction

    return sign


def test_typed_data_is_signed_elsewhere():
    signer = ExternalSigner(ADDRESS.lower(), sign_typed_data=typed_data_of(ACCOUNT))
    assert request().sign(signer).signature == request().sign(KeySigner.from_key(KEY)).signature
    assert repr(signer) == f"<ExternalSigner {ADDRESS}>"


@pytest.mark.parametrize("is_der", [False, True], ids=["r-s-v", "der"])
@pytest.mark.parametrize("network", ["local", "volta"])
def test_digest_is_signed_by_a_key_service(network, is_der):
    def sign(digest):
        made = ACCOUNT.unsafe_sign_hash(digest)
        return DerSequence([made.r, made.s]).encode() if is_der else made.signature

    signer = ExternalSigner(ADDRESS, sign_digest=sign)
    made = request(network)
    assert made.sign(signer).signature == made.sign(KeySigner.from_key(KEY)).signature
    assert Account.recover_transaction(signer.sign_transaction(TRANSACTION).raw) == ADDRESS


def test_personal_message_of_the_first_generation_is_signed_elsewhere():
    def sign(message):
        assert len(message) == 32
        return ACCOUNT.sign_message(encode_defunct(message)).signature

    made = request("volta", DeleteNode())
    signed = made.sign(ExternalSigner(ADDRESS, sign_message=sign))
    assert signed.signature == made.sign(KeySigner.from_key(KEY)).signature


def changed(signature, *, flip=False, v_from_zero=False):
    s, v = int.from_bytes(signature[32:64], "big"), signature[64]
    if flip:
        s, v = ORDER - s, 55 - v
    return signature[:32] + s.to_bytes(32, "big") + bytes([v - 27 * v_from_zero])


@pytest.mark.parametrize("change", [{"flip": True}, {"v_from_zero": True}, {}])
def test_other_forms_of_a_signature_are_accepted(change):
    right = request().sign(KeySigner.from_key(KEY)).signature
    spelled = changed(right, **change)
    for answer in (spelled, spelled.hex(), "0x" + spelled.hex(), bytearray(spelled)):
        signer = ExternalSigner(ADDRESS, sign_typed_data=lambda _, answer=answer: answer)
        assert request().sign(signer).signature == right


@pytest.mark.parametrize("answer", [b"", b"\x01" * 65, bytes(65), b"\xff" * 65, "0x12", b"1" * 64])
def test_what_is_not_a_signature_of_the_address_is_not_used(answer):
    signer = ExternalSigner(ADDRESS, sign_typed_data=lambda _: answer, sign_digest=lambda _: answer)
    with pytest.raises(SignatureMismatch):
        request().sign(signer)
    with pytest.raises(InvalidInput):
        signer.sign_transaction(TRANSACTION)


@pytest.mark.parametrize("answer", [None, 5, "zz", "0x 1", "x" * 10**7, b"1" * 10**6, ["0x12"]])
def test_what_is_not_an_answer_is_refused(answer):
    signer = ExternalSigner(
        ADDRESS, sign_typed_data=lambda _: answer, sign_transaction=lambda _: answer
    )
    for ask in (lambda: request().sign(signer), lambda: signer.sign_transaction(TRANSACTION)):
        with pytest.raises(InvalidInput) as error:
            ask()
        assert len(str(error.value)) < 500


PROGRAM = """#!{python}
import json, sys
asked = json.load(sys.stdin)["method"]
print({address!r} if asked == "eth_accounts" else {answer!r})
"""


@pytest.mark.parametrize(
    "written",
    [
        lambda r, s, v: f"0x{r}{s}{v:02x}",
        lambda r, s, v: f"\ufeff{r}{s}{v:02x}",
        lambda r, s, v: json.dumps({"result": f"0x{r}{s}{v:02x}"}),
        lambda r, s, v: json.dumps({"result": {"r": f"0x{r}", "s": f"0x{s}", "v": v}}),
        lambda r, s, v: json.dumps({"r": r, "s": s, "v": v - 27}),
        lambda r, s, v: json.dumps({"success": True, "payload": {"signature": f"0x{r}{s}{v:02x}"}}),
    ],
    ids=["bare", "byte-order-mark", "json-rpc", "parts", "ledger", "trezor"],
)
def test_program_may_answer_in_the_form_of_its_wallet(tmp_path, written):
    right = request().sign(KeySigner.from_key(KEY)).signature
    answer = written(right[:32].hex(), right[32:64].hex(), right[64])
    program = tmp_path / "wallet"
    program.write_text(
        PROGRAM.format(python=sys.executable, address=str(ADDRESS), answer=answer), "utf-8"
    )
    program.chmod(0o700)
    assert request().sign(program_signer(str(program))).signature == right


def test_signature_of_another_key_is_reported():
    signer = ExternalSigner(ADDRESS, sign_typed_data=typed_data_of(OTHER))
    with pytest.raises(SignatureMismatch) as error:
        request().sign(signer)
    assert error.value.recovered == OTHER.address


@pytest.mark.parametrize("tip", [2, None])
def test_transaction_is_signed_elsewhere(tip):
    asked = Transaction(
        chain_id=246,
        nonce=300,
        to=ADDRESS,
        data=bytes(1000),
        gas=100_000,
        max_fee_per_gas_wei=16,
        tip_per_gas_wei=tip,
    )
    signer = ExternalSigner(ADDRESS, sign_transaction=transaction_of(ACCOUNT))
    assert signer.sign_transaction(asked) == KeySigner.from_key(KEY).sign_transaction(asked)


@pytest.mark.parametrize(
    "changes",
    [{"value": 1}, {"to": OTHER.address}, {"nonce": 1}, {"chainId": 1}, {"maxFeePerGas": 10**9}],
)
def test_transaction_other_than_asked_is_never_sent(changes):
    signer = ExternalSigner(ADDRESS, sign_transaction=transaction_of(ACCOUNT, **changes))
    with pytest.raises(InvalidInput, match="exactly"):
        signer.sign_transaction(TRANSACTION)


def test_transaction_of_another_key_is_reported():
    signer = ExternalSigner(ADDRESS, sign_transaction=transaction_of(OTHER))
    with pytest.raises(InvalidInput, match=OTHER.address):
        signer.sign_transaction(TRANSACTION)


def test_unsupported_use_of_a_signer_is_reported():
    with pytest.raises(InvalidInput, match="sign_typed_data="):
        request().sign(ExternalSigner(ADDRESS))
    with pytest.raises(InvalidInput, match="sign_message="):
        request("volta").sign(ExternalSigner(ADDRESS, sign_typed_data=typed_data_of(ACCOUNT)))
    with pytest.raises(InvalidInput, match="sign_transaction="):
        ExternalSigner(ADDRESS).sign_transaction(TRANSACTION)
    with pytest.raises(InvalidInput, match="address"):
        ExternalSigner("0x12")


def test_contract_accepts_any_signature_and_sends_nothing():
    signer = ExternalSigner(ADDRESS, sign_typed_data=lambda _: b"\x01" * 130, is_contract=True)
    assert request().sign(signer).signature == b"\x01" * 130
    with pytest.raises(InvalidInput, match="spender"):
        signer.sign_transaction(TRANSACTION)


def test_error_of_a_device_reaches_the_caller():
    def refuse(_):
        raise PermissionError("rejected on the device")

    with pytest.raises(PermissionError, match="rejected"):
        request().sign(ExternalSigner(ADDRESS, sign_typed_data=refuse))


def test_external_signer_can_be_asynchronous():
    async def sign(document):
        await asyncio.sleep(0)
        return typed_data_of(ACCOUNT)(document)

    async def sign_transaction(asked):
        await asyncio.sleep(0)
        return transaction_of(ACCOUNT)(asked)

    async def check():
        signer = AsyncExternalSigner(
            ADDRESS, sign_typed_data=sign, sign_transaction=sign_transaction
        )
        made = request()
        key = KeySigner.from_key(KEY)
        assert await signer.sign(made.payload) == made.sign(key).signature
        sent = await signer.sign_transaction(TRANSACTION)
        assert sent == key.sign_transaction(TRANSACTION)
        wrong = AsyncExternalSigner(OTHER.address, sign_typed_data=sign)
        with pytest.raises(SignatureMismatch):
            await wrong.sign(made.payload)

    asyncio.run(check())
