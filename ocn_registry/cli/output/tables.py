"""Print nodes, parties and services: tables for people, v1's JSON or CSV for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from ocn_registry.cli.output.render import (
    as_csv,
    as_json,
    for_programs,
    printable,
    put,
    records,
    table,
    talk,
)
from ocn_registry.foreign.text import shown
from ocn_registry.foreign.urls import unusable
from ocn_registry.plans import entries
from ocn_registry.plans.exit_codes import DONE, NOT_LISTED
from ocn_registry.plans.failures import NO_NODE, NO_PARTY, NO_SERVICE

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Sequence

    from ocn_registry.models import Node, Party, Service
    from ocn_registry.portable.base import Portable

T = TypeVar("T", bound="Portable")
_MOST_NOTES = 3


def show_node(args: Namespace, node: Node | None) -> int:
    """Print the URL of a node, and return the exit code."""
    if node is not None:
        _note_unusable([node.domain])
    if node is None or args.json:
        return _show_entry(args, node, lambda _: [], NO_NODE)
    put(printable(node.domain))
    return DONE


def show_party(args: Namespace, parties: Sequence[Party]) -> int:
    """Print the parties of an account, the current one first, and return the exit code."""
    if not parties:
        return _show_entry(args, None, _party_lines, NO_PARTY)
    _note_unusable([each.operator_domain for each in parties])
    current, *others = parties
    if for_programs(args):
        entry = current.to_dict()
        further = {"otherParties": [each.to_dict() for each in others]} if others else {}
        put(as_json({**entry, **further}))
    else:
        put(records([_party_lines(each) for each in parties]))
    return DONE


def show_service(args: Namespace, service: Service | None) -> int:
    """Print a service, and return the exit code."""
    return _show_entry(args, service, _service_lines, NO_SERVICE)


def show_nodes(args: Namespace, nodes: Sequence[Node]) -> int:
    """Print nodes, and return the exit code."""
    _note_unusable([each.domain for each in nodes])
    return _show_list(args, nodes, _nodes_table, "no nodes are listed")


def show_parties(args: Namespace, parties: Sequence[Party]) -> int:
    """Print parties, and return the exit code."""
    _note_unusable([each.operator_domain for each in parties])
    return _show_list(args, parties, _parties_table, "no parties are listed")


def show_services(args: Namespace, services: Sequence[Service], empty: str) -> int:
    """Print services, or a sentence when there are none, and return the exit code."""
    return _show_list(args, services, _services_table, empty)


def _note_unusable(urls: Sequence[str | None]) -> None:
    """Print a note about listed URLs that no client can use, without changing the output."""
    wrong = {url: why for url in urls if url and (why := unusable(url))}
    for url, why in list(wrong.items())[:_MOST_NOTES]:
        talk(f"note: no client can use {shown(url, public=True)}: {printable(why)}")
    if len(wrong) > _MOST_NOTES:
        talk(f"note: nor {len(wrong) - _MOST_NOTES} further URLs; `is_usable` tells in Python")


def _party_lines(party: Party) -> list[tuple[str, str]]:
    return [
        ("party", str(party.id)),
        ("address", party.address),
        ("roles", _joined(entries.role_names(party.roles))),
        ("sender of", _joined(entries.module_names(party.modules_sender))),
        ("receiver of", _joined(entries.module_names(party.modules_receiver))),
        ("node", party.operator_domain or "none: its operator runs no node"),
        ("operator", party.operator),
        *([] if party.website is None else [("website", party.website)]),
    ]


def _service_lines(service: Service) -> list[tuple[str, str]]:
    return [
        ("service", service.name or "-"),
        ("URL", service.url or "-"),
        ("needs", _joined(entries.permission_names(service.permissions))),
        ("provider", service.provider),
        ("party", str(service.id)),
    ]


def _nodes_table(nodes: Sequence[Node]) -> str:
    return table(("OPERATOR", "URL"), [(each.operator, each.domain) for each in nodes], soft=(1,))


def _parties_table(parties: Sequence[Party]) -> str:
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


def _services_table(services: Sequence[Service]) -> str:
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


def _show_entry(
    args: Namespace,
    value: T | None,
    lines: Callable[[T], list[tuple[str, str]]],
    absent: str,
) -> int:
    if value is None:
        put("null" if args.json else absent)
        return NOT_LISTED
    put(as_json(value.to_dict()) if for_programs(args) else records([lines(value)]))
    return DONE


def _show_list(
    args: Namespace,
    values: Sequence[T],
    rows: Callable[[Sequence[T]], str],
    empty: str,
) -> int:
    if getattr(args, "csv", False):
        put(as_csv([value.to_dict() for value in values]))
    elif for_programs(args):
        put(as_json([value.to_dict() for value in values]))
    else:
        put(rows(values) if values else empty)
    return DONE
