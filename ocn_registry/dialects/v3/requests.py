"""What accounts sign, and the functions that take it: one row of one table for each kind.

A row of `REQUESTS` says how an intent is signed, which contract takes it, which function an account
calls for itself, and how the intent becomes values and values the intent. The function that takes
the signed request is derived: its name ends in `Raw`, and it takes the fields of the typed data in
their order, then the signature. Adding a request means adding a row.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from ocn_registry.dialects.shared import ID_TYPES, checked, modules, number, numbers, roles
from ocn_registry.errors import InvalidInput
from ocn_registry.foreign.text import shown
from ocn_registry.intents import (
    AcceptAccount,
    AcceptController,
    CreateAgreement,
    DeleteNode,
    DeleteParty,
    DeleteService,
    InvalidateNonce,
    MoveAccount,
    RevokeAgreement,
    SetController,
    SetNode,
    SetParty,
    SetPartyModules,
    SetPartyWebsite,
    SetService,
)
from ocn_registry.models import Address, Contract
from ocn_registry.signing import (
    Domain,
    Request,
    SignedRequest,
    StructType,
    TypedData,
    acceptance_of,
    match,
    read_document,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from ocn_registry.dialects.shared import Values
    from ocn_registry.intents import Intent, SignableIntent
    from ocn_registry.networks import Deployment
    from ocn_registry.signing import Document, Value

Build: TypeAlias = "Callable[[tuple[Value, ...], Contract], SignableIntent]"
_END = "uint256 nonce,uint256 deadline)"
_NAME_THE_ID = (
    "a signed request names the id that is meant: give country code and party id, as in DE ABC"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestType:
    """How one kind of intent is signed and sent.

    Attributes:
        type: The typed data. Its first field is the account, its last two nonce and deadline.
        contract: The contract that takes it; `None` where the intent says which.
        function: The function that an account calls for itself; empty where what is signed takes
            effect inside another request.
        short: Name and types of the function that leaves out the values that are `None`; empty
            where there is none.
        takes_acceptance: Whether the functions take an acceptance as their last argument.
        values: Gives the values of an intent, in the order of the fields between account and nonce.
        build: Makes the intent of these values.
        missing: What to do where a value is `None` and has to be signed.
    """

    type: StructType
    contract: Contract | None
    function: str
    short: str = ""
    takes_acceptance: bool = False
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
        types = ("address", *self.argument_types, "uint256", "uint256", "bytes", *self._acceptance)
        return f"{name}Raw({','.join(types)})"

    @property
    def direct_signature(self) -> str:
        """The function that an account calls for itself: its name and types."""
        return f"{self.function}({','.join((*self.argument_types, *self._acceptance))})"

    @property
    def _acceptance(self) -> tuple[str, ...]:
        return ("(uint256,uint256,bytes)",) if self.takes_acceptance else ()

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
            "SetPartyModules(address party,string countryCode,string partyId,uint8[] sender,"
            f"uint8[] receiver,{_END}",
        ),
        contract=Contract.REGISTRY,
        function="setPartyModulesOf",
        short="setPartyModules(uint8[],uint8[])",
        values=checked(
            SetPartyModules,
            lambda intent: (
                intent.country_code,
                intent.party_id,
                tuple(intent.sender),
                tuple(intent.receiver),
            ),
        ),
        build=lambda values, _: SetPartyModules(
            country_code=str(values[0]),
            party_id=str(values[1]),
            sender=modules(values[2]),
            receiver=modules(values[3]),
        ),
        missing=_NAME_THE_ID,
    ),
    SetPartyWebsite: RequestType(
        type=StructType.parse(
            "SetPartyWebsite(address party,string countryCode,string partyId,string website,"
            f"{_END}",
        ),
        contract=Contract.REGISTRY,
        function="setPartyWebsite",
        values=checked(
            SetPartyWebsite,
            lambda intent: (intent.country_code, intent.party_id, intent.website),
        ),
        build=lambda values, _: SetPartyWebsite(
            country_code=str(values[0]),
            party_id=str(values[1]),
            website=str(values[2]),
        ),
    ),
    DeleteParty: RequestType(
        type=StructType.parse(
            f"DeleteParty(address party,string countryCode,string partyId,{_END}",
        ),
        contract=Contract.REGISTRY,
        function="deletePartyOf",
        short="deleteParty()",
        values=checked(DeleteParty, lambda intent: (intent.country_code, intent.party_id)),
        build=lambda values, _: DeleteParty(country_code=str(values[0]), party_id=str(values[1])),
        missing=_NAME_THE_ID,
    ),
    MoveAccount: RequestType(
        type=StructType.parse(f"MoveAccount(address account,address newAccount,{_END}"),
        contract=Contract.REGISTRY,
        function="moveAccount",
        takes_acceptance=True,
        values=checked(MoveAccount, lambda intent: (Address(intent.new_account),)),
        build=lambda values, _: MoveAccount(new_account=str(values[0])),
    ),
    SetController: RequestType(
        type=StructType.parse(f"SetController(address account,address controller,{_END}"),
        contract=Contract.REGISTRY,
        function="setController",
        takes_acceptance=True,
        values=checked(SetController, lambda intent: (Address(str(intent.controller)),)),
        build=lambda values, _: SetController(controller=str(values[0])),
    ),
    AcceptAccount: RequestType(
        type=StructType.parse(f"AcceptAccount(address newAccount,address account,{_END}"),
        contract=Contract.REGISTRY,
        function="",
        values=checked(AcceptAccount, lambda intent: (Address(intent.account),)),
        build=lambda values, _: AcceptAccount(account=str(values[0])),
    ),
    AcceptController: RequestType(
        type=StructType.parse(f"AcceptController(address controller,address account,{_END}"),
        contract=Contract.REGISTRY,
        function="",
        values=checked(AcceptController, lambda intent: (Address(intent.account),)),
        build=lambda values, _: AcceptController(account=str(values[0])),
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
        short="createAgreement(address)",
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
        acceptance=_given_acceptance(deployment, intent, account),
    )


def _given_acceptance(
    deployment: Deployment,
    intent: SignableIntent,
    account: Address,
) -> SignedRequest | None:
    """Return the acceptance that an intent carries, as the request that was signed."""
    needed = acceptance_of(intent, account)
    given = intent.acceptance if isinstance(intent, MoveAccount | SetController) else None
    if needed is None or given is None:
        return None
    accepting, acceptance = needed
    unsigned = request(
        deployment,
        Contract.REGISTRY,
        acceptance,
        accepting,
        nonce=given.nonce,
        deadline_unix_s=given.deadline_unix_s,
    )
    return unsigned.signed(given.signature)


def read_request(deployment: Deployment, text: str | bytes) -> Request | SignedRequest:
    """Read a request's JSON, signed or not; reject one that is not for this deployment."""
    return _read(deployment, read_document(text))


def _read(deployment: Deployment, document: Document) -> Request | SignedRequest:
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
    if document.acceptance is not None:
        made = _with_acceptance(made, _read(deployment, document.acceptance))
    return made if document.signature is None else made.signed(document.signature)


def _with_acceptance(made: Request, acceptance: Request | SignedRequest) -> Request:
    if isinstance(acceptance, SignedRequest):
        return made.accepted(acceptance)
    made.accepted(acceptance.signed(b""))  # that it is the right one
    return replace(made, acceptance=acceptance)
