"""The scripts of the shells. Each walks the words that are there, and so knows where it is.

For bash and zsh a place is the command's words, and `PLACE|OPTION` what is being told; fish knows
options itself, but for those that take several words.
"""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from ocn_registry.cli.completion import steps, values

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ocn_registry.cli.completion import Step, Value
    from ocn_registry.cli.described import Option

_WALK = """\
  for word in {words}; do
    case "$word" in -*) last="$word"; continue;; esac
    case "$at $word" in
      {places}) at="$at $word"; last=""; continue;;
    esac
    case "$at|$last" in
      {many}) ;;
      *) last="";;
    esac
  done
"""

_BASH = """\
# Completion for ocn-registry. In bash:  source <(ocn-registry completion)
_ocn_registry() {{
  local cur="${{COMP_WORDS[COMP_CWORD]}}" at="" last="" word words=""
{walk}
  COMPREPLY=()  # what stays empty, bash completes to files
  if [[ "$cur" != -* ]]; then
    case "$at|$last" in
{values}
    esac
    if [ -z "$words" ]; then
      case "$at" in
{names}
      esac
    fi
  fi
  if [ -z "$words" ]; then
    case "$at" in
{options}
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}}
complete -o default -F _ocn_registry ocn-registry
"""

_ZSH = """\
#compdef ocn-registry
# Completion for ocn-registry. In zsh, after compinit:  source <(ocn-registry completion zsh)
# or as a file _ocn_registry in a folder of $fpath.
_ocn_registry() {{
  local at="" last="" word
  local -a found
{walk}
  if [[ "${{words[CURRENT]}}" != -* ]]; then
    case "$at|$last" in
{values}
    esac
    case "$at" in
{names}
    esac
  fi
  case "$at" in
{options}
  esac
}}
if [ "$funcstack[1]" = "_ocn_registry" ]; then
  _ocn_registry "$@"
else
  compdef _ocn_registry ocn-registry
fi
"""

_FISH = """\
# Completion for ocn-registry. In fish:  ocn-registry completion fish | source
set -g __ocn_registry_places {places}
function __ocn_registry_at
    set -l at ""
    set -l told (commandline -opc)
    set -e told[1]
    for word in $told
        if contains -- "$at $word" $__ocn_registry_places
            set at "$at $word"
        end
    end
    contains -- "$at" $argv
end
function __ocn_registry_after
    set -l last
    for word in (commandline -opc)
        if string match -q -- "-*" $word
            set last $word
        end
    end
    contains -- "$last" $argv
end
complete -c ocn-registry -f
{lines}
"""


def bash() -> str:
    """Make the script for bash."""
    every = steps()
    return _BASH.format(
        walk=_walk(every, '"${COMP_WORDS[@]:1:COMP_CWORD-1}"'),
        values=_cases((_after(one), _bash_value(one.option)) for one in values()),
        names=_cases(
            (_at(one), "return;;" if one.files else _bash_words([name for name, _ in one.names]))
            for one in every
            if one.names or one.files
        ),
        options=_cases((_at(one), _bash_words(_flags(one))) for one in every),
    )


def zsh() -> str:
    """Make the script for zsh."""
    every = steps()
    return _ZSH.format(
        walk=_walk(every, '"${(@)words[2,CURRENT-1]}"'),
        values=_cases((_after(one), _zsh_value(one.option)) for one in values()),
        names=_cases(
            (_at(one), "_files; return;;" if one.files else _zsh_names(one))
            for one in every
            if one.names or one.files
        ),
        options=_cases((_at(one), _zsh_options(one)) for one in every),
    )


def fish() -> str:
    """Make the script for fish."""
    every = steps()
    return _FISH.format(
        places=" ".join([_fish(path) for one in every for path in one.paths if path]),
        lines="\n".join([line for one in every for line in _fish_lines(one)]),
    )


def _walk(every: list[Step], words: str) -> str:
    return _WALK.format(
        words=words,
        places="|".join([shlex.quote(path) for one in every for path in one.paths if path]),
        many="|".join([_after(one) for one in values() if one.option.many]),
    ).rstrip("\n")


def _cases(cases: Iterable[tuple[str, str]]) -> str:
    """Write the cases, those with the same body together."""
    found: dict[str, list[str]] = {}
    for pattern, body in cases:
        found.setdefault(body, []).append(pattern)
    return "\n".join([f"      {'|'.join(each)}) {body}" for body, each in found.items()])


def _at(step: Step) -> str:
    return "|".join([shlex.quote(path) for path in step.paths])


def _after(value: Value) -> str:
    (flag,) = value.option.flags
    if not value.paths:
        return "*" + shlex.quote(f"|{flag}")
    return "|".join([shlex.quote(f"{path}|{flag}") for path in value.paths])


def _flags(step: Step) -> list[str]:
    return [flag for option in step.options for flag in option.flags]


def _bash_words(words: Iterable[str]) -> str:
    return f'words="{" ".join(words)}";;'


def _bash_value(option: Option) -> str:
    if option.values:
        return _bash_words(option.values)
    return ";;" if option.many else "return;;"


def _zsh_value(option: Option) -> str:
    if option.values:
        return f"compadd -- {' '.join(option.values)}; return;;"
    if option.files:
        return "_files; return;;"
    if option.takes == ("KEY",):
        return "compset -P '*:'; _files; return;;"
    return ";;" if option.many else "return 1;;"


def _zsh_names(step: Step) -> str:
    found = [shlex.quote(f"{name}:{says}") for name, says in step.names]
    return f"found=({' '.join(found)}); _describe command found; return;;"


def _zsh_options(step: Step) -> str:
    found = [
        shlex.quote(f"{flag}:{_short(option.help)}")
        for option in step.options
        for flag in option.flags
    ]
    return f"found=({' '.join(found)}); _describe -o option found;;"


def _fish_lines(step: Step) -> list[str]:
    at = "__ocn_registry_at " + " ".join([_fish(path) for path in step.paths])
    start = f"complete -c ocn-registry -n {_fish(at)}"
    lines = [f"{start} -a {_fish(name)} -d {_fish(says)}" for name, says in step.names]
    if step.files:
        lines.append(f"{start} -F")
    for option in step.options:
        flags = [f"-{'l' if flag[:2] == '--' else 's'} {flag.lstrip('-')}" for flag in option.flags]
        takes = "" if not option.takes else " -r" if option.files else " -x"
        given = f" -a {_fish(' '.join(option.values))}" if option.values else ""
        lines.append(f"{start} {' '.join(flags)}{takes}{given} -d {_fish(_short(option.help))}")
        if option.many and option.values:
            after = f"{at}; and __ocn_registry_after {' '.join(option.flags)}"
            lines.append(f"complete -c ocn-registry -n {_fish(after)}{given}")
    return lines


def _short(text: str) -> str:
    """Give what the help says first."""
    return re.split(r"[:;(]", text)[0].strip()


def _fish(text: str) -> str:
    """Quote as fish reads it."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
