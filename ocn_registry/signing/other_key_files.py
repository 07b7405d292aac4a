"""Files that people take for a keystore, named for what they are.

No message quotes the file: several of these hold a key that nothing encrypts.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, TypeAlias, TypeGuard

if TYPE_CHECKING:
    from collections.abc import Callable

_Object: TypeAlias = dict[str, object]

_KEY: Final = re.compile(r"\s*(?:0[xX])?[0-9a-fA-F]{64}\s*")
_WIF: Final = re.compile(r"\s*[5KLc9][1-9A-HJ-NP-Za-km-z]{50,51}\s*")
_EXTENDED: Final = re.compile(r"\s*[xyzt]p(?:rv|ub)[1-9A-HJ-NP-Za-km-z]{100,110}\s*")
_PHRASE: Final = re.compile(r"\s*[a-z]{3,8}(?:\s+[a-z]{3,8}){11,23}\s*")
_SECRET_KEY_BYTES: Final = 64

_BARE_KEY = "it is a private key that nothing encrypts; use file:PATH for it"
_PHRASE_TOLD = "it is a recovery phrase; import it in a wallet and export the account's keystore"

# What a text begins with or looks like, and what it is then.
_TEXTS: Final[tuple[tuple[Callable[[str], object], str], ...]] = (
    (lambda text: not text.strip(), "it is empty"),
    (_KEY.fullmatch, _BARE_KEY),
    (_WIF.fullmatch, "it is a private key of Bitcoin (WIF)"),
    (_EXTENDED.fullmatch, "it is an extended key (BIP 32) of a whole wallet, not of one account"),
    (_PHRASE.fullmatch, _PHRASE_TOLD),
    (lambda text: "-----BEGIN OPENSSH" in text[:100], "it is a key of SSH"),
    (lambda text: "-----BEGIN PGP" in text[:100], "it is a key of PGP"),
    (lambda text: "-----BEGIN CERT" in text[:100], "it is a certificate"),
    (lambda text: "-----BEGIN" in text[:100], "it is a key in PEM form"),
    (lambda text: text.lstrip().lower().startswith(("<!doctype", "<html")), "it is a web page"),
)


def kind_of_text(text: str) -> str | None:
    """Return what a text is if it is something known that is not JSON, for messages.

    Args:
        text: Content of the file.
    """
    return next((told for fits, told in _TEXTS if fits(text)), None)


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
_MNEMONIC = (
    "it encrypts a recovery phrase (a mnemonic keystore, as Trust Wallet writes); export the "
    "account's private key there"
)
_FIRST = "it is of version 1, as geth wrote it until 2015; open it with geth, which upgrades it"
_SOLANA = "it is a key of Solana"

# What an encrypted key is, if it is not one of version 3.
_ENCRYPTED: Final[tuple[tuple[Callable[[_Object, _Object], bool], str], ...]] = (
    (lambda _, crypto: _is_object(crypto.get("kdf")), _VALIDATOR),
    (lambda whole, _: whole.get("version") in {4, "4"}, _VALIDATOR),
    (lambda whole, _: whole.get("type") == "mnemonic", _MNEMONIC),
    (lambda whole, crypto: whole.get("version") in {1, "1"} or "keyheader" in crypto, _FIRST),
)
# Keys in lower case that only this kind of file has, and what it is.
_OBJECTS: Final = (
    ({"encseed", "ethaddr"}, _PRESALE),
    ({"data", "iv", "salt"}, _METAMASK),
    ({"vault"}, _METAMASK),
    ({"keyringcontroller"}, _METAMASK),
    ({"address", "privatekey"}, "it is a key file of geth that nothing encrypts"),
    ({"privatekey"}, _BARE_KEY),
    ({"private_key"}, _BARE_KEY),
    ({"mnemonic"}, _PHRASE_TOLD),
    ({"encmnemonic"}, "it is a wallet of imToken, which holds a recovery phrase"),
    ({"encoded", "encoding"}, "it is an account of Polkadot"),
    ({"encrypted", "locked", "private"}, "it is a wallet of an early MyEtherWallet"),
    ({"seed_version"}, "it is a wallet of Electrum (Bitcoin)"),
    ({"config", "publickey"}, "it is a key of a private transaction manager (Tessera)"),
    ({"abi"}, "it is a contract's ABI"),
    ({"kty"}, "it is a JSON Web Key"),
    ({"registry", "permissions"}, "it is a network file"),
    ({"primarytype"}, "it is a request"),
)


def kind_of_json(content: object) -> str | None:
    """Return what a JSON value is if it is something known that is not a keystore, for messages.

    Args:
        content: The value; the keys of its objects are in lower case.
    """
    if _is_list(content):
        if len(content) == _SECRET_KEY_BYTES and all(isinstance(item, int) for item in content):
            return _SOLANA
        return f"it is a list of {len(content)} items; write one keystore to a file of its own"
    if isinstance(content, str):
        return kind_of_text(content)
    if not _is_object(content):
        return None
    crypto = content.get("crypto")
    if _is_object(crypto):
        return next((told for fits, told in _ENCRYPTED if fits(content, crypto)), None)
    return next((told for keys, told in _OBJECTS if keys <= content.keys()), None)


def _is_object(value: object) -> TypeGuard[_Object]:
    return isinstance(value, dict)


def _is_list(value: object) -> TypeGuard[list[object]]:
    return isinstance(value, list)
