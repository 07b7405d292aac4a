"""Signing apart from paying: a request is a file that travels from machine to machine.

`prepare` writes what has to be signed, `show` says what that is, `sign` adds the signature,
`verify` checks it, `submit` sends one or many and pays, `cancel` makes void what was not sent yet.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from ocn_registry.cli.carrying import Wish, agreed, carry_out, lines
from ocn_registry.cli.codes import DONE, INTERRUPTED
from ocn_registry.cli.keys import is_named, key
from ocn_registry.cli.networks import connect
from ocn_registry.cli.render import as_json, for_programs, put, talk
from ocn_registry.cli.wishes import intent_of, words_of
from ocn_registry.dialects import dialect_of
from ocn_registry.errors import InvalidInput
from ocn_registry.flows.admin import CANCELLED_AHEAD
from ocn_registry.foreign.text import shown
from ocn_registry.intents import InvalidateNonce
from ocn_registry.models import Contract
from ocn_registry.signing import SignedRequest

if TYPE_CHECKING:
    from argparse import Namespace

    from ocn_registry.cli.entries import Entry
    from ocn_registry.client.sync_client import RegistryClient
    from ocn_registry.signing import Request

_MOST_CHARACTERS = 1 << 17


def prepare(args: Namespace) -> int:
    """Write what an account has to sign."""
    deadline: int | None = args.deadline
    if args.valid_for is not None:
        deadline = int(time.time()) + args.valid_for
    with connect(args) as client:
        intent = intent_of(args, client, signed=True)
        request = client.prepare(intent, args.account, nonce=args.nonce, deadline_unix_s=deadline)
    _tell(request, client)
    put(request.to_json())
    return DONE


def show(args: Namespace) -> int:
    """Say in words what requests are: who, what, where, until when."""
    with connect(args) as client:
        found = [_read(client, path) for path in args.files]
    told = [_words(each, client) for each in found]
    put(as_json(told) if for_programs(args) else "\n\n".join([lines(each) for each in told]))
    return DONE


def sign(args: Namespace) -> int:
    """Sign a request with the key of its account."""
    with connect(args) as client:
        found = _read(client, args.file)
        request = found.request if isinstance(found, SignedRequest) else found
        _tell(request, client)
        signer = key(args, "signer", client.deployment)
    if not agreed(args, "sign this?"):
        talk("nothing was signed")
        return INTERRUPTED
    put(request.sign(signer).to_json())
    return DONE


def verify(args: Namespace) -> int:
    """Check deadline, nonce and signature of requests, as their contract would right now."""
    with connect(args) as client:
        signed = [signed_request(client, path) for path in args.files]
        client.verify(*signed)
    told = [{**_words(each, client), "valid": True} for each in signed]
    put(as_json(told) if for_programs(args) else "\n\n".join([lines(each) for each in told]))
    return DONE


def submit(args: Namespace) -> int:
    """Send requests that others signed, in one transaction that the spender pays."""
    with connect(args) as client:
        signed = tuple([signed_request(client, path) for path in args.files])
        spender = key(args, "spender", client.deployment)
        wishes = tuple([Wish(each.account, each.intent) for each in signed])
        return carry_out(args, client, signed, wishes, spender, insist=True)


def cancel(args: Namespace) -> int:
    """Make void what the signer signed and nobody has sent; a spender can pay for it."""
    with connect(args) as client:
        signer = key(args, "signer", client.deployment)
        contract = Contract(args.contract)
        nonce: int | None = args.new_nonce
        if nonce is None:
            nonce = client.nonce(signer.address, contract) + CANCELLED_AHEAD
        intent = InvalidateNonce(contract=contract, new_nonce=nonce)
        wishes = (Wish(signer.address, intent),)
        if not is_named(args, "spender"):
            return carry_out(args, client, (intent,), wishes, signer, insist=True)
        spender = key(args, "spender", client.deployment)
        signed = client.sign(intent, signer)
        return carry_out(args, client, (signed,), wishes, spender, insist=True)


def _read(client: RegistryClient, path: str) -> Request | SignedRequest:
    try:
        if path == "-":
            text = sys.stdin.read(_MOST_CHARACTERS)
        else:
            with Path(path).open(encoding="utf-8") as file:
                text = file.read(_MOST_CHARACTERS)
    except OSError as error:
        raise InvalidInput(f"the request {shown(path)} can't be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise InvalidInput(f"the request {shown(path)} is no text") from None
    return dialect_of(client.deployment).read_request(text)


def signed_request(client: RegistryClient, path: str) -> SignedRequest:
    """Read a request that its account has signed, of these contracts.

    Args:
        client: Where it is for.
        path: Its file; `-` for standard input.

    Raises:
        InvalidInput: It is none, or not signed.
    """
    found = _read(client, path)
    if not isinstance(found, SignedRequest):
        raise InvalidInput(
            f"the request {shown(path)} is not signed: have its account sign it, with "
            "`ocn-registry request sign` or a wallet",
        )
    return found


def _words(found: Request | SignedRequest, client: RegistryClient) -> Entry:
    request = found.request if isinstance(found, SignedRequest) else found
    here = client.deployment
    until = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(request.deadline_unix_s))
    dialect = dialect_of(here)
    return {
        "account": request.account,
        "change": words_of(request.intent),
        "network": here.name,
        "chainId": here.chain_id,
        "contract": dialect.address_of(dialect.contract_of(request.intent)),
        "nonce": None if request.replayable else request.nonce,
        "until": "for ever, again and again" if request.replayable else until,
        "signed": isinstance(found, SignedRequest),
    }


def _tell(request: Request, client: RegistryClient) -> None:
    talk(lines(_words(request, client)))
