"""Signed requests, made from the specified types with eth-account's own encoder.

They are independent of the package and the contracts' ABI: tests check that all agree.
"""

import re
from dataclasses import dataclass, field, replace
from typing import Any

from eth_account import Account
from eth_account.messages import SignableMessage, _hash_eip191_message, encode_typed_data

from .contract import Contract, id_of, plain

# From the specification.
_SPECIFIED = """
SetNode(address operator,string domain,uint256 nonce,uint256 deadline)
DeleteNode(address operator,uint256 nonce,uint256 deadline)
SetParty(address party,string countryCode,string partyId,uint8[] roles,address operator,
    uint256 nonce,uint256 deadline)
SetPartyModules(address party,string countryCode,string partyId,uint8[] sender,uint8[] receiver,
    uint256 nonce,uint256 deadline)
SetPartyWebsite(address party,string countryCode,string partyId,string website,
    uint256 nonce,uint256 deadline)
DeleteParty(address party,string countryCode,string partyId,uint256 nonce,uint256 deadline)
MoveAccount(address account,address newAccount,uint256 nonce,uint256 deadline)
SetController(address account,address controller,uint256 nonce,uint256 deadline)
AcceptAccount(address newAccount,address account,uint256 nonce,uint256 deadline)
AcceptController(address controller,address account,uint256 nonce,uint256 deadline)
SetService(address provider,string name,string url,uint256[] permissions,
    uint256 nonce,uint256 deadline)
DeleteService(address provider,uint256 nonce,uint256 deadline)
CreateAgreement(address user,address provider,uint256[] permissions,uint256 nonce,uint256 deadline)
RevokeAgreement(address user,address provider,uint256 nonce,uint256 deadline)
InvalidateNonce(address account,uint256 newNonce,uint256 nonce,uint256 deadline)
"""

TYPES: dict[str, list[dict[str, str]]] = {
    name: [dict(zip(("type", "name"), item.split(), strict=True)) for item in fields.split(",")]
    for name, fields in re.findall(r"(\w+)\(([^)]*)\)", _SPECIFIED)
}

# The direct function for each request.
DIRECT = {name: name[0].lower() + name[1:] for name in TYPES} | {
    "CreateAgreement": "createAgreementTo"
}

# The acceptance that the other account signs, and the field that names it.
ACCEPTED = {
    "MoveAccount": ("AcceptAccount", "newAccount"),
    "SetController": ("AcceptController", "controller"),
}

# The requests whose direct functions of v1 act on the account's current id.
_OF_CURRENT_ID = {"SetPartyModules", "DeleteParty"}

# Later than every block of a test, and four bytes long like every deadline of this century.
DEADLINE = 4_000_000_000


@dataclass(frozen=True)
class Request:
    """A request: its content, signer and contract, and the signature."""

    contract: Contract
    primary_type: str
    message: dict[str, Any]
    domain: dict[str, Any]
    signature: bytes = b""
    signer: Any = None

    @property
    def name(self) -> str:
        """The function that accepts it."""
        return self.primary_type[0].lower() + self.primary_type[1:] + "Raw"

    @property
    def typed(self) -> SignableMessage:
        types = {self.primary_type: TYPES[self.primary_type]}
        message = {
            f["name"]: _typed_value(f["type"], self.message[f["name"]])
            for f in TYPES[self.primary_type]
        }
        return encode_typed_data(self.domain, types, message)

    @property
    def digest(self) -> bytes:
        """The signed digest: 32 bytes."""
        return bytes(_hash_eip191_message(self.typed))

    def signed_by(self, signer: Any) -> "Request":
        """Return the same request with the signature of this account."""
        signed = Account.sign_message(self.typed, signer.key)
        return replace(self, signature=bytes(signed.signature), signer=signer)

    def but(self, **changes: Any) -> "Request":
        """Return the request with changed fields and the same signature."""
        unknown = set(changes) - set(self.message)
        if unknown:
            raise KeyError(unknown)
        return replace(self, message=self.message | changes)

    def with_signature(self, signature: bytes) -> "Request":
        """Return the request with another signature."""
        return replace(self, signature=signature)

    @property
    def values(self) -> tuple[Any, ...]:
        """The arguments of the function that accepts it."""
        fields = [self.message[f["name"]] for f in TYPES[self.primary_type]]
        if self.primary_type in ACCEPTED:
            return (*fields, self.signature, self.acceptance)
        return (*fields, self.signature)

    @property
    def acceptance(self) -> tuple[int, int, bytes]:
        """The acceptance of the new account or the controller; empty if it has no key."""
        primary_type, name = ACCEPTED[self.primary_type]
        other = self.message[name]
        if not hasattr(other, "key"):
            return (0, 0, b"")
        account = self.message["account"]
        message = {name: other, "account": account, "nonce": self.contract.nonces(other)}
        message["deadline"] = DEADLINE
        signed = Request(self.contract, primary_type, message, self.domain).signed_by(other)
        return (message["nonce"], DEADLINE, signed.signature)

    @property
    def direct(self) -> tuple[str, tuple[Any, ...]]:
        """The function that does the same for its sender, and its arguments."""
        name = {"SetPartyModules": "setPartyModulesOf", "DeleteParty": "deletePartyOf"}.get(
            self.primary_type, DIRECT[self.primary_type]
        )
        values = tuple(self.message[f["name"]] for f in TYPES[self.primary_type][1:-2])
        return name, (*values, self.acceptance) if self.primary_type in ACCEPTED else values

    @property
    def calldata(self) -> bytes:
        return self.contract.functions[self.name].calldata(*self.values)

    def send(self, sender: Any, **transaction: Any) -> Any:
        """Send it with `sender`, which pays."""
        return self.contract.send(self.calldata, sender=sender, **transaction)


def _typed_value(kind: str, value: Any) -> Any:
    if kind.endswith("[]"):
        return list(value)
    if kind == "string" and isinstance(value, bytes):
        return value.decode()
    return plain(value)


@dataclass(frozen=True)
class Requests:
    """Builds requests for two contracts."""

    registry: Contract
    permissions: Contract
    chain_id: int = 31337
    _owns: dict[str, Contract] = field(default_factory=dict)

    def contract_of(self, primary_type: str) -> Contract:
        """Return the contract that accepts this request; the Registry if both do."""
        name = primary_type[0].lower() + primary_type[1:] + "Raw"
        return self.registry if name in self.registry.functions else self.permissions

    def domain(self, contract: Contract, **changes: Any) -> dict[str, Any]:
        name = "OCN Registry" if contract.address == self.registry.address else "OCN Permissions"
        domain = {
            "name": name,
            "version": "3",
            "chainId": self.chain_id,
            "verifyingContract": contract.address,
        }
        return domain | changes

    def unsigned(
        self,
        primary_type: str,
        signer: Any,
        *values: Any,
        contract: Contract | None = None,
        domain: dict[str, Any] | None = None,
        **changes: Any,
    ) -> Request:
        """Return an unsigned request that is valid except for `changes`.

        Args:
            primary_type: Name of the typed data, such as `SetNode`.
            signer: The account whose entry changes.
            *values: Fields between the first and the nonce; the id may be left out, for the
                account's current one.
            contract: For requests that both contracts accept.
            domain: Changes of the EIP-712 domain.
            **changes: Fields that differ from the valid request, by name.
        """
        contract = contract or self.contract_of(primary_type)
        names = [f["name"] for f in TYPES[primary_type]]
        nonce = contract.nonces(signer)
        if primary_type in _OF_CURRENT_ID and len(values) + 5 == len(names):
            values = (*id_of(self.registry, signer), *values)
        message = dict(zip(names, (signer, *values, nonce, DEADLINE), strict=True))
        if unknown := set(changes) - set(names):
            raise KeyError(unknown)
        return Request(
            contract, primary_type, message | changes, self.domain(contract, **(domain or {}))
        )

    def __call__(self, primary_type: str, signer: Any, *values: Any, **options: Any) -> Request:
        """Return a request with its signature; the options are those of `unsigned`."""
        return self.unsigned(primary_type, signer, *values, **options).signed_by(signer)
