"""The generations of the contracts, behind one protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocn_registry.dialects.base import Dialect, Limits
from ocn_registry.dialects.reader import OnRead
from ocn_registry.dialects.steps import Stage, Step
from ocn_registry.errors import UnsupportedByDialect

if TYPE_CHECKING:
    from ocn_registry.networks import Deployment

__all__ = ["Dialect", "Limits", "OnRead", "Stage", "Step", "dialect_of"]


def dialect_of(deployment: Deployment) -> Dialect:
    """Return the dialect of a deployment.

    Args:
        deployment: Names the generation of its contracts.

    Raises:
        UnsupportedByDialect: This version of the package does not support it.
    """
    if deployment.dialect == "v1":
        from ocn_registry.dialects.v1 import V1Dialect  # noqa: PLC0415 - only what is used

        return V1Dialect(deployment)
    if deployment.dialect == "v3":
        from ocn_registry.dialects.v3 import V3Dialect  # noqa: PLC0415 - only what is used

        return V3Dialect(deployment)
    raise UnsupportedByDialect(
        f"the contracts of {deployment.name} are of the generation {deployment.dialect}, which "
        "this version of the package does not support: choose another deployment",
    )
