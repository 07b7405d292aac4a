"""The HTTP transport, against a real server on loopback that misbehaves as nodes do."""

import asyncio
import json
import re
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from ocn_registry_ports import free_port

from ocn_registry import (
    AsyncHttpTransport,
    BadAnswer,
    HttpTransport,
    InvalidInput,
    RpcRefused,
    RpcTimeout,
    RpcUnavailable,
    UnknownRevert,
    WrongChain,
)
from ocn_registry import contract_errors as errors
from ocn_registry.dialects.v3.errors import refuse
from ocn_registry.evm.keccak import selector
from ocn_registry.evm.transactions import SignedTransaction
from ocn_registry.models import Address
from ocn_registry.protocol.effects import (
    Arrival,
    Balance,
    BlockAt,
    Call,
    FromEach,
    GasEstimate,
    Handover,
    Head,
    HeaderAt,
    ReceiptOf,
    Send,
    TransactionCount,
    all_of,
    together,
)

ACCOUNT = Address("0x" + "ab" * 20)
SEND = Send(SignedTransaction(b"\x02raw"))
NO_ROLES = "0x" + selector(errors.NoRoles.signature).hex()


class Node:
    """An RPC node that answers by method, or with what `reply` returns for a request's body."""

    def __init__(self):
        self.results = {"eth_chainId": "0x7a69", "eth_getBalance": "0x10"}
        self.errors = {}
        self.asked = []
        self.connections = set()
        self.headers = {}
        self.reply = None
        self.status = 200
        node = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                node.connections.add(self.client_address)
                node.headers = dict(self.headers)
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                node.asked.append(body)
                content = node.reply(self, body) if node.reply else node.answer(body)
                if content is None:
                    self.close_connection = True
                    return
                self.send_response(node.status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.handle_error = lambda *_: None  # clients hang up on purpose
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def one(self, request):
        answer = {"jsonrpc": "2.0", "id": request["id"]}
        if request["method"] in self.errors:
            return {**answer, "error": self.errors[request["method"]]}
        return {**answer, "result": self.results.get(request["method"])}

    def answer(self, body):
        made = [self.one(one) for one in body][::-1] if isinstance(body, list) else self.one(body)
        return json.dumps(made).encode()

    def methods(self):
        flat = [one for body in self.asked for one in (body if isinstance(body, list) else [body])]
        return [one["method"] for one in flat]

    def close(self):
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def node():
    node = Node()
    yield node
    node.close()


@pytest.fixture
def other_node():
    node = Node()
    node.results["eth_getBalance"] = "0x99"
    yield node
    node.close()


@pytest.fixture
def transport(node):
    transport = HttpTransport([node.url], chain_id=31337, timeout_s=60)
    yield transport
    transport.close()


@pytest.fixture
def closed_port():
    return f"http://127.0.0.1:{free_port()}"


def call(data=b"\x01"):
    return Call(ACCOUNT, data, lambda answer: answer, refuse)


def test_one_read_is_one_request_on_one_connection(node, transport):
    for _ in range(5):
        assert transport.perform(Balance(ACCOUNT)) == 16
    assert len(node.asked) == 5
    assert len(node.connections) == 1
    assert node.methods().count("eth_chainId") == 1


def test_other_work_runs_once_while_the_first_answer_is_pending(node):
    done, works = threading.Event(), []

    def answer_after_the_work(_handler, body):
        return node.answer(body) if done.wait(timeout=60) else None

    def work():
        works.append(1)
        done.set()

    node.reply = answer_after_the_work
    patient = HttpTransport([node.url], timeout_s=60)
    patient.meanwhile = work
    assert [patient.perform(Balance(ACCOUNT)) for _ in range(2)] == [16, 16]
    assert works == [1]
    patient.close()


def test_each_thread_keeps_its_own_connection(node, transport, caplog):
    here = threading.Barrier(4)

    def together_with_others(_handler, body):
        here.wait(timeout=120)
        return node.answer(body)

    node.reply = together_with_others
    with ThreadPoolExecutor(4) as threads:
        for _ in range(3):
            list(threads.map(transport.perform, [Balance(ACCOUNT)] * 4))
    assert len(node.connections) == 4
    assert not caplog.records  # urllib3 warns of dropped connections


def test_several_reads_are_one_request_and_come_back_in_order(node, transport):
    node.results["eth_getTransactionCount"] = "0x5"
    effect = together(all_of((Balance(ACCOUNT),) * 2), TransactionCount(ACCOUNT))
    assert transport.perform(effect) == ((16, 16), 5)
    assert len(node.asked) == 1


def test_node_without_batches_is_asked_one_by_one(node, transport):
    def reply(_, body):
        if isinstance(body, list):
            return b'{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"no batches"}}'
        return node.answer(body)

    node.reply = reply
    assert transport.perform(all_of((Balance(ACCOUNT),) * 3)) == (16,) * 3
    assert transport.perform(all_of((Balance(ACCOUNT),) * 2)) == (16,) * 2


def test_wrong_chain_is_reported_before_an_answer_is_used(node, transport):
    node.results["eth_chainId"] = "0xf6"
    with pytest.raises(WrongChain) as error:
        transport.perform(Balance(ACCOUNT))
    assert (error.value.expected, error.value.got) == (31337, 246)


def test_nothing_is_sent_to_a_wrong_chain(node, transport):
    node.results["eth_chainId"] = "0xf6"
    with pytest.raises(WrongChain):
        transport.perform(SEND)
    assert "eth_sendRawTransaction" not in node.methods()


def test_read_goes_to_the_next_node(node, closed_port):
    transport = HttpTransport([closed_port, node.url], chain_id=31337)
    assert transport.perform(Balance(ACCOUNT)) == 16
    assert transport.perform(Balance(ACCOUNT)) == 16


def test_send_goes_to_only_one_node(node, other_node):
    node.status = 503
    transport = HttpTransport([node.url, other_node.url], timeout_s=60)
    assert transport.perform(SEND).arrival is Arrival.UNANSWERED
    assert other_node.asked == []


def test_send_goes_to_the_next_node_if_nothing_left_this_machine(node, closed_port):
    node.results["eth_sendRawTransaction"] = SEND.transaction.tx_hash
    transport = HttpTransport([closed_port, node.url], timeout_s=60)
    assert transport.perform(SEND) == Handover(arrival=Arrival.ACCEPTED)


def test_unreachable_node_is_reported(closed_port):
    transport = HttpTransport([closed_port], timeout_s=1)
    with pytest.raises(RpcUnavailable, match="check the URL"):
        transport.perform(Balance(ACCOUNT))
    assert transport.perform(SEND).arrival is Arrival.UNSENT
    assert "check the URL" in str(transport.perform(SEND).error)


def test_each_node_is_asked_and_available_answers_are_used(node, other_node, closed_port):
    transport = HttpTransport([node.url, closed_port, other_node.url], retries=0)
    assert transport.perform(FromEach(Balance(ACCOUNT))) == (0x10, 0x99)
    transport = HttpTransport([closed_port], retries=0)
    with pytest.raises(RpcUnavailable):
        transport.perform(FromEach(Balance(ACCOUNT)))


@pytest.mark.parametrize(
    ("status", "says"),
    [
        (301, "give that URL"),
        (400, "is that the URL of an RPC node?"),
        (401, "give its key, in the URL or as a header"),
        (403, "give its key, in the URL or as a header, or have the node allow this host"),
        (404, "is that the URL of an RPC node?"),
        (429, "try again later, or another node"),
        (500, "try again later, or another node"),
        (503, "try again later, or another node"),
    ],
)
def test_http_error_is_unavailable(node, transport, status, says):
    node.status = status
    with pytest.raises(RpcUnavailable, match=rf"\(HTTP {status}\): .*{re.escape(says)}$"):
        transport.perform(Balance(ACCOUNT))


def test_node_without_tls_is_reported(node):
    transport = HttpTransport([node.url.replace("http:", "https:")], retries=0)
    with pytest.raises(RpcUnavailable, match="check that it speaks https"):
        transport.perform(Balance(ACCOUNT))


def reset(handler, _):
    handler.connection.shutdown(socket.SHUT_RDWR)


def half(handler, _):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")


def slow(handler, _):
    handler.connection.settimeout(60)
    handler.connection.recv(1)  # until the client hangs up


def dripping(handler, _):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    for _ in range(600):  # or until the client hangs up
        handler.wfile.write(b" ")
        time.sleep(0.1)


@pytest.mark.parametrize(
    ("reply", "error"),
    [(reset, RpcUnavailable), (half, RpcUnavailable), (slow, RpcTimeout), (dripping, RpcTimeout)],
)
def test_broken_answers_raise_the_right_error(node, reply, error):
    transport = HttpTransport([node.url], timeout_s=0.5)
    node.reply = reply
    with pytest.raises(error):
        transport.perform(Balance(ACCOUNT))
    handover = transport.perform(SEND)
    assert handover.arrival is Arrival.UNANSWERED
    assert isinstance(handover.error, error)
    assert node.methods().count("eth_sendRawTransaction") == 1


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html>",
        b"[]",
        b"5",
        b"[" * 100_000,
        b"[1,2]",
        b"\xff",
        b"1" * 5000,
        b'{"jsonrpc":"2.0","id":1,"result":"0xzz"}',
        b'{"jsonrpc":"2.0","id":1,"result":{"a":1}}',
        b'{"jsonrpc":"2.0","id":1,"result":"0x' + b"f" * 65 + b'"}',
    ],
)
def test_nonsense_is_a_bad_answer(node, content):
    node.reply = lambda *_: content
    transport = HttpTransport([node.url])
    for effect in (Balance(ACCOUNT), all_of((Balance(ACCOUNT),) * 2)):
        with pytest.raises(BadAnswer) as error:
            transport.perform(effect)
        assert str(error.value).isprintable()


def test_megabytes_are_refused(node):
    node.reply = lambda *_: b" " * 3_000_000
    transport = HttpTransport([node.url], max_answer_bytes=1_000_000)
    with pytest.raises(BadAnswer, match="more than 1000000 bytes"):
        transport.perform(Balance(ACCOUNT))


def test_answers_to_other_questions_are_refused(node, transport):
    node.reply = lambda *_: b'[{"id":1,"result":"0x1"},{"id":1,"result":"0x1"}]'
    with pytest.raises(BadAnswer):
        transport.perform(Balance(ACCOUNT))


@pytest.mark.parametrize(
    "error",
    [
        {"code": 3, "message": "execution reverted", "data": NO_ROLES},
        {"code": -32000, "message": "x", "data": {"data": NO_ROLES}},
        {"code": -32015, "message": "VM execution error.", "data": f"Reverted {NO_ROLES}"},
    ],
)
@pytest.mark.parametrize("ask", [call, lambda: GasEstimate(call())])
def test_reverts_of_every_kind_of_node_are_the_contracts_error(node, transport, error, ask):
    node.errors = {"eth_call": error, "eth_estimateGas": error}
    with pytest.raises(errors.NoRoles):
        transport.perform(ask())


def test_revert_without_data_is_unknown(node, transport):
    node.errors["eth_call"] = {"code": -32000, "message": "execution reverted"}
    with pytest.raises(UnknownRevert):
        transport.perform(call())


@pytest.mark.parametrize("error", [{"code": -32005, "message": "\x1b[2Jlimit"}, {}, {"message": 5}])
def test_refusal_is_reported_with_escaped_text(node, transport, error):
    node.errors["eth_getBalance"] = error
    with pytest.raises(RpcRefused) as refused:
        transport.perform(Balance(ACCOUNT))
    assert str(refused.value).isprintable()


def test_malformed_error_is_a_bad_answer(node, transport):
    node.errors["eth_getBalance"] = 7
    with pytest.raises(BadAnswer):
        transport.perform(Balance(ACCOUNT))


@pytest.mark.parametrize("says", ["already known", "nonce too low", "FeeTooLow", ""])
def test_message_of_a_node_about_a_transaction_decides_nothing(node, transport, says):
    node.errors["eth_sendRawTransaction"] = {"code": -32000, "message": says}
    handover = transport.perform(SEND)
    assert handover.arrival is Arrival.ANSWERED
    assert repr(says) in str(handover.error)


@pytest.mark.parametrize("result", [None, "0x", "0x" + "00" * 32, 5])
def test_only_the_hash_of_a_transaction_is_an_acceptance(node, transport, result):
    node.results["eth_sendRawTransaction"] = result
    assert transport.perform(SEND).arrival is Arrival.UNANSWERED
    node.results["eth_sendRawTransaction"] = SEND.transaction.tx_hash
    assert transport.perform(SEND).arrival is Arrival.ACCEPTED


BLOCK = {"number": "0xa", "hash": "0x" + "aa" * 32, "timestamp": "0x5"}


def test_head_knows_its_base_fee_if_there_is_one(node, transport):
    node.results["eth_getBlockByNumber"] = BLOCK
    assert transport.perform(Head()).base_fee_wei is None
    node.results["eth_getBlockByNumber"] = BLOCK | {"baseFeePerGas": "0x7"}
    assert transport.perform(Head()).base_fee_wei == 7
    node.results["eth_getBlockByNumber"] = None
    assert transport.perform(BlockAt(10)) is None


def test_time_beyond_any_date_is_a_bad_answer(node, transport):
    node.results["eth_getBlockByNumber"] = BLOCK | {"timestamp": hex(253_402_300_799)}
    assert transport.perform(Head()).ref.to_dict()["time"] == "9999-12-31T23:59:59Z"
    node.results["eth_getBlockByNumber"] = BLOCK | {"timestamp": hex(253_402_300_800)}
    with pytest.raises(BadAnswer, match="where a time was expected"):
        transport.perform(Head())


TRANSACTION = "0x" + "0c" * 32
RECEIPT = {
    "transactionHash": TRANSACTION,
    "status": "0x1",
    "blockNumber": "0xa",
    "blockHash": "0x" + "aa" * 32,
    "gasUsed": "0x5208",
    "effectiveGasPrice": "0x9",
    "logs": [{"address": ACCOUNT, "topics": ["0x" + "01" * 32], "data": "0x"}],
}


def test_receipt_of_a_pending_transaction_is_none(node, transport):
    assert transport.perform(ReceiptOf(TRANSACTION)) is None
    node.results["eth_getTransactionReceipt"] = RECEIPT | {"blockNumber": None}
    assert transport.perform(ReceiptOf(TRANSACTION)) is None


def test_receipt_reports_cost_and_events(node, transport):
    node.results["eth_getTransactionReceipt"] = RECEIPT
    receipt = transport.perform(ReceiptOf(TRANSACTION))
    assert receipt.succeeded
    assert receipt.gas_used * receipt.gas_price_wei == 21_000 * 9
    assert receipt.logs[0].address == ACCOUNT


@pytest.mark.parametrize(
    "change",
    [
        {"logs": None},
        {"logs": [5]},
        {"logs": [{"topics": "x"}]},
        {"status": None},
        {"blockHash": "0x1"},
        {"transactionHash": None},
        {"transactionHash": "0x" + "0d" * 32},  # of another one
    ],
)
def test_receipt_without_its_parts_is_a_bad_answer(node, transport, change):
    node.results["eth_getTransactionReceipt"] = RECEIPT | change
    with pytest.raises(BadAnswer):
        transport.perform(ReceiptOf(TRANSACTION))


@pytest.mark.parametrize("ask", [BlockAt, HeaderAt])
def test_block_with_another_number_is_a_bad_answer(node, transport, ask):
    node.results["eth_getBlockByNumber"] = BLOCK
    assert transport.perform(ask(10))
    with pytest.raises(BadAnswer, match="in place of block 11"):
        transport.perform(ask(11))


def test_headers_are_sent_and_never_shown(node):
    transport = HttpTransport([node.url + "/secret"], headers={"Authorization": "Bearer secret"})
    transport.perform(Balance(ACCOUNT))
    assert node.headers["Authorization"] == "Bearer secret"
    node.status = 500
    with pytest.raises(RpcUnavailable) as error:
        transport.perform(Balance(ACCOUNT))
    assert "secret" not in str(error.value)
    assert "secret" not in repr(transport)


@pytest.mark.parametrize("urls", [[], "http://x", ["ftp://x"], ["x"], [""], ["http://"]])
def test_invalid_url_is_refused(urls):
    with pytest.raises(InvalidInput):
        HttpTransport(urls)


@pytest.mark.parametrize("proxy", ["", "proxy:3128", "ftp://proxy", "http://"])
def test_proxy_that_is_not_a_url_is_refused(proxy):
    with pytest.raises(InvalidInput, match="the proxy is not a valid URL"):
        HttpTransport(["http://node.example"], proxy=proxy)


def test_unreachable_proxy_is_named_without_its_password(closed_port):
    proxy = closed_port.replace("http://", "http://user:secret@")
    transport = HttpTransport(["http://node.example"], proxy=proxy, retries=0)
    with pytest.raises(RpcUnavailable) as error:
        transport.perform(Balance(ACCOUNT))
    assert f"http://node.example (by the proxy {closed_port})" in str(error.value)
    assert "secret" not in str(error.value)


def test_proxy_is_used(node):
    transport = HttpTransport(["http://node.invalid:1234"], proxy=node.url)
    assert transport.perform(Balance(ACCOUNT)) == 16


def test_closed_client_says_so(node):
    transport = HttpTransport([node.url])
    assert transport.perform(Balance(ACCOUNT)) == 16
    transport.close()
    transport.close()
    with pytest.raises(InvalidInput, match="is closed: create another"):
        transport.perform(Balance(ACCOUNT))


def test_closed_async_client_says_so(node):
    async def use():
        transport = AsyncHttpTransport([node.url])
        assert await transport.perform(Balance(ACCOUNT)) == 16
        await transport.close()
        with pytest.raises(InvalidInput, match="is closed: create another"):
            await transport.perform(Balance(ACCOUNT))

    asyncio.run(use())


def test_async_client_of_another_event_loop_says_so(node):
    transport = AsyncHttpTransport([node.url])
    first = asyncio.new_event_loop()
    first.run_until_complete(transport.perform(Balance(ACCOUNT)))
    with pytest.raises(InvalidInput, match="a client in each event loop"):
        asyncio.run(transport.perform(Balance(ACCOUNT)))
    first.run_until_complete(transport.close())
    first.close()
