"""A user's own Web3 or AsyncWeb3: its exceptions become the same errors, without its texts.

`make compat` runs these with the oldest and the newest web3.
"""

import pytest
from faulty import faults, nodes

from ocn_registry import (
    BadAnswer,
    Node,
    OutcomeUnknown,
    RpcRefused,
    RpcUnavailable,
    SetNode,
    UnknownRevert,
    WriteOptions,
    WrongChain,
)
from ocn_registry import contract_errors as errors
from ocn_registry.models import Address

SEND = "eth_sendRawTransaction"
URL = "https://a.example"


@pytest.fixture(params=["web3", "async-web3"])
def way(request):
    return request.param


@pytest.fixture
def connect(way, connect):
    """Make clients without the settings of the light transports."""
    return lambda *urls: connect(*urls, timeout_s=None, retries=None)


def test_reads_writes_and_lists(client, operator, account):
    assert client.node(operator.address) is None
    outcome = client.set_node(URL, signer=operator)
    assert outcome.changes[0].node == Node(operator=operator.address, domain=URL)
    assert client.nodes() == (outcome.changes[0].node,)
    assert client.parties() == ()
    request = client.sign(SetNode(domain="https://b.example"), operator)
    client.submit(request, spender=operator)
    assert client.transactions.outcome_of(outcome.tx_hash).tx_hash == outcome.tx_hash
    assert account.paid_for(2)


def test_one_value_is_one_request(client, proxy, operator):
    client.node(operator.address)
    assert proxy.asked == {"eth_chainId": 1, "eth_call": 1}
    client.node(operator.address)
    assert proxy.asked == {"eth_chainId": 1, "eth_call": 2}


def test_revert_is_the_contracts_error(client, operator, account):
    with pytest.raises(errors.NodeNotFound):
        client.delete_node(signer=operator)
    assert account.paid_for(0)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (faults.reset, RpcUnavailable),
        (faults.half, RpcUnavailable),
        (faults.status(429), RpcUnavailable),
        (faults.status(503), RpcUnavailable),
        (faults.says(b"<html>"), BadAnswer),
        (faults.says(b"5"), BadAnswer),
        (faults.answers("eth_call", {"a": 1}), BadAnswer),
        (faults.answers("eth_call", "0x123"), BadAnswer),
        (faults.errs("eth_call", code=-32005, message="\x1b[2J limit"), RpcRefused),
        (faults.answers("eth_chainId", "0xf6"), WrongChain),
    ],
)
def test_bad_answer_is_the_documented_error(connect, proxy, operator, fault, error):
    proxy.inject(fault)
    secret = connect(proxy.url + "/secret")
    with pytest.raises(error) as told:
        secret.node(Address(operator.address))
    assert type(told.value).__mro__.index(error) <= 1
    assert str(told.value).isprintable()
    assert "secret" not in str(told.value)


@pytest.mark.parametrize("status", [413])
def test_error_in_any_status_is_read_where_the_provider_keeps_it(
    way, client, proxy, operator, status
):
    """R22, R23: aiohttp's errors have the status, and no body."""
    client.node(operator.address)
    proxy.inject(nodes.says_error("eth_call", status, code=-32602, message="no such luck"))
    words = "no such luck" if way == "web3" else f"HTTP {status}"
    with pytest.raises((RpcRefused, RpcUnavailable), match=words):
        client.node(operator.address)


def test_refusal_of_the_contract_in_any_status_is_typed(way, client, proxy, operator):
    client.node(operator.address)
    proxy.inject(nodes.says_error("eth_call", 400, code=3, message="execution reverted", data="0x"))
    with pytest.raises(UnknownRevert if way == "web3" else RpcUnavailable):
        client.node(operator.address)


@pytest.mark.parametrize(
    "fault", [faults.reset_after, faults.status_after(502), faults.says_after(b"[[[")]
)
def test_transaction_that_arrived_is_found(client, proxy, operator, account, fault):
    proxy.inject(fault, method=SEND, times=1)
    client.set_node(URL, signer=operator)
    assert account.paid_for(1)


@pytest.mark.parametrize("fault", [faults.status(503), faults.says(b"<html>")])
def test_transaction_that_never_arrived_is_unknown(client, proxy, operator, account, fault):
    proxy.inject(fault, method=SEND)
    with pytest.raises(OutcomeUnknown) as told:
        client.set_node(URL, signer=operator, options=WriteOptions(timeout_s=1.0))
    assert account.paid_for(0)
    proxy.heal()
    assert client.set_node(URL, signer=operator).tx_hash == told.value.tx_hash
    assert account.paid_for(1)
