"""A registry on a real chain, and who uses it. Each test begins with nothing listed.

Tests that use `client` run for each generation of the contracts; where these differ, a test asserts
what `client.limits` say.
"""

import pytest

from ocn_registry import KeySigner, RegistryClient, Role, SetParty, TransferOwnership
from ocn_registry.devnet import Devnet
from ocn_registry.transport.http_sync import HttpTransport


class CountingTransport(HttpTransport):
    """Counts HTTP requests."""

    requests = 0

    def _post(self, *arguments):
        self.requests += 1
        return super()._post(*arguments)


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


@pytest.fixture
def transport(fresh):
    transport = CountingTransport([fresh.rpc_url], chain_id=fresh.chain_id)
    yield transport
    transport.close()


@pytest.fixture(params=["v3", "v1"])
def deployment(request, fresh):
    return fresh.deployment() if request.param == "v3" else fresh.v1_deployment()


@pytest.fixture
def client(deployment, transport):
    return RegistryClient(deployment, transport)


def signer_of(devnet, place):
    return KeySigner.from_key(devnet.accounts[place].private_key)


@pytest.fixture
def owner(client, fresh):
    """Own the registry; that of v1 belongs to its deployer, whom Anvil plays to hand it over."""
    signer, deployer = signer_of(fresh, 0), client.owner()
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
    """Have a key without money, as parties do."""
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
    """Give a function that lists a party by signed request."""

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
