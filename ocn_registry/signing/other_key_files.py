"""Identify files that users mistake for a keystore.

No message quotes the file: several of these hold an unencrypted key.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final, TypeAlias, TypeGuard

if TYPE_CHECKING:
    from collections.abc import Callable

_Object: TypeAlias = dict[str, object]

_KEY: Final = re.compile(r"\s*(?:0[xX])?[0-9a-fA-F]{64}\s*")
_KEY_INSIDE: Final = re.compile(r"(?<![0-9a-fA-F])(?:[0-9a-fA-F][\s_:-]?){64}(?![0-9a-fA-F])")
_PUBLIC_KEY: Final = re.compile(r"\s*(?:0[xX])?(?:04)?[0-9a-fA-F]{128}\s*")
_ADDRESS: Final = re.compile(r"\s*(?:0[xX])?[0-9a-fA-F]{40}\s*")
_BASE58: Final = "[1-9A-HJ-NP-Za-km-z]"
_WIF: Final = re.compile(rf"\s*[5KLc9]{_BASE58}{{50,51}}\s*")
_BIP_38: Final = re.compile(rf"\s*6P{_BASE58}{{56}}\s*")
_EXTENDED: Final = re.compile(rf"\s*[xyzt]p(?:rv|ub){_BASE58}{{100,110}}\s*")
_BETWEEN_WORDS: Final = re.compile(r"[\s,;.:()\"']+")
_CONTROLS: Final = re.compile(r"[\0-\x08\x0e-\x1f]")
_PHRASE_WORDS: Final = {12, 15, 18, 21, 24, 20, 33, 25}  # BIP 39; SLIP 39; Monero
_LONGEST_WORD: Final = 8
_LONGEST_PHRASE: Final = 1000
_SECRET_KEY_BYTES: Final = 64

_BARE_KEY = "it is a private key that nothing encrypts; use file:PATH for it"
_KEY_AMONG_OTHERS = (
    "it holds more than a private key, which nothing encrypts; write the key alone to a file that "
    "only you can read, and use file:PATH for it"
)
_IS_PHRASE = "it is a recovery phrase; import it in a wallet and export the account's keystore"


def _is_phrase(text: str) -> bool:
    """Return whether a text is a recovery phrase, in any language."""
    if len(text) > _LONGEST_PHRASE:
        return False
    parts = _BETWEEN_WORDS.split(unicodedata.normalize("NFKC", text))
    words = [part for part in parts if part and not part.isdecimal()]  # some are numbered
    fits = all(word.isalpha() and len(word) <= _LONGEST_WORD for word in words)
    return fits and len(words) in _PHRASE_WORDS


# How to recognize a text that is not JSON, and what it is.
_TEXTS: Final[tuple[tuple[Callable[[str], object], str], ...]] = (
    (lambda text: not text.strip(), "it is empty"),
    (_CONTROLS.search, "it is not a text file"),
    (_KEY.fullmatch, _BARE_KEY),
    (_WIF.fullmatch, "it is a private key of Bitcoin (WIF)"),
    (_BIP_38.fullmatch, "it is an encrypted private key of Bitcoin (BIP 38)"),
    (_EXTENDED.fullmatch, "it is an extended key (BIP 32) of a whole wallet, not of one account"),
    (_is_phrase, _IS_PHRASE),
    (_PUBLIC_KEY.fullmatch, "it is a public key, or the seed of a whole wallet"),
    (_ADDRESS.fullmatch, "it is an address, not a key"),
    (lambda text: text.startswith(("Salted__", "U2FsdGVkX1")), "OpenSSL has encrypted it"),
    (lambda text: text.startswith("$ANSIBLE_VAULT"), "it is a vault of Ansible"),
    (lambda text: "-----BEGIN OPENSSH" in text, "it is a key of SSH"),
    (lambda text: text.startswith("PuTTY-User-Key-File"), "it is a key of SSH, as PuTTY writes it"),
    (lambda text: "-----BEGIN PGP" in text, "it is a key of PGP"),
    (lambda text: "-----BEGIN CERT" in text, "it is a certificate"),
    (lambda text: "-----BEGIN" in text, "it is a key in PEM form"),
    (lambda text: "AGE-SECRET-KEY-" in text or text.startswith("age-enc"), "it is a file of age"),
    (lambda text: text.lower().startswith(("<!doctype", "<html")), "it is a web page"),
    (lambda text: "{" not in text and _KEY_INSIDE.search(text), _KEY_AMONG_OTHERS),
)


_BYTES: Final = (
    (b"\xfe\xed\xfe\xed", "it is a keystore of Java (JKS)"),
    (b"\xce\xce\xce\xce", "it is a keystore of Java (JCEKS)"),
    (b"\x1f\x8b", "it is compressed (gzip)"),
    (b"PK", "it is an archive (zip)"),
    (b"SQLite format 3", "it is a database"),
    (b"\x30\x82", "it is a key or a certificate in DER form, or PKCS#12"),
    (b"\x30\x81", "it is a key in DER form"),
)


def kind_of_bytes(content: bytes) -> str | None:
    """Return what a file is if it is something known that is not text, for messages.

    Args:
        content: Content of the file, or how it begins.
    """
    return next((kind for magic, kind in _BYTES if content.startswith(magic)), None)


def kind_of_text(text: str) -> str | None:
    """Return what a text that is not JSON is, for messages; `None` if it is not recognized.

    Args:
        text: Content of the file.
    """
    text = text.lstrip()
    if text.startswith(("{", "[")):
        return None
    return next((kind for fits, kind in _TEXTS if fits(text)), None)


_METAMASK = (
    "it is a vault of MetaMask, which holds a recovery phrase; export the account's private key "
    "there"
)
_PRESALE = (
    "it is a wallet of Ethereum's presale (2014); import it in a program that still reads those, "
    "and export a keystore there"
)
_VALIDATOR = (
    "it is a keystore of a validator (EIP-2335), whose BLS key is not the key of an account"
)
_VALIDATORS_WALLET = "it is a wallet of validators (EIP-2386), whose keys are not keys of accounts"
_VALIDATORS_WALLETS: Final = {"hierarchical deterministic", "non-deterministic", "distributed"}
_MNEMONIC = (
    "it encrypts a recovery phrase (a mnemonic keystore, as Trust Wallet writes); export the "
    "account's private key there"
)
_FIRST = "it is of version 1, as geth wrote it until 2015; open it with geth, which upgrades it"
_SOLANA = "it is a key of Solana"
_TRANSACTION_MANAGER = "it is a key of a private transaction manager (Tessera)"
_FIRST_VERSIONS = {"None", "1"}
_FIRST_PARTS = {"ciphertext", "iv", "mac", "salt"}


def _is_first(whole: _Object, crypto: _Object) -> bool:
    """Return whether it is geth's version 1; other wallets have their own versions 1."""
    version = str(whole.get("version", crypto.get("version")))
    by_cipher = crypto.get("cipher") == "aes-128-cbc" and version in _FIRST_VERSIONS
    return by_cipher or "keyheader" in crypto or crypto.keys() >= _FIRST_PARTS


# Encrypted keys in other formats than version 3.
_ENCRYPTED: Final[tuple[tuple[Callable[[_Object, _Object], bool], str], ...]] = (
    (lambda whole, _: whole.get("type") in _VALIDATORS_WALLETS, _VALIDATORS_WALLET),
    (lambda _, crypto: _is_object(crypto.get("kdf")), _VALIDATOR),
    (lambda whole, _: whole.get("version") in {4, "4"}, _VALIDATOR),
    (lambda whole, _: whole.get("type") == "mnemonic", _MNEMONIC),
    (_is_first, _FIRST),
)
# Keys, in lower case, that only one kind of file has, and what it is.
_OBJECTS: Final = (
    ({"pubkey", "withdrawal_credentials"}, "it is the deposit of a validator"),
    ({"metadata", "data"}, "it holds what a validator has signed (EIP-3076)"),
    ({"sops"}, "it is a file of SOPS"),
    ({"encseed", "ethaddr"}, _PRESALE),
    ({"data", "iv", "salt"}, _METAMASK),
    ({"cipher", "iv", "salt"}, _METAMASK),
    ({"vault"}, _METAMASK),
    ({"metamask"}, _METAMASK),
    ({"keyringcontroller"}, _METAMASK),
    ({"address", "privatekey"}, "it is a key file of geth that nothing encrypts"),
    ({"privatekey"}, _KEY_AMONG_OTHERS),
    ({"private_key"}, _KEY_AMONG_OTHERS),
    ({"private_keys"}, _KEY_AMONG_OTHERS),
    ({"mnemonic"}, _IS_PHRASE),
    ({"secretphrase"}, _IS_PHRASE),
    ({"description", "params"}, "it is the master seed of Clef, which holds no account's key"),
    ({"keyring"}, "it is a keystore of Kaia (Klaytn), version 4; only version 3 is supported"),
    ({"encmnemonic"}, "it is a wallet of imToken, which holds a recovery phrase"),
    ({"encoded", "encoding"}, "it is an account of Polkadot"),
    ({"encrypted", "locked", "private"}, "it is a wallet of an early MyEtherWallet"),
    ({"seed_version"}, "it is a wallet of Electrum (Bitcoin)"),
    ({"config", "publickey"}, _TRANSACTION_MANAGER),
    ({"data", "type"}, _TRANSACTION_MANAGER),
    ({"cborhex"}, "it is a key of Cardano"),
    ({"abi"}, "it is a contract's ABI"),
    ({"kty"}, "it is a JSON Web Key"),
    ({"keys"}, "it is a set of JSON Web Keys"),
    ({"registry", "permissions"}, "it is a network file"),
    ({"primarytype"}, "it is a request"),
)


def kind_of_json(content: object) -> str | None:
    """Return what a JSON value that is not a keystore is, for messages; `None` if unknown.

    Args:
        content: The value. The keys of its objects are in lower case.
    """
    if _is_list(content):
        return _kind_of_list(content)
    if isinstance(content, str):
        return kind_of_text(content)
    if not _is_object(content):
        return None
    crypto = content.get("crypto")
    if _is_object(crypto):
        return next((kind for fits, kind in _ENCRYPTED if fits(content, crypto)), None)
    return _kind_of_object(content)


def _kind_of_list(items: list[object]) -> str:
    if len(items) == _SECRET_KEY_BYTES and all(isinstance(item, int) for item in items):
        return _SOLANA
    first = items[0] if items else None
    if _is_object(first):
        first = {key.lower(): value for key, value in first.items()}
    several = f"it is a list of {len(items)} items; write one keystore to a file of its own"
    return kind_of_json(first) or several


def _kind_of_object(content: _Object) -> str | None:
    if content.get("type") in _VALIDATORS_WALLETS and "uuid" in content:
        return _VALIDATORS_WALLET
    found = next((kind for keys, kind in _OBJECTS if keys <= content.keys()), None)
    return _KEY_AMONG_OTHERS if found is None and _holds_key(content) else found


def _holds_key(content: object, depth: int = 4) -> bool:
    """Return whether a value somewhere in JSON looks like a private key."""
    if isinstance(content, str):
        return _KEY.fullmatch(content) is not None
    if _is_object(content):
        content = list(content.values())
    return _is_list(content) and depth > 0 and any(_holds_key(one, depth - 1) for one in content)


def _is_object(value: object) -> TypeGuard[_Object]:
    return isinstance(value, dict)


def _is_list(value: object) -> TypeGuard[list[object]]:
    return isinstance(value, list)
