"""What a user wants to change, as values.

An intent says what, not who: the account that signs it is given when it is sent or prepared. An
intent that can be made has the right shape for any generation of the contracts; what the contracts
of one deployment allow beyond that, their dialect checks before anything is sent. A batch is a
tuple of intents.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, ClassVar, TypeAlias, TypeGuard, TypeVar

from ocn_registry.errors import InvalidInput
from ocn_registry.foreign.text import shown
from ocn_registry.models import (
    Address,
    Module,
    Node,
    Party,
    PartyId,
    Role,
    Service,
    permissions_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ocn_registry.models import (
        Contract,
    )

E = TypeVar("E", bound=IntEnum)
T = TypeVar("T")


def _keep(intent: object, name: str, value: object) -> None:
    object.__setattr__(intent, name, value)


def _text(intent: object, *names: str) -> None:
    for name in names:
        value = getattr(intent, name)
        if not isinstance(value, str):
            raise InvalidInput(f"{shown(value)} is no {name}: give text")
        try:
            value.encode()
        except UnicodeEncodeError:
            raise InvalidInput(
                f"the {name} {shown(value)} has half of a character: write it anew",
            ) from None


def _address(intent: object, name: str) -> None:
    _keep(intent, name, Address(getattr(intent, name)))


def _number(intent: object, name: str) -> None:
    value = getattr(intent, name)
    if type(value) is not int or not 0 <= value < 1 << 256:
        raise InvalidInput(f"{shown(value)} is no {name}: give a number from 0 to 2^256 - 1")


def _sequence(what: str, values: object, one: Callable[[object], T]) -> tuple[T, ...]:
    if isinstance(values, (str, bytes)) or not _is_iterable(values):
        raise InvalidInput(f"{shown(values)} is no list of {what}: give a tuple or a list")
    return tuple([one(value) for value in values])


def _is_iterable(value: object) -> TypeGuard[Iterable[object]]:
    return isinstance(value, Iterable)


def _members(intent: object, name: str, kind: type[E]) -> None:
    def member(value: object) -> E:
        if isinstance(value, kind):
            return value
        if isinstance(value, int) and not isinstance(value, bool):
            with suppress(ValueError):
                return kind(value)
        names = ", ".join(known.name for known in kind)
        raise InvalidInput(
            f"{shown(value)} is no {kind.__name__}: give one of {kind.__name__}.{{{names}}}",
        )

    _keep(intent, name, _sequence(name, getattr(intent, name), member))


def _permissions(values: object) -> tuple[int, ...]:
    def number(value: object) -> int:
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 256:
            return int(value)
        raise InvalidInput(f"{shown(value)} is no permission: give members of Permission")

    return permissions_of(_sequence("permissions", values, number))


def _instances(intent: object, name: str, kind: type[T]) -> None:
    def instance(value: object) -> T:
        if isinstance(value, kind):
            return value
        raise InvalidInput(f"{shown(value)} is no {kind.__name__}")

    _keep(intent, name, _sequence(name, getattr(intent, name), instance))


@dataclass(frozen=True, slots=True, kw_only=True)
class SetNode:
    """List a node under a URL, or change the URL of the one that is listed."""

    signable: ClassVar[bool] = True
    domain: str

    def __post_init__(self) -> None:
        """Check the shape."""
        _text(self, "domain")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteNode:
    """Take the node off the list. Its parties stay listed and can't be reached."""

    signable: ClassVar[bool] = True


@dataclass(frozen=True, slots=True, kw_only=True)
class SetParty:
    """List a party, or change its id, its roles or the operator it is reached through.

    Attributes:
        country_code: Two letters A-Z.
        party_id: Three characters A-Z or 0-9.
        roles: At least one.
        operator: Address that runs the node; any spelling, kept with its checksum.
    """

    signable: ClassVar[bool] = True
    country_code: str
    party_id: str
    roles: Sequence[Role]
    operator: str

    def __post_init__(self) -> None:
        """Check the shape."""
        PartyId(self.country_code, self.party_id)
        _members(self, "roles", Role)
        _address(self, "operator")


@dataclass(frozen=True, slots=True, kw_only=True)
class SetPartyModules:
    """Replace the modules that a party says it has. Empty lists take them off."""

    signable: ClassVar[bool] = True
    sender: Sequence[Module] = ()
    receiver: Sequence[Module] = ()

    def __post_init__(self) -> None:
        """Check the shape."""
        _members(self, "sender", Module)
        _members(self, "receiver", Module)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteParty:
    """Take the party off the list, with its service and all that it agreed to."""

    signable: ClassVar[bool] = True


@dataclass(frozen=True, slots=True, kw_only=True)
class SetService:
    """Offer a service, or change it. Other permissions end all agreements to it.

    Attributes:
        name: At most 100 bytes; may be empty.
        url: Where to read more; may be empty.
        permissions: What the service needs, at least one.
    """

    signable: ClassVar[bool] = True
    name: str = ""
    url: str = ""
    permissions: Sequence[int]

    def __post_init__(self) -> None:
        """Check the shape."""
        _text(self, "name", "url")
        _keep(self, "permissions", _permissions(self.permissions))


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteService:
    """Take the service off the list, and end all agreements to it."""

    signable: ClassVar[bool] = True


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateAgreement:
    """Agree to the service of a provider.

    Attributes:
        provider: Address of the party that offers the service.
        permissions: What is agreed to, which must be what the service needs when this takes
            effect. `None` agrees to whatever it needs then, and can't be signed for a spender.
    """

    signable: ClassVar[bool] = True
    provider: str
    permissions: Sequence[int] | None = None

    def __post_init__(self) -> None:
        """Check the shape."""
        _address(self, "provider")
        if self.permissions is not None:
            _keep(self, "permissions", _permissions(self.permissions))


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokeAgreement:
    """Take back what was agreed with a provider, be it in force or ended."""

    signable: ClassVar[bool] = True
    provider: str

    def __post_init__(self) -> None:
        """Check the shape."""
        _address(self, "provider")


@dataclass(frozen=True, slots=True, kw_only=True)
class InvalidateNonce:
    """Cancel all requests that an account signed with a nonce below this one.

    Attributes:
        contract: Each contract counts for itself.
        new_nonce: Nonce of the next request that can take effect; at most 65,536 above the present.
    """

    signable: ClassVar[bool] = True
    contract: Contract
    new_nonce: int

    def __post_init__(self) -> None:
        """Check the shape."""
        _number(self, "new_nonce")


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminDeleteOperator:
    """Take another's node off the list; for the owner of the registry."""

    signable: ClassVar[bool] = False
    operator: str

    def __post_init__(self) -> None:
        """Check the shape."""
        _address(self, "operator")


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminDeleteParty:
    """Take another party off the list; for the owner of the registry."""

    signable: ClassVar[bool] = False
    country_code: str
    party_id: str

    def __post_init__(self) -> None:
        """Check the shape."""
        PartyId(self.country_code, self.party_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferOwnership:
    """Offer the registry to a new owner, who has to accept. The zero address takes that back."""

    signable: ClassVar[bool] = False
    new_owner: str

    def __post_init__(self) -> None:
        """Check the shape."""
        _address(self, "new_owner")


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptOwnership:
    """Become the owner of the registry, to whom it was offered."""

    signable: ClassVar[bool] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RenounceOwnership:
    """Leave the registry without an owner, for good."""

    signable: ClassVar[bool] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportNodes:
    """List nodes of an earlier registry, 100 at most; for the owner while the import is open."""

    signable: ClassVar[bool] = False
    nodes: Sequence[Node]

    def __post_init__(self) -> None:
        """Check the shape."""
        _instances(self, "nodes", Node)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportParties:
    """List parties of an earlier registry, 100 at most; their listings are numbered anew."""

    signable: ClassVar[bool] = False
    parties: Sequence[Party]

    def __post_init__(self) -> None:
        """Check the shape."""
        _instances(self, "parties", Party)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportServices:
    """List services of an earlier registry, 100 at most; their versions are counted anew."""

    signable: ClassVar[bool] = False
    services: Sequence[Service]

    def __post_init__(self) -> None:
        """Check the shape."""
        _instances(self, "services", Service)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedAgreement:
    """An agreement of an earlier registry: who agreed with whom to what."""

    user: str
    provider: str
    permissions: Sequence[int]

    def __post_init__(self) -> None:
        """Check the shape."""
        _address(self, "user")
        _address(self, "provider")
        _keep(self, "permissions", _permissions(self.permissions))


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportAgreements:
    """Make agreements of an earlier registry, 100 at most."""

    signable: ClassVar[bool] = False
    agreements: Sequence[ImportedAgreement]

    def __post_init__(self) -> None:
        """Check the shape."""
        _instances(self, "agreements", ImportedAgreement)


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseImport:
    """End the import of one contract for good, so that it takes everybody's writes."""

    signable: ClassVar[bool] = False
    contract: Contract


SignableIntent: TypeAlias = (
    SetNode
    | DeleteNode
    | SetParty
    | SetPartyModules
    | DeleteParty
    | SetService
    | DeleteService
    | CreateAgreement
    | RevokeAgreement
    | InvalidateNonce
)
OwnerIntent: TypeAlias = (
    AdminDeleteOperator
    | AdminDeleteParty
    | TransferOwnership
    | AcceptOwnership
    | RenounceOwnership
    | ImportNodes
    | ImportParties
    | ImportServices
    | ImportAgreements
    | CloseImport
)
Intent: TypeAlias = SignableIntent | OwnerIntent
