"""The commands that read: v1's, with its output where a program reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from ocn_registry.cli import entries
from ocn_registry.cli.codes import DONE, NOT_LISTED
from ocn_registry.cli.networks import connect, latest
from ocn_registry.cli.progress import Progress
from ocn_registry.cli.render import as_csv, as_json, for_programs, printable, put, records, table
from ocn_registry.dialects import dialect_of
from ocn_registry.models import Interface, Module, Permission, Role
from ocn_registry.protocol.effects import all_of

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Sequence

    from ocn_registry.models import Node, Party, Service

T = TypeVar("T")

NO_NODE = "Node operator not listed in registry."
NO_PARTY = "OCPI Party not listed in registry."
NO_SERVICE = "Provider has no Service listed"


def get_node(args: Namespace) -> int:
    """Show the node of an operator; v1 prints its URL and nothing else."""
    with connect(args) as client:
        node = client.node(args.address)
    if node is None or args.json:
        return _one(args, node, entries.node, lambda _: [], NO_NODE)
    put(printable(node.domain))
    return DONE


def list_nodes(args: Namespace) -> int:
    """Show all nodes."""
    with connect(args) as client, Progress("{} of {} nodes") as progress:
        nodes = client.nodes(on_read=progress)
    return _all(args, nodes, entries.node, nodes_table, "no nodes are listed")


def get_party(args: Namespace) -> int:
    """Show a party."""
    with connect(args) as client:
        party = client.party(*named(args))
    return _one(args, party, entries.party, party_lines, NO_PARTY)


def list_parties(args: Namespace) -> int:
    """Show all parties."""
    with connect(args) as client, Progress("{} of {} parties") as progress:
        parties = client.parties(
            operator=args.operator,
            role=None if args.role is None else Role[args.role],
            module=None if args.module is None else Module[args.module.upper()],
            interface=None if args.interface is None else Interface(args.interface),
            on_read=progress,
        )
    return _all(args, parties, entries.party, parties_table, "no parties are listed")


def get_service(args: Namespace) -> int:
    """Show the service of a provider."""
    with connect(args) as client:
        service = client.service(args.provider)
    return _one(args, service, entries.service, service_lines, NO_SERVICE)


def list_services(args: Namespace) -> int:
    """Show all services."""
    with connect(args) as client, Progress("{} of {} services") as progress:
        needed = None if args.permission is None else Permission[args.permission]
        services = client.services(permission=needed, on_read=progress)
    return _all(args, services, entries.service, services_table, "no services are listed")


def get_agreements(args: Namespace) -> int:
    """Show the services that a party has agreed to, and that are in force."""
    with connect(args) as client:
        block = latest(client)
        agreements = client.agreements(*named(args), block=block)
        dialect = dialect_of(client.deployment)
        questions = tuple([dialect.service(each.provider, block) for each in agreements])
        # All in one request: over a far line each would take its time.
        found: tuple[Service | None, ...] = client.transport.perform(all_of(questions))
    services = [service for service in found if service is not None]
    return _all(args, services, entries.service, services_table, "no agreements are in force")


def named(args: Namespace) -> tuple[str] | tuple[str, str]:
    """Tell who is meant by `-a` or `-c`; v1 writes ids in capital letters."""
    if args.address is not None:
        return (str(args.address),)
    country_code, party_id = args.credentials
    return country_code.upper(), party_id.upper()


def party_lines(party: Party) -> list[tuple[str, str]]:
    """Write a party for people."""
    return [
        ("party", str(party.id)),
        ("address", party.address),
        ("roles", _joined(entries.role_names(party.roles))),
        ("sender of", _joined(entries.module_names(party.modules_sender))),
        ("receiver of", _joined(entries.module_names(party.modules_receiver))),
        ("node", party.operator_domain or "none: its operator runs no node"),
        ("operator", party.operator),
    ]


def service_lines(service: Service) -> list[tuple[str, str]]:
    """Write a service for people."""
    return [
        ("service", service.name or "-"),
        ("URL", service.url or "-"),
        ("needs", _joined(entries.permission_names(service.permissions))),
        ("provider", service.provider),
        ("party", str(service.id)),
    ]


def nodes_table(nodes: Sequence[Node]) -> str:
    """Write nodes for people."""
    return table(("OPERATOR", "URL"), [(each.operator, each.domain) for each in nodes], soft=(1,))


def parties_table(parties: Sequence[Party]) -> str:
    """Write parties for people."""
    rows = [
        (
            str(each.id),
            ",".join(entries.role_names(each.roles)),
            each.operator_domain or "-",
            each.address,
        )
        for each in parties
    ]
    return table(("PARTY", "ROLES", "NODE", "ADDRESS"), rows, soft=(1, 2))


def services_table(services: Sequence[Service]) -> str:
    """Write services for people."""
    rows = [
        (
            str(each.id),
            each.name or "-",
            _joined(entries.permission_names(each.permissions)),
            each.provider,
        )
        for each in services
    ]
    return table(("PARTY", "NAME", "NEEDS", "PROVIDER"), rows, soft=(1, 2))


def _joined(names: Sequence[str | int]) -> str:
    return ", ".join(map(str, names)) or "-"


def _one(
    args: Namespace,
    value: T | None,
    entry: Callable[[T], entries.Entry],
    lines: Callable[[T], list[tuple[str, str]]],
    absent: str,
) -> int:
    if value is None:
        put("null" if args.json else absent)
        return NOT_LISTED
    put(as_json(entry(value)) if for_programs(args) else records([lines(value)]))
    return DONE


def _all(
    args: Namespace,
    values: Sequence[T],
    entry: Callable[[T], entries.Entry],
    rows: Callable[[Sequence[T]], str],
    empty: str,
) -> int:
    if getattr(args, "csv", False):
        put(as_csv([entry(value) for value in values]))
    elif for_programs(args):
        put(as_json([entry(value) for value in values]))
    else:
        put(rows(values) if values else empty)
    return DONE
