"""The requests that accounts sign, and their functions: a table with a row for each.

A row of `REQUESTS` says how an intent is signed, which contract accepts it, and which function an
account calls directly. The rest is derived. The values are the intent's attributes with the names
of the typed data's fields. The name of the function for signed requests ends in `Raw`, and it takes
the fields in order, then the signature. To add a request, add a row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocn_registry.dialects.shared import SignableType
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
from ocn_registry.models import Contract
from ocn_registry.portable.values import dataclass
from ocn_registry.signing import StructType

if TYPE_CHECKING:
    from ocn_registry.intents import Intent, SignableIntent

_NAME_THE_ID = (
    "a signed request names the id that is meant: give country code and party id, as in DE ABC"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestType(SignableType):
    """How one kind of intent is signed and sent. The typed data ends with nonce and deadline.

    Attributes:
        contract: The contract that accepts it; `None` if the intent names it.
        function: The function for direct calls; empty if the request only takes effect inside
            another one.
        short: Name and types of the variant without the values that are `None`; empty if there is
            none.
        takes_acceptance: Whether the functions have an acceptance as their last argument.
    """

    contract: Contract | None
    function: str
    short: str
    takes_acceptance: bool

    @property
    def fields(self) -> tuple[tuple[str, str], ...]:  # type: ignore[explicit-override]  # typing.override needs Python 3.12
        """Type and name of the fields that come from the intent."""
        return self.type.fields[1:-2]

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


def _row(  # noqa: PLR0913 - what a row is made of
    intent: type[SignableIntent],
    fields: str,
    function: str,
    *,
    contract: Contract | None = Contract.REGISTRY,
    short: str = "",
    takes_acceptance: bool = False,
    missing: str = "",
) -> RequestType:
    """Return a row; `fields` is the typed data without the final nonce and deadline."""
    return RequestType(
        intent=intent,
        type=StructType.parse(f"{fields[:-1]},uint256 nonce,uint256 deadline)"),
        contract=contract,
        function=function,
        short=short,
        takes_acceptance=takes_acceptance,
        missing=missing,
    )


_ROWS = (
    _row(SetNode, "SetNode(address operator,string domain)", "setNode"),
    _row(DeleteNode, "DeleteNode(address operator)", "deleteNode"),
    _row(
        SetParty,
        "SetParty(address party,string countryCode,string partyId,uint8[] roles,address operator)",
        "setParty",
    ),
    _row(
        SetPartyModules,
        "SetPartyModules(address party,string countryCode,string partyId,uint8[] sender,"
        "uint8[] receiver)",
        "setPartyModulesOf",
        short="setPartyModules(uint8[],uint8[])",
        missing=_NAME_THE_ID,
    ),
    _row(
        SetPartyWebsite,
        "SetPartyWebsite(address party,string countryCode,string partyId,string website)",
        "setPartyWebsite",
    ),
    _row(
        DeleteParty,
        "DeleteParty(address party,string countryCode,string partyId)",
        "deletePartyOf",
        short="deleteParty()",
        missing=_NAME_THE_ID,
    ),
    _row(
        MoveAccount,
        "MoveAccount(address account,address newAccount)",
        "moveAccount",
        takes_acceptance=True,
    ),
    _row(
        SetController,
        "SetController(address account,address controller)",
        "setController",
        takes_acceptance=True,
    ),
    _row(AcceptAccount, "AcceptAccount(address newAccount,address account)", ""),
    _row(AcceptController, "AcceptController(address controller,address account)", ""),
    _row(
        SetService,
        "SetService(address provider,string name,string url,uint256[] permissions)",
        "setService",
        contract=Contract.PERMISSIONS,
    ),
    _row(
        DeleteService,
        "DeleteService(address provider)",
        "deleteService",
        contract=Contract.PERMISSIONS,
    ),
    _row(
        CreateAgreement,
        "CreateAgreement(address user,address provider,uint256[] permissions)",
        "createAgreementTo",
        contract=Contract.PERMISSIONS,
        short="createAgreement(address)",
        missing=(
            "a signed agreement names the permissions that are agreed to: give those of the "
            "provider's service"
        ),
    ),
    _row(
        RevokeAgreement,
        "RevokeAgreement(address user,address provider)",
        "revokeAgreement",
        contract=Contract.PERMISSIONS,
    ),
    _row(
        InvalidateNonce,
        "InvalidateNonce(address account,uint256 newNonce)",
        "invalidateNonce",
        contract=None,
    ),
)
REQUESTS: dict[type[Intent], RequestType] = {row.intent: row for row in _ROWS}
