"""Requests that one account signs and any account may send.

A `Request` says what is to be signed; a `SignedRequest` is one with a signature. What travels
between the machine that signs and the machine that pays is the JSON of either. The key never does.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from ocn_registry.errors import InvalidInput
from ocn_registry.signing.documents import read_signature

if TYPE_CHECKING:
    from ocn_registry.intents import SignableIntent
    from ocn_registry.models import Address
    from ocn_registry.signing.signers import Signer

DEFAULT_LIFETIME_S = 60 * 60
MAX_LIFETIME_S = 30 * 24 * 60 * 60


class Payload(Protocol):
    """What is signed: its hash, and the form in which a wallet shows it."""

    def digest(self) -> bytes:
        """Give the 32 bytes that are signed."""
        ...

    def document(self) -> dict[str, object]:
        """Give the form that travels."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """An intent, ready to be signed.

    Attributes:
        intent: What is to change.
        account: Whose entry it is, and who has to sign.
        nonce: The account's next nonce at the contract.
        deadline_unix_s: Last second, in Unix time, at which the request can take effect.
        payload: What is signed; the dialect made it of the four above.
        replayable: Whether the contract takes the same signature again and again: its requests
            have no nonce and no deadline, and those above say nothing.
    """

    intent: SignableIntent
    account: Address
    nonce: int
    deadline_unix_s: int
    payload: Payload
    replayable: bool = False

    def sign(self, signer: Signer) -> SignedRequest:
        """Sign the request; nothing is sent, and no chain is asked.

        Args:
            signer: Holds the key of `account`.

        Raises:
            InvalidInput: It holds another's key.
        """
        if signer.address != self.account:
            raise InvalidInput(
                f"the request is that of {self.account} and the signer is {signer.address}: "
                "sign with the account's own key",
            )
        return SignedRequest(request=self, signature=signer.sign(self.payload))

    def signed(self, signature: bytes | str) -> SignedRequest:
        """Add a signature that was made elsewhere.

        Args:
            signature: Its bytes, or `0x` and hexadecimal digits.

        Raises:
            InvalidInput: It has not the form of a signature.
        """
        given = read_signature(signature) if isinstance(signature, str) else bytes(signature)
        return SignedRequest(request=self, signature=given)

    def document(self) -> dict[str, object]:
        """Give the payload for `eth_signTypedData_v4`."""
        return self.payload.document()

    def to_json(self) -> str:
        """Write the payload as JSON, for a wallet or another machine to sign."""
        return json.dumps(self.document(), indent=2, ensure_ascii=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedRequest:
    """A request and a signature, which has not been looked at yet."""

    request: Request
    signature: bytes

    @property
    def intent(self) -> SignableIntent:
        """What is to change."""
        return self.request.intent

    @property
    def account(self) -> Address:
        """Whose entry it is."""
        return self.request.account

    @property
    def nonce(self) -> int:
        """The nonce that it carries."""
        return self.request.nonce

    @property
    def deadline_unix_s(self) -> int:
        """Last second at which it can take effect."""
        return self.request.deadline_unix_s

    def document(self) -> dict[str, object]:
        """Give the payload together with the signature."""
        return {**self.request.document(), "signature": "0x" + self.signature.hex()}

    def to_json(self) -> str:
        """Write payload and signature as JSON, for the machine that pays."""
        return json.dumps(self.document(), indent=2, ensure_ascii=False)
