"""The worst input costs time in proportion to its size, and blocks nothing else.

What is asserted is work, not seconds: nothing is made of what is beyond the limits, time limits add
up to one, and an event loop's thread parses nothing long.
"""

import asyncio
import contextlib
import gzip
import itertools
import json
import socket
import threading
import time
from dataclasses import replace
from types import SimpleNamespace

import pytest

from ocn_registry import BadAnswer, InvalidInput, RpcTimeout
from ocn_registry.client.connect import deployment_of
from ocn_registry.foreign import hosts, limits, strict_json
from ocn_registry.migration import files
from ocn_registry.migration.files import from_json as read_snapshot
from ocn_registry.models import Address
from ocn_registry.networks import from_json as read_network
from ocn_registry.protocol.effects import (
    Balance,
    Call,
    ChainId,
    Head,
    Logs,
    ReceiptOf,
    Together,
    TransactionOf,
    run,
    run_async,
)
from ocn_registry.relay import event_stream
from ocn_registry.relay.client import RelayClient
from ocn_registry.relay.event_stream import RelayUnavailable
from ocn_registry.signing.documents import read_object
from ocn_registry.transport import attempts, http_answers, http_wire, replies
from ocn_registry.transport.http_async import AsyncHttpTransport
from ocn_registry.transport.http_sync import HttpTransport
from ocn_registry.transport.local_async import AsyncLocalEffects
from ocn_registry.transport.replies import HttpReply, NoReply
from ocn_registry.transport.rpc_pool import Nodes, Post

ACCOUNT = Address("0x" + "ab" * 20)
CALL = Call(ACCOUNT, b"\1\2\3\4", lambda answer: answer)
# Each is repeated to reach a given size.
PARTS = {
    "lists": b"[],",
    "objects": b"{},",
    "nested": b"[[[[[[[[]]]]]]]],",
    "pairs": b'{"a":{}},',
    "texts": b'"",',
    "numbers": b"1,",
    "nulls": b"null,",
}
SIZES = [100_000, 1_000_000, 12_000_000]


def worst(part, size):
    return b"[" + PARTS[part] * (size // len(PARTS[part])) + b"0]"


@pytest.fixture
def made(monkeypatch):
    """Count how often a parser is asked to make objects."""
    made = []
    decoder = strict_json._decoder

    def counted(*hooks):
        made.append(hooks)
        return decoder(*hooks)

    monkeypatch.setattr(strict_json, "_decoder", counted)
    return made


def answered(effect, content, *, coding=None):
    """Return the answer to a request with this content."""

    def perform(one):
        if isinstance(one, Post):
            return HttpReply(status=200, content=content, coding=coding)
        return one.task()

    nodes = Nodes(["http://node.example"], chain_id=None, retries=0)
    return run(nodes.ask(effect), perform)


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    "effect", [CALL, Balance(ACCOUNT), ChainId()], ids=lambda one: type(one).__name__
)
def test_answer_of_many_parts_makes_no_objects_where_one_value_was_asked_for(
    made, part, size, effect
):
    for content in (
        worst(part, size),
        b'{"jsonrpc":"2.0","id":1,"result":' + worst(part, size) + b"}",
        b'{"jsonrpc":"2.0","id":1,"error":{"code":1,"data":' + worst(part, size) + b"}}",
    ):
        with pytest.raises(BadAnswer, match=r"parts|nested"):
            answered(effect, content)
    assert made == []


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize(
    "effect",
    [Head(), ReceiptOf("0x"), TransactionOf("0x"), Logs((ACCOUNT,), 0, 1), Together((CALL,) * 500)],
    ids=lambda one: type(one).__name__,
)
def test_answer_of_more_parts_than_the_longest_of_its_kind_makes_no_objects(made, part, effect):
    with pytest.raises(BadAnswer, match=r"parts|nested"):
        answered(effect, worst(part, 20_000_000))
    assert made == []


@pytest.mark.parametrize("effect", [CALL, Logs((ACCOUNT,), 0, 1)], ids=["call", "logs"])
def test_bomb_is_not_unpacked(made, effect):
    bomb = gzip.compress(b" " * 60_000_000, compresslevel=1)
    with pytest.raises(BadAnswer, match="unpacked to more than"):
        answered(effect, bomb)
    assert made == []


READERS = {
    "request": read_object,
    "network": read_network,
    "snapshot": read_snapshot,
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("part", PARTS)
def test_documents_beyond_their_limits_make_no_objects(made, monkeypatch, reader, part):
    few = replace(limits.SNAPSHOT_FILE, max_items=1000, max_digits=78)  # as many would take minutes
    monkeypatch.setattr(files, "SNAPSHOT_FILE", few)
    for text in (worst(part, 65_000), b"[" * 50_000, b"9" * 60_000):
        with pytest.raises(InvalidInput) as refused:
            READERS[reader](text)
        assert len(str(refused.value)) < 500
    assert made == []


@pytest.mark.parametrize("what", ["/dev/zero.json", "{}/pipe.json", "{}/folder.json"])
def test_network_that_is_not_a_file_is_refused_at_once(tmp_path, what):
    import os  # noqa: PLC0415 - only here

    os.mkfifo(tmp_path / "pipe.json")
    (tmp_path / "folder.json").mkdir()
    with pytest.raises(InvalidInput):
        deployment_of(what.format(tmp_path))


def test_event_loop_parses_and_decodes_nothing_long(monkeypatch):
    threads = {"parse": set(), "decode": set()}
    parse = replies.parse_json

    def seen(*given, **named):
        threads["parse"].add(threading.current_thread())
        return parse(*given, **named)

    def decode(answer):
        threads["decode"].add(threading.current_thread())
        return len(answer)

    monkeypatch.setattr(replies, "parse_json", seen)
    here = AsyncLocalEffects()

    async def perform(effect):
        if isinstance(effect, Post):
            return HttpReply(status=200, content=content)
        return await here.perform(effect)

    def ask(size):
        nodes = Nodes(["http://node.example"], chain_id=None)
        return asyncio.run(run_async(nodes.ask(Call(ACCOUNT, b"", decode)), perform))

    content = b'{"jsonrpc":"2.0","id":1,"result":"0x' + b"00" * 20_000_000 + b'"}'
    assert ask(content) == 20_000_000
    assert threading.main_thread() not in threads["parse"] | threads["decode"]
    content = b'{"jsonrpc":"2.0","id":1,"result":"0x00"}'
    assert ask(content) == 1  # a thread would cost more than it saves
    assert threading.main_thread() in threads["parse"] & threads["decode"]


class Clock:
    """A clock that advances only when something waits."""

    def __init__(self, monkeypatch):
        self.now = 1000.0
        fake = SimpleNamespace(monotonic=lambda: self.now)
        monkeypatch.setattr(http_answers, "time", fake)
        monkeypatch.setattr(hosts, "time", fake)


class DeadSocket:
    """A socket that never connects and uses up its time limit."""

    def __init__(self, clock):
        self._clock = clock
        self._timeout_s = None

    def settimeout(self, timeout_s):
        self._timeout_s = timeout_s

    def connect(self, _):
        self._clock.now += self._timeout_s
        raise TimeoutError

    def close(self):
        pass


@pytest.mark.parametrize("addresses", [1, 8, 100])
def test_addresses_of_one_host_share_the_time_limit(monkeypatch, addresses):
    clock = Clock(monkeypatch)
    found = [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", (f"192.0.2.{i}", 80)) for i in range(addresses)
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    monkeypatch.setattr(socket, "socket", lambda *_: DeadSocket(clock))
    target = http_wire.Target("http://node.example", {})
    with pytest.raises(TimeoutError):
        target.connect(clock.now + 10)
    assert clock.now <= 1010.001


def test_name_lookup_ends_at_the_time_limit(monkeypatch):
    ended = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: ended.wait(600) and [])
    try:
        target = http_wire.Target("http://node.example", {})
        with pytest.raises(TimeoutError):
            target.connect(time.monotonic() + 0.05)
    finally:
        ended.set()


@pytest.mark.parametrize("refuses", ["batches", "nothing"])
def test_a_node_without_batches_does_not_extend_the_time_limit(refuses):
    """A node may refuse batches until each request comes alone, and then answer slowly."""
    waited = []

    def perform(effect):
        questions = json.loads(effect.body)
        waited.append(effect.timeout_s)
        if refuses == "batches" and isinstance(questions, list):
            return HttpReply(status=413, content=b"{}", took_s=effect.timeout_s * 0.9)
        one = questions if isinstance(questions, dict) else questions[0]
        answer = {"jsonrpc": "2.0", "id": one["id"], "result": "0x"}
        took_s = effect.timeout_s * 0.9
        return HttpReply(status=200, content=json.dumps(answer).encode(), took_s=took_s)

    nodes = Nodes(["http://node.example"], chain_id=None, timeout_s=10.0, retries=0)
    with pytest.raises((RpcTimeout, BadAnswer)):
        run(nodes.ask(Together((CALL,) * 500)), perform)
    assert sum(waited) * 0.9 <= 10.0 * attempts.PATIENCE


@pytest.mark.parametrize("urls", [1, 3, 8])
def test_urls_share_the_time_limit_of_a_question(urls):
    given = []

    def perform(effect):
        given.append(effect.timeout_s)
        return NoReply(error=RpcTimeout("slow"), arrived=True, took_s=effect.timeout_s)

    nodes = Nodes([f"http://n{i}.example" for i in range(urls)], chain_id=None, timeout_s=10.0)
    with pytest.raises(RpcTimeout):
        run(nodes.ask(Balance(ACCOUNT)), perform)
    assert len(given) == urls
    assert sum(given) == pytest.approx(10.0)


class DrippingSocket:
    """A socket that returns one byte at a time, for ever."""

    def __init__(self, clock, content):
        self._clock = clock
        self._content = content
        self._at = 0

    def settimeout(self, _):
        pass

    def recv(self, _):
        self._clock.now += 0.5
        self._at += 1
        return self._content[self._at % len(self._content) :][:1]


@pytest.mark.parametrize(
    "content",
    [
        b"HTTP/1.1 200 OK\r\nX: y\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n \r\n",
        b"x",
    ],
    ids=range(4),
)
def test_answer_that_drips_ends_at_the_time_limit(monkeypatch, content):
    clock = Clock(monkeypatch)
    with pytest.raises((TimeoutError, http_answers.WireError)):
        http_answers.receive(DrippingSocket(clock, content), clock.now + 60, 1 << 20)
    assert clock.now <= 1060.5


def test_all_requests_together_end_at_the_total_limit():
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(100)
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        transport = HttpTransport([url], total_s=0.1)  # a single request may take 10 s
        for _ in range(100):
            with pytest.raises(RpcTimeout):
                transport.perform(Head())
        with pytest.raises(RpcTimeout):
            asyncio.run(_asked_all(url))


async def _asked_all(url):
    transport = AsyncHttpTransport([url], total_s=0.1)
    try:
        await transport.perform(Head())
    finally:
        await transport.close()


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 202\r\n\r\n{", b"}"),
        (b"HTTP/1.1 200 OK\r\nX-Drip: ", b"\r\nContent-Length: 2\r\n\r\n{}"),
    ],
    ids=["body", "head"],
)
def test_relay_that_drips_ends_at_the_time_limit(start, end):
    ended = threading.Event()

    def drip(server):
        connection, _ = server.accept()
        with connection, contextlib.suppress(OSError):
            connection.recv(1 << 16)
            connection.sendall(start)
            for _ in range(200):  # each within the limit, together far beyond it
                if ended.wait(0.05):
                    return
                connection.sendall(b" ")
            connection.sendall(end)

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=drip, args=(server,))
        thread.start()
        client = RelayClient(f"http://127.0.0.1:{server.getsockname()[1]}", timeout_s=0.5)
        try:
            with client, pytest.raises(RelayUnavailable, match="does not answer in time"):
                client.allowance("0x" + "12" * 20)
        finally:
            ended.set()
            with contextlib.suppress(OSError):  # for one who gave up before it had connected
                socket.create_connection(server.getsockname(), 1).close()
            thread.join()


STREAM = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
EVENT = b'event: block\nid: 1-2.ab\ndata: {"number": 7}\n\n'


def chunk(content):
    return b"%x\r\n%b\r\n" % (len(content), content)


@contextlib.contextmanager
def relay(*answers):
    """Serve a relay: each answer to a connection in turn, the last one to all that follow.

    An answer is the bytes at once, or one by one, for as long as the connection is open.
    """
    ended, heads = threading.Event(), []

    def serve(server):
        with contextlib.suppress(OSError):
            for number in itertools.count():
                connection, _ = server.accept()
                with connection, contextlib.suppress(OSError):
                    heads.append(connection.recv(1 << 16))
                    for part in answers[min(number, len(answers) - 1)]:
                        connection.sendall(part)
                        if ended.wait(0.02):
                            return
                if ended.is_set():
                    return

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve, args=(server,))
        thread.start()
        port = server.getsockname()[1]
        try:
            yield RelayClient(f"http://127.0.0.1:{port}", timeout_s=30), heads
        finally:
            ended.set()
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", port), 1).close()
            thread.join()


@pytest.mark.parametrize(
    ("start", "again"),
    [
        (STREAM + b"fffff\r\n", b":"),
        (STREAM, chunk(b":")),
        (b"HTTP/1.1 200 OK\r\n\r\n", b":"),
    ],
    ids=["in-a-chunk", "in-chunks", "without-chunks"],
)
def test_a_relay_that_drips_and_sends_no_event_is_asked_again(monkeypatch, start, again):
    monkeypatch.setattr(event_stream, "_SILENCE_S", 0.2)
    drips = itertools.chain([start], itertools.repeat(again))
    with relay(drips, [STREAM + chunk(EVENT[:9]) + chunk(EVENT[9:])]) as (followed, heads):
        event = next(followed.follow())
        assert (event.id, event.kind, event.data) == ("1-2.ab", "block", {"number": 7})
        assert len(heads) > 1


def test_event_id_of_a_relay_can_not_inject_a_header():
    bad = EVENT.replace(b"1-2.ab", b"1\rX-Bad: 1")
    with relay([STREAM + chunk(bad)], [STREAM + chunk(EVENT)]) as (followed, heads):
        events = followed.follow()
        assert next(events).id == ""
        assert next(events).id == "1-2.ab"
        assert b"Bad" not in heads[1]
        with pytest.raises(InvalidInput, match="not the id of an event"):
            next(followed.follow(after="1\rX-Bad: 1"))
    with pytest.raises(InvalidInput, match="key"):
        RelayClient("https://relay.example", key="k\r\nX-Bad: 1")


@pytest.mark.parametrize("url", ["https://relay.example:99999", "https://rel ay.example"])
def test_invalid_relay_url_is_refused(url):
    with pytest.raises(InvalidInput, match="not a valid relay URL"):
        RelayClient(url)


def test_events_are_read_from_a_stream_in_any_parts():
    stream = b": keep-alive\n\n" + EVENT * 3
    for size in range(1, len(stream)):
        parts = [stream[at : at + size] for at in range(0, len(stream), size)]
        assert [one.data for one in event_stream.read_events(parts)] == [{"number": 7}] * 3
    with pytest.raises(RelayUnavailable, match="longer than"):
        list(event_stream.read_events([b"data: "] + [b"x"] * (1 << 20)))
