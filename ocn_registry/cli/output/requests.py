"""Requests in files: how they are read, and how they are described to people."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from ocn_registry.cli.output.render import as_json, for_programs, lines, put, talk
from ocn_registry.dialects import dialect_of
from ocn_registry.errors import InvalidInput
from ocn_registry.foreign.text import shown
from ocn_registry.plans.words import words_of
from ocn_registry.signing import SignedRequest

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence

    from ocn_registry.client.sync_client import RegistryClient
    from ocn_registry.plans.entries import Entry
    from ocn_registry.signing import Request

_MOST_CHARACTERS = 1 << 17


def read(client: RegistryClient, path: str) -> Request | SignedRequest:
    """Return the request in a file.

    Args:
        client: Of the registry that the request is for.
        path: The file; `-` for standard input.

    Raises:
        InvalidInput: It is not a request for this registry.
    """
    try:
        if path == "-":
            text = sys.stdin.read(_MOST_CHARACTERS)
        else:
            with Path(path).open(encoding="utf-8") as file:
                text = file.read(_MOST_CHARACTERS)
    except OSError as error:
        raise InvalidInput(f"the request {shown(path)} can't be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise InvalidInput(f"the request {shown(path)} is not text in UTF-8") from None
    return dialect_of(client.deployment).read_request(text)


def read_signed(client: RegistryClient, path: str) -> SignedRequest:
    """Return the signed request in a file.

    Args:
        client: Of the registry that the request is for.
        path: The file; `-` for standard input.

    Raises:
        InvalidInput: It is not a request for this registry, or not signed.
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


def entry(found: Request | SignedRequest, client: RegistryClient) -> Entry:
    """Return what a request is, as data."""
    request = unsigned(found)
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
        "until": "no end: it can be used again and again" if request.replayable else until,
        "signed": isinstance(found, SignedRequest),
    }


def describe(found: Request | SignedRequest, client: RegistryClient) -> None:
    """Say on standard error what a request is."""
    talk(lines(entry(found, client)))


def show_all(args: Namespace, found: Sequence[Entry]) -> None:
    """Print what requests are."""
    put(as_json(found) if for_programs(args) else "\n\n".join([lines(each) for each in found]))
