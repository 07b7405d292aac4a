"""Batches: several calls of one contract in one transaction.

Source: contracts/interfaces/IBatches.sol.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ocn_registry.contract_errors import NestedBatch
from ocn_registry.errors import Reverted
from ocn_registry.testing.model.calls import Contract, S, external
from ocn_registry.testing.model.events import CallFailed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ocn_registry.testing.model.calls import Call

_BATCHES: Final = ("multicall", "tryMulticall")


class Batches(Contract[S]):
    """A contract with batches."""

    @external
    def multicall(self, items: Sequence[Call]) -> tuple[object, ...]:
        """Run all items or none; return the result of each."""
        return tuple([self._item(index, item) for index, item in enumerate(items)])

    @external
    def try_multicall(self, items: Sequence[Call]) -> tuple[tuple[bool, object], ...]:
        """Run each item independently; return the result or the error of each."""
        results: list[tuple[bool, object]] = []
        for index, item in enumerate(items):
            try:
                results.append((True, self._item(index, item)))
            except Reverted as reason:
                results.append((False, reason))
                self._emit(CallFailed(index, reason))
        return tuple(results)

    def _item(self, index: int, item: Call) -> object:
        if item.function in _BATCHES:
            raise NestedBatch(index)
        receipt = self.call(self.message, item)
        self._emit(*receipt.events)
        result: object = receipt.result
        return result
