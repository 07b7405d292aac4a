"""Requests to contracts of the first generation: what is signed, and the document.

The contracts accept a personal signature (ERC-191) of the Keccak-256 hash of packed values. The
hash covers nothing else: no action, no chain, no contract, no nonce, no deadline. So

- a signature stays valid forever, for everybody who has seen it, on every chain;
- a `DeleteNode` also deletes the account's party and service, and vice versa;
- a `RevokeAgreement` also creates the agreement again, as often as anyone likes;
- adjacent values run together: name and URL `ab` and `c` have the same hash as `a` and `bc`.

This can't be fixed from outside. `Limits.replayable` and every document say so. The document also
names chain and contract, so that it is not used for another one by mistake.

The document resembles typed data where possible, but can't be mistaken for it: it has no `types`,
but a `scheme`, the flag `replayable`, and the `hash` for `personal_sign`.

Source: v1's published library (npm @shareandcharge/ocn-registry 1.2.1, dist/lib/sign.js).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocn_registry.dialects.shared import SignableType
from ocn_registry.errors import InvalidInput, SignatureMismatch
from ocn_registry.evm.keccak import keccak256
from ocn_registry.foreign.text import shown
from ocn_registry.intents import (
    CreateAgreement,
    DeleteNode,
    DeleteParty,
    DeleteService,
    RevokeAgreement,
    SetNode,
    SetParty,
    SetPartyModules,
    SetService,
)
from ocn_registry.models import Address, Contract
from ocn_registry.portable.values import dataclass
from ocn_registry.signing import (
    Request,
    StructType,
    message_of,
    read_object,
    read_signature,
    read_values,
    same_keys,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from ocn_registry.intents import Intent, SignableIntent
    from ocn_registry.signing import SignedRequest, Value

SCHEME = "ocn-v1-personal-sign"
_PREFIX = b"\x19Ethereum Signed Message:\n32"
_DOMAIN = StructType.parse("domain(uint256 chainId,address verifyingContract)")
_KEYS = {"scheme", "replayable", "primaryType", "domain", "message", "hash"}
_SIGNATURE_BYTES = 65


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestType(SignableType):
    """How one kind of intent is signed and sent. The types are those of packed values.

    Attributes:
        contract: The contract that accepts it.
        function: The function for direct calls. The function for signed requests has the suffix
            `Raw`, and v, r and s after the values.
        names_signer: Whether the signer is packed and passed before the values. Otherwise the
            contract uses the address recovered from the signature.
    """

    contract: Contract
    function: str
    names_signer: bool

    @property
    def raw_signature(self) -> str:
        """Name and types of the function for the signed request."""
        signer = ("address",) if self.names_signer else ()
        types = (*signer, *self.argument_types, "uint8", "bytes32", "bytes32")
        return f"{self.function}Raw({','.join(types)})"

    @property
    def direct_signature(self) -> str:
        """Name and types of the function for direct calls."""
        return f"{self.function}({','.join(self.argument_types)})"


def _row(
    intent: type[SignableIntent],
    fields: str,
    *,
    contract: Contract = Contract.REGISTRY,
    names_signer: bool = True,
) -> RequestType:
    kind = StructType.parse(fields)
    return RequestType(
        intent=intent,
        type=kind,
        contract=contract,
        function=kind.name[0].lower() + kind.name[1:],
        names_signer=names_signer,
    )


_ROWS = (
    _row(SetNode, "SetNode(address operator,string domain)"),
    _row(DeleteNode, "DeleteNode(address operator)"),
    _row(
        SetParty,
        "SetParty(address party,string countryCode,string partyId,uint8[] roles,address operator)",
    ),
    _row(SetPartyModules, "SetPartyModules(address party,uint8[] sender,uint8[] receiver)"),
    _row(DeleteParty, "DeleteParty(address party)"),
    _row(
        SetService,
        "SetService(address provider,string name,string url,uint256[] permissions)",
        contract=Contract.PERMISSIONS,
        names_signer=False,
    ),
    _row(DeleteService, "DeleteService(address provider)", contract=Contract.PERMISSIONS),
    _row(
        CreateAgreement,
        "CreateAgreement(address user,address provider)",
        contract=Contract.PERMISSIONS,
        names_signer=False,
    ),
    _row(
        RevokeAgreement,
        "RevokeAgreement(address user,address provider)",
        contract=Contract.PERMISSIONS,
        names_signer=False,
    ),
)
REQUESTS: dict[type[Intent], RequestType] = {row.intent: row for row in _ROWS}
_BY_NAME = {row.type.name: row for row in REQUESTS.values()}


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedValues:
    """The payload of a request.

    Attributes:
        chain_id: The intended chain; not signed.
        contract: The intended contract; not signed.
        kind: How it is signed.
        values: The signer, and the values of the intent.
    """

    chain_id: int
    contract: Address
    kind: RequestType
    values: tuple[Value, ...]

    def hash(self) -> bytes:
        """Return the hash of the packed values: 32 bytes, the message for `personal_sign`."""
        fields = tuple(zip(self.kind.type.fields, self.values, strict=True))
        given = fields if self.kind.names_signer else fields[1:]
        return keccak256(b"".join([_packed(kind, value) for (kind, _), value in given]))

    def digest(self) -> bytes:
        """Return the 32 bytes that the key signs."""
        return keccak256(_PREFIX + self.hash())

    def document(self) -> dict[str, object]:
        """Return the JSON form."""
        return {
            "scheme": SCHEME,
            "replayable": True,
            "primaryType": self.kind.type.name,
            "domain": message_of(_DOMAIN, (self.chain_id, self.contract)),
            "message": message_of(self.kind.type, self.values),
            "hash": "0x" + self.hash().hex(),
        }


def _packed(kind: str, value: Value) -> bytes:
    """Pack a value like `abi.encodePacked`: each list item takes a whole word."""
    if isinstance(value, tuple):
        return b"".join([number.to_bytes(32, "big") for number in value])
    if isinstance(value, int):
        return value.to_bytes(32, "big")
    return bytes.fromhex(value[2:]) if kind == "address" else value.encode()


def request(
    chain_id: int,
    contract: Address,
    intent: SignableIntent,
    account: Address,
) -> Request:
    """Return the request that an account has to sign."""
    row = REQUESTS[type(intent)]
    return Request(
        intent=intent,
        account=account,
        nonce=0,
        deadline_unix_s=0,
        payload=PackedValues(
            chain_id=chain_id,
            contract=contract,
            kind=row,
            values=(account, *row.signed_values(intent)),
        ),
        replayable=True,
    )


def split(signed: SignedRequest) -> tuple[int, bytes, bytes]:
    """Return v, r and s of a signature, as arguments of the functions.

    Raises:
        SignatureMismatch: It does not have the length of a key's signature.
    """
    signature = signed.signature
    if len(signature) != _SIGNATURE_BYTES:
        raise SignatureMismatch(signed.account, None)
    return signature[64], signature[:32], signature[32:64]


def read_request(
    chain_id: int,
    address_of: Callable[[Contract], Address],
    text: str | bytes,
) -> Request | SignedRequest:
    """Return the request in a JSON document, signed or not; reject other deployments'.

    Args:
        chain_id: The chain of the deployment.
        address_of: Returns the address of a contract.
        text: The JSON.
    """
    whole = read_object(text)
    if "types" in whole:
        raise InvalidInput(
            "the request is typed data, which newer contracts accept and these don't: choose the "
            "deployment that it was signed for, or have it prepared for this one",
        )
    same_keys("request", set(whole) - {"signature"}, _KEYS)
    name = whole["primaryType"]
    if whole["scheme"] != SCHEME or whole["replayable"] is not True:
        raise InvalidInput(
            f"the request has the scheme {shown(whole['scheme'])}, and these contracts accept "
            f"{SCHEME}, which is replayable: have it prepared for this deployment",
        )
    if not isinstance(name, str) or name not in _BY_NAME:
        raise InvalidInput(
            f"{shown(name)} is not a request of these contracts: they know {', '.join(_BY_NAME)}",
        )
    row = _BY_NAME[name]
    expected = (chain_id, address_of(row.contract))
    given = read_values("domain", _DOMAIN, whole["domain"])
    for (_, field), ours, theirs in zip(_DOMAIN.fields, expected, given, strict=True):
        if ours != theirs:
            raise InvalidInput(
                f"the request is for {field} {shown(theirs)} and this deployment has "
                f"{shown(ours)}: choose the deployment that it was signed for",
            )
    account, *values = read_values("message", row.type, whole["message"])
    try:
        intent = row.build(tuple(values))
    except ValueError as error:
        raise InvalidInput(f"the request holds a value that does not exist: {error}") from None
    made = request(*expected, intent, Address(str(account)))
    if whole["hash"] != made.document()["hash"]:
        raise InvalidInput(
            f"the hash {shown(whole['hash'])} is not that of the request's message: have it "
            "prepared again",
        )
    return made.signed(read_signature(whole["signature"])) if "signature" in whole else made
