"""The keys that sign and pay: convert references to signers.

A reference says where the key is: `keystore:PATH`, `env:NAME`, `file:PATH`, `command:PROGRAM`, or
`contract:PROGRAM` where a contract such as a Safe signs through a program. A
private key as an argument would stay in the shell's history, and everybody on the machine could see
it: it is accepted on development chains only. In `SIGNER` and `SPENDER`, where v1 expects it, it is
accepted with a warning. A flag overrides the environment, which overrides the settings file.
"""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from ocn_registry.cli.config.local import is_local
from ocn_registry.cli.config.settings import settle
from ocn_registry.cli.config.settings_file import at_home
from ocn_registry.cli.output.render import printable, talk
from ocn_registry.dialects import dialect_of
from ocn_registry.errors import InvalidInput
from ocn_registry.foreign.variables import VARIABLES
from ocn_registry.intents import SetController
from ocn_registry.models import Address
from ocn_registry.signing import KeySigner
from ocn_registry.signing.key_files import private_text, text_of
from ocn_registry.signing.signers import address_in_keystore

if TYPE_CHECKING:
    from argparse import Namespace

    from ocn_registry.networks import Deployment
    from ocn_registry.signing import Signer

Part: TypeAlias = Literal["signer", "spender", "controller"]
NewPart: TypeAlias = Literal["new key", "new controller"]

FORMS = (
    "keystore:PATH (an encrypted file; `ocn-registry identity new PATH` makes one), env:NAME (an "
    "environment variable), file:PATH (a file that only you can read), command:PROGRAM or, for a "
    "Safe, contract:PROGRAM"
)
_DOES = {"signer": "signs", "spender": "pays", "controller": "signs for its account"}
_OWN_PASSPHRASE = {
    "spender": "spender_passphrase_file",
    "new key": "new_passphrase_file",
    "new controller": "new_passphrase_file",
}
_NAKED = re.compile(r"(0[xX])?[0-9a-fA-F]{64}")


def key(args: Namespace, part: Part, deployment: Deployment) -> Signer:
    """Return the signer given on the command line, in the environment or in the settings.

    Args:
        args: The command line.
        part: The role of the key.
        deployment: The registry.

    Raises:
        InvalidInput: No key is given, or it can't be used.
    """
    flag, variable, written = _named(args, part)
    reference = os.environ[variable] if variable is not None else None
    does = _DOES[part]
    if flag is None and variable is not None and reference is not None:
        found = _from_variable(args, part, variable, reference)
        if written not in {None, reference}:
            talk(f"note: {variable} is used, not the settings' {part}: {found.address} {does}")
        return found
    if flag is None and written is not None:
        return _referenced(args, part, written)
    if flag is None:
        raise _unnamed(part)
    found = referenced(args, part, flag, deployment)
    if reference is not None and reference != flag:
        talk(f"note: --{part} is used, not {variable}: {found.address} {does}")
    return found


def referenced(
    args: Namespace, part: Part | NewPart, reference: str, deployment: Deployment
) -> Signer:
    """Return the signer for a reference on the command line.

    Args:
        args: The command line.
        part: The role of the key.
        reference: The reference; on development chains, also the key itself.
        deployment: The registry.

    Raises:
        InvalidInput: It is not a valid reference, or the key can't be used.
    """
    if not _NAKED.fullmatch(reference):
        return _referenced(args, part, reference)
    if not is_local(deployment):
        name = f"--{part}" if part in VARIABLES else f"the {part}"
        raise InvalidInput(
            f"a private key as an argument stays in the shell's history, and everybody on this "
            f"machine can see it. On {deployment.name} give {name} as {FORMS}",
        )
    return KeySigner.from_key(reference)


def require(args: Namespace, *parts: Part) -> None:
    """Raise `InvalidInput` if a key is not given, before a passphrase is requested."""
    for part in parts:
        if not is_named(args, part):
            raise _unnamed(part)


class Authority(NamedTuple):
    """An account whose entry changes, and the key that signs for it.

    Attributes:
        account: The account.
        signer: The account's own key, or its controller's.
    """

    account: Address
    signer: Signer

    @property
    def by_controller(self) -> bool:
        """Whether a controller signs in place of the account's own key."""
        return self.signer.address != self.account


def authority(args: Namespace, deployment: Deployment) -> Authority:
    """Return the account, and the key that signs for it.

    Without a controller, it is the signer's own account. With one, it is the account of
    `--account`, or that of the signer, whose key is then not used.

    Raises:
        InvalidInput: No key or account is given, or the key can't be used.
        UnsupportedByDialect: A controller is given, and the contracts know none.
    """
    require_authority(args)
    if not is_named(args, "controller"):
        signer = key(args, "signer", deployment)
        if args.account is not None and Address(args.account) != signer.address:
            raise InvalidInput(
                f"the signer {signer.address} is not the account {Address(args.account)}: if it "
                "is its controller, give it as --controller",
            )
        return Authority(signer.address, signer)
    dialect_of(deployment).check(SetController())
    if args.account is not None:
        account = Address(args.account)
    else:
        account = address_of(args, "signer", deployment)
    return Authority(account, key(args, "controller", deployment))


def require_authority(args: Namespace) -> None:
    """Raise `InvalidInput` if no signer or no account is given."""
    if not is_named(args, "controller"):
        require(args, "signer")
    elif args.account is None and not is_named(args, "signer"):
        raise InvalidInput("a controller signs for an account: name it with --account ADDRESS")


def check_payer(payer: Signer) -> None:
    """Raise `InvalidInput` if the payer is a contract, which sends no transactions."""
    if getattr(payer, "is_contract", False):
        raise InvalidInput(
            f"{payer.address} is a contract and can't pay: name a --spender, with the -raw form of "
            "the command if it has one",
        )


def address_of(args: Namespace, part: Part, deployment: Deployment) -> Address:
    """Return the address of a key, without decrypting a keystore that contains it."""
    flag, variable, written = _named(args, part)
    reference = flag or (os.environ[variable] if variable is not None else written)
    kind, _, place = (reference or "").partition(":")
    if kind == "keystore":
        found = address_in_keystore(at_home(place))
        if found is not None:
            return found
    return key(args, part, deployment).address


def _unnamed(part: Part) -> InvalidInput:
    return InvalidInput(
        f"no key for the {part}: give --{part}, or set {VARIABLES[part][0]}, as {FORMS}",
    )


def is_named(args: Namespace, part: Part) -> bool:
    """Return whether a key is given on the command line, in the environment or in the settings."""
    return _named(args, part) != (None, None, None)


def _named(args: Namespace, part: Part) -> tuple[str | None, str | None, str | None]:
    """Return the flag's value, the variable that is set, and the setting's value."""
    flag: str | None = getattr(args, part)
    variable = next((name for name in VARIABLES[part] if os.environ.get(name)), None)
    written = settle(args).written.get(part)
    if part == "controller" and any(_named(args, "signer")[:2]):
        written = None  # a controller in the settings belongs to the signer in the settings
    return flag, variable, None if written is None else str(written.value)


def _from_variable(args: Namespace, part: Part, variable: str, reference: str) -> Signer:
    if not _NAKED.fullmatch(reference):
        return _referenced(args, part, reference)
    if not getattr(args, "warned", False):
        args.warned = True
        talk(f"warning: {variable} holds a private key. Safer: {FORMS}")
    return KeySigner.from_env(variable)


def _referenced(args: Namespace, part: Part | NewPart, reference: str) -> Signer:
    kind, colon, place = reference.partition(":")
    if colon and place:
        if kind == "keystore":
            path = str(at_home(place))
            return KeySigner.from_keystore(path, lambda: passphrase(args, part, path))
        if kind == "env":
            return KeySigner.from_env(place)
        if kind == "file":
            return KeySigner.from_file(at_home(place))
        if kind in {"command", "contract"}:
            # Imported on demand: starting processes is slow to import, and most keys don't need it.
            from ocn_registry.signing.program import program_signer  # noqa: PLC0415

            return program_signer(place, is_contract=kind == "contract")
    if _is_file(reference):  # otherwise it may be a key, and is not quoted
        is_key = _NAKED.fullmatch(text_of(at_home(reference)).strip())
        guess = f"{'file' if is_key else 'keystore'}:{printable(reference)}"
        raise InvalidInput(f"the {part} is not a reference to a key: did you mean {guess}?")
    raise InvalidInput(f"the {part} is not a reference to a key: give {FORMS}")


def _is_file(reference: str) -> bool:
    try:
        return reference != "" and at_home(reference).is_file()
    except OSError:  # the name is too long, or a folder of it can't be read
        return False


def passphrase(args: Namespace, part: Part | NewPart, path: str, *, twice: bool = False) -> str:
    """Return the passphrase of a keystore, from its file or a prompt."""
    file = getattr(args, _OWN_PASSPHRASE.get(part, ""), None) or args.passphrase_file
    if file is not None:
        return private_text(file, "passphrase file").partition("\n")[0].removesuffix("\r")
    if not _can_prompt():
        raise InvalidInput(
            f"there is no terminal to ask for the passphrase of {printable(path)}: write it to a "
            "file that only you can read, and add --passphrase-file",
        )
    import getpass  # noqa: PLC0415 - only for people

    given = getpass.getpass(f"passphrase of {printable(path)}: ")
    if twice and given != getpass.getpass("once more: "):
        raise InvalidInput("the two passphrases differ: run the command again")
    return given


def _can_prompt() -> bool:
    if sys.stdin.isatty():
        return True
    try:
        os.close(os.open("/dev/tty", os.O_RDWR))
    except OSError:
        return False
    return True
