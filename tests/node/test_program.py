"""The example as a program, started as in its README, with a settings file and separate secrets."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from node.serve import Server, StartFailed, listen, url_of
from node.settings import Rules, read
from ocn_registry_ports import free_port

from ocn_registry import InvalidInput, KeySigner, Module, RegistryClient
from ocn_registry.models import Interface, PartyId
from ocn_registry.transport.http_sync import HttpTransport

EXAMPLES = Path(__file__).parents[2] / "examples"
SETTINGS = re.search(r"```json\n(.*?)```", (EXAMPLES / "node" / "README.md").read_text(), re.DOTALL)
TOKENS = {"CPO_TOKEN_IN": "secret-in", "CPO_TOKEN_OUT": "secret-out"}


@pytest.fixture
def tokens(monkeypatch):
    for name, value in TOKENS.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def changed(devnet, tmp_path):
    """Return a function that writes README's settings with changes; it gives the file."""

    def write(**changes):
        deployment = devnet.deployment()
        network = tmp_path / "network.json"
        fields = {
            "chainId": deployment.chain_id,
            "dialect": deployment.dialect,
            "registry": deployment.registry,
            "permissions": deployment.permissions,
            "rpcUrls": deployment.rpc_urls,
        }
        network.write_text(json.dumps(fields))
        settings = json.loads(SETTINGS[1]) | {"network": str(network)} | changes
        path = tmp_path / "settings.json"
        path.write_text(json.dumps(settings))
        return path

    return write


@pytest.fixture
def start(devnet, tmp_path):
    """Yield a function that starts the program; it ends with the test."""
    running = []

    def started(path, **environment):
        key = devnet.accounts[1].private_key
        running.append(
            subprocess.Popen(
                [sys.executable, "-m", "node", path],
                cwd=EXAMPLES,
                env={**os.environ, "OPERATOR_KEY": key, **TOKENS, **environment},
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
        return running[-1]

    yield started
    for program in running:
        program.kill()
        program.communicate()


def test_program_serves_until_it_is_interrupted(devnet, changed, start, tmp_path):
    url = f"http://127.0.0.1:{free_port()}"
    operator = KeySigner.from_key(devnet.accounts[1].private_key)
    transport = HttpTransport([devnet.rpc_url], chain_id=devnet.chain_id)
    with RegistryClient(devnet.deployment(), transport) as client:
        client.set_node(url, signer=operator)
    program = start(changed(url=url, file=str(tmp_path / "registry.sqlite")))
    assert program.stdout.readline() == f"{operator.address} listens at {url}\n"
    with urllib.request.urlopen(f"{url}/ocn/registry/node-info", timeout=120) as response:  # noqa: S310
        assert json.load(response) == {"url": url, "address": operator.address}
    program.send_signal(signal.SIGINT)
    out, error = program.communicate(timeout=240)
    assert (program.returncode, out, error) == (0, "", "")
    assert (tmp_path / "registry.sqlite").exists()


@pytest.mark.parametrize(
    ("changes", "environment", "why"),
    [
        ({"network": "nowhere"}, {}, "nowhere"),
        ({"limits": {"unknown": 1}}, {}, "unknown"),
        ({"platforms": {"CPO": {}}}, {}, "endpoints"),
        ({}, {"CPO_TOKEN_IN": ""}, "CPO_TOKEN_IN"),
        ({}, {"OPERATOR_KEY": "12"}, "OPERATOR_KEY"),
    ],
    ids=str,
)
def test_bad_settings_are_one_clear_line(changed, start, changes, environment, why):
    program = start(changed(**changes), **environment)
    out, error = program.communicate(timeout=240)
    assert program.returncode == 1
    assert out == ""
    assert error.count("\n") == 1
    assert why in error
    assert "secret" not in error


def test_port_that_is_taken_is_one_clear_line(changed, start, tmp_path):
    with listen() as taken:
        program = start(changed(url=url_of(taken), file=str(tmp_path / "registry.sqlite")))
        _, error = program.communicate(timeout=240)
    assert program.returncode == 1
    assert error.count("\n") == 1
    assert error.startswith("OSError: ")


def test_application_that_ends_by_itself_does_not_keep_its_server_waiting():
    async def broken(_scope, _receive, _send):
        raise RuntimeError("broken")

    async def silent(_scope, _receive, _send):
        return

    async def serve(application):
        async with asyncio.timeout(20), Server(application, listen()):
            raise AssertionError("it serves")

    with pytest.raises(RuntimeError, match="broken"):
        asyncio.run(serve(broken))
    with pytest.raises(StartFailed, match="has ended"):
        asyncio.run(serve(silent))


def test_settings_are_printed_without_tokens(tokens):
    settings = read(SETTINGS[1])
    (platform,) = settings.platforms
    assert (platform.token_in, platform.token_out) == ("secret-in", "secret-out")
    assert platform.parties == {PartyId("DE", "CPO")}
    assert set(platform.endpoints) == {(Module.COMMANDS, Interface.RECEIVER)}
    assert settings.limits.registry_age_s == 60
    assert "secret" not in repr(settings)
    assert settings.sending("Token secret-in") is platform
    assert settings.sending("Basic secret-in") is None
    msp = PartyId("NL", "MSP")
    assert platform.rules.let(msp, Module.COMMANDS)
    assert not platform.rules.let(msp, Module.CDRS)


def test_lists_filter_messages():
    sender, other = PartyId("NL", "MSP"), PartyId("NL", "XXX")
    black = Rules(blacklist={sender: frozenset([Module.CDRS])})
    assert [black.let(one, Module.CDRS) for one in (sender, other)] == [False, True]
    assert Rules().let(other, Module.CDRS)


@pytest.mark.parametrize("text", ["", "[]", "5", '{"platforms": 5}'])
def test_what_is_not_a_settings_file_is_refused(text):
    with pytest.raises(InvalidInput, match="the settings can't be used"):
        read(text)
