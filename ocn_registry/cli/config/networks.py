"""Choose the registry from flags, environment and settings, and connect a client to it.

A network file is a deployment in our form (`networks`) or in v1's: an object with `provider`
(`protocol`, `host`, `port`) and `contracts` (`Registry`, `Permissions`, each with its `address`),
which overrides the network of `-n`. If a file has only the addresses of the contracts, their
generation is detected on the chain.
"""

from __future__ import annotations

import json
import os
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ocn_registry.cli.config.choices import OTHER_NAMES
from ocn_registry.cli.config.settings import settle
from ocn_registry.cli.output.secrets import hide_urls
from ocn_registry.client.sync_client import RegistryClient
from ocn_registry.errors import InvalidInput
from ocn_registry.foreign.files import first_bytes, read_bytes
from ocn_registry.foreign.limits import NETWORK_FILE
from ocn_registry.foreign.strict_json import as_utf8, is_object, parse_json
from ocn_registry.foreign.text import masked, shown
from ocn_registry.foreign.variables import VARIABLES
from ocn_registry.models import Address
from ocn_registry.networks import built_in, from_json
from ocn_registry.protocol.effects import Head, run
from ocn_registry.transport.http_sync import HttpTransport

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable

    from ocn_registry.networks import Deployment
    from ocn_registry.protocol.effects import HeadBlock
    from ocn_registry.protocol.journal import Journal


def connect(
    args: Namespace,
    *,
    total_s: float | None = None,
    meanwhile: Callable[[], object] | None = None,
) -> RegistryClient:
    """Return a client of the registry given on the command line.

    Args:
        args: The command line.
        total_s: Time limit for all of its requests together.
        meanwhile: Called while the first answer is awaited, to prepare what comes after it.

    Raises:
        InvalidInput: There is no such network, or an option is not valid.
    """
    deployment = chosen(args)
    hide_urls([*deployment.rpc_urls, args.proxy or ""])
    transport = _transport(args, deployment, deployment.chain_id, total_s)
    transport.meanwhile = meanwhile
    return RegistryClient(deployment, transport, journal=_journal(args))


def latest(client: RegistryClient) -> int:
    """Return the number of the latest block, for several reads at one block."""
    head: HeadBlock = client.transport.perform(Head())
    return head.ref.number


def chosen(args: Namespace) -> Deployment:
    """Return the deployment given on the command line or in the settings, with its RPC nodes."""
    settle(args)
    named: str = args.network
    base = built_in(OTHER_NAMES.get(named, named))
    given: list[str] | None = args.rpc_url
    urls = tuple(given or filter(None, map(os.environ.get, VARIABLES["rpc_url"])))
    if args.network_file is None:
        return replace(base, rpc_urls=urls or base.rpc_urls)
    content = network_file(args.network_file)
    if "chainId" in content:
        own = from_json(json.dumps(content))
        return replace(own, rpc_urls=tuple(given or ()) or own.rpc_urls or urls)
    if not content.keys() & {"provider", "contracts"}:
        raise InvalidInput(
            f"the network file {shown(args.network_file)} has no chainId, provider or contracts: "
            'give a deployment\'s file, or {"contracts": {"Registry": {"address": "0x..."}}}',
        )
    provider, contracts = _part(content, "provider"), _part(content, "contracts")
    if other := sorted(contracts.keys() - {"Registry", "Permissions"}):
        raise InvalidInput(
            f"the network file {shown(args.network_file)} has contracts {shown(other)}: use "
            "Registry and Permissions",
        )
    chosen_urls = (_url(base.rpc_urls[0], provider),) if provider else urls
    base = replace(base, rpc_urls=tuple(given or chosen_urls) or base.rpc_urls)
    return _with_contracts(args, base, contracts)


def _journal(args: Namespace) -> Journal | None:
    """Return the journal of a command that writes; reads open none."""
    if not hasattr(args, "journal"):
        return None
    from ocn_registry.plans.folders import journal_of  # noqa: PLC0415 - for writes only

    return journal_of(args.journal)


def network_options(args: Namespace) -> str:
    """Return the network options of the command line, for suggested commands.

    RPC URLs with secrets are left out: the user has to add `--rpc-url` again.
    """
    import shlex  # noqa: PLC0415 - for writes only

    words: list[str] = []
    for name, option in (
        ("profile", "--profile"),
        ("network", "-n"),
        ("network_file", "--network-file"),
        ("rpc_url", "--rpc-url"),
        ("proxy", "--proxy"),
        ("ca_file", "--ca-file"),
    ):
        values: list[object] = [args.profile] if name == "profile" else _flags(args, name)
        for value in values:
            words += [option, shlex.quote(masked(str(value)))] if value is not None else []
    return "".join([f" {word}" for word in words])


def _flags(args: Namespace, name: str) -> list[object]:
    """Return the values of an option on the command line itself."""
    setting = settle(args).in_force.get(name)
    if setting is None or setting.source != "flag":
        return []
    urls: list[str] | None = args.rpc_url if name == "rpc_url" else None
    return [*urls] if urls else [setting.value]


def _transport(
    args: Namespace,
    deployment: Deployment,
    chain_id: int | None,
    total_s: float | None = None,
) -> HttpTransport:
    if args.proxy is not None and not _is_url(args.proxy):
        raise InvalidInput("the proxy is not a valid URL: give http://HOST:PORT")
    if args.ca_file is not None:
        first_bytes(args.ca_file, 1, what="file of certificates")
    return HttpTransport(
        deployment.rpc_urls,
        chain_id=chain_id,
        proxy=args.proxy,
        ca_file=args.ca_file,
        total_s=total_s,
    )


def _with_contracts(
    args: Namespace,
    base: Deployment,
    contracts: dict[str, object],
) -> Deployment:
    registry = _address(contracts, "Registry", base.registry)
    permissions = _address(contracts, "Permissions", base.permissions)
    if (registry, permissions) == (base.registry, base.permissions):
        return base
    from ocn_registry.dialects.detect import detect  # noqa: PLC0415 - only for such files

    transport = _transport(args, base, None)
    try:
        found = run(detect(registry, permissions, name=base.name), transport.perform)
    finally:
        transport.close()
    explorer = base.explorer if found.chain_id == base.chain_id else None
    return replace(found, rpc_urls=base.rpc_urls, explorer=explorer)


def network_file(path: str) -> dict[str, object]:
    """Return the content of a network file.

    Args:
        path: The file.

    Raises:
        InvalidInput: The file can't be read, or is not a JSON object.
    """
    try:
        raw = read_bytes(path, NETWORK_FILE.max_bytes, what="network file")
        content = parse_json(as_utf8(raw), NETWORK_FILE)
    except UnicodeDecodeError:
        raise InvalidInput(f"the network file {shown(path)} is not text in UTF-8") from None
    except ValueError as error:
        if isinstance(error, InvalidInput):
            raise
        raise InvalidInput(f"the network file {shown(path)} is not valid JSON: {error}") from None
    if not is_object(content):
        raise InvalidInput(f"the network file {shown(path)} is not a JSON object")
    return content


def _part(content: dict[str, object], key: str) -> dict[str, object]:
    part = content.get(key, {})
    if not is_object(part):
        raise InvalidInput(f"{key} of the network file is {shown(part)}: give an object")
    return part


def _address(contracts: dict[str, object], name: str, otherwise: Address) -> Address:
    address = _part(contracts, name).get("address")
    return otherwise if address is None else Address(str(address))


def _url(base: str, provider: dict[str, object]) -> str:
    parts = urlsplit(base)
    scheme = provider.get("protocol", parts.scheme)
    host = provider.get("host", parts.hostname)
    port = provider.get("port", parts.port or (443 if parts.scheme == "https" else 80))
    return f"{scheme}://{host}:{port}"


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        port = parts.port or 1
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and port > 0
