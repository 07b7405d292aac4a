"""A relay on a real chain, and its users."""

import json
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import pytest

# Test folders are not packages (pytest's importlib mode), so what tests share is put on the path.
if (_here := str(Path(__file__).resolve().parent)) not in sys.path:
    sys.path.insert(0, _here)

from postgres import Postgres, programs
from served_relay import serving

from ocn_registry import KeySigner, RegistryClient, Role, SetParty
from ocn_registry.deploy.devnet import Devnet
from ocn_registry.relay.client import RelayClient
from ocn_registry.relay.config import Config
from ocn_registry.relay.database import open_database
from ocn_registry.relay.policy import Policy
from ocn_registry.relay.sender import RequestSender
from ocn_registry.relay.service import RelayService
from ocn_registry.transport.http_sync import HttpTransport


@pytest.fixture(scope="session")
def postgres():
    if programs() is None:
        pytest.skip("PostgreSQL's programs are not installed (Debian: postgresql)")
    # Not in pytest's folder, which only its owner may enter: the server runs as another user.
    with tempfile.TemporaryDirectory(prefix="ocn-postgres-") as folder:
        server = Postgres(Path(folder))
        yield server
        server.stop()


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request, tmp_path):
    if request.param == "sqlite":
        return f"sqlite:{tmp_path / 'relay.sqlite'}"
    import psycopg  # noqa: PLC0415 - only for this parameter

    server = request.getfixturevalue("postgres")
    name = f"relay{time.monotonic_ns()}"
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    return server.url.replace("/postgres", f"/{name}")


@pytest.fixture
def database(database_url):
    opened = open_database(database_url)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def devnet():
    with Devnet() as devnet:
        yield devnet


@pytest.fixture
def fresh(devnet):
    snapshot = devnet.request("evm_snapshot")
    yield devnet
    devnet.request("evm_revert", snapshot)


@pytest.fixture
def network_file(fresh, tmp_path):
    """A network file for the chain, in the test's folder."""
    deployment = fresh.deployment()
    path = tmp_path / "network.json"
    path.write_text(
        json.dumps(
            {
                "name": "mine",
                "chainId": deployment.chain_id,
                "dialect": deployment.dialect,
                "registry": deployment.registry,
                "permissions": deployment.permissions,
                "rpcUrls": list(deployment.rpc_urls),
            }
        )
    )
    return path


@pytest.fixture
def registry(fresh):
    deployment = fresh.deployment()
    client = RegistryClient(deployment, HttpTransport(deployment.rpc_urls))
    yield client
    client.close()


@pytest.fixture
def operator(fresh, registry):
    signer = KeySigner.from_key(fresh.accounts[1].private_key)
    registry.set_node("https://node.example.org", signer=signer)
    return signer


@pytest.fixture
def policy():
    return Policy()


@pytest.fixture
def config(fresh, database_url, policy, monkeypatch):
    monkeypatch.setenv("RELAY_SPENDER", fresh.accounts[7].private_key)
    monkeypatch.setenv("RELAY_RECEIPTS", "0x" + "11" * 32)
    return Config(
        deployment=replace(fresh.deployment(), blocks_to_finality=20),
        database=database_url,
        spender="env:RELAY_SPENDER",
        receipts="env:RELAY_RECEIPTS",
        requests_per_minute=100_000,
        policy=policy,
    )


@pytest.fixture
def service(config):
    service = RelayService(config)
    service.cache.refresh()
    yield service
    service.close()


@pytest.fixture
def sender(service):
    return RequestSender(service)


@pytest.fixture
def url(service):
    with serving(service) as url:
        yield url


@pytest.fixture
def relay(url):
    with RelayClient(url) as client:
        yield client


@pytest.fixture
def party():
    return KeySigner.generate()


@pytest.fixture
def registration(registry, operator):
    """Sign a registration: fields of the intent and of the request can be changed."""

    def sign(account, party_id="ABC", *, country_code="DE", **request):
        intent = SetParty(
            country_code=country_code,
            party_id=party_id,
            roles=[Role.CPO],
            operator=operator.address,
        )
        return registry.sign(intent, account, **request)

    return sign
