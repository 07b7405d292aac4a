"""The requests that accounts sign, and their functions: a table with a row for each.

A row of `REQUESTS` says how an intent is signed, which contract accepts it, which function an
account calls directly, and how to convert between the intent and its values. The function for
signed requests is derived: its name ends in `Raw`, and it takes the fields of the typed data in
order, then the signature. To add a request, add a row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias, TypeVar

from ocn_registry.dialects.shared import ID_TYPES, checked, modules, number, numbers, roles
from ocn_registry.errors import InvalidInput
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
from ocn_registry.portable.values import dataclass
from ocn_registry.signing import (
    StructType,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from ocn_registry.dialects.shared import Values
    from ocn_registry.intents import Intent, SignableIntent
    from ocn_registry.signing import Value

Build: TypeAlias = "Callable[[tuple[Value, ...], Contract], SignableIntent]"
IntentT = TypeVar("IntentT")
_NAME_THE_ID = (
    "a signed request names the id that is meant: give country code and party id, as in DE ABC"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestType:
    """How one kind of intent is signed and sent.

    Attributes:
        type: The typed data. Its first field is the account, its last two nonce and deadline.
        contract: The contract that accepts it; `None` if the intent names it.
        function: The function for direct calls; empty if the request only takes effect inside
            another one.
        short: Name and types of the variant without the values that are `None`; empty if there is
            none.
        takes_acceptance: Whether the functions have an acceptance as their last argument.
        values: Returns the values of an intent, in the order of the fields between account and
            nonce.
        build: Builds the intent from these values.
        missing: What to do if a value is `None` but must be signed.
    """

    type: StructType
    contract: Contract | None
    function: str
    short: str
    takes_acceptance: bool
    values: Callable[[Intent], Values]
    build: Build
    missing: str

    @property
    def argument_types(self) -> tuple[str, ...]:
        """The types of the function's arguments for `values`."""
        return tuple([ID_TYPES.get(name, kind) for kind, name in self.type.fields[1:-2]])

    @property
    def raw_signature(self) -> str:
        """Name and types of the function for the signed request."""
        name = self.type.name[0].lower() + self.type.name[1:]
        types = ("address", *self.argument_types, "uint256", "uint256", "bytes", *self._acceptance)
        return f"{name}Raw({','.join(types)})"

    @property
    def direct_signature(self) -> str:
        """Name and types of the function for direct calls."""
        return f"{self.function}({','.join((*self.argument_types, *self._acceptance))})"

    @property
    def _acceptance(self) -> tuple[str, ...]:
        return ("(uint256,uint256,bytes)",) if self.takes_acceptance else ()

    def signed_values(self, intent: SignableIntent) -> tuple[Value, ...]:
        """Return the values of an intent for signing, which requires all of them.

        Raises:
            InvalidInput: A value is missing.
        """
        values = self.values(intent)
        named = tuple([value for value in values if value is not None])
        if len(named) != len(values):
            raise InvalidInput(self.missing)
        return named


def _row(  # noqa: PLR0913 - what a row is made of
    intent: type[IntentT],
    fields: str,
    function: str,
    values: Callable[[IntentT], Values],
    build: Build,
    *,
    contract: Contract | None = Contract.REGISTRY,
    short: str = "",
    takes_acceptance: bool = False,
    missing: str = "",
) -> RequestType:
    """Return a row; `fields` is the typed data without the final nonce and deadline."""
    return RequestType(
        type=StructType.parse(f"{fields[:-1]},uint256 nonce,uint256 deadline)"),
        contract=contract,
        function=function,
        short=short,
        takes_acceptance=takes_acceptance,
        values=checked(intent, values),
        build=build,
        missing=missing,
    )


REQUESTS: dict[type[Intent], RequestType] = {
    SetNode: _row(
        SetNode,
        "SetNode(address operator,string domain)",
        "setNode",
        lambda intent: (intent.domain,),
        lambda values, _: SetNode(domain=str(values[0])),
    ),
    DeleteNode: _row(
        DeleteNode,
        "DeleteNode(address operator)",
        "deleteNode",
        lambda _: (),
        lambda _values, _: DeleteNode(),
    ),
    SetParty: _row(
        SetParty,
        "SetParty(address party,string countryCode,string partyId,uint8[] roles,address operator)",
        "setParty",
        lambda intent: (
            intent.country_code,
            intent.party_id,
            tuple(intent.roles),
            Address(intent.operator),
        ),
        lambda values, _: SetParty(
            country_code=str(values[0]),
            party_id=str(values[1]),
            roles=roles(values[2]),
            operator=str(values[3]),
        ),
    ),
    SetPartyModules: _row(
        SetPartyModules,
        "SetPartyModules(address party,string countryCode,string partyId,uint8[] sender,"
        "uint8[] receiver)",
        "setPartyModulesOf",
        lambda intent: (
            intent.country_code,
            intent.party_id,
            tuple(intent.sender),
            tuple(intent.receiver),
        ),
        lambda values, _: SetPartyModules(
            country_code=str(values[0]),
            party_id=str(values[1]),
            sender=modules(values[2]),
            receiver=modules(values[3]),
        ),
        short="setPartyModules(uint8[],uint8[])",
        missing=_NAME_THE_ID,
    ),
    SetPartyWebsite: _row(
        SetPartyWebsite,
        "SetPartyWebsite(address party,string countryCode,string partyId,string website)",
        "setPartyWebsite",
        lambda intent: (intent.country_code, intent.party_id, intent.website),
        lambda values, _: SetPartyWebsite(
            country_code=str(values[0]),
            party_id=str(values[1]),
            website=str(values[2]),
        ),
    ),
    DeleteParty: _row(
        DeleteParty,
        "DeleteParty(address party,string countryCode,string partyId)",
        "deletePartyOf",
        lambda intent: (intent.country_code, intent.party_id),
        lambda values, _: DeleteParty(country_code=str(values[0]), party_id=str(values[1])),
        short="deleteParty()",
        missing=_NAME_THE_ID,
    ),
    MoveAccount: _row(
        MoveAccount,
        "MoveAccount(address account,address newAccount)",
        "moveAccount",
        lambda intent: (Address(intent.new_account),),
        lambda values, _: MoveAccount(new_account=str(values[0])),
        takes_acceptance=True,
    ),
    SetController: _row(
        SetController,
        "SetController(address account,address controller)",
        "setController",
        lambda intent: (Address(str(intent.controller)),),
        lambda values, _: SetController(controller=str(values[0])),
        takes_acceptance=True,
    ),
    AcceptAccount: _row(
        AcceptAccount,
        "AcceptAccount(address newAccount,address account)",
        "",
        lambda intent: (Address(intent.account),),
        lambda values, _: AcceptAccount(account=str(values[0])),
    ),
    AcceptController: _row(
        AcceptController,
        "AcceptController(address controller,address account)",
        "",
        lambda intent: (Address(intent.account),),
        lambda values, _: AcceptController(account=str(values[0])),
    ),
    SetService: _row(
        SetService,
        "SetService(address provider,string name,string url,uint256[] permissions)",
        "setService",
        lambda intent: (intent.name, intent.url, tuple(intent.permissions)),
        lambda values, _: SetService(
            name=str(values[0]),
            url=str(values[1]),
            permissions=numbers(values[2]),
        ),
        contract=Contract.PERMISSIONS,
    ),
    DeleteService: _row(
        DeleteService,
        "DeleteService(address provider)",
        "deleteService",
        lambda _: (),
        lambda _values, _: DeleteService(),
        contract=Contract.PERMISSIONS,
    ),
    CreateAgreement: _row(
        CreateAgreement,
        "CreateAgreement(address user,address provider,uint256[] permissions)",
        "createAgreementTo",
        lambda intent: (
            Address(intent.provider),
            None if intent.permissions is None else tuple(intent.permissions),
        ),
        lambda values, _: CreateAgreement(
            provider=str(values[0]),
            permissions=numbers(values[1]),
        ),
        contract=Contract.PERMISSIONS,
        short="createAgreement(address)",
        missing=(
            "a signed agreement names the permissions that are agreed to: give those of the "
            "provider's service"
        ),
    ),
    RevokeAgreement: _row(
        RevokeAgreement,
        "RevokeAgreement(address user,address provider)",
        "revokeAgreement",
        lambda intent: (Address(intent.provider),),
        lambda values, _: RevokeAgreement(provider=str(values[0])),
        contract=Contract.PERMISSIONS,
    ),
    InvalidateNonce: _row(
        InvalidateNonce,
        "InvalidateNonce(address account,uint256 newNonce)",
        "invalidateNonce",
        lambda intent: (intent.new_nonce,),
        lambda values, contract: InvalidateNonce(
            contract=contract,
            new_nonce=number(values[0]),
        ),
        contract=None,
    ),
}
