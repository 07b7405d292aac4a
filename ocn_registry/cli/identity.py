"""Keys of one's own: made in an encrypted file, shown by their address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocn_registry.cli.carrying import lines
from ocn_registry.cli.codes import DONE
from ocn_registry.cli.keys import key, passphrase
from ocn_registry.cli.networks import chosen
from ocn_registry.cli.render import as_json, for_programs, put, talk
from ocn_registry.cli.settings_file import at_home
from ocn_registry.errors import InvalidInput
from ocn_registry.foreign.text import shown
from ocn_registry.signing import KeySigner

if TYPE_CHECKING:
    from argparse import Namespace

    from ocn_registry.cli.entries import Entry


def new(args: Namespace) -> int:
    """Make a key, in an encrypted file that other wallets read as well."""
    path = at_home(args.path)
    if path.exists():  # before anybody thinks of a passphrase
        raise InvalidInput(
            f"{shown(str(path))} is there already and is not written over: give another name",
        )
    secret = passphrase(args, "signer", str(path), twice=True)
    made = KeySigner.new_identity(path, lambda: secret)
    _put(args, {"address": made.address, "keystore": str(path.absolute())})
    talk(f"use it with --signer keystore:{path}; keep a copy, and the passphrase, somewhere else")
    return DONE


def show(args: Namespace) -> int:
    """Show the address of the key that the command line or the environment names."""
    _put(args, {"address": key(args, "signer", chosen(args)).address})
    return DONE


def _put(args: Namespace, told: Entry) -> None:
    put(as_json(told) if for_programs(args) else lines(told))
