"""An index for lists: sorted keys, search texts, parties by node, users by provider.

An index belongs to one state and is immutable. The next one is derived from the rows that differ,
so a block costs the same in a registry with 100,000 parties as with ten.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter
from dataclasses import field
from functools import cached_property
from typing import TYPE_CHECKING

from ocn_registry.events.state import State
from ocn_registry.portable.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ocn_registry.events.state import Member, PartyRow
    from ocn_registry.models import Address

_COUNTRY, _ID = 2, 5


def _order(key: str) -> tuple[str, str]:
    return key.upper(), key


def text_of(key: str, row: PartyRow) -> str:
    """Return the search text of a party: its id in each spelling, address and website."""
    country, party = key[:_COUNTRY], key[_COUNTRY:_ID]
    return (
        f"{country}{party} {country} {party} {country}-{party} {country}*{party} "
        f"{row.account} {row.website or ''}"
    ).lower()


@dataclass(frozen=True, kw_only=True)
class RegistryIndex:
    """The index of a state.

    Attributes:
        state: The state.
        keys: Keys of all parties, sorted by id.
        texts: Search texts by key.
        at_node: Sorted keys of a node's parties, by node number.
        kinds: Number of parties by country code and roles (as bits).
        users: Members that agreed to a member's service, in force or not.
    """

    state: State
    keys: list[str]
    texts: dict[str, str]
    at_node: dict[int, list[str]]
    kinds: Counter[tuple[str, int]]
    users: dict[Member, frozenset[Member]]
    _users_of: dict[Address, list[Address]] = field(
        default_factory=dict["Address", "list[Address]"], repr=False
    )

    @classmethod
    def of(cls, state: State, former: RegistryIndex | None = None) -> RegistryIndex:
        """Return the index of a state.

        Args:
            state: The state.
            former: The index of another state of the same registry.
        """
        if former is None:
            empty = State(block=state.block)
            former = cls(state=empty, keys=[], texts={}, at_node={}, kinds=Counter(), users={})
        if former.state is state:
            return former
        return former._after(state)

    def _after(self, state: State) -> RegistryIndex:
        changed = state.parties.differing(self.state.parties)
        keys, texts = self.keys, self.texts
        at_node, kinds = dict(self.at_node), Counter(self.kinds)
        if changed:
            texts = dict(texts)
            gone = {key for key in changed if key in texts}
            come = [key for key in changed if key in state.parties]
            keys = _edited(keys, gone, come)
            lost: dict[int, set[str]] = {}
            won: dict[int, list[str]] = {}
            for key in gone:
                row = self.state.parties.get(key)
                del texts[key]
                if row is not None:
                    lost.setdefault(row.node, set()).add(key)
                    kinds[key[:_COUNTRY].upper(), row.roles] -= 1
            for key in come:
                row = state.parties.get(key)
                if row is not None:
                    texts[key] = text_of(key, row)
                    won.setdefault(row.node, []).append(key)
                    kinds[key[:_COUNTRY].upper(), row.roles] += 1
            for node in {*lost, *won}:
                there = _edited(at_node.get(node, []), lost.get(node, set()), won.get(node, []))
                if there:
                    at_node[node] = there
                else:
                    at_node.pop(node, None)
        return RegistryIndex(
            state=state,
            keys=keys,
            texts=texts,
            at_node=at_node,
            kinds=+kinds,
            users=self._users(state),
        )

    def _users(self, state: State) -> dict[Member, frozenset[Member]]:
        changed = state.consents.differing(self.state.consents)
        if not changed:
            return self.users
        gone: dict[Member, set[Member]] = {}
        come: dict[Member, set[Member]] = {}
        for member in changed:
            before, after = self.state.consents.get(member), state.consents.get(member)
            for consent in () if before is None else before.consents:
                gone.setdefault(consent.provider, set()).add(member)
            for consent in () if after is None else after.consents:
                come.setdefault(consent.provider, set()).add(member)
        users = dict(self.users)
        for provider in {*gone, *come}:
            there = users.pop(provider, frozenset()) - gone.get(provider, set())
            those = there | come.get(provider, set())
            if those:
                users[provider] = those
        return users

    def of_country(self, country: str) -> list[str]:
        """Return the keys of a country's parties, sorted.

        Args:
            country: The country code, in capital letters.
        """
        first = bisect_left(self.keys, (country, ""), key=_order)
        last = bisect_left(self.keys, (f"{country}\U0010ffff", ""), key=_order)
        return self.keys[first:last]

    def users_of(self, provider: Address) -> list[Address]:
        """Return the users with an agreement in force with a provider, sorted; cached."""
        if provider not in self._users_of:
            self._users_of[provider] = sorted(self._agreeing(provider))
        return self._users_of[provider]

    def _agreeing(self, provider: Address) -> Iterator[Address]:
        state = self.state
        account = state.accounts.get(provider)
        service = None if account is None else state.offer(account.member)
        if account is None or service is None:
            return
        for member in self.users.get(account.member, ()):
            row = state.consents.get(member)
            user = None if row is None else state.accounts.get(row.user)
            if row is None or user is None or user.member != member:
                continue  # its membership has ended
            for consent in row.consents:
                if consent.provider == account.member and consent.version in {
                    None,
                    service.version,
                }:
                    yield row.user

    @cached_property
    def providers(self) -> list[Address]:
        """The providers with a service in force, sorted."""
        return sorted(
            [
                row.account
                for member, row in self.state.services.items()
                if self.state.offer(member) is row
            ]
        )

    @cached_property
    def agreements(self) -> int:
        """The number of agreements in force."""
        return sum(len(self.users_of(provider)) for provider in self.providers)

    @cached_property
    def nodes(self) -> list[int]:
        """Numbers of the listed nodes, sorted by URL."""
        found = [
            (row.domain, number)
            for number, row in self.state.nodes.items()
            if row.domain is not None
        ]
        return [number for _, number in sorted(found)]


def _edited(keys: list[str], gone: set[str], come: Iterable[str]) -> list[str]:
    """Return sorted keys with some removed and others added."""
    come = list(come)
    if len(gone) + len(come) > len(keys) // 50 + 10:
        return sorted([*[key for key in keys if key not in gone], *come], key=_order)
    edited = list(keys)
    for key in gone:
        del edited[bisect_left(edited, _order(key), key=_order)]
    for key in come:
        insort(edited, key, key=_order)
    return edited
