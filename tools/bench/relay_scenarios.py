"""Measure the relay: requests per second and per core, latency, gas, memory, startup.

The relay runs in a process of its own, whose processor time is read when it has ended, so the
client does not count. Its work is compared to `verify` alone, on the same machine in the same run.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

import urllib3
from ocn_registry_ports import free_port

from ocn_registry import KeySigner, RegistryClient, Role, SetParty
from ocn_registry.deploy.devnet import Devnet
from ocn_registry.relay import store
from ocn_registry.relay.database import open_database
from ocn_registry.transport.http_sync import HttpTransport

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ocn_registry.signing import SignedRequest

ROOT: Final = Path(__file__).resolve().parents[2]
REQUESTS: Final = 1_500
ROUNDS: Final = 3
ASKING: Final = 48
WAITING: Final = 100
STORED: Final = 100_000
CHAIN_A_SECOND: Final = 15.8  # registrations of 76,000 gas in three quarters of 8,000,000 every 5 s
_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


# With SQLite, one process has all roles; this one does not send, so only accepting is measured.
_ONLY_API: Final = """
from pathlib import Path
import uvicorn
from ocn_registry.relay.api import application
from ocn_registry.relay.config import read_config
from ocn_registry.relay.service import RelayService
service = RelayService(read_config(Path("ocn-relay.toml")))
service.start()
host, port = service.config.listen
uvicorn.run(application(service), host=host, port=port, log_level="error", access_log=False)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What was measured.

    Attributes:
        accepted_a_core: Requests accepted per second of processor time.
        accepted_a_second: Requests accepted per second, with the client on the same machine.
        verify_ratio: Processor time of one request, as a multiple of one `verify`.
        gas: Gas of one registration in the relay's transactions.
        gas_by_hand: Gas of one registration in a batch of the same size, sent without the relay.
        blocks: Number of blocks from the first POST until all of 100 waiting requests are mined.
        blocks_by_hand: The same for batches sent without the relay.
    """

    accepted_a_core: float
    accepted_a_second: float
    verify_ratio: float
    gas: float
    gas_by_hand: float
    blocks: int
    blocks_by_hand: int


def measure(database: str | None = None) -> Figures:
    """Measure a relay.

    Args:
        database: URL of an empty database; `None` for SQLite in a new folder.
    """
    with Devnet() as devnet, tempfile.TemporaryDirectory() as folder:
        deployment = devnet.deployment()
        client = RegistryClient(deployment, HttpTransport(deployment.rpc_urls))
        operator = KeySigner.from_key(devnet.accounts[1].private_key)
        client.set_node("https://node.example.org", signer=operator)
        url = database or f"sqlite:{folder}/relay.sqlite"
        people = [KeySigner.generate() for _ in range(REQUESTS)]
        signed = [_registration(client, one, n, operator) for n, one in enumerate(people)]
        _configure(Path(folder), devnet, url, [one.address for one in people])
        verify_s = statistics.median(_verify_s(client, signed[:200]) for _ in range(ROUNDS))
        rounds = [_accepted(Path(folder), devnet, url, signed[WAITING:]) for _ in range(ROUNDS)]
        cpu_s = statistics.median(cpu_s for cpu_s, _ in rounds)
        taken_s = statistics.median(taken_s for _, taken_s in rounds)
        count = REQUESTS - WAITING
        blocks, gas = _sent(Path(folder), devnet, url, signed[:WAITING])
        by_hand = _by_hand(devnet, signed[:WAITING], client)
        return Figures(
            accepted_a_core=count / cpu_s,
            accepted_a_second=count / taken_s,
            verify_ratio=cpu_s / count / verify_s,
            gas=gas,
            gas_by_hand=by_hand[1],
            blocks=blocks,
            blocks_by_hand=by_hand[0],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """The figures of a relay with many stored requests.

    Attributes:
        bytes_: Memory of the process.
        start_s: Time until it answers, in seconds.
        empty_start_s: The same with an empty database; most of it is the time for imports.
    """

    bytes_: int
    start_s: float
    empty_start_s: float


def stored() -> Stored:
    """Measure a relay whose database has 100,000 ended requests, compared to an empty one."""
    with Devnet() as devnet, tempfile.TemporaryDirectory() as folder:
        deployment = devnet.deployment()
        client = RegistryClient(deployment, HttpTransport(deployment.rpc_urls))
        operator = KeySigner.from_key(devnet.accounts[1].private_key)
        client.set_node("https://node.example.org", signer=operator)
        document = _registration(client, KeySigner.generate(), 0, operator).to_json()
        url = f"sqlite:{folder}/relay.sqlite"
        _configure(Path(folder), devnet, f"sqlite:{folder}/empty.sqlite", [])
        with _relay(Path(folder), devnet) as relay:
            empty_start_s = relay.started_s
        database = open_database(url)
        with database.transaction() as transaction:
            for number in range(STORED):
                request = store.Accepted(
                    id=f"0x{number:064x}",
                    contract="registry",
                    account=f"0x{number:040x}",
                    nonce=0,
                    deadline_unix_s=0,
                    kind="SetParty",
                    document=document,
                    by_contract=False,
                    sponsor="key:bench",
                    accepted_unix_s=1,
                )
                store.add(transaction, request)
                store.move(transaction, request.id, "done", since=("accepted",))
        database.close()
        _configure(Path(folder), devnet, url, [])
        with _relay(Path(folder), devnet) as relay:
            urllib3.request("GET", f"{relay.url}/metrics", retries=False)
            return Stored(
                bytes_=relay.memory(), start_s=relay.started_s, empty_start_s=empty_start_s
            )


@contextmanager
def postgres() -> Iterator[str | None]:
    """Run a PostgreSQL server. Yield its URL, or `None` if PostgreSQL is not installed."""
    sys.path.insert(0, str(ROOT / "tests" / "relay"))
    from postgres import Postgres, programs  # type: ignore[import-not-found]  # noqa: PLC0415 - what tests share

    if programs() is None:
        yield None
        return
    with tempfile.TemporaryDirectory() as folder:
        server = Postgres(Path(folder))
        try:
            yield server.url
        finally:
            server.stop()


class _Process:
    def __init__(self, process: subprocess.Popen[bytes], url: str, started_s: float) -> None:
        self.process, self.url, self.started_s = process, url, started_s

    def cpu_s(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self) -> int:
        pages = Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]
        return int(pages) * resource.getpagesize()


@contextmanager
def _relay(
    folder: Path, devnet: Devnet, words: Sequence[str] = ("-m", "ocn_registry.relay.main", "run")
) -> Iterator[_Process]:
    port = json.loads((folder / "port.json").read_text())
    url = f"http://127.0.0.1:{port}"
    started = time.perf_counter()
    process = subprocess.Popen(  # noqa: S603 - this package's own program
        [sys.executable, *words],
        cwd=folder,
        env=_environment(devnet),
        stderr=subprocess.DEVNULL,
    )
    try:
        while True:
            try:
                urllib3.request("GET", f"{url}/health/live", retries=False)
                break
            except urllib3.exceptions.HTTPError:
                if process.poll() is not None:
                    raise SystemExit("the relay did not start") from None
                time.sleep(0.02)
        yield _Process(process, url, time.perf_counter() - started)
    finally:
        process.terminate()
        process.wait()


def _environment(devnet: Devnet) -> dict[str, str]:
    return os.environ | {
        "OCN_RELAY_SPENDER": devnet.accounts[7].private_key,
        "OCN_RELAY_RECEIPTS": "0x" + "11" * 32,
        "PYTHONPATH": str(ROOT),
    }


def _configure(folder: Path, devnet: Devnet, database: str, allow: list[str]) -> None:
    port = free_port()
    (folder / "port.json").write_text(str(port))
    (folder / "ocn-relay.toml").write_text(
        f'database = "{database}"\nlisten = "127.0.0.1:{port}"\nrequests_per_minute = 1000000\n'
        f'[network]\nname = "local"\nrpc_urls = ["{devnet.rpc_url}"]\n'
        f"[policy]\nallow = {json.dumps(allow)}\nnew_ids_per_country = 1000000\n"
        "[spending]\nlow_balance_wei = 1\nbatch = 50\n"
    )


def _registration(
    client: RegistryClient, party: KeySigner, number: int, operator: KeySigner
) -> SignedRequest:
    a, b, c = number // 1296 % 36, number // 36 % 36, number % 36
    intent = SetParty(
        country_code="DE",
        party_id=_LETTERS[a] + _LETTERS[b] + _LETTERS[c],
        roles=[Role.CPO],
        operator=operator.address,
    )
    deadline = int(time.time()) + 86_400
    return client.sign(intent, party, nonce=0, deadline_unix_s=deadline)


def _verify_s(client: RegistryClient, signed: list[SignedRequest]) -> float:
    texts = [one.to_json() for one in signed]
    started = time.process_time()
    for text in texts:
        client.verify(client.read_signed_request(text))
    return (time.process_time() - started) / len(texts)


def _hand_in(url: str, signed: list[SignedRequest]) -> None:
    bodies = [json.dumps(one.document()).encode() for one in signed]
    own = threading.local()

    def post(body: bytes) -> int:
        pool = getattr(own, "pool", None)
        if pool is None:
            pool = own.pool = urllib3.PoolManager(maxsize=1, retries=False)
        reply = pool.request("POST", f"{url}/v1/requests", body=body, timeout=60)
        return cast("int", reply.status)

    with ThreadPoolExecutor(ASKING) as people:
        found = list(people.map(post, bodies))
    if set(found) != {202}:
        raise SystemExit(f"the relay did not accept all: {sorted(set(found))}")


def _accepted(
    folder: Path, devnet: Devnet, url: str, signed: list[SignedRequest]
) -> tuple[float, float]:
    """Return how long an empty relay takes to accept requests: processor time, and in total."""
    _empty(url)
    with _relay(folder, devnet, ["-c", _ONLY_API]) as relay:
        before_s = relay.cpu_s()
        started = time.perf_counter()
        _hand_in(relay.url, signed)
        return relay.cpu_s() - before_s, time.perf_counter() - started


def _empty(url: str) -> None:
    """Delete all requests from a relay's database."""
    database = open_database(url)
    with database.transaction() as transaction:
        for table in ("request", "entry", "attempt", "quota", "event"):
            transaction.run(f"DELETE FROM {table}")  # noqa: S608 - names of ours
    database.close()


def _sent(folder: Path, devnet: Devnet, url: str, signed: list[SignedRequest]) -> tuple[int, float]:
    """Return the number of blocks in which 100 waiting requests are sent, and the gas of one."""
    _empty(url)
    database = open_database(url)
    snapshot = devnet.request("evm_snapshot")
    with _relay(folder, devnet) as relay, _blocks(devnet):
        first = _head(devnet)
        _hand_in(relay.url, signed)
        while True:
            with database.transaction() as transaction:
                rows = [
                    row
                    for state in ("mined", "done")
                    for row in store.in_state(transaction, state, 1_000)
                ]
            if len(rows) == len(signed):
                break
            time.sleep(0.1)
    database.close()
    last = max(row.block_number or 0 for row in rows)
    gas = sum(row.gas_used or 0 for row in rows) / len(rows)
    devnet.request("evm_revert", snapshot)
    return last - first, gas


def _by_hand(
    devnet: Devnet, signed: list[SignedRequest], client: RegistryClient
) -> tuple[int, float]:
    """Return the same for a spender that submits them in batches of the same size."""
    spender = KeySigner.from_key(devnet.accounts[8].private_key)
    with _blocks(devnet):
        first = _head(devnet)
        outcomes = [
            client.submit(*signed[place : place + 50], spender=spender)
            for place in range(0, len(signed), 50)
        ]
    gas = sum(outcome.gas_used for outcome in outcomes) / len(signed)
    return outcomes[-1].block.number - first, gas


@contextmanager
def _blocks(devnet: Devnet) -> Iterator[None]:
    """Mine a block every second."""
    devnet.request("evm_setAutomine", False)  # noqa: FBT003 - the node takes it by position
    devnet.request("evm_setIntervalMining", 1)
    try:
        yield
    finally:
        devnet.request("evm_setIntervalMining", 0)
        devnet.request("evm_setAutomine", True)  # noqa: FBT003 - the same


def _head(devnet: Devnet) -> int:
    return int(str(devnet.request("eth_blockNumber")), 16)
