"""What a command wants changed: as an intent, in words, and as the entry that it is about."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ocn_registry.cli import entries
from ocn_registry.cli.failures import NotListed
from ocn_registry.cli.reads import NO_SERVICE
from ocn_registry.cli.render import printable, talk
from ocn_registry.errors import InvalidInput
from ocn_registry.foreign.text import shown
from ocn_registry.intents import (
    CreateAgreement,
    DeleteNode,
    DeleteParty,
    DeleteService,
    InvalidateNonce,
    RevokeAgreement,
    SetNode,
    SetParty,
    SetPartyModules,
    SetService,
)
from ocn_registry.models import Address, Module, Permission, Role

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable

    from ocn_registry.client.sync_client import RegistryClient
    from ocn_registry.intents import Intent, SignableIntent

_PORTS = {"http": 80, "https": 443}


def intent_of(args: Namespace, client: RegistryClient, *, signed: bool) -> SignableIntent:
    """Make the intent of a command.

    Args:
        args: The command line; its `action` says which.
        client: Tells what a service needs right now.
        signed: Whether it is to be signed for a spender.
    """
    if args.action == "set-agreement":
        return _agreement(args.provider, client, signed=signed)
    makers: dict[str, Callable[[Namespace], SignableIntent]] = {
        "set-node": lambda args: SetNode(domain=node_url(args.domain)),
        "delete-node": lambda _: DeleteNode(),
        "set-party": _party,
        "set-party-modules": _modules,
        "delete-party": lambda _: DeleteParty(),
        "set-service": _service,
        "delete-service": lambda _: DeleteService(),
        "revoke-agreement": lambda args: RevokeAgreement(provider=args.provider),
    }
    return makers[args.action](args)


def node_url(text: str) -> str:
    """Write a URL as nodes are listed: small letters in its host, no usual port, no end of `/`."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise InvalidInput(f"{shown(text)} is no URL: give https://node.example.com") from None
    if parts.scheme not in _PORTS or not parts.hostname or parts.username or parts.query:
        raise InvalidInput(f"{shown(text)} is no URL of a node: give https://node.example.com")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    place = host if port in {None, _PORTS[parts.scheme]} else f"{host}:{port}"
    url = f"{parts.scheme}://{place}{parts.path.rstrip('/')}"
    if url != text:
        talk(f"note: the URL is listed as {printable(url)}")
    return url


def _party(args: Namespace) -> SetParty:
    country_code, party_id = args.credentials
    return SetParty(
        country_code=country_code.upper(),
        party_id=party_id.upper(),
        roles=tuple([Role[name] for name in dict.fromkeys(args.roles)]),
        operator=args.operator,
    )


def _modules(args: Namespace) -> SetPartyModules:
    sender, receiver = (
        tuple([Module[name.upper()] for name in dict.fromkeys(names or ())])
        for names in (args.sender_interface, args.receiver_interface)
    )
    return SetPartyModules(sender=sender, receiver=receiver)


def _service(args: Namespace) -> SetService:
    needs = tuple([Permission[name] for name in dict.fromkeys(args.permissions)])
    return SetService(name=args.name, url=args.url, permissions=needs)


def _agreement(provider: str, client: RegistryClient, *, signed: bool) -> CreateAgreement:
    """Agree to what the service needs now, and to nothing else where contracts can tell."""
    service = client.service(provider)
    if service is None:
        raise NotListed(f"{NO_SERVICE}: {Address(provider)}")
    binds = client.limits.binds_permissions or not signed
    return CreateAgreement(provider=provider, permissions=service.permissions if binds else None)


def words_of(intent: Intent) -> str:  # noqa: C901, PLR0911 - one for each intent
    """Say in words what an intent changes. Other people's text in it is escaped."""
    match intent:
        case SetNode():
            return f"list its node under {printable(intent.domain)}"
        case DeleteNode():
            return "take its node off the list; its parties can't be reached then"
        case SetParty():
            roles = ", ".join(entries.role_names(intent.roles))
            place = f"{intent.country_code} {intent.party_id}"
            return printable(f"be the party {place}, as {roles}, by the node of {intent.operator}")
        case SetPartyModules():
            sender = ", ".join(entries.module_names(intent.sender)) or "none"
            receiver = ", ".join(entries.module_names(intent.receiver)) or "none"
            return f"have the modules: sender of {sender}; receiver of {receiver}"
        case DeleteParty():
            return "leave the list of parties, with its service and agreements"
        case SetService():
            needs = ", ".join(map(str, entries.permission_names(intent.permissions)))
            return f"offer the service {shown(intent.name)}, which needs {needs}; {intent.url!r}"
        case DeleteService():
            return "take its service off the list, and end all agreements to it"
        case CreateAgreement():
            given = intent.permissions
            needs = (
                "whatever it needs then"
                if given is None
                else ", ".join(
                    map(str, entries.permission_names(given)),
                )
            )
            return f"agree to the service of {intent.provider}: {needs}"
        case RevokeAgreement():
            return f"take back what it agreed with {intent.provider}"
        case InvalidateNonce():
            which = intent.contract.value
            return f"cancel all that it signed for {which} with a nonce below {intent.new_nonce}"
        case _:
            return type(intent).__name__


def entry_of(  # noqa: PLR0911 - one for each kind of entry
    client: RegistryClient,
    intent: Intent,
    account: Address,
    block: int | None = None,
) -> entries.Entry | None:
    """Read the entry that an intent changes; `None` when there is none."""
    match intent:
        case SetNode() | DeleteNode():
            node = client.node(account, block=block)
            return None if node is None else entries.node(node)
        case SetParty() | SetPartyModules() | DeleteParty():
            party = client.party(account, block=block)
            return None if party is None else entries.party(party)
        case SetService() | DeleteService():
            service = client.service(account, block=block)
            return None if service is None else entries.service(service)
        case CreateAgreement() | RevokeAgreement():
            found = client.agreement(account, intent.provider, block=block)
            if found is None:
                return None
            return {"user": found.user, "provider": found.provider, "active": found.active}
        case InvalidateNonce():
            return {"nonce": client.nonce(account, intent.contract, block=block)}
        case _:
            return None
