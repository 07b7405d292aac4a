"""The life of an account in whole tasks: register, move to a new key, set a controller, leave.

Each task asks for confirmation once, whichever keys sign and whoever pays. If the keys are on
different machines, use requests instead: `request prepare move-account` and `set-controller`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ocn_registry.cli import options as take
from ocn_registry.cli.commands import Command
from ocn_registry.cli.commands.write import operator, roles
from ocn_registry.plans.exit_codes import DONE

_Wanted = tuple[tuple[str, str], "Sequence[str]", "str | None"]  # id, roles, website

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Sequence

    from ocn_registry.cli.config.keys import Authority
    from ocn_registry.client.sync_client import RegistryClient
    from ocn_registry.intents import SignableIntent
    from ocn_registry.models import Address
    from ocn_registry.outcomes import Holdings
    from ocn_registry.plans.current_entries import CurrentEntries
    from ocn_registry.signing import Signer


def register(args: Namespace, client: RegistryClient, acting: Authority) -> int:
    """List an account as a party, with modules and website, in one transaction.

    Args:
        args: The command line.
        client: Reaches the registry.
        acting: The account, and its signer.

    Returns:
        The exit code.
    """
    from ocn_registry.cli import execute
    from ocn_registry.cli.output.render import talk
    from ocn_registry.plans.current_entries import CurrentEntries
    from ocn_registry.plans.unchanged import is_unchanged
    from ocn_registry.plans.write import signed_steps, unchanged, who_of

    payer = _payer(args, client, acting)
    current = CurrentEntries(client)
    wanted = registration(args, client)
    intents = tuple([one for one in wanted if not is_unchanged(current, acting.account, one)])
    if not intents:
        changes = [(acting.account, one) for one in wanted]
        accounts, signers = ([who] * len(wanted) for who in (acting.account, acting.signer.address))
        who = who_of(accounts, signers, payer.address)
        return unchanged(current, changes, who, execute.Terminal(args))
    groups = [intents] if client.limits.has_batches else [(one,) for one in intents]
    for number, group in enumerate(groups, 1):
        if len(groups) > 1:
            talk(f"note: these contracts accept one write at a time: {number} of {len(groups)}")
        direct = payer.address == acting.account
        steps = group if direct else signed_steps(client, group, acting.signer, acting.account)
        code = execute.write(args, client, steps, payer, whole=True)
        if code != DONE:
            return code
    return DONE


def registration(args: Namespace, client: RegistryClient) -> tuple[SignableIntent, ...]:
    """Return the intents of a registration: party, modules and website.

    Raises:
        InvalidInput: Options contradict each other, or the credentials file is not valid.
        UnsupportedByDialect: The file names several ids, and an account can have only one.
    """
    from ocn_registry.errors import InvalidInput
    from ocn_registry.plans import intent_args

    if args.from_credentials is not None:
        if args.website is not None:
            raise InvalidInput("--from-credentials names the website: leave out --website")
        parties = _of_credentials(args, client)
    elif args.roles is None:
        raise InvalidInput("the roles are missing: give -r, or --from-credentials")
    else:
        website = "" if args.website == take.NONE else args.website
        parties = [(tuple(args.credentials), args.roles, website)]
    intents: list[SignableIntent] = []
    sender, receiver = args.sender_interface, args.receiver_interface
    for credentials, its_roles, website in parties:
        intents.append(intent_args.set_party(credentials, its_roles, args.operator))
        if sender is not None or receiver is not None:
            named = credentials if client.limits.has_many_ids else None
            intents.append(intent_args.set_party_modules(sender or (), receiver or (), named))
        if website is not None:
            intents.append(intent_args.set_party_website(credentials, website))
    return tuple(intents)


def _of_credentials(args: Namespace, client: RegistryClient) -> list[_Wanted]:
    """Return the parties in a file with an OCPI credentials object."""
    from ocn_registry.cli.output.render import printable, talk
    from ocn_registry.errors import InvalidInput, UnsupportedByDialect
    from ocn_registry.flows.credentials import read_credentials, wanted_parties
    from ocn_registry.foreign.urls import check_url
    from ocn_registry.models import Role

    roles = None if args.roles is None else [Role[name.upper()] for name in args.roles]
    wanted = wanted_parties(read_credentials(args.from_credentials), args.operator, roles)
    if len(wanted) > 1 and not client.limits.has_many_ids:
        raise UnsupportedByDialect(
            f"the credentials name {len(wanted)} ids, and these contracts list one for each "
            "account: register each with a key of its own and -c CC PID",
        )
    found: list[_Wanted] = []
    for one in wanted:
        website = one.website if client.limits.has_websites else None
        try:
            check_url(website or "https://example.org")
        except InvalidInput as error:
            talk(f"note: the website of {one.id} is left out: {printable(str(error))}")
            website = None
        names = [role.name for role in one.roles]
        found.append(((one.country_code, one.party_id), names, website))
    return found


def rotate(args: Namespace) -> int:
    """Move everything that an account has to a new key, which is created or given."""
    from ocn_registry.cli import execute
    from ocn_registry.cli.config.keys import authority, require_authority
    from ocn_registry.cli.config.networks import connect
    from ocn_registry.cli.output.render import talk
    from ocn_registry.contract_errors import NotController
    from ocn_registry.dialects import dialect_of
    from ocn_registry.intents import MoveAccount
    from ocn_registry.plans.current_entries import CurrentEntries

    with connect(args) as client:
        require_authority(args)
        dialect_of(client.deployment).check(MoveAccount(new_account=_ADDRESS))
        acting = authority(args, client.deployment)
        payer = _payer(args, client, acting)
        current = CurrentEntries(client)
        had = current.holdings(acting.account)
        if not _has_something(current, had):
            return _rotated_before(args, client, current, had, payer.address)
        if had.controller is not None and had.controller != acting.signer.address:
            raise NotController(acting.account, had.controller)
        new = _new_key(args, client)
        intent = MoveAccount(new_account=new.address)
        signed = client.sign(intent, acting.signer, account=acting.account).accept(new)
        code = execute.write(args, client, (signed,), payer, current=current)
    if code == DONE and not args.dry_run:
        signs = f"sign with {new.address} from now on, OCN messages as well"
        if had.controller not in {None, new.address}:
            stays = f"{had.controller} stays controller"
            signs = f"sign OCN messages with {new.address} from now on; {stays}"
        talk(f"note: {signs}. Funds of {acting.account} stay there")
    elif args.make is not None and not args.dry_run:
        talk(f"note: the new key in {args.make} was not used: run this again with --to")
    return code


def _has_something(current: CurrentEntries, had: Holdings) -> bool:
    """Return whether an account has anything to move, including parties that wait for its node."""
    return bool(had.parties or had.node or had.controller or current.parties(operator=had.account))


def _rotated_before(
    args: Namespace,
    client: RegistryClient,
    current: CurrentEntries,
    had: Holdings,
    payer: Address,
) -> int:
    """Report that there is nothing left to move, if the new key already has something.

    An earlier run may have moved everything and been stopped before it could report that.

    Raises:
        AccountNotFound: Neither account has anything.
    """
    from ocn_registry.cli import execute
    from ocn_registry.cli.config.keys import referenced
    from ocn_registry.cli.config.settings_file import at_home
    from ocn_registry.contract_errors import AccountNotFound
    from ocn_registry.plans.write import who_of
    from ocn_registry.signing.signers import address_in_keystore

    new: Address | None = None
    if args.make is None:
        new = referenced(args, "new key", args.to, client.deployment).address
    elif at_home(args.make).exists():
        new = address_in_keystore(at_home(args.make))
    has = None if new is None else current.holdings(new)
    if has is None or not _has_something(current, has):
        raise AccountNotFound(had.account)
    console = execute.Terminal(args)
    console.note(
        f"note: {had.account} has nothing, and {new} has: there is nothing left to move, so "
        "nothing was signed or sent"
    )
    who = who_of([had.account], [had.account], payer)
    console.show({"status": "unchanged", **who, "state": [has.to_dict()]})
    return DONE


def controller(args: Namespace) -> int:
    """Set the controller of an account, which must accept; or remove it."""
    from ocn_registry.cli import execute
    from ocn_registry.cli.config.keys import authority, referenced, require_authority
    from ocn_registry.cli.config.networks import connect, network_options
    from ocn_registry.dialects import dialect_of
    from ocn_registry.errors import InvalidInput
    from ocn_registry.intents import SetController
    from ocn_registry.plans.current_entries import CurrentEntries
    from ocn_registry.plans.unchanged import is_unchanged
    from ocn_registry.plans.write import unchanged, who_of

    if re.fullmatch(r"0[xX][0-9a-fA-F]{40}", args.new_controller):
        raise InvalidInput(
            "the controller has to sign its acceptance: give its key, or, for a Safe or a key on "
            "another machine, start with `ocn-registry request prepare set-controller "
            f"{args.new_controller}{network_options(args)}`, have both sign it with `request "
            "sign`, then `request submit`",
        )
    with connect(args) as client:
        require_authority(args)
        dialect_of(client.deployment).check(SetController())
        acting = authority(args, client.deployment)
        payer = _payer(args, client, acting)
        named = None
        if args.new_controller != take.NONE:
            named = referenced(args, "new controller", args.new_controller, client.deployment)
        current = CurrentEntries(client)
        intent = SetController(controller=None if named is None else named.address)
        if is_unchanged(current, acting.account, intent):
            terminal = execute.Terminal(args)
            who = who_of([acting.account], [acting.signer.address], payer.address)
            return unchanged(current, [(acting.account, intent)], who, terminal)
        signed = client.sign(intent, acting.signer, account=acting.account)
        whole = signed if named is None else signed.accept(named)
        return execute.write(args, client, (whole,), payer, current=current)


def leave(args: Namespace) -> int:
    """Delete everything that an account has: service, ids and node."""
    from ocn_registry.cli.config.keys import authority, check_payer, require_authority
    from ocn_registry.cli.config.networks import connect
    from ocn_registry.cli.execute import Terminal, write_options
    from ocn_registry.plans.leaving import LeaveTask

    with connect(args) as client:
        require_authority(args)
        acting = authority(args, client.deployment)
        payer = _payer(args, client, acting)
        check_payer(payer)
        task = LeaveTask(client, acting.account, acting.signer, payer, Terminal(args))
        return task.execute(write_options(args, client.deployment), dry_run=args.dry_run)


def _payer(args: Namespace, client: RegistryClient, acting: Authority) -> Signer:
    """Return the account that pays: the spender if given, otherwise the signer."""
    from ocn_registry.cli.config.keys import is_named, key

    if is_named(args, "spender"):
        return key(args, "spender", client.deployment)
    return acting.signer


def _new_key(args: Namespace, client: RegistryClient) -> Signer:
    """Return the new key, given or created."""
    from ocn_registry.cli.config.keys import passphrase, referenced
    from ocn_registry.cli.config.settings_file import at_home
    from ocn_registry.cli.output.render import talk
    from ocn_registry.errors import InvalidInput
    from ocn_registry.foreign.text import shown
    from ocn_registry.signing import KeySigner

    if args.make is None:
        return referenced(args, "new key", args.to, client.deployment)
    path = at_home(args.make)
    if path.exists():
        raise InvalidInput(
            f"{shown(str(path))} exists already and is not overwritten: name another file, or use "
            f"the key in it with --to keystore:{path}",
        )
    if args.dry_run:
        return KeySigner.generate()
    secret = passphrase(args, "new key", str(path), twice=True)
    created = KeySigner.new_identity(path, lambda: secret)
    talk(f"created   {path}: keep a copy of it, and the passphrase, in another place")
    return created


def wanted_parties(parser: ArgumentParser) -> None:
    """Add the parties to register, and the operator of their node."""
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument(
        "-c",
        "--credentials",
        nargs=2,
        metavar=("CC", "PID"),
        help="OCPI country code and party id of the party",
    )
    which.add_argument(
        "--from-credentials",
        metavar="FILE",
        help="file with an OCPI credentials object: registers every id in its roles, with these "
        "roles and the website in business_details; one of OCPI 2.1.1 names no role: add -r",
    )
    roles(parser, required=False)
    operator(parser)


whole_registration = take.option(
    "--website",
    metavar="URL",
    help=f"website of the party: https://www.example.com; {take.NONE} removes it",
)


def _rotated(parser: ArgumentParser) -> None:
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument(
        "--make",
        type=take.new_file,
        metavar="PATH",
        help="create the new key, in this keystore, which must not exist yet",
    )
    which.add_argument(
        "--to", metavar="KEY", help="existing key to use as the new one, in the forms of --signer"
    )
    _new_passphrase(parser)


def _controlled(parser: ArgumentParser) -> None:
    parser.add_argument(
        "new_controller",
        metavar="CONTROLLER",
        help="key of the new controller, in the forms of --signer, or the word "
        f"{take.NONE}: the account signs for itself again",
    )
    _new_passphrase(parser)


_new_passphrase = take.option(
    "--new-passphrase-file",
    metavar="FILE",
    help="file with the passphrase of the new key's keystore, if it differs",
)


_ADDRESS = "0x9bC1169Ca09555bf2721A5C9eC6D69c8073bfeB4"
_KEYS = "-s keystore:key.json -x keystore:spender.json"

COMMANDS = (
    Command(
        "identity rotate",
        "move everything that an account has to a new key",
        rotate,
        (_rotated, take.acting, take.spending),
        more="Ids, service, agreements, node with its parties, and controller follow, in one "
        "transaction. The old key's account is retired for good. Without --spender the key that "
        "signs pays.",
        examples=(
            f"identity rotate --make new.json {_KEYS}",
            "identity rotate --to keystore:new.json -s keystore:key.json",
            f"identity rotate --make new.json -a {_ADDRESS} --controller keystore:cold.json",
        ),
    ),
    Command(
        "identity controller",
        "name a cold key whose signature alone counts for an account",
        controller,
        (_controlled, take.acting, take.spending),
        more="From then on only the controller can change the account's entries, in both "
        "contracts; the account's own key signs OCN messages. A lost controller freezes the "
        "account. For a Safe, see `request prepare set-controller`.",
        examples=(
            f"identity controller keystore:cold.json {_KEYS}",
            f"identity controller {take.NONE} -a {_ADDRESS} --controller keystore:cold.json",
        ),
    ),
    Command(
        "leave",
        "delete everything that an account has: service, ids and node",
        leave,
        (take.acting, take.spending),
        more="Agreements end with the last id. If it is interrupted, run it again.",
        examples=("leave -s keystore:key.json -n volta", f"leave {_KEYS}"),
    ),
)
