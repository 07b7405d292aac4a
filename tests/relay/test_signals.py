"""SIGTERM ends every role cleanly: started work is recorded, and followers are released."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import urllib3
from ocn_registry_ports import free_port

from ocn_registry.relay import store

ROOT = Path(__file__).resolve().parents[2]
HTTP = urllib3.PoolManager(retries=False, timeout=60)
PATIENCE_S = 120


@pytest.fixture
def start(fresh, database_url, tmp_path, network_file, party):
    """Start a relay with a role, which pays for `party`."""
    listen = f"127.0.0.1:{free_port()}"
    (tmp_path / "ocn-relay.toml").write_text(
        f'database = "{database_url}"\nlisten = "{listen}"\n[network]\nfile = "{network_file}"\n'
        f'[policy]\nallow = ["{party.address}"]\n'
    )
    environment = os.environ | {
        "OCN_RELAY_SPENDER": fresh.accounts[7].private_key,
        "OCN_RELAY_RECEIPTS": "0x" + "11" * 32,
        "PYTHONPATH": str(ROOT),
    }
    started = []

    def start(role):
        process = subprocess.Popen(
            [sys.executable, "-m", "ocn_registry.relay.main", "run", "--role", role],
            cwd=tmp_path,
            env=environment,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process, f"http://{listen}"

    yield start
    for process in started:
        process.kill()
        process.communicate()


def until(is_so):
    """Wait for something."""
    ends = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < ends, "it did not happen"
        time.sleep(0.05)


def answers(url):
    try:
        return HTTP.request("GET", f"{url}/health/live").status == 200
    except urllib3.exceptions.HTTPError:
        return False


def ended(process):
    """Return the exit code and the output."""
    _, said = process.communicate(timeout=PATIENCE_S)
    return process.returncode, said


def is_in_a_round(database):
    """Return whether another database session has queried the requests in a state."""
    with database.reading() as transaction:
        return transaction.run(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND "
            "pid <> pg_backend_pid() AND position('FROM request WHERE state' in query) > 0"
        )


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_round_is_finished_and_recorded_after_a_signal(start, fresh, registration, party, database):
    process, url = start("all")
    until(lambda: answers(url))
    follower = HTTP.request("GET", f"{url}/v1/changes", preload_content=False)
    fresh.request("evm_setAutomine", False)
    try:
        signed = registration(party).to_json()
        request_id = HTTP.request("POST", f"{url}/v1/requests", body=signed).json()["id"]
        until(lambda: int(fresh.request("eth_getBlockTransactionCountByNumber", "pending"), 16))
        process.send_signal(signal.SIGTERM)
        until(lambda: not answers(url))
    finally:
        fresh.request("evm_mine")
        fresh.request("evm_setAutomine", True)
    code, said = ended(process)
    follower.close()
    assert (code, "ERROR" in said) == (0, False), said
    with database.reading() as transaction:
        assert store.find(transaction, request_id).state in {"mined", "done"}


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
@pytest.mark.parametrize("role", ["api", "send", "follow"])
def test_signal_ends_a_role_without_an_error(start, role, database):
    process, url = start(role)
    if role == "api":
        until(lambda: answers(url))
    else:  # before its first round, a signal just ends it
        until(lambda: is_in_a_round(database))
    process.send_signal(signal.SIGTERM)
    assert ended(process)[0] == 0
