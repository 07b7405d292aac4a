"""Fuzz everything that reads foreign bytes, guided by coverage.

    python tools/fuzz.py                    every reader, 10 seconds each, side by side
    python tools/fuzz.py json rpc           only these
    python tools/fuzz.py --seconds 600      the long run of `make soak`

A reader may refuse what it is given with the errors that it documents; anything else is a fault,
and so is work beyond its limits. With atheris the inputs follow the coverage. Where atheris can't
be installed, they are the samples, cut and changed at random.
"""

from __future__ import annotations

import argparse
import json
import random
import socket
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

from side_by_side import side_by_side

from ocn_registry.dialects import dialect_of
from ocn_registry.errors import BadAnswer, InvalidInput, OcnRegistryError
from ocn_registry.evm import rlp
from ocn_registry.evm.abi import Words
from ocn_registry.foreign.limits import JsonLimits
from ocn_registry.foreign.packed import most_unpacked, unpacked
from ocn_registry.foreign.strict_json import parse_json
from ocn_registry.foreign.text import masked, shown
from ocn_registry.migration.files import from_json as read_snapshot
from ocn_registry.models import Address
from ocn_registry.networks import built_in
from ocn_registry.networks import from_json as read_network
from ocn_registry.protocol.effects import (
    BlockAt,
    Call,
    GasEstimate,
    Head,
    Logs,
    ReceiptOf,
    TransactionOf,
    run,
)
from ocn_registry.transport.http_answers import TooLong, receive
from ocn_registry.transport.replies import HttpReply
from ocn_registry.transport.rpc_pool import Nodes, Post

if TYPE_CHECKING:
    from collections.abc import Callable

    from ocn_registry.protocol.effects import Answer, AnyEffect

_ACCOUNT: Final = Address("0x" + "ab" * 20)
_MOST_BYTES: Final = 1 << 16
_LINE: Final = 1000
_BLOCK: Final = {"number": "0x1", "hash": "0x" + "11" * 32, "timestamp": "0x5"}
_LOG: Final = {
    "address": _ACCOUNT.lower(),
    "topics": ["0x" + "22" * 32],
    "data": "0x00",
    "blockNumber": "0x0",
    "blockHash": "0x" + "11" * 32,
    "transactionHash": "0x" + "33" * 32,
    "logIndex": "0x0",
}
_RECEIPT: Final = _LOG | {"status": "0x1", "gasUsed": "0x1", "logs": [_LOG]}


def _read_text(words: Words) -> object:
    return words.text(), words.uints(), words.structs(lambda one: (one.address(), one.blob()))


def read_json(data: bytes) -> None:
    """Read JSON within limits."""
    limits = JsonLimits(max_bytes=_MOST_BYTES, max_items=1000, max_depth=16)
    try:
        found = parse_json(data, limits)
    except ValueError:
        return
    json.dumps(found, ensure_ascii=False).encode()  # it can be written to a file or a page


def read_packed(data: bytes) -> None:
    """Unpack compressed content."""
    for coding in (None, "gzip", "deflate"):
        try:
            found = unpacked(data, coding, _MOST_BYTES)
        except ValueError:
            continue
        if len(found) > max(len(data), most_unpacked(len(data), _MOST_BYTES)):
            raise AssertionError("it is unpacked beyond its bound")


def read_rpc(data: bytes) -> None:
    """Read a node's answers to requests of each kind."""
    call = Call(_ACCOUNT, b"", lambda answer: _read_text(Words(answer)))
    effects: list[AnyEffect] = [
        call,
        GasEstimate(call),
        Head(),
        BlockAt(1),
        Logs((_ACCOUNT,), 0, 1),
        ReceiptOf("0x" + "33" * 32),
        TransactionOf("0x" + "33" * 32),
    ]
    status = 200 + (data[0] if data else 0) * 2

    def perform(effect: AnyEffect) -> Answer:
        if isinstance(effect, Post):
            return HttpReply(status=status if status < 600 else 200, content=data)  # noqa: PLR2004 - HTTP's
        return None

    for effect in effects:
        try:
            run(Nodes(["http://node.example"], chain_id=None, retries=0).ask(effect), perform)
        except OcnRegistryError as error:
            _check_message(error)


def read_http(data: bytes) -> None:
    """Read an answer of HTTP from a socket."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(data[:_MOST_BYTES])
        theirs.shutdown(socket.SHUT_WR)
        try:
            answer, _ = receive(ours, time.monotonic() + 5, _MOST_BYTES)
        except (OSError, TooLong):
            return
        if len(answer.content) > _MOST_BYTES:
            raise AssertionError("the answer is longer than allowed")


def read_request(data: bytes) -> None:
    """Read a signed request."""
    try:
        dialect_of(built_in("local")).read_request(data)
    except OcnRegistryError as error:
        _check_message(error)


def read_files(data: bytes) -> None:
    """Read the files that users exchange."""
    for reader in (read_network, read_snapshot):
        try:
            reader(data)
        except InvalidInput as error:
            _check_message(error)


def read_chain(data: bytes) -> None:
    """Read contract results and transactions."""
    try:
        _read_text(Words(data))
    except BadAnswer as error:
        _check_message(error)
    try:
        rlp.decode(data)
    except (ValueError, RecursionError):
        return


def show_text(data: bytes) -> None:
    """Show any text."""
    text = data.decode(errors="replace")
    for line in (shown(text), shown(data), shown((text, data))):
        if not line.isprintable() or len(line) > 10 * _LINE:
            raise AssertionError("it is not one line, or it contains terminal commands")
    masked(text)


def _check_message(error: Exception) -> None:
    if len(str(error)) > 10 * _LINE or not str(error).isprintable():
        raise AssertionError(f"the message is not one line: {str(error)[:_LINE]!r}")


def _response(result: object) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": 1, "result": result}).encode()


def _error(**error: object) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": 1, "error": error}).encode()


_NETWORK: Final = Path(__file__).parents[1] / "ocn_registry" / "networks" / "volta.json"
_CHUNKED: Final = (
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;a=b\r\n{}\r\n0\r\nX: y\r\n\r\n"
)
TARGETS: Final[dict[str, tuple[Callable[[bytes], None], list[bytes]]]] = {
    "json": (read_json, [b'{"a": [1, -2.5e3, "\\ud83d\\ude00", null, true]}', b"\xef\xbb\xbf[]"]),
    "packed": (read_packed, [b"\x1f\x8b\x08\0\0\0\0\0\0\3", b"x\x9c\3\0\0\0\0\1"]),
    "rpc": (
        read_rpc,
        [
            _response("0x" + "00" * 64),
            _response(_BLOCK),
            _response([_LOG]),
            _response(_RECEIPT),
            _error(code=3, message="execution reverted", data="0x08c379a0"),
            _error(code=-32015, message="VM execution error.", data={"data": "Reverted 0x"}),
        ],
    ),
    "http": (
        read_http,
        [
            b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
            b"HTTP/1.1 100 Continue\r\n\r\n" + _CHUNKED,
        ],
    ),
    "request": (
        read_request,
        [b'{"types":{},"primaryType":"SetNode","domain":{},"message":{},"signature":"0x"}'],
    ),
    "files": (read_files, [_NETWORK.read_bytes(), b'{"format": 1, "digest": ""}']),
    "chain": (read_chain, [bytes(31) + b"\x20" + bytes(32), b"\xc2\x80\x80", b"\x02\xc0"]),
    "text": (show_text, [b"https://user:key@host/path?query", b"0x" + b"ab" * 32, b"\x1b[2J"]),
}


# Coverage is that of the package alone, so it is imported inside.
_GUIDED: Final = """
import atheris, sys
sys.path.insert(0, sys.argv[1])
with atheris.instrument_imports(include=["ocn_registry"]):
    import fuzz
atheris.Setup([sys.argv[0], *sys.argv[3:]], fuzz.TARGETS[sys.argv[2]][0])
atheris.Fuzz()
"""


def at_random(target: str, seconds: float, seed: int = 0) -> int:
    """Try samples that are cut and changed at random; return how many."""
    test, samples = TARGETS[target]
    chance = random.Random(seed)  # noqa: S311 - not for secrets
    until, count = time.monotonic() + seconds, 0
    for sample in samples:
        test(sample)
    while time.monotonic() < until:
        data = bytearray(chance.choice(samples))
        for _ in range(chance.randrange(8)):
            at = chance.randrange(len(data) + 1)
            data[at : at + chance.randrange(4)] = chance.choice(
                [
                    chance.randbytes(chance.randrange(4)),
                    bytes(data[: chance.randrange(len(data) + 1)]),
                ]
            )
            del data[_MOST_BYTES:]
        test(bytes(data))
        count += 1
    return count


def guided(target: str, seconds: int) -> int:
    """Run atheris in its own process, and return its exit status."""
    with tempfile.TemporaryDirectory() as folder:
        for number, sample in enumerate(TARGETS[target][1]):
            (Path(folder) / str(number)).write_bytes(sample)
        command = [sys.executable, "-c", _GUIDED, str(Path(__file__).parent), target, folder]
        limits = [f"-max_total_time={seconds}", f"-max_len={_MOST_BYTES}", "-timeout=20"]
        return subprocess.run([*command, *limits], check=False).returncode  # noqa: S603 - this file


def main() -> int:
    """Fuzz the readers; 1 if one of them failed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("targets", nargs="*", help=f"some of: {', '.join(TARGETS)}")
    parser.add_argument("--seconds", type=int, default=10, help="how long for each (10)")
    chosen = parser.parse_args()
    if unknown := set(chosen.targets) - set(TARGETS):
        parser.error(f"no target {', '.join(sorted(unknown))}: choose from {', '.join(TARGETS)}")
    targets = chosen.targets or list(TARGETS)
    if len(targets) > 1:
        own = [sys.executable, __file__, "--seconds", str(chosen.seconds)]
        return int(bool(side_by_side({target: [*own, target] for target in targets})))
    (target,) = targets
    if find_spec("atheris") is None:
        print("atheris is not installed here: inputs are changed at random", file=sys.stderr)
        print(f"{at_random(target, chosen.seconds):,} inputs")
        return 0
    return guided(target, chosen.seconds)


if __name__ == "__main__":
    sys.exit(main())
