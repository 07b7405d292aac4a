"""Anvil, the development node, as a child process that never outlives this one.

Its parent is a small shell that holds the read end of a pipe from this process. When this process
ends in any way, normally, by an exception, Ctrl-C, SIGTERM or SIGKILL, the kernel closes the pipe
and the shell kills Anvil. This takes nothing but POSIX (Linux, macOS, WSL): no signal handler, and
no `prctl`, which would tie Anvil's life to one *thread* of this process.

A process that was forked from this one without `exec` holds the pipe as well. Anvil then ends with
the last of them, unless `stop` is called.
"""

from __future__ import annotations

import contextlib
import http.client
import itertools
import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypedDict, cast

from ocn_registry.errors import OcnRegistryError
from ocn_registry.foreign.text import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

ANVIL_VARIABLE: Final = "OCN_ANVIL"

_MACHINES: Final = {"x86_64": "amd64", "AMD64": "amd64", "aarch64": "arm64"}
_NODE_MODULES: Final = Path(__file__).resolve().parents[2] / "node_modules"
_HOST: Final = "127.0.0.1"
_LISTENING: Final = b"Listening on "
_STOP_TIMEOUT_S: Final = 5.0
_POLL_S: Final = 0.002
_REQUEST_TIMEOUT_S: Final = 60.0
_HTTP_OK: Final = 200

# Runs Anvil ("$@") until it exits or the pipe on standard input is closed, and reaps it.
_GUARD: Final = """
exec 3<&0 </dev/null
"$@" 3<&- &
anvil=$!
{ read -r _ <&3; kill -9 $anvil; } >/dev/null 2>&1 &
guard=$!
exec 3<&-
wait $anvil
status=$?
kill -9 $guard
wait $guard 2>/dev/null
exit $status
"""


class _Refusal(TypedDict):
    message: str


class _Answer(TypedDict, total=False):
    result: object
    error: _Refusal


class DevnetError(OcnRegistryError):
    """The development chain can't be started, rejects a request, or has ended."""


def find_anvil(anvil: str | Path | None = None) -> Path:
    """Return the path of Anvil's native binary.

    The search order is: the argument, the environment variable `OCN_ANVIL`, `node_modules` of the
    checkout that contains this package, and `PATH`. The npm package's own program `anvil` is
    skipped: it starts the binary of its platform, and leaves that running when it is killed.

    Args:
        anvil: Path of the binary.

    Raises:
        DevnetError: There is no binary; the message says where to get it.
    """
    for source, named in (("anvil", anvil), (ANVIL_VARIABLE, os.environ.get(ANVIL_VARIABLE))):
        if named:
            if _is_native(path := Path(named)):
                return path
            raise DevnetError(
                f"{source} names {shown(str(named))}, which is not a native program: use the path "
                "of Anvil's binary",
            )
    machine = platform.machine()
    package = f"anvil-{sys.platform}-{_MACHINES.get(machine, machine)}"
    checkout = _NODE_MODULES / "@foundry-rs" / package / "bin" / "anvil"
    on_path = shutil.which("anvil")
    for path in (checkout, *([Path(on_path)] if on_path else [])):
        if _is_native(path):
            return path
    raise DevnetError(
        "no Anvil found: run `make setup` in the checkout, or install Foundry, or set "
        f"{ANVIL_VARIABLE} to the native binary of the npm package @foundry-rs/{package}",
    )


def _is_native(path: Path) -> bool:
    if not (path.is_file() and os.access(path, os.X_OK)):
        return False
    with path.open("rb") as program:
        return program.read(2) != b"#!"


class Anvil:
    """A running Anvil on 127.0.0.1, until `stop`."""

    def __init__(
        self,
        options: Sequence[str] = (),
        *,
        port: int = 0,
        anvil: str | Path | None = None,
        start_timeout_s: float = 60.0,
    ) -> None:
        """Start Anvil, and wait until it answers.

        Args:
            options: Options for its command line, except the port.
            port: Port to listen on; 0 for a free one chosen by the system.
            anvil: Path of the binary; see `find_anvil`.
            start_timeout_s: How long to wait for it to start.

        Raises:
            DevnetError: It did not start; the message says why.
        """
        if os.name != "posix":
            raise DevnetError("the development chain needs Linux, macOS or WSL")
        command = [str(find_anvil(anvil)), "--host", _HOST, "--port", str(port), *options]
        self._request_ids = itertools.count(1)
        # A file rather than a pipe: it needs no reader, and can't block Anvil.
        with tempfile.TemporaryFile(buffering=0) as output:
            self._guard = subprocess.Popen(  # noqa: S603 - our program; no shell reads the options
                ["/bin/sh", "-c", _GUARD, "guard", *command],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # the terminal's Ctrl-C is for us
            )
            try:
                self._address = self._await_start(output.fileno(), port, start_timeout_s)
                # Otherwise it writes lines for every request.
                self.request("anvil_setLoggingEnabled", False)  # noqa: FBT003 - by position there
            except BaseException:
                self.stop()
                raise

    @property
    def url(self) -> str:
        """URL of its JSON-RPC."""
        return f"http://{self._address}"

    def stop(self) -> None:
        """Stop Anvil and wait for it to exit. Calling this again does nothing."""
        if self._guard.stdin is not None:
            self._guard.stdin.close()
        try:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._guard.wait(_STOP_TIMEOUT_S)
        finally:
            if self._guard.poll() is None:  # not in time, or Ctrl-C came first
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(self._guard.pid, signal.SIGKILL)
                self._guard.wait()

    def request(self, method: str, *params: object) -> object:
        """Send a JSON-RPC request; methods that start with `anvil_` or `evm_` control the chain.

        Args:
            method: Name of the method.
            params: Its parameters, in JSON-RPC's form: numbers in hexadecimal.

        Returns:
            The result.

        Raises:
            DevnetError: It rejects the request, or does not answer.
        """
        body = {"jsonrpc": "2.0", "id": next(self._request_ids), "method": method, "params": params}
        connection = http.client.HTTPConnection(self._address, timeout=_REQUEST_TIMEOUT_S)
        with contextlib.closing(connection):
            try:
                headers = {"Content-Type": "application/json"}
                connection.request("POST", "/", json.dumps(body), headers)
                response = connection.getresponse()
                text = response.read()
            except (OSError, http.client.HTTPException) as error:
                raise DevnetError(f"the development chain does not answer {method}") from error
        if response.status != _HTTP_OK:
            raise DevnetError(f"the development chain answers {method} by HTTP {response.status}")
        answer = cast("_Answer", json.loads(text))  # our own Anvil, so the form is certain
        if "error" in answer:
            message = shown(answer["error"]["message"], 300)
            raise DevnetError(f"the development chain refuses {method}: {message}")
        return answer.get("result")

    def _await_start(self, output: int, port: int, timeout_s: float) -> str:
        """Return host and port, once Anvil reports that it listens there."""
        give_up = time.monotonic() + timeout_s
        while True:
            ended = self._guard.poll() is not None  # first: its last output is read below
            written = os.pread(output, 1 << 16, 0)
            _, listening, rest = written.partition(_LISTENING)
            if listening and b"\n" in rest:
                return rest.splitlines()[0].decode().strip()
            if ended:
                raise DevnetError(f"Anvil does not start: {_reason(written, port)}")
            if time.monotonic() > give_up:
                raise DevnetError(f"Anvil did not start within {timeout_s:g} s")
            time.sleep(_POLL_S)


def _reason(written: bytes, port: int) -> str:
    lines = [line for line in written.decode(errors="replace").splitlines() if line.strip()]
    if any("Address already in use" in line for line in lines):
        return f"port {port} is taken; choose another, or 0 for a free one"
    first = lines[0] if lines else "it wrote no message"
    return shown(next((line for line in lines if "Error" in line), first), 300)
