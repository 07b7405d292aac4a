"""`doctor`: check the connection to the registry, and suggest remedies for problems."""

from __future__ import annotations

import shutil
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ocn_registry.cli import options as take
from ocn_registry.cli.commands import Command
from ocn_registry.plans.exit_codes import DONE, RPC, UNEXPECTED, UNPROVEN

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Callable, Iterator

    from ocn_registry.health.findings import Finding

_NAME: Final = "ocn-registry"
_TIMEOUT_S: Final = 60.0
_NODE_TIMEOUT_S: Final = 10.0


def doctor(args: Namespace) -> int:
    """Run all checks, and print a remedy for each problem."""
    from ocn_registry.cli.config.networks import connect
    from ocn_registry.cli.config.settings import settle
    from ocn_registry.cli.output.render import as_json, findings, for_programs, put
    from ocn_registry.errors import InvalidInput, NoContract, OcnRegistryError, TransportError
    from ocn_registry.health.chain import chain
    from ocn_registry.health.contracts import STORAGE, contracts, node
    from ocn_registry.health.findings import Finding
    from ocn_registry.health.validators import validators
    from ocn_registry.models import Address

    found = [_command()]
    cap = settle(args).in_force.get("max_fee")
    max_fee = cap.value if cap is not None and isinstance(cap.value, int) else None
    code = DONE
    timeout_s: float = _TIMEOUT_S if args.timeout is None else args.timeout
    ends = time.monotonic() + timeout_s
    with connect(args, total_s=timeout_s) as client:
        checks: list[Callable[[], Iterator[Finding]]] = [
            lambda: chain(client, max_fee),
            lambda: validators(client),
            lambda: contracts(client),
        ]
        if args.address is not None:
            operator = Address(args.address)
            checks.append(
                lambda: node(
                    client,
                    operator,
                    proxy=args.proxy,
                    ca_file=args.ca_file,
                    timeout_s=min(_NODE_TIMEOUT_S, ends - time.monotonic()),
                )
            )
        try:
            for check in checks:
                found += check()
        except InvalidInput:
            raise
        except OcnRegistryError as error:
            of_the_way = isinstance(error, TransportError)
            name = "RPC" if of_the_way and not isinstance(error, NoContract) else "contracts"
            says, remedy = str(error), "see --rpc-url, -n"
            if time.monotonic() >= ends:
                says = f"the checks were stopped after {timeout_s:g} s: {says}"
                remedy = "choose another node with --rpc-url, or give more time with --timeout"
            found.append(Finding(name, ok=False, says=says, remedy=remedy))
            code = RPC if of_the_way else UNEXPECTED
    put(as_json([each._asdict() for each in found]) if for_programs(args) else findings(found))
    wrong = {each.check for each in found if not each.ok}
    return code or (UNPROVEN if wrong == {STORAGE} else UNEXPECTED if wrong else DONE)


def _command() -> Finding:
    """Return the `ocn-registry` that a shell would run: v1's has the same name."""
    from ocn_registry.errors import InvalidInput
    from ocn_registry.foreign.files import first_bytes
    from ocn_registry.health.findings import Finding

    first = shutil.which(_NAME)
    if first is None:
        return Finding("command", ok=True, says=f"no {_NAME} is on the PATH; this one is running")
    try:
        head = first_bytes(first, 200)
    except InvalidInput:
        head = b""
    ours = _own_path()
    remedy = f"remove {first}, or put the folder of this one earlier on the PATH"
    if b"node" in head:
        return Finding("command", ok=False, says=f"{first} is version 1's", remedy=remedy)
    if Path(first).resolve() != ours.resolve():
        says = f"a shell runs {first}, and this is {ours}"
        return Finding("command", ok=False, says=says, remedy=remedy)
    return Finding("command", ok=True, says=first)


def _own_path() -> Path:
    """Return the path of this command, also if it was started as a module."""
    started = Path(sys.argv[0])
    installed = Path(sys.executable).with_name(_NAME)
    return started if started.stem == _NAME or not installed.exists() else installed


def _options(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--timeout",
        type=take.duration,
        metavar="SECONDS",
        help=f"how long all checks may take together (default: {_TIMEOUT_S:g})",
    )
    parser.add_argument(
        "-a",
        "--address",
        help="address of an operator: ask its node who it is, and compare with the registry",
    )


COMMANDS = (
    Command(
        "doctor",
        "check the connection to the registry",
        doctor,
        (_options,),
        examples=("doctor -n ewc",),
    ),
)
