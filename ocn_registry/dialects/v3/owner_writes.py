"""Writes that can't be signed for a spender, one row for each, as in `requests`.

All of them are for the owner, except `PruneService`, which anyone can send.
"""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING

from ocn_registry.dialects.shared import argument
from ocn_registry.evm import abi
from ocn_registry.intents import (
    AcceptOwnership,
    AdminDeleteOperator,
    AdminDeleteParty,
    AdminReserveNode,
    AdminReserveParty,
    CloseImport,
    ImportAgreements,
    ImportNodes,
    ImportParties,
    ImportServices,
    PruneService,
    RenounceOwnership,
    TransferOwnership,
)
from ocn_registry.models import Contract
from ocn_registry.portable.values import dataclass
from ocn_registry.signing import StructType

if TYPE_CHECKING:
    from ocn_registry.intents import Intent


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerWrite:
    """How a kind of intent is sent.

    Attributes:
        intent: The class of the intent.
        contract: The contract that accepts it; `None` if the intent names it.
        name: The function's name.
        fields: Type of each argument, or of each member of the listed structs, and the attribute
            with its value.
        items: The attribute with the list, if the only argument is a list of structs.
    """

    intent: type[Intent]
    contract: Contract | None
    name: str
    fields: tuple[tuple[str, str], ...]
    items: str

    @property
    def function(self) -> str:
        """The function's name and types."""
        types = f"({','.join([kind for kind, _ in self.fields])})"
        return f"{self.name}({types}[])" if self.items else self.name + types

    def arguments(self, intent: Intent) -> tuple[bytes, ...]:
        """Return the function's arguments."""
        if not self.items:
            return self._words(intent)
        listed: tuple[object, ...] = getattr(intent, self.items)
        return (abi.items([abi.Tail(abi.join(*self._words(item))) for item in listed]),)

    def _words(self, holder: object) -> tuple[bytes, ...]:
        # A website that a party doesn't have is `None` here and empty in the contract.
        values = [(kind, attrgetter(name)(holder)) for kind, name in self.fields]
        return tuple([argument(kind, "" if value is None else value) for kind, value in values])


def _row(
    intent: type[Intent],
    function: str,
    *,
    contract: Contract | None = Contract.REGISTRY,
    items: str = "",
) -> OwnerWrite:
    """Return a row; the arguments in `function` are named like the attributes."""
    kind = StructType.parse(function)
    return OwnerWrite(
        intent=intent, contract=contract, name=kind.name, fields=kind.fields, items=items
    )


_ROWS = (
    _row(AdminDeleteOperator, "adminDeleteOperator(address operator)"),
    _row(AdminDeleteParty, "adminDeleteParty(bytes2 country_code,bytes3 party_id)"),
    _row(
        AdminReserveParty,
        "adminReserveParty(bytes2 country_code,bytes3 party_id,address holder)",
    ),
    _row(AdminReserveNode, "adminReserveNode(string domain,address operator)"),
    _row(PruneService, "pruneService(uint256 index)", contract=Contract.PERMISSIONS),
    _row(TransferOwnership, "transferOwnership(address new_owner)"),
    _row(AcceptOwnership, "acceptOwnership()"),
    _row(RenounceOwnership, "renounceOwnership()"),
    _row(CloseImport, "closeImport()", contract=None),
    _row(ImportNodes, "importNodes(address operator,string domain)", items="nodes"),
    _row(
        ImportParties,
        "importParties(address address,bytes2 id.country_code,bytes3 id.party_id,uint8[] roles,"
        "uint8[] modules_sender,uint8[] modules_receiver,address operator,string website)",
        items="parties",
    ),
    _row(
        ImportServices,
        "importServices(address provider,string name,string url,uint256[] permissions)",
        contract=Contract.PERMISSIONS,
        items="services",
    ),
    _row(
        ImportAgreements,
        "importAgreements(address user,address provider,uint256[] permissions)",
        contract=Contract.PERMISSIONS,
        items="agreements",
    ),
)
OWNER_WRITES: dict[type[Intent], OwnerWrite] = {row.intent: row for row in _ROWS}
