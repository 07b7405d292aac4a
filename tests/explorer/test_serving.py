"""The page served by a relay, behind a proxy, and on this machine by a command."""

import json
import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest
from sample_network import explored

from ocn_registry.cli.main import main


def got(url, **options):
    """Ask one of the test's own servers."""
    asked = urllib.request.Request(url, **options)  # noqa: S310 - the URL is the test's own
    return urllib.request.urlopen(asked, timeout=120)  # noqa: S310 - the same


def refusal(url, **options):
    """Return the status with which a request is refused."""
    with pytest.raises(urllib.error.HTTPError) as refused:
        got(url, **options)
    with refused.value as answer:  # it keeps the connection open
        return answer.code


# Headers that proxies add. The page's links are relative, so these must not matter.
FORWARDED = {
    "X-Forwarded-For": "203.0.113.7",
    "X-Forwarded-Host": "evil.example.org",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Prefix": "/another/path",
}


class Proxy(BaseHTTPRequestHandler):
    """A reverse proxy that serves another server below a path, with or without events."""

    target = ""
    passes_events = False
    prefix = "/some/path"

    def do_GET(self):
        body = None
        if length := self.headers.get("Content-Length"):
            body = self.rfile.read(int(length))
        path = self.path.removeprefix(self.prefix)
        is_stream = path.startswith("/v1/changes")
        if not self.path.startswith(self.prefix) or (is_stream and not self.passes_events):
            self.send_error(404)
            return
        headers = {"Content-Type": "application/json", **FORWARDED}
        if is_stream:
            self._pass_on(path, headers)
            return
        with got(self.target + path, data=body, headers=headers) as answer:
            content = answer.read()
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                if name.lower() not in {
                    "content-length",
                    "transfer-encoding",
                    "connection",
                    "date",
                    "server",
                }:
                    self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_POST = do_GET  # noqa: N815 - the library's name

    def _pass_on(self, path, headers):
        self.close_connection = True
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        with suppress(OSError, ValueError), got(self.target + path, headers=headers) as answer:
            self.streams.append(answer)
            while text := answer.readline():
                self.passed.append(text)
                self.wfile.write(text)

    def log_message(self, *_):
        pass


@pytest.fixture(params=["held back", "passed on"])
def events(request):
    return request.param


@pytest.fixture
def passed():
    """Collect the event lines that the proxy forwarded."""
    return []


@pytest.fixture
def proxied(world, events, passed):
    members = {
        "target": world.url.removesuffix("/explorer/"),
        "passes_events": events == "passed on",
        "passed": passed,
        "streams": [],
    }
    handler = type("Handler", (Proxy,), members)
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/some/path/"
    for stream in handler.streams:
        stream.fp.raw._sock.shutdown(socket.SHUT_RDWR)
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_page_works_below_a_path_of_a_proxy(opened, proxied, world, events, passed):
    page = opened(url=f"{proxied}explorer/")
    page.open("nodes").locator("tbody tr").first.wait_for()
    node = f"https://{events.replace(' ', '-')}.example.org"
    world.client.set_node(node, signer=world.signer(8))
    page.page.get_by_text(node).wait_for()
    with page.page.expect_download() as download:
        page.page.get_by_role("button", name="Download as CSV").click()
    assert node in download.value.path().read_text()
    assert bool(passed) == (events == "passed on")
    assert [one for one in page.asked if not one.startswith((proxied, "blob:"))] == []
    assert [one for one in page.errors if "404" not in one] == []


@pytest.mark.parametrize("events", ["passed on"])
def test_the_root_redirects_below_the_path_of_a_proxy(proxied):
    for path in ("", "explorer"):
        with got(proxied + path) as answer:
            assert b"OCN Registry" in answer.read()
            assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")


def test_the_root_of_a_relay_redirects_to_the_page(world):
    root = world.url.removesuffix("explorer/")
    with got(root) as answer:
        assert answer.url == world.url
        assert b"OCN Registry" in answer.read()


@pytest.fixture(scope="module")
def here():
    """Yield the page as `ocn-registry explore` serves it."""
    with explored() as world:
        yield world


def test_a_page_without_a_relay_offers_to_pay_or_to_save(opened, here):
    page = opened(url=here.url).open("do/node")
    page.get_by_text("For another account").click()
    page.get_by_label("Address of the account").fill(here.chain.accounts[8].address)
    page.get_by_label("URL of the node").fill("https://mine.example.org")
    page.get_by_role("button", name="Check it").click()
    page.get_by_role("heading", name="Check what you sign").wait_for()
    assert page.locator("input[name=pay]").evaluate_all("all => all.map(one => one.value)") == [
        "self",
        "file",
    ]


def test_only_requests_of_this_machine_are_answered(here):
    assert refusal(f"{here.url}v1/chain", headers={"Host": "evil.example.org"}) == 404


@pytest.mark.parametrize(
    "path", ["../settings.py", "%2e%2e/serving.py", "js", "v1/nothing", "js/../../files.py"]
)
def test_only_the_page_is_served(here, path):
    assert refusal(here.url + path) == 404


def test_a_body_that_is_too_large_is_refused(here):
    assert refusal(f"{here.url}v1/prepare", data=b"x" * 70_000) == 413


class ForwardProxy(BaseHTTPRequestHandler):
    """An HTTP proxy; only it can resolve the node's host."""

    target = ""
    asked: ClassVar[list[str]] = []

    def do_POST(self):
        self.asked.append(self.path)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with got(self.target, data=body, headers={"Content-Type": "application/json"}) as answer:
            content = answer.read()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


@pytest.fixture
def forward_proxy(here):
    handler = type("Handler", (ForwardProxy,), {"target": here.chain.rpc_url, "asked": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", handler.asked
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_file_of_certificates_that_is_missing_stops_the_command(capsys):
    assert main(["explore", "-n", "local", "--no-browser", "--ca-file", "missing.pem"]) == 2
    assert "missing.pem" in capsys.readouterr().err


def test_ctrl_c_ends_the_command_while_it_reads_the_registry():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        words = ["-n", "local", "--no-browser", "--rpc-url"]
        words.append(f"http://127.0.0.1:{silent.getsockname()[1]}")
        command = subprocess.Popen(
            [sys.executable, "-m", "ocn_registry.cli", "explore", *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        connection, _ = silent.accept()  # and never answer
        command.send_signal(signal.SIGINT)
        shown, said = command.communicate(timeout=240)
        connection.close()
    assert (command.returncode, shown) == (130, "")
    assert said.splitlines()[-1] == "interrupted"


def test_the_command_serves_the_page_until_it_is_stopped(forward_proxy, tmp_path):
    proxy, asked = forward_proxy
    words = [
        "-n",
        "local",
        "--rpc-url",
        "http://node.invalid:8545",
        "--proxy",
        proxy,
        "--no-browser",
        "--keep",
        str(tmp_path / "kept"),
        "--json",
    ]
    command = subprocess.Popen(
        [sys.executable, "-m", "ocn_registry.cli", "explore", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        text = ""
        while not text.rstrip().endswith("}"):
            line = command.stdout.readline()
            assert line, command.stderr.read()
            text += line
        url = json.loads(text)["url"]
        with got(f"{url}v1/overview") as answer:
            assert json.load(answer)["counts"]["nodes"] == 2
    finally:
        command.terminate()
        _, said = command.communicate(timeout=240)
    assert command.returncode == 0
    assert "Ctrl-C stops it" in said
    assert (tmp_path / "kept" / "cache.sqlite").is_file()
    assert set(asked) == {"http://node.invalid:8545/"}
