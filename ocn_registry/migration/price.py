"""The maximum cost of an import, calculated without a chain.

The figures were measured (London rules) for each kind of entry, with short and long texts, few and
many permissions, alone and in batches, and rounded up: the actual cost is 80 to 100 percent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocn_registry.portable.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ocn_registry.migration.plan import MigrationPlan

MAX_ITEMS = 100  # the contracts' limit for one call
SPARE = 20  # a batch is sent with its estimate plus a twentieth
_BATCH = 51_000  # including the extra cost of a contract's first entry
_NODE, _NODE_SLOT = 51_500, 26_100
_PARTY, _SERVICE, _AGREEMENT = 63_500, 68_500, 62_600
_SERVICE_SLOT, _MEMBER = 25_700, 900
_WORD = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportPrice:
    """The cost of an import.

    Attributes:
        transactions: Approximate number of transactions.
        gas: Maximum gas for all of them.
    """

    transactions: int
    gas: int


def price_of(plan: MigrationPlan, max_gas: int | None) -> ImportPrice:
    """Return the maximum cost of importing all entries of a plan.

    Args:
        plan: The plan.
        max_gas: Maximum gas for a transaction; `None` for no limit.
    """
    kinds = (
        [_NODE + _NODE_SLOT * _slots(node.domain) for node in plan.nodes],
        [
            _PARTY
            + _MEMBER * (len(one.roles) + len(one.modules_sender) + len(one.modules_receiver))
            for one in plan.parties
        ],
        [
            _SERVICE
            + _MEMBER * len(one.permissions)
            + _SERVICE_SLOT * (_slots(one.name) + _slots(one.url))
            for one in plan.services
        ],
        [_AGREEMENT + _MEMBER * len(one.permissions) for one in plan.agreements],
    )
    batches = [gas for kind in kinds for gas in _batches(kind, max_gas)]
    return ImportPrice(transactions=len(batches), gas=sum(batches))


def _batches(entries: Iterable[int], max_gas: int | None) -> list[int]:
    """Return the gas of each batch, with as many entries as possible in each."""
    found: list[int] = []
    items = 0
    for entry in entries:
        gas = entry + entry // SPARE
        if found and items < MAX_ITEMS and (max_gas is None or found[-1] + gas <= max_gas):
            found[-1] += gas
            items += 1
        else:
            found.append(_BATCH + gas)
            items = 1
    return found


def _slots(text: str) -> int:
    """Return the number of storage words for a text."""
    size = len(text.encode())
    if size < _WORD:
        return 1 if size else 0
    return 1 + -(-size // _WORD)
