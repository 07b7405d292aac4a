"""Every view of both contracts, with all relevant arguments, in one call per contract.

They are asked through the contract's own `tryMulticall`, as a call that is never sent, so that one
that reverts is told too.
"""

import itertools
from functools import cache, lru_cache
from typing import Any

from ocn_registry.errors import Reverted, UnknownRevert
from ocn_registry.testing.model import Call, Permissions, Registry
from ocn_registry.testing.wire import ContractInterface, error_of

from .people import ADDRESSES
from .values import BAD_COUNTRIES, BAD_PARTY_IDS, IDS, MAX, URLS

INTERFACES = {
    name: ContractInterface(name.removeprefix("OCN "))
    for name in ("OCN Registry", "OCN Permissions")
}
_IDS = [*IDS, ("de", "ABC"), ("\0\0", "\0\0\0"), (BAD_COUNTRIES[3], BAD_PARTY_IDS[0])]
_PAGES = [(0, MAX), (0, 2), (1, 1), (2, 3), (3, MAX), (MAX, MAX), (1, MAX), (0, 0)]
_PAIRS = [(user, provider) for user in ADDRESSES for provider in ADDRESSES]
_BY_ADDRESS = (
    *("getNode", "getOperatorByAddress", "getPartyDetailsByAddress"),
    *("membershipOf", "partiesOf", "controllerOf", "keyOf"),
)
_BY_ID = ("getOperatorByOcpi", "getPartyDetailsByOcpi", "partyOf", "party", "reservationOf")
# Possible memberships, each with every possible founding id.
_KEYS = tuple(
    membership | int.from_bytes("".join(identity).encode("latin-1"), "big") << 64
    for membership in range(7)
    for identity in _IDS
)
_NEIGHBOURS = list(itertools.pairwise(ADDRESSES))


def _each(function: str, arguments: list[Any]) -> list[Call]:
    return [Call(function, one if isinstance(one, tuple) else (one,)) for one in arguments]


@cache
def views(contract: str) -> tuple[Call, ...]:
    """Return the views of a contract."""
    addresses = list(ADDRESSES)
    alone = ["importOpen", "eip712Domain"]
    found = _each("nonces", addresses)
    if contract == Registry.name:
        alone += ["getNodeOperators", "nodeCount", "getParties", "partyCount"]
        alone += ["owner", "pendingOwner"]
        for function in _BY_ADDRESS:
            found += _each(function, addresses)
        found += _each("keysOf", _NEIGHBOURS)
        for function in _BY_ID:
            found += _each(function, _IDS)
        found += _each("nodeReservationOf", URLS)
        found += [Call("accountsOf", (_KEYS,))]
        found += _each("nodes", _PAGES) + _each("parties", _PAGES)
    else:
        alone += ["getProviders", "serviceCount", "registry"]
        for function in ("getService", "serviceVersion", "getUserAgreementsByAddress"):
            found += _each(function, addresses)
        found += _each("providers", [0, 1, 2, 3, 9, MAX]) + _each("services", _PAGES)
        found += _each("agreement", _PAIRS) + _each("hasUserAgreementByAddress", _PAIRS)
        found += _each("getUserAgreementsByOcpi", _IDS)
        by_id = [(*identity, provider) for identity in _IDS for provider in ADDRESSES]
        found += _each("hasUserAgreementByOcpi", by_id)
    return (*found, *[Call(function) for function in alone])


@cache
def question(contract: str) -> bytes:
    """Return the calldata that calls all views of a contract."""
    return INTERFACES[contract].calldata(Call("tryMulticall", (views(contract),)))


def model_answers(contract: Registry | Permissions) -> list[Any]:
    """Return the model's answers to all views."""
    return [_told(contract, call) for call in views(contract.name)]


def _told(contract: Registry | Permissions, call: Call) -> Any:
    try:
        return plain(contract.ask(call.function, *call.arguments))
    except Reverted as error:
        return plain(error)


def read(contract: str, answer: bytes) -> list[Any]:
    """Read the chain's answers to all views."""
    results = _results(answer)
    return [
        _read(contract, call, result) for call, result in zip(views(contract), results, strict=True)
    ]


def _results(answer: bytes) -> list[tuple[bool, bytes]]:
    """Read `(bool, bytes)[]`: quicker than what reads any type."""

    def number(at: int) -> int:
        return int.from_bytes(answer[at : at + 32], "big")

    assert number(0) == 32
    found = []
    for index in range(number(32)):
        at = 64 + number(64 + 32 * index)
        size = number(at + 64)
        assert number(at + 32) == 64
        found.append((number(at) == 1, answer[at + 96 : at + 96 + size]))
    return found


@lru_cache(1 << 16)
def _read(contract: str, call: Call, result: tuple[bool, bytes]) -> Any:
    interface, (succeeded, data) = INTERFACES[contract], result
    return plain(interface.result_of(call, data) if succeeded else error_of(data))


def plain(value: Any) -> Any:
    """Make a value that can be compared and printed: errors by name and arguments."""
    if isinstance(value, UnknownRevert):
        return "reverts", value.data.hex()
    if isinstance(value, Reverted):
        return ("reverts", type(value).__name__, *plain(value.args))
    if isinstance(value, list | tuple):
        return tuple([plain(item) for item in value])
    return value
