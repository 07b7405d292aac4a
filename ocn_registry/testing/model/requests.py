"""Signed requests: deadline, nonce, signature of the account's controller, then the effect.

A nonce is `term * 2**32 + count`. Each contract has its own count, which rises with each request;
the term is the Registry's, and rises whenever the account's key or controller changes.

Source: contracts/interfaces/ISignedRequests.sol.
"""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, ClassVar, Final, Protocol

from ocn_registry.contract_errors import (
    InvalidNonce,
    InvalidSignature,
    NonceOutOfRange,
    NotController,
    SignatureExpired,
)
from ocn_registry.portable.values import dataclass
from ocn_registry.testing.model.calls import Contract, S, camel_case, external, mark, view

if TYPE_CHECKING:
    from collections.abc import Callable

    from ocn_registry.models import Address
    from ocn_registry.testing.model.calls import F

MAX_NONCE_RAISE: Final = 65_536
COUNT_BITS: Final = 32
LAST_COUNT: Final = (1 << COUNT_BITS) - 1
VERSION: Final = "3"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedFields:
    """The signed payload: typed data (EIP-712).

    Attributes:
        name: The domain's name, `OCN Registry` or `OCN Permissions`.
        chain_id: The domain's chain id.
        contract: The domain's contract.
        primary_type: Name of the typed data, for example `SetNode`.
        values: Its fields, as given: addresses and texts as text, lists as tuples.
    """

    name: str
    chain_id: int
    contract: Address
    primary_type: str
    values: tuple[object, ...]


class IsSignedBy(Protocol):
    """A function that checks whether the signer made a signature of these fields."""

    def __call__(self, signer: Address, fields: SignedFields, signature: bytes, /) -> bool:
        """Return whether the signature is valid. Never raises."""
        ...


class SignedRequests(Contract[S]):
    """A contract with signed requests."""

    name: ClassVar[str]

    def __init__(self, address: Address, chain_id: int, state: S, signed: IsSignedBy) -> None:
        """Set the function that checks signatures."""
        super().__init__(address, chain_id, state)
        self._is_signed_by = signed

    @view
    def nonces(self, account: Address) -> int:
        """Return the nonce of the account's next request: its term, then its count."""
        raise NotImplementedError

    @view
    def eip712_domain(self) -> tuple[object, ...]:
        """Return the domain of signatures."""
        fields, salt, extensions = b"\x0f", bytes(32), ()
        return (fields, self.name, VERSION, self.chain_id, self.address, salt, extensions)

    @external
    def invalidate_nonce(self, new_nonce: int) -> None:
        """Cancel all requests below a nonce."""
        account = self.direct_account()
        self._raise_nonce(account, self.nonces(account), new_nonce)

    @external
    def invalidate_nonce_raw(
        self,
        account: Address,
        new_nonce: int,
        nonce: int,
        deadline: int,
        signature: bytes,
    ) -> None:
        """Cancel all requests below a nonce, by signed request."""
        self.use_request("InvalidateNonce", (account, new_nonce, nonce, deadline), signature)
        self._raise_nonce(account, nonce, new_nonce)

    def _controller_of(self, account: Address) -> Address:
        """Return the account that signs for an account."""
        raise NotImplementedError

    def direct_account(self) -> Address:
        """Return the sender; raise unless it can write for its own account."""
        sender = self.message.sender
        controller = self._controller_of(sender)
        if controller != sender:
            raise NotController(sender, controller)
        return sender

    def use_request(self, primary_type: str, values: tuple[Any, ...], signature: bytes) -> None:
        """Check a request, and use up its nonce.

        Args:
            primary_type: Name of the typed data.
            values: Its fields: the account first, nonce and deadline last.
            signature: The signature of the account's controller.
        """
        self._use_signature(self._controller_of(values[0]), primary_type, values, signature)

    def _use_signature(
        self,
        signer: Address,
        primary_type: str,
        values: tuple[Any, ...],
        signature: bytes,
    ) -> None:
        account, nonce, deadline = values[0], values[-2], values[-1]
        if self.message.time_unix_s > deadline:
            raise SignatureExpired(deadline)
        if nonce != self.nonces(account):
            raise InvalidNonce(account, self.nonces(account))
        fields = SignedFields(
            name=self.name,
            chain_id=self.chain_id,
            contract=self.address,
            primary_type=primary_type,
            values=values,
        )
        if not self._is_signed_by(signer, fields, signature):
            raise InvalidSignature(signer)
        if nonce & LAST_COUNT == LAST_COUNT:
            raise NonceOutOfRange(nonce + 1, nonce + 1, nonce)
        self._set_nonce(account, nonce + 1)

    def _raise_nonce(self, account: Address, present: int, new_nonce: int) -> None:
        self._require_open()
        highest = min(present + MAX_NONCE_RAISE, present | LAST_COUNT)
        if not present < new_nonce <= highest:
            raise NonceOutOfRange(new_nonce, present + 1, highest)
        self._set_nonce(account, new_nonce)

    def _set_nonce(self, account: Address, nonce: int) -> None:
        """Store the next nonce, which must be in the current term."""
        raise NotImplementedError

    def _require_open(self) -> None:
        """Raise while the import is open; see `Imports`."""
        raise NotImplementedError


def request(primary_type: str) -> Callable[[F], F]:
    """Mark the effect of a request: a method whose first argument is the account.

    The contract has two functions for it. The direct one, named like the method, is for the
    sender's own account; the other, named like the typed data and `Raw`, for the account whose
    controller signed. An acceptance comes last, and the controller does not sign it.
    """
    raw = f"{primary_type[0].lower()}{primary_type[1:]}Raw"

    def make(effect: F) -> F:
        code = effect.__code__
        arguments = code.co_varnames[1 : code.co_argcount]
        count = len(arguments) - ("acceptance" in arguments) + 2

        @wraps(effect)
        def by_sender(contract: SignedRequests[Any], *values: Any) -> None:  # noqa: ANN401 - the effect's
            effect(contract, contract.direct_account(), *values)

        @wraps(effect)
        def by_signature(contract: SignedRequests[Any], *values: Any) -> None:  # noqa: ANN401 - the effect's
            fields, (signature, *acceptance) = values[:count], values[count:]
            contract.use_request(primary_type, fields, signature)
            effect(contract, *fields[:-2], *acceptance)

        direct = camel_case(effect.__name__)
        return mark("external", effect, {direct: by_sender, raw: by_signature})

    return make
