"""A relay is killed repeatedly behind a faulty node, and nothing is lost or paid twice.

On SQLite it is one process. On PostgreSQL there are two that serve, two that send for one spender
and one for another, and one that follows, and any of them or the database itself is killed. 300
requests in all; `OCN_SOAK=1` has 10,000.
"""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import urllib3

ROOT = Path(__file__).resolve().parents[2]
if (_faults := str(ROOT / "tests" / "faults")) not in sys.path:
    sys.path.insert(0, _faults)

from faulty import faults  # noqa: E402
from faulty.proxy import FaultProxy  # noqa: E402
from ocn_registry_ports import free_port  # noqa: E402

from ocn_registry import KeySigner  # noqa: E402
from ocn_registry.relay import store  # noqa: E402
from ocn_registry.relay.client import RelayClient, RelayRefused  # noqa: E402
from ocn_registry.relay.database import DatabaseError, open_database  # noqa: E402
from ocn_registry.relay.event_stream import RelayUnavailable  # noqa: E402

REQUESTS = 5_000 if os.environ.get("OCN_SOAK") else 150  # on each database
FAULTY = 0.5  # share of moments with one wrong answer
KILLS = REQUESTS // 10
# The roles of processes, and the keys of their spenders.
ONE = (("all", "RELAY_SPENDER"),)
SEVERAL = (
    ("api", "RELAY_SPENDER"),
    ("api", "RELAY_SPENDER"),
    ("send", "RELAY_SPENDER"),
    ("send", "RELAY_SPENDER"),
    ("send", "OTHER_SPENDER"),
    ("follow", "RELAY_SPENDER"),
)
SPENDERS = {"RELAY_SPENDER": 7, "OTHER_SPENDER": 6}  # indexes of accounts with money
PATIENCE_S = 400 if REQUESTS < 1000 else 7200
SEED = int(os.environ.get("OCN_SEED", "2026"))
SPIKES = 0.1  # share of moments with a block too expensive for the relay
CONFIG = """\
database = "{database}"
requests_per_minute = 1000000
[network]
file = "network.json"
[keys]
spender = "env:{spender}"
receipts = "env:RELAY_RECEIPTS"
[spending]
batch = 20
[policy]
allow = {allow}
new_ids_per_country = 1000000
"""
# Faults of the node: it fails, does not answer, or claims to refuse what it accepted.
WRONGS = [
    (faults.reset, None),
    (faults.reset_after, "eth_sendRawTransaction"),
    (faults.status(503), None),
    (faults.status_after(408), "eth_sendRawTransaction"),
    (
        faults.says_after(
            b'{"jsonrpc":"2.0","id":1,"error":{"code":-32010,"message":"FeeTooLow"}}'
        ),
        "eth_sendRawTransaction",
    ),
]


class Process:
    """One process of a relay that can be killed and restarted."""

    def __init__(self, folder, role, config, environment):
        self._folder, self._environment = folder, environment
        self._role = role
        port = free_port()
        self._config = f"relay-{port}.toml"
        (folder / self._config).write_text(f'listen = "127.0.0.1:{port}"\n{config}')
        self.url = f"http://127.0.0.1:{port}" if role in {"all", "api"} else None
        self._process = None

    def start(self):
        program = [sys.executable, "-m", "ocn_registry.relay.main", "-c", self._config, "run"]
        self._process = subprocess.Popen(
            [*program, "--role", self._role],
            cwd=self._folder,
            env=self._environment,
            stderr=subprocess.DEVNULL,
        )

    def is_up(self):
        if (
            self._process.poll() is not None
        ):  # it could not start: a process manager would restart it
            self.start()
            return False
        if self.url is None:
            return True
        try:
            return urllib3.request("GET", f"{self.url}/health/live", retries=False).status == 200
        except urllib3.exceptions.HTTPError:
            return False

    def kill(self):
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def stop(self):
        self._process.terminate()
        self._process.wait(timeout=240)


class Relay:
    """All processes of a relay, and its database if that is a server."""

    def __init__(self, processes, server):
        self._processes, self._server = processes, server
        self.urls = [one.url for one in processes if one.url is not None]

    def start(self):
        for one in self._processes:
            one.start()

    def kill_one(self, dice):
        """Kill and restart a running process; return whether there was one."""
        victims = [one for one in self._processes if one.is_up()]
        if self._server is not None and dice.random() < 0.15:
            self._server.kill()
            self._server.start()
            return True
        if not victims:
            return False
        victim = dice.choice(victims)
        victim.kill()
        victim.start()
        return True

    def stop(self):
        for one in self._processes:
            one.stop()


@pytest.fixture
def people():
    return [KeySigner.generate() for _ in range(REQUESTS)]


@pytest.fixture
def proxy(fresh):
    proxy = FaultProxy(fresh.rpc_url)
    yield proxy
    proxy.close()


@pytest.fixture
def relay(request, fresh, proxy, people, database_url, tmp_path):
    deployment = fresh.deployment()
    (tmp_path / "network.json").write_text(
        f'{{"name": "torture", "chainId": {deployment.chain_id}, "dialect": "v3", '
        f'"registry": "{deployment.registry}", "permissions": "{deployment.permissions}", '
        f'"rpcUrls": ["{proxy.url}"], "blocksToFinality": 2}}'
    )
    allow = [each.address for each in people]
    environment = dict(os.environ)
    environment |= {
        **{name: fresh.accounts[place].private_key for name, place in SPENDERS.items()},
        "RELAY_RECEIPTS": "0x" + "11" * 32,
        "PYTHONPATH": str(ROOT),
    }
    alone = database_url.startswith("sqlite")
    open_database(database_url).close()
    relay = Relay(
        [
            Process(
                tmp_path,
                role,
                CONFIG.format(database=database_url, allow=allow, spender=spender),
                environment,
            )
            for role, spender in (ONE if alone else SEVERAL)
        ],
        None if alone else request.getfixturevalue("postgres"),
    )
    relay.start()
    yield relay
    relay.stop()


def hand_in(relay, signed, dice):
    """Submit a request repeatedly until there is an answer."""
    ends = time.monotonic() + PATIENCE_S
    while True:
        with RelayClient(dice.choice(relay.urls), timeout_s=5) as client:
            try:
                return client.submit(signed).id
            except RelayUnavailable:
                assert time.monotonic() < ends, "the relay did not come back"
            except RelayRefused as error:
                # It was accepted and sent before the answer was lost, or the chain is out of reach.
                if error.code == "nonce_mismatch":
                    return None
                if error.status != 503:  # the chain or the database is out of reach
                    raise
        time.sleep(0.05)


def ended(database):
    try:
        with database.transaction() as transaction:
            counts = store.counts(transaction)
    except DatabaseError:  # it was killed
        counts = {}
    return sum(counts.values()) - sum(counts.get(one, 0) for one in ("accepted", "sent")), counts


def disturb(proxy, chain, dice):
    """Make the node fail, or make its next block too expensive for the relay."""
    proxy.heal()
    if dice.random() < FAULTY:
        proxy.inject(*dice.choice(WRONGS), times=1)
    proxy.inject(faults.estimates_at_latest, "eth_estimateGas")
    base_fee = 5_000 if dice.random() < SPIKES else 7
    chain.request("anvil_setNextBlockBaseFeePerGas", hex(base_fee))


def sent_in_all(chain):
    """Return the number of mined transactions of all spenders."""
    return sum(
        int(chain.request("eth_getTransactionCount", chain.accounts[one].address, "latest"), 16)
        for one in SPENDERS.values()
    )


def test_each_accepted_request_ends_once_as_the_chain_says(
    relay, proxy, people, registration, registry, database_url, fresh
):
    dice = random.Random(SEED)  # noqa: S311 - a repeatable history
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    names = [f"{a}{b}{c}" for a in letters for b in letters for c in letters]
    documents = [
        registration(each, name, nonce=0, deadline_unix_s=int(time.time()) + 86_400)
        for each, name in zip(people, names, strict=False)
    ]
    before = sent_in_all(fresh)
    wrong, done = [], threading.Event()

    def hand_all_in():
        try:
            for signed in documents:
                hand_in(relay, signed, dice)
                time.sleep(0.02)
        except Exception as error:  # noqa: BLE001 - for the test's own thread
            wrong.append(error)
        done.set()

    client = threading.Thread(target=hand_all_in)
    client.start()
    database = open_database(database_url)
    ends = time.monotonic() + PATIENCE_S
    kills = 0
    while not (done.is_set() and ended(database)[0] >= REQUESTS and kills >= KILLS):
        assert time.monotonic() < ends, ended(database)[1]
        assert not wrong
        disturb(proxy, fresh, dice)
        time.sleep(dice.uniform(0.05, 0.5))
        if kills < KILLS:
            kills += relay.kill_one(dice)
        fresh.request("evm_mine")
    client.join()
    proxy.heal()
    fresh.request("anvil_setNextBlockBaseFeePerGas", "0x7")

    database.close()
    database = open_database(database_url)
    with database.transaction() as transaction:
        rows = [
            row
            for state in store.STATES
            for row in store.in_state(transaction, state, REQUESTS + 1)
        ]
        entries = transaction.run("SELECT count(*) FROM entry")[0][0]
    database.close()
    # Every request has ended once, and the relay reports the outcome on the chain.
    assert {row.state for row in rows} <= {"mined", "done"}, [row.error for row in rows]
    assert len(rows) == REQUESTS == len({row.id for row in rows})
    assert [row.error for row in rows] == [None] * REQUESTS
    parties = {party.address: party for party in registry.parties()}
    assert set(parties) == {row.account for row in rows}
    for tx_hash in {row.tx_hash for row in rows}:
        receipt = fresh.request("eth_getTransactionReceipt", tx_hash)
        assert receipt["status"] == "0x1"
        members = [row for row in rows if row.tx_hash == tx_hash]
        carried = [log for log in receipt["logs"] if len(log["topics"]) >= 1]
        assert len(carried) >= len(members)
    # Every payment belongs to a request: each transaction is in the journal.
    assert sent_in_all(fresh) - before == entries == len({row.tx_hash for row in rows})
