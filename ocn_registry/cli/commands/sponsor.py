"""`request sponsor`: a node's operator signs a voucher that lets a relay pay for a party."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from ocn_registry.cli import options as take
from ocn_registry.cli.commands import Command
from ocn_registry.plans.exit_codes import DONE, INTERRUPTED

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from ocn_registry.models import Address
    from ocn_registry.networks import Deployment
    from ocn_registry.signing import Signer


def sponsor(args: Namespace) -> int:
    """Sign a voucher: permission of a node's operator for a relay to pay for an account."""
    from ocn_registry.cli.config.networks import connect
    from ocn_registry.cli.execute import agreed
    from ocn_registry.cli.output.render import put, talk
    from ocn_registry.foreign.times import moment
    from ocn_registry.models import Address
    from ocn_registry.relay.documents import Voucher

    with connect(args) as client:
        operator, signer = _sponsor(args, client.deployment)
        account = Address(args.account)
        deadline = int(time.time()) + args.valid_for
        talk(f"operator  {operator}")
        if signer.address != operator:
            talk(f"signed by {signer.address}, its controller")
        talk(f"voucher   a relay may pay for {args.requests} requests of {account}")
        talk(f"until     {moment(deadline)}")
        if not agreed(args, "sign this?", insist=True):
            talk("nothing was signed")
            return INTERRUPTED
        put(
            Voucher.sign(
                client.deployment,
                account,
                requests=args.requests,
                deadline_unix_s=deadline,
                signer=signer,
                operator=operator,
            ).to_json()
        )
    return DONE


def _sponsor(args: Namespace, deployment: Deployment) -> tuple[Address, Signer]:
    """Return the operator whose voucher it is, and the key that signs for it."""
    from ocn_registry.cli.config.keys import address_of, is_named, key
    from ocn_registry.errors import InvalidInput
    from ocn_registry.models import Address

    operator = None if args.operator is None else Address(args.operator)
    if is_named(args, "controller"):
        signer = key(args, "controller", deployment)
        if operator is None and not is_named(args, "signer"):
            raise InvalidInput(
                "a controller signs for an operator: name it with --operator ADDRESS"
            )
        return operator or address_of(args, "signer", deployment), signer
    signer = key(args, "signer", deployment)
    if operator not in {None, signer.address}:
        raise InvalidInput(
            f"the signer {signer.address} is not the operator {operator}: if it is its controller, "
            "give it as --controller",
        )
    return signer.address, signer


def _sponsored(parser: ArgumentParser) -> None:
    parser.add_argument(
        "-a",
        "--account",
        required=True,
        metavar="ADDRESS",
        help="account that the relay may pay for",
    )
    parser.add_argument(
        "--operator",
        metavar="ADDRESS",
        help="operator that issues the voucher, if its controller signs (default: the signer)",
    )
    parser.add_argument(
        "--requests",
        type=take.whole("number of requests", 1, 1000),
        default=10,
        metavar="N",
        help="how many requests (default: 10)",
    )
    parser.add_argument(
        "--valid-for",
        type=take.seconds,
        default="7d",
        metavar="TIME",
        help="how long: 30m, 12h or 7d (default: 7d)",
    )


_ADDRESS = "0x9bC1169Ca09555bf2721A5C9eC6D69c8073bfeB4"
_OPERATOR = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"

COMMANDS = (
    Command(
        "request sponsor",
        "let a relay pay for an account, as the operator of its node",
        sponsor,
        (_sponsored, take.signing, take.controlling, take.yes, take.out),
        more="If the operator has a controller, the controller signs.",
        examples=(
            f"request sponsor -a {_ADDRESS} -s keystore:operator.json --out voucher.json",
            f"request sponsor -a {_ADDRESS} --operator {_OPERATOR} --controller keystore:cold.json",
        ),
    ),
)
