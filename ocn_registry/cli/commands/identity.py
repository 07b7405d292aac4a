"""`identity`: create a key in an encrypted file, or show its address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocn_registry.cli import options as take
from ocn_registry.cli.commands import Command
from ocn_registry.plans.exit_codes import DONE

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


def new(args: Namespace) -> int:
    """Create a key in an encrypted file that other wallets can also read."""
    from ocn_registry.cli.config.keys import passphrase
    from ocn_registry.cli.config.settings_file import at_home
    from ocn_registry.cli.execute import show as show_result
    from ocn_registry.cli.output.render import talk
    from ocn_registry.errors import InvalidInput
    from ocn_registry.foreign.text import shown
    from ocn_registry.signing import KeySigner

    path = at_home(args.path)
    if path.exists():  # checked before the passphrase prompt
        raise InvalidInput(
            f"{shown(str(path))} exists already and is not overwritten: give another name",
        )
    secret = passphrase(args, "signer", str(path), twice=True)
    created = KeySigner.new_identity(path, lambda: secret)
    show_result(args, {"address": created.address, "keystore": str(path.absolute())})
    talk(
        f"use it with --signer keystore:{path}. Keep a copy of the file, and the passphrase, in "
        "another place",
    )
    return DONE


def show(args: Namespace) -> int:
    """Show the address of a keystore, or of the configured key."""
    from ocn_registry.cli.config.keys import key, passphrase
    from ocn_registry.cli.config.networks import chosen
    from ocn_registry.cli.config.settings_file import at_home
    from ocn_registry.cli.output.render import as_json, put
    from ocn_registry.signing import KeySigner
    from ocn_registry.signing.signers import address_in_keystore

    if args.path is None:
        address = key(args, "signer", chosen(args)).address
    else:
        path = at_home(args.path.removeprefix("keystore:"))
        named = address_in_keystore(path)
        if named is None:  # so its key is needed
            secret = passphrase(args, "signer", str(path))
            named = KeySigner.from_keystore(path, lambda: secret).address
        address = named
    put(as_json({"address": address}) if args.json else address)
    return DONE


def _keystore(parser: ArgumentParser) -> None:
    parser.add_argument(
        "path",
        type=take.new_file,
        metavar="PATH",
        help="file to write; an existing one is not overwritten",
    )
    take.passphrase(parser)


_shown = take.option(
    "path",
    nargs="?",
    metavar="PATH",
    help="keystore (default: the signer's key); if it names its address, it is not decrypted",
)


COMMANDS = (
    Command(
        "identity new",
        "create a key, in a keystore",
        new,
        (_keystore,),
        examples=("identity new key.json",),
    ),
    Command(
        "identity show",
        "show the address of a key",
        show,
        (_shown, take.signing),
        more="Only the address is printed, so that a shell can keep it: "
        'PARTY="$(ocn-registry identity show key.json)".',
        examples=("identity show key.json", "identity show -s env:PARTY_KEY"),
    ),
)
