"""Encrypted key files (web3 secret storage, version 3), including those of old programs.

The file can come from anywhere: its form and the cost of its key derivation are checked before the
passphrase is requested. A file of another kind is identified, so that it is not mistaken for a
wrong passphrase.

This does not use eth-account, which takes 0.9 s to import, does not bound the key derivation, and
opens validators' keystores (EIP-2335), whose keys are not accounts.

Source: Web3 Secret Storage Definition, version 3.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
import unicodedata
import uuid
from typing import TYPE_CHECKING, Final, cast

from ocn_registry.errors import InvalidInput
from ocn_registry.evm.keccak import keccak256
from ocn_registry.foreign.limits import KEYSTORE_FILE
from ocn_registry.foreign.strict_json import BeyondLimits, is_list, is_object, parse_json
from ocn_registry.foreign.text import shown
from ocn_registry.portable.values import dataclass
from ocn_registry.signing.other_key_files import kind_of_json, kind_of_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from ocn_registry.models import Address

_KEY_BYTES: Final = 32
_IV_BYTES: Final = 16
_MAX_DERIVED_BYTES: Final = 1 << 10
# Wallets use at most 2^21 steps of scrypt in 256 MiB, or about 600,000 rounds of PBKDF2: a second
# each. Higher numbers in a file must not stall the program or exhaust the memory. The blocks are r
# times p: each one costs scrypt some rounds of PBKDF2 and a step of Python, whatever n is.
_MAX_SCRYPT_STEPS: Final = 1 << 23
_MAX_SCRYPT_BYTES: Final = 1 << 29
_MAX_SCRYPT_BLOCKS: Final = 1 << 10
_MAX_ROUNDS: Final = 1 << 22
_SCRYPT: Final = {"n": 1 << 18, "r": 8, "p": 1}
_FORMS: Final = ("NFKC", "NFKD", "NFC", "NFD")
_DIGITS: Final = re.compile(r"(0x)?(?:[0-9a-fA-F]{2})*", re.IGNORECASE)
_NO_WORD: Final = re.compile("[^a-z0-9]")
_PBKDF2: Final = {"pbkdf2", "pbkdf2sha256", "pbkdf2hmacsha256", "pbkdf2withhmacsha256"}
_NUMBER: Final = re.compile(r"[0-9]{1,10}|0x[0-9a-fA-F]{1,8}")
_ADDRESS: Final = re.compile(r"(?:0x)?([0-9a-fA-F]{40})")
OTHER_JSON: Final = "it is JSON of another kind: a keystore has an object 'crypto'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Keystore:
    """The checked content of a keystore file, with the key still encrypted.

    Attributes:
        kdf: `scrypt` or the hash of PBKDF2.
        cost: N, r and p of scrypt, or the rounds of PBKDF2.
        derived_bytes: Length of the derived key.
        salt: Salt of the derivation.
        iv: Initial counter of AES-128-CTR.
        ciphertext: The encrypted key.
        mac: Checksum for the passphrase.
        address: Address in the file, in lower case without `0x`; `None` if there is none.
    """

    kdf: str
    cost: tuple[int, ...]
    derived_bytes: int
    salt: bytes
    iv: bytes
    ciphertext: bytes
    mac: bytes
    address: str | None

    def open(self, passphrase: Callable[[], object]) -> bytes | None:
        """Return the key; `None` if the passphrase is wrong.

        Args:
            passphrase: Returns the passphrase, as typed. Accented letters are also tried in
                Unicode's other normal forms, because wallets normalize them differently.

        Raises:
            InvalidInput: The passphrase is not text, or there is not enough memory.
        """
        given = passphrase()
        if not isinstance(given, str):
            kind = type(given).__name__
            del given  # a traceback must not show it
            raise InvalidInput(f"the passphrase is of type {kind}: use text")
        try:
            return self._opened(given)
        except (MemoryError, ValueError):  # ValueError is how PyCryptodome reports it
            del given
        # Raised out here, so that no traceback leads to the frames that held the passphrase.
        raise InvalidInput("there is not enough memory to open the keystore: close other programs")

    def _opened(self, passphrase: str) -> bytes | None:
        forms = [unicodedata.normalize(form, passphrase) for form in _FORMS]
        for spelled in dict.fromkeys([passphrase, *forms]):
            derived = self._derived(spelled.encode(errors="surrogatepass"))
            mac = keccak256(derived[16:32] + self.ciphertext)
            if hmac.compare_digest(mac, self.mac):
                return _aes(derived[:16], self.iv, self.ciphertext).rjust(_KEY_BYTES, b"\0")
        return None

    def _derived(self, passphrase: bytes) -> bytes:
        if self.kdf != "scrypt":
            (rounds,) = self.cost
            size = self.derived_bytes
            return hashlib.pbkdf2_hmac(self.kdf, passphrase, self.salt, rounds, size)
        return _scrypt(passphrase, self.salt, self.cost, self.derived_bytes)


def read_keystore(text: str) -> Keystore | str:
    """Return the keystore in a text, without decrypting it.

    Args:
        text: Content of the file.

    Returns:
        The keystore; otherwise the reason why it is not one, for messages, without secrets. Nothing
        is raised, because a traceback would show the text, which can be an unencrypted key.
    """
    try:
        return _keystore(text)
    except _Odd as error:
        return str(error)


def encrypted(key: bytes, address: Address, passphrase: object) -> str | None:
    """Return the text of a keystore file; `None` if the passphrase is empty or not valid Unicode.

    Args:
        key: The private key.
        address: Its address.
        passphrase: The passphrase that encrypts it.
    """
    if not isinstance(passphrase, str) or not passphrase or not _is_unicode(passphrase):
        return None
    salt, iv = os.urandom(_KEY_BYTES), os.urandom(_IV_BYTES)
    derived = _scrypt(passphrase.encode(), salt, tuple(_SCRYPT.values()), _KEY_BYTES)
    ciphertext = _aes(derived[:16], iv, key)
    content = {
        "address": address[2:].lower(),
        "crypto": {
            "cipher": "aes-128-ctr",
            "cipherparams": {"iv": iv.hex()},
            "ciphertext": ciphertext.hex(),
            "kdf": "scrypt",
            "kdfparams": {"dklen": _KEY_BYTES, **_SCRYPT, "salt": salt.hex()},
            "mac": keccak256(derived[16:32] + ciphertext).hex(),
        },
        "id": str(uuid.uuid4()),
        "version": 3,
    }
    return json.dumps(content, indent=2) + "\n"


def _is_unicode(text: str) -> bool:
    """Return whether a text can be encoded as UTF-8, that is, has no lone surrogates."""
    return not any("\ud800" <= letter <= "\udfff" for letter in text)


def _scrypt(passphrase: bytes, salt: bytes, cost: tuple[int, ...], size: int) -> bytes:
    # Not hashlib's, which rejects the parameters of the specification's own example (n 262144, r
    # 1).
    from Crypto.Protocol.KDF import scrypt  # noqa: PLC0415 - only for callers with a keystore

    n, r, p = cost
    # Its type hints say text, which it would encode as Latin-1.
    return cast("bytes", scrypt(passphrase, salt, size, n, r, p))  # type: ignore[arg-type]


def _aes(key: bytes, iv: bytes, content: bytes) -> bytes:
    from Crypto.Cipher import AES  # noqa: PLC0415 - only for callers with a keystore

    cipher = AES.new(key, AES.MODE_CTR, nonce=b"", initial_value=iv)  # pyright: ignore[reportUnknownMemberType] # the other modes'
    return cipher.encrypt(content)


class _Odd(ValueError):
    """The reason why a file can't be opened."""


def _keystore(text: str) -> Keystore:
    content = _parsed(text)
    if is_list(content) and len(content) == 1:  # the form that web3.js exports
        content = content[0]
    if isinstance(content, str) and content.lstrip().startswith("{"):  # JSON in a string of JSON
        return _keystore(content)
    if not is_object(content):
        raise _Odd(kind_of_json(content) or OTHER_JSON)
    whole = _lower(content)
    if (other := kind_of_json(whole)) is not None:
        raise _Odd(other)
    if "crypto" not in whole:
        raise _Odd(OTHER_JSON)
    if "version" not in whole:
        raise _Odd("its 'version' is missing; only version 3 is supported")
    if _number(whole["version"]) != 3:  # noqa: PLR2004 - the format's own number
        raise _Odd(f"its version is {_shown_value(whole['version'])}; only version 3 is supported")
    crypto = _part(whole, "crypto")
    address = whole.get("address")
    named = _ADDRESS.fullmatch(address) if isinstance(address, str) else None
    return _checked(crypto, None if named is None else named[1].lower())


def _parsed(text: str) -> object:
    if (other := kind_of_text(text)) is not None:
        raise _Odd(other)
    content = text.encode(errors="surrogatepass")
    try:
        return parse_json(content, KEYSTORE_FILE, strict_text=False)
    except BeyondLimits as error:
        raise _Odd(f"it is JSON {error}") from None
    except ValueError as error:
        if str(error).startswith("Extra data") and text.lstrip().startswith("{"):
            raise _Odd("more follows its JSON; write one keystore to a file of its own") from None
        raise _Odd("its content is not JSON, or not all of it is there") from None


def _checked(crypto: dict[str, object], address: str | None) -> Keystore:
    if _NO_WORD.sub("", cipher := _word(crypto, "cipher")) != "aes128ctr":
        raise _Odd(f"its cipher is {_shown_value(cipher)}; only 'aes-128-ctr' is supported")
    parameters = _part(crypto, "kdfparams")
    kdf, cost = _derivation(_word(crypto, "kdf"), parameters)
    size = _positive({"dklen": _KEY_BYTES} | parameters, "dklen")  # some programs omit it
    if not _KEY_BYTES <= size <= _MAX_DERIVED_BYTES:
        raise _Odd(f"its derived key has {size} bytes (dklen); {_KEY_BYTES} are needed")
    ciphertext = _bytes(crypto, "ciphertext")
    if not 0 < len(ciphertext) <= _KEY_BYTES:
        raise _Odd(
            f"what it encrypts has {len(ciphertext)} bytes; a private key has {_KEY_BYTES}",
        )
    return Keystore(
        kdf=kdf,
        cost=cost,
        derived_bytes=size,
        salt=_bytes(parameters, "salt"),
        iv=_iv(_bytes(_part(crypto, "cipherparams"), "iv")),
        ciphertext=ciphertext,
        mac=_bytes(crypto, "mac", _KEY_BYTES),
        address=address,
    )


def _iv(value: bytes) -> bytes:
    """Return the initial counter, which some programs write without leading zeros."""
    if not 0 < len(value) <= _IV_BYTES:
        raise _Odd(f"its 'iv' has {len(value)} bytes; it should have {_IV_BYTES}")
    return value.rjust(_IV_BYTES, b"\0")


def _derivation(kdf: str, parameters: dict[str, object]) -> tuple[str, tuple[int, ...]]:
    """Return the key derivation and its cost, after checking the bounds."""
    if kdf == "scrypt":
        n, r, p = [_positive(parameters, key) for key in ("n", "r", "p")]
        if n < 2 or n & (n - 1):  # noqa: PLR2004 - scrypt's own rule
            raise _Odd(f"its scrypt parameter n is {n}; it must be a power of two")
        if (
            n * r * p > _MAX_SCRYPT_STEPS
            or 128 * r * (n + p) > _MAX_SCRYPT_BYTES
            or r * p > _MAX_SCRYPT_BLOCKS
        ):
            raise _Odd(
                f"its scrypt parameters n {n}, r {r}, p {p} would take too much time or memory; "
                "wallets use n 262144, r 8, p 1",
            )
        return kdf, (n, r, p)
    if _NO_WORD.sub("", kdf) in _PBKDF2:
        prf = _word(parameters, "prf", "hmac-sha256")
        hashing = _NO_WORD.sub("", prf).removeprefix("hmac")
        if hashing not in {"sha256", "sha512"}:
            raise _Odd(f"its PBKDF2 function is {_shown_value(prf)}; 'hmac-sha256' is supported")
        rounds = _positive(parameters, "c")
        if rounds > _MAX_ROUNDS:
            raise _Odd(f"its PBKDF2 parameter c is {rounds}; at most {_MAX_ROUNDS} are computed")
        return hashing, (rounds,)
    raise _Odd(f"its key derivation is {_shown_value(kdf)}; 'scrypt' and 'pbkdf2' are supported")


def _lower(content: dict[str, object]) -> dict[str, object]:
    """Return an object with lower-case keys: some wallets write `Crypto` and `KDF`."""
    return {
        key.lower(): _lower(value) if is_object(value) else value for key, value in content.items()
    }


def _part(content: dict[str, object], key: str) -> dict[str, object]:
    part = content.get(key)
    if not is_object(part):
        raise _Odd(f"it has no object {key!r}, which a keystore has")
    return part


def _word(content: dict[str, object], key: str, default: str | None = None) -> str:
    word = content.get(key, default)
    if not isinstance(word, str):
        raise _Odd(f"its {key!r} is missing, or not text")
    return word.lower()


def _positive(content: dict[str, object], key: str) -> int:
    number = _number(content.get(key))
    if number is None or number < 1:
        raise _Odd(f"its {key!r} is missing, or not a number from 1")
    return number


def _number(value: object) -> int | None:
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return int(value, 16 if value.startswith("0x") else 10)
    if isinstance(value, float) and value.is_integer() and abs(value) < 1 << 53:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _bytes(content: dict[str, object], key: str, size: int | None = None) -> bytes:
    digits = content.get(key)
    digits = digits.strip() if isinstance(digits, str) else None
    if digits is None or not _DIGITS.fullmatch(digits):
        raise _Odd(f"its {key!r} is missing, or not hexadecimal digits")
    value = bytes.fromhex(digits[2:] if digits[:2] in {"0x", "0X"} else digits)
    if size is not None and len(value) != size:
        raise _Odd(f"its {key!r} has {len(value)} bytes; it should have {size}")
    return value


def _shown_value(value: object) -> str:
    return shown(value, 20)
