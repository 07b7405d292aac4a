"""Mistakes of newcomers: one line says what is wrong, and what to do."""

import json

import pytest

KEY = "59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d"
SET_NODE = ("set-node", "https://node.example.org", "--signer")
PREPARE = ("request", "prepare", "set-node", "https://node.example.org", "-a", f"0x{'12' * 20}")


@pytest.fixture
def files(tmp_path):
    """Create files of several kinds in the command's folder."""
    contents = {
        "key": KEY,
        "words": "test " * 11 + "junk",
        "store.json": json.dumps({"crypto": {}, "version": 3}),
        "flat.json": json.dumps({"registry": "0x" + "ab" * 20}),
        "names.json": json.dumps({"contracts": {"registry": {"address": "0x" + "ab" * 20}}}),
        "broken.json": "{",
        "other.json": "{}",
    }
    for name, content in contents.items():
        (tmp_path / name).write_text(content)
        (tmp_path / name).chmod(0o600)
    (tmp_path / "folder").mkdir()
    return tmp_path


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("help",), "did you mean --help?"),
        (("GET-NODE",), "'GET-NODE': did you mean get-node?"),
        (("get-party", "DE", "ABC"), "add -c CC PID, as in -c DE ABC, or -a ADDRESS"),
        (
            ("get-party", "--adress", "0x12"),
            "--adress (did you mean --address?)",
        ),
        (("register", "-c", "DE", "ABC", "--operatr=0x12"), "--operatr (did you mean --operator?)"),
        (("set-party-raw", "--role", "CPO"), "--role (did you mean --roles?)"),
        (("register", "-c", "DE", "ABC"), "arguments are required: -o/--operator"),
        (("get-party", "\u2013c", "DE", "ABC"), "begins with a typographic dash: write -c"),
        (("get-party", "\u2014address", "0x12"), "a typographic dash: write --address"),
        ((*SET_NODE, "key", "--max-fee", "10 gwei"), "'10 gwei' is not a valid price in wei"),
        ((*SET_NODE, "key", "--max-cost", "0,01"), "'0,01' is not a valid amount: give one"),
        ((*SET_NODE, "key", "--max-cost", "1e-2"), "'1e-2' is not a valid amount: give one"),
        ((*PREPARE, "--valid-for", "40d"), "'40d' is too long: a request can be used for at most"),
        ((*PREPARE, "--valid-for", "1h30m"), "give one such as 30m, 12h or 7d"),
        ((*PREPARE, "--deadline", "2027-01-01"), "is not a valid time in Unix seconds"),
        (("request", "status", f"0x{'ab' * 32}"), "names no relay: add --relay URL"),
        (("completion", "csh"), "'csh' is not one of bash, zsh, fish"),
        (("list-nodes", "-n", "moon"), "'moon' is not a valid network: use one of local, volta"),
        (("list-nodes", "--network-file", "flat.json"), "has no chainId, provider or contracts"),
        (("list-nodes", "--network-file", "names.json"), "use Registry and Permissions"),
        (("list-nodes", "--out", "nowhere/file"), "there is no folder 'nowhere': create it first"),
        (("list-nodes", "--out", ""), "argument --out: the path is empty: name a file"),
        (("identity", "new", ""), "argument PATH: the path is empty: name a file"),
        (("request", "show", "other.json"), "other.json: the request has the wrong keys"),
        (("request", "show", "broken.json"), "broken.json: the request is not valid JSON"),
        (("request", "show", "key"), "key: the request is not valid JSON"),
        (("tx", "list", "--journal", "folder"), "folder' is not a regular file"),
        ((*SET_NODE, "key"), "did you mean file:key?"),
        ((*SET_NODE, "store.json"), "did you mean keystore:store.json?"),
        ((*SET_NODE, "keystore:words"), "it is a recovery phrase"),
        ((*SET_NODE, "file:store.json"), "its 'cipher' is missing, or not text"),
        ((*SET_NODE, "env:NO_SUCH"), "'NO_SUCH' is not set"),
        ((*SET_NODE, "command:no-such-program"), "it was not found; give its full path"),
        ((*SET_NODE, "command:echo hello"), "'echo hello' does not name its account: 'hello' is"),
        (
            ("set-node", "ftp://node.example.org", "--signer", "file:key"),
            "use https://node.example",
        ),
        (
            ("set-node", "https://a:b@node.example.org", "--signer", "file:key"),
            "a user and a password can't be listed; use https://node.example.org",
        ),
    ],
)
def test_mistake_is_named_with_what_to_do(anywhere, words, says):
    finished = anywhere(*words)
    assert (finished.returncode, finished.stdout) == (2, "")
    assert says in finished.stderr
    assert "Traceback" not in finished.stderr
    assert len(finished.stderr.removesuffix("\n").splitlines()) <= 2


@pytest.mark.parametrize(
    ("content", "says"),
    [("{", "it is not valid JSON"), ("{}", "it has no 'format'"), ("[]", "not a snapshot")],
)
def test_file_that_is_not_a_snapshot_is_reported_in_plain_words(anywhere, tmp_path, content, says):
    (tmp_path / "snapshot.json").write_text(content)
    finished = anywhere("migrate", "plan", "snapshot.json")
    assert (finished.returncode, finished.stdout) == (2, "")
    assert says in finished.stderr
    assert "Expecting" not in finished.stderr


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://127.0.0.1:9", "nothing listens there"),
        ("http://no-such-host.invalid", "the name of its host is not known"),
    ],
)
def test_why_a_node_cannot_be_reached_is_reported_in_plain_words(anywhere, url, why):
    finished = anywhere("list-nodes", "--rpc-url", url)
    assert finished.returncode == 5
    assert f"can't be reached ({why})" in finished.stderr
