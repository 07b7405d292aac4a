"""`owner reserve`: reserve an id or a URL for its rightful holder, and take it from others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocn_registry.cli import options as take
from ocn_registry.cli.commands import Command
from ocn_registry.cli.commands.owner import by_owner, with_reason

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


def reserve(args: Namespace) -> int:
    """Reserve an id or a URL for an account, whoever holds it now; or lift the reservation."""
    from ocn_registry.cli.config.networks import connect
    from ocn_registry.models import Address
    from ocn_registry.plans import owner_actions
    from ocn_registry.plans.owner_log import checked_reason

    reason = checked_reason(args.reason)
    holder = None if args.holder == take.NONE else Address(args.holder)
    with connect(args) as client:
        if args.url is not None:
            action = owner_actions.reserve_url(client, args.url, holder, reason)
        else:
            country_code, party_id = (text.upper() for text in args.credentials)
            action = owner_actions.reserve_id(client, country_code, party_id, holder, reason)
        return by_owner(args, client, action)


def _reserved(parser: ArgumentParser) -> None:
    parser.add_argument(
        "holder",
        metavar="ADDRESS",
        help=f"the only account that can list it from now on; {take.NONE} lifts the reservation",
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument(
        "-c",
        "--credentials",
        nargs=2,
        metavar=("CC", "PID"),
        help="OCPI country code and party id that is reserved",
    )
    what.add_argument("--url", metavar="URL", help="URL of a node that is reserved")


_ADDRESS = "0x9bC1169Ca09555bf2721A5C9eC6D69c8073bfeB4"
_KEY = "-s keystore:owner.json"

COMMANDS = (
    Command(
        "owner reserve",
        "reserve an id or a URL for one account, and take it from any other",
        reserve,
        (_reserved, with_reason),
        more="Any other holder loses it immediately, whatever the order of transactions.",
        examples=(
            f"owner reserve {_ADDRESS} -c DE ABC --reason 'stolen, ticket 12' {_KEY}",
            f"owner reserve {_ADDRESS} --url https://node.example.com --reason 'ticket 12' {_KEY}",
            f"owner reserve none -c DE ABC --reason 'settled, ticket 12' {_KEY}",
        ),
    ),
)
