"""Identify files that users mistake for a keystore.

No message quotes the file: several of these hold an unencrypted key.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final, TypeAlias

from ocn_registry.foreign.strict_json import is_list, is_object

if TYPE_CHECKING:
    from collections.abc import Callable

_Object: TypeAlias = dict[str, object]

_KEY: Final = re.compile(r"\s*(?:0[xX])?[0-9a-fA-F]{64}\s*")
_KEY_INSIDE: Final = re.compile(r"(?<![0-9a-fA-F])(?:[0-9a-fA-F][\s_:-]?){64}(?![0-9a-fA-F])")
_PUBLIC_KEY: Final = re.compile(
    r"\s*(?:0[xX])?(?:(?:04)?[0-9a-fA-F]{128}|0[23][0-9a-fA-F]{64})\s*",
)
_ADDRESS: Final = re.compile(r"\s*(?:0[xX])?[0-9a-fA-F]{40}\s*")
_BASE58: Final = "[1-9A-HJ-NP-Za-km-z]"
_WIF: Final = re.compile(rf"\s*[5KLc9]{_BASE58}{{50,51}}\s*")
_BIP_38: Final = re.compile(rf"\s*6P{_BASE58}{{56}}\s*")
_EXTENDED: Final = re.compile(rf"\s*[xyzt]p(?:rv|ub){_BASE58}{{100,110}}\s*")
_BASE64: Final = re.compile(r"\s*[0-9A-Za-z+/_-]{43}=\s*")
_SOLANA_KEY: Final = re.compile(rf"\s*{_BASE58}{{86,88}}\s*")
_STELLAR_KEY: Final = re.compile(r"\s*S[A-Z2-7]{55}\s*")
_BETWEEN_WORDS: Final = re.compile(r"[\s,;.:()\"'|/_-]+")
_CONTROLS: Final = re.compile(r"[\0-\x08\x0e-\x1f]")
_PHRASE_WORDS: Final = {12, 15, 18, 21, 24, 20, 33, 25}  # BIP 39; SLIP 39; Monero
_LONGEST_WORD: Final = 8
_LONGEST_PHRASE: Final = 1000
_KEY_BYTES: Final = 32
_SECRET_KEY_BYTES: Final = 64

_BARE_KEY = "it is a private key that nothing encrypts; use file:PATH for it"
_KEY_AMONG_OTHERS = (
    "it holds more than a private key, which nothing encrypts; write the key alone to a file that "
    "only you can read, and use file:PATH for it"
)
_OTHER_DIGITS = (
    "it may be a private key in another form, which nothing encrypts; write its 64 hexadecimal "
    "digits to a file that only you can read, and use file:PATH for it"
)
_SOLANA = "it is a key of Solana"
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
    (lambda text: "-----BEGIN AGE" in text, "it is a file of age"),
    (lambda text: "-----BEGIN TENDERMINT" in text, "it is a key of Cosmos (Tendermint)"),
    (lambda text: "-----BEGIN PGP" in text, "it is a key of PGP"),
    (lambda text: "-----BEGIN CERT" in text, "it is a certificate"),
    (lambda text: "-----BEGIN" in text, "it is a key in PEM form"),
    (lambda text: "AGE-SECRET-KEY-" in text or text.startswith("age-enc"), "it is a file of age"),
    (lambda text: text.lower().startswith(("<!doctype", "<html")), "it is a web page"),
    (lambda text: text.lower().startswith("ur:"), "it is the text of a wallet's QR code (UR)"),
    (lambda text: text.startswith("suiprivkey1"), "it is a key of Sui"),
    (lambda text: text.startswith(("nsec1", "ncryptsec1")), "it is a key of Nostr"),
    (lambda text: text.startswith(("ed25519-priv-", "secp256k1-priv-")), "it is a key of Aptos"),
    (lambda text: text.startswith(("edsk", "edesk")), "it is a key of Tezos"),
    (_STELLAR_KEY.fullmatch, "it is a key of Stellar"),
    (_SOLANA_KEY.fullmatch, _SOLANA),
    (_BASE64.fullmatch, _OTHER_DIGITS),
    (lambda text: "{" not in text and _KEY_INSIDE.search(text), _KEY_AMONG_OTHERS),
)


_PICTURE = "it is a picture; export the keystore as a file"
_PGP: Final = (b"\x84\x5e", b"\x85\x01", b"\x85\x02", b"\x8c\x0d", b"\x95\x03", b"\x95\x07")
_BYTES: Final = (
    (b"\xfe\xed\xfe\xed", "it is a keystore of Java (JKS)"),
    (b"\xce\xce\xce\xce", "it is a keystore of Java (JCEKS)"),
    (b"\x1f\x8b", "it is compressed (gzip)"),
    (b"BZh", "it is compressed (bzip2)"),
    (b"\xfd7zXZ", "it is compressed (xz)"),
    (b"\x28\xb5\x2f\xfd", "it is compressed (zstd)"),
    (b"7z\xbc\xaf", "it is an archive (7z)"),
    (b"Rar!", "it is an archive (rar)"),
    (b"PK\x03\x04", "it is an archive (zip)"),
    (b"Salted__", "OpenSSL has encrypted it"),
    (b"age-encryption.org", "it is a file of age"),
    *[(magic, "it is a file of PGP") for magic in _PGP],
    (b"\x03\xd9\xa2\x9a", "it is a database of KeePass"),
    (b"LUKS\xba\xbe", "it is an encrypted disk (LUKS)"),
    (b"\x89PNG", _PICTURE),
    (b"\xff\xd8\xff", _PICTURE),
    (b"%PDF", "it is a PDF document"),
    (b"SQLite format 3", "it is a database"),
    (b"\x30\x82", "it is a key or a certificate in DER form, or PKCS#12"),
    *[(magic, "it is a key in DER form") for magic in (b"\x30\x81", b"\x30\x74", b"\x30\x77")],
)


def kind_of_bytes(content: bytes) -> str | None:
    """Return what a file is if it is something known that is not text, for messages.

    Args:
        content: Content of the file, or how it begins.
    """
    found = next((kind for magic, kind in _BYTES if content.startswith(magic)), None)
    if found is None and len(content.rstrip(b"\r\n")) == _KEY_BYTES:
        return _OTHER_DIGITS
    if found is None and _CONTROLS.search(content.decode("latin-1")):
        return "it is a binary file"
    return found


def kind_of_text(text: str) -> str | None:
    """Return what a text that is not JSON is, for messages; `None` if it is not recognized.

    Args:
        text: Content of the file.
    """
    text = text.lstrip()
    if text.startswith(("{", "[")):
        return None
    if _CONTROLS.search(text):
        return kind_of_bytes(text.encode(errors="surrogatepass"))
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
_VALIDATORS_WALLETS: Final = ("hierarchical deterministic", "non-deterministic", "distributed")
_KEYSTORE_INSIDE = (
    "the keystore is inside of other JSON; write the object that has 'crypto' to a file of its own"
)
_PART_OF_KEYSTORE = (
    'it is the \'crypto\' of a keystore alone; write it to a file as {"version": 3, "crypto": ...}'
)
_MNEMONIC = (
    "it encrypts a recovery phrase (a mnemonic keystore, as Trust Wallet writes); export the "
    "account's private key there"
)
_FIRST = "it is of version 1, as geth wrote it until 2015; open it with geth, which upgrades it"
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
    (lambda _, crypto: is_object(crypto.get("kdf")), _VALIDATOR),
    (lambda whole, _: "bech32" in whole, "it is a keystore of MultiversX"),
    (lambda _, crypto: "masterkeyderivation" in crypto, "it is a keystore of Hardhat's settings"),
    (lambda whole, _: whole.get("type") == "mnemonic", _MNEMONIC),
    (_is_first, _FIRST),
)
# Keys, in lower case, that only one kind of file has, and what it is.
_OBJECTS: Final = (
    ({"pubkey", "withdrawal_credentials"}, "it is the deposit of a validator"),
    ({"sops"}, "it is a file of SOPS"),
    ({"encseed", "ethaddr"}, _PRESALE),
    ({"data", "iv", "salt"}, _METAMASK),
    ({"cipher", "iv", "salt"}, _METAMASK),
    ({"vault"}, _METAMASK),
    ({"metamask"}, _METAMASK),
    ({"keyringcontroller"}, _METAMASK),
    ({"account_id", "private_key"}, "it is a key of NEAR"),
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
    ({"scrypt", "accounts"}, "it is a wallet of Neo (NEP-6)"),
    ({"priv_key", "pub_key"}, "it is a key of Cosmos (Tendermint)"),
    ({"ciphertext", "kdf"}, _PART_OF_KEYSTORE),
    ({"cborhex"}, "it is a key of Cardano"),
    ({"abi"}, "it is a contract's ABI"),
    ({"kty"}, "it is a JSON Web Key"),
    ({"registry", "permissions"}, "it is a network file"),
    ({"primarytype"}, "it is a request"),
)


_KEYRINGS: Final = ("HD Key Tree", "Simple Key Pair")
_TRANSACTION_MANAGERS: Final = ("unlocked", "argon2sbox")


def _is_protection(content: _Object) -> bool:
    metadata = content.get("metadata")
    return is_object(metadata) and "interchange_format_version" in metadata


# The same, for keys that are not specific enough by themselves.
_OTHER_OBJECTS: Final[tuple[tuple[Callable[[_Object], bool], str], ...]] = (
    (lambda it: it.get("type") in _VALIDATORS_WALLETS and "uuid" in it, _VALIDATORS_WALLET),
    (lambda it: it.get("type") in _TRANSACTION_MANAGERS and "data" in it, _TRANSACTION_MANAGER),
    (lambda it: it.get("type") in _KEYRINGS and "data" in it, _METAMASK),
    (_is_protection, "it holds what a validator has signed (EIP-3076)"),
    (
        lambda it: _holds(it.get("keys"), lambda key: is_object(key) and "kty" in key),
        "it is a set of JSON Web Keys",
    ),
)


def kind_of_json(content: object) -> str | None:
    """Return what a JSON value that is not a keystore is, for messages; `None` if unknown.

    Args:
        content: The value. The keys of its objects are in lower case.
    """
    if is_list(content):
        return _kind_of_list(content)
    if isinstance(content, str):
        return kind_of_text(content)
    if not is_object(content):
        return None
    crypto = content.get("crypto")
    if is_object(crypto):
        return next((kind for fits, kind in _ENCRYPTED if fits(content, crypto)), None)
    return _kind_of_object(content)


def _kind_of_list(items: list[object]) -> str:
    if len(items) == _SECRET_KEY_BYTES and all(isinstance(item, int) for item in items):
        return _SOLANA
    if len(items) == _KEY_BYTES and all(isinstance(item, int) for item in items):
        return _OTHER_DIGITS
    if items and all(isinstance(item, str) for item in items):
        return kind_of_text(" ".join(map(str, items))) or "it is a list of texts"
    first = items[0] if items else None
    if is_object(first):
        first = {key.lower(): value for key, value in first.items()}
    several = f"it is a list of {len(items)} items; write one keystore to a file of its own"
    return kind_of_json(first) or several


def _kind_of_object(content: _Object) -> str | None:
    if _holds(content, _is_keystore):  # first, since its salt and its checksum look like keys
        return _KEYSTORE_INSIDE
    found = next((kind for keys, kind in _OBJECTS if keys <= content.keys()), None)
    found = found or next((kind for fits, kind in _OTHER_OBJECTS if fits(content)), None)
    return _KEY_AMONG_OTHERS if found is None and _holds(content, _is_key) else found


def _holds(content: object, fits: Callable[[object], bool], depth: int = 4) -> bool:
    """Return whether JSON contains a matching value, at any depth."""
    parts = list(content.values()) if is_object(content) else content
    return (
        is_list(parts)
        and depth > 0
        and any(fits(part) or _holds(part, fits, depth - 1) for part in parts)
    )


def _is_key(value: object) -> bool:
    return isinstance(value, str) and _KEY.fullmatch(value) is not None


def _is_keystore(value: object) -> bool:
    if not is_object(value):
        return False
    parts = {key.lower(): part for key, part in value.items()}
    crypto = parts.get("crypto")
    return is_object(crypto) and "ciphertext" in {key.lower() for key in crypto}
