"""A registry with entries, and the page over it."""

import contextlib
import json
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

from served_relay import serving

from ocn_registry import (
    KeySigner,
    Module,
    Permission,
    RegistryClient,
    Role,
    SetParty,
    SetPartyModules,
    SetPartyWebsite,
)
from ocn_registry.deploy.devnet import Devnet
from ocn_registry.explorer.files import PageFiles
from ocn_registry.explorer.folder import write_folder
from ocn_registry.explorer.serving import served
from ocn_registry.models import Address
from ocn_registry.registry_api.serving import Serving
from ocn_registry.relay.config import Config
from ocn_registry.relay.policy import Policy
from ocn_registry.relay.sender import RequestSender
from ocn_registry.relay.service import RelayService
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
    """The page's address, and a client that reads the registry independently."""

    def __init__(self, chain, client, url, service=None, path=None):
        self.chain, self.client, self.url, self.service = chain, client, url, service
        self.path = path

    @property
    def api(self):
        """The URL of the API."""
        return self.url.removesuffix("explorer/") + "v1/"

    def signer(self, place):
        return KeySigner.from_key(self.chain.accounts[place].private_key)

    @contextlib.contextmanager
    def brought_back(self):
        snapshot = self.chain.request("evm_snapshot")
        yield
        self.chain.request("evm_revert", snapshot)


def fill(client, chain):
    """List the entries for the tests."""
    signers = [KeySigner.from_key(account.private_key) for account in chain.accounts]
    for place, name in ((1, "north"), (2, "south")):
        client.set_node(f"https://{name}.example.org", signer=signers[place])
    for place, country, party, roles, operator, modules in PARTIES:
        wanted = SetParty(
            country_code=country, party_id=party, roles=roles, operator=signers[operator].address
        )
        client.send(
            wanted,
            SetPartyModules(
                country_code=country, party_id=party, sender=[Module.CDRS], receiver=modules
            ),
            signer=signers[place],
        )
    client.send(
        SetPartyWebsite(country_code="NL", party_id="MSP", website="https://www.example.org"),
        signer=signers[4],
    )
    client.set_service(
        [Permission.FORWARD_MODULE_SESSIONS_RECEIVER],
        name=f"Smart charging {MARKUP}",
        url="https://smart.example.org/terms",
        signer=signers[5],
    )
    client.create_agreement(signers[5].address, signer=signers[4])
    more = [
        SetParty(
            country_code=country, party_id=party, roles=[role], operator=signers[operator].address
        )
        for country, party, role, operator in MORE
    ]
    client.send(*more, signer=signers[6])


@contextlib.contextmanager
def registry(entries=fill, devnet=None):
    """Yield a chain with entries, and a client."""
    with devnet or Devnet() as chain:
        deployment = chain.deployment()
        with RegistryClient(deployment, HttpTransport(deployment.rpc_urls)) as client:
            entries(client, chain)
            yield chain, client


@contextlib.contextmanager
def explored(entries=fill, *, devnet=None, relay=False, **options):
    """Yield the page as `ocn-registry explore` serves it, without a relay."""
    with (
        registry(entries, devnet) as (chain, client),
        Serving(chain.deployment(), poll_s=0.2, **options) as serving,
        served(serving.api, PageFiles(api="./", relay=relay)) as url,
    ):
        yield World(chain, client, url)


@contextlib.contextmanager
def as_folder(world, folder, *, relay=None, deployment=None, **settings):
    """Yield the page as a folder on a plain web server: below a path, reading the chain itself."""
    write_folder(folder / "sub" / "page", deployment or world.chain.deployment(), relay=relay)
    file = folder / "sub" / "page" / "settings.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "lookMs": 300, **settings}))
    handler = partial(QuietFiles, directory=str(folder))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        url = f"http://127.0.0.1:{server.server_port}/sub/page/"
        yield World(world.chain, world.client, url, world.service, folder / "sub" / "page")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class QuietFiles(SimpleHTTPRequestHandler):
    """Serves only files, without our headers."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def relay_world(folder):
    """Yield the page as a relay serves it. The relay pays for some accounts, and for vouchers."""
    with registry() as (chain, client), relayed(chain, client, folder) as world:
        yield world


@contextlib.contextmanager
def relayed(chain, client, folder):
    """Yield the page as a relay over a chain serves it."""
    (folder / "spender").write_text(chain.accounts[9].private_key)
    (folder / "receipts").write_text("0x" + "11" * 32)
    for name in ("spender", "receipts"):
        (folder / name).chmod(0o600)
    config = Config(
        deployment=chain.deployment(),
        database=f"sqlite:{folder / 'relay.sqlite'}",
        spender=f"file:{folder / 'spender'}",
        receipts=f"file:{folder / 'receipts'}",
        requests_per_minute=100_000,
        policy=Policy(
            allowed=frozenset([Address(chain.accounts[place].address) for place in (3, 4, 5, 6, 7)])
        ),
    )
    service = RelayService(config)
    service.start()
    sender = RequestSender(service)
    worker = threading.Thread(target=sender.run)
    worker.start()
    try:
        with serving(service) as url:
            yield World(chain, client, f"{url}/explorer/", service)
    finally:
        sender.stop()
        worker.join()
        service.close()
