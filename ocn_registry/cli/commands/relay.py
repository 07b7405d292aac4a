"""Register through a relay, which pays: in one step for newcomers, or in parts.

`register` creates the key, signs, submits and waits. `request submit --relay` submits requests that
were signed elsewhere, `request status` shows the state of one, and `request withdraw` withdraws
one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ocn_registry.cli import options as take
from ocn_registry.cli.commands import Command, account
from ocn_registry.cli.commands.write import modules
from ocn_registry.plans.exit_codes import DONE, INTERRUPTED, REJECTED

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Sequence

    from ocn_registry.cli.config.keys import Authority
    from ocn_registry.client.sync_client import RegistryClient
    from ocn_registry.models import Address
    from ocn_registry.networks import Deployment
    from ocn_registry.plans.entries import Entry
    from ocn_registry.relay.client import RelayClient, RelayedRequest
    from ocn_registry.relay.documents import Voucher
    from ocn_registry.signing import SignedRequest, Signer

_VOUCHER_BYTES = 1 << 12


def register(args: Namespace) -> int:
    """Register a party: create its key, sign, have a relay, a spender or itself pay, and wait."""
    from ocn_registry.cli.config.networks import connect
    from ocn_registry.cli.execute import agreed, show
    from ocn_registry.cli.output.render import printable, talk
    from ocn_registry.dialects import dialect_of
    from ocn_registry.foreign.text import masked
    from ocn_registry.plans.current_entries import CurrentEntries
    from ocn_registry.plans.network import network_lines
    from ocn_registry.plans.unchanged import is_unchanged
    from ocn_registry.plans.words import words_of
    from ocn_registry.plans.write import UNCHANGED, signed_steps

    with connect(args) as client:
        wanted = account.registration(args, client)
        for intent in wanted:
            dialect_of(client.deployment).check(intent)
        by_relay = not _pays_itself(args, client.deployment)
        url = relay_url(args, client.deployment) if by_relay else ""
        acting = _acting(args, client.deployment)
        if not by_relay:
            return account.register(args, client, acting)
        present = CurrentEntries(client)
        intents = [one for one in wanted if not is_unchanged(present, acting.account, one)]
        if not intents:
            talk(UNCHANGED)
            show(args, _result(client, (), acting.account))
            return DONE
        for label, text in network_lines(client.deployment):
            talk(f"{label:<9} {printable(text)}")
        talk(f"relay     {masked(url)}")
        talk(f"account   {acting.account}")
        for intent in intents:
            talk(f"change    {printable(words_of(intent))}")
        talk("cost      nothing: the relay pays")
        if not agreed(args, "sign and submit this?", insist=True):
            talk("nothing was signed")
            return INTERRUPTED
        signed = signed_steps(client, tuple(intents), acting.signer, acting.account)
        found = _submit_and_wait(args, url, signed)
        show(args, _result(client, found, acting.account))
        return DONE if all(one.error is None for one in found) else REJECTED


def _pays_itself(args: Namespace, deployment: Deployment) -> bool:
    """Return whether a key of the command line pays for a registration, rather than a relay."""
    from ocn_registry.cli.config.keys import is_named

    if args.relay is not None:
        return False
    if is_named(args, "spender") or is_named(args, "controller"):
        return True
    return is_named(args, "signer") and not deployment.relays


def submit(args: Namespace) -> int:
    """Submit signed requests to a relay, which pays, and wait for them."""
    from ocn_registry.cli.config.networks import connect
    from ocn_registry.cli.execute import agreed, show
    from ocn_registry.cli.output.render import talk
    from ocn_registry.cli.output.requests import describe, read_signed

    with connect(args) as client:
        signed = [read_signed(client, path) for path in args.files]
        for one in signed:
            describe(one.request, client)
        if not agreed(args, "submit this?", insist=True):
            talk("nothing was submitted")
            return INTERRUPTED
        found = _submit_and_wait(args, relay_url(args, client.deployment), signed)
        show(args, _result(client, found, None))
        return DONE if all(one.error is None for one in found) else REJECTED


def status(args: Namespace) -> int:
    """Show the state of a request that was submitted to a relay."""
    from ocn_registry.cli.config.networks import chosen
    from ocn_registry.cli.execute import show

    with _relay(relay_url(args, chosen(args))) as relay:
        found = relay.request(args.id)
    show(args, _entry(found))
    return DONE if found.error is None else REJECTED


def withdraw(args: Namespace) -> int:
    """Withdraw a request that a relay has accepted and not sent yet."""
    from ocn_registry.cli.config.keys import key
    from ocn_registry.cli.config.networks import chosen
    from ocn_registry.cli.execute import agreed, show
    from ocn_registry.cli.output.render import talk
    from ocn_registry.foreign.text import masked

    deployment = chosen(args)
    url = relay_url(args, deployment)
    with _relay(url, _api_key(args)) as relay:
        signer = None if args.relay_key is not None else key(args, "signer", deployment)
        talk(f"relay     {masked(url)}")
        talk(f"withdraw  {args.id}")
        if not agreed(args, "withdraw this?", insist=True):
            talk("nothing was withdrawn")
            return INTERRUPTED
        found = relay.withdraw(args.id, deployment=deployment, signer=signer)
    show(args, _entry(found))
    return DONE


def relay_url(args: Namespace, deployment: Deployment) -> str:
    """Return the URL of the relay given on the command line, or of the network's own.

    Raises:
        InvalidInput: There is neither, or the URL is not valid.
    """
    from ocn_registry.errors import InvalidInput

    if args.relay is not None:
        named: str = args.relay
        _relay(named).close()  # refuses what is not a URL, before anybody is asked for a passphrase
        return named
    if deployment.relays:
        return deployment.relays[0]
    can_pay = hasattr(args, "max_cost")
    otherwise = ", or pay yourself: give --signer KEY or --spender KEY" if can_pay else ""
    raise InvalidInput(
        f"the network {deployment.name} names no relay: add --relay URL{otherwise}",
    )


def _relay(url: str, key: str | None = None) -> RelayClient:
    from ocn_registry.relay.client import RelayClient

    return RelayClient(url, key=key)


def _api_key(args: Namespace) -> str | None:
    """Return the API key in the file given on the command line; `None` without one."""
    from ocn_registry.errors import InvalidInput
    from ocn_registry.signing.key_files import private_text

    if args.relay_key is None:
        return None
    found = private_text(args.relay_key, "API key").strip()
    if not re.fullmatch(r"[!-~]{1,200}", found):
        raise InvalidInput(
            "the file of --relay-key does not hold an API key: write the key that the relay gave "
            "you in it, and nothing else",
        )
    return found


def _acting(args: Namespace, deployment: Deployment) -> Authority:
    """Return the signer given on the command line, or the keystore's, created if missing."""
    from ocn_registry.cli.config.keys import Authority, authority, is_named

    if args.keystore is None or is_named(args, "signer") or is_named(args, "controller"):
        return authority(args, deployment)
    own = _own_key(args)
    return Authority(own.address, own)


def _own_key(args: Namespace) -> Signer:
    """Return the keystore's key, created if missing."""
    from ocn_registry.cli.config.keys import passphrase
    from ocn_registry.cli.config.settings_file import at_home
    from ocn_registry.cli.output.render import talk
    from ocn_registry.signing import KeySigner

    path = at_home(args.keystore)
    if path.exists():
        secret = passphrase(args, "signer", str(path))
        return KeySigner.from_keystore(path, lambda: secret)
    secret = passphrase(args, "signer", str(path), twice=True)
    created = KeySigner.new_identity(path, lambda: secret)
    talk(f"created   {path}: keep a copy of it, and the passphrase, in another place")
    return created


def _voucher(args: Namespace) -> Voucher | None:
    from ocn_registry.foreign.files import read_bytes
    from ocn_registry.relay.documents import Voucher

    return (
        None
        if args.voucher is None
        else Voucher.read(read_bytes(args.voucher, _VOUCHER_BYTES, what="voucher"))
    )


def _submit_and_wait(
    args: Namespace, url: str, signed: Sequence[SignedRequest]
) -> list[RelayedRequest]:
    """Submit requests, and wait until each is in a block or has failed."""
    from ocn_registry.cli.output.render import talk
    from ocn_registry.foreign.text import masked

    voucher = _voucher(args)
    timeout_s = 120.0 if args.timeout is None else args.timeout
    until = "done" if args.wait == "final" else "mined"
    found: list[RelayedRequest] = []
    with _relay(url, _api_key(args)) as relay:
        for one in signed:
            accepted = relay.submit(one, voucher=voucher)
            talk(f"accepted  {accepted.id}")
            talk(
                "          waiting; if you stop here, see: ocn-registry request status "
                f"{accepted.id} --relay {masked(url)}",
            )
            found.append(accepted)
        return [relay.wait(one.id, until=until, timeout_s=timeout_s) for one in found]


def _result(
    client: RegistryClient, found: Sequence[RelayedRequest], account: Address | None
) -> Entry:

    party = None if account is None else client.party(account)
    return {
        "requests": [_entry(one) for one in found],
        "costWei": "0",
        "party": None if party is None else party.to_dict(),
    }


def _entry(found: RelayedRequest) -> Entry:
    return {
        "id": found.id,
        "status": found.state,
        "sponsor": found.sponsor,
        "hash": found.tx_hash,
        "block": found.block_number,
        "error": found.error,
    }


relay_option = take.option("--relay", metavar="URL", help="the relay (default: the network's own)")


def relay_options(parser: ArgumentParser) -> None:
    """Add the relay, an API key and a voucher."""
    relay_option(parser)
    _relay_key(parser)
    parser.add_argument(
        "--voucher",
        metavar="FILE",
        help="voucher of your node's operator, made with `request sponsor`",
    )


_relay_key = take.option(
    "--relay-key",
    metavar="FILE",
    help="file with the API key that the relay gave you, readable only by you",
)
_keystore = take.option(
    "--keystore",
    metavar="PATH",
    default="party.json",
    help="file with the party's key, created if it is missing (default: party.json)",
)
_request_id = take.option("id", metavar="ID", type=take.tx_hash, help="the request's id")


_ADDRESS = "0x9bC1169Ca09555bf2721A5C9eC6D69c8073bfeB4"
_URL = "https://relay.example.com"
_REGISTRATION = f"-c DE ABC -r CPO -o {_ADDRESS}"

COMMANDS = (
    Command(
        "register",
        "register a party with its modules and website, in one step",
        register,
        (
            *(account.wanted_parties, modules, account.whole_registration),
            *(_keystore, take.acting, relay_options, take.spending),
        ),
        more="A relay pays if one is named, or if the network has one and no --spender is given: "
        "then it costs nothing. Otherwise the spender pays, or the signer. Creates the party's key "
        "if there is none, shows the plan, signs, sends and waits.",
        examples=(
            f"register {_REGISTRATION} --relay {_URL}",
            f"register {_REGISTRATION} --si cdrs --ri commands -s keystore:key.json -n volta",
            f"register {_REGISTRATION} -s keystore:key.json -x keystore:spender.json -n volta",
            f"register --from-credentials credentials.json -o {_ADDRESS} -s keystore:key.json",
        ),
    ),
    Command(
        "request status",
        "show the state of a request at a relay",
        status,
        (_request_id, relay_option),
        examples=(f"request status 0x{'ab' * 32} --relay {_URL}",),
    ),
    Command(
        "request withdraw",
        "withdraw a request that a relay has not sent yet",
        withdraw,
        (_request_id, relay_option, _relay_key, take.signing, take.yes),
        more="The key that signed the request withdraws it, or the API key that sponsored it. "
        "Whoever has the signed request can send it until its deadline: to rule that out, use "
        "`request cancel`.",
        examples=(
            f"request withdraw 0x{'ab' * 32} --relay {_URL} -s keystore:party.json",
            f"request withdraw 0x{'ab' * 32} --relay {_URL} --relay-key relay.key",
        ),
    ),
)
