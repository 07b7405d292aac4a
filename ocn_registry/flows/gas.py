"""The gas that a signed request may need in a batch, calculated from its content.

Nodes are not asked: a contract wallet can behave differently in a simulation than on the chain, and
three of them would leave honest requests behind them without gas. The figures were measured in the
most expensive state of the registry and rounded up (`tests/client/test_batch_gas.py`): an account
with 64 ids and all modules, each id at a different operator with a URL of 255 bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ocn_registry.intents import SetNode, SetService

if TYPE_CHECKING:
    from ocn_registry.signing import SignedRequest

# What the batch itself needs, and what the EVM withholds at every call.
BATCH_GAS: Final = 60_000
GAS: Final = {
    "SetNode": 135_000,
    "DeleteNode": 125_000,
    "SetParty": 150_000,
    "SetPartyModules": 125_000,
    "SetPartyWebsite": 100_000,
    "DeleteParty": 190_000,
    "MoveAccount": 4_300_000,
    "SetController": 130_000,
    "SetService": 190_000,
    "DeleteService": 125_000,
    "CreateAgreement": 165_000,
    "RevokeAgreement": 90_000,
    "InvalidateNonce": 90_000,
}
_ANY: Final = 400_000  # a kind that this table does not have
# A text is checked byte by byte, emitted in an event, and stored in words of 32 bytes, each in a
# new slot; a text of 32 bytes or more also has a slot for its length.
_WORD_GAS: Final = 31_000
_WORD: Final = 32
# A list member, including duplicates, and each byte of a signature beyond a key's length.
_MEMBER_GAS: Final = 700
_BYTE_GAS: Final = 20
_KEY_SIGNATURE: Final = 65
# A contract may use 250,000 to check its signature.
_CONTRACT_GAS: Final = 260_000


def item_gas(request: SignedRequest, *, by_contract: bool) -> int:
    """Return how much gas a request may need in a batch.

    Args:
        request: The request.
        by_contract: Whether a contract must check its signature.
    """
    intent = request.intent
    gas = GAS.get(type(intent).__name__, _ANY) + _signature_gas(request.signature)
    gas += _WORD_GAS * sum(_more_words(text) for text in _texts(intent))
    gas += _MEMBER_GAS * sum(len(getattr(intent, name, None) or ()) for name in _LISTS)
    if request.acceptance is not None:
        # Assumed for any acceptance by a contract: there are few such requests.
        gas += _CONTRACT_GAS + _signature_gas(request.acceptance.signature)
    return gas + _CONTRACT_GAS if by_contract else gas


_LISTS: Final = ("roles", "sender", "receiver", "permissions")


def _signature_gas(signature: bytes) -> int:
    return _BYTE_GAS * max(len(signature) - _KEY_SIGNATURE, 0)


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
    size = len(text.encode())
    return -(-size // _WORD) if size >= _WORD else 0
