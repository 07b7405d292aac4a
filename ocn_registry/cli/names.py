"""The names that options take, and how they are read. Nothing is imported here that takes time.

Those of roles, modules and permissions stand in `models` as well; a test holds them together.
"""

from __future__ import annotations

from argparse import ArgumentTypeError
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

NETWORKS: Final = ("local", "volta", "prod", "ewc", "local-v1")
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


def choice(kind: str, known: Sequence[str]) -> Callable[[str], str]:
    """Make what reads one of several names, in small or capital letters."""
    spelled = {name.upper(): name for name in known}

    def read(text: str) -> str:
        if text.upper() in spelled:
            return spelled[text.upper()]
        from difflib import get_close_matches  # noqa: PLC0415 - for errors only

        close = get_close_matches(text.upper(), spelled, n=1)
        guess = f"did you mean {spelled[close[0]]}? " if close else ""
        names = ", ".join(known)
        raise ArgumentTypeError(f"{text!r} is no {kind}: {guess}There are {names}")

    return read
