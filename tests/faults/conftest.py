"""A chain, a faulty proxy to it, and clients with short time limits for slow faults."""

import sys
from pathlib import Path

import pytest

_HERE = Path(__file__).resolve().parent
# Test folders are not packages (pytest's importlib mode), so what tests share is put on the path.
for _folder in (_HERE, _HERE.parent / "client"):
    if str(_folder) not in sys.path:
        sys.path.insert(0, str(_folder))

import ways  # noqa: E402
from faulty.proxy import FaultProxy  # noqa: E402

from ocn_registry import KeySigner, WriteOptions  # noqa: E402
from ocn_registry.deploy.devnet import Devnet  # noqa: E402

# Less than slow faults take, for their tests. Other tests allow for a busy machine.
SHORT_S, LONG_S = 2.0, 60.0
PATIENCE = WriteOptions(timeout_s=60)
SLOW = {"slow", "slow_after", "dripping", "dripping_headers", "asking_for_patience"}


@pytest.fixture(scope="package")
def _devnet():
    with Devnet() as devnet:
        yield devnet


@pytest.fixture
def devnet(_devnet):
    """Yield the chain, as it was before every test."""
    snapshot = _devnet.request("evm_snapshot")
    yield _devnet
    _devnet.request("anvil_dropAllTransactions")  # first, or they are mined in the next test
    _devnet.request("evm_revert", snapshot)
    _devnet.request("evm_setAutomine", True)


@pytest.fixture
def proxy(devnet):
    proxy = FaultProxy(devnet.rpc_url)
    yield proxy
    proxy.close()


@pytest.fixture(params=ways.LIGHT)
def way(request):
    return request.param


def is_slow(fault):
    """Return whether a fault, or its name, is a slow one."""
    return str(getattr(fault, "__name__", fault)).replace(" ", "_") in SLOW


@pytest.fixture
def connect(way, devnet, request):
    """Yield a function that makes clients by URL, each like a separate process."""
    made = []
    given = getattr(request.node, "callspec", None)
    slow = given is not None and any(map(is_slow, given.params.values()))

    def connected(*urls, **settings):
        deployment, options = devnet.deployment(), settings.pop("options", PATIENCE)
        journal = settings.pop("journal", None)
        settings = {"timeout_s": SHORT_S if slow else LONG_S, "retries": 1} | settings
        transport = ways.transport(way, *urls, chain_id=deployment.chain_id, **settings)
        made.append(ways.client(deployment, transport, options, journal))
        return made[-1]

    yield connected
    for client in made:
        client.close()


@pytest.fixture
def client(connect, proxy):
    return connect(proxy.url)


@pytest.fixture
def operator(devnet):
    return KeySigner.from_key(devnet.accounts[1].private_key)


class Account:
    """What an account has paid, read from the chain itself."""

    def __init__(self, devnet, address):
        self._devnet = devnet
        self._address = address
        self._sent, self._balance = self.sent, self.balance

    @property
    def sent(self):
        return int(self._devnet.request("eth_getTransactionCount", self._address, "latest"), 16)

    @property
    def balance(self):
        return int(self._devnet.request("eth_getBalance", self._address, "latest"), 16)

    def paid_for(self, transactions):
        """Return whether it has paid for exactly this many transactions since creation."""
        spent = self._balance - self.balance
        return self.sent - self._sent == transactions and (spent > 0) == (transactions > 0)


@pytest.fixture
def account(devnet, operator):
    return Account(devnet, operator.address)
