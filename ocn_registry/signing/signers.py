"""Who signs: the protocol, and keys of our own.

Anything with an address and the two methods is a `Signer`. A private key is read, checked and
handed to eth-account in one place; it is in no `repr`, message or traceback of ours: no frame that
can raise holds it, and an error about a key never quotes it.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Protocol, TypeAlias, cast

from ocn_registry.errors import InvalidInput
from ocn_registry.evm.transactions import digest, join
from ocn_registry.foreign.text import shown
from ocn_registry.models import Address
from ocn_registry.signing.key_files import (
    decrypted,
    encrypted,
    private_text,
    text_of,
    write_once,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from eth_account.signers.local import LocalAccount
    from eth_typing import Hash32

    from ocn_registry.evm.transactions import SignedTransaction, Transaction
    from ocn_registry.signing.requests import Payload

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
_SIGNATURE_BYTES = 65
_KEY_BYTES = 32
_KEY_DIGITS = 64
_DIGEST_BYTES = 32


class Signer(Protocol):
    """Holds a key, or reaches the device that does."""

    @property
    def address(self) -> Address:
        """The address of the key."""
        ...

    def sign(self, payload: Payload) -> bytes:
        """Sign a request: 65 bytes r, s, v with a low s, or what the account's contract takes."""
        ...

    def sign_transaction(self, transaction: Transaction) -> SignedTransaction:
        """Sign a transaction."""
        ...


class AsyncSigner(Protocol):
    """Reaches a device or a service that signs, for `AsyncRegistryClient`."""

    @property
    def address(self) -> Address:
        """The address of the key."""
        ...

    async def sign(self, payload: Payload) -> bytes:
        """Sign a request; see `Signer`."""
        ...

    async def sign_transaction(self, transaction: Transaction) -> SignedTransaction:
        """Sign a transaction."""
        ...


AnySigner: TypeAlias = Signer | AsyncSigner


class KeySigner:
    """Signs with a private key that this process holds."""

    __slots__ = ("_account", "address")

    def __init__(self, account: LocalAccount) -> None:
        """Take eth-account's own object; use a method `from_...` otherwise."""
        self._account = account
        self.address = Address(account.address)

    def __repr__(self) -> str:  # type: ignore[explicit-override]  # typing.override needs Python 3.12
        """Tell the address, and nothing of the key."""
        return f"<KeySigner {self.address}>"

    @classmethod
    def from_key(cls, key: str | bytes) -> KeySigner:
        """Take a private key.

        Args:
            key: 32 bytes, or 64 hexadecimal digits with or without `0x`.

        Raises:
            InvalidInput: It is no private key. The message does not quote it.
        """
        account = _account(key)
        del key
        if account is None:
            raise InvalidInput("this is no private key: 32 bytes, or 64 hexadecimal digits")
        return cls(account)

    @classmethod
    def from_env(cls, name: str) -> KeySigner:
        """Take the private key that an environment variable holds.

        Args:
            name: Name of the variable.

        Raises:
            InvalidInput: It is not set, or holds no private key.
        """
        account = _account(os.environ.get(name, ""))
        if account is None:
            raise InvalidInput(
                f"the environment variable {shown(name)} holds no private key: set it to 64 "
                "hexadecimal digits",
            )
        return cls(account)

    @classmethod
    def from_file(cls, path: str | os.PathLike[str]) -> KeySigner:
        """Take the private key that a file holds, which nobody but its owner may read.

        Args:
            path: The file: 64 hexadecimal digits with or without `0x`.

        Raises:
            InvalidInput: It can't be read, others can read it, or it holds no private key.
        """
        account = _account(private_text(path))
        if account is None:
            raise InvalidInput(
                f"the file {shown(str(path))} holds no private key: 64 hexadecimal digits",
            )
        return cls(account)

    @classmethod
    def from_keystore(
        cls,
        path: str | os.PathLike[str],
        passphrase: Callable[[], str],
    ) -> KeySigner:
        """Take the private key that an encrypted file holds, as Ape and other wallets write them.

        Args:
            path: The file (web3 secret storage, version 3).
            passphrase: Gives the passphrase: `getpass.getpass`, say. It is asked once.

        Raises:
            InvalidInput: It is no such file, or the passphrase is another.
        """
        account = _account(decrypted(text_of(path), passphrase) or b"")
        if account is None:
            raise InvalidInput(
                f"{shown(str(path))} is no keystore file, or the passphrase is not that one's",
            )
        return cls(account)

    @classmethod
    def generate(cls) -> KeySigner:
        """Make a new key, which ends with this process."""
        while True:
            account = _account(os.urandom(_KEY_BYTES))
            if account is not None:
                return cls(account)

    @classmethod
    def new_identity(
        cls,
        path: str | os.PathLike[str],
        passphrase: Callable[[], str],
    ) -> KeySigner:
        """Make a new key, and an encrypted file that holds it; see `to_keystore`.

        Returns:
            A signer with the new key; its `address` is the new identity.
        """
        signer = cls.generate()
        signer.to_keystore(path, passphrase)
        return signer

    def to_keystore(self, path: str | os.PathLike[str], passphrase: Callable[[], str]) -> None:
        """Write the key to an encrypted file that Ape and other wallets read.

        The file is new, readable by its owner only, and complete or not there at all.

        Args:
            path: The file (web3 secret storage, version 3).
            passphrase: Gives the passphrase: `getpass.getpass`, say. It is asked once.

        Raises:
            InvalidInput: There is a file of this name, it can't be written, or the passphrase is
                empty.
        """
        text = encrypted(self._account, passphrase())
        if text is None:
            raise InvalidInput("the key can't be encrypted: give a passphrase that is not empty")
        write_once(path, text)

    def sign(self, payload: Payload) -> bytes:
        """Sign a request.

        Args:
            payload: What is signed.

        Returns:
            65 bytes: r, s, v.
        """
        return self._sign(payload.digest())

    def sign_transaction(self, transaction: Transaction) -> SignedTransaction:
        """Sign a transaction.

        Args:
            transaction: All of it.

        Returns:
            What is sent.
        """
        return join(transaction, self._sign(digest(transaction)))

    def _sign(self, what: bytes) -> bytes:
        if len(what) != _DIGEST_BYTES:  # looked at here, where no frame holds the key
            raise InvalidInput(f"what is signed has {_DIGEST_BYTES} bytes, not {len(what)}")
        return bytes(self._account.unsafe_sign_hash(cast("Hash32", what)).signature)


def recover(digest: bytes, signature: bytes) -> Address | None:
    """Tell whose signature this is.

    Args:
        digest: What was signed.
        signature: 65 bytes: r, s, v.

    Returns:
        The address; `None` when it is not a signature that a contract would take (65 bytes, low s,
        v of 27 or 28) or belongs to no key.
    """
    from eth_keys.datatypes import Signature  # noqa: PLC0415 - 0.2 s, for those who check
    from eth_keys.exceptions import BadSignature  # noqa: PLC0415
    from eth_utils.exceptions import ValidationError  # noqa: PLC0415

    if len(signature) != _SIGNATURE_BYTES or signature[64] not in {27, 28}:
        return None
    if int.from_bytes(signature[32:64], "big") > ORDER // 2:
        return None
    try:
        found = Signature(signature[:64] + bytes([signature[64] - 27]))
        return Address(found.recover_public_key_from_msg_hash(digest).to_address())
    except (BadSignature, ValidationError, ValueError):
        return None


def _account(key: str | bytes) -> LocalAccount | None:
    """Make an account of a key, without raising while the key is in a frame."""
    from eth_account import Account  # noqa: PLC0415 - 0.2 s, for those who sign

    if isinstance(key, str):
        digits = key.strip().removeprefix("0x")
        if len(digits) != _KEY_DIGITS or not digits.isalnum():
            return None
        try:
            key = bytes.fromhex(digits)
        except ValueError:
            return None
    if len(key) != _KEY_BYTES or not 0 < int.from_bytes(key, "big") < ORDER:
        return None
    account: LocalAccount = Account.from_key(key)
    return account
