"""Vouching: reading a host's document, and that contacting unknown hosts does no harm."""

import http.server
import json
import socket
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import jsonschema
import pytest

import ocn_registry
from ocn_registry import CacheOptions, RegistryCache
from ocn_registry.errors import InvalidInput
from ocn_registry.models import Address, Node, Party, PartyId, Role
from ocn_registry.networks import built_in
from ocn_registry.testing.kit import RegistryKit
from ocn_registry.vouching import (
    DOCUMENT_PATH,
    NODE_INFO_PATH,
    FetchFailed,
    FetchOptions,
    check_node,
    check_party,
    document_for,
    fetch,
)
from ocn_registry.vouching.background import Verdicts, VouchingOptions
from ocn_registry.vouching.documents import read_document
from ocn_registry.vouching.fetch import is_public

HERE = built_in("local")
OPERATOR, OTHER = Address("0x" + "11" * 20), Address("0x" + "22" * 20)
DE_CPO = PartyId("DE", "CPO")
OPEN = FetchOptions(allow_http=True, allow_private=True)
SCHEMA = json.loads(
    (Path(ocn_registry.__file__).parent / "schemas" / "vouching.schema.json").read_text()
)


@pytest.fixture
def host():
    """Yield a host with `pages[path] = (status, headers, content)` and its received requests."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            server.asked.append((self.path, dict(self.headers)))
            status, headers, content = server.pages.get(self.path, (404, {}, b""))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.pages, server.asked = {}, []
    server.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def place(host, document, path=DOCUMENT_PATH):
    content = document if isinstance(document, bytes) else json.dumps(document).encode()
    host.pages[path] = (200, {}, content)


# --- reading documents ----------------------------------------------------------------------------


def document(**changes):
    parts = {"operator": OPERATOR, "parties": [(DE_CPO, OTHER)], "name": "Example GmbH"}
    return document_for(HERE.chain_id, HERE.registry, **parts | changes)


def test_documents_match_the_schema_and_are_read_back():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(document(), SCHEMA)
    (read,) = read_document(json.dumps(document()).encode())
    assert (read.chain_id, read.registry, read.operator) == (
        HERE.chain_id,
        HERE.registry,
        OPERATOR,
    )
    assert read.name == "Example GmbH"
    assert read.parties == {DE_CPO: (OTHER,)}
    with pytest.raises(InvalidInput, match="operator"):
        document(operator=None, parties=())


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{",
        b"\xff",
        b'{"ocn": 2, "registries": []}',
        b'{"ocn": 1}',
        b'{"ocn": 1, "registries": [1]}',
        b'{"ocn": 1, "registries": [{"chainId": "1", "registry": "0x0"}]}',
        b'{"ocn": 1, "registries": [{"chainId": true, "registry": "0x0"}]}',
        b'{"ocn": 1, "registries": [{"chainId": 1, "registry": "0x0"}]}',
        b'{"ocn": true, "registries": []}',
        b'{"ocn": 1, "registries": [], "name": 1}',
        b'{"ocn": 1, "registries": [], "name": "a\\u202eb"}',
        b'{"ocn": 1, "registries": [], "name": "\\ud800"}',
        b'{"ocn": 1, "registries": [], "name": "' + b"a" * 101 + b'"}',
        b"[" * 10_000,
    ],
)
def test_invalid_document_does_not_vouch(host, content):
    place(host, content)
    found = check_party(HERE, DE_CPO, OTHER, host.url, OPEN)
    assert not found.vouched
    assert found.reason.isprintable()
    assert len(found.reason) < 400


def test_a_node_is_vouched_for_by_its_own_url(host):
    place(host, document())
    found = check_node(HERE, OPERATOR, host.url, OPEN)
    assert (found.vouched, found.reason) == (True, "")
    assert abs(found.checked_unix_s - time.time()) < 60
    assert not check_node(HERE, OTHER, host.url, OPEN).vouched
    place(host, document(operator=None))
    assert not check_node(HERE, OPERATOR, host.url, OPEN).vouched


def test_the_name_of_the_company_is_reported_where_the_host_vouches(host):
    place(host, document(name="Ähre & Söhne"))
    assert check_node(HERE, OPERATOR, host.url, OPEN).name == "Ähre & Söhne"
    assert check_party(HERE, DE_CPO, OTHER, host.url, OPEN).name == "Ähre & Söhne"
    assert check_node(HERE, OTHER, host.url, OPEN).name is None
    assert check_party(HERE, DE_CPO, OPERATOR, host.url, OPEN).name is None
    place(host, document(name=None))
    assert check_node(HERE, OPERATOR, host.url, OPEN).name is None


@pytest.mark.parametrize("name", ["a\x07", "a\u202eb", "ä" * 51])
def test_a_document_with_a_name_that_could_mislead_is_not_written(name):
    with pytest.raises(InvalidInput, match="the name"):
        document(name=name)


def test_website_may_name_both_keys_during_a_move(host):
    place(host, document(parties=[(DE_CPO, OTHER), (DE_CPO, OPERATOR)]))
    for holder in (OTHER, OPERATOR):
        assert check_party(HERE, DE_CPO, holder, host.url, OPEN).vouched
    assert not check_party(HERE, DE_CPO, Address("0x" + "33" * 20), host.url, OPEN).vouched


def test_document_of_a_node_with_a_path_is_below_that_path(host):
    place(host, document(), "/ocn" + DOCUMENT_PATH)
    assert check_node(HERE, OPERATOR, host.url + "/ocn", OPEN).vouched
    assert not check_node(HERE, OPERATOR, host.url, OPEN).vouched


def test_answer_of_the_public_nodes_vouches_for_the_operator(host):
    place(host, {"url": host.url, "address": OPERATOR.lower()}, NODE_INFO_PATH)
    assert check_node(HERE, OPERATOR, host.url, OPEN).vouched
    assert "runs it" in check_node(HERE, OTHER, host.url, OPEN).reason
    place(host, {"url": "https://other.example", "address": OPERATOR}, NODE_INFO_PATH)
    assert "another URL" in check_node(HERE, OPERATOR, host.url, OPEN).reason


def test_a_document_of_another_registry_does_not_vouch(host):
    for changed in (
        document_for(HERE.chain_id + 1, HERE.registry, operator=OPERATOR),
        document_for(HERE.chain_id, OTHER, operator=OPERATOR, parties=[(DE_CPO, OTHER)]),
    ):
        place(host, changed)
        assert not check_node(HERE, OPERATOR, host.url, OPEN).vouched
        assert not check_party(HERE, DE_CPO, OTHER, host.url, OPEN).vouched


def test_a_party_is_vouched_for_by_its_website(host):
    place(host, document())
    assert check_party(HERE, DE_CPO, OTHER, host.url, OPEN).vouched
    assert check_party(HERE, PartyId("de", "cpo"), OTHER, host.url, OPEN).vouched
    assert "it names" in check_party(HERE, DE_CPO, OPERATOR, host.url, OPEN).reason
    assert not check_party(HERE, PartyId("DE", "ABC"), OTHER, host.url, OPEN).vouched
    assert "no website" in check_party(HERE, DE_CPO, OTHER, None, OPEN).reason


# --- hostile hosts --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.1"),
        *("100.64.0.1", "224.0.0.1", "255.255.255.255", "240.0.0.1", "192.0.2.1"),
        *("::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1", "2001:db8::1"),
        *("192.0.0.192", "192.0.0.8", "192.88.99.1", "198.18.0.1", "100.100.100.200"),
        *("fec0::1", "3fff::1", "5f00::1", "100::1", "fd00:ec2::254", "2001:0:7f00:1::"),
        *("::127.0.0.1", "::ffff:0:127.0.0.1", "64:ff9b:1::a00:1"),
        *("2606:4700::5efe:127.0.0.1", "2606:4700::200:5efe:10.0.0.1"),
        *("::ffff:127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1", "2002:7f00:1::", "2002:a00:1::"),
    ],
)
def test_private_addresses_are_recognised(address):
    assert not is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "8.8.8.8",
        "192.0.1.1",
        "2606:4700::1111",
        "::ffff:8.8.8.8",
        "64:ff9b::808:808",
        "2002:808:808::",
    ],
)
def test_public_addresses_are_recognised(address):
    assert is_public(address)


def test_only_https_to_public_addresses_is_asked_unless_allowed(host):
    place(host, document())
    with pytest.raises(FetchFailed, match="HTTPS"):
        fetch(host.url + DOCUMENT_PATH, FetchOptions(allow_private=True))
    with pytest.raises(FetchFailed, match="not public"):
        fetch(host.url + DOCUMENT_PATH, FetchOptions(allow_http=True))
    assert host.asked == []
    assert fetch(host.url + DOCUMENT_PATH, OPEN)


def test_a_name_that_leads_to_this_machine_is_not_asked(host, monkeypatch):
    real = socket.getaddrinfo
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda _, *rest, **more: real("127.0.0.1", *rest, **more)
    )
    with pytest.raises(FetchFailed, match="not public"):
        fetch(f"http://node.example:{host.server_port}/", FetchOptions(allow_http=True))
    assert host.asked == []


def test_the_address_that_was_checked_is_the_one_connected_to(host, monkeypatch):
    """A second lookup of the name with another result changes nothing."""
    looked_up = []
    real = socket.getaddrinfo

    def look_up(name, *rest, **more):
        if name == b"node.example":
            looked_up.append(name)
            return real("127.0.0.1", *rest, **more)
        return real(name, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    place(host, b"{}", "/")
    assert fetch(f"http://node.example:{host.server_port}/", OPEN) == b"{}"
    assert looked_up == [b"node.example"]
    assert host.asked[0][1]["Host"] == f"node.example:{host.server_port}"


def test_request_carries_no_credentials(host, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    host.pages["/a"] = (200, {"Set-Cookie": "a=b"}, b"1")
    host.pages["/b"] = (302, {"Location": "/a", "Set-Cookie": "a=b"}, b"")
    assert fetch(host.url + "/b", OPEN) == b"1"
    for _, headers in host.asked:
        assert not {"cookie", "authorization"} & {name.lower() for name in headers}


@pytest.mark.parametrize(
    "location",
    ["http://localhost:{port}/", "https://127.0.0.1:{port}/", "http://127.0.0.1:1/", "//a/"],
)
def test_redirects_to_other_hosts_are_not_followed(host, location):
    host.pages["/"] = (302, {"Location": location.format(port=host.server_port)}, b"")
    with pytest.raises(FetchFailed, match="another host"):
        fetch(host.url + "/", OPEN)
    assert len(host.asked) == 1


@pytest.mark.parametrize(
    "url",
    [
        *("http://2130706433/", "http://0x7f000001/", "http://127.1/", "http://0177.0.0.1/"),
        *("http://0/", "http://[::ffff:7f00:1]/", "http://[::1]/", "http://localhost/"),
        *("http://127.0.0.1/", "http://LOCALHOST/", "http://\u2460\u2461\u2466.0.0.1/"),
        *("http://a@127.0.0.1/", "http://8.8.8.8:80@127.0.0.1/", "http://127.0.0.1./"),
        *(
            "http://8.8.8.8\\@127.0.0.1/",
            "http://127.0.0.1\r\nHost: a.example/",
            "http://127\u30020.0.1/",
        ),
    ],
)
def test_no_spelling_of_a_local_address_is_contacted(url, monkeypatch):
    connected = []
    monkeypatch.setattr(socket, "create_connection", lambda *place, **_: connected.append(place))
    with pytest.raises(FetchFailed):
        fetch(url, FetchOptions(allow_http=True))
    assert connected == []


def test_only_the_public_addresses_of_a_name_are_contacted(monkeypatch):
    found = ["127.0.0.1", "10.0.0.1", "::1", "192.0.2.7", "8.8.8.8"]
    places = [(0, 0, 0, "", (address, 80)) for address in found]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: places)
    connected = []

    def connect(place, **_):
        connected.append(place)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(FetchFailed):
        fetch("http://node.example", FetchOptions(allow_http=True))
    assert connected == [("8.8.8.8", 80)]


def test_redirects_are_limited(host):
    host.pages["/"] = (302, {"Location": "/"}, b"")
    with pytest.raises(FetchFailed, match="too often"):
        fetch(host.url + "/", OPEN)
    assert len(host.asked) == 4


@pytest.mark.parametrize("status", [204, 304, 404, 500])
def test_answers_with_another_status_are_refused(host, status):
    host.pages["/"] = (status, {}, b"")
    with pytest.raises(FetchFailed, match=str(status)):
        fetch(host.url + "/", OPEN)


def test_answers_are_bounded(host):
    host.pages["/"] = (200, {}, b" " * (64 * 1024 + 1))
    with pytest.raises(FetchFailed, match="longer than 65536"):
        fetch(host.url + "/", OPEN)
    host.pages["/"] = (200, {}, b" " * 64 * 1024)
    assert len(fetch(host.url + "/", OPEN)) == 64 * 1024
    host.pages["/"] = (200, {}, b" " * 10_000_000)
    with pytest.raises(FetchFailed, match="longer"):
        fetch(host.url + "/", OPEN)
    host.pages["/"] = (200, {"Content-Encoding": "gzip"}, b"\x1f\x8b")
    with pytest.raises(FetchFailed, match="compressed"):
        fetch(host.url + "/", OPEN)


@contextmanager
def talking(*parts):
    """Yield the URL of a host that sends these parts slowly, for ever."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        ended = threading.Event()

        def talk():
            connection, _ = server.accept()
            with connection:
                while not ended.wait(0.02):
                    for part in parts:
                        try:
                            connection.sendall(part)
                        except OSError:
                            return

        thread = threading.Thread(target=talk)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"
        ended.set()
        with suppress(OSError):  # for one who gave up before it had connected
            socket.create_connection(server.getsockname(), 1).close()
        thread.join()


@pytest.mark.parametrize("parts", [(), (b"H",), (b"HTTP/1.0 200 OK\r\n\r\n", b"x"), (b"X: y\r\n",)])
def test_a_slow_host_is_given_up(parts):
    with (
        talking(*parts) as url,
        pytest.raises(FetchFailed, match=r"did not answer within 0.2 s|longer"),
    ):
        fetch(url, FetchOptions(allow_http=True, allow_private=True, timeout_s=0.2))


def test_an_endless_name_lookup_is_given_up(monkeypatch):
    ended = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: ended.wait(30) and [])
    with pytest.raises(FetchFailed, match="did not answer"):
        fetch("https://node.example", FetchOptions(timeout_s=0.1))
    ended.set()


@pytest.mark.parametrize("answer", [b"", b"nonsense", b"HTTP/1.0 abc\r\n\r\n", b"\x00" * 100])
def test_what_is_not_an_answer_is_refused(answer):
    with socket.create_server(("127.0.0.1", 0)) as server:

        def talk():
            connection, _ = server.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(answer)

        thread = threading.Thread(target=talk)
        thread.start()
        with pytest.raises(FetchFailed, match="can't be fetched"):
            fetch(f"http://127.0.0.1:{server.getsockname()[1]}/", OPEN)
        thread.join()


def test_plain_text_where_tls_belongs_is_refused(host):
    with pytest.raises(FetchFailed, match="TLS"):
        fetch(host.url.replace("http://", "https://"), OPEN)


@pytest.mark.parametrize("url", ["ftp://a", "https://", "https://a b", "file:///etc/passwd", "x"])
def test_what_is_not_a_url_is_refused(url):
    with pytest.raises(FetchFailed):
        fetch(url, OPEN)


# --- in clients and caches ------------------------------------------------------------------------


@pytest.fixture
def ocn():
    kit = RegistryKit.in_memory()
    yield kit
    kit.close()


def test_a_client_asks_the_host_of_an_entry(ocn, host):
    node = ocn.node(host.url)
    party = ocn.party("DE", "CPO", node=node)
    here, ask = ocn.client.deployment, ocn.client.vouched
    assert not ask(node.address, options=OPEN).vouched
    place(host, document_for(here.chain_id, here.registry, operator=node.address))
    assert ask(node.address, options=OPEN).vouched
    assert "HTTPS" in ask(node.address).reason
    assert "no website" in ask("de", "cpo", options=OPEN).reason
    assert ask(party.address) is None
    assert ask("XX", "XXX") is None


@pytest.mark.parametrize("of", ["cache", "snapshot"])
def test_a_cache_asks_in_the_background_and_reports_the_time(ocn, host, of):
    node = ocn.node(host.url)
    ocn.party("DE", "CPO", node=node)
    here = ocn.client.deployment
    place(host, document_for(here.chain_id, here.registry, operator=node.address))
    options = CacheOptions(vouching=VouchingOptions(fetch=OPEN, pause_s=0))
    with RegistryCache(ocn.client, options=options) as cache:
        cache.refresh()
        assert cache.node(node.address).vouched is None
        cache.start()
        ends = time.monotonic() + 120
        asked = cache if of == "cache" else cache.snapshot()
        while asked.node(node.address).vouched is None and time.monotonic() < ends:
            time.sleep(0.01)
        told = asked.node(node.address).vouched
        assert told.vouched
        assert told.checked_unix_s > 0
        assert [one.vouched for one in asked.nodes()] == [told]
        assert asked.party("DE", "CPO").vouched is None
    with RegistryCache(ocn.client) as cache:
        cache.refresh()
        assert cache.node(node.address).vouched is None


# --- in the background ----------------------------------------------------------------------------


def party(**changes):
    parts = {
        "address": OTHER,
        "id": DE_CPO,
        "roles": (Role.CPO,),
        "modules_sender": (),
        "modules_receiver": (),
        "operator": OPERATOR,
        "operator_domain": None,
    }
    return Party(**parts | changes)


def test_verdicts_are_kept_and_checked_again(host, monkeypatch):
    place(host, document())
    node, one = Node(operator=OPERATOR, domain=host.url), party(website=host.url)
    listed = [node, one, party(id=PartyId("DE", "ABC"))]
    options = VouchingOptions(fetch=OPEN, pause_s=0)
    verdicts = Verdicts(HERE, lambda: listed, options)
    assert verdicts.node(node).vouched is None
    assert verdicts.check_due() == 2
    assert verdicts.node(node).vouched.vouched
    assert verdicts.party(one).vouched.vouched
    assert verdicts.party(listed[2]).vouched is None
    assert verdicts.node(node) == node
    assert verdicts.node(Node(operator=OTHER, domain=host.url)).vouched is None
    assert verdicts.check_due() == 0
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + options.recheck_s + 1)
    host.pages.clear()
    assert verdicts.node(node).vouched.vouched
    assert verdicts.check_due() == 2
    assert not verdicts.node(node).vouched.vouched
    monkeypatch.setattr(time, "time", lambda: now + options.recheck_s + options.retry_s + 2)
    assert verdicts.check_due() == 2
    monkeypatch.setattr(time, "time", lambda: now + 3 * 24 * 3600)
    assert verdicts.node(node).vouched is None


def test_several_ids_of_one_website_need_one_request(host):
    ids = [PartyId("DE", f"A{number:02}") for number in range(20)]
    place(host, document(parties=[(one, OTHER) for one in ids[:15]]))
    listed = [party(id=one, website=host.url) for one in ids]
    listed.append(party(id=DE_CPO, website=host.url + "/other"))
    verdicts = Verdicts(HERE, lambda: listed, VouchingOptions(fetch=OPEN, pause_s=0))
    assert verdicts.check_due() == 21
    assert len(host.asked) == 2
    vouched = [verdicts.party(one).vouched.vouched for one in listed]
    assert vouched == [True] * 15 + [False] * 6


def test_checking_that_is_restarted_runs_once(host):
    place(host, document())
    node = Node(operator=OPERATOR, domain=host.url)
    verdicts = Verdicts(HERE, lambda: [node], VouchingOptions(fetch=OPEN, pause_s=0))
    for _ in range(3):
        verdicts.start()
        verdicts.stop()
    verdicts.start()
    ends = time.monotonic() + 120
    while verdicts.node(node).vouched is None and time.monotonic() < ends:
        time.sleep(0.01)
    assert verdicts.node(node).vouched.vouched
    verdicts.stop()


@pytest.mark.parametrize(
    "wrong", [{"recheck_s": 100_000}, {"retry_s": 0}, {"retry_s": 50_000}, {"pause_s": -1}]
)
def test_nothing_is_trusted_for_longer_than_a_day(wrong):
    with pytest.raises(InvalidInput):
        VouchingOptions(**wrong)
