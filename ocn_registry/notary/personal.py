"""Personal-sign (EIP-191), and the signatures of messages between nodes.

Between nodes, the operator of the sending node signs the whole body as text: 130 hexadecimal digits
without `0x`.

The signer is recovered from the signature and compared with the expected one. Like the JavaScript
and JVM libraries, this accepts a high s, and v written as 0 or 1. Anyone can convert one form into
another, so never identify messages by their signatures. Signatures made here have a low s and v of
27 or 28.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ocn_registry.errors import InvalidInput
from ocn_registry.evm.keccak import keccak256
from ocn_registry.foreign.text import shown
from ocn_registry.models import Address
from ocn_registry.notary.errors import MalformedSignature, SignatoryMismatch
from ocn_registry.portable.values import dataclass

if TYPE_CHECKING:
    from ocn_registry.signing import Signer

_RSV = re.compile(r"(?:0x)?([0-9a-fA-F]{130})")
_SIGNATURE_BYTES = 65
_V_OFFSET = 27


@dataclass(frozen=True, slots=True)
class PersonalMessage:
    """A text for `personal_sign`: a payload that every `Signer` accepts.

    Attributes:
        text: The text, which is signed in UTF-8.

    Source: EIP-191, version 0x45.
    """

    text: bytes

    def digest(self) -> bytes:
        """Return the 32 bytes that are signed."""
        return keccak256(b"\x19Ethereum Signed Message:\n%d" % len(self.text) + self.text)

    def document(self) -> dict[str, object]:
        """Return the form for a wallet: the first argument of `personal_sign`."""
        return {"personal_sign": "0x" + self.text.hex()}


def sign_text(text: str, signer: Signer) -> str:
    """Sign text.

    Args:
        text: The text.
        signer: Holds the key.

    Returns:
        130 hexadecimal digits: r, s, v.

    Raises:
        InvalidInput: The text can't be encoded as UTF-8, or the signer did not sign with its key.
    """
    message = PersonalMessage(_utf8(text))
    signature = signer.sign(message)
    if len(signature) != _SIGNATURE_BYTES or _recover(message.digest(), signature) != (
        signer.address
    ):
        raise InvalidInput(
            f"the signer of {signer.address} did not sign with that key: use an account with a "
            "key, a contract can't sign messages",
        )
    return signature.hex()


def recover_text(text: str, rsv: str) -> Address | None:
    """Return who signed text.

    Args:
        text: The text.
        rsv: 130 hexadecimal digits, with or without `0x`.

    Returns:
        The address; `None` if it is not the signature of any key.

    Raises:
        MalformedSignature: These are not 130 hexadecimal digits, or the text can't be encoded as
            UTF-8.
    """
    found = _RSV.fullmatch(rsv)
    if found is None:
        raise MalformedSignature(
            f"{shown(rsv)} is not a valid signature: it has 130 hexadecimal digits",
        )
    try:
        message = PersonalMessage(_utf8(text))
    except InvalidInput as error:
        raise MalformedSignature(str(error)) from None
    return _recover(message.digest(), bytes.fromhex(found.group(1)))


def sign_body(body: str, signer: Signer) -> str:
    """Sign the body of a message to another node.

    Args:
        body: The body, exactly as sent.
        signer: Holds the key of the node's operator.

    Returns:
        The value of the header `OCN-Signature` between nodes: 130 hexadecimal digits.

    Raises:
        InvalidInput: The text can't be encoded as UTF-8, or the signer did not sign with its key.

    Source: `WalletService.sign` of ocn-node.
    """
    return sign_text(body, signer)


def recover_body(body: str, signature: str) -> Address | None:
    """Return who signed the body of a message from another node.

    Args:
        body: The body, exactly as received.
        signature: The header `OCN-Signature`.

    Returns:
        The address; `None` if it is not the signature of any key.

    Raises:
        MalformedSignature: These are not 130 hexadecimal digits, or the text can't be encoded as
            UTF-8.
    """
    return recover_text(body, signature)


def verify_body(body: str, signature: str, operator: Address) -> None:
    """Check that the operator of the sender's node signed the body of its message.

    Args:
        body: The body, exactly as received.
        signature: The header `OCN-Signature`.
        operator: The operator of the sending party, according to the registry.

    Raises:
        MalformedSignature: It is not a signature.
        SignatoryMismatch: Another account signed, or another text was signed.
    """
    recovered = recover_text(body, signature)
    if recovered != Address(operator):
        raise SignatoryMismatch(operator, recovered)


def _recover(digest: bytes, signature: bytes) -> Address | None:
    # Not through eth-account: 41 us instead of 126, and 0.01 s to import instead of 0.9.
    from coincurve import PublicKey  # noqa: PLC0415 - for those who verify

    v = signature[64]
    parity = v - _V_OFFSET if v >= _V_OFFSET else v
    if parity not in (0, 1):
        return None
    try:
        key = PublicKey.from_signature_and_message(
            signature[:64] + bytes([parity]),
            digest,
            hasher=None,
        )
    except ValueError:
        return None
    return Address.from_bytes(keccak256(key.format(compressed=False)[1:])[-20:])


def _utf8(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise InvalidInput("the text contains an unpaired surrogate: send valid UTF-8") from None
