"""The progress of long work: a line on the terminal after a second, removed at the end."""

import http.client
import io
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from ocn_registry.cli.output import progress

URL = "https://node.example.org"
ROOT = Path(__file__).resolve().parents[2]
WITHIN_AN_HOUR = """
import sys
from ocn_registry.cli.__main__ import program
from ocn_registry.cli.output import progress

progress._PATIENCE_S = 3600
sys.exit(program())
"""


def wiped(line):
    """Return what a terminal receives when a line is cleared: blanks."""
    return f"\r{' ' * len(line)}\r"


@pytest.fixture
def deployment(devnet):
    return devnet.deployment()


@pytest.fixture
def slow(devnet):
    """Return a slow proxy between the command and its chain: 0.6 s for each request."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            time.sleep(0.6)
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {"Content-Type": "application/json"}
            line = http.client.HTTPConnection(devnet.rpc_url.removeprefix("http://"))
            line.request("POST", "/", body, headers)
            content = line.getresponse().read()
            line.close()
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def start(terminal):
    """Start our command in a terminal."""

    def run(*words, **options):
        options = {"NO_COLOR": "1"} | options
        return terminal(sys.executable, "-m", "ocn_registry.cli", *words, **options)

    return run


@pytest.mark.usefixtures("listed_parties")
@pytest.mark.parametrize(
    ("command", "line"),
    [("list-nodes", "1 of 1 nodes"), ("list-parties", "3 of 3 parties")],
)
def test_progress_of_a_long_list_is_shown_and_cleared(start, slow, command, line):
    running = start(command, "--rpc-url", slow)
    code, shown = running.finish(progress=True)
    assert code == 0
    before, _, table = shown.partition(f"\r{line}")
    assert before == ""
    assert table.startswith(wiped(line))
    assert URL[:12] in table


@pytest.mark.usefixtures("listed_parties")
def test_a_quick_list_shows_no_progress(terminal, devnet):
    """Within an hour, that is: a slow machine takes longer than a second."""
    words = (sys.executable, "-c", WITHIN_AN_HOUR, "list-parties", "--rpc-url", devnet.rpc_url)
    code, shown = terminal(*words, NO_COLOR="1", PYTHONPATH=str(ROOT)).finish(progress=True)
    assert code == 0
    assert "of 3" not in shown


@pytest.mark.usefixtures("listed_parties")
def test_no_progress_without_a_terminal(anywhere, slow):
    finished = anywhere("list-parties", "--rpc-url", slow)
    assert (finished.returncode, finished.stderr) == (0, "")
    assert "\r" not in finished.stdout


@pytest.mark.usefixtures("listed_parties")
def test_a_narrow_terminal_gets_less_of_the_line(start, slow):
    code, shown = start("list-parties", "--rpc-url", slow, columns=9).finish(progress=True)
    assert code == 0
    assert shown.startswith(f"\r3 of 3 p{wiped('3 of 3 p')}")


@pytest.mark.usefixtures("listed_parties")
def test_a_dumb_terminal_gets_none(start, slow):
    code, shown = start("list-parties", "--rpc-url", slow, TERM="dumb").finish(progress=True)
    assert code == 0
    assert "3 of 3" not in shown


@pytest.mark.usefixtures("client")
def test_a_wait_shows_the_number_of_blocks(start, fresh, operator, keys):
    words = ("set-node", URL, "--yes", "--wait", "3", "--rpc-url", fresh.rpc_url)
    running = start(*words, SIGNER=keys[operator.address])
    for stand in (1, 2):
        running.read_until(f"\rblock {stand} of 3")
        fresh.request("evm_mine")
    code, shown = running.finish(progress=True)
    assert code == 0
    *_, result = shown.split("\rblock 2 of 3")
    assert result.startswith(wiped("block 2 of 3"))
    assert "done" in result


@pytest.mark.usefixtures("client")
def test_ctrl_c_clears_the_line(start, fresh, operator, keys):
    words = ("set-node", URL, "--yes", "--wait", "3", "--rpc-url", fresh.rpc_url)
    running = start(*words, SIGNER=keys[operator.address])
    running.read_until("\rblock 1 of 3")
    running.type("\x03")
    code, shown = running.finish(progress=True)
    assert code == 130
    assert shown.endswith(f"{wiped('block 1 of 3')}\ninterrupted\n")


def test_ctrl_c_right_after_the_line_is_drawn_clears_it(monkeypatch):
    """Interrupt the line between its bytes and the next statement, where a signal may arrive."""

    class Interrupted(io.StringIO):
        def isatty(self):
            return True

        def flush(self):
            if self.getvalue() == "\rblock 1 of 3":
                raise KeyboardInterrupt

    errors = Interrupted()
    monkeypatch.setattr(sys, "stderr", errors)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(progress, "_PATIENCE_S", 0)
    with pytest.raises(KeyboardInterrupt), progress.Progress("block {} of {}") as line:
        line(1, 3)
    assert errors.getvalue().endswith(wiped("block 1 of 3"))


def test_lookup_of_a_transaction_shows_progress_too(start, fresh, client, operator):
    tx_hash = client.set_node(URL, signer=operator).tx_hash
    running = start("tx", "status", tx_hash, "--wait", "2", "--rpc-url", fresh.rpc_url)
    running.read_until("\rblock 1 of 2")
    fresh.request("evm_mine")
    code, shown = running.finish(progress=True)
    assert code == 0
    assert wiped("block 1 of 2") in shown
