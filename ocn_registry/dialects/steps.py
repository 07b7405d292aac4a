"""The steps of a write, grouped by transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from ocn_registry.portable.values import dataclass

if TYPE_CHECKING:
    from ocn_registry.intents import Intent
    from ocn_registry.signing import SignedRequest

Step: TypeAlias = "Intent | SignedRequest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A transaction of a write.

    Attributes:
        steps: The steps of the transaction.
        undo: Intents that restore what earlier transactions removed, in case this one fails.
    """

    steps: tuple[Step, ...]
    undo: tuple[Intent, ...] = ()
