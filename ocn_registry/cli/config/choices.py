"""The names that options take, and how they are read. Nothing is imported here that takes time.

Those of roles, modules and permissions stand in `models` as well; a test holds them together.
Networks are those that `deployments` has a file for.
"""

from __future__ import annotations

import os
from argparse import ArgumentTypeError
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

_FIRST: Final = ("local", "volta", "prod", "ewc", "local-v1")


def _networks() -> tuple[str, ...]:
    """Tell the networks: there is a file for each. Without pathlib, which takes its time."""
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
    """Reads one of several names, in small or capital letters.

    Attributes:
        known: The names.
    """

    def __init__(self, kind: str, known: Sequence[str]) -> None:
        """Say what is read.

        Args:
            kind: What the names are names of.
            known: The names.
        """
        self.known = tuple(known)
        self._kind = kind
        self._spelled = {name.upper(): name for name in known}

    def __call__(self, text: str) -> str:
        """Read a name."""
        if text.upper() in self._spelled:
            return self._spelled[text.upper()]
        from difflib import get_close_matches  # noqa: PLC0415 - for errors only

        close = get_close_matches(text.upper(), self._spelled, n=1)
        guess = f"did you mean {self._spelled[close[0]]}? " if close else ""
        names = ", ".join(self.known)
        raise ArgumentTypeError(f"{text!r} is no {self._kind}: {guess}There are {names}")


def choice(kind: str, known: Sequence[str]) -> Choice:
    """Make what reads one of several names."""
    return Choice(kind, known)
