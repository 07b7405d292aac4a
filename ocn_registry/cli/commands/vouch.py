"""`vouch`: write a host's vouching document, and check other hosts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ocn_registry.cli import options as take
from ocn_registry.cli.commands import Command
from ocn_registry.plans.exit_codes import DONE, UNEXPECTED

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


def make(args: Namespace) -> int:
    """Print the document to place at `/.well-known/ocn.json`."""
    from ocn_registry.cli.config.networks import connect
    from ocn_registry.cli.output.render import put, talk
    from ocn_registry.plans.failures import NO_PARTY, NotListed
    from ocn_registry.vouching import DOCUMENT_PATH, document_for

    with connect(args) as client:
        deployment = client.deployment
        parties = [client.party(*party) for party in args.party or ()]
        for asked, party in zip(args.party or (), parties, strict=True):
            if party is None:
                raise NotListed(f"{NO_PARTY} ({' '.join(asked)}): register it first")
        document = document_for(
            deployment.chain_id,
            deployment.registry,
            name=args.name,
            operator=args.operator,
            parties=[(party.id, party.address) for party in parties if party is not None],
        )
    put(json.dumps(document, indent=2, ensure_ascii=False))
    talk(f"note: place it under the node's URL or the party's website, at {DOCUMENT_PATH}")
    return DONE


def check(args: Namespace) -> int:
    """Check whether the host of a node or a party confirms its entry."""
    from ocn_registry.cli.config.networks import connect
    from ocn_registry.cli.output.render import as_json, for_programs, printable, put
    from ocn_registry.plans.failures import NO_NODE, NO_PARTY, NotListed
    from ocn_registry.vouching import FetchOptions

    options = FetchOptions(allow_http=args.allow_http, allow_private=args.allow_private)
    with connect(args) as client:
        found = client.vouched(*args.who, options=options)
    if found is None:
        raise NotListed(NO_NODE if len(args.who) == 1 else NO_PARTY)
    if for_programs(args):
        put(as_json(found.to_dict()))
    elif found.vouched:
        put(f"vouched, by {printable(found.name)}" if found.name else "vouched")
    else:
        put(f"not vouched: {found.reason}")
    return DONE if found.vouched else UNEXPECTED


def _made(parser: ArgumentParser) -> None:
    parser.add_argument("--name", help="name of the company")
    parser.add_argument("--operator", metavar="ADDRESS", help="the account that runs the node here")
    parser.add_argument(
        "-c",
        "--party",
        nargs=2,
        action="append",
        metavar=("CC", "PID"),
        help="an id of the company's own, which has to be listed; can be repeated",
    )


def _checked(parser: ArgumentParser) -> None:
    parser.add_argument(
        "who",
        nargs="+",
        metavar="WHO",
        help="the operator of a node, or the country code and party id of a party",
    )
    parser.add_argument("--allow-http", action="store_true", help="also ask hosts without TLS")
    parser.add_argument(
        "--allow-private",
        action="store_true",
        help="also ask hosts at addresses that are not public, such as this machine",
    )


COMMANDS = (
    Command(
        "vouch make",
        "print the document to publish on a node or a website",
        make,
        (_made, take.out),
        examples=(
            "vouch make --operator 0x9bC1169Ca09555bf2721A5C9eC6D69c8073bfeB4 --out ocn.json",
            "vouch make --name 'Example GmbH' -c DE ABC -c DE ABD --out ocn.json",
        ),
    ),
    Command(
        "vouch check",
        "ask a node or a website what it says about itself",
        check,
        (_checked,),
        more="Redirects to other hosts are not followed, and no answer is awaited for more than "
        "5 s. The exit code is 1 if the host does not vouch.",
        examples=(
            "vouch check 0x9bC1169Ca09555bf2721A5C9eC6D69c8073bfeB4 -n ewc",
            "vouch check DE ABC -n ewc",
        ),
    ),
)
