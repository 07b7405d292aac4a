"""Rules for every command: options, errors, exit codes."""

import json
import subprocess
import sys

import pytest

HEAVY = (
    "web3",
    "eth_account",
    "urllib3",
    "aiohttp",
    "ocn_registry.client.sync_client",
    "Crypto",
    "ape",
)


def test_help_loads_nothing_heavy(anywhere):
    program = (
        "import sys\n"
        "from ocn_registry.cli.main import main\n"
        "try: main(sys.argv[1:])\n"
        "except SystemExit: pass\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)\n"
    )
    for words in (["--help"], ["get-party", "--help"]):
        finished = subprocess.run(
            [sys.executable, "-c", program, *words], capture_output=True, text=True, check=True
        )
        assert finished.stderr == "[]\n"


def test_help_reports_commands_and_exit_codes(anywhere):
    finished = anywhere("--help")
    assert (finished.returncode, finished.stderr) == (0, "")
    for expected in ("get-node", "list-parties", "not listed", "130"):
        assert expected in finished.stdout


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([], "usage:"),
        (["get-nod", "0x"], "there is no command 'get-nod': did you mean get-node?"),
        (["request", "prepar"], "prepare?"),
        (["get-node", "no address"], "not a valid address"),
        (["get-party"], "-a ADDRESS"),
        (["get-party", "-c", "de*abc"], "write the id as two words, for example -c DE ABC"),
        (["list-nodes", "-n", "volt"], "did you mean volta?"),
        (["list-nodes", "-network", "volta"], "use two dashes, --network"),
        (
            ["list-nodes", "--jsn"],
            "--jsn (did you mean --json?)\nsee: ocn-registry list-nodes --help",
        ),
        (["owner", "show", "me.json"], "me.json\nsee: ocn-registry owner show --help"),
        (["request", "--foo"], "--foo\nsee: ocn-registry request --help"),
        (["list-nodes", "--network-file", "missing.json"], "missing.json"),
        (["list-nodes", "--ca-file", "missing.pem"], "missing.pem"),
        (["tx", "status", "0x12"], "'0x12' is not a valid hash"),
        (["verify", "--permissions-tx", "latest"], "'latest' is not a valid hash"),
        (["list-nodes", "--proxy", "nonsense"], "the proxy is not a valid URL"),
        (["list-nodes", "--proxy", "http://["], "the proxy is not a valid URL"),
        (["list-nodes", "--proxy", "http://host:99999"], "the proxy is not a valid URL"),
    ],
)
def test_invalid_arguments_are_reported_in_one_sentence(anywhere, words, says):
    finished = anywhere(*words)
    assert (finished.returncode, finished.stdout) == (2, "")
    assert says in finished.stderr
    assert "Traceback" not in finished.stderr


def test_a_network_file_of_brackets_is_reported_in_a_sentence(anywhere, tmp_path):
    (tmp_path / "deep.json").write_text("[" * 1_000)
    finished = anywhere("list-nodes", "--network-file", "deep.json")
    assert (finished.returncode, finished.stdout) == (2, "")
    assert "is not valid JSON: nested too deeply" in finished.stderr


def test_errors_quote_no_key(anywhere):
    key = "be367b774603c65850ee2cf479df809174f95cdb847483db2a6bcf1aad0fa5fd"
    for words in (["list-nodes", "--singer", f"0x{key}"], ["list-nodes", "-n", key]):
        finished = anywhere(*words)
        assert finished.returncode == 2
        assert key not in finished.stderr


def test_missing_chain_is_reported_with_advice(anywhere):
    finished = anywhere("list-nodes", "--rpc-url", "http://127.0.0.1:9")
    assert (finished.returncode, finished.stdout) == (5, "")
    assert "ocn-registry devnet" in finished.stderr


def test_a_deployment_file_and_the_environment_choose_the_chain(anywhere, devnet, tmp_path):
    here = devnet.deployment()
    own = {
        "chainId": here.chain_id,
        "dialect": here.dialect,
        "registry": here.registry,
        "permissions": here.permissions,
    }
    file = tmp_path / "own.json"
    file.write_text(json.dumps(own))
    finished = anywhere("list-nodes", "--network-file", file, OCN_RPC_URL=devnet.rpc_url)
    assert (finished.returncode, finished.stdout) == (0, "[]\n")


def test_the_flag_beats_the_environment(anywhere, devnet):
    finished = anywhere("list-nodes", "--rpc-url", devnet.rpc_url, OCN_RPC_URL="http://127.0.0.1:9")
    assert (finished.returncode, finished.stdout) == (0, "[]\n")
    assert anywhere("list-nodes", OCN_RPC_URL="http://127.0.0.1:9").returncode == 5


def test_options_may_precede_the_command(anywhere, devnet):
    finished = anywhere("-n", "local", "--rpc-url", devnet.rpc_url, "list-nodes")
    assert finished.stdout == "[]\n"
