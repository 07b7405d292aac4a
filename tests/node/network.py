"""Shared by the tests of the example: the network and its parties."""

import asyncio
import itertools
import json
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

import aiohttp
from aiohttp import web
from node.app import App
from node.serve import Server, listen, url_of
from node.settings import Limits, Platform, Rules, Settings

from ocn_registry import KeySigner, Module, Permission, RegistryClient, Role
from ocn_registry.models import Interface, PartyId
from ocn_registry.notary import MessageSignature, OcpiMessage
from ocn_registry.transport.http_sync import HttpTransport

_numbers = itertools.count(1)


@dataclass
class Got:
    """A request that a party received."""

    method: str
    path: str
    params: dict
    headers: dict
    body: object

    @property
    def message(self):
        return OcpiMessage.request(self.headers, self.params or None, self.body)

    @property
    def signed(self):
        """Return the signer; raise if the signature does not match."""
        signature = MessageSignature.from_header(self.headers["OCN-Signature"])
        return signature.verify(self.message, require_all_fields=True)


@dataclass
class Told:
    """A response that a party received."""

    http_status: int
    body: dict
    headers: dict

    @property
    def status(self):
        return self.body["status_code"]


@dataclass
class Party:
    """The software of a party: sends signed requests, records messages, and signs responses."""

    id: PartyId
    signer: KeySigner
    token_in: str
    token_out: str
    node_url: str = ""
    got: asyncio.Queue = field(default_factory=asyncio.Queue)
    answer: object = None

    def __post_init__(self):
        self.listening = listen()
        self.url = url_of(self.listening)
        self.answer = self.say

    def platform(self, **rules):
        return Platform(
            parties=frozenset([self.id]),
            token_in=self.token_in,
            token_out=self.token_out,
            endpoints={
                (module, interface): f"{self.url}/{interface.value}/{module.name.lower()}"
                for module in (Module.COMMANDS, Module.SESSIONS)
                for interface in Interface
            },
            rules=Rules(**rules),
        )

    async def begin(self, stack):
        self.session = await stack.enter_async_context(aiohttp.ClientSession())
        made = web.Server(self._handle, max_field_size=1 << 17)
        self.runner = web.ServerRunner(made, shutdown_timeout=1.0)
        await self.runner.setup()
        stack.push_async_callback(self.runner.cleanup)
        await web.SockSite(self.runner, self.listening).start()

    async def _handle(self, request):
        assert request.headers["Authorization"] == f"Token {self.token_out}"
        content = await request.read()
        got = Got(
            request.method,
            request.path,
            dict(request.query),
            dict(request.headers),
            json.loads(content) if content else None,
        )
        await self.got.put(got)
        return await self.answer(got)

    async def say(self, _got, signer=None):
        """Return a signed success response."""
        body = {"status_code": 1000, "timestamp": "2026-01-01T00:00:00Z"}
        message = OcpiMessage.response({}, body)
        signature = MessageSignature.sign(message, signer or self.signer)
        return web.json_response({**body, "ocn_signature": signature.to_header()})

    def message(self, to, body=None, params=None):
        """Make the message to sign."""
        headers = {
            "x-correlation-id": f"correlation-{next(_numbers)}",
            "ocpi-from-country-code": self.id.country_code,
            "ocpi-from-party-id": self.id.party_id,
            "ocpi-to-country-code": to.country_code,
            "ocpi-to-party-id": to.party_id,
        }
        return OcpiMessage(headers=headers, params=params, body=body)

    async def send(self, method, url, message, *, signature=None, **headers):
        """Send a message, signed with this party's key unless a signature is given."""
        signature = signature or MessageSignature.sign(message, self.signer).to_header()
        sent = {
            **message.headers,
            "Authorization": f"Token {self.token_in}",
            "X-Request-ID": f"request-{next(_numbers)}",
            "OCN-Signature": signature,
        }
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        asked = self.session.request(
            method,
            self.node_url + url if isinstance(url, str) and url.startswith("/") else url,
            params=message.params,
            headers={name: value for name, value in sent.items() if value is not None},
            json=message.body,
        )
        async with asked as response:
            return Told(response.status, json.loads(await response.read()), dict(response.headers))

    async def start_session(self, to, *, signature=None, message=None, **headers):
        message = message or self.message(to, self.command())
        url = "/ocpi/receiver/2.2/commands/START_SESSION"
        return await self.send("POST", url, message, signature=signature, **headers)

    def command(self):
        token = {"country_code": "NL", "party_id": "MSP", "uid": "1", "type": "RFID"}
        return {"response_url": f"{self.url}/result/1", "token": token, "location_id": "L1"}

    async def put_session(self, to, *, kwh=1.5, message=None, **headers):
        message = message or self.message(to, {"id": "S1", "kwh": kwh, "status": "ACTIVE"})
        url = "/ocpi/receiver/2.2/sessions/DE/CPO/S1"
        return await self.send("PUT", url, message, **headers)


class Network:
    """A node with an eMSP and a service provider, and another one with a CPO."""

    def __init__(self, devnet, deployment, *, rules=None, limits=None):
        def signer(place):
            return KeySigner.from_key(devnet.accounts[place].private_key)

        self.devnet, self.deployment = devnet, deployment
        self.operators = signer(1), signer(2)
        self.msp = Party(PartyId("NL", "MSP"), signer(3), "msp-in", "msp-out")
        self.cpo = Party(PartyId("DE", "CPO"), signer(4), "cpo-in", "cpo-out")
        self.service = Party(PartyId("DE", "SRV"), signer(5), "srv-in", "srv-out")
        self.stranger = signer(6)
        self._rules, self._limits = rules or {}, limits or Limits()
        self._stack = AsyncExitStack()

    async def __aenter__(self):
        transport = HttpTransport(self.deployment.rpc_urls, chain_id=self.deployment.chain_id)
        self._stack.callback(transport.close)
        self.client = RegistryClient(self.deployment, transport)
        sockets = [listen(), listen()]
        for party, place in ((self.msp, 0), (self.service, 0), (self.cpo, 1)):
            party.node_url = url_of(sockets[place])
            await party.begin(self._stack)
        await asyncio.to_thread(self._list, [url_of(one) for one in sockets])
        self.apps = [
            App(self._settings(place, url_of(one)), self.operators[place])
            for place, one in enumerate(sockets)
        ]
        for app, socket in zip(self.apps, sockets, strict=True):
            await self._stack.enter_async_context(Server(app, socket))
        return self

    async def __aexit__(self, *error):
        await self._stack.aclose()

    def _list(self, urls):
        first, second = self.operators
        for operator, url in zip(self.operators, urls, strict=True):
            self.client.set_node(url, signer=operator)
        for party, role, operator in (
            (self.msp, Role.EMSP, first),
            (self.service, Role.OTHER, first),
            (self.cpo, Role.CPO, second),
        ):
            ids = party.id.country_code, party.id.party_id
            self.client.set_party(*ids, [role], operator.address, signer=party.signer)
        self.client.set_service(
            [
                Permission.FORWARD_MODULE_SESSIONS_RECEIVER,
                Permission.FORWARD_MODULE_COMMANDS_RECEIVER,
            ],
            signer=self.service.signer,
        )

    def _settings(self, place, url):
        parties = ((self.msp, self.service), (self.cpo,))[place]
        return Settings(
            network=self.deployment,
            url=url,
            platforms=tuple(party.platform(**self._rules.get(party.id, {})) for party in parties),
            limits=self._limits,
        )

    async def write(self, method, *arguments, **named):
        """Write to the registry, and refresh both nodes."""
        await asyncio.to_thread(getattr(self.client, method), *arguments, **named)
        for app in self.apps:
            await app.node.registry.refresh()

    async def settle(self):
        """Wait until all copies have been sent."""
        for app in self.apps:
            await app.node.settle()
