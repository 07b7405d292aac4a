"""v1's commands that write: `set-node` and its like, each also in its `-raw` form."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocn_registry.cli.carrying import Wish, carry_out
from ocn_registry.cli.keys import key, require
from ocn_registry.cli.networks import connect
from ocn_registry.cli.render import talk
from ocn_registry.cli.wishes import intent_of

if TYPE_CHECKING:
    from argparse import Namespace


def direct(args: Namespace) -> int:
    """Have the signer write for itself, and pay."""
    if args.spender is not None:
        talk(f"note: the signer pays for {args.action}; with {args.action}-raw the spender does")
    with connect(args) as client:
        require(args, "signer")
        intent = intent_of(args, client, signed=False)
        signer = key(args, "signer", client.deployment)
        return carry_out(args, client, (intent,), (Wish(signer.address, intent),), signer)


def raw(args: Namespace) -> int:
    """Have the signer sign a request, and the spender send it and pay."""
    with connect(args) as client:
        require(args, "signer", "spender")
        intent = intent_of(args, client, signed=True)
        signer = key(args, "signer", client.deployment)
        spender = key(args, "spender", client.deployment)
        signed = client.sign(intent, signer)
        return carry_out(args, client, (signed,), (Wish(signer.address, intent),), spender)
