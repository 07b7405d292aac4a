"""Who may have a request paid, and how much: the relay's policy, and the quotas that it counts.

Names are scarce, money is not: a free relay would make every id of a country free to take. So new
ids are limited for each sponsor, country and day, apart from the number of requests. A quota is
reserved in the transaction that accepts the request, so racing requests can't exceed it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from ocn_registry.errors import OcnRegistryError
from ocn_registry.intents import (
    DeleteNode,
    DeleteParty,
    DeleteService,
    InvalidateNonce,
    RevokeAgreement,
    SetParty,
)

if TYPE_CHECKING:
    from ocn_registry.intents import SignableIntent
    from ocn_registry.models import Address
    from ocn_registry.relay.database import Transaction

DAY_S = 24 * 60 * 60
_EVER = 0  # the day under which a quota stands that never begins again
Via: TypeAlias = Literal["leaving", "voucher", "key", "allowed"]
# What gives something up, or cancels: always welcome, within a small limit.
LEAVING = (DeleteNode, DeleteParty, DeleteService, RevokeAgreement, InvalidateNonce)


class NotSponsored(OcnRegistryError):
    """Nobody pays for this request; the message says how to change that."""


class QuotaExceeded(OcnRegistryError):
    """A quota of today is used up.

    Attributes:
        name: Which quota.
        limit: How many it allows a day.
        resets_unix_s: When the next day begins.
    """

    def __init__(self, name: str, limit: int, resets_unix_s: int) -> None:
        """Name the quota and when it begins again."""
        super().__init__(
            f"the daily limit of {limit} for {name} is used up: try again after midnight UTC, or "
            "pay for the transaction yourself",
        )
        self.name, self.limit, self.resets_unix_s = name, limit, resets_unix_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The rules of one relay.

    Attributes:
        denied: Accounts for which nothing is paid.
        allowed: Accounts for which requests are paid without a voucher or a key.
        vouchers: Whether vouchers of node operators are accepted.
        contracts: Contracts that may sign with ERC-1271, for themselves or for accounts they
            control; others' signatures are refused, because a contract can change its mind at any
            time.
        leaving_per_day: Requests a day that give something up, for each account.
        requests_per_day: Requests a day of each sponsor.
        new_ids_per_day: New ids a day of each sponsor.
        new_ids_per_country: New ids a day in each country, over all sponsors.
        waiting_per_account: Requests of one account that may wait at a time.
    """

    denied: frozenset[Address] = frozenset()
    allowed: frozenset[Address] = frozenset()
    vouchers: bool = True
    contracts: frozenset[Address] = frozenset()
    leaving_per_day: int = 5
    requests_per_day: int = 200
    new_ids_per_day: int = 20
    new_ids_per_country: int = 100
    waiting_per_account: int = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Sponsor:
    """Who lets the relay pay.

    Attributes:
        via: By which rule.
        name: What quotas are counted under: an operator's address, a key's name, an account.
        requests_per_day: The sponsor's own limit.
        voucher: The voucher's digest; empty without one.
        requests_in_all: How many requests the voucher allows; `None` without one.
    """

    via: Via
    name: str
    requests_per_day: int
    voucher: str = ""
    requests_in_all: int | None = None

    def __str__(self) -> str:  # type: ignore[explicit-override]  # typing.override needs Python 3.12
        """Write the sponsor as it is stored."""
        return f"{self.via}:{self.name}"


def is_leaving(intent: SignableIntent) -> bool:
    """Return whether an intent only gives something up."""
    return isinstance(intent, LEAVING)


def sponsor_of(
    policy: Policy,
    account: Address,
    intent: SignableIntent,
    *,
    voucher: Sponsor | None,
    key: Sponsor | None,
) -> Sponsor:
    """Return who sponsors a request.

    Args:
        policy: The relay's rules.
        account: Whose request it is.
        intent: What it asks for.
        voucher: The operator whose valid voucher came with it.
        key: The holder of the API key that came with it.

    Raises:
        NotSponsored: Nobody does.
    """
    if account in policy.denied:
        raise NotSponsored(f"this relay does not pay for {account}: pay yourself")
    if is_leaving(intent):
        return Sponsor(via="leaving", name=account, requests_per_day=policy.leaving_per_day)
    if voucher is not None and policy.vouchers:
        return voucher
    if key is not None:
        return key
    if account in policy.allowed:
        return Sponsor(via="allowed", name=account, requests_per_day=policy.requests_per_day)
    how = "ask the operator of your node for a voucher (ocn-registry request sponsor), " * (
        policy.vouchers
    )
    raise NotSponsored(
        f"nobody sponsors requests of {account} at this relay: {how}ask the relay for an API key, "
        "or pay yourself",
    )


def reserve(  # noqa: PLR0913 - all that quotas depend on
    transaction: Transaction,
    policy: Policy,
    sponsor: Sponsor,
    intent: SignableIntent,
    *,
    new_id: bool,
    now_unix_s: int,
) -> None:
    """Count a request in the quotas of its sponsor, in the transaction that accepts it.

    Args:
        transaction: The accepting transaction.
        policy: The relay's rules.
        sponsor: Who pays.
        intent: What is asked for.
        new_id: Whether it registers an id that nobody holds.
        now_unix_s: The time.

    Raises:
        QuotaExceeded: A quota is used up; the caller undoes the transaction.
    """
    day = now_unix_s // DAY_S
    _count(transaction, f"requests of {sponsor}", sponsor.requests_per_day, day)
    if sponsor.requests_in_all is not None:
        _count(transaction, f"voucher {sponsor.voucher}", sponsor.requests_in_all, _EVER)
    if new_id and isinstance(intent, SetParty):
        _count(transaction, f"new ids of {sponsor}", policy.new_ids_per_day, day)
        country = f"new ids in {intent.country_code}"
        _count(transaction, country, policy.new_ids_per_country, day)


def used(transaction: Transaction, name: str, now_unix_s: int) -> int:
    """Return how much of a quota was used today."""
    rows = transaction.run(
        "SELECT used FROM quota WHERE name = ? AND day = ?", name, now_unix_s // DAY_S
    )
    return int(rows[0][0] or 0) if rows else 0


def _count(transaction: Transaction, name: str, limit: int, day: int) -> None:
    counted = limit > 0 and transaction.run(
        "INSERT INTO quota (name, day, used) VALUES (?, ?, 1) "
        "ON CONFLICT (name, day) DO UPDATE SET used = quota.used + 1 WHERE quota.used < ? "
        "RETURNING used",
        name,
        day,
        limit,
    )
    if not counted:
        raise QuotaExceeded(name, limit, (day + 1) * DAY_S)
