"""Options of writes: price, journal, waiting, and callbacks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ocn_registry.errors import InvalidInput
from ocn_registry.foreign.arguments import checked
from ocn_registry.foreign.text import shown
from ocn_registry.portable.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable

    from ocn_registry.protocol.effects import Effect
    from ocn_registry.protocol.journal import Journal

DEFAULT_TIP_WEI = 2
# 0.01 of the chain's token. A write on Energy Web costs less than a millionth of this.
DEFAULT_MAX_COST_WEI = 10**16
LEAST_GAS: Final = 21_000  # of a transaction that does nothing
MOST_GAS: Final = 1 << 63
_MAX_CONFIRMATIONS = 10_000


@checked
@dataclass(frozen=True, slots=True, kw_only=True)
class WriteOptions:
    """How a transaction is priced, stored and waited for.

    Attributes:
        max_fee_per_gas_wei: The most that is paid per gas; `None` for twice the latest base fee
            plus the tip.
        tip_per_gas_wei: The tip for the validator per gas.
        max_cost_wei: The most that a transaction may cost; `None` for no limit.
        gas: Gas limit of the transaction; `None` for the node's estimate plus a quarter.
        confirmations: Number of confirmations needed, including the transaction's own block.
        timeout_s: How long to wait for the receipt.
        journal: Stores transactions until the chain has decided; `None` for the transport's memory.
            Only a journal in a file survives the process.
        watch: An effect to perform in the same request as a quote (`Quote.seen`) and a receipt
            (`Outcome.seen`).
        on_signed: Called with the transaction's hash once it is in the journal, before it is sent.
        on_sent: Called with the transaction's hash right after it is sent.
        on_wait: Called after each lookup while waiting, with the number of confirmations so far and
            the number needed.
        on_notice: Called with a sentence for users: that this write was sent earlier and is being
            waited for, or that another transaction of the account is pending.
    """

    max_fee_per_gas_wei: int | None = None
    tip_per_gas_wei: int = DEFAULT_TIP_WEI
    max_cost_wei: int | None = DEFAULT_MAX_COST_WEI
    gas: int | None = None
    confirmations: int = 1
    timeout_s: float = 120.0
    journal: Journal | None = None
    watch: Effect[object] | None = None
    on_signed: Callable[[str], None] | None = None
    on_sent: Callable[[str], None] | None = None
    on_wait: Callable[[int, int], None] | None = None
    on_notice: Callable[[str], None] | None = None

    def __post_init__(self) -> None:
        """Check the values."""
        for name, value, least, most in (
            ("tip_per_gas_wei", self.tip_per_gas_wei, 0, 1 << 128),
            ("max_fee_per_gas_wei", self.max_fee_per_gas_wei, 0, 1 << 128),
            ("max_cost_wei", self.max_cost_wei, 0, 1 << 192),
            ("gas", self.gas, LEAST_GAS, MOST_GAS),
            ("confirmations", self.confirmations, 1, _MAX_CONFIRMATIONS),
            ("timeout_s", self.timeout_s, 0, 1 << 32),
        ):
            if value is not None and not least <= value <= most:
                raise InvalidInput(
                    f"{shown(value)} is not a valid {name}: use a number from {least} to {most}",
                )

    def notice(self, sentence: str) -> None:
        """Pass a sentence to `on_notice`, if set."""
        if self.on_notice is not None:
            self.on_notice(sentence)


def check(options: object) -> None:
    """Raise `InvalidInput` unless the value is a `WriteOptions`."""
    if not isinstance(options, WriteOptions):
        raise InvalidInput(
            f"the options are of type {type(options).__name__}: give WriteOptions(...)",
        )
