"""Completion: in each shell that is here, and everywhere what its script has to say."""

import re
import shutil
import subprocess

import pytest

from ocn_registry.cli.completion import script, values
from ocn_registry.cli.config.choices import MODULES, NETWORKS, PERMISSIONS, ROLES, SHELLS
from ocn_registry.cli.described import described, of_the_root

# What is typed, and what is offered then; FILES for the names of files.
CASES = [
    ("get-p", ["get-party"]),
    ("request pre", ["prepare"]),
    ("request prepare set-no", ["set-node"]),
    ("identity ", ["new", "show"]),
    ("-n volta tx ", ["cancel", "list", "speed-up", "status"]),
    ("--json list-n", ["list-nodes"]),
    ("list-nodes --rpc", ["--rpc-url"]),
    ("list-nodes -n vo", ["volta"]),
    ("list-nodes --net vo", ["volta"]),
    ("list-parties --role CP", ["CPO"]),
    ("list-parties --role CPO --int", ["--interface"]),
    ("set-party --roles CPO EM", ["EMSP"]),
    ("set-party -r CPO --oper", ["--operator"]),
    ("set-modules --si cdrs tok", ["tokens"]),
    ("set-modules-raw --ri cdrs --wait fin", ["final"]),
    ("set-service -p FORWARD_ALL_S", ["FORWARD_ALL_SENDER"]),
    ("completion f", ["fish"]),
    ("settings pa", ["path"]),
    ("request show one", ["FILES"]),
    ("list-nodes --network-file one", ["FILES"]),
]

BASH = """
COMP_WORDS=(ocn-registry {words}) COMP_CWORD={place}
_ocn_registry
printf '%s\\n' "${{COMPREPLY[@]:-FILES}}"
complete -p ocn-registry | grep -q -e '-o default'  # nothing of ours: files
"""
# The functions of zsh's completion, so that they tell what they are given.
ZSH_BEFORE = "compdef() { : }\n"
ZSH = """
offer() {{ print -rl -- ${{(M)@:#${{words[CURRENT]}}*}} }}
compadd() {{ shift; offer "$@" }}
compset() {{ : }}
_files() {{ print FILES }}
_describe() {{ offer "${{(@)found%%:*}}" }}
words=(ocn-registry {words}) CURRENT={place}
_ocn_registry
"""


def shell(name):
    return shutil.which(name) or pytest.skip(f"{name} is not installed here")


def offered_by_bash(line, folder):
    place = line.count(" ") + 1
    file = folder / "asked.bash"
    words = line if line[-1] != " " else f"{line}''"
    file.write_text(script("bash") + BASH.format(words=words, place=place))
    return told([shell("bash"), file])


def offered_by_zsh(line, folder):
    words = line if line[-1] != " " else f"{line}''"
    asked = ZSH.format(words=words, place=line.count(" ") + 2)
    file = folder / "asked.zsh"
    file.write_text(ZSH_BEFORE + script("zsh") + asked)
    return told([shell("zsh"), "-f", file])


def offered_by_fish(line, folder):
    (folder / "one-file").touch()
    (folder / "completion.fish").write_text(script("fish"))
    ask = f"source completion.fish; complete -C 'ocn-registry {line}'"
    offered = told([shell("fish"), "--no-config", "-c", ask], cwd=folder)
    names = [each.split("\t")[0] for each in offered]
    return ["FILES"] if names == ["one-file"] else names


def told(words, **options):
    finished = subprocess.run(words, capture_output=True, text=True, check=True, **options)
    assert finished.stderr == ""
    return finished.stdout.splitlines()


OFFERED = {"bash": offered_by_bash, "zsh": offered_by_zsh, "fish": offered_by_fish}


@pytest.mark.parametrize("name", SHELLS)
@pytest.mark.parametrize(("line", "expected"), CASES)
def test_completion_knows_commands_options_values_and_files(name, line, expected, tmp_path):
    offered = OFFERED[name](line, tmp_path)
    assert sorted(offered) == sorted(expected)


@pytest.mark.parametrize("name", SHELLS)
def test_a_shell_can_read_the_script(name, tmp_path):
    (tmp_path / "script").write_text(script(name))
    assert told([shell(name), "-n", tmp_path / "script"]) == []


START = {
    "bash": (("--norc", "--noprofile", "-i"), "bind 'set bell-style none'; . ./_ocn_registry"),
    "zsh": (("-f", "-i"), "fpath=($PWD $fpath); autoload -Uz compinit; compinit -D -u"),
}


@pytest.mark.parametrize("name", sorted(START))
def test_a_shell_completes_in_a_terminal(name, terminal, tmp_path):
    options, first = START[name]
    (tmp_path / "_ocn_registry").write_text(script(name))
    running = terminal(shell(name), *options, cwd=tmp_path, PS1="ready> ")
    running.read_until("ready> ")
    running.type(f"{first}; echo com''plete\n")
    running.read_until("complete\r\n")
    running.read_until("ready> ")
    running.type("ocn-registry list-nodes -n vol\t")
    running.read_until("volta")
    running.type("\x15exit\n")


# What every machine can tell, whatever shells it has.


def words_of(name, text):
    """Tell the words of a script, and options as they are typed."""
    if name == "fish":
        text = re.sub(r" -l ([\w-]+)", r" --\1", text)
        text = re.sub(r" -s (\w)\b", r" -\1", text)
    return set(re.findall(r"(?<![\w-])-{0,2}\w[\w-]*", text))


@pytest.mark.parametrize("name", SHELLS)
def test_a_script_has_every_command_option_and_value(name):
    found = words_of(name, script(name))
    for each in described():
        assert {*each.path, *each.aliases} <= found
    options = [*of_the_root(), *(option for each in described() for option in each.options)]
    for option in options:
        assert {*option.flags, *option.values} <= found
    assert {*NETWORKS, *ROLES, *MODULES, *PERMISSIONS, *SHELLS} <= found


@pytest.mark.parametrize("name", SHELLS)
def test_a_script_has_every_command_at_its_place(name):
    text = script(name)
    for each in described():
        for path in each.paths:
            place = f"' {' '.join(path)}'"
            quoted = place.replace("'", "\\'") if name == "fish" else place
            assert place in text
            assert quoted in text


def test_files_are_offered_where_files_are_taken():
    text = script("fish")
    lines = [line for line in text.splitlines() if "request sign" in line]
    assert any(line.endswith(" -F") for line in lines)
    files = {flag for each in values() for flag in each.option.flags if each.option.files}
    assert {"--network-file", "--ca-file", "--passphrase-file"} <= files
    assert "--rpc-url" not in files


def test_the_command_prints_the_script_of_a_shell(anywhere):
    assert anywhere("completion").stdout == anywhere("completion", "bash").stdout == script("bash")
    for name in SHELLS:
        assert anywhere("completion", name).stdout == script(name)
    assert anywhere("completion", "csh").returncode == 2
