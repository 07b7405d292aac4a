"""How much gas a signed request may need inside a batch, reckoned from what it asks for.

Nodes are not asked: a contract wallet can answer a simulation otherwise than the chain, and three
of those would leave the honest requests behind them without gas. The figures are the contracts'
ceilings for a request that is sent alone and creates everything anew, so there is room to spare.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ocn_registry.intents import SetNode, SetService

if TYPE_CHECKING:
    from ocn_registry.signing import SignedRequest

# What the batch itself needs, and what the chain keeps back at every call into a contract.
BATCH_GAS: Final = 60_000
_LEAST: Final = 90_000
_GAS: Final = {
    "SetNode": 125_000,
    "DeleteNode": 110_000,
    "SetParty": 150_000,
    "SetPartyModules": 100_000,
    "SetPartyWebsite": 100_000,
    "DeleteParty": 120_000,
    "MoveAccount": 1_400_000,
    "SetController": 130_000,
    "SetService": 190_000,
    "DeleteService": 110_000,
    "CreateAgreement": 150_000,
}
_UNKNOWN: Final = 400_000  # a kind that this table does not have
# A text is stored in words of 32 bytes; each word after the first costs a new slot.
_WORD_GAS: Final = 23_000
_WORD: Final = 32
# Contracts may use 250,000 to check a signature of their own.
_CONTRACT_GAS: Final = 260_000
_CONTRACT_LEAST: Final = 300_000


def item_gas(request: SignedRequest, *, by_contract: bool) -> int:
    """Return how much gas a request may need in a batch.

    Args:
        request: The request.
        by_contract: Whether a contract has to check its signature.
    """
    intent = request.intent
    gas = _GAS.get(type(intent).__name__, _LEAST if type(intent).__name__ in _SMALL else _UNKNOWN)
    gas += _WORD_GAS * sum(_more_words(text) for text in _texts(intent))
    if by_contract:
        return max(_CONTRACT_LEAST, gas + _CONTRACT_GAS)
    return max(_LEAST, gas)


_SMALL: Final = {"RevokeAgreement", "InvalidateNonce"}


def _texts(intent: object) -> tuple[str, ...]:
    match intent:
        case SetNode():
            return (intent.domain,)
        case SetService():
            return (intent.name, intent.url)
        case _:
            website: object = getattr(intent, "website", "")
            return (website,) if isinstance(website, str) else ()


def _more_words(text: str) -> int:
    return max(len(text.encode()) - 1, 0) // _WORD
