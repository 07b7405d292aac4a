"""Transactions in Ethereum's encoding, compared with the library that wallets use."""

import contextlib

import pytest
import rlp as reference
from hypothesis import given
from hypothesis import strategies as st

from ocn_registry import KeySigner
from ocn_registry.evm import rlp
from ocn_registry.evm.transactions import Transaction
from ocn_registry.models import Address
from ocn_registry.testing.transactions import read_transaction

ITEMS = st.recursive(
    st.binary(max_size=70), lambda items: st.lists(items, max_size=8), max_leaves=30
)
SIGNER = KeySigner.from_key(b"\x01" * 32)


@given(ITEMS)
def test_items_are_coded_as_other_libraries_do(item):
    written = rlp.encode(item)
    assert written == reference.encode(item)
    assert rlp.decode(written) == item


@given(st.binary(max_size=80))
def test_what_is_not_an_item_is_a_value_error(data):
    with contextlib.suppress(ValueError):
        rlp.decode(data)


@given(
    nonce=st.integers(0, 1 << 60),
    data=st.binary(max_size=100),
    fee=st.integers(1, 1 << 100),
    tip=st.none() | st.just(1),
)
def test_signed_transaction_is_read_back(nonce, data, fee, tip):
    transaction = Transaction(
        chain_id=73799,
        nonce=nonce,
        to=Address("0x" + "12" * 20),
        data=data,
        gas=21_000,
        max_fee_per_gas_wei=fee,
        tip_per_gas_wei=tip,
    )
    found = read_transaction(SIGNER.sign_transaction(transaction).raw)
    assert (found.sender, found.transaction) == (SIGNER.address, transaction)


@pytest.mark.parametrize("raw", [b"", b"\x02", b"\xc0", b"\x01\xc0", b"\xf8\xff", b"\x02\xc3\x01"])
def test_what_is_not_a_transaction_is_a_value_error(raw):
    with pytest.raises(ValueError, match=r".+"):
        read_transaction(raw)
