"""What happens with a message, step by step.

From a platform that is connected here: is it who it says, and did it sign; who in the registry gets
it; what has to be changed on the way; who gets a copy. From another node: did that node send it,
did the party sign; may it be handed over.

All answers of the registry about one message are of one block (`snapshot`).
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlencode
from uuid import uuid4

from node import checks
from node.messages import RESPONSE_URL, TO_COUNTRY, TO_PARTY, from_node, written
from node.proxies import Proxies
from node.refusals import Refused, Status, invalid
from ocn_registry import StaleCache
from ocn_registry.foreign.text import shown
from ocn_registry.notary import sign_body

if TYPE_CHECKING:
    from node.messages import OcpiRequest
    from node.sending import Answer, Http
    from node.settings import Platform, Settings
    from ocn_registry import AsyncRegistryCache, PartyId
    from ocn_registry.cache import Snapshot
    from ocn_registry.models import Route
    from ocn_registry.signing import Signer

_LOG = logging.getLogger("node")
_VERSION = "2.2"


class Node:
    """Brokers messages between platforms that are connected here, and other nodes."""

    def __init__(
        self,
        settings: Settings,
        operator: Signer,
        registry: AsyncRegistryCache,
        http: Http,
    ) -> None:
        """Join the parts.

        Args:
            settings: Who is connected, and the limits.
            operator: Holds the key under which this node stands in the registry.
            registry: The registry in memory; somebody else keeps it current.
            http: Sends.
        """
        self.operator = operator
        self.registry = registry
        self._settings = settings
        self._http = http
        self._limits = settings.limits
        self._proxies = Proxies(self._limits.proxies, self._limits.proxies_s)
        self._copies: set[asyncio.Task[None]] = set()

    async def from_platform(self, request: OcpiRequest, platform: Platform) -> Answer:
        """Send on what a platform sends that is connected here.

        Raises:
            Refused: It goes no further.
        """
        if request.sender not in platform.parties:
            raise invalid("Could not find role on sending platform using OCPI-from-* headers")
        registry = self._snapshot()
        me = self.operator.address
        sender = (request.sender.country_code, request.sender.party_id)
        if not registry.is_mine(*sender, operator=me):
            raise invalid(f"{request.sender} is not listed at this node in the registry")
        if registry.node(me) is None:
            why = "this node is not in the registry at the moment"
            raise Refused(Status.CONNECTION_PROBLEM, why)
        await asyncio.to_thread(checks.check_request, registry, request)
        route = _route(registry, request.receiver)
        original = request
        if request.is_second_answer:
            request = replace(request, proxy_resource=self._named_before(request))
        if route.operator == me:
            receiving = self._receiving(request)
            self._send_copies(registry, original)
            return await self._hand_over(registry, self._with_own_url(request), receiving)
        self._send_copies(registry, original)
        return await self._pass_on(registry, self._with_their_url(request, route), route)

    async def from_node(self, content: bytes, signature: str) -> Answer:
        """Hand over what another node sends.

        Args:
            content: The body as it came.
            signature: The header `OCN-Signature` of the message between nodes.

        Raises:
            Refused: It goes no further.
        """
        request, registry, me = from_node(content), self._snapshot(), self.operator.address
        sender = registry.route(request.sender.country_code, request.sender.party_id)
        if sender is None or sender.domain is None or sender.operator == me:
            why = "Sending party not registered on Open Charging Network"
            raise Refused(Status.UNKNOWN_RECEIVER, why)
        checks.check_node(sender, content, signature)
        if _route(registry, request.receiver).operator != me:
            why = "Recipient unknown to OCN Node entered in Registry"
            raise Refused(Status.UNKNOWN_RECEIVER, why)
        receiving = self._receiving(request)
        await asyncio.to_thread(checks.check_request, registry, request)
        if request.proxy_uid is not None and request.proxy_resource is not None:
            self._proxies.keep(
                request.proxy_resource,
                asker=request.sender,
                answerer=request.receiver,
                uid=request.proxy_uid,
            )
            request = replace(request, proxy_resource=None)
        elif request.proxy_resource is not None:
            # Not wherever the other node says: to what the party had named that waits for it.
            request = replace(request, proxy_resource=self._named_before(request))
        return await self._hand_over(registry, request, receiving)

    async def settle(self) -> None:
        """Wait until no copy is under way."""
        while self._copies:
            await asyncio.wait(self._copies)

    def _snapshot(self) -> Snapshot:
        try:
            return self.registry.snapshot()
        except StaleCache as error:
            # Old routes may lead to who has lost the party, so none are better.
            raise Refused(Status.SERVER_ERROR, str(error), http_status=503) from None

    def _receiving(self, request: OcpiRequest) -> Platform:
        platform = self._settings.receiving(request.receiver)
        if platform is None:
            why = f"{request.receiver} is listed at this node and has not connected yet"
            raise Refused(Status.CONNECTION_PROBLEM, why)
        if not platform.rules.let(request.sender, request.module):
            raise Refused(Status.CLIENT_ERROR, "Message receiver not in sender's whitelist.")
        return platform

    def _named_before(self, request: OcpiRequest) -> str:
        uid = request.path.rpartition("/")[2]
        url = self._proxies.find(uid, asker=request.receiver, answerer=request.sender)
        if url is None:
            raise Refused(Status.UNKNOWN_LOCATION, "Proxied resource not found")
        return url

    def _with_own_url(self, request: OcpiRequest) -> OcpiRequest:
        return self._with_url(request, self._settings.url)[0]

    def _with_their_url(self, request: OcpiRequest, route: Route) -> OcpiRequest:
        changed, uid = self._with_url(request, route.domain or "")
        if uid is None:
            return request
        return replace(changed, proxy_uid=uid, proxy_resource=request.response_url)

    def _with_url(self, request: OcpiRequest, node_url: str) -> tuple[OcpiRequest, str | None]:
        """Put an address of the receiver's node in the place of the sender's response URL."""
        url = request.response_url
        if url is None:
            return request, None
        uid = self._proxies.keep(url, asker=request.sender, answerer=request.receiver)
        module = request.module.name.lower()
        ours = f"{node_url}/ocpi/sender/{_VERSION}/{module}/{request.path}/{uid}"
        return request.rewritten({RESPONSE_URL: ours}, self.operator), uid

    async def _hand_over(
        self,
        registry: Snapshot,
        request: OcpiRequest,
        platform: Platform,
    ) -> Answer:
        url = request.proxy_resource
        if url is None:
            endpoint = platform.endpoints.get((request.module, request.interface))
            if endpoint is None:
                raise invalid("Receiver does not support the requested module")
            url = f"{endpoint}/{request.path}" if request.path else endpoint
            if request.params:
                url += f"?{urlencode(request.params)}"
        headers = {
            **request.headers(),
            "Authorization": f"Token {platform.token_out}",
            "X-Request-ID": str(uuid4()),
            "OCN-Signature": request.signature,
        }
        content = None if request.body is None else written(request.body)
        answer = await self._http.send(
            request.method, url, headers, content, timeout_s=self._limits.forward_s
        )
        await asyncio.to_thread(checks.check_answer, registry, request, answer)
        return answer

    async def _pass_on(self, registry: Snapshot, request: OcpiRequest, route: Route) -> Answer:
        content = request.to_node()
        headers = {
            "X-Request-ID": str(uuid4()),
            "OCN-Signature": sign_body(content, self.operator),
        }
        url = f"{route.domain}/ocn/message"
        answer = await self._http.send(
            "POST", url, headers, content, timeout_s=self._limits.forward_far_s
        )
        await asyncio.to_thread(checks.check_answer, registry, request, answer)
        return answer

    def _send_copies(self, registry: Snapshot, request: OcpiRequest) -> None:
        """Begin to send copies to the services that the sender has agreed with."""
        services = registry.services_for(
            request.sender.country_code,
            request.sender.party_id,
            module=request.module,
            interface=request.interface,
        )
        for service in services:
            if service.id == request.receiver:
                continue  # it gets the message itself
            if len(self._copies) >= self._limits.copies:
                _LOG.warning("too many copies are under way: %s gets none", service.id)
                continue
            task = asyncio.create_task(self._copy(registry, request, service.id))
            self._copies.add(task)
            task.add_done_callback(self._copies.discard)

    async def _copy(self, registry: Snapshot, request: OcpiRequest, service: PartyId) -> None:
        """Send a copy; whether it arrives does not concern the message itself."""
        to = {TO_COUNTRY: service.country_code, TO_PARTY: service.party_id}
        try:
            copy = request.rewritten(to, self.operator)
            route = _route(registry, service)
            if route.operator == self.operator.address:
                answer = await self._hand_over(registry, copy, self._receiving(copy))
            else:
                answer = await self._pass_on(registry, copy, route)
            if not answer.is_success:
                why = shown(str(answer.body.get("status_message")))
                _LOG.warning("the copy for %s did not arrive: %s", service, why)
        except Refused as error:
            _LOG.warning("the copy for %s did not arrive: %s", service, error)
        except Exception:  # noqa: BLE001 - nobody waits for this task, so nobody else would tell
            _LOG.exception("the copy for %s did not arrive", service)


def _route(registry: Snapshot, party: PartyId) -> Route:
    """Find the node of a party, or say why there is none."""
    route = registry.route(party.country_code, party.party_id)
    if route is None:
        why = f"Receiver not registered on Open Charging Network: {party}"
        raise Refused(Status.UNKNOWN_RECEIVER, why)
    if route.domain is None:
        why = f"the operator of {party} runs no node at the moment"
        raise Refused(Status.CONNECTION_PROBLEM, why)
    return route
