"""Behaviour of real nodes, providers and gateways, each from its source, with a real chain.

The rows are those of the table that the issue names; the other cases are of the same kinds.
"""

import gzip
import json
import re
from dataclasses import replace

import pytest
import ways
from faulty import faults, nodes

from ocn_registry import (
    BadAnswer,
    RpcRefused,
    RpcUnavailable,
    SetNode,
    UnknownRevert,
)
from ocn_registry import contract_errors as errors
from ocn_registry.dialects import dialect_of
from ocn_registry.evm.keccak import selector
from ocn_registry.flows.events import piece
from ocn_registry.protocol.effects import (
    Call,
    FromEach,
    GasEstimate,
    Head,
    Logs,
    ReceiptOf,
    TransactionOf,
    all_of,
    run,
    together,
)
from ocn_registry.transport import attempts, endpoint

CALL = "eth_call"
BUSY = {
    "R17": {"code": -32005, "message": "daily request count exceeded, request rate limited"},
    "R17 Infura": {"code": -32005, "message": "project ID request rate exceeded"},
    "Alchemy": {
        "code": 429,
        "message": "Your app has exceeded its compute units per second capacity",
    },
    "QuickNode": {"code": -32007, "message": "25/second request limit reached"},
    "Ankr": {"code": -32029, "message": "Too many requests, reason: call rate limit exhausted"},
    "proxyd": {"code": -32016, "message": "over rate limit"},
    "no backend": {"code": -32011, "message": "no backends available for method"},
    "geth": {"code": -32002, "message": "request timed out"},
    "no words": {"code": -32005, "message": ""},
    "internal": {"code": -32603, "message": "Internal error"},
    "unheard of": {"code": -39999, "message": "the hamster sleeps"},
}
BEHIND = {
    "R30 geth": {"code": -32000, "message": "header not found"},
    "R30 state": {"code": -32000, "message": "missing trie node 1f2e (path ) <nil>"},
    "R30 Nethermind": {"code": -32001, "message": "Unknown block number"},
    "reth": {"code": -32001, "message": "block not found: 0x5a"},
    "Besu": {"code": -32000, "message": "World state unavailable"},
    "Erigon": {"code": -32000, "message": "could not find block with number 12"},
    "head": {"code": -32602, "message": "block is beyond the current head"},
    "a load balancer": {"code": -39001, "message": "Unable to serve that at this height"},
}


@pytest.fixture
def connect(way, connect):
    """Return a generous time limit, since time does not matter here."""
    return lambda *urls, **settings: connect(*urls, timeout_s=10.0, **settings)


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch):
    monkeypatch.setattr(attempts, "_FIRST_PAUSE_S", 0.001)


@pytest.mark.parametrize("error", (BUSY | BEHIND).values(), ids=(BUSY | BEHIND).keys())
@pytest.mark.parametrize("known", [True, False], ids=["known", "new"])
def test_temporary_errors_are_waited_out_or_another_node_is_asked(
    client, connect, proxy, devnet, operator, error, known
):
    """R17, R17b, R30: inside HTTP 200, to a first question and to later ones."""
    if known:
        client.node(operator.address)
    proxy.inject(nodes.gateway_error(**error), times=1)
    assert client.node(operator.address) is None
    other = connect(proxy.url, devnet.rpc_url)
    proxy.inject(nodes.each_fails(**error))
    assert other.node(operator.address) is None
    assert other.nodes() == ()


@pytest.mark.parametrize("status", [400, 403, 429, 500, 503])
def test_rate_limit_in_any_status_is_reported_with_the_nodes_words(client, proxy, operator, status):
    proxy.inject(nodes.gateway_error(status, code=-32005, message="0.7 of a question is left"))
    with pytest.raises((RpcUnavailable, RpcRefused), match=r"0\.7 of a question is left"):
        client.node(operator.address)


@pytest.mark.parametrize("question", ["node", "nodes", "set_node"])
def test_refusal_of_the_first_question_is_reported_with_the_nodes_words(
    client, proxy, operator, account, question
):
    """R36: the chain id, which is requested first, is refused like everything else."""
    words = "rejected due to project ID settings"
    proxy.inject(nodes.each_fails(code=-32002, message=words))
    ask = {
        "node": lambda: client.node(operator.address),
        "nodes": client.nodes,
        "set_node": lambda: client.set_node("https://a.example", signer=operator),
    }[question]
    with pytest.raises(RpcRefused, match=words):
        ask()
    assert account.paid_for(0)


@pytest.mark.parametrize(
    "too_long",
    [
        nodes.list_of_one_error(code=-32600, message="batch too large"),
        nodes.list_of_one_error(code=-32000, message="no"),
        nodes.gateway_error(code=-32600, message="Batch size exceeds the limit of 2"),
        nodes.gateway_error(413, code=-32600, message="too many calls in batch"),
        nodes.gateway_error(400, code=-1, message="array not allowed"),
        faults.status(413),
        faults.status(400),
        nodes.each_fails(code=-32000, message="batch limit"),
        nodes.each_fails(code=-32007, message="batch limit exceeded"),
        nodes.gateway_error(400, code=-32014, message="too many RPC calls in batch request"),
        nodes.gateway_error(429, code=-32005, message="too many requests in batch"),
        nodes.gateway_error(500, code=31, message="Batch of more than 3 is not allowed"),
        nodes.gateway_error(403, code=-32600, message="batches are not part of your plan"),
        nodes.only_first(0),
        nodes.only_first(1),
        nodes.rest_fails(1, code=-32003, message="response too large"),
        nodes.rest_fails(1, code=-32005, message="the answer is too big"),
        faults.says(b""),
        faults.says(b"null"),
        faults.says(b'{"message": "no lists", "code": 12}'),
        faults.status(404),
        faults.status(415),
        faults.status(503),
        faults.reset,
    ],
    ids=range(24),
)
def test_batch_that_is_too_long_is_halved_and_longer_ones_are_tried_later(
    connect, proxy, devnet, monkeypatch, too_long
):
    """R19, and batch limits in other wordings, with any status or without a message."""
    monkeypatch.setattr(endpoint, "_FIRST_PATIENCE", 2)
    effects = all_of(
        tuple(Call(devnet.registry_address, selector("owner()"), bytes) for _ in range(9))
    )
    client = connect(proxy.url, retries=3)
    proxy.inject(nodes.only_if(nodes.longer_than(2), too_long))
    for _ in range(2):  # the first time, it may be chance
        assert len(set(ways.perform(client, effects))) == 1
    before = proxy.posts
    ways.perform(client, effects)
    posts = proxy.posts - before
    assert 5 <= posts <= 9  # each of a size that the node takes
    proxy.heal()
    for _ in range(12):
        ways.perform(client, effects)
    before = proxy.posts
    ways.perform(client, effects)
    assert proxy.posts - before <= 3 < posts


@pytest.mark.parametrize(
    "refusal",
    [
        nodes.says_error(
            "eth_getLogs", code=-32005, message="query returned more than 10000 results"
        ),
        nodes.says_error("eth_getLogs", 400, code=-32602, message="Log response size exceeded."),
        nodes.says_error(
            "eth_getLogs", 413, code=-32614, message="eth_getLogs is limited to a 10 range"
        ),
        nodes.gateway_error(400, code=-32602, message="block range is too wide"),
        nodes.gateway_error(413, code=-32614, message="eth_getLogs is limited to a 10 range"),
        nodes.says_error("eth_getLogs", code=-1, message="no such luck"),
        faults.status(400),
        faults.status(413),
        faults.status(504),
        faults.status(503),
        faults.reset,
        faults.says(b""),
        nodes.says_error("eth_getLogs", code=-32005, message="limit exceeded"),
        nodes.says_error("eth_getLogs", code=-32602, message="range 1000 exceeds limit of 10"),
        nodes.gateway_error(429, code=-32005, message="query returned more than 10000 results"),
        nodes.gateway_error(403, code=-32600, message="block range is bigger than maxBlockRange"),
        nodes.gateway_error(400, code=35, message="ranges over 10 blocks are not supported"),
    ],
    ids=range(17),
)
def test_range_that_is_too_long_is_halved(client, proxy, devnet, refusal):
    """R22, R23: in any wording and status, alone and in a batch."""
    devnet.request("anvil_mine", "0x40")
    last = ways.perform(client, Head()).ref.number
    proxy.inject(nodes.only_if(nodes.wider_than(10), refusal))
    found = run(
        piece((devnet.registry_address,), 1, last, 1000), lambda one: ways.perform(client, one)
    )
    assert 1 <= found.end.number <= 12


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirect_says_where_to(connect, proxy, operator, status):
    """R26"""
    proxy.inject(faults.status(status, Location="https://new.example/rpc"))
    with pytest.raises(
        RpcUnavailable, match=f"redirects to 'https://new.example/rpc' .HTTP {status}"
    ):
        connect(proxy.url).node(operator.address)
    with pytest.raises(RpcUnavailable, match=r"https://new\.example") as told:
        connect(proxy.url + "/v3/my-key").node(operator.address)
    assert "rpc'" not in str(told.value)


@pytest.mark.parametrize(
    "form",
    [
        nodes.coded("gzip"),
        nodes.coded("gzip", header=False),
        nodes.coded("deflate"),
        nodes.coded("bare deflate"),
        nodes.written(lambda content: b"\xef\xbb\xbf" + content),
        nodes.written(lambda content: content.decode().encode("utf-16")),
        nodes.written(
            lambda content: b"\r\n  " + json.dumps(json.loads(content), indent=4).encode()
        ),
        nodes.chunked,
        nodes.until_the_end,
    ],
    ids=range(9),
)
def test_answers_in_other_forms_are_read(client, proxy, operator, form):
    """R27: compressed unasked, with a byte order mark, in chunks."""
    proxy.inject(form)
    assert client.node(operator.address) is None
    assert client.parties() == ()


def test_form_that_can_not_be_read_is_named(client, proxy, operator):
    proxy.inject(faults.status(200, Content_Encoding="br"))
    with pytest.raises(BadAnswer, match="'br'"):
        client.node(operator.address)


def test_bomb_is_refused(client, proxy, operator):
    bomb = gzip.compress(b'{"jsonrpc":"2.0","id":1,"result":"0x' + b"0" * 30_000_000 + b'"}')
    proxy.inject(faults.says(bomb))
    with pytest.raises(BadAnswer, match="unpacked to more than"):
        client.node(operator.address)


WORDS = {
    "a gateway's": (403, {"message": "Invalid API key"}),
    "its error": (401, {"error": "unauthorized: unknown project"}),
    "a problem's": (402, {"title": "Payment Required", "detail": "the quota is used up"}),
    "a list's": (400, {"errors": [{"message": "not part of the plan"}]}),
    "with status 200": (200, {"errors": [{"message": "not part of the plan"}]}),
    "in data": (200, {"error": {"code": -32000, "data": {"detail": "the disk is full"}}}),
    "in a list": (200, {"error": {"code": "-32000", "message": "no", "data": ["disk full"]}}),
    "in the cause": (200, {"error": {"code": -32000, "message": "no", "cause": "disk full"}}),
    "in an error's error": (500, {"error": {"error": {"message": "disk full"}}}),
    "in place of an error": (200, {"error": "disk full"}),
    "in a list in place of an error": (200, {"error": ["disk full"]}),
    "in place of a response": (200, "disk full"),
}


@pytest.mark.parametrize(("status", "body"), WORDS.values(), ids=WORDS.keys())
def test_message_of_a_node_is_reported_from_any_form(client, proxy, operator, status, body):
    """R36: in any form that a gateway uses."""
    (words,) = re.findall(r"'([^']*)'\W*$", repr(body))
    proxy.inject(faults.status_says(status, json.dumps(body).encode()))
    with pytest.raises((RpcUnavailable, RpcRefused), match=words):
        client.node(operator.address)


def test_text_in_place_of_json_is_reported(client, proxy, operator):
    """R25"""
    proxy.inject(faults.says(b"invalid host specified"))
    with pytest.raises(BadAnswer, match="it says 'invalid host specified'"):
        client.node(operator.address)


@pytest.mark.parametrize(
    ("status", "body", "says"),
    [
        (200, b"<!DOCTYPE html>\n<html><title>Welcome!</title>", "no JSON, it says 'Welcome!'"),
        (400, b"<html>\r\n<head><TITLE>\r\n plain HTTP to an HTTPS port </TITLE>", "'plain HTTP"),
        (
            403,
            b'<html lang="en"><title id="t">Just a moment...</title>',
            "refused access .*'Just a",
        ),
        (403, b"Host not authorized.", "'Host not authorized.'.*have the node allow this host"),
        (401, b"invalid project id", "rejected the credentials .*'invalid project id'"),
        (404, b"<html><title>" + b"x" * 5000 + b"</title>", r"JSON-RPC \(HTTP 404\)"),
        (404, b"<html>" + b" " * 5000 + b"<title>x</title>", r"JSON-RPC \(HTTP 404\)"),
        (404, b"<title>\x1b[31mred</title>", r"'\\x1b\[31mred'"),
    ],
    ids=["page", "port", "challenge", "host", "project", "long", "late", "escaped"],
)
def test_page_or_text_with_a_status_is_reported_by_its_words(
    client, proxy, operator, status, body, says
):
    """R25"""
    proxy.inject(faults.status_says(status, body))
    with pytest.raises((RpcUnavailable, BadAnswer), match=says):
        client.node(operator.address)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b"upstream request timeout"),
        (200, b"<html><title>Rate limit exceeded</title></html>"),
        (200, b'"rate limit exceeded"'),
        (200, b'{"error": "too many requests"}'),
        (200, b'{"error": ["rate limit reached"]}'),
        (403, b"Too many requests from your address"),
        (404, b"no backend available"),
    ],
)
def test_words_about_what_passes_are_waited_out_in_any_form(client, proxy, operator, status, body):
    """R17, R25: gateways that speak no JSON-RPC, or in other forms."""
    client.node(operator.address)
    proxy.inject(faults.status_says(status, body), times=1)
    assert client.node(operator.address) is None


@pytest.mark.parametrize("empty", [None, False, "", {}, []])
def test_empty_error_beside_a_result_is_none(client, proxy, operator, account, empty):
    def with_error(content):
        answer = json.loads(content)
        for response in answer if isinstance(answer, list) else [answer]:
            response["error"] = empty
        return json.dumps(answer).encode()

    proxy.inject(nodes.written(with_error))
    client.set_node("https://a.example", signer=operator)
    assert client.node(operator.address).domain == "https://a.example"
    assert account.paid_for(1)


@pytest.mark.parametrize("method", ["eth_getBlockByNumber", CALL, "eth_chainId"])
def test_temporary_null_is_waited_out(client, connect, proxy, devnet, operator, method):
    """R29"""
    proxy.inject(faults.answers(method, None), method, times=1)
    assert client.nodes() == ()
    proxy.inject(faults.answers(method, None), method)
    assert connect(proxy.url, devnet.rpc_url).nodes() == ()
    with pytest.raises(BadAnswer, match="lags behind or is starting"):
        connect(proxy.url).nodes()


@pytest.mark.parametrize(
    "error",
    [
        {"code": -32015, "message": "VM execution error.", "data": "revert"},
        {"code": -32015, "message": "VM execution error.", "data": "Reverted"},
        {"code": -32015, "message": "VM execution error.", "data": "Reverted 0x"},
        {"code": -32015, "message": "VM execution error.", "data": "Bad instruction fe"},
        {"code": -32015, "message": "VM execution error."},
        {"code": 3, "message": "execution reverted", "data": "0x"},
        {"code": 3, "message": "execution reverted: rate limit exceeded, try again"},
        {"code": -32000, "message": "invalid opcode: INVALID"},
        {"code": -32000, "message": "VM Exception while processing transaction: revert"},
    ],
    ids=range(9),
)
def test_refusal_of_the_contract_without_a_reason(client, proxy, operator, error):
    """R03: the contract refuses, in any wording."""
    proxy.inject(nodes.says_error(CALL, **error))
    with pytest.raises(UnknownRevert):
        client.node(operator.address)


@pytest.mark.parametrize(
    "where",
    [
        lambda data: {"code": -32015, "message": "VM execution error.", "data": f"Reverted {data}"},
        lambda data: {"code": 3, "message": "execution reverted", "data": data},
        lambda data: {"code": -32000, "message": "execution reverted", "data": {"data": data}},
        lambda data: {
            "code": -32603,
            "message": "Internal JSON-RPC error.",
            "data": {"code": 3, "data": data},
        },
        lambda data: {
            "code": -32000,
            "message": "VM Exception: revert",
            "data": {"0xab": {"return": data}},
        },
        lambda data: {"code": -32000, "message": "VM Exception: revert", "data": {"result": data}},
    ],
    ids=range(6),
)
def test_refusal_of_the_contract_with_its_error(client, proxy, operator, where):
    """R01: the error is typed, wherever the node puts the contract's data."""
    data = (
        "0x" + selector(errors.NodeNotFound.signature).hex() + operator.address[2:].rjust(64, "0")
    )
    proxy.inject(nodes.says_error(CALL, **where(data)))
    with pytest.raises(errors.NodeNotFound):
        client.delete_node(signer=operator)


@pytest.mark.parametrize(
    "words",
    [
        "gas limit below intrinsic gas",
        "sender has deployed code",
        'Internal("Requires higher than upper limit of 5")',
    ],
)
@pytest.mark.parametrize("message", ["VM execution error.", "Transaction execution error."])
def test_error_of_the_node_is_not_a_refusal_of_the_contract(
    client, proxy, operator, words, message
):
    """R04, R33, T11: the node's own message, also about its data."""
    proxy.inject(nodes.says_error(CALL, code=-32015, message=message, data=words))
    with pytest.raises(RpcRefused) as told:
        client.node(operator.address)
    assert words.split("(")[0] in str(told.value)


@pytest.mark.parametrize(
    "error",
    [
        {
            "code": -32015,
            "message": "Transaction execution error.",
            "data": "Internal(Requires higher)",
        },
        {"code": -32016, "message": "The execution failed due to an exception."},
        {"code": -32000, "message": "gas required exceeds allowance (5)"},
    ],
    ids=range(3),
)
def test_estimate_that_fails_by_itself_is_reported_with_what_to_do(
    client, proxy, devnet, operator, error
):
    """R33"""
    proxy.inject(nodes.says_error("eth_estimateGas", **error))
    call = dialect_of(devnet.deployment()).write(
        (SetNode(domain="https://a.example"),), each_alone=False
    )
    with pytest.raises(RpcRefused, match=r"set the gas limit") as told:
        ways.perform(client, GasEstimate(replace(call, sender=operator.address)))
    assert error.get("data", error["message"]).split("(")[0] in str(told.value)


def without(*names, **changes):
    def change(result):
        if isinstance(result, dict):
            result = {name: value for name, value in result.items() if name not in names} | changes
        return result

    return change


MISSING = [
    without("effectiveGasPrice"),
    *[
        without(effectiveGasPrice=odd)
        for odd in (None, "0x", "-0x1", "9", 9, 1.5, True, "", [], "0x" + "f" * 65)
    ],
]
IMPOSSIBLE = [without(effectiveGasPrice=odd) for odd in ("0x0", "0x00", hex(1 << 255))]


@pytest.mark.parametrize("change", MISSING, ids=range(len(MISSING)))
def test_price_missing_from_a_receipt_is_unknown(client, proxy, operator, change):
    """R11, R12: never 0."""
    outcome = client.set_node("https://a.example", signer=operator)
    proxy.inject(faults.answers("eth_getTransactionReceipt", change))
    receipt = ways.perform(client, ReceiptOf(outcome.tx_hash))
    assert receipt.succeeded
    assert receipt.gas_price_wei is None


@pytest.mark.parametrize("fee", ["new", "old"])
@pytest.mark.parametrize("change", MISSING[:3] + IMPOSSIBLE, ids=range(6))
def test_price_that_a_receipt_does_not_tell_is_computed(
    client, connect, proxy, operator, change, fee
):
    """R11, R12: what was paid is the price of the transaction, or that of its block and the tip."""
    if fee == "old":
        proxy.inject(faults.answers("eth_getBlockByNumber", without("baseFeePerGas")))
    outcome = client.set_node("https://a.example", signer=operator)
    proxy.heal()
    paid = ways.perform(client, ReceiptOf(outcome.tx_hash)).gas_price_wei
    assert paid > 0
    proxy.inject(faults.answers("eth_getTransactionReceipt", change))
    found = client.transactions.outcome_of(outcome.tx_hash).gas_price_wei
    assert found == paid if fee == "new" else found >= paid  # here, it pays no more than it has to


@pytest.mark.parametrize("gas", ["0x0", "0x5207", hex(30_000_001), hex(1 << 255)])
def test_estimate_that_no_transaction_can_have_sends_nothing(client, proxy, operator, account, gas):
    proxy.inject(faults.answers("eth_estimateGas", gas))
    with pytest.raises(BadAnswer, match=r"estimates [0-9]+ gas and a transaction takes 21000 to "):
        client.set_node("https://a.example", signer=operator)
    proxy.heal()
    assert not client.transactions.open(operator.address)
    client.set_node("https://a.example", signer=operator)
    assert account.paid_for(1)


def test_reserve_of_gas_does_not_exceed_a_block(client, proxy, operator):
    proxy.inject(faults.answers("eth_estimateGas", hex(29_000_000)))
    outcome = client.set_node("https://a.example", signer=operator)
    assert ways.perform(client, TransactionOf(outcome.tx_hash)).transaction.gas == 30_000_000


@pytest.mark.parametrize("count", [hex((1 << 64) - 1), hex(1 << 64), hex(1 << 255)])
def test_nonce_that_no_account_can_have_sends_nothing(client, proxy, operator, account, count):
    """EIP-2681"""
    proxy.inject(faults.answers("eth_getTransactionCount", count))
    with pytest.raises(BadAnswer, match="where a nonce was expected"):
        client.set_node("https://a.example", signer=operator)
    assert account.paid_for(0)


NO_GAS_PRICE = nodes.says_error("eth_gasPrice", code=-32601, message="Method not found")


def test_gas_price_is_not_needed_where_blocks_have_a_base_fee(client, proxy, operator, account):
    proxy.inject(NO_GAS_PRICE)
    client.set_node("https://a.example", signer=operator)
    assert account.paid_for(1)


def test_node_with_neither_a_base_fee_nor_a_gas_price_is_named(client, proxy, operator, account):
    async def neither(exchange):
        answers, asked = json.loads(await exchange.forward()), exchange.request
        pairs = zip(asked, answers, strict=True) if isinstance(asked, list) else [(asked, answers)]
        for one, answer in pairs:
            if one["method"] == "eth_gasPrice":
                del answer["result"]
                answer["error"] = {"code": -32601, "message": "Method not found"}
            elif one["method"] == "eth_getBlockByNumber":
                del answer["result"]["baseFeePerGas"]
        await exchange.reply(json.dumps(answers).encode())

    proxy.inject(neither)
    with pytest.raises(BadAnswer, match="neither a base fee nor a gas price"):
        client.set_node("https://a.example", signer=operator)
    assert account.paid_for(0)


NETHERMIND = without("chainId", "yParity")


def parity(told):
    v = int(told["v"], 16)
    return v if v < 2 else (v - 35) % 2


FORMS = {
    "as it is": lambda told: told,
    "R14": lambda told: NETHERMIND(told) | {"v": hex(27 + parity(told))},
    "R14 with a chain": lambda told: told | {"v": hex(27 + parity(told))},
    "R15": lambda told: without("yParity")(told) | {"raw": "0x", "condition": None},
    "R15 without a price": lambda told: without("gasPrice" if "maxFeePerGas" in told else "raw")(
        told
    ),
    "data": lambda told: without("input")(told) | {"data": told["input"]},
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
@pytest.mark.parametrize("fee", ["new", "old"])
def test_transaction_is_recognised_by_its_hash_however_it_is_reported(
    client, connect, proxy, operator, form, fee
):
    """R14, R15: and the same transaction is read."""
    if fee == "old":
        proxy.inject(faults.answers("eth_getBlockByNumber", without("baseFeePerGas")))
    outcome = client.set_node("https://a.example", signer=operator)
    proxy.heal()
    expected = ways.perform(client, TransactionOf(outcome.tx_hash))
    assert expected.sender == operator.address
    assert (expected.transaction.tip_per_gas_wei is None) == (fee == "old")
    proxy.inject(faults.answers("eth_getTransactionByHash", form))
    other = connect(proxy.url)
    found = ways.perform(other, TransactionOf(outcome.tx_hash))
    # Anvil keeps a mined transaction in its pool for a moment, and tells no block then.
    assert replace(found, block_number=None) == replace(expected, block_number=None)
    assert other.transactions.outcome_of(outcome.tx_hash).tx_hash == outcome.tx_hash


@pytest.mark.parametrize("name", ["to", "nonce", "input", "value", "gas", "r", "s"])
def test_transaction_that_is_another_one_is_refused(client, proxy, operator, name):
    outcome = client.set_node("https://a.example", signer=operator)

    def changed(told):
        return told | {name: "0x" + "12" * 20 if name in {"to", "input"} else "0x12"}

    proxy.inject(faults.answers("eth_getTransactionByHash", changed))
    with pytest.raises(BadAnswer, match="returned another transaction"):
        ways.perform(client, TransactionOf(outcome.tx_hash))


def test_calls_of_one_list_name_its_block_by_the_hash(client, proxy, devnet):
    """EIP-1898: a load balancer or a reorganisation in between changes nothing."""
    seen = []

    async def watch(exchange):
        seen.extend(exchange.request if isinstance(exchange.request, list) else [exchange.request])
        await exchange.reply(await exchange.forward())

    proxy.inject(watch)
    assert client.parties() == ()
    head = ways.perform(client, Head()).ref
    blocks = [one["params"][1] for one in seen if one["method"] == CALL]
    assert blocks
    assert all(block == {"blockHash": head.hash} for block in blocks)


@pytest.mark.parametrize(
    "error",
    [
        {"code": -32602, "message": "invalid argument 1: cannot unmarshal object into string"},
        {"code": -32602, "message": "Invalid params"},
        {"code": -32000, "message": "invalid type: map, expected a block number"},
    ],
    ids=range(3),
)
def test_node_that_knows_no_blocks_by_hash_is_asked_by_number(client, proxy, error):
    proxy.inject(nodes.only_if(nodes.by_hash, nodes.says_error(CALL, **error)))
    assert client.parties() == ()
    posts = proxy.posts
    assert client.parties() == ()
    assert proxy.posts - posts == 2


def test_replaced_block_is_not_requested_for_ever(client, proxy, devnet):
    snapshot = devnet.request("evm_snapshot")
    devnet.request("anvil_mine", "0x2")
    number = ways.perform(client, Head()).ref.number
    devnet.request("evm_revert", snapshot)
    devnet.request("anvil_mine", "0x3", "0x7")
    with pytest.raises(RpcRefused):
        client.parties(block=number)
    assert client.parties(block=number) == ()


def test_node_that_does_not_know_a_transaction_does_not_speak_for_the_others(
    connect, proxy, devnet, operator
):
    client = connect(proxy.url, devnet.rpc_url)
    tx_hash = client.set_node("https://a.example", signer=operator).tx_hash
    proxy.inject(faults.answers("eth_getTransactionByHash", None))
    assert ways.perform(client, TransactionOf(tx_hash)) is None
    first, second = ways.perform(client, FromEach(TransactionOf(tx_hash)))
    assert first is None
    assert second.sender == operator.address


def test_limit_that_counts_each_question_of_a_batch_is_waited_out(client, proxy, devnet):
    """A provider with a limit of calls per second answers the first ones and refuses the rest."""
    left = [20]

    async def meter(exchange):
        answer = json.loads(await exchange.forward())
        for response in answer if isinstance(answer, list) else [answer]:
            left[0] -= 1
            if left[0] < 0:
                response.pop("result")
                response["error"] = {"code": -32005, "message": "rate limited"}
        left[0] = 20
        await exchange.reply(json.dumps(answer).encode())

    number = ways.perform(client, Head()).ref.number
    owner = Call(devnet.registry_address, selector("owner()"), bytes, block=number)
    expected = ways.perform(client, owner)
    proxy.inject(meter)
    assert ways.perform(client, all_of((owner,) * 100)) == (expected,) * 100


def test_events_and_their_blocks_are_asked_for_together(client, proxy, devnet):
    """Events and surrounding blocks are one request, which shows that no block changed."""
    head = ways.perform(client, Head())
    proxy.inject(nodes.says_error("eth_getLogs", code=-32005, message="rate limited"), times=1)
    asked = together(Head(), Logs((devnet.registry_address,), 0, 1), Head())
    before, logs, after = ways.perform(client, asked)
    assert before == after == head
    assert logs
    assert proxy.asked["eth_getBlockByNumber"] == 5


HALTS = (
    "EVM error InvalidFEOpcode",
    "EVM error: OutOfGas",
    "invalid opcode: INVALID",
    "out of gas",
    "stack limit reached 1024 (1023)",
    "write protection",
    "INVALID_OPERATION",
    "StackUnderflow",
    "Mutable Call In Static Context",
)


@pytest.mark.parametrize("words", HALTS)
def test_contract_that_breaks_the_rules_has_refused(client, proxy, operator, words):
    """A wallet that does so when it checks a signature does not prevent other writes."""
    proxy.inject(nodes.says_error("eth_call", code=-32603, message=words))
    with pytest.raises(UnknownRevert):
        client.node(operator.address)
