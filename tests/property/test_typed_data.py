"""Our digest and our JSON equal eth_account's, over generated requests of every kind."""

import json

from eth_account import Account
from eth_account.messages import _hash_eip191_message, encode_typed_data
from hypothesis import given
from hypothesis import strategies as st

from ocn_registry import (
    Address,
    Contract,
    CreateAgreement,
    DeleteNode,
    DeleteParty,
    DeleteService,
    Deployment,
    InvalidateNonce,
    KeySigner,
    Module,
    RevokeAgreement,
    Role,
    SetNode,
    SetParty,
    SetPartyModules,
    SetService,
)
from ocn_registry.dialects import dialect_of
from ocn_registry.signing import recover

KEY = "0x" + "42" * 32
SIGNER = KeySigner.from_key(KEY)
addresses = st.binary(min_size=20, max_size=20).filter(any).map(Address.from_bytes)
letters = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=3, max_size=3)
urls = st.text("abc09-._~:%[]", max_size=40).map(lambda text: f"https://a{text}b")
names = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=25)
permissions = st.lists(st.integers(0, 63), min_size=1, max_size=6)
modules = st.lists(st.sampled_from(Module), max_size=8)
uints = st.integers(0, 2**256 - 1)
intents = st.one_of(
    st.builds(SetNode, domain=urls),
    st.builds(DeleteNode),
    st.builds(
        SetParty,
        country_code=letters.map(lambda text: text[:2]),
        party_id=letters,
        roles=st.lists(st.sampled_from(Role), min_size=1, max_size=8),
        operator=addresses,
    ),
    st.builds(SetPartyModules, sender=modules, receiver=modules),
    st.builds(DeleteParty),
    st.builds(SetService, name=names, url=st.one_of(st.just(""), urls), permissions=permissions),
    st.builds(DeleteService),
    st.builds(CreateAgreement, provider=addresses, permissions=permissions),
    st.builds(RevokeAgreement, provider=addresses),
    st.builds(InvalidateNonce, contract=st.sampled_from(Contract), new_nonce=uints),
)
deployments = st.builds(
    Deployment,
    name=st.just("any"),
    chain_id=st.integers(1, 2**63),
    dialect=st.just("v3"),
    registry=addresses,
    permissions=addresses,
)


@given(deployments, intents, addresses, uints, uints)
def test_digest_equals_eth_accounts(deployment, intent, account, nonce, deadline):
    request = dialect_of(deployment).request(intent, account, nonce=nonce, deadline_unix_s=deadline)
    theirs = encode_typed_data(full_message=json.loads(request.to_json()))
    assert request.payload.digest() == _hash_eip191_message(theirs)


@given(deployments, intents, uints, uints)
def test_signature_equals_eth_accounts_and_json_comes_back(deployment, intent, nonce, deadline):
    dialect = dialect_of(deployment)
    request = dialect.request(intent, SIGNER.address, nonce=nonce, deadline_unix_s=deadline)
    signed = request.sign(SIGNER)
    theirs = Account.sign_typed_data(KEY, full_message=request.document())
    assert signed.signature == bytes(theirs.signature)
    assert recover(request.payload.digest(), signed.signature) == SIGNER.address
    assert dialect.read_request(request.to_json()) == request
    assert dialect.read_request(signed.to_json().encode()) == signed
