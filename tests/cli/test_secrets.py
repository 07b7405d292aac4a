"""A key in a wrong place is never printed, for every option of every command."""

import contextlib
import functools
import io
import os
import sys
import time
from argparse import ArgumentParser

import pytest

from ocn_registry import KeySigner
from ocn_registry.cli.commands import commands
from ocn_registry.cli.main import main
from ocn_registry.cli.parser import add_options, parser_of
from ocn_registry.signing.program import program_signer

KEY = "be367b774603c65850ee2cf479df809174f95cdb847483db2a6bcf1aad0fa5fd"
SECRET = "s3cr3t-of-a-provider"  # noqa: S105 - a part of a URL
NOWHERE = "http://127.0.0.1:9"
ADDRESS = "0x9bC1169Ca09555bf2721A5C9eC6D69c8073bfeB4"
HASH = "0x" + "1f" * 32
FORMS = {
    "key": KEY,
    "key-0x": f"0x{KEY}",
    "key-capital": KEY.upper(),
    "env": f"env:{KEY}",
    "keystore": f"keystore:{KEY}",
    "file": f"file:0x{KEY}",
    "command": f"command:{KEY}",
    "path": f"/nowhere/{KEY}.json",
    "url": f"https://rpc.example.invalid/v3/{KEY}",
    "list": f"{KEY},{KEY}",
    "invisible": f"{KEY}\u200b",
}
# The values of options that a test is not about.
FITTING = {
    "roles": ("CPO",),
    "permissions": ("FORWARD_ALL",),
    "credentials": ("DE", "ABC"),
    "tx_hash": (HASH,),
    "address": (ADDRESS,),
    "provider": (ADDRESS,),
    "operator": (ADDRESS,),
    "account": (ADDRESS,),
    "domain": ("https://node.example.org",),
    "reason": ("why",),
    "out": ("never/written",),
    "file": ("missing.json",),
    "files": ("missing.json",),
    "path": ("never/written.json",),
}
COMMON = {"network", "network_file", "rpc_url", "proxy", "ca_file", "profile", "json", "help"}
# These run until they are stopped, or look for a chain on this machine.
ENDLESS = {"devnet", "watch"}


@functools.cache  # always the same objects: `line` looks for the one that is tried
def actions(command):
    parser = ArgumentParser(add_help=False)
    add_options(parser, command)
    exclusive = {
        action: group
        for group in parser._mutually_exclusive_groups
        for action in group._group_actions
    }
    return parser._actions, exclusive


def line(command, tried, value):
    """Return the words of a command in which one option or argument has a wrong value."""
    every, exclusive = actions(command)
    words = [*command.path.split()]
    for action in every:
        group = exclusive.get(action)
        rival = group is not None and group is exclusive.get(tried) and action is not tried
        needed = action.required or (group is not None and group.required and not rival)
        if action is not tried and (rival or not needed):
            continue
        given = FITTING.get(action.dest, (ADDRESS,))
        if action is tried:
            given = (value, *given[1:])
        elif group is not None and action is not group._group_actions[0] and action is not tried:
            continue
        words += [*action.option_strings[:1], *given]
    return [*words, "--rpc-url", NOWHERE, "--timeout-of-nothing"][:-1]


CASES = [
    pytest.param(command, action.dest, id=f"{command.path}-{action.dest}")
    for command in commands()
    if command.path not in ENDLESS
    for action in actions(command)[0]
    if action.dest not in COMMON and action.nargs != 0
]


NAMES = {name for each in commands() for name in (*each.path.split(), *each.aliases)}


@functools.cache
def parser_for(first, named):
    """Return the parser of a command line, which depends on its first word and the names in it."""
    return parser_of([*first, *named])


@pytest.fixture
def said(monkeypatch, tmp_path):
    """Run a command in this process; return everything that it prints."""
    monkeypatch.setattr(
        "ocn_registry.cli.parser.parser_of",
        lambda argv: parser_for(tuple(argv[:1]), frozenset(argv) & NAMES),
    )

    def run(words, stdin="", **variables):
        out, err = io.StringIO(), io.StringIO()
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(time, "sleep", lambda _: None)  # no node answers, however often
        with monkeypatch.context() as changed:
            kept = {"PATH": os.environ["PATH"], "XDG_CONFIG_HOME": str(tmp_path / "config")}
            changed.setattr(os, "environ", kept | {"XDG_STATE_HOME": str(tmp_path)} | variables)
            changed.setattr(sys, "stdin", io.StringIO(stdin))
            with (
                contextlib.redirect_stdout(out),
                contextlib.redirect_stderr(err),
                contextlib.suppress(SystemExit),
            ):
                main(words)
        return out.getvalue() + err.getvalue()

    return run


@pytest.mark.parametrize(("command", "dest"), CASES)
def test_a_key_in_place_of_a_value_is_not_printed(command, dest, said):
    (tried,) = [action for action in actions(command)[0] if action.dest == dest]
    for form in FORMS.values():
        words = line(command, tried, form)
        assert form in words
        text = said(words, OCN_DEBUG="1")
        assert KEY not in text.lower(), text


@pytest.mark.parametrize(
    "option",
    ["-n", "--network-file", "--rpc-url", "--proxy", "--ca-file", "--profile", "-s", "-x", "--nf"],
)
@pytest.mark.parametrize("place", ["before", "after", "joined"])
def test_a_key_in_an_option_of_all_commands_is_not_printed(option, place, said):
    for form in FORMS.values():
        given = [f"{option}={form}"] if place == "joined" else [option, form]
        words = ["get-node", ADDRESS]
        text = said([*given, *words] if place == "before" else [*words, *given])
        assert KEY not in text.lower(), text


@pytest.mark.parametrize(
    "words",
    [
        lambda form: [form],
        lambda form: ["get-node", ADDRESS, form],
        lambda form: ["request", form],
        lambda form: ["get-nod", form],
        lambda form: ["get-node", f"--{form}"],
        lambda form: [f"-s{form}", "delete-node"],
    ],
)
def test_a_key_as_a_word_too_many_is_not_printed(words, said):
    for form in FORMS.values():
        text = said(words(form))
        assert KEY not in text.lower(), text


def test_a_phrase_or_a_key_in_several_words_is_not_printed(said):
    phrase = "legal winner thank year wave sausage worth useful legal winner thank yellow"
    for secret, part in (
        (phrase, "sausage worth useful"),
        (phrase.upper(), "SAUSAGE WORTH USEFUL"),
        (f"{KEY[:32]} {KEY[32:]}", KEY[32:]),
    ):
        for words in (
            secret.split(),
            ["get-node", *secret.split()],
            ["get-node", ADDRESS, *secret.split()],
            ["delete-node", "-s", *secret.split()],
            ["devnet", "--port", *secret.split()],
            ["completion", secret],
            ["request", "--reason", *secret.split()],
        ):
            text = said(words, OCN_DEBUG="1")
            assert part not in text, text


@pytest.mark.parametrize("variable", ["SIGNER", "SPENDER", "SENDER", "OCN_RPC_URL", "OCN_PROFILE"])
def test_a_key_in_a_variable_is_not_printed(variable, said):
    for form in FORMS.values():
        for words in (
            ["delete-node-raw", "-n", "volta", "--rpc-url", NOWHERE],
            ["settings"],
            ["list-nodes", "--rpc-url", NOWHERE],
        ):
            if variable == "OCN_RPC_URL" and words[0] == "list-nodes" and "://" in form:
                continue  # it would be asked
            text = said(words, **{variable: form})
            assert KEY not in text.lower(), text


@pytest.mark.parametrize(
    "setting",
    [
        "network",
        "rpc_url",
        "signer",
        "spender",
        "profile",
        "passphrase_file",
        "wait",
        "max_fee",
        KEY,
    ],
)
def test_a_key_in_the_settings_is_not_printed(setting, said, tmp_path):
    folder = tmp_path / "config" / "ocn-registry"
    folder.mkdir(parents=True)
    file = folder / "settings.toml"
    for form in FORMS.values():
        for text in (
            f'"{setting}" = "{form}"',
            f'["{form}"]',
            f"{setting} = {form}",
            f'[profiles."{form}"]\n"{setting}" = "x"',
        ):
            file.write_text(text)
            file.chmod(0o600)
            for words in (["settings"], ["delete-node", "--rpc-url", NOWHERE]):
                shown = said(words)
                assert KEY not in shown.lower(), shown


@pytest.mark.parametrize("name", ["signer", "passphrase", "network", "request", "credentials"])
def test_a_key_in_a_file_of_another_kind_is_not_printed(name, said, tmp_path):
    file = tmp_path / "file.json"
    for content in (
        KEY,
        f"0x{KEY}",
        f'{{"{KEY}": "0x{KEY}"}}',
        f'["{KEY}"]',
        f'{{"chainId": "{KEY}"}}',
        f'{{"roles": [{{"country_code": "{KEY}", "party_id": "0x{KEY}", "role": "{KEY}"}}]}}',
        f'{{"roles": [{{"country_code": "DE", "party_id": "ABC", "role": "{KEY}"}}]}}',
    ):
        file.write_text(content)
        file.chmod(0o600)
        words = {
            "signer": ["delete-node", "-s", f"keystore:{file}", "--passphrase-file", str(file)],
            "passphrase": [
                "identity",
                "show",
                "-s",
                "keystore:missing",
                "--passphrase-file",
                str(file),
            ],
            "network": ["list-nodes", "--network-file", str(file)],
            "request": ["request", "show", str(file)],
            "credentials": ["register", "--from-credentials", str(file), "-o", ADDRESS],
        }[name]
        text = said([*words, "--rpc-url", NOWHERE], OCN_DEBUG="1")
        assert KEY not in text.lower(), text


def test_the_rest_of_a_url_is_not_printed(said):
    url = f"{NOWHERE}/v3/{SECRET}?key={SECRET}"
    proxy = f"http://user:{SECRET}@127.0.0.1:9"
    for words in (
        ["list-nodes", "--rpc-url", url],
        ["list-nodes", "--rpc-url", NOWHERE, "--proxy", proxy],
        ["settings", "--rpc-url", url, "--proxy", proxy],
        ["doctor", "--rpc-url", url],
        ["delete-node", "-s", KEY, "--rpc-url", url],
        ["list-nodes", "--rpc-url", url.replace("http", "ftp")],
        ["list-nodes", "--proxy", proxy.replace("http", "ftp")],
        ["-n", url, "list-nodes"],
    ):
        text = said(words, OCN_DEBUG="1")
        assert SECRET not in text, text


def test_a_requested_hash_is_printed(said):
    text = said(["tx", "status", HASH, "--rpc-url", NOWHERE])
    assert "hidden" not in text


def test_a_program_that_signs_gets_no_key(monkeypatch, tmp_path):
    seen = tmp_path / "seen"
    program = tmp_path / "program.py"
    program.write_text(
        "import json, os, sys\n"
        f"open({str(seen)!r}, 'w').write(json.dumps(dict(os.environ)))\n"
        f"print({ADDRESS!r})\n"
    )
    for name, value in (("SPENDER", f"0x{KEY}"), ("MY_KEY", KEY), ("SIGNER", "keystore:x")):
        monkeypatch.setenv(name, value)
    signer = program_signer(f"{sys.executable} {program}")
    assert signer.address == ADDRESS
    given = seen.read_text()
    assert KEY not in given
    assert "PATH" in given
    assert KeySigner.from_env("MY_KEY").address  # ours is untouched
