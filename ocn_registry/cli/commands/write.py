"""v1's commands that write, such as `set-node`, each also in its `-raw` form."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ocn_registry.cli import options as take
from ocn_registry.cli.commands import Command
from ocn_registry.cli.config.choices import MODULES, PERMISSIONS, ROLES, choice

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterator

    from ocn_registry.cli.commands import Options
    from ocn_registry.cli.config.keys import Authority
    from ocn_registry.client.sync_client import RegistryClient
    from ocn_registry.intents import SignableIntent
    from ocn_registry.signing import Signer


class WriteCommand(NamedTuple):
    """A write, either direct or signed for a spender.

    Attributes:
        name: The command.
        help: What it does, in terms of "the signer".
        options: Add the options of the write.
        examples: Examples of its options.
        aliases: Other names of the command.
        is_new: Whether version 1 did not have it, so that it needs `--yes` without a terminal.
    """

    name: str
    help: str
    options: tuple[Options, ...]
    examples: tuple[str, ...]
    aliases: tuple[str, ...] = ()
    is_new: bool = False


def direct(args: Namespace) -> int:
    """Write for the signer's own account, which pays."""
    from ocn_registry.cli import execute
    from ocn_registry.cli.config.keys import authority, is_named, require_authority
    from ocn_registry.cli.config.networks import connect
    from ocn_registry.cli.output.render import talk

    if args.spender is not None:
        payer = "controller" if is_named(args, "controller") else "signer"
        talk(f"note: the {payer} pays for {args.action}; with {args.action}-raw the spender does")
    with connect(args) as client:
        require_authority(args)
        intent = intent_of(args, client, signed=is_named(args, "controller"))
        acting = authority(args, client.deployment)
        if acting.by_controller:  # a controller's own transaction would concern its own account
            return _signed(args, client, intent, acting, acting.signer)
        return execute.write(
            args, client, (intent,), acting.signer, insist=_is_new(args), unless_unchanged=True
        )


def raw(args: Namespace) -> int:
    """Send a request signed by the signer and paid by the spender."""
    from ocn_registry.cli.config.keys import authority, key, require, require_authority
    from ocn_registry.cli.config.networks import connect

    with connect(args, meanwhile=_load_rest) as client:
        require_authority(args)
        require(args, "spender")
        intent = intent_of(args, client, signed=True)
        acting = authority(args, client.deployment)
        spender = key(args, "spender", client.deployment)
        return _signed(args, client, intent, acting, spender)


def _load_rest() -> None:
    """Load what a signed write needs after it has read the nonce: a fifth of its imports."""
    from importlib import import_module

    from ocn_registry.portable.values import complete

    import_module("ocn_registry.cli.execute")
    complete(*[f"ocn_registry.{name}." for name in ("evm", "flows", "protocol", "transport")])


def _signed(
    args: Namespace,
    client: RegistryClient,
    intent: SignableIntent,
    acting: Authority,
    payer: Signer,
) -> int:
    """Send a request signed by the account's key or controller, and paid by the payer."""
    from ocn_registry.plans.current_entries import CurrentEntries
    from ocn_registry.plans.preparing import prepared

    account, signer = acting
    current = CurrentEntries(client)
    preparing = prepared(client, intent, account, current)

    from ocn_registry.cli import execute  # loaded by now; see `_load_rest`
    from ocn_registry.plans.unchanged import is_unchanged
    from ocn_registry.plans.write import unchanged, who_of

    if is_unchanged(current, account, intent):
        terminal = execute.Terminal(args)
        who = who_of([account], [signer.address], payer.address)
        return unchanged(current, [(account, intent)], who, terminal)
    signed = preparing.result().sign(signer, as_controller=acting.by_controller)
    return execute.write(args, client, (signed,), payer, insist=_is_new(args), current=current)


def _is_new(args: Namespace) -> bool:
    return any(write.is_new for write in WRITES if write.name == args.action)


def intent_of(args: Namespace, client: RegistryClient, *, signed: bool) -> SignableIntent:
    """Return the intent of a command. It is checked before a passphrase is requested.

    Args:
        args: The command line; its `action` names the write.
        client: Looks up what a service needs.
        signed: Whether it will be signed for a spender.
    """
    from ocn_registry.dialects import dialect_of

    intent = _intent_of(args, client, signed=signed)
    dialect_of(client.deployment).check(intent)
    return intent


def _intent_of(  # noqa: C901, PLR0911, PLR0912 - one for each write
    args: Namespace, client: RegistryClient, *, signed: bool
) -> SignableIntent:
    from ocn_registry import intents
    from ocn_registry.plans import intent_args

    match args.action:
        case "set-node":
            return intent_args.set_node(args.domain)
        case "delete-node":
            return intents.DeleteNode()
        case "set-party":
            return intent_args.set_party(args.credentials, args.roles, args.operator)
        case "set-party-modules":
            sender, receiver = args.sender_interface or (), args.receiver_interface or ()
            return intent_args.set_party_modules(sender, receiver, args.credentials)
        case "set-website":
            website = "" if args.website == take.NONE else args.website
            return intent_args.set_party_website(args.credentials, website)
        case "delete-party":
            return intent_args.delete_party(args.credentials)
        case "move-account":
            return intents.MoveAccount(new_account=args.new_account)
        case "set-controller":
            named = None if args.new_controller == take.NONE else args.new_controller
            return intents.SetController(controller=named)
        case "accept-account":
            return intents.AcceptAccount(account=args.other_account)
        case "accept-controller":
            return intents.AcceptController(account=args.other_account)
        case "set-service":
            return intent_args.set_service(args.name, args.url, args.permissions)
        case "delete-service":
            return intents.DeleteService()
        case "set-agreement":
            return intent_args.create_agreement(client, args.provider, signed=signed)
        case _:
            return intents.RevokeAgreement(provider=args.provider)


_url = take.option("domain", metavar="URL", help="URL of the node: https://node.example.com")


def _party(parser: ArgumentParser) -> None:
    take.party_id(parser)
    roles(parser)
    operator(parser)


def roles(parser: ArgumentParser, *, required: bool = True) -> None:
    """Add the roles of a party."""
    parser.add_argument(
        "-r",
        "--roles",
        nargs="+",
        action="extend",
        type=choice("role", ROLES),
        required=required,
        metavar="ROLE",
        help=f"one or more of {', '.join(ROLES)}",
    )


operator = take.option(
    "-o",
    "--operator",
    required=True,
    metavar="ADDRESS",
    help="address of the operator whose node reaches the party",
)


def modules(parser: ArgumentParser) -> None:
    """Add the modules of each interface."""
    for side in ("sender", "receiver"):
        parser.add_argument(
            f"--{side[0]}i",
            f"--{side}-interface",
            dest=f"{side}_interface",
            nargs="*",
            action="extend",
            default=None,
            type=choice("module", MODULES),
            metavar="MODULE",
            help=f"modules whose {side} interface it implements: {', '.join(MODULES)}",
        )


def _website(parser: ArgumentParser) -> None:
    parser.add_argument(
        "website",
        metavar="URL",
        help=f"website of the party: https://www.example.com; {take.NONE} removes it",
    )
    take.party_id(parser)


def _service(parser: ArgumentParser) -> None:
    parser.add_argument("--name", default="", help="name of the service")
    parser.add_argument("-u", "--url", default="", help="page with more about it")
    parser.add_argument(
        "-p",
        "--permissions",
        nargs="+",
        action="extend",
        required=True,
        type=choice("permission", PERMISSIONS),
        metavar="PERMISSION",
        help=f"permissions that it needs, one or more of: {', '.join(PERMISSIONS)}",
    )


_ADDRESS = "0x9bC1169Ca09555bf2721A5C9eC6D69c8073bfeB4"

WRITES = (
    WriteCommand(
        "set-node",
        "list the signer's node, or change its URL",
        (_url,),
        ("https://node.example.com",),
    ),
    WriteCommand("delete-node", "delete the signer's node", (), ("",)),
    WriteCommand(
        "set-party",
        "list the signer as a party, or change its entry",
        (_party,),
        (f"-c DE ABC -r CPO -o {_ADDRESS}",),
    ),
    WriteCommand(
        "set-party-modules",
        "replace the OCPI modules of the signer's party",
        (modules, take.one_of_ids),
        ("--si cdrs locations --ri commands",),
        ("set-modules",),
    ),
    WriteCommand(
        "delete-party",
        "delete the signer's party; service and agreements end with its last id",
        (take.one_of_ids,),
        ("", "-c DE ABC"),
    ),
    WriteCommand(
        "set-website",
        "set the website of the signer's party, or remove it",
        (_website,),
        ("https://www.example.com -c DE ABC", f"{take.NONE} -c DE ABC"),
        is_new=True,
    ),
    WriteCommand(
        "set-service",
        "offer the signer's service, or change it",
        (_service,),
        ("--name 'Smart charging' -p FORWARD_MODULE_SESSIONS_RECEIVER",),
    ),
    WriteCommand(
        "delete-service", "delete the signer's service, with all agreements to it", (), ("",)
    ),
    WriteCommand(
        "set-agreement",
        "agree to what a provider's service needs",
        (take.provider,),
        (_ADDRESS,),
    ),
    WriteCommand(
        "revoke-agreement",
        "revoke the agreement with a provider",
        (take.provider,),
        (_ADDRESS,),
    ),
)


def _commands() -> Iterator[Command]:
    key, payer = "-s keystore:key.json", "-x keystore:spender.json"
    for write in WRITES:
        paid = take.spending if write.is_new else take.spending_as_v1
        options = (*write.options, take.acting, paid)
        calls = [f"{write.name} {each}".rstrip() for each in write.examples]
        yield Command(
            write.name,
            write.help,
            direct,
            options,
            write.aliases,
            write.name,
            examples=tuple([f"{call} {key} -n volta" for call in calls]),
        )
        yield Command(
            f"{write.name}-raw",
            f"the same as {write.name}, paid by the spender",
            raw,
            options,
            tuple([f"{alias}-raw" for alias in write.aliases]),
            write.name,
            examples=tuple(
                [
                    f"{call.replace(write.name, f'{write.name}-raw', 1)} {key} {payer} -n volta"
                    for call in calls
                ],
            ),
        )


COMMANDS = tuple(_commands())
