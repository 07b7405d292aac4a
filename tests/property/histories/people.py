"""The participants, and how they sign.

The digest of typed data is made here once more, from the types as the design states them: neither
from the package nor from the contracts. A property holds it to ethers.
"""

import re
from dataclasses import dataclass
from functools import cache, lru_cache

from coincurve import PrivateKey, PublicKey

from ocn_registry.deploy.devnet import ACCOUNTS
from ocn_registry.evm.keccak import keccak256
from ocn_registry.models import ZERO_ADDRESS, Address
from ocn_registry.testing.codec import encode
from ocn_registry.testing.model import SignedFields

_SPECIFIED = """
SetNode(address operator,string domain,uint256 nonce,uint256 deadline)
DeleteNode(address operator,uint256 nonce,uint256 deadline)
SetParty(address party,string countryCode,string partyId,uint8[] roles,address operator,uint256 nonce,uint256 deadline)
SetPartyModules(address party,string countryCode,string partyId,uint8[] sender,uint8[] receiver,uint256 nonce,uint256 deadline)
SetPartyWebsite(address party,string countryCode,string partyId,string website,uint256 nonce,uint256 deadline)
DeleteParty(address party,string countryCode,string partyId,uint256 nonce,uint256 deadline)
MoveAccount(address account,address newAccount,uint256 nonce,uint256 deadline)
SetController(address account,address controller,uint256 nonce,uint256 deadline)
AcceptAccount(address newAccount,address account,uint256 nonce,uint256 deadline)
AcceptController(address controller,address account,uint256 nonce,uint256 deadline)
SetService(address provider,string name,string url,uint256[] permissions,uint256 nonce,uint256 deadline)
DeleteService(address provider,uint256 nonce,uint256 deadline)
CreateAgreement(address user,address provider,uint256[] permissions,uint256 nonce,uint256 deadline)
RevokeAgreement(address user,address provider,uint256 nonce,uint256 deadline)
InvalidateNonce(address account,uint256 newNonce,uint256 nonce,uint256 deadline)
"""  # noqa: E501 - the design's own lines
TYPES = {line.partition("(")[0]: line for line in _SPECIFIED.split("\n")[1:-1]}
DOMAIN = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"

_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141

KEYS = {account.address: bytes.fromhex(account.private_key[2:]) for account in ACCOUNTS[:8]}
OWNER, *_OTHERS = KEYS
# Its nonce and its terms are almost used up from the start.
ANCIENT = _OTHERS[-1]
# A contract that accepts the digest itself as its signature (ERC-1271).
WALLET = Address("0x00000000000000000000000000000000Ca11ab1e".lower())
WALLET_CODE = (
    # Are bytes 4 to 35 of the calldata (the digest) and 100 to 131 (the signature) the same, and
    # is the signature's length 32? Then return the magic value of ERC-1271, else nothing.
    "0x6004356064351460443560201416601257005b631626ba7e60e01b60005260206000f3"
)
PEOPLE = (*KEYS, WALLET)
STRANGER = Address("0x00000000000000000000000000000000000000ee")
ADDRESSES = (*PEOPLE, STRANGER, ZERO_ADDRESS)


def digest(fields: SignedFields) -> bytes:
    """Hash typed data."""
    domain = (fields.name, "3", fields.chain_id, fields.contract)
    separator = _struct(DOMAIN, domain)
    return keccak256(b"\x19\x01" + separator + _struct(TYPES[fields.primary_type], fields.values))


def _struct(kind: str, values: tuple[object, ...]) -> bytes:
    fields = re.findall(r"[(,](\S+) (\w+)", kind)
    words = [_type_hash(kind)]
    for (one, name), value in zip(fields, values, strict=True):
        if one == "string":
            is_id = name in {"countryCode", "partyId"}  # a character for each byte
            options = ("latin-1", "strict") if is_id else ("utf-8", "surrogateescape")
            words.append(keccak256(value.encode(*options)))
        elif one.endswith("[]"):
            words.append(keccak256(b"".join(item.to_bytes(32, "big") for item in value)))
        else:
            words.append(encode(one, value))
    return keccak256(b"".join(words))


@cache
def _type_hash(kind: str) -> bytes:
    return keccak256(kind.encode())


@lru_cache(4096)
def sign(signer: Address, digest_: bytes) -> bytes:
    """Sign as an account does: 65 bytes, or the wallet's way."""
    if signer not in KEYS:
        return digest_
    signature = PrivateKey(KEYS[signer]).sign_recoverable(digest_, hasher=None)
    return signature[:64] + bytes([27 + signature[64]])


def mirrored(signature: bytes) -> bytes:
    """Return the equivalent signature with a high s."""
    s = _ORDER - int.from_bytes(signature[32:64], "big")
    return signature[:32] + s.to_bytes(32, "big") + bytes([55 - signature[64]])


@dataclass(frozen=True)
class Signatures:
    """Return whether signatures are valid by the contracts' documentation."""

    def __call__(self, signer: Address, fields: SignedFields, signature: bytes, /) -> bool:
        hashed = digest(fields)
        if signer == WALLET and signature == hashed:
            return True
        return len(signature) == 65 and _recovered(hashed, signature) == signer


@lru_cache(4096)
def _recovered(hashed: bytes, signature: bytes) -> Address | None:
    s, v = int.from_bytes(signature[32:64], "big"), signature[64]
    if v not in {27, 28} or s > _ORDER // 2:
        return None
    compact = signature[:64] + bytes([v - 27])
    try:
        key = PublicKey.from_signature_and_message(compact, hashed, hasher=None)
    except Exception:  # noqa: BLE001 - coincurve raises bare ones: no such point
        return None
    return Address.from_bytes(keccak256(key.format(compressed=False)[1:])[12:])
