"""Measure commands over a slow connection (a proxy adds 100 ms to each request), and the journal.

Ours and v1's published command take turns on the same chain, each with its own contracts. A local
request takes almost nothing besides the 100 ms, so the duration is that of consecutive requests and
of startup.
"""

from __future__ import annotations

import http.client
import secrets
import statistics
import tempfile
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Final

from command_scenarios import Both
from speed_scenarios import DOMAIN, OPERATOR, Speed, party, send

from ocn_registry import (
    HttpTransport,
    KeySigner,
    MemoryJournal,
    RegistryClient,
    SetNode,
    SetParty,
    SqliteJournal,
)
from ocn_registry.dialects import dialect_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ocn_registry.deploy.devnet import Devnet
    from ocn_registry.models import Address
    from ocn_registry.protocol.journal import Journal

DELAY_S: Final = 0.1
ROUNDS: Final = 9  # a busy machine delays one run or another, and the median none
PARTIES: Final = 20
WRITES: Final = 21
_GAS: Final = 400_000


@dataclass(frozen=True, slots=True, kw_only=True)
class OverALine:
    """The figures of one command.

    Attributes:
        requests: Number of its requests.
        v1_requests: Number of requests of v1's command.
        speed: The durations of both.
    """

    requests: int
    v1_requests: int
    speed: Speed


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalCost:
    """The overhead of the journal.

    Attributes:
        write_s: How much longer a write takes with a journal in a file, in seconds.
        asked_by_reads: Number of database statements that reads made.
    """

    write_s: float
    asked_by_reads: int


class _Line(ThreadingHTTPServer):
    """A proxy of a chain that delays each answer."""

    daemon_threads = True

    def __init__(self, url: str) -> None:
        self.target = url.removeprefix("http://")
        self.requests = 0
        super().__init__(("127.0.0.1", 0), _Delayed)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Delayed(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Line
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.requests += 1
        time.sleep(DELAY_S)
        chain = http.client.HTTPConnection(self.server.target, timeout=60)
        chain.request("POST", "/", body, {"Content-Type": "application/json"})
        answer = chain.getresponse().read()
        chain.close()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:  # type: ignore[explicit-override]  # noqa: A002 - the server's name
        """Log nothing."""


@contextmanager
def _line(url: str) -> Iterator[_Line]:
    with _Line(url) as line:
        thread = threading.Thread(target=line.serve_forever)
        thread.start()
        try:
            yield line
        finally:
            line.shutdown()
            thread.join()


def measure(devnet: Devnet) -> dict[str, OverALine]:
    """Measure four commands on a chain that has v1's contracts."""
    _fill(devnet)
    with _line(devnet.rpc_url) as line, tempfile.TemporaryDirectory() as folder:
        return _Measured(devnet, line, Path(folder)).all()


class _Measured:
    """Both commands, through the proxy."""

    def __init__(self, devnet: Devnet, line: _Line, folder: Path) -> None:
        self._line = line
        self._both = Both(line.url, folder)
        self._devnet = devnet
        self._spender = devnet.accounts[1]
        here = ["--rpc-url", line.url, "--journal", str(folder / "journal")]
        self._reading, self._writing = here[:2], here
        self._count = 0

    def all(self) -> dict[str, OverALine]:
        return {
            "get-node": self._beside(["get-node", OPERATOR], self._reading),
            "list-parties": self._beside(["list-parties"], self._reading),
            "set-node": self._beside(["set-node"], [*self._writing, "-y"]),
            "set-party-raw": self._beside(["set-party-raw"], [*self._writing, "-y"]),
        }

    def _beside(self, words: list[str], options: list[str]) -> OverALine:
        own: list[tuple[float, int]] = []
        other: list[tuple[float, int]] = []
        for _ in range(ROUNDS):
            self._count += 1
            keys = self._keys() if "-y" in options else {}
            ours, v1 = self._words(words, "ours"), self._words(words, "v1")
            own.append(self._took([*self._both.ours, *ours, *options], keys))
            other.append(self._took([*self._both.v1, *v1, *self._both.network], keys))
        return OverALine(
            requests=max(requests for _, requests in own),
            v1_requests=max(requests for _, requests in other),
            speed=Speed(
                ours_s=statistics.median(seconds for seconds, _ in own),
                other_s=statistics.median(seconds for seconds, _ in other),
            ),
        )

    def _words(self, words: list[str], prefix: str) -> list[str]:
        """Return the words of a command. A write differs each time."""
        match words:
            case ["set-node"]:
                return [*words, f"https://{prefix}-{self._count}.example.com"]
            case ["set-party-raw"]:
                return [*words, "-c", "DE", f"A{self._count:02}", "-r", "CPO", "-o", OPERATOR]
            case _:
                return words

    def _keys(self) -> dict[str, str]:
        """Return the keys of a run. v1's command rejects a listed account, so each has its own."""
        key = f"0x{secrets.token_hex(32)}"
        account = KeySigner.from_key(key).address
        self._devnet.request("anvil_setBalance", account, hex(10**18))
        return {"SIGNER": key, "SPENDER": self._spender.private_key}

    def _took(self, command: list[str], keys: dict[str, str]) -> tuple[float, int]:
        before = self._line.requests
        seconds, _ = self._both.run(command, keys)
        return seconds, self._line.requests - before


def _fill(devnet: Devnet) -> None:
    """List a node and parties in our Registry and in v1's."""
    devnet.request("anvil_autoImpersonateAccount", True)  # noqa: FBT003 - by position
    for dialect in (dialect_of(devnet.deployment()), dialect_of(devnet.v1_deployment())):
        for sender, intent in _entries():
            devnet.request("anvil_setBalance", sender, hex(10**18))
            send(devnet, sender, dialect, intent, _GAS)
    devnet.request("anvil_autoImpersonateAccount", False)  # noqa: FBT003 - by position


def _entries() -> Iterator[tuple[Address, SetNode | SetParty]]:
    yield OPERATOR, SetNode(domain=DOMAIN)
    for number in range(PARTIES):
        one = party((number + 1) << 32)
        listed = party(number)
        yield (
            one.address,
            SetParty(
                country_code=listed.id.country_code,
                party_id=listed.id.party_id,
                roles=listed.roles,
                operator=OPERATOR,
            ),
        )


def journal(devnet: Devnet) -> JournalCost:
    """Measure how much time a journal adds to a write, and whether reads use it."""
    signer = KeySigner.from_key(devnet.accounts[4].private_key)
    with tempfile.TemporaryDirectory() as folder:
        memory, file = MemoryJournal(), SqliteJournal(Path(folder) / "journal")
        took: dict[Journal, list[float]] = {memory: [], file: []}
        transport = HttpTransport([devnet.rpc_url], chain_id=devnet.chain_id)
        clients = {
            each: RegistryClient(devnet.deployment(), transport, journal=each) for each in took
        }
        for number in range(WRITES):
            for each, client in clients.items():
                started = time.perf_counter()
                client.set_node(f"https://j{number}-{id(each)}.example.com", signer=signer)
                took[each].append(time.perf_counter() - started)
        statements: list[str] = []
        file._db.set_trace_callback(statements.append)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - what a read costs it
        clients[file].node(signer.address)
        clients[file].parties()
        transport.close()
        file.close()
    added = statistics.median(took[file]) - statistics.median(took[memory])
    return JournalCost(write_s=added, asked_by_reads=len(statements))
