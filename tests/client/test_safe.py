"""A Safe as a party: a contract signs, someone else pays, and the client checks before it sends."""

import json

import pytest
from eth_abi import encode
from eth_account import Account
from eth_account.messages import encode_defunct, encode_typed_data
from safes import created, signature_of

from ocn_registry import (
    ExternalSigner,
    InvalidInput,
    KeySigner,
    Role,
    SetNode,
    SetParty,
    SignatureMismatch,
)
from ocn_registry.evm.keccak import selector
from ocn_registry.models import ZERO_ADDRESS


@pytest.fixture
def signer(client, safe, owners):
    """Sign like the Safe's owners, who see typed data in their own wallets."""

    def sign(document):
        digest = client.read_request(json.dumps(document)).payload.digest()
        return signature_of(safe, digest, owners[1:])

    return ExternalSigner(safe, sign_typed_data=sign, is_contract=True)


@pytest.fixture(params=["v3"])
def deployment(fresh):
    return fresh.deployment()


def test_safe_is_listed_as_a_party(client, signer, safe, listed_node, spender):
    wanted = SetParty(
        country_code="DE", party_id="SAF", roles=[Role.CPO], operator=listed_node.address
    )
    signed = client.read_signed_request(client.sign(wanted, signer).to_json())
    assert len(signed.signature) == 130
    client.verify(signed)
    client.submit(signed, spender=spender)
    assert client.party("DE", "SAF").address == safe
    assert client.nonce(safe) == 1


def test_safe_is_ensured_with_a_spender(client, signer, safe, spender):
    assert client.ensure.node("https://a.example", signer=signer, spender=spender).status == (
        "created"
    )
    assert client.node(safe).domain == "https://a.example"


def test_too_few_owners_are_reported_before_anything_is_paid(client, safe, owners, fresh, spender):
    before = fresh.request("eth_getBalance", spender.address, "latest")
    request = client.prepare(SetNode(domain="https://a.example"), safe)
    digest = request.payload.digest()
    stranger = KeySigner.generate()
    for signature in (
        signature_of(safe, digest, owners[:1]),
        signature_of(safe, digest, [owners[0], Account.create()]),
        signature_of(safe, b"\x01" * 32, owners[:2]),
        stranger.sign(request.payload),
        b"\x01",
    ):
        signed = request.signed(signature)
        says = f"a signature that the contract {safe} does not accept .the contract refused, saying"
        with pytest.raises(SignatureMismatch, match=says) as error:
            client.verify(signed)
        assert error.value.account == safe
        with pytest.raises(SignatureMismatch):
            client.submit(signed, spender=spender)
    assert fresh.request("eth_getBalance", spender.address, "latest") == before


def test_signature_of_a_wallet_that_is_not_deployed_is_told_from_a_wrong_one(client, owners):
    later = KeySigner.generate().address
    request = client.prepare(SetNode(domain="https://a.example"), later)
    for signature in ("0x", signature_of(later, request.payload.digest(), owners[:2])):
        with pytest.raises(SignatureMismatch, match="deploy the wallet first"):
            client.verify(request.signed(signature))


def returning(word):
    """Return the code of a contract that answers every call with a word."""
    return f"0x7f{word}60005260206000f3"


@pytest.mark.parametrize(
    ("code", "says"),
    [
        (returning("ffffffff" + "0" * 56), "it answered 0xffffffff"),
        (returning("20c13b0b" + "0" * 56), "it answered 0x20c13b0b"),
        (returning("0" * 56 + "1626ba7e"), "its answer is not that of ERC-1271"),
        (returning("1626ba7e" + "f" * 56), "its answer is not that of ERC-1271"),
        ("0x00", "its answer is not that of ERC-1271"),
        ("0x60006000fd", "the contract refused without a reason"),
        ("0x5b600056", "it ran out of gas"),
        ("0xfe", "the contract refused without a reason"),
    ],
    ids=["no", "old", "aligned-right", "more", "nothing", "reverts", "endless", "invalid"],
)
def test_answer_of_a_contract_that_does_not_accept_a_signature_is_shown(client, fresh, code, says):
    wallet = KeySigner.generate().address
    fresh.request("anvil_setCode", wallet, code)
    request = client.prepare(SetNode(domain="https://a.example"), wallet)
    for signature in (b"", bytes(65), bytes(300)):
        with pytest.raises(SignatureMismatch, match=f"contract {wallet} does not accept .*{says}"):
            client.verify(request.signed(signature))


def test_what_the_key_of_a_delegating_account_signed_is_named(client, fresh):
    """EIP-7702: its key counts, although there is a contract."""
    key = Account.create()
    fresh.request("anvil_setCode", key.address, "0x60006000fd")
    request = client.prepare(SetNode(domain="https://a.example"), key.address)
    message = encode_defunct(request.payload.digest())
    signature = Account.sign_message(message, key.key).signature
    with pytest.raises(SignatureMismatch, match="as a personal message, not as typed data"):
        client.verify(request.signed(bytes(signature)))


def test_signature_for_another_network_is_named_where_a_person_asks(client):
    key = Account.create()
    request = client.prepare(SetNode(domain="https://a.example"), key.address)
    document = json.loads(request.to_json())
    document["domain"]["chainId"] = "246"
    signature = Account.sign_message(encode_typed_data(full_message=document), key.key).signature
    with pytest.raises(SignatureMismatch, match=f"a signature of {key.address} for chain 246"):
        client.verify(request.signed(bytes(signature)))


def test_batch_with_requests_of_keys_and_of_a_safe(client, signer, safe, listed_node, spender):
    requests = [client.sign(SetNode(domain="https://safe.example"), signer)]
    key = KeySigner.generate()
    requests.append(client.sign(SetNode(domain="https://key.example"), key))
    outcome = client.submit(*requests, spender=spender)
    assert outcome.failed == ()
    assert {node.operator for node in client.nodes()} >= {safe, key.address}


def test_safe_sends_nothing_itself(client, signer, safe, fresh):
    fresh.request("anvil_setBalance", safe, hex(10**18))
    with pytest.raises(InvalidInput, match="spender"):
        client.set_node("https://a.example", signer=signer)


def approve(fresh, safe, owners, message):
    """Approve a message on the chain with a Safe, like its owners through WalletConnect."""
    library = created(fresh, "examples/libraries/SignMessage.sol/SignMessageLib")
    data = selector("signMessage(bytes)") + encode(["bytes"], [message])
    sender = fresh.accounts[9].address
    kinds = "address,uint256,bytes,uint8,uint256,uint256,uint256,address,address"
    values = [library, 0, data, 1, 0, 0, 0, ZERO_ADDRESS, ZERO_ADDRESS]
    asked = selector(f"getTransactionHash({kinds},uint256)")
    asked += encode([*kinds.split(","), "uint256"], [*values, 0])
    digest = fresh.request("eth_call", {"to": safe, "data": "0x" + asked.hex()}, "latest")
    in_order = sorted(owners, key=lambda owner: int(owner.address, 16))
    signatures = b"".join(
        bytes(Account.unsafe_sign_hash(bytes.fromhex(digest[2:]), owner.key).signature)
        for owner in in_order
    )
    call = selector(f"execTransaction({kinds},bytes)")
    call += encode([*kinds.split(","), "bytes"], [*values, signatures])
    transaction = {"from": sender, "to": safe, "data": "0x" + call.hex()}
    assert fresh.request("eth_sendTransactionSync", transaction)["status"] == "0x1"


def test_message_that_a_safe_approved_on_the_chain_has_an_empty_signature(
    client, safe, owners, fresh, spender
):
    request = client.prepare(SetNode(domain="https://safe.example"), safe)
    document = {**request.document(), "signature": "0x"}
    signed = client.read_signed_request(json.dumps(document))
    with pytest.raises(SignatureMismatch):
        client.verify(signed)
    approve(fresh, safe, owners[:2], request.payload.digest())
    client.verify(signed)
    assert client.read_signed_request(signed.to_json()) == signed
    asks = ExternalSigner(safe, sign_typed_data=lambda _: "0x", is_contract=True)
    assert request.sign(asks) == signed
    client.submit(signed, spender=spender)
    assert client.node(safe).domain == "https://safe.example"


def test_wrapper_around_the_signature_of_a_deployed_safe_is_removed(client, safe, owners, spender):
    request = client.prepare(SetNode(domain="https://safe.example"), safe)
    inner = signature_of(safe, request.payload.digest(), owners[:2])
    wrapped = encode(["address", "bytes", "bytes"], [safe, b"\x01" * 500, inner])
    wrapped += bytes.fromhex("6492" * 16)
    document = {**request.document(), "signature": "0x" + wrapped.hex()}
    signed = client.read_signed_request(json.dumps(document))
    assert signed.signature == inner
    client.submit(signed, spender=spender)
    assert client.node(safe).domain == "https://safe.example"
