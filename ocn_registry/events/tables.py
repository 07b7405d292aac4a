"""Immutable tables, builders for their next versions, and lists without gaps.

A `Table` is split into parts, and its next version shares all unchanged parts: a change costs the
same with a million entries as with a thousand. A plain dictionary would have to be copied for each
new state.
"""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Generic, TypeVar

from ocn_registry.errors import OcnRegistryError
from ocn_registry.portable.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

K = TypeVar("K")
R = TypeVar("R")

_PART_ENTRIES = 64  # entries in a part of a new table
_MAX_PART_ENTRIES = 512  # a table is split again when its parts hold more


class MissingEvents(OcnRegistryError):
    """A change is inconsistent with earlier ones: events are missing, or from other contracts."""


class Table(Generic[K, R]):
    """Rows by key. A table never changes.

    The parts are grouped in branches, about as many as each has parts: the next version copies the
    list of branches, one branch and one part, each of at most a few hundred entries.
    """

    __slots__ = ("_branches", "_count", "_mask", "_shift", "_within")

    def __init__(self, rows: Mapping[K, R] | None = None) -> None:
        """Create a table from rows."""
        rows = rows or {}
        self._count = len(rows)
        bits = max(0, (len(rows) // _PART_ENTRIES).bit_length())
        self._mask = mask = (1 << bits) - 1
        self._shift = bits // 2
        self._within = (1 << self._shift) - 1
        parts: list[dict[K, R]] = [{} for _ in range(1 << bits)]
        for key, row in rows.items():
            parts[hash(key) & mask][key] = row
        size = self._within + 1
        self._branches = [parts[start : start + size] for start in range(0, len(parts), size)]

    def _part(self, key: K) -> dict[K, R]:
        place = hash(key) & self._mask
        return self._branches[place >> self._shift][place & self._within]

    def get(self, key: K) -> R | None:
        """Return a row; `None` if there is none."""
        return self._part(key).get(key)

    def __contains__(self, key: K) -> bool:
        """Return whether there is a row."""
        return key in self._part(key)

    def __len__(self) -> int:
        """Return the number of rows."""
        return self._count

    def __iter__(self) -> Iterator[K]:
        """Return the keys, in no particular order."""
        return (key for branch in self._branches for part in branch for key in part)

    def items(self) -> Iterator[tuple[K, R]]:
        """Return keys and rows, in no particular order."""
        return (pair for branch in self._branches for part in branch for pair in part.items())

    def values(self) -> Iterator[R]:
        """Return the rows, in no particular order."""
        return (row for branch in self._branches for part in branch for row in part.values())

    def differing(self, other: Table[K, R]) -> set[K]:
        """Return the keys whose rows differ; fast if one table was derived from the other."""
        if self._mask != other._mask:
            return {key for key in {*self, *other} if self.get(key) != other.get(key)}
        return {
            key
            for branch, others_branch in zip(self._branches, other._branches, strict=True)
            if branch is not others_branch
            for mine, others in zip(branch, others_branch, strict=True)
            if mine is not others
            for key in mine.keys() | others.keys()
            if mine.get(key) != others.get(key)
        }

    def edited(self, changes: Mapping[K, R | None]) -> Table[K, R]:
        """Return the table with some rows replaced; `None` removes one."""
        if not changes:
            return self
        if len(changes) > self._count:  # mostly new: split it once
            rows = dict(self.items())
            rows.update({key: row for key, row in changes.items() if row is not None})
            for key, row in changes.items():
                if row is None:
                    rows.pop(key, None)
            return Table(rows)
        table = Table[K, R]()
        table._count, table._mask = self._count, self._mask
        table._shift, table._within = self._shift, self._within
        table._branches = list(self._branches)
        own_branches: set[int] = set()
        own_parts: set[int] = set()
        for key, row in changes.items():
            place = hash(key) & self._mask
            branch, within = place >> self._shift, place & self._within
            if branch not in own_branches:
                own_branches.add(branch)
                table._branches[branch] = list(table._branches[branch])
            parts = table._branches[branch]
            if place not in own_parts:
                own_parts.add(place)
                parts[within] = dict(parts[within])
            part = parts[within]
            table._count -= len(part)
            if row is None:
                part.pop(key, None)
            else:
                part[key] = row
            table._count += len(part)
        if table._count > _MAX_PART_ENTRIES * (table._mask + 1):
            return Table(dict(table.items()))
        return table


class Index(Generic[K, R]):
    """The members of each group. An index never changes."""

    __slots__ = ("_groups",)

    def __init__(self, pairs: Iterable[tuple[K, R]] = ()) -> None:
        """Lay out groups, each with its members."""
        groups: dict[K, dict[R, bool]] = {}
        for group, member in pairs:
            groups.setdefault(group, {})[member] = True
        self._groups = Table({group: Table(members) for group, members in groups.items()})

    def __len__(self) -> int:
        """Return the number of groups that have members."""
        return len(self._groups)

    def of(self, group: K) -> Iterator[R]:
        """Return the members of a group, in no particular order."""
        return iter(self._groups.get(group) or ())

    def edited(self, gone: Iterable[tuple[K, R]], come: Iterable[tuple[K, R]]) -> Index[K, R]:
        """Return the index without some members, then with others."""
        changes: dict[K, dict[R, bool | None]] = {}
        for group, member in gone:
            changes.setdefault(group, {})[member] = None
        for group, member in come:
            changes.setdefault(group, {})[member] = True
        groups: dict[K, Table[R, bool] | None] = {}
        for group, members in changes.items():
            table = (self._groups.get(group) or Table[R, bool]()).edited(members)
            groups[group] = table or None
        index: Index[K, R] = Index()
        index._groups = self._groups.edited(groups)
        return index


class Edit(Generic[K, R]):
    """A builder for the next version of a table, which records the former rows."""

    __slots__ = ("_base", "changed")

    def __init__(self, base: Table[K, R]) -> None:
        """Start with a table."""
        self._base = base
        self.changed: dict[K, R | None] = {}

    def get(self, key: K) -> R | None:
        """Return the current row; `None` if there is none."""
        return self.changed[key] if key in self.changed else self._base.get(key)

    def put(self, key: K, row: R | None) -> None:
        """Set a row; `None` removes it."""
        self.changed[key] = row

    def items(self) -> Iterator[tuple[K, R]]:
        """Return the current keys and rows, in no particular order."""
        for key, row in self._base.items():
            if key not in self.changed:
                yield key, row
        for key, changed in self.changed.items():
            if changed is not None:
                yield key, changed

    def before(self) -> dict[K, R | None]:
        """Return the former rows of the places that were changed."""
        return {key: self._base.get(key) for key in self.changed}

    def finish(self) -> Table[K, R]:
        """Return the new table."""
        return self._base.edited(self.changed)


class ListOrder(Generic[K]):
    """The order of a contract's list: a new entry is appended, the last entry fills a gap."""

    __slots__ = ("_keys", "_places")

    def __init__(self) -> None:
        """Start with an empty list."""
        self._keys: list[K] = []
        self._places: dict[K, int] = {}

    def add(self, key: K) -> None:
        """Append an entry, unless it is in the list."""
        if key not in self._places:
            self._places[key] = len(self._keys)
            self._keys.append(key)

    def remove(self, key: K) -> None:
        """Remove an entry; the last one takes its place."""
        if key not in self._places:
            raise MissingEvents(f"{key} leaves a list that it is not on: read all events again")
        last, place = self._keys.pop(), self._places.pop(key)
        if last != key:
            self._keys[place], self._places[last] = last, place

    def at(self, place: int) -> K | None:
        """Return the entry at an index; `None` past the end."""
        return self._keys[place] if place < len(self._keys) else None

    def __iter__(self) -> Iterator[K]:
        """Return the entries in their order."""
        return iter(self._keys)


class NoOrder(ListOrder[K]):
    """The order of a list that is not needed."""

    __slots__ = ()

    def add(self, key: K) -> None:  # type: ignore[explicit-override]  # typing.override needs Python 3.12
        """Do nothing."""

    def remove(self, key: K) -> None:  # type: ignore[explicit-override]  # typing.override needs Python 3.12
        """Do nothing."""


@dataclass(frozen=True, slots=True)
class Lists(Generic[K]):
    """The orders of the contracts' lists: node numbers, keys of parties, members with a service."""

    nodes: ListOrder[int] = field(default_factory=NoOrder[int])
    parties: ListOrder[str] = field(default_factory=NoOrder[str])
    services: ListOrder[K] = field(default_factory=NoOrder[K])

    @classmethod
    def kept(cls) -> Lists[K]:
        """Return empty lists that keep their order."""
        return cls(nodes=ListOrder(), parties=ListOrder(), services=ListOrder())
