"""The price of a transaction per gas, and its maximum cost.

Energy Web's gas price is a few wei, so the usual defaults of wallets, in gwei, are wrong here. The
rule is twice the latest base fee plus a tip of two wei.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ocn_registry.errors import BadAnswer, FeeAboveCap
from ocn_registry.protocol.effects import GasPrice, Head

if TYPE_CHECKING:
    from ocn_registry.flows.options import WriteOptions
    from ocn_registry.protocol.effects import Flow, HeadBlock

_RISE = 4  # nodes accept a replacement at an eighth more; a quarter is safe


class Price(NamedTuple):
    """The price of a transaction per gas.

    Attributes:
        max_fee_per_gas_wei: The most that is paid.
        tip_per_gas_wei: The validator's part; `None` for a legacy transaction.
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
    """Return the price per gas for a transaction now.

    Args:
        head: The latest block.
        gas_price_wei: The node's gas price, `None` if it suggests none; used only if blocks have no
            base fee.
        options: Tip and caps.
        has_base_fee: Whether the network's blocks have base fees; `None` if unknown.

    Raises:
        FeeAboveCap: The price is above the options' limit.
        BadAnswer: The block has a base fee and the network's blocks don't, or vice versa; or there
            is neither a base fee nor a gas price.
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
        if gas_price_wei is None:
            raise BadAnswer("the RPC node has neither a base fee nor a gas price: use another node")
        price = max(gas_price_wei, options.tip_per_gas_wei) if gas_price_wei else 0
        if cap is not None and cap < price:
            raise FeeAboveCap(price, cap)
        return Price(price, None)
    tip = options.tip_per_gas_wei
    least = head.base_fee_wei + tip
    if cap is not None and cap < least:
        raise FeeAboveCap(least, cap)
    most = 2 * head.base_fee_wei + tip
    return Price(most if cap is None else min(cap, most), tip)


def fees(
    head: HeadBlock,
    options: WriteOptions,
    *,
    has_base_fee: bool | None = None,
) -> Flow[Price]:
    """Return the price per gas for a transaction now; read the node's gas price if it is needed."""
    suggested = (yield from GasPrice()) if head.base_fee_wei is None else None
    return price_at(head, suggested, options, has_base_fee=has_base_fee)


def raised(
    was: tuple[int, int | None],
    options: WriteOptions,
    *,
    has_base_fee: bool | None = None,
) -> Flow[Price]:
    """Return the price per gas of a replacement transaction.

    Args:
        was: The price of the transaction to replace.
        options: Tip and caps.
        has_base_fee: Whether the network's blocks have base fees; `None` if that is not known.

    Returns:
        The current price, but at least a quarter above the other one's. The transaction type stays
        the same.

    Raises:
        FeeAboveCap: The price is above the options' limit.
    """
    fee_was, tip_was = was
    head = yield from Head()
    fee, tip = yield from fees(head, options, has_base_fee=has_base_fee)
    fee = max(fee, _raised_price(fee_was))
    if tip_was is None:
        tip = None
    else:
        tip = max(options.tip_per_gas_wei if tip is None else tip, _raised_price(tip_was))
        fee = max(fee, tip)
    cap = options.max_fee_per_gas_wei
    if cap is not None and fee > cap:
        raise FeeAboveCap(fee, cap)
    return Price(fee, tip)


def check_cost(gas: int, price: Price, options: WriteOptions) -> None:
    """Raise `FeeAboveCap` if a transaction could cost more than the options' limit."""
    cost, most = gas * price.max_fee_per_gas_wei, options.max_cost_wei
    if most is not None and cost > most:
        raise FeeAboveCap(cost, most, of="transaction")


def _raised_price(price_wei: int) -> int:
    return price_wei + price_wei // _RISE + 1
