"""Batches: several calls of a contract in one, for writes and for reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocn_registry.dialects.shared import call
from ocn_registry.evm import abi

if TYPE_CHECKING:
    from collections.abc import Sequence


def batch(items: Sequence[bytes], *, each_alone: bool) -> bytes:
    """Return the call that combines several calls of a contract."""
    signature = "tryMulticall(bytes[])" if each_alone else "multicall(bytes[])"
    return call(signature, abi.items([abi.blob(item) for item in items]))
