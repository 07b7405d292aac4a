"""The pytest plugin, for authors of node software; other tests don't notice it."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

TESTS = """
from ocn_registry import Permission, Role

def test_message_reaches_the_other_node(ocn):
    theirs = ocn.node("https://theirs.example")
    ocn.party("DE", "CPO", Role.CPO, node=theirs)
    assert ocn.cache().route("DE", "CPO").domain == theirs.domain

def test_service_gets_what_was_agreed(ocn):
    node = ocn.node()
    user, provider = ocn.party("DE", "CPO", node=node), ocn.party("DE", "SRV", node=node)
    ocn.service(provider, Permission.FORWARD_ALL)
    ocn.agreement(user, provider)
    cache = ocn.cache()
    found = cache.services_for("DE", "CPO", module="locations", interface="sender")
    assert [one.provider for one in found] == [provider.address]
    ocn.client.revoke_agreement(provider.address, signer=user.signer)
    cache.refresh()
    assert not cache.services_for("DE", "CPO", module="locations", interface="sender")
"""
PLUGIN = "ocn_registry.testing.pytest_plugin"


def run(folder, *arguments):
    command = [sys.executable, "-m", "pytest", "-p", "no:ape_test", "-p", PLUGIN, "-W", "error"]
    command += ["--rootdir", str(folder), "-c", "/dev/null", "-q", *arguments, str(folder)]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False)


@pytest.mark.parametrize("chain", ["memory", "anvil", "auto"])
def test_registry_is_ready_in_memory_and_on_anvil(tmp_path, chain):
    (tmp_path / "test_node.py").write_text(TESTS)
    done = run(tmp_path, f"--ocn-chain={chain}")
    assert "2 passed" in done.stdout, done.stdout + done.stderr


def test_unused_plugin_loads_nothing(tmp_path):
    (tmp_path / "test_other.py").write_text(
        "import sys\n"
        "def test_quiet():\n"
        "    ours = {name for name in sys.modules if name.split('.')[0] == 'ocn_registry'}\n"
        f"    assert ours == {{'ocn_registry', 'ocn_registry.testing', {PLUGIN!r}}}\n"
    )
    done = run(tmp_path)
    assert "1 passed" in done.stdout, done.stdout + done.stderr


def test_package_registers_the_plugin():
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())
    assert project["project"]["entry-points"]["pytest11"] == {"ocn_registry": PLUGIN}
