"""Events of a node are requested by block, and checked before they are used."""

import pytest

from ocn_registry.errors import BadAnswer
from ocn_registry.models import Address
from ocn_registry.protocol.effects import Logs
from ocn_registry.transport.jsonrpc import answer_of, request_of

ONE, OTHER = Address("0x" + "01" * 20), Address("0x" + "02" * 20)
ASKED = Logs((ONE, OTHER), 10, 20)
TOPIC, BLOCK, TRANSACTION = ("0x" + pair * 32 for pair in ("aa", "bb", "cc"))


def log(**changes):
    told = {
        "address": ONE.lower(),
        "topics": [TOPIC],
        "data": "0x07",
        "blockNumber": "0xa",
        "blockHash": BLOCK,
        "transactionHash": TRANSACTION,
        "logIndex": "0x0",
        "removed": False,
    }
    return told | changes


def test_events_are_asked_for_by_contract_and_block():
    method, params = request_of(ASKED)
    assert method == "eth_getLogs"
    assert params == [{"address": [ONE, OTHER], "fromBlock": "0xa", "toBlock": "0x14"}]


def test_events_come_in_the_order_of_the_chain():
    told = [
        log(blockNumber="0xc", data="0x03"),
        log(logIndex="0x10", data="0x02"),
        log(logIndex="0x9", data="0x01"),
    ]
    assert [one.data for one in answer_of(ASKED, told)] == [b"\1", b"\2", b"\3"]
    assert answer_of(ASKED, []) == ()


def test_event_reported_twice_counts_once():
    told = [log(data="0x02", logIndex="0x1"), log(), log(data="0x02", logIndex="0x1"), log()]
    assert [one.data for one in answer_of(ASKED, told)] == [b"\7", b"\2"]
    with pytest.raises(BadAnswer, match="two events with the same index"):
        answer_of(ASKED, [log(), log(data="0x08")])


def test_events_carry_their_position():
    (found,) = answer_of(ASKED, [log(logIndex="0x3")])
    assert (found.block_number, found.block_hash, found.index) == (10, BLOCK, 3)
    assert found.tx_hash == TRANSACTION


@pytest.mark.parametrize(
    "told",
    [
        None,
        {},
        [5],
        [log(address="0x" + "03" * 20)],
        [log(blockNumber="0x9")],
        [log(blockNumber="0x15")],
        [log(blockNumber=None)],
        [log(logIndex=None)],
        [log(blockHash=None)],
        [log(transactionHash="0x12")],
        [log(removed=True)],
        [log(topics=None)],
        [log(topics=["0x12"])],
        [log(data="07")],
        [log()] * 100_001,
    ],
    ids=lambda answer: repr(answer)[:32],
)
def test_events_that_were_not_asked_for_are_a_bad_answer(told):
    with pytest.raises(BadAnswer):
        answer_of(ASKED, told)
