"""Reads of several steps: lists, all of whose parts are read at one block."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from ocn_registry.effects import Head

if TYPE_CHECKING:
    from collections.abc import Callable

    from ocn_registry.effects import Flow

T = TypeVar("T")


def at_one_block(read: Callable[[int], Flow[T]], block: int | None) -> Flow[T]:
    """Read at one block, the latest one unless told.

    Args:
        read: Reads at the block of this number.
        block: Number of the block; `None` for the latest.
    """
    if block is None:
        head = yield from Head()
        block = head.ref.number
    return (yield from read(block))
