"""A transaction that a node tells about, held to its hash.

Who replaces a transaction signs its content anew, with another price. A node that could make up the
content, or the number, would have us sign what it likes, or pay twice. So the hash, which the
caller has from when it was sent, has to be that of what the node tells.

Source: EIP-155 and EIP-1559 (what a transaction is the hash of).
"""

from __future__ import annotations

from ocn_registry.errors import BadAnswer
from ocn_registry.evm.keccak import keccak256
from ocn_registry.evm.rlp import encode
from ocn_registry.evm.transactions import Transaction
from ocn_registry.foreign.text import shown
from ocn_registry.models import Address
from ocn_registry.protocol.calls import ContractCall
from ocn_registry.protocol.effects import Creation, SentTransaction
from ocn_registry.transport.rpc_values import as_address, as_bytes, as_number

_FIRST_CHAIN_V = 35  # EIP-155: v is twice the chain's id, and 35 or 36


def sent_transaction(tx_hash: str, found: dict[str, object]) -> SentTransaction:
    """Read what a node tells of a transaction.

    Args:
        tx_hash: Its hash, which was asked for.
        found: The node's result.

    Raises:
        BadAnswer: It is not a transaction of this package with that hash.
    """
    to, data = as_address(found.get("to")), as_bytes(found.get("input"))
    nonce, gas = as_number(found.get("nonce")), as_number(found.get("gas"))
    r, s, v = (as_number(found.get(name)) for name in ("r", "s", "v"))
    target = to.to_bytes()
    if found.get("maxFeePerGas") is None:
        tip, fee = None, as_number(found.get("gasPrice"))
        chain_id = max(v - _FIRST_CHAIN_V, 0) // 2
        whole = encode((nonce, fee, gas, target, 0, data, v, r, s))
    else:
        tip = as_number(found.get("maxPriorityFeePerGas"))
        fee = as_number(found.get("maxFeePerGas"))
        chain_id = as_number(found.get("chainId"))
        whole = b"\x02" + encode((chain_id, nonce, tip, fee, gas, target, 0, data, (), v, r, s))
    if "0x" + keccak256(whole).hex() != tx_hash.lower():
        raise BadAnswer(
            f"what the RPC node tells of transaction {shown(tx_hash, public=True)} is not that one"
        )
    block = found.get("blockNumber")
    return SentTransaction(
        sender=as_address(found.get("from")),
        transaction=Transaction(
            chain_id=chain_id,
            nonce=nonce,
            to=to,
            data=data,
            gas=gas,
            max_fee_per_gas_wei=fee,
            tip_per_gas_wei=tip,
        ),
        block_number=None if block is None else as_number(block),
    )


def creation(found: dict[str, object]) -> Creation | None:
    """Read what a node tells of a transaction that creates a contract; `None` when it calls one.

    Nothing is signed or paid on the strength of it, so it is not held to its hash.

    Args:
        found: The node's result.

    Raises:
        BadAnswer: It is no transaction.
    """
    if found.get("to") is not None:
        return None
    sender, nonce = as_address(found.get("from")), as_number(found.get("nonce"))
    block = found.get("blockNumber")
    return Creation(
        contract=created_by(sender, nonce),
        data=as_bytes(found.get("input")),
        block_number=None if block is None else as_number(block),
    )


def contract_call(found: dict[str, object]) -> ContractCall:
    """Return what a transaction called, as a node describes it.

    Args:
        found: The node's result.

    Raises:
        BadAnswer: The result does not describe a transaction.
    """
    to = found.get("to")
    return ContractCall(
        sender=as_address(found.get("from")),
        to=None if to is None else as_address(to),
        data=as_bytes(found.get("input")),
    )


def created_by(sender: Address, nonce: int) -> Address:
    """Tell the address of what a sender's transaction of this number creates.

    Source: Ethereum yellow paper, section 7.
    """
    return Address.from_bytes(keccak256(encode((sender.to_bytes(), nonce)))[12:])
