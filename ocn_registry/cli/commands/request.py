"""`request`: sign on one machine and pay on another, exchanging requests as files.

`prepare` writes a request, `show` describes it, `sign` adds the signature, `verify` checks it,
`submit` sends one or more and pays, and `cancel` cancels requests that were not sent yet.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from ocn_registry.cli import options as take
from ocn_registry.cli.commands import Command, account, relay
from ocn_registry.cli.commands.write import WRITES, WriteCommand, intent_of, modules
from ocn_registry.plans.exit_codes import DONE, INTERRUPTED

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterator

    from ocn_registry.client.sync_client import RegistryClient
    from ocn_registry.intents import SignableIntent
    from ocn_registry.signing import Request


def prepare(args: Namespace) -> int:
    """Write the request that an account has to sign."""
    from ocn_registry.cli.config.networks import connect
    from ocn_registry.cli.output.render import put

    with connect(args) as client:
        (request,) = _prepared(args, client, (intent_of(args, client, signed=True),))
    put(request.to_json())
    return DONE


def prepare_registration(args: Namespace) -> int:
    """Write the requests that an account has to sign to be registered: party, modules, website."""
    from ocn_registry.cli.config.networks import connect
    from ocn_registry.cli.output.requests import put_in_order

    with connect(args) as client:
        requests = _prepared(args, client, account.registration(args, client))
    put_in_order(args, requests)
    return DONE


def _prepared(
    args: Namespace, client: RegistryClient, intents: tuple[SignableIntent, ...]
) -> list[Request]:
    """Return an account's requests with consecutive nonces, and describe them."""
    from ocn_registry.cli.config.keys import address_of
    from ocn_registry.cli.output.requests import describe

    deadline: int | None = args.deadline
    if args.valid_for is not None:
        deadline = int(time.time()) + args.valid_for
    account = args.account or address_of(args, "signer", client.deployment)
    nonce: int | None = args.nonce
    requests: list[Request] = []
    for intent in intents:
        request = client.prepare(intent, account, nonce=nonce, deadline_unix_s=deadline)
        describe(request, client)
        requests.append(request)
        if not request.replayable:
            nonce, deadline = request.nonce + 1, request.deadline_unix_s
    return requests


def show(args: Namespace) -> int:
    """Describe requests: account, change, contract and deadline."""
    from ocn_registry.cli.config.networks import connect
    from ocn_registry.cli.output.requests import entry, read, show_all

    with connect(args) as client:
        found = [entry(read(client, path), client) for path in args.files]
    show_all(args, found)
    return DONE


def sign(args: Namespace) -> int:
    """Sign requests with the key of their account, its controller, or the accepting account."""
    from ocn_registry.cli.config.keys import is_named, key
    from ocn_registry.cli.config.networks import connect
    from ocn_registry.cli.execute import agreed
    from ocn_registry.cli.output.render import talk
    from ocn_registry.cli.output.requests import (
        check_deadline,
        describe,
        put_signed,
        read,
        signed_by,
        unsigned,
        with_signature,
    )
    from ocn_registry.errors import InvalidInput

    if args.acceptance and args.signature is None:
        raise InvalidInput("--acceptance says what --signature is: without it, the signer says it")
    with connect(args) as client:
        requests = [read(client, path) for path in args.files]
        for request in requests:
            describe(request, client)
            check_deadline(unsigned(request))
        if args.signature is not None:
            if len(requests) > 1:
                raise InvalidInput("a signature is that of one request: give one file")
            signed = with_signature(requests[0], args.signature, accepts=args.acceptance)
            put_signed(args, [signed])
            return DONE
        # A key given on the command line takes precedence over the usual choice.
        controls = args.controller is not None or (
            args.signer is None and is_named(args, "controller")
        )
        signer = key(args, "controller" if controls else "signer", client.deployment)
    question = "sign this?" if len(requests) == 1 else f"sign these {len(requests)} requests?"
    if not agreed(args, question, insist=True):
        talk("nothing was signed")
        return INTERRUPTED
    put_signed(args, [signed_by(one, signer, as_controller=controls) for one in requests])
    return DONE


def verify(args: Namespace) -> int:
    """Check requests like their contract would now: deadline, nonce, signature, and the change."""
    from ocn_registry.cli.config.networks import connect
    from ocn_registry.cli.output.requests import entry, read_signed, show_all

    with connect(args) as client:
        signed = [read_signed(client, path) for path in args.files]
        client.verify(*signed)
        found = [{**entry(each, client), "valid": True} for each in signed]
    show_all(args, found)
    return DONE


def submit(args: Namespace) -> int:
    """Send requests that others signed, in one transaction that the spender or a relay pays."""
    if args.relay is not None:
        return relay.submit(args)
    from ocn_registry.cli import execute
    from ocn_registry.cli.config.keys import key
    from ocn_registry.cli.config.networks import connect
    from ocn_registry.cli.output.requests import read_signed

    with connect(args) as client:
        signed = tuple([read_signed(client, path) for path in args.files])
        spender = key(args, "spender", client.deployment)
        return execute.write(args, client, signed, spender)


def cancel(args: Namespace) -> int:
    """Cancel requests that the signer signed and nobody has sent; a spender can pay for it."""
    from ocn_registry.cli import execute
    from ocn_registry.cli.config.keys import authority, is_named, key
    from ocn_registry.cli.config.networks import connect
    from ocn_registry.flows.admin import CANCELLED_AHEAD
    from ocn_registry.intents import InvalidateNonce
    from ocn_registry.models import Contract

    with connect(args) as client:
        acting = authority(args, client.deployment)
        contract = Contract(args.contract)
        nonce: int | None = args.new_nonce
        if nonce is None:
            nonce = client.nonce(acting.account, contract) + CANCELLED_AHEAD
        intent = InvalidateNonce(contract=contract, new_nonce=nonce)
        pays_itself = not is_named(args, "spender")
        if pays_itself and not acting.by_controller:
            return execute.write(args, client, (intent,), acting.signer)
        spender = acting.signer if pays_itself else key(args, "spender", client.deployment)
        signed = client.sign(intent, acting.signer, account=acting.account)
        return execute.write(args, client, (signed,), spender)


_new_account = take.option(
    "new_account", metavar="NEW", help="address of the new key, which has to accept"
)
_new_controller = take.option(
    "new_controller",
    metavar="CONTROLLER",
    help=f"address of the controller, which has to accept; {take.NONE} removes the present one",
)
_other_account = take.option("other_account", metavar="OTHER", help="address of the other account")


def _account(parser: ArgumentParser) -> None:
    parser.add_argument(
        "-a",
        "--account",
        metavar="ADDRESS",
        help="account whose entry changes, and that will sign (default: the signer's)",
    )
    parser.add_argument(
        "--nonce",
        type=take.whole("nonce"),
        help="nonce of the request (default: the account's next one). With --nonce and a deadline, "
        "no chain is asked",
    )
    limit = parser.add_mutually_exclusive_group()
    limit.add_argument(
        "--valid-for",
        type=take.lifetime,
        metavar="TIME",
        help="how long it can be used: 30m, 12h or 7d, at most 30d (default: 1h)",
    )
    limit.add_argument(
        "--deadline",
        type=take.whole("time in Unix seconds"),
        metavar="SECONDS",
        help="last second at which it can be used, in Unix time",
    )


_folder = take.option(
    "--folder", metavar="PATH", help="folder for several requests; created if missing"
)


def _external_signature(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--signature",
        metavar="HEX",
        help="add this signature, which a wallet or a Safe made, instead of signing with a key",
    )
    parser.add_argument(
        "--acceptance",
        action="store_true",
        help="the signature is the acceptance of the new key or the controller",
    )


def _cancelled(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--contract",
        choices=("registry", "permissions"),
        default="registry",
        help="registry: requests about nodes and parties (default); permissions: requests about "
        "services and agreements",
    )
    parser.add_argument(
        "--new-nonce",
        type=take.whole("nonce"),
        metavar="NONCE",
        help="cancel what was signed with a nonce below this one (default: the next 1,000)",
    )


_ADDRESS = "0x9bC1169Ca09555bf2721A5C9eC6D69c8073bfeB4"
_ACCOUNT = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
_REGISTRATION = f"-c DE ABC -r CPO -o {_ADDRESS} --si cdrs"

# Requests with the signatures of two accounts. `identity rotate` and `identity controller` do this
# if both keys are available.
WITH_ACCEPTANCE = (
    WriteCommand(
        "move-account",
        "move everything that the account has to a new key",
        (_new_account,),
        (_ADDRESS,),
    ),
    WriteCommand(
        "set-controller",
        "name the account's controller, for example a Safe",
        (_new_controller,),
        (_ADDRESS, take.NONE),
    ),
    WriteCommand(
        "accept-account",
        "accept, as the new key, everything that another account has",
        (_other_account,),
        (_ADDRESS,),
    ),
    WriteCommand(
        "accept-controller",
        "accept, as the controller of another account",
        (_other_account,),
        (_ADDRESS,),
    ),
)


def _commands() -> Iterator[Command]:
    signer, spender = "-s keystore:key.json", "-x keystore:spender.json"
    for_account = f"-a {_ACCOUNT}"
    for write in (*WRITES, *WITH_ACCEPTANCE):
        says = write.help.replace("the signer's", "the account's")
        call = f"request prepare {write.name} {write.examples[0]}".rstrip()
        yield Command(
            f"request prepare {write.name}",
            f"write a request to {says.replace('the signer', 'the account')}",
            prepare,
            (*write.options, _account, take.signing, take.out),
            write.aliases,
            write.name,
            examples=(f"{call} {for_account} --valid-for 7d --out request.json",),
        )
    yield Command(
        "request prepare register",
        "write requests for a whole registration: party, modules, website",
        prepare_registration,
        (
            *(account.wanted_parties, modules, account.whole_registration),
            *(_account, take.signing, take.out, _folder),
        ),
        more="One file for each, in the order in which they are signed and sent.",
        examples=(f"request prepare register {_REGISTRATION} {for_account} --folder requests",),
    )
    yield Command(
        "request show",
        "describe requests in words",
        show,
        (take.requests,),
        examples=("request show request.json",),
    )
    yield Command(
        "request sign",
        "sign requests; nothing is sent",
        sign,
        (
            *(take.requests, take.signing, take.controlling, _external_signature),
            *(take.yes, take.out, _folder),
        ),
        more="A move or a new controller needs two signatures: the account's, and that of the new "
        "key or the controller. Each signs the same file, one after the other. Several requests "
        "are written to the files of a folder, named as they were.",
        examples=(
            f"request sign request.json {signer} --out signed.json",
            "request sign request.json --controller keystore:cold.json --out signed.json",
            "request sign move.json --signature 0x... --acceptance --out signed.json",
            f"request sign one.json two.json {signer} --folder signed",
        ),
    )
    yield Command(
        "request verify",
        "check signed requests",
        verify,
        (take.requests,),
        more="Deadline, nonce and signature are checked, and whether the contract would make the "
        "change now.",
        examples=("request verify signed.json",),
    )
    yield Command(
        "request submit",
        "send signed requests, and pay",
        submit,
        (take.requests, take.passphrase, take.spending, relay.relay_options),
        examples=(
            f"request submit signed.json {spender}",
            "request submit signed.json --relay https://relay.example.com",
        ),
    )
    yield Command(
        "request cancel",
        "cancel signed requests that nobody has sent",
        cancel,
        (_cancelled, take.acting, take.spending),
        examples=(f"request cancel {signer}", f"request cancel --contract permissions {signer}"),
    )


COMMANDS = tuple(_commands())
