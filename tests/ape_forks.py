"""Ape's command line, many times from one start: `tests/conftest.py` runs this as a process.

Each command is a process as always, forked from one that has loaded Ape, its networks and what our
scripts import, which takes three seconds. Requests come as lines of JSON on one pipe; exit codes go
out on another.
"""

import json
import os
import sys

import ape.managers.chain
import ocn_registry_ape
from ape import networks
from ape._cli import cli

LOADED = (ape.managers.chain, ocn_registry_ape)  # Ape itself loads them when a command runs


def _load() -> None:
    for ecosystem in networks.ecosystems.values():
        for network in ecosystem.networks.values():
            _ = network.providers


def _become(request: dict) -> None:
    """Make this process what the request asks for: its streams, its environment, its arguments."""
    for number, name in enumerate(("input", "output", "errors")):
        opened = os.open(request[name], os.O_RDONLY if number == 0 else os.O_WRONLY)
        os.dup2(opened, number)
        os.close(opened)
    os.environ.update(request["environment"])
    sys.argv = ["ape", *request["words"]]


def _requested(requests: int, codes: int) -> None:
    """Fork for each request, and return in the process that is to answer it."""
    with os.fdopen(requests) as lines:
        for line in lines:
            child = os.fork()
            if child == 0:
                os.close(codes)
                _become(json.loads(line))
                return
            _, status = os.waitpid(child, 0)
            os.write(codes, f"{os.waitstatus_to_exitcode(status)}\n".encode())
    sys.exit()


if __name__ == "__main__":
    _load()
    _requested(*map(int, sys.argv[1:]))
    sys.exit(cli())
