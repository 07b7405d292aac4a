"""The commands, and the parser of the command line. Nothing is imported here that takes time."""

from __future__ import annotations

import re
import sys
from argparse import ArgumentParser
from typing import TYPE_CHECKING, Final, NamedTuple, NoReturn

from ocn_registry.cli import events_options as events
from ocn_registry.cli import migrate_options as moving
from ocn_registry.cli import options as take
from ocn_registry.cli import own_options as own
from ocn_registry.cli import owner_options as owning
from ocn_registry.cli.codes import MEANINGS
from ocn_registry.cli.help_text import HelpText
from ocn_registry.cli.terminal import said

if TYPE_CHECKING:
    from argparse import (
        Namespace,
        _SubParsersAction,  # pyright: ignore[reportPrivateUsage] - it has no public name
    )
    from collections.abc import Callable, Sequence

_NO_COMMAND: Final = re.compile(r"argument COMMAND: invalid choice: '(.*)' \(choose from (.*)\)")
GROUPS: Final = {
    "request": "sign on one machine, pay on another: files between",
    "request prepare": "write a request, for its account to sign",
    "identity": "keys of your own",
    "tx": "transactions that were sent",
    "owner": "for who owns the registry: delete, reassign, hand over",
    "migrate": "move a registry's entries to new contracts, or keep them in a file",
}


class Parser(ArgumentParser):
    """A parser whose errors quote no key, and that takes no half words."""

    def __init__(self, **options: object) -> None:
        """Make it as argparse does."""
        super().__init__(
            allow_abbrev=False,
            formatter_class=HelpText,
            **options,  # type: ignore[arg-type]  # argparse's own options, handed on by it
        )  # pyright: ignore[reportCallIssue]

    def error(self, message: str) -> NoReturn:  # type: ignore[explicit-override]  # typing.override needs Python 3.12
        """Say what is wrong, and where to read more."""
        odd = _NO_COMMAND.fullmatch(message)
        if odd is not None:
            from difflib import get_close_matches  # noqa: PLC0415 - for errors only

            known = re.findall(r"'([^']+)'", odd[2])
            same = [name for name in known if name.partition("-")[0] == odd[1].partition("-")[0]]
            close = get_close_matches(odd[1], same, n=1) or get_close_matches(odd[1], known, n=1)
            message = f"there is no command {odd[1]!r}" + (f": {close[0]}?" if close else "")
        safe = take.LIKE_A_KEY.sub("<hidden>", message)
        safe = safe.encode("unicode_escape").decode() if not safe.isprintable() else safe
        self.exit(2, said(f"error: {safe}\nsee: {self.prog} --help\n"))


class Command(NamedTuple):
    """One command: its words, what it does, what runs it (`module:function`), its options."""

    path: str
    help: str
    run: str
    options: Callable[[ArgumentParser], None]
    aliases: tuple[str, ...] = ()
    action: str | None = None


WRITES: Final[tuple[tuple[str, str, Callable[[ArgumentParser], None], tuple[str, ...]], ...]] = (
    ("set-node", "list the signer's node, or change its URL", take.domain, ()),
    ("delete-node", "take the signer's node off the list", take.nothing, ()),
    ("set-party", "list the signer as a party, or change its entry", take.party, ()),
    (
        "set-party-modules",
        "replace the OCPI modules that the signer has as a party",
        take.modules,
        ("set-modules",),
    ),
    ("delete-party", "take the signer off the list of parties", take.nothing, ()),
    ("set-service", "offer the signer's service, or change it", take.service, ()),
    ("delete-service", "take the signer's service off the list", take.nothing, ()),
    ("set-agreement", "agree to what a provider's service needs", take.provider, ()),
    ("revoke-agreement", "take back what was agreed with a provider", take.provider, ()),
)


def _reads() -> list[Command]:
    return [
        Command("get-node", "show the node of an operator", "reads:get_node", take.address),
        Command("list-nodes", "show all nodes", "reads:list_nodes", take.listing),
        Command("get-party", "show a party", "reads:get_party", take.who),
        Command("list-parties", "show all parties", "reads:list_parties", take.parties),
        Command(
            "get-service", "show the service of a provider", "reads:get_service", take.provider
        ),
        Command("list-services", "show all services", "reads:list_services", take.services),
        Command(
            "get-agreements",
            "show the services that a party uses",
            "reads:get_agreements",
            take.who,
        ),
    ]


def _events() -> list[Command]:
    return [
        Command("watch", "print changes as they happen", "watch:watch", events.watched),
        Command("history", "show every change of one, from events", "history:history", events.told),
    ]


def _writes() -> list[Command]:
    found: list[Command] = []
    for name, says, options, aliases in WRITES:
        whole = _together(options, take.signing, take.spending)
        raws = tuple([f"{alias}-raw" for alias in aliases])
        told = f"the same as {name}, and the spender pays"
        found += [
            Command(name, says, "writes:direct", whole, aliases, name),
            Command(f"{name}-raw", told, "writes:raw", whole, raws, name),
        ]
    return found


def _requests() -> list[Command]:
    submitting = _together(take.files, take.passphrase, take.spending)
    cancelling = _together(take.cancelled, take.signing, take.spending)
    signing = _together(take.file, take.signing, take.yes)
    return [
        *(
            Command(
                f"request prepare {name}",
                f"write a request to {says}".replace("the signer's", "the account's").replace(
                    "the signer",
                    "the account",
                ),
                "requests:prepare",
                _together(options, take.account),
                aliases,
                name,
            )
            for name, says, options, aliases in WRITES
        ),
        Command("request show", "say in words what requests are", "requests:show", take.files),
        Command("request sign", "sign a request; nothing is sent", "requests:sign", signing),
        Command("request verify", "check signed requests", "requests:verify", take.files),
        Command("request submit", "send signed requests, and pay", "requests:submit", submitting),
        Command("request cancel", "make signed requests void", "requests:cancel", cancelling),
    ]


def _others() -> list[Command]:
    shown = _together(take.signing)
    return [
        Command("identity new", "make a key, in a keystore", "identity:new", own.keystore),
        Command("identity show", "show the address of a key", "identity:show", shown),
        Command("info", "show who you are here, and whether you can pay", "about:info", own.self_),
        Command("doctor", "check the way to the registry", "doctor:doctor", own.operator),
        Command("tx status", "show what became of a transaction", "about:tx_status", own.tx_hash),
        Command("devnet", "run a development chain here", "devnet:devnet", own.development),
        Command("settings", "show what is set, and where", "settings_shown:show", own.settings),
        Command("completion", "print completion for a shell", "completion:completion", own.shell),
    ]


def _owner() -> list[Command]:
    return [
        Command("verify", "check what stands at the addresses", "verify:verify", owning.verify),
        Command("owner show", "show who owns the registry", "owner:show", take.nothing),
        Command("owner delete-node", "take a node off the list", "owner:delete_node", owning.node),
        Command(
            "owner delete-party", "take a party off the list", "owner:delete_party", owning.party
        ),
        Command(
            "owner reassign",
            "give an id to its rightful holder, in one step",
            "owner:reassign",
            owning.claim,
        ),
        Command("owner hand-over", "offer the registry", "owner:hand_over", owning.heir),
        Command("owner accept", "accept the registry", "owner:accept", owning.acceptance),
        Command(
            "owner safe-file",
            "write the file by which a Safe accepts",
            "owner:safe_file",
            owning.safe,
        ),
        Command(
            "owner schedule",
            "schedule that a timelock accepts the registry",
            "owner_timelock:schedule_",
            owning.scheduled,
        ),
        Command(
            "owner execute",
            "have a timelock accept, after its delay",
            "owner_timelock:execute_",
            owning.executed,
        ),
        Command("owner log", "show your own log of all this", "owner:log", owning.log),
    ]


def _migration() -> list[Command]:
    return [
        Command(
            "migrate snapshot",
            "write all that a registry lists to a file",
            "migrate:snapshot",
            moving.snapshot,
        ),
        Command(
            "migrate plan",
            "say what of a snapshot a new registry takes, what not, and why",
            "migrate:plan",
            moving.plan,
        ),
        Command(
            "migrate import",
            "import what is planned and not there yet",
            "migrate_writes:import_",
            moving.import_,
        ),
        Command(
            "migrate compare",
            "tell in what a registry differs from the plan",
            "migrate:compare",
            moving.compare,
        ),
        Command(
            "migrate close",
            "end the import for good, if all is as planned",
            "migrate_writes:close",
            moving.close,
        ),
    ]


def _together(*options: Callable[[ArgumentParser], None]) -> Callable[[ArgumentParser], None]:
    def add(parser: ArgumentParser) -> None:
        for option in options:
            option(parser)

    return add


def commands() -> list[Command]:
    """Tell all commands, in the order of the help."""
    return [*_reads(), *_events(), *_writes(), *_requests(), *_owner(), *_migration(), *_others()]


def parser_of(argv: Sequence[str] | None = None) -> ArgumentParser:
    """Make the parser.

    Args:
        argv: What will be parsed: only what it needs is made. All unless given.
    """
    codes = "\n".join([f"  {code:>3}  {meaning}" for code, meaning in MEANINGS.items()])
    root = Parser(
        prog="ocn-registry",
        description="Read and write the registry of the Open Charging Network.",
        epilog=f"exit codes:\n{codes}\n\n`ocn-registry COMMAND --help` says more of one command.",
    )
    root.add_argument(
        "--version",
        action="store_const",
        const="about:version",
        dest="run",
        help="show the versions of this command and of the contracts that it speaks to",
    )
    take.everywhere(root, root=True)
    below: dict[str, _SubParsersAction[ArgumentParser]] = {}
    _group(root, "", below)
    for command in _meant(argv):
        *groups, name = command.path.split()
        for depth, group in enumerate(groups):
            place = " ".join(groups[: depth + 1])
            if place not in below:
                above = below[" ".join(groups[:depth])]
                made = above.add_parser(group, help=GROUPS[place], description=GROUPS[place])
                _group(made, place, below)
        parser = below[" ".join(groups)].add_parser(
            name,
            help=command.help,
            description=f"{command.help[0].upper()}{command.help[1:]}.",
            aliases=command.aliases,
        )
        if argv is None or any(word in argv for word in (name, *command.aliases)):
            command.options(parser)
            take.everywhere(parser)
        parser.set_defaults(run=command.run, action=command.action, reached=parser)
    return root


def _meant(argv: Sequence[str] | None) -> list[Command]:
    """Tell the commands that the first word can mean: all, unless it is one's name."""
    every = commands()
    first = argv[0] if argv else None
    meant = [each for each in every if first in {each.path.split()[0], *each.aliases}]
    return meant or every


def _group(
    parser: ArgumentParser,
    place: str,
    below: dict[str, _SubParsersAction[ArgumentParser]],
) -> None:
    below[place] = parser.add_subparsers(title="commands", metavar="COMMAND")
    parser.set_defaults(reached=parser)  # whose help it is that is shown when no command follows


def parse(argv: Sequence[str]) -> Namespace:
    """Read the command line; leave with code 2 when it can't be understood."""
    parser = parser_of(argv)
    for word in argv:
        if re.fullmatch(r"-[a-z]{4,}(=.*)?", word):
            parser.error(
                f"{word.partition('=')[0]} is not understood: write -{word} with two dashes"
            )
    args, odd = parser.parse_known_args(argv)
    reached: ArgumentParser = args.reached
    if odd:  # said by the command that was meant, so that its own help is pointed to
        reached.error(_odd(odd, reached))
    if getattr(args, "run", None) is None:
        reached.print_help(sys.stderr)
        parser.exit(2)
    return args


def _odd(words: Sequence[str], parser: ArgumentParser) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 - for errors only

    flags = re.findall(r"--[a-z][a-z-]*", parser.format_help())
    first = words[0].partition("=")[0]
    close = get_close_matches(first, flags, n=1, cutoff=0.7) if first.startswith("--") else []
    return f"unrecognized arguments: {' '.join(words)}" + (
        f" (did you mean {close[0]}?)" if close else ""
    )
