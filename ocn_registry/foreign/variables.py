"""The environment variables of the command line. Those of keys are not passed to other programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

PROFILE: Final = "OCN_PROFILE"
# By setting; the first one that is set counts.
VARIABLES: Final[Mapping[str, tuple[str, ...]]] = {
    "rpc_url": ("OCN_RPC_URL",),
    "signer": ("SIGNER",),
    # v1's documentation sets SENDER where its command reads SPENDER.
    "spender": ("SPENDER", "SENDER"),
    "controller": ("OCN_CONTROLLER",),
}
KEYS: Final = tuple(
    name for setting in ("signer", "spender", "controller") for name in VARIABLES[setting]
)
