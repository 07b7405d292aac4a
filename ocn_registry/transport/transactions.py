"""Check a transaction that a node returns against its hash.

Replacing a transaction means signing its content again at another price. A node that could invent
the content or the nonce could make us sign anything, or pay twice. So the content must match the
hash, which the caller knows from sending it.

Source: EIP-155 and EIP-1559 (what a transaction is the hash of).
"""

from __future__ import annotations

from ocn_registry.errors import BadAnswer
from ocn_registry.evm.keccak import keccak256
from ocn_registry.evm.rlp import encode
from ocn_registry.evm.transactions import Transaction
from ocn_registry.foreign.text import shown
from ocn_registry.models import Address
from ocn_registry.protocol.calls import ContractCall, Creation
from ocn_registry.protocol.effects import SentTransaction
from ocn_registry.transport.rpc_values import as_address, as_bytes, as_number

_FIRST_CHAIN_V = 35  # EIP-155: v is twice the chain's id, and 35 or 36
_BARE_V = 27  # and before that 27 or 28


def sent_transaction(
    tx_hash: str,
    found: dict[str, object],
    chain_id: int | None = None,
) -> SentTransaction:
    """Return a transaction from a node's description.

    Old clients omit the chain id, or return the parity of the signature in an old form
    (NethermindEth/nethermind#3057). The hash tells which reading is right.

    Args:
        tx_hash: The requested hash.
        found: The node's result.
        chain_id: The chain's id; `None` if unknown.

    Raises:
        BadAnswer: It is not a transaction of this package with that hash.
    """
    to = as_address(found.get("to"))
    data = as_bytes(found["input"] if "input" in found else found.get("data"))
    nonce, gas = as_number(found.get("nonce")), as_number(found.get("gas"))
    value = as_number(found.get("value", "0x0"))
    r, s, v = (as_number(found.get(name)) for name in ("r", "s", "v"))
    is_new = found.get("maxFeePerGas") is not None
    fee = as_number(found.get("maxFeePerGas" if is_new else "gasPrice"))
    tip = as_number(found.get("maxPriorityFeePerGas")) if is_new else None
    named = found.get("chainId")
    chains = {as_number(named)} if named is not None else set[int]()
    chains |= {chain_id} if chain_id is not None else set()
    if not is_new and v >= _FIRST_CHAIN_V:
        chains.add((v - _FIRST_CHAIN_V) // 2)
    parity = (v - _FIRST_CHAIN_V if v >= _FIRST_CHAIN_V else v - _BARE_V if v > 1 else v) & 1
    target = to.to_bytes()
    for chain in sorted(chains):
        if tip is None:
            v = _FIRST_CHAIN_V + 2 * chain + parity
            whole = encode((nonce, fee, gas, target, value, data, v, r, s))
        else:
            fees = (tip, fee, gas)
            whole = b"\x02" + encode((chain, nonce, *fees, target, value, data, (), parity, r, s))
        if not value and "0x" + keccak256(whole).hex() == tx_hash.lower():
            break
    else:
        asked = shown(tx_hash, public=True)
        raise BadAnswer(f"the RPC node returned another transaction than {asked}")
    block = found.get("blockNumber")
    return SentTransaction(
        sender=as_address(found.get("from")),
        transaction=Transaction(
            chain_id=chain,
            nonce=nonce,
            to=to,
            data=data,
            gas=gas,
            max_fee_per_gas_wei=fee,
            tip_per_gas_wei=tip,
        ),
        raw=whole,
        block_number=None if block is None else as_number(block),
    )


def creation(found: dict[str, object]) -> Creation | None:
    """Return a creation from a node's description of a transaction; `None` for other calls.

    Nothing is signed or paid based on it, so it is not checked against its hash.

    Args:
        found: The node's result.

    Raises:
        BadAnswer: The result does not describe a transaction.
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
    """Return the call in a transaction from a node's description.

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
    """Return the address of the contract that a sender's transaction with this nonce creates.

    Source: Ethereum yellow paper, section 7.
    """
    return Address.from_bytes(keccak256(encode((sender.to_bytes(), nonce)))[12:])
