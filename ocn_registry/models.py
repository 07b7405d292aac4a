"""The entries of a registry, as values returned by reads.

They can hold any entry of any generation of the contracts, including text that newer contracts
would reject; dialects check what can be written. Text from outside is converted to an `Address` or
a `PartyId` once, and is valid from then on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import field
from enum import Enum, IntEnum
from typing import TYPE_CHECKING, Self, TypeGuard, TypeVar

from ocn_registry.errors import InvalidInput
from ocn_registry.evm.address import ZERO_ADDRESS as ZERO_ADDRESS  # noqa: PLC0414 - offered here
from ocn_registry.evm.address import Address as Address  # noqa: PLC0414 - offered here
from ocn_registry.foreign.arguments import checked
from ocn_registry.foreign.text import shown
from ocn_registry.foreign.urls import unusable
from ocn_registry.portable.base import Portable, key
from ocn_registry.portable.forms import as_object, moment, part, plain, unix_s
from ocn_registry.portable.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping

E = TypeVar("E", bound=Enum)

_ID = r"([^-*_\s]{2})\s*[-*_]?\s*([^-*_\s]{3})"


def _is_text(value: object) -> TypeGuard[str]:
    """Return whether a value is text, for callers without a type checker."""
    return isinstance(value, str)


class Contract(Enum):
    """The two contracts of a deployment."""

    REGISTRY = "registry"
    PERMISSIONS = "permissions"


class Role(IntEnum):
    """What a party is in the OCPI world.

    `RESERVED_...` have no meaning yet. Newer contracts take them, so reads can return them.

    Source: OCPI 2.2.1, section 7 (role types); the numbers are the contracts'.
    """

    CPO = 0
    EMSP = 1
    HUB = 2
    NAP = 3
    NSP = 4
    OTHER = 5
    SCSP = 6
    RESERVED_7 = 7


class Module(IntEnum):
    """An OCPI module with a sender and a receiver interface.

    Contracts of the first generation know the modules up to `TOKENS`. `RESERVED_...` have no
    meaning yet. Newer contracts take them, so reads can return them.

    Source: OCPI 2.2.1, section 6, and OCPI 2.3.0; the numbers are the contracts'.
    """

    CDRS = 0
    CHARGINGPROFILES = 1
    COMMANDS = 2
    LOCATIONS = 3
    SESSIONS = 4
    TARIFFS = 5
    TOKENS = 6
    PAYMENTS = 7
    BOOKINGS = 8
    INVOICERECONCILIATION = 9
    RESERVED_10 = 10
    RESERVED_11 = 11
    RESERVED_12 = 12
    RESERVED_13 = 13
    RESERVED_14 = 14
    RESERVED_15 = 15

    @property
    def json_name(self) -> str:
        """The name in JSON and on the command line: as OCPI writes it, in small letters."""
        return self.name.lower()


class Interface(Enum):
    """The two interfaces of a module: the owner of the data sends, the other side receives.

    Source: OCPI 2.2.1, section 6.
    """

    SENDER = "sender"
    RECEIVER = "receiver"


class Permission(IntEnum):
    """Which messages of its users are forwarded to a service.

    The interface is the one that a message is addressed to.
    """

    FORWARD_ALL = 0
    FORWARD_ALL_SENDER = 1
    FORWARD_ALL_RECEIVER = 2
    FORWARD_MODULE_LOCATIONS_SENDER = 3
    FORWARD_MODULE_LOCATIONS_RECEIVER = 4
    FORWARD_MODULE_SESSIONS_SENDER = 5
    FORWARD_MODULE_SESSIONS_RECEIVER = 6
    FORWARD_MODULE_CDRS_SENDER = 7
    FORWARD_MODULE_CDRS_RECEIVER = 8
    FORWARD_MODULE_TARIFFS_SENDER = 9
    FORWARD_MODULE_TARIFFS_RECEIVER = 10
    FORWARD_MODULE_TOKENS_SENDER = 11
    FORWARD_MODULE_TOKENS_RECEIVER = 12
    FORWARD_MODULE_COMMANDS_SENDER = 13
    FORWARD_MODULE_COMMANDS_RECEIVER = 14
    FORWARD_MODULE_CHARGINGPROFILES_SENDER = 15
    FORWARD_MODULE_CHARGINGPROFILES_RECEIVER = 16


def named(kind: type[E]) -> tuple[E, ...]:
    """Return the members of an enumeration that have a meaning."""
    return tuple([member for member in kind if not member.name.startswith("RESERVED_")])


def known(kind: type[E], value: object) -> E | None:
    """Return a member of an enumeration; an invalid filter would look like "no matches".

    Args:
        kind: The enumeration.
        value: A member, or its number or text; `None` is returned unchanged.

    Raises:
        InvalidInput: The value is neither.
    """
    try:
        if value is None:
            return None
        if isinstance(value, (kind, int, str)) and not isinstance(value, bool):
            return kind(value)
    except ValueError:
        pass
    names = ", ".join(member.name for member in named(kind))
    raise InvalidInput(f"{shown(value)} is not a valid {kind.__name__}: give one of {names}")


def any_of(kind: type[E], values: E | Iterable[E] | None) -> frozenset[E] | None:
    """Return the members of an enumeration that a filter accepts.

    Args:
        kind: The enumeration.
        values: A member, or several; each may be its number or text. `None` is returned unchanged.

    Raises:
        InvalidInput: One is not a member, or there are none.
    """
    if values is None:
        return None
    several = values if isinstance(values, Iterable) and not isinstance(values, str) else (values,)
    found = [known(kind, value) for value in several]
    members = frozenset([member for member in found if member is not None])
    if not members or None in found:
        raise InvalidInput(f"name at least one {kind.__name__}, or leave the filter out")
    return members


_PERMISSIONS = {int(permission): permission for permission in Permission}


def permissions_of(numbers: tuple[int, ...]) -> tuple[int, ...]:
    """Return permissions by number: a `Permission` if it is known, otherwise the number."""
    return tuple(_PERMISSIONS.get(number, number) for number in numbers)


_HALVES = 2


@dataclass(frozen=True, slots=True, order=True)
class PartyId(Portable):
    """The id of a party: country code and party id, as OCPI messages carry them.

    OCPI ignores case in ids. The contracts of v1 do not, so a value keeps its case, and two values
    that differ in case are not equal. `parse` and `folded` return the usual form, in capital
    letters; lookups by clients and caches ignore case.

    Attributes:
        country_code: Two characters; the contracts of v3 hold letters A-Z only.
        party_id: Three characters; the contracts of v3 hold A-Z and 0-9 only.

    Source: OCPI 2.2.1, section 4.2 (routing headers).
    """

    country_code: str
    party_id: str

    def __post_init__(self) -> None:
        """Check that the halves fit in two and three bytes, as in the contracts."""
        for name, text, size, example in (
            ("country code", self.country_code, 2, "DE"),
            ("party id", self.party_id, 3, "ABC"),
        ):
            if not _is_text(text) or len(text) != size or max(text) > "\xff":
                raise InvalidInput(
                    f"{shown(text)} is not a valid {name}: use {size} characters, for example "
                    f"{example}",
                )

    def __str__(self) -> str:  # type: ignore[explicit-override]  # typing.override needs Python 3.12
        """Return both halves separated by a space, with unprintable characters escaped."""
        text = f"{self.country_code} {self.party_id}"
        return text if text.isprintable() else shown(text)

    @classmethod
    def parse(cls, text: str) -> PartyId:
        """Return the id in a text, in capital letters.

        Args:
            text: `DE ABC`, `DE-ABC`, `DE*ABC`, `DE_ABC` or `DEABC`, in letters of any case, with
                any white space.

        Raises:
            InvalidInput: The text has another form.
        """
        found = re.fullmatch(_ID, text.strip()) if _is_text(text) else None
        if found is None:
            raise InvalidInput(f"{shown(text)} is not a valid id of a party: write it as DE ABC")
        return cls(found[1], found[2]).folded

    @classmethod
    def of(cls, value: PartyId | tuple[str, str] | str) -> PartyId:
        """Return the id that a caller gives in any form.

        Args:
            value: A `PartyId`, country code and party id, or text that `parse` reads.

        Raises:
            InvalidInput: The value is neither.
        """
        if isinstance(value, PartyId):
            return value
        if isinstance(value, str):
            return cls.parse(value)
        if isinstance(value, (tuple, list)) and len(value) == _HALVES:  # type: ignore[redundant-expr]  # callers without a checker; pyright: ignore[reportUnnecessaryIsInstance, reportUnnecessaryComparison]
            return cls(*value)
        raise InvalidInput(f"{shown(value)} is not the id of a party: give (country, id)")

    @property
    def folded(self) -> PartyId:
        """The same id in capital letters, for comparing ids without case."""
        if not _has_small_letter(self.country_code + self.party_id):
            return self
        return PartyId(_capital(self.country_code), _capital(self.party_id))

    @property
    def spellings(self) -> tuple[PartyId, ...]:
        """The id unchanged, then in capital letters: the order of lookups."""
        folded = self.folded
        return (self,) if folded is self else (self, folded)


_has_small_letter = re.compile("[a-z]").search


def _capital(text: str) -> str:
    # Only A-Z: other letters can change their length, and no OCPI id has them.
    return re.sub("[a-z]", lambda small: small[0].upper(), text)


def address_or_id(first: str, party_id: str | None = None) -> Address | PartyId:
    """Return the address or the id that identifies a party.

    Args:
        first: An address, or a country code when `party_id` is given.
        party_id: The second half of the id.

    Raises:
        InvalidInput: The value is neither.
    """
    return Address(first) if party_id is None else PartyId(first, party_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockRef(Portable):
    """A block: its number, its hash, and its time in seconds of Unix time."""

    number: int
    hash: str
    timestamp_unix_s: int

    def to_dict(self) -> dict[str, object]:  # type: ignore[explicit-override]  # typing.override needs Python 3.12
        """Return the block as JSON: `blockNumber`, `blockHash`, `time`."""
        return {
            "blockNumber": self.number,
            "blockHash": self.hash,
            "time": moment(self.timestamp_unix_s),
        }

    @classmethod
    @checked
    def from_dict(cls, data: Mapping[str, object]) -> Self:  # type: ignore[explicit-override]
        """Return the block that a JSON object describes; see `Portable.from_dict`."""
        return cls(
            number=part(data, "blockNumber", int),
            hash=part(data, "blockHash", str),
            timestamp_unix_s=unix_s(part(data, "time", str), "time"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Vouching(Portable):
    """Whether a host confirms its registry entry.

    Attributes:
        vouched: Whether it confirms the entry.
        reason: Why not; empty if it does. It can contain escaped text of strangers.
        checked_unix_s: When it was checked, in Unix time.
        name: Name of the company, by its own document: at most 100 bytes, without control
            characters. `None` where the host does not vouch, or names none.
    """

    vouched: bool
    reason: str
    checked_unix_s: int = field(metadata=key("checkedAt"))
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Node(Portable):
    """A listed node.

    Attributes:
        operator: Address of the operator.
        domain: The node's URL.
        vouched: Whether the host names this operator; `None` if it has not been checked within a
            day. It is ignored in comparisons.
    """

    operator: Address
    domain: str = field(metadata=key("url"))
    vouched: Vouching | None = field(default=None, compare=False, repr=False, metadata=key(""))

    @property
    def is_usable(self) -> bool:
        """Whether a client can use the URL; the contracts can't check that."""
        return unusable(self.domain) is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Party(Portable):
    """A listed party, under one of its account's ids.

    Attributes:
        address: Account that holds the id.
        id: Country code and party id.
        roles: At least one, in ascending order.
        modules_sender: Modules of which it has the sender interface, in ascending order.
        modules_receiver: Modules of which it has the receiver interface, in ascending order.
        operator: Address of the operator whose node reaches it.
        operator_domain: URL of that node; `None` if the operator runs none, so the party can't be
            reached.
        website: The party's website; `None` if it has none.
        current: Whether this is the account's current id: the one of its last full update, used by
            functions without an id.
        membership: Number of the account's membership: its time as a party, from its first id to
            its last. All its ids share it. `None` if contracts don't number memberships. It is
            ignored in comparisons, like `current`.
        vouched: Whether the website names this id; see `Node`.
    """

    address: Address
    id: PartyId
    roles: tuple[Role, ...]
    modules_sender: tuple[Module, ...]
    modules_receiver: tuple[Module, ...]
    operator: Address
    operator_domain: str | None
    website: str | None = None
    current: bool = field(default=True, compare=False)
    membership: int | None = field(default=None, compare=False)
    vouched: Vouching | None = field(default=None, compare=False, repr=False)

    def to_dict(self) -> dict[str, object]:  # type: ignore[explicit-override]
        """Return the party as JSON in v1's form, with the same keys in the same order.

        The node's URL is empty if its operator runs none. A `website` is included if the party has
        one. `current` and the membership are not included.

        Source: v1's `lib/registry.js` (npm package 1.2.1).
        """
        form: dict[str, object] = {
            **self.id.to_dict(),
            "address": str(self.address),
            "roles": plain(self.roles),
            "modules": {
                "sender": plain(self.modules_sender),
                "receiver": plain(self.modules_receiver),
            },
            "node": {"operator": str(self.operator), "url": self.operator_domain or ""},
        }
        return form if self.website is None else form | {"website": self.website}

    @classmethod
    @checked
    def from_dict(cls, data: Mapping[str, object]) -> Self:  # type: ignore[explicit-override]
        """Return the party that a JSON object describes; see `Portable.from_dict`."""
        node = part(data, "node", Node)
        modules = as_object(data.get("modules"), "modules")
        return cls(
            address=part(data, "address", Address),
            id=PartyId.from_dict(data),
            roles=part(data, "roles", tuple[Role, ...]),
            modules_sender=part(modules, "sender", tuple[Module, ...]),
            modules_receiver=part(modules, "receiver", tuple[Module, ...]),
            operator=node.operator,
            operator_domain=node.domain or None,
            website=part(data, "website", str) if data.get("website") else None,
        )

    def implements(
        self,
        module: Module | None = None,
        interface: Interface | None = None,
    ) -> bool:
        """Return whether the party lists an interface of a module.

        Args:
            module: The module; `None` for any.
            interface: The interface; `None` for either.
        """
        modules = () if interface is Interface.RECEIVER else self.modules_sender
        if interface is not Interface.SENDER:
            modules += self.modules_receiver
        return bool(modules) if module is None else module in modules


class Signatory(Enum):
    """The role of an address for a party: the party and its operator can both sign for it."""

    PARTY = "party"
    OPERATOR = "operator"

    @staticmethod
    def of(address: Address, party: Address, operator: Address) -> Signatory | None:
        """Return the role of an address for a party; `None` for others, and the zero address.

        Args:
            address: The address in question.
            party: The party's address.
            operator: Its operator's address.
        """
        if address == ZERO_ADDRESS:
            return None
        if address == party:
            return Signatory.PARTY
        return Signatory.OPERATOR if address == operator else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Route(Portable):
    """The route of messages to a party.

    Attributes:
        id: The party's id.
        operator: Address of the operator whose node reaches the party.
        domain: URL of that node; `None` if the operator runs none, so the party can't be reached.
    """

    id: PartyId
    operator: Address
    domain: str | None

    def to_dict(self) -> dict[str, object]:  # type: ignore[explicit-override]
        """Return the route as JSON: the id, and the `node` in a party's form."""
        return {
            **self.id.to_dict(),
            "node": {"operator": str(self.operator), "url": self.domain or ""},
        }

    @classmethod
    @checked
    def from_dict(cls, data: Mapping[str, object]) -> Self:  # type: ignore[explicit-override]
        """Return the route that a JSON object describes; see `Portable.from_dict`."""
        node = part(data, "node", Node)
        return cls(id=PartyId.from_dict(data), operator=node.operator, domain=node.domain or None)

    @property
    def is_usable(self) -> bool:
        """Whether there is a URL, and a client can use it; the contracts can't check that."""
        return self.domain is not None and unusable(self.domain) is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Service(Portable):
    """A service that a party offers.

    Attributes:
        provider: The account that offers it.
        id: The account's current id at the time the service was last set, or now if that id is
            gone.
        name: May be empty.
        url: Where to read more; may be empty.
        permissions: The permissions that it needs, in ascending order: each a `Permission`, or a
            number without a name, which matches nothing.
        version: The version that agreements refer to; `None` if contracts don't number versions. It
            is ignored in comparisons.
    """

    provider: Address
    id: PartyId
    name: str
    url: str
    permissions: tuple[Permission | int, ...]
    version: int | None = field(default=None, compare=False)

    def to_dict(self) -> dict[str, object]:  # type: ignore[explicit-override]
        """Return the service as JSON in v1's form; a permission without a name is a number.

        The version is not included.

        Source: v1's `lib/permissions.js` (npm package 1.2.1).
        """
        return {
            "name": self.name,
            "url": self.url,
            "permissions": plain(self.permissions),
            "provider": {"address": str(self.provider), **self.id.to_dict()},
        }

    @classmethod
    @checked
    def from_dict(cls, data: Mapping[str, object]) -> Self:  # type: ignore[explicit-override]
        """Return the service that a JSON object describes; see `Portable.from_dict`."""
        provider = as_object(data.get("provider"), "provider")
        permissions = part(data, "permissions", tuple[Permission | int, ...])
        return cls(
            provider=part(provider, "address", Address),
            id=PartyId.from_dict(provider),
            name=part(data, "name", str),
            url=part(data, "url", str),
            permissions=permissions_of(permissions),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement(Portable):
    """An agreement between a user and a provider.

    Attributes:
        user: Address of the party that agreed.
        provider: Address of the party that offers the service.
        active: Whether it is in force.
        membership: The user's membership when it was made; `None` if contracts don't number them.
        version: The version of the service; `None` if contracts don't number versions.
    """

    user: Address
    provider: Address
    active: bool
    membership: int | None = None
    version: int | None = None

    def to_dict(self) -> dict[str, object]:  # type: ignore[explicit-override]
        """Return the agreement as JSON, with `membership` and `version` if they are numbered."""
        form = Portable.to_dict(self)
        if self.membership is None and self.version is None:
            del form["membership"], form["version"]
        return form
