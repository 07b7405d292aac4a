"""How help is laid out: everything in it fits the terminal."""

from __future__ import annotations

from argparse import RawDescriptionHelpFormatter
from typing import TYPE_CHECKING

from ocn_registry.cli.terminal import columns, folded

if TYPE_CHECKING:
    from argparse import Action

_INDENT = 4
_BELOW = f"\n{' ' * 8}"


class HelpText(RawDescriptionHelpFormatter):
    """Keeps the lines of descriptions, folded where the terminal ends, and names values once."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:  # type: ignore[explicit-override]  # typing.override needs Python 3.12
        del width
        return "\n".join([folded(f"{indent}{line}") for line in text.split("\n")])

    def _format_action_invocation(self, action: Action) -> str:  # type: ignore[explicit-override]  # typing.override needs Python 3.12
        text = super()._format_action_invocation(action)
        name, value = text, ""
        if action.option_strings and action.nargs != 0:
            name = ", ".join(action.option_strings)
            value = self._format_args(action, self._get_default_metavar_for_optional(action))
        elif text.endswith(")"):  # a command that has another name too
            name, _, value = text.partition(" ")
        whole = f"{name} {value}".rstrip()
        return whole if len(whole) + _INDENT <= columns() else f"{name}{_BELOW}{value}"
