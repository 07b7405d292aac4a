"""Completion: what each shell offers, from the script that the command prints."""

import shutil
import subprocess

import pytest

from ocn_registry.cli.commands import commands
from ocn_registry.cli.commands.completion import script
from ocn_registry.cli.config.choices import MODULES, NETWORKS, PERMISSIONS, ROLES, SHELLS

# The typed text and the expected completions. A file `one-file` is in the folder.
CASES = {
    "a command": ("get-p", ["get-party"]),
    "a group": ("request pre", ["prepare"]),
    "a command in a group": ("request prepare set-no", ["set-node"]),
    "all commands of a group": ("identity ", ["controller", "new", "rotate", "show"]),
    "a group after an option": ("-n volta tx ", ["cancel", "list", "speed-up", "status"]),
    "a command after a switch": ("--json list-n", ["list-nodes"]),
    "an option": ("list-nodes --rpc", ["--rpc-url"]),
    "a network": ("list-nodes -n vo", ["volta"]),
    "a network after another spelling": ("list-nodes --net vo", ["volta"]),
    "a role": ("list-parties --role CP", ["CPO"]),
    "an option after a value": ("list-parties --role CPO --int", ["--interface"]),
    "an option after several values": ("set-party -r CPO --oper", ["--operator"]),
    "how long to wait": ("set-modules-raw --ri cdrs --wait fin", ["final"]),
    "a permission": ("set-service -p FORWARD_ALL_S", ["FORWARD_ALL_SENDER"]),
    "a shell": ("completion f", ["fish"]),
    "an argument": ("settings pa", ["path"]),
    "a file": ("request show one", ["one-file"]),
    "a file after an option": ("list-nodes --network-file one", ["one-file"]),
}
# zsh and fish offer the first of several values only.
FURTHER_VALUES = {
    "a second role": ("set-party --roles CPO EM", ["EMSP"]),
    "a second module": ("set-modules --si cdrs tok", ["tokens"]),
}

BASH = """
COMP_WORDS=(ocn-registry {words}) COMP_CWORD={place}
_shtab_ocn_registry
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


def shell(name):
    return shutil.which(name) or pytest.skip(f"{name} is not installed here")


def output_of(words, folder):
    finished = subprocess.run(words, capture_output=True, text=True, check=True, cwd=folder)
    assert finished.stderr == ""
    return finished.stdout.splitlines()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("completion")
    (folder / "one-file").touch()
    for name in SHELLS:
        (folder / f"completion.{name}").write_text(script(name))
    (folder / "_ocn-registry").write_text(script("zsh"))
    return folder


@pytest.mark.parametrize("case", [*CASES, *FURTHER_VALUES])
def test_bash_completes(case, folder):
    line, expected = (CASES | FURTHER_VALUES)[case]
    words = line if line[-1] != " " else f"{line}''"
    ask = BASH.format(words=words, place=line.count(" ") + 1)
    offered = output_of([shell("bash"), "-c", f". ./completion.bash\n{ask}"], folder)
    assert sorted(offered) == sorted(expected)


@pytest.mark.parametrize("case", CASES)
def test_fish_completes(case, folder):
    line, expected = CASES[case]
    ask = f"source completion.fish; complete -C 'ocn-registry {line}'"
    offered = output_of([shell("fish"), "--no-config", "-c", ask], folder)
    assert sorted([each.split("\t")[0] for each in offered]) == sorted(expected)


START = {
    "bash": (("--norc", "--noprofile", "-i"), "bind 'set bell-style none'; . ./completion.bash"),
    "zsh": (("-f", "-i"), "fpath=($PWD $fpath); autoload -Uz compinit; compinit -D -u"),
}


@pytest.mark.parametrize("name", START)
def test_a_shell_completes_in_a_terminal(name, terminal, folder):
    options, first = START[name]
    running = terminal(shell(name), *options, cwd=folder, PS1="ready> ")
    running.read_until("ready> ")
    running.type(f"{first}; echo com''plete\n")
    running.read_until("complete\r\n")
    running.read_until("ready> ")
    running.type("ocn-registry list-nodes -n vol\t")
    running.read_until("volta")
    running.type("\x15exit\n")


@pytest.mark.parametrize("name", SHELLS)
def test_a_shell_can_read_the_script(name, folder):
    assert output_of([shell(name), "-n", f"completion.{name}"], folder) == []


@pytest.mark.parametrize("name", SHELLS)
def test_a_script_names_every_command_and_value(name):
    text = script(name)
    for command in commands():
        for word in (*command.path.split(), *command.aliases):
            assert word in text
    for value in (*NETWORKS, *ROLES, *MODULES, *PERMISSIONS, *SHELLS):
        assert value in text


def test_the_command_prints_the_script_of_a_shell(anywhere):
    assert anywhere("completion").stdout == script("bash") + "\n"
    for name in SHELLS:
        assert anywhere("completion", name).stdout == script(name) + "\n"
    assert anywhere("completion", "csh").returncode == 2
