"""Completion for bash, made of the same commands and options as the help."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from ocn_registry.cli.arguments import Parser, commands
from ocn_registry.cli.codes import DONE
from ocn_registry.cli.names import MODULES, NETWORKS, PERMISSIONS, ROLES
from ocn_registry.cli.options import everywhere
from ocn_registry.cli.render import put

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Mapping, Sequence

_SCRIPT = """\
# Completion for ocn-registry. In bash:  source <(ocn-registry completion)
# In zsh, before that:                   autoload -U bashcompinit && bashcompinit
_ocn_registry() {{
  local cur="${{COMP_WORDS[COMP_CWORD]}}" path="" words="" last="" word
  for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
    case "$word" in -*) last="$word";; esac
    case "$path $word" in
{steps}
        path="$path $word"; last="";;
    esac
  done
  case "$last" in
{values}
  esac
  case "$cur" in -*) words="";; esac
  if [ -z "$words" ]; then
    case "$path" in
{words}
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}}
complete -o default -F _ocn_registry ocn-registry
"""


def completion(_: Namespace) -> int:
    """Print the script."""
    put(script().rstrip("\n"))
    return DONE


def script() -> str:
    """Make the script."""
    below: dict[str, list[str]] = {"": []}
    for command in commands():
        *groups, name = command.path.split()
        for depth in range(len(groups)):
            _add(below, groups[:depth], groups[depth])
        for each in (name, *command.aliases):
            _add(below, groups, each)
            parser = Parser(prog="ocn-registry")
            command.options(parser)
            everywhere(parser)
            found = re.findall(r"(?<![\w-])--?[a-z][a-z-]*", parser.format_help())
            below[" ".join(["", *groups, each])] = sorted({"--help", *found})
    values = {
        "-n|--net|--network": NETWORKS,
        "-r|--roles": ROLES,
        "--si|--sender-interface|--ri|--receiver-interface": MODULES,
        "-p|--permissions": PERMISSIONS,
        "--wait": ("confirmed", "final"),
    }
    return _SCRIPT.format(
        steps="|\\\n".join([f"      {shlex.quote(path)}" for path in below if path]) + ")",
        values=_cases(values),
        words=_cases({shlex.quote(path): words for path, words in below.items()}),
    )


def _add(below: dict[str, list[str]], groups: list[str], name: str) -> None:
    names = below.setdefault(" ".join(["", *groups]) if groups else "", [])
    if name not in names:
        names.append(name)


def _cases(words: Mapping[str, Sequence[str]]) -> str:
    return "\n".join([f'    {case}) words="{" ".join(found)}";;' for case, found in words.items()])
