"""What may be wrong between this command and the registry.

One check after the other, each with its result, and what to do about it. What can't be known is
said to be not known.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ocn_registry.cli.codes import DONE, RPC, UNEXPECTED
from ocn_registry.cli.doctor_chain import chain
from ocn_registry.cli.doctor_contracts import contracts, node
from ocn_registry.cli.doctor_validators import validators
from ocn_registry.cli.finding import Finding
from ocn_registry.cli.networks import connect
from ocn_registry.cli.render import as_json, findings, for_programs, put
from ocn_registry.errors import InvalidInput, NoContract, OcnRegistryError, TransportError
from ocn_registry.models import Address

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Iterator

_NAME: Final = "ocn-registry"


def doctor(args: Namespace) -> int:
    """Check what can be checked, and say what to do about the rest."""
    found = [_command()]
    code = DONE
    with connect(args) as client:
        checks: list[Callable[[], Iterator[Finding]]] = [
            lambda: chain(args, client),
            lambda: validators(client),
            lambda: contracts(client),
        ]
        if args.address is not None:
            operator = Address(args.address)
            checks.append(lambda: node(client, operator))
        try:
            for check in checks:
                found += check()
        except InvalidInput:
            raise
        except OcnRegistryError as error:
            of_the_way = isinstance(error, TransportError)
            name = "RPC" if of_the_way and not isinstance(error, NoContract) else "contracts"
            found.append(Finding(name, ok=False, says=str(error), remedy="see --rpc-url, -n"))
            code = RPC if of_the_way else UNEXPECTED
    put(as_json([each._asdict() for each in found]) if for_programs(args) else findings(found))
    return code if all(each.ok for each in found) else code or UNEXPECTED


def _command() -> Finding:
    """Look which `ocn-registry` a shell would run: v1's has the same name."""
    first = shutil.which(_NAME)
    if first is None:
        return Finding("command", ok=True, says=f"no {_NAME} is on the PATH; this one runs")
    try:
        with Path(first).open("rb") as file:
            head = file.readline(200)
    except OSError:
        head = b""
    ours = _ours()
    remedy = f"remove {first}, or put the folder of this one earlier on the PATH"
    if b"node" in head:
        return Finding("command", ok=False, says=f"{first} is version 1's", remedy=remedy)
    if Path(first).resolve() != ours.resolve():
        says = f"a shell runs {first}, and this is {ours}"
        return Finding("command", ok=False, says=says, remedy=remedy)
    return Finding("command", ok=True, says=first)


def _ours() -> Path:
    """Tell where this command is; of a module that was started, where it is a command as well."""
    started = Path(sys.argv[0])
    installed = Path(sys.executable).with_name(_NAME)
    return started if started.stem == _NAME or not installed.exists() else installed
