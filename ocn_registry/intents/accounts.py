"""Intents about an account itself: move it to a new key, name a controller, cancel requests."""

from __future__ import annotations

from ocn_registry.errors import InvalidInput
from ocn_registry.intents.shape import IntentBase, check_address, check_number, keep
from ocn_registry.models import ZERO_ADDRESS, Contract
from ocn_registry.portable.base import Portable
from ocn_registry.portable.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance(Portable):
    """The consent of an account to become another account's new key, or its controller.

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
        check_number(self, "nonce")
        check_number(self, "deadline_unix_s")
        if not isinstance(self.signature, bytes):  # pyright: ignore[reportUnnecessaryIsInstance] - callers without a checker
            raise InvalidInput("the signature of an acceptance is not bytes: give its bytes")


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveAccount(IntentBase):
    """Move everything an account has to a new key, and retire the account for good.

    Attributes:
        new_account: Address of the new key, which must have nothing in the registry yet.
        acceptance: The new key's consent; `None` if the new key sends the move itself, or if the
            consent is added later.
    """

    new_account: str
    acceptance: Acceptance | None = None

    def __post_init__(self) -> None:
        """Check the shape."""
        check_address(self, "new_account")


@dataclass(frozen=True, slots=True, kw_only=True)
class SetController(IntentBase):
    """Set or remove the controller, which signs for this account from now on.

    Attributes:
        controller: Address of the controller; `None`, the zero address or the account itself to
            remove it.
        acceptance: The controller's consent; `None` if the controller is removed, or if the consent
            is added later.
    """

    controller: str | None = None
    acceptance: Acceptance | None = None

    def __post_init__(self) -> None:
        """Check the shape."""
        if self.controller is None:
            keep(self, "controller", ZERO_ADDRESS)
        check_address(self, "controller")


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptAccount(IntentBase):
    """Consent to take over everything that another account has; it is used in `MoveAccount`.

    Attributes:
        account: Address of the account that moves.
    """

    account: str

    def __post_init__(self) -> None:
        """Check the shape."""
        check_address(self, "account")


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptController(IntentBase):
    """Consent to become another account's controller; it is used in `SetController`.

    Attributes:
        account: Address of the account that names the controller.
    """

    account: str

    def __post_init__(self) -> None:
        """Check the shape."""
        check_address(self, "account")


@dataclass(frozen=True, slots=True, kw_only=True)
class InvalidateNonce(IntentBase):
    """Cancel all requests that an account signed with a nonce below this one.

    Attributes:
        contract: The contract; each counts its own nonces.
        new_nonce: Nonce of the next request that can take effect; at most 65,536 above the current
            one.
    """

    contract: Contract
    new_nonce: int

    def __post_init__(self) -> None:
        """Check the shape."""
        check_number(self, "new_nonce")
