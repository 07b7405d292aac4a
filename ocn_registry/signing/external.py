"""Signers with external keys: a hardware wallet, a key service, another program.

They use the methods that such devices and services offer: typed data (`eth_signTypedData_v4`), a
personal message (`personal_sign`), a transaction (`eth_signTransaction`) or, for a service that
only manages keys, a digest. Every answer is checked: a signature is used only if the address made
it for exactly this payload.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING, Generic, TypeAlias, TypeVar

from ocn_registry.errors import InvalidInput, SignatureMismatch
from ocn_registry.evm.curve import recover
from ocn_registry.evm.transactions import as_request, digest, join, signature_in
from ocn_registry.evm.typed_data import TypedData
from ocn_registry.foreign.arguments import checked
from ocn_registry.models import Address
from ocn_registry.signing.documents import read_signature
from ocn_registry.signing.payload import PersonalPayload
from ocn_registry.signing.signatures import LONGEST_BYTES, canonical

if TYPE_CHECKING:
    from collections.abc import Callable

    from ocn_registry.evm.transactions import SignedTransaction, Transaction
    from ocn_registry.signing.payload import Payload

R = TypeVar("R")
_MAX_TRANSACTION_BYTES = 1 << 18

Signature: TypeAlias = str | bytes


class _External(Generic[R]):
    """The callables of an external signer; `R` is their return type."""

    def __init__(  # noqa: PLR0913 - one for each thing that can be signed
        self,
        address: str,
        *,
        sign_typed_data: Callable[[dict[str, object]], R] | None = None,
        sign_message: Callable[[bytes], R] | None = None,
        sign_transaction: Callable[[dict[str, str]], R] | None = None,
        sign_digest: Callable[[bytes], R] | None = None,
        is_contract: bool = False,
    ) -> None:
        """Create a signer from the address and the callables that reach its key.

        Each callable returns a signature, as bytes or in hexadecimal with `0x`: 65 bytes r, s, v,
        64 bytes (EIP-2098), or r and s in DER form, as key services return them. Exceptions of a
        callable propagate unchanged, before anything is sent.

        Args:
            address: Address of the key; with `is_contract`, of the contract.
            sign_typed_data: Signs a payload for `eth_signTypedData_v4`.
            sign_message: Signs a message of 32 bytes like `personal_sign`; needed for contracts of
                the first generation.
            sign_transaction: Signs an argument of `eth_signTransaction`; it may also return the
                whole signed transaction. Not needed if a spender pays.
            sign_digest: Signs 32 bytes without hashing them; used in place of any callable that is
                not given.
            is_contract: Whether the account is a contract (ERC-1271), for example a Safe. Its
                signatures have any length, and only the chain can check them. It can't send
                transactions.
        """
        self.address = Address(address)
        self._typed_data = sign_typed_data
        self._message = sign_message
        self._transaction = sign_transaction
        self._digest = sign_digest
        self.is_contract = is_contract

    def __repr__(self) -> str:  # type: ignore[explicit-override]  # typing.override needs Python 3.12
        """Return the class and the address."""
        return f"<{type(self).__name__} {self.address}>"

    def _ask(self, payload: Payload) -> R:
        if isinstance(payload, TypedData) and self._typed_data is not None:
            return self._typed_data(payload.document())
        if isinstance(payload, PersonalPayload) and self._message is not None:
            return self._message(payload.hash())
        if self._digest is not None:
            return self._digest(payload.digest())
        kind = "sign_typed_data" if isinstance(payload, TypedData) else "sign_message"
        raise InvalidInput(f"{self!r} can't sign this request: create it with {kind}=...")

    def _ask_transaction(self, transaction: Transaction) -> R:
        if self.is_contract:
            raise InvalidInput(f"{self!r} is a contract and can't send: use a spender")
        if self._transaction is not None:
            return self._transaction(as_request(transaction, self.address))
        if self._digest is not None:
            return self._digest(digest(transaction))
        raise InvalidInput(
            f"{self!r} can't sign transactions: create it with sign_transaction=...",
        )

    def _checked(self, payload: Payload, answer: Signature) -> bytes:
        signature = canonical(_bytes(answer), self.address, payload.digest)
        if self.is_contract:
            return signature
        recovered = recover(payload.digest(), signature)
        if recovered != self.address:
            from ocn_registry.signing.mistakes import (  # noqa: PLC0415 - for errors only
                signed_instead,
            )

            instead = signed_instead(payload, signature, self.address)
            raise SignatureMismatch(self.address, recovered, instead=instead)
        return signature

    def _joined(self, transaction: Transaction, answer: Signature) -> SignedTransaction:
        """Add the signature to our own transaction, so that no other one can be sent."""
        given = _bytes(answer)
        found = given if len(given) <= LONGEST_BYTES else signature_in(given) or b""
        signed = digest(transaction)
        signature = canonical(found, self.address, lambda: signed)
        recovered = recover(signed, signature)
        if recovered != self.address:
            answered = f"a signature of {recovered}" if recovered else "no valid signature"
            raise InvalidInput(
                f"{self!r} answered with {answered} of this transaction: sign exactly that one "
                "with the key of the address",
            )
        return join(transaction, signature)


@checked
class ExternalSigner(_External[Signature]):
    """Signs with a device or a service."""

    def sign(self, payload: Payload) -> bytes:
        """Sign a request.

        Args:
            payload: The payload.

        Raises:
            SignatureMismatch: The address did not make this signature of the payload.
            InvalidInput: There is no callable for it, or it did not return a signature.
        """
        return self._checked(payload, self._ask(payload))

    def sign_transaction(self, transaction: Transaction) -> SignedTransaction:
        """Sign a transaction.

        Args:
            transaction: The whole transaction.

        Raises:
            InvalidInput: There is no callable for it, or it did not return the address's signature
                of the transaction.
        """
        return self._joined(transaction, self._ask_transaction(transaction))


@checked
class AsyncExternalSigner(_External[Awaitable[Signature]]):
    """Signs with a device or a service, for `AsyncRegistryClient`. Its callables are awaited."""

    async def sign(self, payload: Payload) -> bytes:
        """Sign a request; see `ExternalSigner.sign`."""
        return self._checked(payload, await self._ask(payload))

    async def sign_transaction(self, transaction: Transaction) -> SignedTransaction:
        """Sign a transaction; see `ExternalSigner.sign_transaction`."""
        return self._joined(transaction, await self._ask_transaction(transaction))


def _bytes(answer: object) -> bytes:
    if isinstance(answer, (bytes, bytearray)) and len(answer) <= _MAX_TRANSACTION_BYTES:
        return bytes(answer)
    if isinstance(answer, str) and len(answer) <= 2 * _MAX_TRANSACTION_BYTES:
        text = answer.strip()
        text = text[2:] if text[:2] in {"0x", "0X"} else text
        try:
            return bytes.fromhex(text if text.isalnum() else "?")
        except ValueError:
            pass
    return read_signature(answer)  # its error says what is wrong
