"""The modules that a command loads: each library that it avoids makes it quicker."""

import subprocess
import sys
import tomllib
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from ocn_registry.cli.__main__ import program
from ocn_registry.cli.commands import commands

ROOT = Path(__file__).parents[2]

NOT_FOR_READS = {
    *("asyncio", "aiohttp", "eth_account", "eth_abi", "web3", "coincurve", "getpass"),
    *("ocn_registry.intents.entries", "ocn_registry.signing", "ocn_registry.flows.write"),
}

# What the script of the installed command does, and then what was loaded.
PROGRAM = """
import sys
from ocn_registry.cli.__main__ import program
from ocn_registry.cli.commands import commands
code = program()
print(*sys.modules, file=sys.stderr)
sys.exit(code)
"""


@pytest.mark.parametrize("words", [["get-node"], ["list-parties"], ["list-nodes", "--csv"]])
def test_read_loads_nothing_that_writes_nor_an_event_loop(words, network_file, listed_node):
    address = [listed_node.address] if words == ["get-node"] else []
    finished = subprocess.run(
        [sys.executable, "-c", PROGRAM, *words, *address, "--network-file", network_file],
        capture_output=True,
        text=True,
        check=True,
    )
    assert not NOT_FOR_READS & set(finished.stderr.split())


def test_installed_command_runs_the_module():
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    entry = EntryPoint("ocn-registry", scripts["ocn-registry"], "console_scripts")
    assert entry.load() is program


def test_commands_are_found_by_their_first_word():
    for command in commands():
        first, _, rest = command.path.partition(" ")
        for word in (first, *([] if rest else command.aliases)):
            assert command in commands(word)
    assert {each.path.split()[0] for each in commands("tx")} == {"tx"}
