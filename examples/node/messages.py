"""An OCPI message, as parties send it and as nodes send it to each other.

Between nodes a message is one JSON object, posted to `/ocn/message`. Real nodes sign the text that
their JSON library writes and read it through that library again, so names, their order and the
missing white space are part of the form.

Source: OCPI 2.2.1, section 4.2 (routing headers); ocn-node, `OcpiRequestVariables`.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qsl, urlsplit

from node.refusals import invalid
from ocn_registry import InvalidInput, PartyId
from ocn_registry.foreign.strict_json import parse_json
from ocn_registry.foreign.text import shown
from ocn_registry.models import Interface, Module
from ocn_registry.notary import MessageSignature, OcpiMessage, UnsignableMessage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ocn_registry.notary import Json
    from ocn_registry.signing import Signer

RESPONSE_URL = "$['body']['response_url']"
TO_COUNTRY = "$['headers']['ocpi-to-country-code']"
TO_PARTY = "$['headers']['ocpi-to-party-id']"

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
# Of these modules the receiver answers twice: at once, and later to the sender's `response_url`.
ANSWERED_LATER = (Module.COMMANDS, Module.CHARGINGPROFILES)
# As the JVM writes the names of its enum.
_JVM_NAMES = {module: module.name for module in Module} | {
    Module.CHARGINGPROFILES: "CHARGING_PROFILES",
}
_MODULES = {name: module for module, name in _JVM_NAMES.items()}

_HEADER = re.compile(r"[!-~]{1,256}")
_SIGNATURE = re.compile(r"[A-Za-z0-9+/=]+")
_SEGMENT = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9._~!$&'()*+,;=:@-]{1,255}")
_UID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_MOST_SEGMENTS = 8
_MOST_PARAMS = 50
_LONGEST_URL = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class OcpiRequest:
    """A request that one party sends another.

    Attributes:
        module: The module that it is addressed to.
        interface: The interface that it is addressed to.
        method: GET, POST, PUT, PATCH or DELETE.
        sender: The party that it is from.
        receiver: The party that it is for.
        request_id: The sender's own number of this request.
        correlation_id: Stays the same on the whole way.
        signature: Who signed it: the header `OCN-Signature`.
        path: What follows the module in the path, without a slash in front.
        params: Query parameters.
        body: The JSON body.
        proxy_uid: Between nodes: the id that the sender's node made for the response URL.
        proxy_resource: Between nodes: the URL that an id stands for.
    """

    module: Module
    interface: Interface
    method: str
    sender: PartyId
    receiver: PartyId
    request_id: str
    correlation_id: str
    signature: str
    path: str = ""
    params: Mapping[str, str] = field(default_factory=dict[str, str])
    body: Json = None
    proxy_uid: str | None = None
    proxy_resource: str | None = None

    def __post_init__(self) -> None:
        """Refuse what can't be sent on, or signed.

        Raises:
            Refused: Something in it is not of its form.
        """
        ids = (self.sender, self.receiver)
        headers = (
            self.request_id,
            self.correlation_id,
            *(str(part) for one in ids for part in _parts(one)),
        )
        for text in headers:
            if not _HEADER.fullmatch(text):
                raise invalid(f"the header value {shown(text)} can't be sent on")
        if not _SIGNATURE.fullmatch(self.signature):
            raise invalid("Missing OCN Signature")
        segments = self.path.split("/") if self.path else []
        if len(segments) > _MOST_SEGMENTS or not all(map(_SEGMENT.fullmatch, segments)):
            raise invalid(f"the path {shown(self.path)} can't be sent on")
        if self.proxy_uid is not None and not _UID.fullmatch(self.proxy_uid):
            raise invalid(f"{shown(self.proxy_uid)} is not a valid id of a response URL")
        for url in (self.proxy_resource, self.response_url):
            if url is not None:
                _check_url(url)
        try:
            self.signed()
        except UnsignableMessage as error:
            raise invalid(str(error)) from None

    @property
    def response_url(self) -> str | None:
        """Where the receiver's second answer goes, if there is one."""
        if self.module not in ANSWERED_LATER or self.interface is not Interface.RECEIVER:
            return None
        body = self.body if isinstance(self.body, dict) else {}
        url = body.get("response_url")
        return url if isinstance(url, str) else None

    @property
    def is_second_answer(self) -> bool:
        """Whether this is the result of a command, posted to a URL of ours."""
        return (
            self.module in ANSWERED_LATER
            and self.interface is Interface.SENDER
            and self.method == "POST"
        )

    def headers(self) -> dict[str, str]:
        """Return the headers that go the whole way."""
        return {
            "X-Correlation-ID": self.correlation_id,
            "OCPI-from-country-code": self.sender.country_code,
            "OCPI-from-party-id": self.sender.party_id,
            "OCPI-to-country-code": self.receiver.country_code,
            "OCPI-to-party-id": self.receiver.party_id,
        }

    def signed(self) -> OcpiMessage:
        """Return what is signed of it."""
        return OcpiMessage.request(self.headers(), dict(self.params) or None, self.body)

    def rewritten(self, changes: Mapping[str, str], signer: Signer) -> OcpiRequest:
        """Change values, and sign what it becomes; what was there before goes along.

        Args:
            changes: Path to new value.
            signer: This node's operator.
        """
        before = MessageSignature.from_header(self.signature)
        message, signature = before.rewrite(self.signed(), changes, signer)
        to = (str(message.headers[f"ocpi-to-{name}"]) for name in ("country-code", "party-id"))
        return replace(
            self,
            receiver=PartyId(*to),
            body=message.body,
            signature=signature.to_header(),
        )

    def to_node(self) -> str:
        """Write it as nodes send it to each other."""
        values: dict[str, object] = {
            "module": _JVM_NAMES[self.module],
            "interface_role": self.interface.name,
            "method": self.method,
            "headers": {
                "Authorization": "",
                "OCN-Signature": self.signature,
                "X-Request-ID": self.request_id,
                "X-Correlation-ID": self.correlation_id,
                "sender": _jvm_party(self.sender),
                "receiver": _jvm_party(self.receiver),
            },
            "url_path": self.path or None,
            "query_params": dict(self.params) or None,
            "proxy_uid": self.proxy_uid,
            "proxy_resource": self.proxy_resource,
            "body": self.body,
        }
        return written({name: value for name, value in values.items() if value is not None})


def written(value: object) -> str:
    """Write JSON without white space, text as it is."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def from_party(  # noqa: PLR0913 - the parts of a request
    module: Module,
    interface: Interface,
    method: str,
    *,
    path: str,
    query: bytes,
    headers: Mapping[str, str],
    content: bytes,
) -> OcpiRequest:
    """Read a request that a platform sends to this node.

    Args:
        module: The module in its path.
        interface: The interface in its path.
        method: As in HTTP.
        path: What follows the module in the path.
        query: What follows the question mark.
        headers: Names in lower case.
        content: The body as it came.

    Raises:
        Refused: It is not of that form.
    """
    try:
        found = parse_qsl(query.decode(), keep_blank_values=True, max_num_fields=_MOST_PARAMS)
        sender, receiver = (
            PartyId(headers[f"ocpi-{side}-country-code"], headers[f"ocpi-{side}-party-id"])
            for side in ("from", "to")
        )
        request_id, correlation_id = headers["x-request-id"], headers["x-correlation-id"]
    except KeyError as error:
        raise invalid(f"the header {error} is missing") from None
    except ValueError as error:
        raise invalid(str(error)) from None
    params = dict(found)
    if len(params) != len(found):
        raise invalid("a query parameter comes twice")
    return OcpiRequest(
        module=module,
        interface=interface,
        method=method,
        sender=sender,
        receiver=receiver,
        request_id=request_id,
        correlation_id=correlation_id,
        signature=headers.get("ocn-signature", ""),
        path=path,
        params=params,
        body=_json(content) if content else None,
    )


def from_node(content: bytes) -> OcpiRequest:
    """Read a message that another node sends.

    Raises:
        Refused: It is not of that form.
    """
    told = _json(content)
    try:
        values = _object(told)
        headers = _object(values["headers"])
        params = _object(values.get("query_params") or {})
        return OcpiRequest(
            module=_MODULES[_text(values["module"])],
            interface=Interface[_text(values["interface_role"])],
            method=_one_of(METHODS, values["method"]),
            sender=_party(headers["sender"]),
            receiver=_party(headers["receiver"]),
            request_id=_text(headers["X-Request-ID"]),
            correlation_id=_text(headers["X-Correlation-ID"]),
            signature=_text(headers.get("OCN-Signature") or ""),
            path=_text(values.get("url_path") or ""),
            params={name: _param(value) for name, value in params.items()},
            body=values.get("body"),
            proxy_uid=_optional(values.get("proxy_uid")),
            proxy_resource=_optional(values.get("proxy_resource")),
        )
    except KeyError as error:
        raise invalid(
            f"the message lacks {shown(error.args[0])}, or names what is unknown"
        ) from None
    except (TypeError, InvalidInput) as error:
        raise invalid(f"this is not a message of a node: {error}") from None


def _json(content: bytes) -> Json:
    try:
        return cast("Json", parse_json(content))
    except (ValueError, RecursionError):
        raise invalid("the body is no JSON, or nested too deeply") from None


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        fine = parts.scheme in ("http", "https") and bool(parts.hostname) and url.isprintable()
    except ValueError:
        fine = False
    if not fine or len(url) > _LONGEST_URL or not url.isascii() or " " in url:
        raise invalid(f"{shown(url)} is not a URL that a result can be posted to")


def _parts(party: PartyId) -> tuple[str, str]:
    return party.country_code, party.party_id


def _jvm_party(party: PartyId) -> dict[str, str]:
    return {"party_id": party.party_id, "country_code": party.country_code}


def _party(value: Json) -> PartyId:
    told = _object(value)
    return PartyId(_text(told["country_code"]), _text(told["party_id"]))


def _object(value: Json) -> Mapping[str, Json]:
    if not isinstance(value, dict):
        raise TypeError("an object is missing")
    return cast("dict[str, Any]", value)


def _text(value: Json) -> str:
    if not isinstance(value, str):
        raise TypeError("a text is missing")
    return value


def _param(value: Json) -> str:
    # Nodes send numbers as numbers; what is signed of them is the same text.
    return str(value) if type(value) is int else _text(value)


def _optional(value: Json) -> str | None:
    return None if value is None else _text(value)


def _one_of(known: tuple[str, ...], value: Json) -> str:
    text = _text(value)
    if text not in known:
        raise TypeError(f"{shown(text)} is not a valid method")
    return text
