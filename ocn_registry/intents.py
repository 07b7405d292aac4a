"""What a user wants to change, as values.

An intent says what, not who: the account that signs it is given when it is sent or prepared. An
intent that can be made has the right shape for any generation of the contracts; what the contracts
of one deployment allow beyond that, their dialect checks before anything is sent. A batch is a
tuple of intents.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, ClassVar, TypeAlias, TypeGuard, TypeVar

from ocn_registry.errors import InvalidInput
from ocn_registry.foreign.text import shown
from ocn_registry.models import (
    ZERO_ADDRESS,
    Address,
    Contract,
    Module,
    Node,
    Party,
    PartyId,
    Permission,
    Role,
    Service,
    named,
    permissions_of,
)
from ocn_registry.portable.base import Portable
from ocn_registry.portable.forms import read

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

E = TypeVar("E", bound=IntEnum)
T = TypeVar("T")


def _keep(intent: object, name: str, value: object) -> None:
    object.__setattr__(intent, name, value)


def _text(intent: object, *names: str) -> None:
    for name in names:
        value = getattr(intent, name)
        if not isinstance(value, str):
            raise InvalidInput(f"{shown(value)} is not a valid {name}: give text")
        try:
            value.encode()
        except UnicodeEncodeError:
            raise InvalidInput(
                f"the {name} {shown(value)} contains an unpaired surrogate: write it again",
            ) from None


def _address(intent: object, name: str) -> None:
    _keep(intent, name, Address(getattr(intent, name)))


def _number(intent: object, name: str) -> None:
    value = getattr(intent, name)
    if type(value) is not int or not 0 <= value < 1 << 256:
        raise InvalidInput(
            f"{shown(value)} is not a valid {name}: give a number from 0 to 2^256 - 1",
        )


def _sequence(what: str, values: object, one: Callable[[object], T]) -> tuple[T, ...]:
    if isinstance(values, (str, bytes)) or not _is_iterable(values):
        raise InvalidInput(f"{shown(values)} is not a list of {what}: give a tuple or a list")
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
        names = ", ".join(known.name for known in named(kind))
        raise InvalidInput(
            f"{shown(value)} is not a valid {kind.__name__}: "
            f"give one of {kind.__name__}.{{{names}}}",
        )

    _keep(intent, name, _sequence(name, getattr(intent, name), member))


def _permissions(values: object) -> tuple[int, ...]:
    def number(value: object) -> int:
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 256:
            return int(value)
        raise InvalidInput(f"{shown(value)} is not a valid permission: give members of Permission")

    return permissions_of(_sequence("permissions", values, number))


def _instances(intent: object, name: str, kind: type[T]) -> None:
    def instance(value: object) -> T:
        if isinstance(value, kind):
            return value
        raise InvalidInput(f"{shown(value)} is not a {kind.__name__}: give values of that class")

    _keep(intent, name, _sequence(name, getattr(intent, name), instance))


class _Intent(Portable):
    """What all intents are: the key `intent` names which one, and no other keys are accepted."""

    __slots__ = ()
    kind_key: ClassVar[str] = "intent"
    only_known_keys: ClassVar[bool] = True


@dataclass(frozen=True, slots=True, kw_only=True)
class SetNode(_Intent):
    """List a node under a URL, or change the URL of the one that is listed."""

    signable: ClassVar[bool] = True
    domain: str

    def __post_init__(self) -> None:
        """Check the shape."""
        _text(self, "domain")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteNode(_Intent):
    """Remove the node from the list. Its parties stay listed and can't be reached."""

    signable: ClassVar[bool] = True


def _id(intent: object) -> None:
    """Check an id that may be left out: both halves, or none."""
    country_code: str | None = getattr(intent, "country_code")  # noqa: B009
    party_id: str | None = getattr(intent, "party_id")  # noqa: B009
    if country_code is not None or party_id is not None:
        PartyId(country_code or "", party_id or "")


@dataclass(frozen=True, slots=True, kw_only=True)
class SetParty(_Intent):
    """List the account under an id, or change roles or operator of an id that it holds.

    A further id is added and frees none of the account's others. Contracts of the first generation
    take one id for each account, so there it replaces the former one.

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
class SetPartyModules(_Intent):
    """Replace the modules that a party says it has. Empty lists remove them.

    Attributes:
        country_code: First half of the id that is meant; `None`, as `party_id`, for the account's
            current id. A signed request always names the id.
        party_id: Second half of the id.
        sender: Modules whose sender interface the party has.
        receiver: Modules whose receiver interface the party has.
    """

    signable: ClassVar[bool] = True
    country_code: str | None = None
    party_id: str | None = None
    sender: Sequence[Module] = ()
    receiver: Sequence[Module] = ()

    def __post_init__(self) -> None:
        """Check the shape."""
        _id(self)
        _members(self, "sender", Module)
        _members(self, "receiver", Module)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteParty(_Intent):
    """Give up one of the account's ids. The last one takes its service and agreements along.

    Attributes:
        country_code: First half of the id; `None`, as `party_id`, for the account's only id. A
            signed request always names the id.
        party_id: Second half of the id.
    """

    signable: ClassVar[bool] = True
    country_code: str | None = None
    party_id: str | None = None

    def __post_init__(self) -> None:
        """Check the shape."""
        _id(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class SetPartyWebsite(_Intent):
    """Set the website of one of the account's ids.

    Attributes:
        country_code: First half of the id.
        party_id: Second half of the id.
        website: URL, by the rule for nodes; empty to remove it.
    """

    signable: ClassVar[bool] = True
    country_code: str
    party_id: str
    website: str = ""

    def __post_init__(self) -> None:
        """Check the shape."""
        PartyId(self.country_code, self.party_id)
        _text(self, "website")


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedParty(Portable):
    """A party as it should be listed, whatever is listed now.

    Attributes:
        country_code: First half of the id.
        party_id: Second half of the id.
        roles: At least one.
        operator: Address that runs the node.
        modules_sender: Modules whose sender interface it has; `None` leaves those that are listed.
        modules_receiver: Modules whose receiver interface it has; `None` leaves those listed.
        website: URL; empty removes it, `None` leaves the one that is listed.
    """

    country_code: str
    party_id: str
    roles: Sequence[Role]
    operator: str
    modules_sender: Sequence[Module] | None = None
    modules_receiver: Sequence[Module] | None = None
    website: str | None = None

    def __post_init__(self) -> None:
        """Check the shape."""
        PartyId(self.country_code, self.party_id)
        _members(self, "roles", Role)
        _address(self, "operator")
        for name in ("modules_sender", "modules_receiver"):
            if getattr(self, name) is not None:
                _members(self, name, Module)
        if self.website is not None:
            _text(self, "website")

    @property
    def id(self) -> PartyId:
        """Both halves of the id."""
        return PartyId(self.country_code, self.party_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance(Portable):
    """The consent of an account that is to become something: a new key, or a controller.

    Attributes:
        nonce: The account's next nonce at the Registry.
        deadline_unix_s: Last second, in Unix time, at which it is valid.
        signature: The account's own signature under `AcceptAccount` or `AcceptController`.
    """

    nonce: int
    deadline_unix_s: int
    signature: bytes

    def __post_init__(self) -> None:
        """Check the shape."""
        _number(self, "nonce")
        _number(self, "deadline_unix_s")
        if not isinstance(self.signature, bytes):  # pyright: ignore[reportUnnecessaryIsInstance] - callers without a checker
            raise InvalidInput("the signature of an acceptance is not bytes: give its bytes")


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveAccount(_Intent):
    """Give all that an account has to a new key, and retire the account for good.

    Attributes:
        new_account: Address of the new key, which has nothing in the registry yet.
        acceptance: The new key's consent; `None` where the new key itself sends the move, and where
            the consent is added later.
    """

    signable: ClassVar[bool] = True
    new_account: str
    acceptance: Acceptance | None = None

    def __post_init__(self) -> None:
        """Check the shape."""
        _address(self, "new_account")


@dataclass(frozen=True, slots=True, kw_only=True)
class SetController(_Intent):
    """Name the account whose signature counts for this one from now on.

    Attributes:
        controller: Address of the controller; `None`, the zero address or the account itself for
            none.
        acceptance: The controller's consent; `None` where no controller is named, and where the
            consent is added later.
    """

    signable: ClassVar[bool] = True
    controller: str | None = None
    acceptance: Acceptance | None = None

    def __post_init__(self) -> None:
        """Check the shape."""
        if self.controller is None:
            _keep(self, "controller", ZERO_ADDRESS)
        _address(self, "controller")


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptAccount(_Intent):
    """Consent to take over all that another account has. It takes effect inside `MoveAccount`."""

    signable: ClassVar[bool] = True
    account: str

    def __post_init__(self) -> None:
        """Check the shape."""
        _address(self, "account")


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptController(_Intent):
    """Consent to become another account's controller. It takes effect inside `SetController`."""

    signable: ClassVar[bool] = True
    account: str

    def __post_init__(self) -> None:
        """Check the shape."""
        _address(self, "account")


@dataclass(frozen=True, slots=True, kw_only=True)
class SetService(_Intent):
    """Offer a service, or change it. Other permissions end all agreements to it.

    Attributes:
        name: At most 100 bytes; may be empty.
        url: Where to read more; may be empty.
        permissions: What the service needs, at least one.
    """

    signable: ClassVar[bool] = True
    name: str = ""
    url: str = ""
    permissions: Sequence[Permission | int]

    def __post_init__(self) -> None:
        """Check the shape."""
        _text(self, "name", "url")
        _keep(self, "permissions", _permissions(self.permissions))


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteService(_Intent):
    """Remove the service, and end all agreements to it."""

    signable: ClassVar[bool] = True


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateAgreement(_Intent):
    """Agree to the service of a provider.

    Attributes:
        provider: Address of the account that offers the service.
        permissions: What is agreed to, which must be what the service needs when this takes
            effect. `None` agrees to whatever it needs then, and can't be signed for a spender.
    """

    signable: ClassVar[bool] = True
    provider: str
    permissions: Sequence[Permission | int] | None = None

    def __post_init__(self) -> None:
        """Check the shape."""
        _address(self, "provider")
        if self.permissions is not None:
            _keep(self, "permissions", _permissions(self.permissions))


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokeAgreement(_Intent):
    """Take back what was agreed with a provider, whether it is in force or has ended."""

    signable: ClassVar[bool] = True
    provider: str

    def __post_init__(self) -> None:
        """Check the shape."""
        _address(self, "provider")


@dataclass(frozen=True, slots=True, kw_only=True)
class InvalidateNonce(_Intent):
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
class AdminDeleteOperator(_Intent):
    """Remove another's node; for the owner of the registry."""

    signable: ClassVar[bool] = False
    operator: str

    def __post_init__(self) -> None:
        """Check the shape."""
        _address(self, "operator")


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminDeleteParty(_Intent):
    """Remove another's id; for the owner of the registry. Anyone can list it again."""

    signable: ClassVar[bool] = False
    country_code: str
    party_id: str

    def __post_init__(self) -> None:
        """Check the shape."""
        PartyId(self.country_code, self.party_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminReserveParty(_Intent):
    """Keep an id for one account: whoever else holds it loses it; for the owner of the registry.

    Attributes:
        country_code: First half of the id.
        party_id: Second half of the id.
        holder: The only account that can list the id; `None` or the zero address lifts the
            reservation.
    """

    signable: ClassVar[bool] = False
    country_code: str
    party_id: str
    holder: str | None = None

    def __post_init__(self) -> None:
        """Check the shape."""
        PartyId(self.country_code, self.party_id)
        if self.holder is None:
            _keep(self, "holder", ZERO_ADDRESS)
        _address(self, "holder")


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminReserveNode(_Intent):
    """Keep a URL for one operator: whoever else runs a node there loses it; for the owner.

    Attributes:
        domain: URL of a node.
        operator: The only account that can list the URL; `None` or the zero address lifts the
            reservation.
    """

    signable: ClassVar[bool] = False
    domain: str
    operator: str | None = None

    def __post_init__(self) -> None:
        """Check the shape."""
        _text(self, "domain")
        if self.operator is None:
            _keep(self, "operator", ZERO_ADDRESS)
        _address(self, "operator")


@dataclass(frozen=True, slots=True, kw_only=True)
class PruneService(_Intent):
    """Clear the slot of a service that has ended with its provider's membership. Anybody can.

    Attributes:
        index: Slot in the contract's list of services, from 0.
    """

    signable: ClassVar[bool] = False
    index: int

    def __post_init__(self) -> None:
        """Check the shape."""
        _number(self, "index")


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferOwnership(_Intent):
    """Offer the registry to a new owner, who has to accept. The zero address takes that back."""

    signable: ClassVar[bool] = False
    new_owner: str

    def __post_init__(self) -> None:
        """Check the shape."""
        _address(self, "new_owner")


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptOwnership(_Intent):
    """Become the owner of the registry, to whom it was offered."""

    signable: ClassVar[bool] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RenounceOwnership(_Intent):
    """Leave the registry without an owner, for good."""

    signable: ClassVar[bool] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportNodes(_Intent):
    """List nodes of an earlier registry, 100 at most; for the owner while the import is open."""

    signable: ClassVar[bool] = False
    nodes: Sequence[Node]

    def __post_init__(self) -> None:
        """Check the shape."""
        _instances(self, "nodes", Node)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportParties(_Intent):
    """List parties of an earlier registry, 100 at most; memberships are counted anew."""

    signable: ClassVar[bool] = False
    parties: Sequence[Party]

    def __post_init__(self) -> None:
        """Check the shape."""
        _instances(self, "parties", Party)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportServices(_Intent):
    """List services of an earlier registry, 100 at most; their versions are counted anew."""

    signable: ClassVar[bool] = False
    services: Sequence[Service]

    def __post_init__(self) -> None:
        """Check the shape."""
        _instances(self, "services", Service)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedAgreement(Portable):
    """An agreement of an earlier registry: who agreed with whom to what."""

    user: str
    provider: str
    permissions: Sequence[Permission | int]

    def __post_init__(self) -> None:
        """Check the shape."""
        _address(self, "user")
        _address(self, "provider")
        _keep(self, "permissions", _permissions(self.permissions))


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportAgreements(_Intent):
    """Make agreements of an earlier registry, 100 at most."""

    signable: ClassVar[bool] = False
    agreements: Sequence[ImportedAgreement]

    def __post_init__(self) -> None:
        """Check the shape."""
        _instances(self, "agreements", ImportedAgreement)


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseImport(_Intent):
    """End the import of one contract for good, so that it takes everybody's writes."""

    signable: ClassVar[bool] = False
    contract: Contract


SignableIntent: TypeAlias = (
    SetNode
    | DeleteNode
    | SetParty
    | SetPartyModules
    | SetPartyWebsite
    | DeleteParty
    | MoveAccount
    | SetController
    | AcceptAccount
    | AcceptController
    | SetService
    | DeleteService
    | CreateAgreement
    | RevokeAgreement
    | InvalidateNonce
)
OwnerIntent: TypeAlias = (
    AdminDeleteOperator
    | AdminDeleteParty
    | AdminReserveParty
    | AdminReserveNode
    | TransferOwnership
    | AcceptOwnership
    | RenounceOwnership
    | ImportNodes
    | ImportParties
    | ImportServices
    | ImportAgreements
    | CloseImport
)
Intent: TypeAlias = SignableIntent | OwnerIntent | PruneService


def intent_from_dict(data: Mapping[str, object]) -> Intent:
    """Return the intent that a JSON object describes, of the class that its key `intent` names.

    Args:
        data: What an intent's `to_dict` returned, or the same from JSON of any source.

    Raises:
        InvalidInput: It does not describe an intent; the message says where.
    """
    intent: Intent = read(data, Intent, "intent")  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType] - by its type
    return intent
