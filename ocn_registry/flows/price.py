"""What a transaction pays per gas, and at most in total.

Blocks of Energy Web cost a few wei per gas, so the usual defaults of wallets, in gwei, are wrong
here. The rule is twice the latest base fee, and a tip of two wei.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ocn_registry.errors import BadAnswer, FeeAboveCap
from ocn_registry.protocol.effects import GasPrice, Head

if TYPE_CHECKING:
    from ocn_registry.flows.options import WriteOptions
    from ocn_registry.protocol.effects import Flow, HeadBlock

_RISE = 4  # nodes accept a replacement from an eighth more; a quarter is on the safe side


class Price(NamedTuple):
    """What a transaction pays per gas.

    Attributes:
        max_fee_per_gas_wei: The most that is paid.
        tip_per_gas_wei: What the validator gets of it; `None` for a transaction of the old form.
    """

    max_fee_per_gas_wei: int
    tip_per_gas_wei: int | None


def price_at(
    head: HeadBlock,
    gas_price_wei: int | None,
    options: WriteOptions,
    *,
    has_base_fee: bool | None = None,
) -> Price:
    """Return what a transaction pays per gas now.

    Args:
        head: The latest block.
        gas_price_wei: The node's gas price; it counts only where blocks have no base fee.
        options: Tip and caps.
        has_base_fee: Whether the network's blocks have base fees; `None` if that is not known.

    Raises:
        FeeAboveCap: It is more than the options allow.
        BadAnswer: The block has no base fee and the network's blocks do, or the other way round.
    """
    cap = options.max_fee_per_gas_wei
    if has_base_fee is not None and has_base_fee is not (head.base_fee_wei is not None):
        raise BadAnswer(
            "the RPC node's latest block has "
            + (
                "no base fee, and this network's blocks do"
                if has_base_fee
                else "a base fee, and this network's blocks do not"
            )
            + ": use another node, or correct baseFee in the deployment file",
        )
    if head.base_fee_wei is None:
        suggested = gas_price_wei or 0
        price = max(suggested, options.tip_per_gas_wei) if suggested else 0
        if cap is not None and cap < price:
            raise FeeAboveCap(price, cap)
        return Price(price, None)
    tip = options.tip_per_gas_wei
    least = head.base_fee_wei + tip
    if cap is not None and cap < least:
        raise FeeAboveCap(least, cap)
    most = 2 * head.base_fee_wei + tip
    return Price(most if cap is None else min(cap, most), tip)


def fees(head: HeadBlock, options: WriteOptions) -> Flow[Price]:
    """Return what a transaction pays per gas now, asking for the gas price where that counts."""
    suggested = (yield from GasPrice()) if head.base_fee_wei is None else None
    return price_at(head, suggested, options)


def raised(was: tuple[int, int | None], options: WriteOptions) -> Flow[Price]:
    """Return what a transaction pays per gas that replaces another one.

    Args:
        was: The most that the other one pays per gas, and its tip; see `Price`.
        options: Tip and caps.

    Returns:
        What is paid now, and at least a quarter more than the other one pays. The kind of
        transaction stays the same.

    Raises:
        FeeAboveCap: It is more than the options allow.
    """
    fee_was, tip_was = was
    head = yield from Head()
    fee, tip = yield from fees(head, options)
    fee = max(fee, _more(fee_was))
    if tip_was is None:
        tip = None
    else:
        tip = max(options.tip_per_gas_wei if tip is None else tip, _more(tip_was))
        fee = max(fee, tip)
    cap = options.max_fee_per_gas_wei
    if cap is not None and fee > cap:
        raise FeeAboveCap(fee, cap)
    return Price(fee, tip)


def hold_cost(gas: int, price: Price, options: WriteOptions) -> None:
    """Raise `FeeAboveCap` if a transaction could cost more than the options allow."""
    cost, most = gas * price.max_fee_per_gas_wei, options.max_cost_wei
    if most is not None and cost > most:
        raise FeeAboveCap(cost, most, of="transaction")


def _more(price_wei: int) -> int:
    return price_wei + price_wei // _RISE + 1
