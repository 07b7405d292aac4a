"""Our transactions equal those of eth-account, and reading malformed bytes does no harm."""

from eth_account import Account
from hypothesis import given
from hypothesis import strategies as st

from ocn_registry import KeySigner
from ocn_registry.evm.transactions import Transaction, as_request, join, signature_in
from ocn_registry.models import Address

numbers = st.integers(0, 2**64 - 1)
keys = st.integers(1, 2**255).map(lambda number: number.to_bytes(32, "big"))
transactions = st.builds(
    Transaction,
    chain_id=st.integers(1, 2**40),
    nonce=numbers,
    to=st.binary(min_size=20, max_size=20).map(Address.from_bytes),
    data=st.one_of(st.binary(max_size=300), st.integers(50, 70_000).map(bytes)),
    gas=numbers,
    max_fee_per_gas_wei=st.integers(1, 2**128),
    tip_per_gas_wei=st.none() | st.just(1),
)


@given(transactions, keys)
def test_transaction_equals_that_of_eth_account(transaction, key):
    asked = as_request(transaction, "")
    theirs = Account.sign_transaction({k: v for k, v in asked.items() if k != "from"}, key)
    ours = KeySigner.from_key(key).sign_transaction(transaction)
    assert ours.raw == theirs.raw_transaction
    signature = signature_in(ours.raw)
    assert join(transaction, signature) == ours


@given(st.binary(max_size=300))
def test_odd_bytes_have_no_signature_or_one_of_its_length(raw):
    for coded in (raw, b"\x02" + raw, b"\xf8" + raw, b"\x02\xf8" + raw):
        found = signature_in(coded)
        assert found is None or len(found) == 65


@given(transactions, keys, st.data())
def test_truncated_transaction_has_no_signature(transaction, key, data):
    raw = KeySigner.from_key(key).sign_transaction(transaction).raw
    cut = data.draw(st.integers(0, len(raw) - 1))
    assert signature_in(raw[:cut]) is None
