"""Requests that one account signs and any account can send.

A `Request` is to be signed; a `SignedRequest` has its signature. Their JSON form is exchanged
between the machine that signs and the machine that pays. The key never leaves the first.
"""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from ocn_registry.errors import InvalidInput
from ocn_registry.foreign.arguments import checked
from ocn_registry.foreign.times import date
from ocn_registry.intents import (
    AcceptAccount,
    Acceptance,
    AcceptController,
    MoveAccount,
    SetController,
)
from ocn_registry.models import Address
from ocn_registry.portable.values import dataclass
from ocn_registry.signing.documents import read_signature
from ocn_registry.signing.signatures import canonical

if TYPE_CHECKING:
    from ocn_registry.intents import Intent, SignableIntent
    from ocn_registry.signing.payload import Payload
    from ocn_registry.signing.signers import Signer

DEFAULT_LIFETIME_S: Final = 60 * 60
MAX_LIFETIME_S: Final = 30 * 24 * 60 * 60
_DAY_S: Final = 24 * 60 * 60


def acceptance_of(
    intent: Intent,
    account: Address,
) -> tuple[Address, AcceptAccount | AcceptController] | None:
    """Return the account that must accept an intent and the intent that it signs; `None` if none.

    Args:
        intent: The change.
        account: The account whose entry changes.
    """
    match intent:
        case MoveAccount():
            return Address(intent.new_account), AcceptAccount(account=account)
        case SetController():
            controller = Address(str(intent.controller))
            if controller.is_zero or controller == account:
                return None
            return controller, AcceptController(account=account)
        case _:
            return None


@checked
@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """An intent, ready to be signed.

    Attributes:
        intent: The change.
        account: Account whose entry changes. It signs, or its controller if it has named one.
        nonce: The account's next nonce at the contract.
        deadline_unix_s: Last second, in Unix time, at which the request can take effect.
        payload: The payload to sign, which the dialect builds from the four fields above.
        acceptance: For a move or a new controller, the request that the new account or the
            controller signs; otherwise, and while it is missing, `None`. It is part of the same
            document, and can be signed on another machine.
        replayable: Whether the contract accepts the same signature repeatedly. Its requests then
            have no nonce and no deadline, and the fields above have no meaning.
    """

    intent: SignableIntent
    account: Address
    nonce: int
    deadline_unix_s: int
    payload: Payload
    acceptance: Request | SignedRequest | None = None
    replayable: bool = False

    def sign(
        self,
        signer: Signer,
        *,
        as_controller: bool = False,
        now_unix_s: int | None = None,
    ) -> SignedRequest:
        """Sign the request. Nothing is sent, and no chain is accessed.

        Args:
            signer: Holds the key of `account`.
            as_controller: Whether the signer is the account's controller.
            now_unix_s: The current time, in Unix time; this machine's by default.

        Raises:
            InvalidInput: The signer has another address, or the deadline is more than 30 days
                ahead.
        """
        if signer.address != self.account and not as_controller:
            raise InvalidInput(
                f"the request is for {self.account} and the signer is {signer.address}: "
                "sign with the account's own key, or as its controller",
            )
        self.check_deadline(int(time.time()) if now_unix_s is None else now_unix_s)
        return self.signed(signer.sign(self.payload), signer=signer.address)

    def check_deadline(self, now_unix_s: int) -> None:
        """Check that the request is not valid for too long.

        Args:
            now_unix_s: The current time, in Unix time.

        Raises:
            InvalidInput: The deadline is more than 30 days ahead.
        """
        if not self.replayable and self.deadline_unix_s > now_unix_s + MAX_LIFETIME_S:
            raise InvalidInput(
                f"the deadline, {date(self.deadline_unix_s)}, is more than "
                f"{MAX_LIFETIME_S // _DAY_S} days after now, {date(now_unix_s)}: prepare the "
                "request again with an earlier one",
            )

    def accept(self, signer: Signer) -> Request:
        """Return the request with its acceptance signed.

        Args:
            signer: Holds the key of the new account, or of the controller.

        Raises:
            InvalidInput: The request needs no acceptance, or another account has to sign it.
        """
        acceptance = self.acceptance
        if isinstance(acceptance, SignedRequest):
            acceptance = acceptance.request
        if acceptance is None:
            raise InvalidInput(
                f"a {type(self.intent).__name__} request without an acceptance can't be accepted: "
                "prepare the acceptance by itself, or prepare the request again",
            )
        return self.accepted(acceptance.sign(signer))

    def accepted(self, acceptance: SignedRequest) -> Request:
        """Return the request with an acceptance that was signed elsewhere.

        Args:
            acceptance: An `AcceptAccount` or `AcceptController` signed by the other account.

        Raises:
            InvalidInput: The acceptance is for another request.
        """
        wanted = acceptance_of(self.intent, self.account)
        if wanted is None or (acceptance.account, acceptance.intent) != wanted:
            raise InvalidInput(
                f"this {type(acceptance.intent).__name__} by {acceptance.account} is not the "
                f"acceptance that this {type(self.intent).__name__} of {self.account} needs: have "
                "the right account sign it for this one",
            )
        return replace(self, acceptance=acceptance)

    def signed(self, signature: bytes | str, *, signer: Address | None = None) -> SignedRequest:
        """Return the request with a signature that was made elsewhere.

        A key's signature is converted to canonical form: wallets write v from 0, from 27 or with
        the chain id (EIP-155), either s, or 64 bytes (EIP-2098). An ERC-6492 wrapper is removed.

        Args:
            signature: The bytes, or `0x` and hexadecimal digits.
            signer: The account's controller, if it made the signature.

        Raises:
            InvalidInput: The value does not have the form of a signature.
        """
        if isinstance(signature, (bytes, bytearray, memoryview)):
            given = bytes(signature)
        else:
            given = read_signature(signature)
        found = canonical(given, signer or self.account, self.payload.digest)
        return SignedRequest(request=self, signature=found)

    def document(self) -> dict[str, object]:
        """Return the payload for `eth_signTypedData_v4`, with the acceptance."""
        if self.acceptance is None:
            return self.payload.document()
        return {**self.payload.document(), "acceptance": self.acceptance.document()}

    def to_dict(self) -> dict[str, object]:
        """Return the payload as a JSON object, for `registry.read_request`."""
        return self.document()

    def to_json(self) -> str:
        """Return the payload in JSON, for a wallet or another machine to sign."""
        return json.dumps(self.document(), indent=2, ensure_ascii=False)


@checked
@dataclass(frozen=True, slots=True, kw_only=True)
class SignedRequest:
    """A request with a signature, which has not been checked."""

    request: Request
    signature: bytes

    @property
    def intent(self) -> SignableIntent:
        """The change."""
        return self.request.intent

    @property
    def acceptance(self) -> Acceptance | None:
        """The consent of the new account or the controller; `None` if it is not signed."""
        accepted = self.request.acceptance
        return accepted.as_acceptance() if isinstance(accepted, SignedRequest) else None

    def as_acceptance(self) -> Acceptance:
        """Return a signed acceptance in the form that `MoveAccount` and `SetController` hold."""
        return Acceptance(
            nonce=self.nonce,
            deadline_unix_s=self.deadline_unix_s,
            signature=self.signature,
        )

    def accept(self, signer: Signer) -> SignedRequest:
        """Return the request with its acceptance signed; see `Request.accept`."""
        return replace(self, request=self.request.accept(signer))

    def accepted(self, acceptance: SignedRequest) -> SignedRequest:
        """Return the request with an acceptance signed elsewhere; see `Request.accepted`."""
        return replace(self, request=self.request.accepted(acceptance))

    @property
    def account(self) -> Address:
        """The account whose entry changes."""
        return self.request.account

    @property
    def nonce(self) -> int:
        """The nonce of the request."""
        return self.request.nonce

    @property
    def deadline_unix_s(self) -> int:
        """Last second at which the request can take effect."""
        return self.request.deadline_unix_s

    def document(self) -> dict[str, object]:
        """Return the payload with the signature."""
        return {**self.request.document(), "signature": "0x" + self.signature.hex()}

    def to_dict(self) -> dict[str, object]:
        """Return payload and signature as a JSON object, for `registry.read_signed_request`."""
        return self.document()

    def to_json(self) -> str:
        """Return payload and signature in JSON, for the machine that pays."""
        return json.dumps(self.document(), indent=2, ensure_ascii=False)
