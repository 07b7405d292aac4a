"""The commands that read entries. To programs, they print v1's JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocn_registry.cli import options as take
from ocn_registry.cli.commands import Command
from ocn_registry.cli.config.choices import MODULES, PERMISSIONS, ROLES, choice

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from ocn_registry.models import Party


def get_node(args: Namespace) -> int:
    """Show the node of an operator. Like v1, print only its URL for programs."""
    from ocn_registry.cli.config.networks import connect
    from ocn_registry.cli.output import tables

    with connect(args) as client:
        node = client.node(args.address)
    return tables.show_node(args, node)


def list_nodes(args: Namespace) -> int:
    """Show all nodes."""
    from ocn_registry.cli.config.networks import connect
    from ocn_registry.cli.output import tables
    from ocn_registry.cli.output.progress import Progress

    with connect(args) as client, Progress("{} of {} nodes") as progress:
        nodes = client.nodes(on_read=progress)
    return tables.show_nodes(args, nodes)


def get_party(args: Namespace) -> int:
    """Show a party; by address, all parties of the account, the current one first."""
    from ocn_registry.cli.config.networks import connect
    from ocn_registry.cli.output import tables

    with connect(args) as client:
        parties: tuple[Party, ...]
        if args.address is None:
            found = client.party(*named(args))
            parties = () if found is None else (found,)
        else:
            parties = client.parties_of(args.address)
    return tables.show_party(args, parties)


def list_parties(args: Namespace) -> int:
    """Show all parties."""
    from ocn_registry.cli.config.networks import connect
    from ocn_registry.cli.output import tables
    from ocn_registry.cli.output.progress import Progress
    from ocn_registry.models import Interface, Module, Role

    with connect(args) as client, Progress("{} of {} parties") as progress:
        parties = client.parties(
            operator=args.operator,
            role=None if args.role is None else Role[args.role],
            module=None if args.module is None else Module[args.module.upper()],
            interface=None if args.interface is None else Interface(args.interface),
            on_read=progress,
        )
    return tables.show_parties(args, parties)


def get_service(args: Namespace) -> int:
    """Show the service of a provider."""
    from ocn_registry.cli.config.networks import connect
    from ocn_registry.cli.output import tables

    with connect(args) as client:
        service = client.service(args.provider)
    return tables.show_service(args, service)


def list_services(args: Namespace) -> int:
    """Show all services."""
    from ocn_registry.cli.config.networks import connect
    from ocn_registry.cli.output import tables
    from ocn_registry.cli.output.progress import Progress
    from ocn_registry.models import Permission

    needed = None if args.permission is None else Permission[args.permission]
    with connect(args) as client, Progress("{} of {} services") as progress:
        services = client.services(permission=needed, on_read=progress)
    return tables.show_services(args, services, "no services are listed")


def get_agreements(args: Namespace) -> int:
    """Show the services that a party has agreements in force with."""
    from ocn_registry.cli.config.networks import connect, latest
    from ocn_registry.cli.output import tables
    from ocn_registry.dialects import dialect_of
    from ocn_registry.protocol.effects import all_of

    with connect(args) as client:
        block = latest(client)
        agreements = client.agreements(*named(args), block=block)
        dialect = dialect_of(client.deployment)
        questions = tuple([dialect.service(each.provider, block) for each in agreements])
        # All in one request, for slow connections.
        found = client.transport.perform(all_of(questions))
    services = [service for service in found if service is not None]
    return tables.show_services(args, services, "no agreements are in force")


def named(args: Namespace) -> tuple[str] | tuple[str, str]:
    """Return the address or the id of a party; like in v1, ids are converted to capital letters."""
    if args.address is not None:
        return (str(args.address),)
    country_code, party_id = args.credentials
    return country_code.upper(), party_id.upper()


def _parties(parser: ArgumentParser) -> None:
    take.listing(parser)
    parser.add_argument(
        "--operator",
        metavar="ADDRESS",
        help="only parties that are reached through the node of ADDRESS",
    )
    parser.add_argument(
        "--role", type=choice("role", ROLES), metavar="ROLE", help="only parties with this role"
    )
    parser.add_argument(
        "--module",
        type=choice("module", MODULES),
        metavar="MODULE",
        help="only parties with this OCPI module",
    )
    parser.add_argument(
        "--interface",
        choices=("sender", "receiver"),
        help="only parties with this interface of the module, or of any module",
    )


def _services(parser: ArgumentParser) -> None:
    take.listing(parser)
    parser.add_argument(
        "--permission",
        type=choice("permission", PERMISSIONS),
        metavar="PERMISSION",
        help="only services that need this permission",
    )


_ADDRESS = "0x9bC1169Ca09555bf2721A5C9eC6D69c8073bfeB4"

COMMANDS = (
    Command(
        "get-node",
        "show the node of an operator",
        get_node,
        (take.operator_address,),
        examples=(f"get-node {_ADDRESS} -n ewc",),
    ),
    Command(
        "list-nodes",
        "show all nodes",
        list_nodes,
        (take.listing,),
        examples=("list-nodes -n ewc", "list-nodes -n volta --csv"),
    ),
    Command(
        "get-party",
        "show a party",
        get_party,
        (take.one_party,),
        more="By address, it shows the party under the account's current id, then the others.",
        examples=("get-party -c DE ABC -n ewc", f"get-party -a {_ADDRESS} -n ewc"),
    ),
    Command(
        "list-parties",
        "show all parties",
        list_parties,
        (_parties,),
        examples=(
            "list-parties -n ewc",
            "list-parties --role CPO --module locations --interface sender",
        ),
    ),
    Command(
        "get-service",
        "show the service of a provider",
        get_service,
        (take.provider,),
        examples=(f"get-service {_ADDRESS} -n ewc",),
    ),
    Command(
        "list-services",
        "show all services",
        list_services,
        (_services,),
        examples=("list-services -n ewc", "list-services --permission FORWARD_ALL"),
    ),
    Command(
        "get-agreements",
        "show the services that a party uses",
        get_agreements,
        (take.one_party,),
        examples=("get-agreements -c DE ABC -n ewc",),
    ),
)
