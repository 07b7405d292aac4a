"""The settings: who is connected to this node, what they want to receive, and the node's limits.

A settings file holds no secret. The operator's key and the platforms' tokens come from the
environment: `OPERATOR_KEY`, and for a platform with the name `CPO`, `CPO_TOKEN_IN` (what it sends)
and `CPO_TOKEN_OUT` (what is sent to it).
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from ocn_registry import InvalidInput, PartyId
from ocn_registry.forwarding import interface_of, module_of
from ocn_registry.models import Module

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ocn_registry.models import Interface
    from ocn_registry.networks import Deployment

Senders = dict[PartyId, frozenset[Module]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """From whom a platform receives what: a white list, or a black list, or everything.

    Attributes:
        whitelist: Only these senders, with these modules; `None` for everybody.
        blacklist: Not from these senders, with these modules.
    """

    whitelist: Senders | None = None
    blacklist: Senders = field(default_factory=Senders)

    def let(self, sender: PartyId, module: Module) -> bool:
        """Return whether a message may be handed over."""
        if self.whitelist is not None and module not in self.whitelist.get(sender, ()):
            return False
        return module not in self.blacklist.get(sender, ())


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """A party's own software, connected to this node; real nodes do that by `credentials`.

    Attributes:
        parties: The parties that it speaks for.
        token_in: What it sends as `Authorization: Token ...`.
        token_out: What is sent to it.
        endpoints: URL of each module's interface that it has.
        rules: From whom it receives what.
    """

    parties: frozenset[PartyId]
    token_in: str = field(repr=False)
    token_out: str = field(repr=False)
    endpoints: Mapping[tuple[Module, Interface], str]
    rules: Rules = field(default_factory=Rules)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a message may take.

    Attributes:
        body_bytes: Length of a request's or an answer's body.
        header_bytes: Length of all of a request's headers; signatures are long.
        receive_s: How long a request may take to arrive.
        forward_s: How long a receiver may take to answer.
        forward_far_s: How long another node may take, which waits for a receiver itself.
        copies: How many copies for services may be under way.
        proxies: How many response URLs are remembered.
        proxies_s: For how long.
        registry_age_s: When the registry was compared with the chain longer ago, messages are
            refused.
    """

    body_bytes: int = 1 << 20
    header_bytes: int = 64 << 10
    receive_s: float = 10.0
    forward_s: float = 20.0
    forward_far_s: float = 30.0
    copies: int = 1000
    proxies: int = 10_000
    proxies_s: float = 3600.0
    registry_age_s: float = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of this node.

    Attributes:
        network: Where the registry stands: a name, the path of a deployment file, a deployment.
        url: What others reach this node by, as it stands in the registry.
        platforms: Who is connected.
        file: Where the cache keeps the registry.
        limits: What a message may take.
    """

    network: str | Deployment
    url: str
    platforms: tuple[Platform, ...]
    file: str | None = None
    limits: Limits = field(default_factory=Limits)

    def sending(self, authorization: str) -> Platform | None:
        """Find the platform that sends this authorization header."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "token":
            return None
        # Hashes, so that the time that a comparison takes tells nothing of a token.
        wanted = sha256(token.strip().encode()).digest()
        for platform in self.platforms:
            if sha256(platform.token_in.encode()).digest() == wanted:
                return platform
        return None

    def receiving(self, party: PartyId) -> Platform | None:
        """Find the platform that speaks for a party."""
        return next((one for one in self.platforms if party in one.parties), None)


def read(text: str) -> Settings:
    """Read a settings file; README.md has one.

    Raises:
        InvalidInput: It is not of that form, or a token is missing.
    """
    try:
        told: dict[str, Any] = json.loads(text)
        return Settings(
            network=told["network"],
            url=told["url"],
            file=told.get("file"),
            limits=Limits(**told.get("limits", {})),
            platforms=tuple([_platform(name, one) for name, one in told["platforms"].items()]),
        )
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        if isinstance(error, InvalidInput):
            raise
        raise InvalidInput(f"the settings can't be used: {error!r}") from None


def _platform(name: str, told: dict[str, Any]) -> Platform:
    endpoints = {
        (_module(module), interface_of(interface)): str(url)
        for interface, urls in told["endpoints"].items()
        for module, url in urls.items()
    }
    white = told.get("whitelist")
    return Platform(
        parties=frozenset([PartyId.parse(one) for one in told["parties"]]),
        token_in=_secret(f"{name}_TOKEN_IN"),
        token_out=_secret(f"{name}_TOKEN_OUT"),
        endpoints=endpoints,
        rules=Rules(
            whitelist=None if white is None else _senders(white),
            blacklist=_senders(told.get("blacklist", {})),
        ),
    )


def _senders(told: dict[str, list[str]]) -> Senders:
    return {PartyId.parse(one): frozenset(map(_module, names)) for one, names in told.items()}


def _module(name: str) -> Module:
    module = module_of(name)
    if module is None:
        raise InvalidInput(f"{name!r} is not a valid module")
    return module


def _secret(name: str) -> str:
    value = os.environ.get(name, "")
    if not value:
        raise InvalidInput(f"set the environment variable {name}")
    return value
