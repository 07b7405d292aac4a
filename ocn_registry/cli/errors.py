"""Report errors to users: a sentence on standard error, and an exit code."""

from __future__ import annotations

import os
import traceback
from typing import TYPE_CHECKING

from ocn_registry.cli.output.render import printable, talk
from ocn_registry.contract_errors import NotController
from ocn_registry.errors import NoContract, OcnRegistryError, RpcUnavailable
from ocn_registry.foreign.text import shown
from ocn_registry.plans.exit_codes import UNEXPECTED
from ocn_registry.plans.failures import code_of, explain

if TYPE_CHECKING:
    from argparse import Namespace


def report(error: Exception, args: Namespace) -> int:
    """Report an error: what went wrong, and what to do next.

    Returns:
        The exit code.
    """
    if not isinstance(error, OcnRegistryError):
        return _unexpected(error)
    for sentence in explain(error, options=_options(args)):
        talk(printable(sentence))
    if args.network == "local" and args.network_file is None and isinstance(error, RpcUnavailable):
        talk(
            "`local` is a development chain on this machine: start one with `ocn-registry devnet`, "
            "or choose a public network with -n volta or -n ewc. To choose one permanently, put it "
            "in your settings file: see `ocn-registry settings`",
        )
    if args.network == "local" and isinstance(error, NoContract):
        talk("for contracts of the first generation on a development chain: -n local-v1")
    if isinstance(error, NotController) or getattr(error, "controlled", None) is not None:
        if not hasattr(args, "controller"):  # a request that was signed before
            talk("have the controller sign it: ocn-registry request sign FILE --controller KEY")
        elif args.controller is None:
            talk(
                "sign with --controller KEY, and name the account with -a ADDRESS. If that key is "
                "on another machine: `request prepare` here, `request sign --controller KEY` there"
            )
    return code_of(error)


def _options(args: Namespace) -> str:
    """Return the network options, unless they are the problem."""
    from ocn_registry.cli.config.networks import network_options  # noqa: PLC0415 - for errors only

    try:
        return network_options(args)
    except OcnRegistryError:
        return ""


def _unexpected(error: Exception) -> int:
    if os.environ.get("OCN_DEBUG"):
        talk("".join(traceback.format_exception(error)).rstrip("\n"))
    if isinstance(error, OSError) and error.strerror:  # of this machine, such as a full disk
        what = "the output" if error.filename is None else shown(str(error.filename))
        talk(f"error: {what} can't be used: {error.strerror}")
    else:
        talk(
            f"unexpected: {type(error).__name__}: {printable(str(error))}; please report this, "
            "together with what OCN_DEBUG=1 shows",
        )
    return UNEXPECTED
