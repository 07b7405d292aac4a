"""The writing functions, to identify a transaction's calls.

Source: the ABI in v1's npm package 1.2.1. A test compares them.
"""

from __future__ import annotations

from functools import cache

from ocn_registry.dialects.origins import by_selector

_SIGNATURE = "uint8,bytes32,bytes32"
_WRITES = (
    "setNode(string)",
    f"setNodeRaw(address,string,{_SIGNATURE})",
    "deleteNode()",
    f"deleteNodeRaw(address,{_SIGNATURE})",
    "setParty(bytes2,bytes3,uint8[],address)",
    f"setPartyRaw(address,bytes2,bytes3,uint8[],address,{_SIGNATURE})",
    "setPartyModules(uint8[],uint8[])",
    f"setPartyModulesRaw(address,uint8[],uint8[],{_SIGNATURE})",
    "deleteParty()",
    f"deletePartyRaw(address,{_SIGNATURE})",
    "setService(string,string,uint256[])",
    f"setServiceRaw(string,string,uint256[],{_SIGNATURE})",
    "deleteService()",
    f"deleteServiceRaw(address,{_SIGNATURE})",
    "createAgreement(address)",
    f"createAgreementRaw(address,{_SIGNATURE})",
    "revokeAgreement(address)",
    f"revokeAgreementRaw(address,{_SIGNATURE})",
    "adminDeleteOperator(address)",
    "adminDeleteParty(bytes2,bytes3)",
    "transferOwnership(address)",
    "renounceOwnership()",
)


@cache
def names() -> dict[int, str]:
    """Return the names of the writing functions, by selector."""
    return by_selector(_WRITES)
