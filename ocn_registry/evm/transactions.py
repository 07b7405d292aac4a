"""Signed transactions, in the form of EIP-1559 or the legacy form.

A signer, whether a key in this process or a device, returns only 65 bytes. The transaction around
them is assembled here, so only the signature comes from outside.

Source: EIP-1559, EIP-2718, EIP-155.
"""

from __future__ import annotations

from ocn_registry.evm import rlp
from ocn_registry.evm.address import Address
from ocn_registry.evm.keccak import keccak256
from ocn_registry.portable.base import Portable
from ocn_registry.portable.values import dataclass

_TYPE = b"\x02"
_SIGNATURE_FIELDS = 3
_WORD = 32
_ADDRESS = 20
_V_OF_CHAIN = 35  # EIP-155: v is this, twice the chain id, and the parity


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """A transaction, ready to be signed.

    Attributes:
        chain_id: Id of its chain.
        nonce: The nonce of the sender.
        to: Address of the contract.
        data: Calldata.
        gas: The gas limit.
        max_fee_per_gas_wei: The most that is paid per gas.
        tip_per_gas_wei: The maximum part of it for the validator; `None` for a legacy transaction,
            which always pays `max_fee_per_gas_wei`.
    """

    chain_id: int
    nonce: int
    to: Address
    data: bytes
    gas: int
    max_fee_per_gas_wei: int
    tip_per_gas_wei: int | None


@dataclass(frozen=True, slots=True)
class SignedTransaction(Portable):
    """The bytes of a signed transaction."""

    raw: bytes

    @property
    def tx_hash(self) -> str:
        """The hash of the transaction, `0x` and 64 hexadecimal digits."""
        return "0x" + keccak256(self.raw).hex()


def digest(transaction: Transaction) -> bytes:
    """Return the hash of a transaction: the 32 bytes that are signed."""
    if transaction.tip_per_gas_wei is None:
        return keccak256(rlp.encode([*_fields(transaction), transaction.chain_id, 0, 0]))
    return keccak256(_TYPE + rlp.encode(_fields(transaction)))


def join(transaction: Transaction, signature: bytes) -> SignedTransaction:
    """Return a transaction with its signature.

    Args:
        transaction: The transaction that was signed.
        signature: 65 bytes: r, s, v, with v of 27 or 28.
    """
    parity = signature[64] - 27
    legacy = transaction.tip_per_gas_wei is None
    v = parity + _V_OF_CHAIN + 2 * transaction.chain_id if legacy else parity
    numbers = (v, int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:64], "big"))
    whole = rlp.encode([*_fields(transaction), *numbers])
    return SignedTransaction(whole if legacy else _TYPE + whole)


def signature_in(raw: bytes) -> bytes | None:
    """Return the signature in a transaction that another program assembled.

    Whether it signs the expected transaction is not checked: use it with `digest` and `join`.

    Args:
        raw: A signed transaction, of either form.

    Returns:
        65 bytes: r, s, v, with v of 27 or 28; `None` if the bytes are not a signed transaction.
    """
    typed = raw[:1] == _TYPE
    try:
        items = rlp.decode(raw[1:] if typed else raw)
    except ValueError:
        return None
    last = items[-_SIGNATURE_FIELDS:] if isinstance(items, list) else []
    parts = [part for part in last if isinstance(part, bytes) and len(part) <= _WORD]
    if len(items) <= _SIGNATURE_FIELDS or len(parts) != _SIGNATURE_FIELDS:
        return None
    v, r, s = [int.from_bytes(part, "big") for part in parts]
    parity = v if typed else (v - _V_OF_CHAIN) % 2
    if parity not in {0, 1}:
        return None
    return r.to_bytes(32, "big") + s.to_bytes(32, "big") + bytes([27 + parity])


def unsigned(raw: bytes) -> Transaction:
    """Return a signed transaction without its signature.

    Args:
        raw: A transaction as `join` writes it.

    Raises:
        ValueError: The transaction has another form; for example, it carries value.
    """
    typed = raw[:1] == _TYPE
    items = rlp.decode(raw[1:] if typed else raw)
    if not isinstance(items, list) or len(items) != (12 if typed else 9):
        raise ValueError("this is not a transaction of a known form")
    accessed: object = items.pop(8) if typed else []
    fields = [item for item in items if isinstance(item, bytes)]
    if accessed != [] or len(fields) != len(items):
        raise ValueError("this is not a transaction of a known form")
    numbers = [int.from_bytes(field, "big") for field in fields]
    chain_id, tip, fee = (numbers[0], numbers[2], numbers[3]) if typed else (0, None, numbers[1])
    if not typed:
        chain_id = max(numbers[6] - _V_OF_CHAIN, 0) // 2
    nonce, gas, to, value, data = (
        (numbers[1], numbers[4], fields[5], numbers[6], fields[7])
        if typed
        else (numbers[0], numbers[2], fields[3], numbers[4], fields[5])
    )
    if value or len(to) != _ADDRESS:
        raise ValueError("this transaction carries value, or calls nothing")
    return Transaction(
        chain_id=chain_id,
        nonce=nonce,
        to=Address.from_bytes(to),
        data=data,
        gas=gas,
        max_fee_per_gas_wei=fee,
        tip_per_gas_wei=tip,
    )


def as_request(transaction: Transaction, sender: str) -> dict[str, str]:
    """Return a transaction as the argument of `eth_signTransaction`, numbers in hexadecimal."""
    fields = {
        "from": sender,
        "to": str(transaction.to),
        "value": "0x0",
        "data": "0x" + transaction.data.hex(),
        "chainId": hex(transaction.chain_id),
        "nonce": hex(transaction.nonce),
        "gas": hex(transaction.gas),
    }
    if transaction.tip_per_gas_wei is None:
        return {**fields, "gasPrice": hex(transaction.max_fee_per_gas_wei)}
    return {
        **fields,
        "type": "0x2",
        "maxFeePerGas": hex(transaction.max_fee_per_gas_wei),
        "maxPriorityFeePerGas": hex(transaction.tip_per_gas_wei),
    }


def _fields(transaction: Transaction) -> list[rlp.Item]:
    nonce, gas, fee = transaction.nonce, transaction.gas, transaction.max_fee_per_gas_wei
    call: list[rlp.Item] = [gas, transaction.to.to_bytes(), 0, transaction.data]  # 0: the value
    if transaction.tip_per_gas_wei is None:
        return [nonce, fee, *call]
    return [transaction.chain_id, nonce, transaction.tip_per_gas_wei, fee, *call, []]
