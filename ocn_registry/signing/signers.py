"""Signers: the protocol, and keys held by this process.

Anything with an address and the two methods is a `Signer`. A private key is read, checked and
passed to the curve's library in one place. It never appears in a `repr`, message or traceback: no
frame that can raise holds it, and an error about a key never quotes it.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NoReturn, Protocol, TypeAlias

from ocn_registry.errors import InvalidInput
from ocn_registry.evm.curve import ORDER, address_of, sign
from ocn_registry.evm.transactions import digest, join
from ocn_registry.foreign.arguments import checked
from ocn_registry.foreign.text import shown
from ocn_registry.models import Address
from ocn_registry.signing.key_files import private_text, text_of, write_once

if TYPE_CHECKING:
    from collections.abc import Callable

    from coincurve import PrivateKey

    from ocn_registry.evm.transactions import SignedTransaction, Transaction
    from ocn_registry.signing.keystores import Keystore
    from ocn_registry.signing.payload import Payload

_BYTES: tuple[type, ...] = (bytes, bytearray)  # and their subclasses, as HexBytes
_KEY_BYTES = 32
_KEY_DIGITS = 64
_DIGEST_BYTES = 32


class Signer(Protocol):
    """A key, or a device or service that holds one."""

    @property
    def address(self) -> Address:
        """The address of the key."""
        ...

    def sign(self, payload: Payload) -> bytes:
        """Return 65 bytes r, s, v with a low s, or the form that the account's contract accepts."""
        ...

    def sign_transaction(self, transaction: Transaction) -> SignedTransaction:
        """Sign a transaction."""
        ...


class AsyncSigner(Protocol):
    """A device or a service that signs, for `AsyncRegistryClient`."""

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

    __slots__ = ("_key", "address")

    def __init__(self, key: PrivateKey) -> None:
        """Create a signer from coincurve's key object; see the methods `from_...`."""
        if not hasattr(key, "public_key"):
            del key
            raise InvalidInput(
                "a KeySigner is not created directly: use from_file, from_keystore, "
                "from_env or from_key"
            )
        self._key = key
        self.address = address_of(key.public_key)

    def __repr__(self) -> str:  # type: ignore[explicit-override]  # typing.override needs Python 3.12
        """Return the class and the address, without the key."""
        return f"<KeySigner {self.address}>"

    def __reduce__(self) -> NoReturn:  # type: ignore[explicit-override]  # typing.override needs Python 3.12
        """Refuse to be pickled.

        Raises:
            TypeError: Always; `to_keystore` writes a key to a file.
        """
        raise TypeError("a key can't be pickled: use to_keystore to write it to a file")

    @classmethod
    def from_key(cls, key: str | bytes) -> KeySigner:
        """Return a signer with a private key.

        Args:
            key: 32 bytes, or 64 hexadecimal digits with or without `0x`.

        Raises:
            InvalidInput: It is not a valid private key. The message does not quote it.
        """
        found = _key(key)
        del key
        if found is None:
            raise InvalidInput("not a valid private key: use 32 bytes, or 64 hexadecimal digits")
        return cls(found)

    @classmethod
    @checked
    def from_env(cls, name: str) -> KeySigner:
        """Return a signer with the private key in an environment variable.

        Args:
            name: Name of the variable.

        Raises:
            InvalidInput: It is not set, or is not a valid private key.
        """
        found = _key(os.environ.get(name, ""))
        if found is None and name not in os.environ:
            raise InvalidInput(
                f"the environment variable {shown(name)} is not set: set it to the private key, 64 "
                "hexadecimal digits",
            )
        if found is None:
            raise InvalidInput(
                f"the environment variable {shown(name)} does not hold a valid private key: set it "
                "to 64 hexadecimal digits",
            )
        return cls(found)

    @classmethod
    @checked
    def from_file(cls, path: str | os.PathLike[str]) -> KeySigner:
        """Return a signer with the private key in a file that only its owner can read.

        Args:
            path: The file: 64 hexadecimal digits with or without `0x`.

        Raises:
            InvalidInput: The file can't be read, is readable by others, or does not hold a valid
                private key.
        """
        found, why = _key_in(private_text(path))
        if found is None:
            raise InvalidInput(
                f"the file {shown(str(path))} does not hold a valid private key: {why}",
            )
        return cls(found)

    @classmethod
    @checked
    def from_keystore(
        cls,
        path: str | os.PathLike[str],
        passphrase: Callable[[], str],
    ) -> KeySigner:
        """Return a signer with the private key in an encrypted file, as written by Ape and wallets.

        Args:
            path: The file (web3 secret storage, version 3).
            passphrase: Returns the passphrase, for example `getpass.getpass`. It is called once,
                and only if the file is a keystore.

        Raises:
            InvalidInput: The file is not a keystore, and the message says what it is; or the
                passphrase is wrong.
        """
        _check_function(passphrase)
        name = shown(str(path))
        keystore = _keystore_in(path)
        secret = keystore.open(passphrase)
        if secret is None:
            raise InvalidInput(
                f"the passphrase does not open the keystore {name}: check the passphrase and the "
                "file",
            )
        found = _key(secret)
        del secret
        if found is None:
            raise InvalidInput(f"the keystore {name} does not hold a valid private key")
        signer = cls(found)
        if keystore.address not in {None, signer.address[2:].lower()}:
            raise InvalidInput(
                f"the keystore {name} says it is for 0x{keystore.address} and holds the key of "
                f"{signer.address}: one of the two was changed; use another copy of the file",
            )
        return signer

    @classmethod
    def generate(cls) -> KeySigner:
        """Return a signer with a new key, which is lost when this process ends."""
        while True:
            found = _key(os.urandom(_KEY_BYTES))
            if found is not None:
                return cls(found)

    @classmethod
    @checked
    def new_identity(
        cls,
        path: str | os.PathLike[str],
        passphrase: Callable[[], str],
    ) -> KeySigner:
        """Create a new key and its encrypted file; see `to_keystore`.

        Returns:
            A signer with the new key. Its `address` is the new identity.
        """
        signer = cls.generate()
        signer.to_keystore(path, passphrase)
        return signer

    @checked
    def to_keystore(self, path: str | os.PathLike[str], passphrase: Callable[[], str]) -> None:
        """Write the key to an encrypted file that Ape and wallets can read.

        The file is new, readable by its owner only, and written completely or not at all.

        Args:
            path: The file (web3 secret storage, version 3).
            passphrase: Returns the passphrase, for example `getpass.getpass`. It is called once.

        Raises:
            InvalidInput: A file with this name exists, the file can't be written, or the passphrase
                is empty or not valid text.
        """
        from ocn_registry.signing.keystores import encrypted  # noqa: PLC0415 - few need it

        _check_function(passphrase)
        text = encrypted(self._key.secret, self.address, passphrase())
        if text is None:
            raise InvalidInput(
                "the key can't be encrypted: use a passphrase that is text and not empty",
            )
        write_once(path, text)

    @checked
    def sign(self, payload: Payload) -> bytes:
        """Sign a request.

        Args:
            payload: The payload.

        Returns:
            65 bytes: r, s, v.
        """
        return self._sign(payload.digest())

    @checked
    def sign_transaction(self, transaction: Transaction) -> SignedTransaction:
        """Sign a transaction.

        Args:
            transaction: The whole transaction.

        Returns:
            The signed transaction.
        """
        return join(transaction, self._sign(digest(transaction)))

    def _sign(self, what: bytes) -> bytes:
        if len(what) != _DIGEST_BYTES:  # checked here because no frame holds the key
            raise InvalidInput(f"a digest has {_DIGEST_BYTES} bytes, not {len(what)}")
        return sign(self._key, what)


def _check_function(passphrase: object) -> None:
    """Raise if the passphrase is a string: a traceback could show it."""
    if not callable(passphrase):
        kind = type(passphrase).__name__
        del passphrase
        raise InvalidInput(
            f"the passphrase is of type {kind}: give a function that returns it, such as "
            "getpass.getpass",
        )


def _key_in(text: str) -> tuple[PrivateKey | None, str]:
    """Return the key in a file, or `None` and what is wrong with the file."""
    from ocn_registry.signing.keystores import (  # noqa: PLC0415 - few need it
        OTHER_JSON,
        read_keystore,
    )
    from ocn_registry.signing.other_key_files import kind_of_text  # noqa: PLC0415 - the same

    found = _key(text)
    if found is not None:
        return found, ""
    kind = read_keystore(text)
    if not isinstance(kind, str):
        return None, "it is an encrypted keystore; use keystore:PATH for it"
    wanted = "it should have 64 hexadecimal digits and nothing else"
    if text.lstrip().startswith(("{", "[")) and kind != OTHER_JSON:
        return None, kind
    return None, kind_of_text(text) or wanted


@checked
def address_in_keystore(path: str | os.PathLike[str]) -> Address | None:
    """Return the address in a keystore, without decrypting it; `None` if there is none.

    The address is only a claim until the file is decrypted.

    Args:
        path: The file (web3 secret storage, version 3).

    Raises:
        InvalidInput: The file can't be read, or is not a keystore.
    """
    keystore = _keystore_in(path)
    return None if keystore.address is None else Address(f"0x{keystore.address}")


def _keystore_in(path: str | os.PathLike[str]) -> Keystore:
    from ocn_registry.signing.keystores import read_keystore  # noqa: PLC0415 - few need it

    keystore = read_keystore(text_of(path, "keystore"))
    if isinstance(keystore, str):
        raise InvalidInput(f"{shown(str(path))} is not a keystore that can be opened: {keystore}")
    return keystore


def _key(key: str | bytes) -> PrivateKey | None:
    """Return the key object for a private key, without raising while a frame holds the key."""
    from coincurve import PrivateKey  # noqa: PLC0415 - only for callers that sign

    if isinstance(key, str):
        digits = key.strip()
        digits = digits[2:] if digits[:2] in {"0x", "0X"} else digits
        if len(digits) != _KEY_DIGITS or not digits.isalnum():
            return None
        try:
            key = bytes.fromhex(digits)
        except ValueError:
            return None
    if (
        not isinstance(key, _BYTES)
        or len(key) != _KEY_BYTES
        or not 0 < int.from_bytes(key, "big") < ORDER
    ):
        return None
    return PrivateKey(key)
