"""Signed and unsigned requests in files: read them, and describe them to the user."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from ocn_registry.cli.output.render import as_json, for_programs, lines, printable, put, talk
from ocn_registry.dialects import dialect_of
from ocn_registry.errors import InvalidInput
from ocn_registry.foreign.files import read_bytes, write_own
from ocn_registry.foreign.limits import REQUEST
from ocn_registry.foreign.strict_json import as_utf8
from ocn_registry.foreign.text import shown
from ocn_registry.foreign.times import moment, span
from ocn_registry.plans.words import words_of
from ocn_registry.signing import SignedRequest
from ocn_registry.signing.requests import MAX_LIFETIME_S

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence

    from ocn_registry.client.sync_client import RegistryClient
    from ocn_registry.plans.entries import Entry
    from ocn_registry.signing import Request, Signer


def read(client: RegistryClient, path: str) -> Request | SignedRequest:
    """Return the request in a file.

    Args:
        client: A client of the registry that the request is for.
        path: The file; `-` for standard input.

    Raises:
        InvalidInput: The file is not a request for this registry.
    """
    try:
        if path == "-":
            content = _standard_input()
        else:
            content = read_bytes(path, REQUEST.max_bytes, what="request")
        text = as_utf8(content).decode()
    except UnicodeDecodeError:
        raise InvalidInput(f"the request {shown(path)} is not text in UTF-8 or UTF-16") from None
    try:
        return dialect_of(client.deployment).read_request(text)
    except InvalidInput as error:
        raise InvalidInput(f"{printable(path)}: {error}") from None


def _standard_input() -> bytes:
    stream = getattr(sys.stdin, "buffer", None)
    if stream is None:
        return sys.stdin.read(REQUEST.max_bytes + 1).encode()
    content: bytes = stream.read(REQUEST.max_bytes + 1)
    return content


def read_signed(client: RegistryClient, path: str) -> SignedRequest:
    """Return the signed request in a file.

    Args:
        client: A client of the registry that the request is for.
        path: The file; `-` for standard input.

    Raises:
        InvalidInput: The file is not a request for this registry, or it is not signed.
    """
    found = read(client, path)
    if not isinstance(found, SignedRequest):
        raise InvalidInput(
            f"the request {shown(path)} is not signed: have its account sign it, with "
            "`ocn-registry request sign` or a wallet",
        )
    return found


def unsigned(found: Request | SignedRequest) -> Request:
    """Return a request without its signature."""
    return found.request if isinstance(found, SignedRequest) else found


def signed_by(
    found: Request | SignedRequest, signer: Signer, *, as_controller: bool
) -> Request | SignedRequest:
    """Return a request with the signature of its account, or of the accepting account.

    Args:
        found: The request. A signature of the other part is kept.
        signer: The key of the account, its controller, or the accepting account.
        as_controller: Whether the signer is the account's controller.
    """
    request = unsigned(found)
    accepting = None if request.acceptance is None else unsigned(request.acceptance).account
    if signer.address == accepting and not as_controller:
        return found.accept(signer)
    return request.sign(signer, as_controller=as_controller)


def with_signature(
    found: Request | SignedRequest, signature: str, *, accepts: bool
) -> Request | SignedRequest:
    """Return a request with a signature made elsewhere, for the request or its acceptance.

    Raises:
        InvalidInput: The text is not a signature, or the request needs no acceptance.
    """
    request = unsigned(found)
    if not accepts:
        return request.signed(signature)
    if request.acceptance is None:
        raise InvalidInput("this request needs no acceptance: leave out --acceptance")
    return found.accepted(unsigned(request.acceptance).signed(signature))


def check_deadline(request: Request) -> None:
    """Raise `InvalidInput` for a deadline that is too far ahead to sign."""
    if not request.replayable and request.deadline_unix_s > time.time() + MAX_LIFETIME_S:
        raise InvalidInput(
            f"the deadline, {moment(request.deadline_unix_s)}, is more than "
            f"{span(MAX_LIFETIME_S)} away: prepare the request again with an earlier one",
        )


def entry(found: Request | SignedRequest, client: RegistryClient) -> Entry:
    """Return a description of a request, as data."""
    request = unsigned(found)
    deployment = client.deployment
    dialect = dialect_of(deployment)
    return {
        "account": request.account,
        "change": words_of(request.intent),
        "network": deployment.name,
        "chainId": deployment.chain_id,
        "contract": dialect.address_of(dialect.contract_of(request.intent)),
        "nonce": None if request.replayable else request.nonce,
        "until": "none: it can be used any number of times"
        if request.replayable
        else moment(request.deadline_unix_s),
        "signed": isinstance(found, SignedRequest),
        "digest": None if request.replayable else "0x" + request.payload.digest().hex(),
        "acceptance": None if request.acceptance is None else _acceptance(request.acceptance),
    }


def _acceptance(found: Request | SignedRequest) -> Entry:
    """Return a description of an acceptance, as data."""
    request = unsigned(found)
    return {
        "account": request.account,
        "signed": isinstance(found, SignedRequest),
        "until": moment(request.deadline_unix_s),
        "digest": "0x" + request.payload.digest().hex(),
    }


def describe(found: Request | SignedRequest, client: RegistryClient) -> None:
    """Describe a request on standard error."""
    talk(lines(entry(found, client)))


def put_in_order(args: Namespace, requests: Sequence[Request]) -> None:
    """Print a request, or write several to the folder of `--folder` with numbered names.

    Raises:
        InvalidInput: There are several, and `--folder` is not given.
    """
    if len(requests) == 1:
        put(requests[0].to_json())
        return
    folder = _folder_of(args, "prepared")
    for number, each in enumerate(requests, 1):
        _write_to(folder / f"{number}-{type(each.intent).__name__}.json", each)


def put_signed(args: Namespace, signed: Sequence[Request | SignedRequest]) -> None:
    """Print a signed request, or write several to the folder of `--folder`, keeping their names.

    Raises:
        InvalidInput: There are several, and `--folder` is not given.
    """
    if len(signed) == 1:
        put(signed[0].to_json())
        return
    folder = _folder_of(args, "signed")
    for path, each in zip(args.files, signed, strict=True):
        _write_to(folder / Path(path).name, each)


def _folder_of(args: Namespace, done: str) -> Path:
    if args.folder is None:
        raise InvalidInput(f"several requests are {done} into a folder: add --folder FOLDER")
    folder = Path(args.folder).expanduser()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _write_to(target: Path, request: Request | SignedRequest) -> None:
    write_own(target, f"{request.to_json()}\n".encode(), what="request", replace=False)
    talk(f"written to {target}")


def show_all(args: Namespace, found: Sequence[Entry]) -> None:
    """Print descriptions of requests."""
    put(as_json(found) if for_programs(args) else "\n\n".join([lines(each) for each in found]))
