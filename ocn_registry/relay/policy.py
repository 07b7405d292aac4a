"""The relay's policy, which decides whose requests are paid and what they need of quotas.

Names are scarce, money is not: an unlimited relay would let anyone take every id of a country for
free. So new ids are limited by sponsor, country and day, in addition to requests and gas.
"""

from __future__ import annotations

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
from ocn_registry.portable.values import dataclass
from ocn_registry.relay.quotas import DAY_S, EVER, Demand, gas_of

if TYPE_CHECKING:
    from ocn_registry.intents import SignableIntent
    from ocn_registry.models import Address

GAS_PER_DAY = 50_000_000  # some 650 registrations
Via: TypeAlias = Literal["leaving", "voucher", "key", "allowed"]
# Deletions and cancellations are paid for any account, within a small limit.
LEAVING = (DeleteNode, DeleteParty, DeleteService, RevokeAgreement, InvalidateNonce)


class NotSponsored(OcnRegistryError):
    """The request has no sponsor; the message says how to get one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The rules of a relay.

    Attributes:
        denied: Accounts whose requests are never paid.
        allowed: Accounts whose requests are paid without a voucher or an API key.
        vouchers: Whether vouchers of node operators are accepted.
        contracts: Contracts that may sign with ERC-1271, for themselves or for accounts they
            control; others' signatures are refused, because a contract can change its mind at any
            time.
        leaving_per_day: Daily deletions and cancellations for each account.
        requests_per_day: Daily requests of each sponsor.
        gas_per_day: Daily gas of each sponsor.
        new_ids_per_day: Daily new ids of each sponsor.
        new_ids_per_country: Daily new ids in each country, over all sponsors.
        waiting_per_account: Maximum number of waiting requests of an account.
    """

    denied: frozenset[Address] = frozenset()
    allowed: frozenset[Address] = frozenset()
    vouchers: bool = True
    contracts: frozenset[Address] = frozenset()
    leaving_per_day: int = 5
    requests_per_day: int = 200
    gas_per_day: int = GAS_PER_DAY
    new_ids_per_day: int = 20
    new_ids_per_country: int = 100
    waiting_per_account: int = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Sponsor:
    """The sponsor of a request.

    Attributes:
        via: The rule that applies.
        name: Name under which quotas are counted: an operator's address, a key's name, or an
            account.
        requests_per_day: The sponsor's own limit of requests.
        gas_per_day: The sponsor's own limit of gas.
        voucher: The voucher's digest; empty without one.
        requests_in_all: Total number of requests that the voucher allows; `None` without one.
    """

    via: Via
    name: str
    requests_per_day: int
    gas_per_day: int = GAS_PER_DAY
    voucher: str = ""
    requests_in_all: int | None = None

    def __str__(self) -> str:  # type: ignore[explicit-override]  # typing.override needs Python 3.12
        """Return the stored form."""
        return f"{self.via}:{self.name}"


def is_leaving(intent: SignableIntent) -> bool:
    """Return whether an intent only deletes or cancels something."""
    return isinstance(intent, LEAVING)


def sponsor_of(
    policy: Policy,
    account: Address,
    intent: SignableIntent,
    *,
    voucher: Sponsor | None,
    key: Sponsor | None,
) -> Sponsor:
    """Return the sponsor of a request.

    Args:
        policy: The relay's rules.
        account: The account of the request.
        intent: The intent of the request.
        voucher: The valid voucher sent with it, if any.
        key: The holder of the API key sent with it, if any.

    Raises:
        NotSponsored: It has none.
    """
    if account in policy.denied:
        raise NotSponsored(f"this relay does not pay for {account}: pay yourself")
    if is_leaving(intent):
        return Sponsor(
            via="leaving",
            name=account,
            requests_per_day=policy.leaving_per_day,
            gas_per_day=policy.gas_per_day,
        )
    if voucher is not None and policy.vouchers:
        return voucher
    if key is not None:
        return key
    if account in policy.allowed:
        return Sponsor(
            via="allowed",
            name=account,
            requests_per_day=policy.requests_per_day,
            gas_per_day=policy.gas_per_day,
        )
    how = "ask the operator of your node for a voucher (ocn-registry request sponsor), " * (
        policy.vouchers
    )
    raise NotSponsored(
        f"nobody sponsors requests of {account} at this relay: {how}ask the relay for an API key, "
        "or pay yourself",
    )


def demands_of(  # noqa: PLR0913 - all that quotas depend on
    policy: Policy,
    sponsor: Sponsor,
    intent: SignableIntent,
    *,
    new_id: bool,
    gas: int,
    now_unix_s: int,
) -> list[Demand]:
    """Return what a request needs of its sponsor's quotas.

    Args:
        policy: The relay's rules.
        sponsor: The request's sponsor.
        intent: The intent of the request.
        new_id: Whether it registers an id that nobody holds.
        gas: The most gas that it can use.
        now_unix_s: The time.
    """
    day = now_unix_s // DAY_S
    found = [
        Demand(name=f"requests of {sponsor}", limit=sponsor.requests_per_day, day=day),
        Demand(name=gas_of(str(sponsor)), limit=sponsor.gas_per_day, day=day, amount=gas),
    ]
    if sponsor.requests_in_all is not None:
        voucher = f"voucher {sponsor.voucher}"
        found.append(Demand(name=voucher, limit=sponsor.requests_in_all, day=EVER))
    if new_id and isinstance(intent, SetParty):
        country = f"new ids in {intent.country_code}"
        found += [
            Demand(name=f"new ids of {sponsor}", limit=policy.new_ids_per_day, day=day),
            Demand(name=country, limit=policy.new_ids_per_country, day=day),
        ]
    return found
