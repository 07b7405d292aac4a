"""What accounts sign, and the functions that take it: one row of one table for each kind.

A row of `REQUESTS` says how an intent is signed, which contract takes it, which function an account
calls for itself, and how the intent becomes values and values the intent. The function that takes
the signed request is derived: its name ends in `Raw`, and it takes the fields of the typed data in
their order, then the signature. Adding a request means adding a row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from ocn_registry.dialects.shared import ID_TYPES, checked, modules, number, numbers, roles
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
)
from ocn_registry.models import Address, Contract
from ocn_registry.signing import (
    Domain,
    Request,
    StructType,
    TypedData,
    match,
    read_document,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from ocn_registry.dialects.shared import Values
    from ocn_registry.intents import Intent, SignableIntent
    from ocn_registry.networks import Deployment
    from ocn_registry.signing import (
        SignedRequest,
        Value,
    )

Build: TypeAlias = "Callable[[tuple[Value, ...], Contract], SignableIntent]"
_END = "uint256 nonce,uint256 deadline)"


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestType:
    """How one kind of intent is signed and sent.

    Attributes:
        type: The typed data. Its first field is the account, its last two nonce and deadline.
        contract: The contract that takes it; `None` where the intent says which.
        function: The function that an account calls for itself.
        short: The function that leaves out the values that are `None`; empty where there is none.
        values: Gives the values of an intent, in the order of the fields between account and nonce.
        build: Makes the intent of these values.
        missing: What to do where a value is `None` and has to be signed.
    """

    type: StructType
    contract: Contract | None
    function: str
    short: str = ""
    values: Callable[[Intent], Values]
    build: Build
    missing: str = ""

    @property
    def argument_types(self) -> tuple[str, ...]:
        """The types of the function's arguments for `values`."""
        return tuple([ID_TYPES.get(name, kind) for kind, name in self.type.fields[1:-2]])

    @property
    def raw_signature(self) -> str:
        """The function that takes the signed request: its name and types."""
        name = self.type.name[0].lower() + self.type.name[1:]
        types = ("address", *self.argument_types, "uint256", "uint256", "bytes")
        return f"{name}Raw({','.join(types)})"

    def signed_values(self, intent: SignableIntent) -> tuple[Value, ...]:
        """Return the values of an intent, all of which a signature has to name.

        Raises:
            InvalidInput: One of them is missing.
        """
        values = self.values(intent)
        named = tuple([value for value in values if value is not None])
        if len(named) != len(values):
            raise InvalidInput(self.missing)
        return named


REQUESTS: dict[type[Intent], RequestType] = {
    SetNode: RequestType(
        type=StructType.parse(f"SetNode(address operator,string domain,{_END}"),
        contract=Contract.REGISTRY,
        function="setNode",
        values=checked(SetNode, lambda intent: (intent.domain,)),
        build=lambda values, _: SetNode(domain=str(values[0])),
    ),
    DeleteNode: RequestType(
        type=StructType.parse(f"DeleteNode(address operator,{_END}"),
        contract=Contract.REGISTRY,
        function="deleteNode",
        values=checked(DeleteNode, lambda _: ()),
        build=lambda _values, _: DeleteNode(),
    ),
    SetParty: RequestType(
        type=StructType.parse(
            "SetParty(address party,string countryCode,string partyId,uint8[] roles,"
            f"address operator,{_END}",
        ),
        contract=Contract.REGISTRY,
        function="setParty",
        values=checked(
            SetParty,
            lambda intent: (
                intent.country_code,
                intent.party_id,
                tuple(intent.roles),
                Address(intent.operator),
            ),
        ),
        build=lambda values, _: SetParty(
            country_code=str(values[0]),
            party_id=str(values[1]),
            roles=roles(values[2]),
            operator=str(values[3]),
        ),
    ),
    SetPartyModules: RequestType(
        type=StructType.parse(
            f"SetPartyModules(address party,uint8[] sender,uint8[] receiver,{_END}",
        ),
        contract=Contract.REGISTRY,
        function="setPartyModules",
        values=checked(
            SetPartyModules,
            lambda intent: (tuple(intent.sender), tuple(intent.receiver)),
        ),
        build=lambda values, _: SetPartyModules(
            sender=modules(values[0]),
            receiver=modules(values[1]),
        ),
    ),
    DeleteParty: RequestType(
        type=StructType.parse(f"DeleteParty(address party,{_END}"),
        contract=Contract.REGISTRY,
        function="deleteParty",
        values=checked(DeleteParty, lambda _: ()),
        build=lambda _values, _: DeleteParty(),
    ),
    SetService: RequestType(
        type=StructType.parse(
            f"SetService(address provider,string name,string url,uint256[] permissions,{_END}",
        ),
        contract=Contract.PERMISSIONS,
        function="setService",
        values=checked(
            SetService,
            lambda intent: (intent.name, intent.url, tuple(intent.permissions)),
        ),
        build=lambda values, _: SetService(
            name=str(values[0]),
            url=str(values[1]),
            permissions=numbers(values[2]),
        ),
    ),
    DeleteService: RequestType(
        type=StructType.parse(f"DeleteService(address provider,{_END}"),
        contract=Contract.PERMISSIONS,
        function="deleteService",
        values=checked(DeleteService, lambda _: ()),
        build=lambda _values, _: DeleteService(),
    ),
    CreateAgreement: RequestType(
        type=StructType.parse(
            f"CreateAgreement(address user,address provider,uint256[] permissions,{_END}",
        ),
        contract=Contract.PERMISSIONS,
        function="createAgreementTo",
        short="createAgreement",
        values=checked(
            CreateAgreement,
            lambda intent: (
                Address(intent.provider),
                None if intent.permissions is None else tuple(intent.permissions),
            ),
        ),
        build=lambda values, _: CreateAgreement(
            provider=str(values[0]),
            permissions=numbers(values[1]),
        ),
        missing=(
            "a signed agreement names the permissions that are agreed to: give those of the "
            "provider's service"
        ),
    ),
    RevokeAgreement: RequestType(
        type=StructType.parse(f"RevokeAgreement(address user,address provider,{_END}"),
        contract=Contract.PERMISSIONS,
        function="revokeAgreement",
        values=checked(RevokeAgreement, lambda intent: (Address(intent.provider),)),
        build=lambda values, _: RevokeAgreement(provider=str(values[0])),
    ),
    InvalidateNonce: RequestType(
        type=StructType.parse(f"InvalidateNonce(address account,uint256 newNonce,{_END}"),
        contract=None,
        function="invalidateNonce",
        values=checked(InvalidateNonce, lambda intent: (intent.new_nonce,)),
        build=lambda values, contract: InvalidateNonce(
            contract=contract,
            new_nonce=number(values[0]),
        ),
    ),
}
_BY_NAME = {row.type.name: row for row in REQUESTS.values()}


def domain(deployment: Deployment, contract: Contract) -> Domain:
    """Return the domain of a contract's requests."""
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
    """Return what an account has to sign."""
    row = REQUESTS[type(intent)]
    return Request(
        intent=intent,
        account=account,
        nonce=nonce,
        deadline_unix_s=deadline_unix_s,
        payload=TypedData(
            domain=domain(deployment, contract),
            type=row.type,
            values=(account, *row.signed_values(intent), nonce, deadline_unix_s),
        ),
    )


def read_request(deployment: Deployment, text: str | bytes) -> Request | SignedRequest:
    """Read a request's JSON, signed or not, and refuse one that is not for this deployment."""
    document = read_document(text)
    row = _BY_NAME.get(document.primary_type)
    if row is None:
        raise InvalidInput(
            f"{shown(document.primary_type)} is not a request of these contracts: "
            f"they know {', '.join(_BY_NAME)}",
        )
    contract = row.contract
    if contract is None:
        names_permissions = document.domain.get("name") == "OCN Permissions"
        contract = Contract.PERMISSIONS if names_permissions else Contract.REGISTRY
    payload = match(document, domain(deployment, contract), row.type)
    account, *between, nonce, deadline = payload.values
    try:
        intent = row.build(tuple(between), contract)
    except ValueError as error:
        raise InvalidInput(f"the request holds a value that does not exist: {error}") from None
    made = Request(
        intent=intent,
        account=Address(str(account)),
        nonce=number(nonce),
        deadline_unix_s=number(deadline),
        payload=payload,
    )
    return made if document.signature is None else made.signed(document.signature)
