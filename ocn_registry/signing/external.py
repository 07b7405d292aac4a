"""Signers whose key is elsewhere: a hardware wallet, a key service, another program.

What is asked of them is what such things know: typed data (`eth_signTypedData_v4`), a personal
message (`personal_sign`), a transaction (`eth_signTransaction`), or, of a service that knows
nothing but keys, a digest. What they answer is not believed: the signature has to give the address,
for exactly what was asked, or it is not used.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING, Generic, Protocol, TypeAlias, TypeVar, runtime_checkable

from ocn_registry.errors import InvalidInput, SignatureMismatch
from ocn_registry.evm.transactions import as_request, digest, join, signature_in
from ocn_registry.evm.typed_data import TypedData
from ocn_registry.models import Address
from ocn_registry.signing.documents import read_signature
from ocn_registry.signing.signers import ORDER, recover

if TYPE_CHECKING:
    from collections.abc import Callable

    from ocn_registry.evm.transactions import SignedTransaction, Transaction
    from ocn_registry.signing.requests import Payload

R = TypeVar("R")
_SIGNATURE_BYTES = 65
_MAX_TRANSACTION_BYTES = 1 << 18

Signature: TypeAlias = str | bytes


@runtime_checkable
class PersonalMessage(Protocol):
    """A payload that is signed as a personal message (ERC-191) of 32 bytes."""

    def hash(self) -> bytes:
        """Give the 32 bytes."""
        ...


class _External(Generic[R]):
    """What to ask, of whom; `R` is what the callables give."""

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
        """Say whose key it is, and how to reach it.

        Each callable gives a signature: 65 bytes r, s, v, or those in hexadecimal with `0x`. What
        it raises reaches the caller as it is; nothing was sent then.

        Args:
            address: Address of the key; that of the contract with `is_contract`.
            sign_typed_data: Signs the payload of `eth_signTypedData_v4`.
            sign_message: Signs a message of 32 bytes as `personal_sign` does; for contracts of
                the first generation.
            sign_transaction: Signs what `eth_signTransaction` takes; it may give the whole signed
                transaction as well. Not needed where a spender pays.
            sign_digest: Signs 32 bytes as they are; asked for whatever has no callable of its own.
            is_contract: Whether the account is a contract (ERC-1271), a Safe for example. Only
                the chain can check its signatures then, of whatever length, and it can't send
                transactions.
        """
        self.address = Address(address)
        self._typed_data = sign_typed_data
        self._message = sign_message
        self._transaction = sign_transaction
        self._digest = sign_digest
        self._is_contract = is_contract

    def __repr__(self) -> str:  # type: ignore[explicit-override]  # typing.override needs Python 3.12
        """Tell the address."""
        return f"<{type(self).__name__} {self.address}>"

    def _ask(self, payload: Payload) -> R:
        if isinstance(payload, TypedData) and self._typed_data is not None:
            return self._typed_data(payload.document())
        if isinstance(payload, PersonalMessage) and self._message is not None:
            return self._message(payload.hash())
        if self._digest is not None:
            return self._digest(payload.digest())
        kind = "sign_typed_data" if isinstance(payload, TypedData) else "sign_message"
        raise InvalidInput(f"{self!r} can't sign this request: make it with {kind}=...")

    def _ask_transaction(self, transaction: Transaction) -> R:
        if self._is_contract:
            raise InvalidInput(f"{self!r} is a contract, which sends nothing: let a spender pay")
        if self._transaction is not None:
            return self._transaction(as_request(transaction, self.address))
        if self._digest is not None:
            return self._digest(digest(transaction))
        raise InvalidInput(f"{self!r} signs no transactions: make it with sign_transaction=...")

    def _checked(self, payload: Payload, answer: Signature) -> bytes:
        given = _bytes(answer)
        if self._is_contract:
            return given
        signature = _canonical(given)
        recovered = recover(payload.digest(), signature)
        if recovered != self.address:
            raise SignatureMismatch(self.address, recovered)
        return signature

    def _joined(self, transaction: Transaction, answer: Signature) -> SignedTransaction:
        """Put the signature to our own transaction, so that no other is sent."""
        given = _bytes(answer)
        found = given if len(given) == _SIGNATURE_BYTES else signature_in(given) or b""
        signature = _canonical(found)
        recovered = recover(digest(transaction), signature)
        if recovered != self.address:
            whose = f"a signature of {recovered}" if recovered else "no signature"
            raise InvalidInput(
                f"{self!r} answered with {whose} for the transaction that was asked for: it has "
                "to sign exactly that, with the key of its address",
            )
        return join(transaction, signature)


class ExternalSigner(_External[Signature]):
    """Has a device or a service sign, and waits for it."""

    def sign(self, payload: Payload) -> bytes:
        """Have a request signed.

        Args:
            payload: What is signed.

        Raises:
            SignatureMismatch: The answer is not the address's signature of it.
            InvalidInput: There is no callable for it, or it answered with no signature.
        """
        return self._checked(payload, self._ask(payload))

    def sign_transaction(self, transaction: Transaction) -> SignedTransaction:
        """Have a transaction signed.

        Args:
            transaction: All of it.

        Raises:
            InvalidInput: There is no callable for it, or it answered with something else than
                the address's signature of it.
        """
        return self._joined(transaction, self._ask_transaction(transaction))


class AsyncExternalSigner(_External[Awaitable[Signature]]):
    """Has a device or a service sign, for `AsyncRegistryClient`: its callables are awaited."""

    async def sign(self, payload: Payload) -> bytes:
        """Have a request signed; see `ExternalSigner.sign`."""
        return self._checked(payload, await self._ask(payload))

    async def sign_transaction(self, transaction: Transaction) -> SignedTransaction:
        """Have a transaction signed; see `ExternalSigner.sign_transaction`."""
        return self._joined(transaction, await self._ask_transaction(transaction))


def _bytes(answer: object) -> bytes:
    if isinstance(answer, (bytes, bytearray)) and len(answer) <= _MAX_TRANSACTION_BYTES:
        return bytes(answer)
    if isinstance(answer, str) and len(answer) <= 2 * _MAX_TRANSACTION_BYTES:
        text = answer.removeprefix("0x")
        try:
            return bytes.fromhex(text if text.isalnum() else "?")
        except ValueError:
            pass
    return read_signature(answer)  # which says what is wrong


def _canonical(signature: bytes) -> bytes:
    """Write a key's signature as contracts take it: v of 27 or 28, and a low s.

    Devices count v from 0 as well, and key services give either s.
    """
    if len(signature) != _SIGNATURE_BYTES:
        return signature
    s, v = int.from_bytes(signature[32:64], "big"), signature[64]
    v += 27 if v < 27 else 0  # noqa: PLR2004 - the format's own number
    if ORDER // 2 < s < ORDER:
        s, v = ORDER - s, 55 - v
    return signature[:32] + s.to_bytes(32, "big") + bytes([v & 0xFF])
