"""The names that options accept, and their parser. It imports nothing slow.

Roles, modules and permissions repeat the names in `models`, and a test compares the two. Networks
are those with a file in `networks`.
"""

from __future__ import annotations

import os
from argparse import ArgumentTypeError
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

_FIRST: Final = ("local", "volta", "prod", "ewc", "local-v1")


def _networks() -> tuple[str, ...]:
    """Return the names of the networks, one for each file, without the slow pathlib."""
    folder = f"{__file__.rpartition('cli')[0]}networks"
    names = {name.removesuffix(".json") for name in os.listdir(folder) if name.endswith(".json")}  # noqa: PTH208
    return (*_FIRST, *sorted(names - set(_FIRST)))


NETWORKS: Final = _networks()
OTHER_NAMES: Final = {"prod": "ewc"}
SHELLS: Final = ("bash", "zsh", "fish")
ROLES: Final = ("CPO", "EMSP", "HUB", "NAP", "NSP", "OTHER", "SCSP")
MODULES: Final = (
    "cdrs",
    "chargingprofiles",
    "commands",
    "locations",
    "sessions",
    "tariffs",
    "tokens",
    "payments",
    "bookings",
    "invoicereconciliation",
)
PERMISSIONS: Final = (
    "FORWARD_ALL",
    "FORWARD_ALL_SENDER",
    "FORWARD_ALL_RECEIVER",
    *(
        f"FORWARD_MODULE_{module}_{side}"
        for module in (
            "LOCATIONS",
            "SESSIONS",
            "CDRS",
            "TARIFFS",
            "TOKENS",
            "COMMANDS",
            "CHARGINGPROFILES",
        )
        for side in ("SENDER", "RECEIVER")
    ),
)


class Choice:
    """Parses one of several names, in lower or upper case.

    Attributes:
        known: The names.
    """

    def __init__(self, kind: str, known: Sequence[str]) -> None:
        """Create a parser of names.

        Args:
            kind: What the names denote, such as `role`.
            known: The names.
        """
        self.known = tuple(known)
        self._kind = kind
        self._spelled = {name.upper(): name for name in known}

    def __call__(self, text: str) -> str:
        """Return the known spelling of a name; raise `ArgumentTypeError` for an unknown one."""
        if text.upper() in self._spelled:
            return self._spelled[text.upper()]
        from difflib import get_close_matches  # noqa: PLC0415 - for errors only

        from ocn_registry.foreign.text import masked_url, shown  # noqa: PLC0415 - for errors only

        close = get_close_matches(text.upper(), self._spelled, n=1)
        guess = f"did you mean {self._spelled[close[0]]}? Use" if close else "use"
        names = ", ".join(self.known)
        given = shown(masked_url(text))  # for a network, it may be the URL of a node
        raise ArgumentTypeError(f"{given} is not a valid {self._kind}: {guess} one of {names}")


def choice(kind: str, known: Sequence[str]) -> Choice:
    """Return a parser that accepts one of several names."""
    return Choice(kind, known)
