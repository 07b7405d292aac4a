"""Encode effects as JSON-RPC requests, and decode results.

An RPC node may be hostile: nothing in a result is trusted before it is checked. `wordings` knows
the error messages of nodes.

Source: Ethereum execution APIs (`eth_...` methods); EIP-1898 (blocks by hash).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeVar

from ocn_registry.errors import BadAnswer, InvalidInput, RpcRefused, TransportError
from ocn_registry.foreign.limits import (
    RPC_EVENTS,
    RPC_EVENTS_ITEMS,
    RPC_OBJECT_ITEMS,
    RPC_VALUE_ITEMS,
)
from ocn_registry.foreign.strict_json import is_list, is_object
from ocn_registry.foreign.text import shown
from ocn_registry.models import BlockRef
from ocn_registry.protocol.calls import CalledBy, CreationBy
from ocn_registry.protocol.effects import (
    Arrival,
    Balance,
    BlockAt,
    Call,
    ChainId,
    Code,
    CodeSize,
    GasEstimate,
    GasPrice,
    Handover,
    Head,
    HeadBlock,
    HeaderAt,
    Log,
    Logs,
    PlacedLog,
    Receipt,
    ReceiptOf,
    Send,
    TransactionCount,
    TransactionOf,
)
from ocn_registry.transport.chain_queries import Query
from ocn_registry.transport.rpc_values import (
    as_address,
    as_bytes,
    as_hash,
    as_nonce,
    as_number,
    as_object,
    as_time,
    code_of,
    error_in,
    number_or_none,
    words_of,
)
from ocn_registry.transport.transactions import contract_call, creation, sent_transaction
from ocn_registry.transport.wordings import Meaning, meaning_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from ocn_registry.errors import OcnRegistryError
    from ocn_registry.protocol.effects import Answer, AnyEffect

T = TypeVar("T")

_HEX = re.compile(r"0x[0-9a-fA-F]*")

# Where nodes and their proxies put revert data.
_REVERT_DATA_IN = ("data", "return", "result", "originalError")
_SELECTOR_BYTES = 4
_EXECUTION_ERROR = -32015  # OpenEthereum and Nethermind: the cause is in `data`
_EXECUTION_REVERTED = 3


def request_of(  # noqa: C901, PLR0911, PLR0912 - one for each
    effect: AnyEffect,
    block_hash: str | None = None,
) -> tuple[str, list[object]]:
    """Return the method and the parameters for an effect.

    Args:
        effect: The effect.
        block_hash: The hash of a call's block, in place of its number (EIP-1898).
    """
    match effect:
        case Call():
            return "eth_call", [_message(effect), _at(effect.block, block_hash)]
        case GasEstimate():
            return "eth_estimateGas", [_message(effect.call)]
        case Query():
            return effect.method, list(effect.params)
        case Head():
            return "eth_getBlockByNumber", ["latest", False]
        case BlockAt() | HeaderAt():
            return "eth_getBlockByNumber", [hex(effect.number), False]
        case Balance():
            return "eth_getBalance", [effect.account, "latest"]
        case CodeSize():
            return "eth_getCode", [effect.account, "latest"]
        case Code():
            return "eth_getCode", [effect.account, _at(effect.block, block_hash)]
        case TransactionCount():
            block = "pending" if effect.pending else _at(effect.block, block_hash)
            return "eth_getTransactionCount", [effect.account, block]
        case ChainId():
            return "eth_chainId", []
        case GasPrice():
            return "eth_gasPrice", []
        case Logs():
            blocks = {"fromBlock": hex(effect.first), "toBlock": hex(effect.last)}
            return "eth_getLogs", [{"address": list(effect.contracts), **blocks}]
        case ReceiptOf():
            return "eth_getTransactionReceipt", [effect.tx_hash]
        case TransactionOf() | CreationBy() | CalledBy():
            return "eth_getTransactionByHash", [effect.tx_hash]
        case Send():
            return "eth_sendRawTransaction", ["0x" + effect.transaction.raw.hex()]
        case _:
            raise NotImplementedError(f"{type(effect).__name__} is not a question for a node")


def answer_of(effect: AnyEffect, result: object, chain_id: int | None = None) -> Answer:  # noqa: C901, PLR0911, PLR0912 - one for each
    """Return an effect's answer from a result.

    Args:
        effect: The effect.
        result: The `result` of the node's response.
        chain_id: The node's chain id; `None` if unknown.

    Raises:
        BadAnswer: The result is malformed.
    """
    if result is None and not isinstance(effect, _MAY_BE_NULL):
        raise _null_answer(effect)
    match effect:
        case Call():
            return effect.decode(as_bytes(result))
        case Query():
            return effect.decode(result)
        case GasEstimate() | Balance() | GasPrice() | ChainId():
            return as_number(result)
        case TransactionCount():
            return as_nonce(result)
        case CodeSize():
            return len(as_bytes(result))
        case Code():
            return as_bytes(result)
        case Head():
            return _header(as_object(result))
        case HeaderAt():
            return None if result is None else _at_number(effect.number, _header, result)
        case BlockAt():
            return None if result is None else _at_number(effect.number, _block, result)
        case Logs():
            return _logs(effect, result)
        case ReceiptOf():
            return None if result is None else _receipt(effect.tx_hash, as_object(result))
        case TransactionOf():
            if result is None:
                return None
            return sent_transaction(effect.tx_hash, as_object(result), chain_id)
        case CreationBy():
            return None if result is None else creation(as_object(result))
        case CalledBy():
            return None if result is None else contract_call(as_object(result))
        case _:
            return None


def error_of(effect: AnyEffect, error: object) -> OcnRegistryError:
    """Return the exception for a node's error.

    Args:
        effect: The effect.
        error: The `error` of the node's response.

    Returns:
        The contract's error for a revert; otherwise an error with the node's message.
    """
    method = request_of(effect)[0]
    if not is_object(error):
        if not words_of({"message": error}):
            return BadAnswer(f"the RPC node answered {method} with the error {shown(error)}")
        error = {"message": error}  # in place of an object
    code, words = code_of(error), words_of(error)
    if isinstance(effect, (Call, GasEstimate)):
        call = effect.call if isinstance(effect, GasEstimate) else effect
        data = _revert_data(error.get("data"))
        if _is_revert(method, code, words, error.get("data"), data):
            return call.refuse(data or b"")
    refused = refusal(method, code, words)
    meaning = meaning_of(method, code, words)
    refused.temporary = meaning in {Meaning.BUSY, Meaning.BEHIND}
    refused.unexplained = meaning is Meaning.UNKNOWN and not isinstance(effect, Logs)
    return refused


def refusal(method: str, code: int, words: str) -> RpcRefused:
    """Return the error for a node's refusal, with a remedy if there is one."""
    if method == "eth_estimateGas":
        remedy = "to skip its estimate, set the gas limit with WriteOptions(gas=...)"
        return RpcRefused(method, code, words, remedy)
    return RpcRefused(method, code, words)


def items_of(effect: AnyEffect) -> int:
    """Return the maximum number of values in an answer to an effect."""
    if isinstance(effect, Logs):
        return RPC_EVENTS_ITEMS
    if isinstance(effect, _OBJECTS):
        return RPC_OBJECT_ITEMS
    return RPC_VALUE_ITEMS


def unwrap(effect: AnyEffect, response: dict[str, object], chain_id: int | None = None) -> Answer:
    """Return an effect's answer from a node's response.

    Args:
        effect: The effect.
        response: An object with `result` or `error`.
        chain_id: The node's chain id; `None` if unknown.
    """
    if (error := error_in(response)) is not None:
        if isinstance(effect, GasPrice) and is_object(error):
            meaning = meaning_of("eth_gasPrice", code_of(error), words_of(error))
            if meaning is Meaning.FOR_GOOD:
                return None
        raise error_of(effect, error)
    return answer_of(effect, response.get("result"), chain_id)


def handover_of(effect: Send, response: dict[str, object]) -> Handover:
    """Return the result of sending a transaction, from the node's response."""
    if (said := error_in(response)) is not None:
        error = error_of(effect, said)
        answer = error if isinstance(error, TransportError) else BadAnswer(str(error))
        return Handover(arrival=Arrival.ANSWERED, error=answer)
    result = response.get("result")
    if isinstance(result, str) and result.lower() == effect.transaction.tx_hash:
        return Handover(arrival=Arrival.ACCEPTED)
    answer = BadAnswer(f"the RPC node answered {shown(result)} to a transaction, not its hash")
    return Handover(arrival=Arrival.UNANSWERED, error=answer)


def _at(block: int | None, block_hash: str | None) -> str | dict[str, str]:
    if block is None:
        return "latest"
    if type(block) is not int or block < 0:  # a caller without a type checker may give any
        raise InvalidInput(
            f"{shown(block)} is not a valid block number: use a number from 0, or leave it out for "
            "the latest block",
        )
    return hex(block) if block_hash is None else {"blockHash": block_hash}


def _message(call: Call[object]) -> dict[str, object]:
    message: dict[str, object] = {"to": call.to, "data": "0x" + call.data.hex()}
    if call.sender is not None:
        message["from"] = call.sender
    if call.gas is not None:
        message["gas"] = hex(call.gas)
    return message


def _at_number(number: int, read: Callable[[dict[str, object]], T], result: object) -> T:
    block = as_object(result)
    if as_number(block.get("number")) != number:
        raise BadAnswer(
            f"the RPC node returned block {shown(block.get('number'))} in place of block "
            f"{number}: ask another node"
        )
    return read(block)


def _header(block: dict[str, object]) -> HeadBlock:
    fee, limit = block.get("baseFeePerGas"), block.get("gasLimit")
    return HeadBlock(
        ref=_block(block),
        base_fee_wei=None if fee is None else as_number(fee),
        gas_limit=None if limit is None else as_number(limit),
    )


def _block(block: dict[str, object]) -> BlockRef:
    return BlockRef(
        number=as_number(block.get("number")),
        hash=as_hash(block.get("hash")),
        timestamp_unix_s=as_time(block.get("timestamp")),
    )


def _receipt(tx_hash: str, receipt: dict[str, object]) -> Receipt | None:
    if receipt.get("blockNumber") is None:  # some nodes return pending transactions
        return None
    if as_hash(receipt.get("transactionHash")) != tx_hash.lower():
        raise BadAnswer(
            f"the RPC node returned the receipt of another transaction than {shown(tx_hash)}: "
            "ask another node"
        )
    logs = receipt.get("logs")
    if not is_list(logs) or len(logs) > RPC_EVENTS:
        raise BadAnswer("the RPC node returned a receipt without a list of events")
    return Receipt(
        succeeded=as_number(receipt.get("status")) == 1,
        block_number=as_number(receipt.get("blockNumber")),
        block_hash=as_hash(receipt.get("blockHash")),
        gas_used=as_number(receipt.get("gasUsed")),
        gas_price_wei=number_or_none(receipt.get("effectiveGasPrice")),
        logs=tuple([_log(as_object(log)) for log in logs]),
    )


def _logs(effect: Logs, result: object) -> tuple[PlacedLog, ...]:
    if not is_list(result) or len(result) > RPC_EVENTS:
        raise BadAnswer("the RPC node returned no list of events, or one that is too long")
    found: dict[tuple[int, int], PlacedLog] = {}
    for one in result:
        answer = as_object(one)
        log = _log(answer)
        placed = PlacedLog(
            address=log.address,
            topics=log.topics,
            data=log.data,
            block_number=as_number(answer.get("blockNumber")),
            block_hash=as_hash(answer.get("blockHash")),
            tx_hash=as_hash(answer.get("transactionHash")),
            index=as_number(answer.get("logIndex")),
        )
        in_range = effect.first <= placed.block_number <= effect.last
        if not in_range or log.address not in effect.contracts or answer.get("removed") is True:
            raise BadAnswer("the RPC node returned events that were not asked for")
        place = placed.block_number, placed.index
        if found.setdefault(place, placed) != placed:
            raise BadAnswer(
                "the RPC node returned two events with the same index: ask another node"
            )
    return tuple([found[place] for place in sorted(found)])


def _log(log: dict[str, object]) -> Log:
    topics = log.get("topics")
    if not is_list(topics):
        raise BadAnswer("the RPC node returned an event without a list of topics")
    return Log(
        address=as_address(log.get("address")),
        topics=tuple([as_hash(topic) for topic in topics]),
        data=as_bytes(log.get("data")),
    )


def _is_revert(method: str, code: int, words: str, answer: object, data: bytes | None) -> bool:
    """Return whether an error is a revert, rather than a problem of the node."""
    meaning = meaning_of(method, 0, words)  # judging by the message
    if meaning is not Meaning.UNKNOWN:
        return meaning is Meaning.REVERTED
    if code == _EXECUTION_ERROR and answer is None:
        return True
    return code == _EXECUTION_REVERTED or len(data or b"") >= _SELECTOR_BYTES


def _revert_data(data: object, depth: int = 4) -> bytes | None:
    """Return the revert data of an error: in `data`, nested in it, or after a word."""
    if is_object(data) and depth:
        for name in (*_REVERT_DATA_IN, *list(data)[:1]):  # Ganache: keyed by transaction hash
            found = _revert_data(data.get(name), depth - 1)
            if found is not None:
                return found
    if not isinstance(data, str):
        return None
    digits = _HEX.search(data)
    if digits is None or len(digits.group()) % 2:
        return None
    return bytes.fromhex(digits.group()[2:])


def _null_answer(effect: AnyEffect) -> BadAnswer:
    method = request_of(effect)[0]
    what = "has no latest block" if isinstance(effect, Head) else f"answered {method} with null"
    error = BadAnswer(
        f"the RPC node {what}: it lags behind or is starting; try again, or another node",
    )
    error.temporary = True
    return error


_OBJECTS = (Head, BlockAt, ReceiptOf, TransactionOf, CreationBy, Query)
_MAY_BE_NULL = (BlockAt, ReceiptOf, TransactionOf, CreationBy, Query, CalledBy, HeaderAt)
