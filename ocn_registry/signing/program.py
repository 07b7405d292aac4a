"""A signer in another program: a wallet's command, or a bridge to a hardware device.

The program is started once for each call. It reads one JSON object from standard input and answers
on standard output; its standard error is shown. The calls are those that wallets know:
`eth_accounts`, `eth_signTypedData_v4`, `personal_sign` and `eth_signTransaction`, each with
`params`. The answer is the bare result, or an object with `result` or `error`. Private keys in our
environment are not passed on.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from typing import TYPE_CHECKING

from ocn_registry.errors import InvalidInput
from ocn_registry.foreign.limits import REQUEST
from ocn_registry.foreign.strict_json import BeyondLimits, is_list, is_object, parse_json
from ocn_registry.foreign.text import HIDDEN_KEY, masked, shown
from ocn_registry.foreign.variables import KEYS
from ocn_registry.models import Address
from ocn_registry.signing import ExternalSigner, read_signature

if TYPE_CHECKING:
    from collections.abc import Callable

_TIMEOUT_S = 600.0
# Where an answer can be: JSON-RPC, Trezor Connect (twice), and the answer of eth_signTransaction.
_WRAPPERS = ("result", "payload", "signature", "raw")


def program_signer(line: str, *, is_contract: bool = False) -> ExternalSigner:
    """Return a signer that calls a program.

    Args:
        line: The program and its arguments, as a command line.
        is_contract: Whether the account is a contract, such as a Safe: its signatures have any
            length, only the chain can check them, and it sends no transactions.

    Raises:
        InvalidInput: The program can't be run, or does not answer with an address.
    """
    ask = _asker(line)
    try:
        address = Address(ask("eth_accounts"))
    except InvalidInput as error:
        raise InvalidInput(
            f"the program {shown(line)} does not name its account: {error}"
        ) from None
    return ExternalSigner(
        address,
        sign_typed_data=lambda payload: ask("eth_signTypedData_v4", address, payload),
        sign_message=lambda message: ask("personal_sign", "0x" + message.hex(), address),
        sign_transaction=lambda transaction: ask("eth_signTransaction", transaction),
        is_contract=is_contract,
    )


def _asker(line: str) -> Callable[..., str]:
    try:
        words = shlex.split(line)
    except ValueError as error:
        raise InvalidInput(f"the program {shown(line)} is not a valid command: {error}") from None
    if not words:
        raise InvalidInput("the program is missing: give command:PROGRAM")

    def ask(method: str, *params: object) -> str:
        question = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
        try:
            finished = subprocess.run(  # noqa: S603 - the user's own program
                words,
                input=question,
                stdout=subprocess.PIPE,
                text=True,
                timeout=_TIMEOUT_S,
                check=False,
                env=_environment(),
            )
        except (OSError, UnicodeDecodeError, subprocess.TimeoutExpired) as error:
            raise InvalidInput(
                f"the program {shown(words[0])} can't be used: {_why(error)}",
            ) from None
        if finished.returncode:
            raise InvalidInput(
                f"the program {shown(words[0])} refused {method}, with status "
                f"{finished.returncode}: nothing was sent",
            )
        return _result(finished.stdout.strip(), words[0], method)

    return ask


def _why(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "it was not found; give its full path"
    if isinstance(error, OSError):
        return error.strerror or "it can't be started"
    if isinstance(error, UnicodeDecodeError):
        return "its answer is not text in UTF-8"
    return f"it did not answer within {_TIMEOUT_S:g} s"


def _environment() -> dict[str, str]:
    """Return the environment for the program, without our private keys."""
    return {
        name: value
        for name, value in os.environ.items()
        if name not in KEYS and HIDDEN_KEY not in masked(value)
    }


def _result(text: str, program: str, method: str) -> str:
    text = text.removeprefix("\ufeff")  # Windows writes it
    try:
        value = parse_json(text.encode(), REQUEST)
    except BeyondLimits as error:
        raise InvalidInput(
            f"the program {shown(program)} answered {method} with what is {error}: is it a signer?"
        ) from None
    except ValueError:
        return text  # a bare result
    if is_object(value) and value.get("error") is not None:
        raise InvalidInput(
            f"the program {shown(program)} refused {method}: {shown(value['error'], 300)}",
        )
    for name in _WRAPPERS:
        if is_object(value):
            value = value.get(name, value)
    if is_object(value) and "r" in value:  # a signature in parts
        return "0x" + read_signature(value).hex()
    if is_list(value) and value:
        value = value[0]
    if not isinstance(value, str):
        raise InvalidInput(f"the program {shown(program)} did not answer {method} with a text")
    return value
