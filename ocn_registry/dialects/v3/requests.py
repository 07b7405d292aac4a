"""What accounts sign: the typed data of each request, and back.

One entry for each intent that can be signed. The function that takes the request has the same
fields in the same order, then the signature; so the calldata is made from the same entry.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ocn_registry.errors import InvalidInput
from ocn_registry.foreign.text import shown
from ocn_registry.intents import (
    CreateAgreement,
    DeleteNode,
    DeleteParty,
    DeleteService,
    InvalidateNonce,
    RevokeAgreement,
    SetNode,
    SetParty,
    SetPartyModules,
    SetService,
    SignableIntent,
)
from ocn_registry.models import Address, Contract, Module, Role
from ocn_registry.signing import (
    Domain,
    Request,
    StructType,
    TypedData,
    Value,
    match,
    read_document,
)

if TYPE_CHECKING:
    from ocn_registry.networks import Deployment
    from ocn_registry.signing import (
        SignedRequest,
    )

Build = Callable[[tuple[Value, ...], Contract], SignableIntent]


@dataclass(frozen=True, slots=True)
class RequestType:
    """How one kind of intent is signed.

    Attributes:
        type: The typed data. Its first field is the signer, its last two nonce and deadline.
        build: Makes the intent of the values in between.
    """

    type: StructType
    build: Build


def _type(fields: str, build: Build) -> RequestType:
    return RequestType(StructType.parse(fields), build)


def _numbers(value: Value) -> tuple[int, ...]:
    if not isinstance(value, tuple):
        raise TypeError(value)
    return value


def _one(value: Value) -> int:
    if not isinstance(value, int):
        raise TypeError(value)
    return value


def _roles(value: Value) -> tuple[Role, ...]:
    return tuple([Role(number) for number in _numbers(value)])


def _modules(value: Value) -> tuple[Module, ...]:
    return tuple([Module(number) for number in _numbers(value)])


_END = "uint256 nonce,uint256 deadline)"
REQUEST_TYPES: dict[type[SignableIntent], RequestType] = {
    SetNode: _type(
        f"SetNode(address operator,string domain,{_END}",
        lambda values, _: SetNode(domain=str(values[0])),
    ),
    DeleteNode: _type(f"DeleteNode(address operator,{_END}", lambda _values, _: DeleteNode()),
    SetParty: _type(
        "SetParty(address party,string countryCode,string partyId,uint8[] roles,"
        f"address operator,{_END}",
        lambda values, _: SetParty(
            country_code=str(values[0]),
            party_id=str(values[1]),
            roles=_roles(values[2]),
            operator=str(values[3]),
        ),
    ),
    SetPartyModules: _type(
        f"SetPartyModules(address party,uint8[] sender,uint8[] receiver,{_END}",
        lambda values, _: SetPartyModules(sender=_modules(values[0]), receiver=_modules(values[1])),
    ),
    DeleteParty: _type(f"DeleteParty(address party,{_END}", lambda _values, _: DeleteParty()),
    SetService: _type(
        f"SetService(address provider,string name,string url,uint256[] permissions,{_END}",
        lambda values, _: SetService(
            name=str(values[0]),
            url=str(values[1]),
            permissions=_numbers(values[2]),
        ),
    ),
    DeleteService: _type(
        f"DeleteService(address provider,{_END}",
        lambda _values, _: DeleteService(),
    ),
    CreateAgreement: _type(
        f"CreateAgreement(address user,address provider,uint256[] permissions,{_END}",
        lambda values, _: CreateAgreement(
            provider=str(values[0]),
            permissions=_numbers(values[1]),
        ),
    ),
    RevokeAgreement: _type(
        f"RevokeAgreement(address user,address provider,{_END}",
        lambda values, _: RevokeAgreement(provider=str(values[0])),
    ),
    InvalidateNonce: _type(
        f"InvalidateNonce(address account,uint256 newNonce,{_END}",
        lambda values, contract: InvalidateNonce(contract=contract, new_nonce=_one(values[0])),
    ),
}
_BY_NAME = {kind.type.name: (intent, kind) for intent, kind in REQUEST_TYPES.items()}


def contract_of(kind: type[SignableIntent]) -> Contract:
    """Tell which contract takes a kind of intent; `InvalidateNonce` says it itself."""
    return (
        Contract.PERMISSIONS
        if kind in {SetService, DeleteService, CreateAgreement, RevokeAgreement}
        else Contract.REGISTRY
    )


def values_of(intent: SignableIntent) -> tuple[Value, ...]:  # noqa: PLR0911 - one for each
    """Give the values of an intent in the order of its type."""
    match intent:
        case SetNode():
            return (intent.domain,)
        case SetParty():
            return (
                intent.country_code,
                intent.party_id,
                tuple(intent.roles),
                Address(intent.operator),
            )
        case SetPartyModules():
            return (tuple(intent.sender), tuple(intent.receiver))
        case SetService():
            return (intent.name, intent.url, tuple(intent.permissions))
        case CreateAgreement():
            if intent.permissions is None:
                raise InvalidInput(
                    "an agreement is signed with the permissions that are agreed to: give "
                    f"those of the service of {intent.provider}",
                )
            return (Address(intent.provider), tuple(intent.permissions))
        case RevokeAgreement():
            return (Address(intent.provider),)
        case InvalidateNonce():
            return (intent.new_nonce,)
        case DeleteNode() | DeleteParty() | DeleteService():
            return ()


def domain(deployment: Deployment, contract: Contract) -> Domain:
    """Give the domain of a contract's requests."""
    registry = contract is Contract.REGISTRY
    return Domain(
        name="OCN Registry" if registry else "OCN Permissions",
        version="3",
        chain_id=deployment.chain_id,
        contract=deployment.registry if registry else deployment.permissions,
    )


def request(  # noqa: PLR0913 - what a request is made of
    deployment: Deployment,
    contract: Contract,
    intent: SignableIntent,
    account: Address,
    *,
    nonce: int,
    deadline_unix_s: int,
) -> Request:
    """Say what an account has to sign."""
    return Request(
        intent=intent,
        account=account,
        nonce=nonce,
        deadline_unix_s=deadline_unix_s,
        payload=TypedData(
            domain=domain(deployment, contract),
            type=REQUEST_TYPES[type(intent)].type,
            values=(account, *values_of(intent), nonce, deadline_unix_s),
        ),
    )


def read_request(deployment: Deployment, text: str | bytes) -> Request | SignedRequest:
    """Read a request's JSON, signed or not, and refuse one that is not for this deployment."""
    document = read_document(text)
    if document.primary_type not in _BY_NAME:
        raise InvalidInput(
            f"{shown(document.primary_type)} is no request of these contracts: "
            f"they know {', '.join(_BY_NAME)}",
        )
    intent_type, kind = _BY_NAME[document.primary_type]
    contract = contract_of(intent_type)
    if intent_type is InvalidateNonce and document.domain.get("name") == "OCN Permissions":
        contract = Contract.PERMISSIONS
    payload = match(document, domain(deployment, contract), kind.type)
    account, *between, nonce, deadline = payload.values
    try:
        intent = kind.build(tuple(between), contract)
    except ValueError as error:
        raise InvalidInput(f"the request holds a value that does not exist: {error}") from None
    made = Request(
        intent=intent,
        account=Address(str(account)),
        nonce=_one(nonce),
        deadline_unix_s=_one(deadline),
        payload=payload,
    )
    return made if document.signature is None else made.signed(document.signature)
