"""Register through a relay, which pays: in one step for newcomers, or in parts.

`register` creates the key, signs, submits and waits. `request submit --relay` submits requests that
were signed elsewhere, `request status` shows the state of one, and with `request sponsor` an
operator signs a voucher that lets a relay pay for a party.
"""

from __future__ import annotations

import time
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
        talk(f"relay     {printable(url)}")
        talk(f"account   {acting.account}")
        for intent in intents:
            talk(f"change    {printable(words_of(intent))}")
        talk("cost      nothing: the relay pays")
        if not agreed(args, "sign and hand this in?", insist=False):
            talk("nothing was signed")
            return INTERRUPTED
        signed = signed_steps(client, tuple(intents), acting.signer, acting.account)
        found = _hand_in(args, url, signed)
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
    from ocn_registry.cli.execute import show
    from ocn_registry.cli.output.requests import describe, read_signed

    with connect(args) as client:
        signed = [read_signed(client, path) for path in args.files]
        for one in signed:
            describe(one.request, client)
        found = _hand_in(args, relay_url(args, client.deployment), signed)
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
        deadline = int(time.time()) + take.seconds(args.valid_for)
        talk(f"operator  {operator}")
        if signer.address != operator:
            talk(f"signed by {signer.address}, its controller")
        talk(f"voucher   a relay may pay for {args.requests} requests of {account}")
        talk(f"until     {moment(deadline)}")
        if not agreed(args, "sign this?", insist=False):
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
    raise InvalidInput(
        f"the network {deployment.name} names no relay: add --relay URL, or pay yourself with "
        "set-party or set-party-raw",
    )


def _relay(url: str) -> RelayClient:
    from ocn_registry.relay.client import RelayClient

    return RelayClient(url)


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


def _hand_in(args: Namespace, url: str, signed: Sequence[SignedRequest]) -> list[RelayedRequest]:
    """Submit requests, and wait until each is in a block or has failed."""
    from ocn_registry.cli.output.render import printable, talk

    voucher = _voucher(args)
    timeout_s = 120.0 if args.timeout is None else args.timeout
    until = "done" if args.wait == "final" else "mined"
    found: list[RelayedRequest] = []
    with _relay(url) as relay:
        for one in signed:
            accepted = relay.submit(one, voucher=voucher)
            talk(f"accepted  {accepted.id}")
            talk(
                "          waiting; if you stop here, see: ocn-registry request status "
                f"{accepted.id} --relay {printable(url)}",
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


def relay_option(parser: ArgumentParser) -> None:
    """Add the relay."""
    parser.add_argument("--relay", metavar="URL", help="the relay (default: the network's own)")


def handing_in(parser: ArgumentParser) -> None:
    """Add the relay and a voucher."""
    relay_option(parser)
    parser.add_argument(
        "--voucher",
        metavar="FILE",
        help="voucher of your node's operator, made with `request sponsor`",
    )


def _keystore(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--keystore",
        metavar="PATH",
        default="party.json",
        help="file with the party's key, created if it is missing (default: party.json)",
    )


def _request_id(parser: ArgumentParser) -> None:
    parser.add_argument("id", metavar="ID", type=take.tx_hash, help="the request's id")


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
        help="operator whose voucher it is, where its controller signs (default: the signer)",
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
        default="7d",
        metavar="TIME",
        help="how long: 30m, 12h or 7d (default: 7d)",
    )


_ADDRESS = "0x9bC1169Ca09555bf2721A5C9eC6D69c8073bfeB4"
_OPERATOR = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
_URL = "https://relay.example.com"
_REGISTRATION = f"-c DE ABC -r CPO -o {_ADDRESS}"

COMMANDS = (
    Command(
        "register",
        "register a party with its modules and website, in one step",
        register,
        (
            *(account.wanted_parties, modules, account.whole_registration),
            *(_keystore, take.acting, handing_in, take.spending),
        ),
        more="A relay pays if one is named, or if the network has one and no --spender is given: "
        "then it costs nothing. Otherwise the spender pays, or the signer. Makes the party's key "
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
        "say what became of a request at a relay",
        status,
        (_request_id, relay_option),
        examples=(f"request status 0x{'ab' * 32} --relay {_URL}",),
    ),
    Command(
        "request sponsor",
        "let a relay pay for an account, as the operator of its node",
        sponsor,
        (_sponsored, take.signing, take.controlling, take.yes),
        more="An operator with a controller lets its controller sign.",
        examples=(
            f"request sponsor -a {_ADDRESS} --requests 5 -s keystore:operator.json",
            f"request sponsor -a {_ADDRESS} --operator {_OPERATOR} --controller keystore:cold.json",
        ),
    ),
)
