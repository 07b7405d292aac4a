"""Proxies between the rehearsal's program and the services it uses. They can kill the program.

`Line` forwards JSON-RPC to the chain. `Services` stands in for Sourcify and the explorer
(Blockscout), with their documented interfaces. Everything that changes something passes a `Killer`:
it kills the program with `kill -9` just before the change and, the next time, just after it, before
the program gets an answer.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from ocn_registry.deploy.artifacts import artifact

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self

SENDS = {"eth_sendRawTransaction", "eth_sendTransaction"}
GENERATION = "v3"
METADATA_BYTES = 53  # appended to the code by the compiler: a hash of all sources
_TIMEOUT_S = 120.0


class Killer:
    """Kills a program before and after each of its changes, or never.

    Attributes:
        program: The program; it leads a process group of its own.
        step: The program's current step.
        done: Number of changes so far.
        deaths: The points at which the program was killed.
    """

    def __init__(self, *, armed: bool, every: bool) -> None:
        """Create a killer: of every change, of the first one in each step, or of none."""
        self.program: subprocess.Popen[bytes] | None = None
        self.step = ""
        self.done = 0
        self.deaths: list[str] = []
        self._armed = armed
        self._every = every
        self._spared = False
        self._over: set[str] = set()
        self._lock = threading.Lock()

    def around(self, what: str, do: Callable[[], Any]) -> Any:  # noqa: ANN401 - what `do` gives
        """Perform a change, and return its result; `None` if the program was killed."""
        with self._lock:
            kills = self._armed and (self._every or self.step not in self._over)
            if kills and not self._spared:
                self._spared = True
                self.kill(f"before {what} of: {self.step}")
                return None
            answer = do()
            self.done += 1
            self._spared = False
            if kills:
                self._over.add(self.step)
                self.kill(f"after {what} of: {self.step}")
                return None
            return answer

    def kill(self, point: str) -> None:
        """Kill the program and everything it started."""
        self.deaths.append(point)
        if self.program is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.program.pid, signal.SIGKILL)


class _Quiet(ThreadingHTTPServer):
    """Ignores connections that break off: that is the effect of a kill."""

    daemon_threads = True

    def handle_error(self, *_: object) -> None:  # type: ignore[explicit-override]  # typing.override needs Python 3.12
        pass


class _Server:
    """An HTTP server on loopback, for the duration of a `with` block."""

    def __init__(self, killer: Killer) -> None:
        self.killer = killer
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None:  # type: ignore[explicit-override]  # typing.override needs Python 3.12
                pass

            def do_GET(self) -> None:
                self._reply(outer.get(self.path))

            def do_POST(self) -> None:
                size = int(self.headers["Content-Length"])
                self._reply(outer.post(self.path, self.rfile.read(size)))

            def _reply(self, answer: tuple[int, bytes] | None) -> None:
                if answer is None:  # the client was killed
                    self.close_connection = True
                    return
                status, body = answer
                with contextlib.suppress(OSError):
                    self.send_response(status)
                    self.send_header("Content-Type", "application/json")
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)

        self._server = _Quiet(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever)

    def get(self, path: str) -> tuple[int, bytes]:
        raise NotImplementedError(path)

    def post(self, path: str, body: bytes) -> tuple[int, bytes] | None:
        raise NotImplementedError(path, body)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class Line(_Server):
    """Forwards JSON-RPC to a chain."""

    def __init__(self, chain_url: str, killer: Killer) -> None:
        """Create the proxy of a chain."""
        super().__init__(killer)
        self._host = chain_url.removeprefix("http://")

    def post(self, path: str, body: bytes) -> tuple[int, bytes] | None:  # type: ignore[explicit-override]  # typing.override needs Python 3.12
        """Forward a request; a transaction passes the killer."""
        asked = json.loads(body)
        methods = [one.get("method") for one in (asked if isinstance(asked, list) else [asked])]
        if SENDS.isdisjoint(methods):
            return self._handed_on(path, body)
        answer: tuple[int, bytes] | None = self.killer.around(
            "a transaction", lambda: self._handed_on(path, body)
        )
        return answer

    def _handed_on(self, path: str, body: bytes) -> tuple[int, bytes]:
        line = http.client.HTTPConnection(self._host, timeout=_TIMEOUT_S)
        with contextlib.closing(line):
            line.request("POST", path, body, {"Content-Type": "application/json"})
            answer = line.getresponse()
            return answer.status, answer.read()


class Services(_Server):
    """Stands in for Sourcify and the explorer: accepts only what matches the chain.

    Attributes:
        verified: Service and address of everything that was verified.
    """

    def __init__(self, ask: Callable[..., Any], chain_id: int, killer: Killer) -> None:
        """Create the services of a chain.

        Args:
            ask: Sends a request to the chain.
            chain_id: Its id.
            killer: The killer that each submission passes.
        """
        super().__init__(killer)
        self._ask = ask
        self._chain_id = chain_id
        self.verified: set[tuple[str, str]] = set()
        self._jobs = 0
        self._looked: set[int] = set()

    def get(self, path: str) -> tuple[int, bytes]:  # type: ignore[explicit-override]  # typing.override needs Python 3.12
        """Return what is verified. A submission is reported as unfinished the first time."""
        parts = urlsplit(path)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        if parts.path.startswith("/v2/contract/"):
            known = ("sourcify", parts.path.split("/")[-1].lower()) in self.verified
            match = "exact_match" if known else None
            return _json(200 if known else 404, {"match": match})
        if query.get("action") == "getabi":
            known = ("explorer", query["address"].lower()) in self.verified
            answer = "[]" if known else "Contract source code not verified"
            return _json(200, {"status": str(int(known)), "result": answer})
        sourcify = parts.path.startswith("/v2/verify/")
        job = int(parts.path.split("/")[-1] if sourcify else query["guid"])
        done = job in self._looked
        self._looked.add(job)
        if sourcify:
            contract = {"match": "exact_match"} if done else None
            return _json(200, {"isJobCompleted": done, "contract": contract})
        return _json(200, {"status": "1", "result": "Pass - Verified" if done else "Pending"})

    def post(self, path: str, body: bytes) -> tuple[int, bytes] | None:  # type: ignore[explicit-override]  # typing.override needs Python 3.12
        """Accept a submission."""
        answer: tuple[int, bytes] | None = self.killer.around(
            "a submission of sources", lambda: self._submitted(path, body)
        )
        return answer

    def _submitted(self, path: str, body: bytes) -> tuple[int, bytes]:
        if path.startswith("/v2/verify/"):
            _, _, _, chain_id, address = path.split("/")
            content = json.loads(body)
            wrong = "" if chain_id == str(self._chain_id) else "another chain"
            wrong = wrong or self._wrong(
                address,
                content["contractIdentifier"],
                content["compilerVersion"],
                content["stdJsonInput"],
            )
            created = self._ask("eth_getTransactionReceipt", content["creationTransactionHash"])
            if created is None or created["contractAddress"] != address.lower():
                wrong = wrong or "that transaction creates something else"
            if wrong:
                return _json(400, {"message": wrong})
            return _json(202, {"verificationId": self._job("sourcify", address)})
        form = {key: values[0] for key, values in parse_qs(body.decode()).items()}
        refused = self._wrong(
            form["contractaddress"],
            form["contractname"],
            form["compilerversion"].removeprefix("v"),
            json.loads(form["sourceCode"]),
        )
        if refused:
            return _json(200, {"status": "0", "result": refused})
        return _json(200, {"status": "1", "result": self._job("explorer", form["contractaddress"])})

    def _job(self, service: str, address: str) -> str:
        """Verify a contract in the background."""
        self.verified.add((service, address.lower()))
        self._jobs += 1
        return str(self._jobs)

    def _wrong(self, address: str, identifier: str, compiler: str, given: dict[str, Any]) -> str:
        """Return what does not match the chain; nothing if everything does."""
        file, _, name = identifier.partition(":")
        known = artifact(GENERATION, name)
        code = bytes.fromhex(self._ask("eth_getCode", address, "latest")[2:])
        if code[-METADATA_BYTES:] != known.deployed_bytecode[-METADATA_BYTES:]:
            return f"at {address} is other code than that of {name}"
        if not compiler.startswith("0.8.30+"):
            return f"the compiler {compiler} is another"
        settings = given["settings"]
        if settings["evmVersion"] != "london" or not given["sources"][file]["content"]:
            return "the settings or the sources are others"
        return ""


def _json(status: int, content: dict[str, Any]) -> tuple[int, bytes]:
    return status, json.dumps(content).encode()
