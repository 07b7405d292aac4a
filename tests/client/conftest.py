"""A registry on a real chain, and its users. Each test starts with an empty registry.

Tests that use `client` run for each generation of the contracts, and each way to the chain: both
clients, and a `Web3` of the user's. Where generations differ, a test asserts what `client.limits`
say.
"""

import sys
from pathlib import Path

import pytest

# Test folders are not packages (pytest's importlib mode), so what tests share is put on the path.
if (_here := str(Path(__file__).resolve().parent)) not in sys.path:
    sys.path.insert(0, _here)

import ways

from ocn_registry import KeySigner, Role, SetParty, TransferOwnership
from ocn_registry.deploy.devnet import Devnet


@pytest.fixture(scope="module")
def devnet():
    with Devnet(with_v1=True) as devnet:
        yield devnet


@pytest.fixture(scope="module")
def importing_devnet():
    with Devnet(import_open=True) as devnet:
        yield devnet


@pytest.fixture
def fresh(devnet):
    snapshot = devnet.request("evm_snapshot")
    yield devnet
    devnet.request("evm_revert", snapshot)


# `make compat` tries an `AsyncWeb3`, which shows that it behaves like a `Web3`.
@pytest.fixture(params=[*ways.LIGHT, "web3"])
def way(request):
    return request.param


@pytest.fixture
def transport(way, fresh):
    return ways.transport(way, fresh.rpc_url, chain_id=fresh.chain_id)


@pytest.fixture(params=["v3", "v1"])
def deployment(request, fresh):
    return fresh.deployment() if request.param == "v3" else fresh.v1_deployment()


@pytest.fixture
def client(deployment, transport):
    client = ways.client(deployment, transport)
    yield client
    client.close()


def signer_of(devnet, place):
    return KeySigner.from_key(devnet.accounts[place].private_key)


@pytest.fixture
def owner(client, fresh):
    """Own the registry; that of v1 belongs to its deployer, whom Anvil plays to hand it over."""
    signer, deployer = signer_of(fresh, 0), client.owner.address()
    if deployer != signer.address:
        write = client._dialect.write(
            (TransferOwnership(new_owner=signer.address),), each_alone=False
        )
        fresh.request("anvil_setBalance", deployer, hex(10**18))
        fresh.request("anvil_impersonateAccount", deployer)
        transaction = {"from": deployer, "to": write.to, "data": "0x" + write.data.hex()}
        fresh.request("eth_sendTransactionSync", transaction)
    return signer


@pytest.fixture
def operator(devnet):
    return signer_of(devnet, 1)


@pytest.fixture
def other_operator(devnet):
    return signer_of(devnet, 2)


@pytest.fixture
def spender(devnet):
    return signer_of(devnet, 3)


@pytest.fixture
def stranger(devnet):
    return signer_of(devnet, 4)


@pytest.fixture
def cpo():
    """Return a key without a balance, like parties have."""
    return KeySigner.generate()


@pytest.fixture
def emsp():
    return KeySigner.generate()


@pytest.fixture
def provider():
    return KeySigner.generate()


@pytest.fixture
def listed_node(client, operator):
    client.set_node("https://node.example", signer=operator)
    return operator


@pytest.fixture
def listed_party(client, listed_node, spender):
    """Return a function that lists a party by signed request."""

    def listed(signer, party_id, *roles):
        intent = SetParty(
            country_code="DE",
            party_id=party_id,
            roles=roles or (Role.OTHER,),
            operator=listed_node.address,
        )
        client.submit(client.sign(intent, signer), spender=spender)
        return signer

    return listed
