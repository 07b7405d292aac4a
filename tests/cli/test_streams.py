"""A command whose output is full, closed or no longer read; and Ctrl-C before it starts."""

import subprocess
import sys

import pytest

URL = "https://node.example.org"
FULL = "error: the output can't be used: No space left on device\n"


@pytest.fixture
def deployment(fresh):
    return fresh.deployment()


@pytest.fixture
def shell(network_file):
    """Run our command with redirected streams."""

    def run(redirection, *words):
        command = [sys.executable, "-m", "ocn_registry.cli", *words, "--network-file", network_file]
        script = f'"$@" {redirection}'
        return subprocess.run(
            ["/bin/bash", "-o", "pipefail", "-c", script, "bash", *command],
            capture_output=True,
            text=True,
            check=False,
        )

    return run


@pytest.mark.usefixtures("listed_node")
@pytest.mark.parametrize("words", [["list-nodes"], ["list-nodes", "--csv"], ["--version"]])
def test_full_output_is_one_clear_line(shell, words):
    finished = shell("> /dev/full", *words)
    assert (finished.returncode, finished.stderr) == (1, FULL)


@pytest.mark.usefixtures("listed_node")
def test_closed_output_is_ignored(shell):
    finished = shell(">&-", "list-nodes")
    assert (finished.returncode, finished.stderr) == (0, "")


def test_write_succeeds_without_a_reader(shell, client, devnet, operator):
    key = devnet.accounts[1].private_key
    finished = shell(">&- 2>&-", "set-node", URL, "--signer", key)
    assert finished.returncode == 0
    assert client.node(operator.address).domain == URL


def test_write_that_cannot_show_its_plan_is_not_sent(shell, client, devnet, operator):
    key = devnet.accounts[1].private_key
    assert shell("2> /dev/full", "set-node", URL, "--signer", key).returncode != 0
    assert client.node(operator.address) is None


@pytest.mark.parametrize("words", [["request", "show", "-"], ["set-node", URL, "--signer", "me"]])
def test_closed_input_is_like_an_empty_one(shell, words, devnet):
    finished = shell(
        "<&-", *[devnet.accounts[1].private_key if word == "me" else word for word in words]
    )
    assert finished.returncode in {0, 2}
    assert "unexpected" not in finished.stderr


@pytest.mark.usefixtures("listed_node")
def test_reader_that_closes_early_is_not_an_error(shell):
    finished = shell("| true", "list-nodes")
    assert (finished.returncode, finished.stderr) == (1, "")


def test_ctrl_c_at_the_start_is_one_line():
    interrupted = (
        "import sys, types\n"
        "class Reading(types.ModuleType):\n"
        "    @property\n"
        "    def main(self): raise KeyboardInterrupt\n"
        "sys.modules['ocn_registry.cli.main'] = Reading('main')\n"
        "from ocn_registry.cli.__main__ import program\n"
        "sys.exit(program())\n"
    )
    finished = subprocess.run(
        [sys.executable, "-c", interrupted], capture_output=True, text=True, check=False
    )
    assert (finished.returncode, finished.stderr) == (130, "interrupted\n")


def test_ctrl_c_within_code_that_is_made_from_text_ends_with_the_same_code(tmp_path):
    (tmp_path / "interrupted.py").write_text(
        "import sys\n"
        "from ocn_registry.cli import main\n"
        "main.parse = lambda words: exec('raise KeyboardInterrupt')\n"
        "from ocn_registry.cli.__main__ import program\n"
        "sys.exit(program())\n"
    )
    finished = subprocess.run(
        [sys.executable, "-m", "interrupted"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (finished.returncode, finished.stderr) == (130, "interrupted\n")
