"""A registry with entries, and the page over it."""

import contextlib

from ocn_registry import KeySigner, Module, Permission, RegistryClient, Role, SetParty, SetPartyModules, SetPartyWebsite
from ocn_registry.deploy.devnet import Devnet
from ocn_registry.explorer.files import PageFiles
from ocn_registry.explorer.serving import served
from ocn_registry.registry_api.serving import Serving
from ocn_registry.transport.http_sync import HttpTransport

MARKUP = "<img src=x onerror=alert(1)>"
# Account, id, roles, place of the operator, modules of the receiver interface.
PARTIES = [
    (3, "DE", "CPO", [Role.CPO], 1, [Module.COMMANDS, Module.SESSIONS]),
    (4, "NL", "MSP", [Role.EMSP], 2, [Module.LOCATIONS, Module.TARIFFS, Module.SESSIONS]),
    (5, "DE", "SCP", [Role.SCSP, Role.OTHER], 2, []),
]
MORE = [
    *[("DE", f"A{n:02}", Role.CPO, 1) for n in range(7)],
    *[("FR", f"B{n:02}", Role.EMSP, 2) for n in range(4)],
    *[("AT", f"C{n:02}", Role.HUB, 1) for n in range(2)],
    ("BE", "D00", Role.NSP, 2),
    ("ZZ", "E00", Role.NAP, 2),
]


class World:
    """Where the page is, and a client to look at the registry with other eyes."""

    def __init__(self, chain, client, url):
        self.chain, self.client, self.url = chain, client, url

    def signer(self, place):
        return KeySigner.from_key(self.chain.accounts[place].private_key)

    @contextlib.contextmanager
    def brought_back(self):
        snapshot = self.chain.request("evm_snapshot")
        yield
        self.chain.request("evm_revert", snapshot)


def fill(client, chain):
    """List what the tests look at."""
    signers = [KeySigner.from_key(account.private_key) for account in chain.accounts]
    for place, name in ((1, "north"), (2, "south")):
        client.set_node(f"https://{name}.example.org", signer=signers[place])
    for place, country, party, roles, operator, modules in PARTIES:
        wanted = SetParty(country_code=country, party_id=party, roles=roles, operator=signers[operator].address)
        client.send(wanted, SetPartyModules(country_code=country, party_id=party, sender=[Module.CDRS], receiver=modules), signer=signers[place])
    client.send(SetPartyWebsite(country_code="NL", party_id="MSP", website="https://www.example.org"), signer=signers[4])
    client.set_service([Permission.FORWARD_MODULE_SESSIONS_RECEIVER], name=f"Smart charging {MARKUP}", url="https://smart.example.org/terms", signer=signers[5])
    client.create_agreement(signers[5].address, signer=signers[4])
    more = [SetParty(country_code=country, party_id=party, roles=[role], operator=signers[operator].address) for country, party, role, operator in MORE]
    client.send(*more, signer=signers[6])


@contextlib.contextmanager
def registry():
    """Give a chain with entries, and a client."""
    with Devnet() as chain:
        deployment = chain.deployment()
        with RegistryClient(deployment, HttpTransport(deployment.rpc_urls)) as client:
            fill(client, chain)
            yield chain, client


@contextlib.contextmanager
def relay_world(folder):
    with registry() as (chain, client):
        deployment = chain.deployment()
        with Serving(deployment, poll_s=0.2) as serving, served(serving.api, PageFiles(api="./", relay=False, rpc_urls=deployment.rpc_urls)) as url:
            yield World(chain, client, url)
