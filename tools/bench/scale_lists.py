"""Measure how long a list can get before the views without pages fail: ours, and v1's as published.

A list of addresses is extended by writing its length into storage. Its entries are then zero, and
reading them costs the same: 2,100 gas for a slot, whatever is in it. Each entry of our lists of
parties and nodes takes further reads, so entries are imported until `getParties` and
`getNodeOperators` no longer answer.
"""

from __future__ import annotations

from collections.abc import Callable  # noqa: TC003 - a named tuple's fields
from typing import TYPE_CHECKING, Final, NamedTuple

from histories.chain import RpcError, Transaction  # type: ignore[import-not-found]

from ocn_registry.deploy.artifacts import artifact
from ocn_registry.deploy.devnet import ACCOUNTS
from ocn_registry.evm.keccak import keccak256, selector
from ocn_registry.models import Address
from ocn_registry.testing.codec import encode
from ocn_registry.testing.model import Call
from ocn_registry.testing.wire import ContractInterface

if TYPE_CHECKING:
    from histories.chain import Chain

OWNER = ACCOUNTS[0].address
CALL_GAS = 50_000_000
BASE_GAS = 21_000
MOST = 40_000
STEP = 1_000
SYMBOLS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


def limits(chain: Chain, services: int, services_gas: int) -> list[tuple[str, str, str]]:
    """Return the maximum length of each view's list, v1's and ours.

    Args:
        chain: The chain to deploy contracts on.
        services: Number of services that are listed.
        services_gas: Gas of our `getProviders` for them, from which its maximum is extrapolated.
    """
    v1 = _create(chain, artifact("v1", "Registry").bytecode)
    v1_permissions = artifact("v1", "Permissions").bytecode + encode("address", v1)
    providers = longest_list(chain, _create(chain, v1_permissions), "getProviders()")
    own_providers = (CALL_GAS - BASE_GAS) * services // (services_gas - BASE_GAS)
    v3 = artifact("v3", "Registry").bytecode + encode("(address,bool)", (OWNER, 1))
    nodes = longest_list(chain, v1, "getNodeOperators()")
    own_nodes = most_listed(chain, _create(chain, v3), _NODES)
    parties = longest_list(chain, v1, "getParties()")
    own_parties = most_listed(chain, _create(chain, v3), _PARTIES)
    return [
        ("getNodeOperators()", f"{nodes:,}", f"{own_nodes:,}"),
        ("getParties()", f"{parties:,}", f"{own_parties:,}"),
        ("getProviders()", f"{providers:,}", f"about {round(own_providers, -2):,}"),
    ]


def _create(chain: Chain, code: bytes) -> Address:
    mined, _ = chain.mine([Transaction(OWNER, None, code)], chain.time + 1, [])
    return Address(mined[0].created)


def longest_list(chain: Chain, contract: Address, function: str) -> int:
    """Return the maximum length of a list of addresses, by writing lengths into storage."""
    question = {
        "to": contract,
        "data": "0x" + selector(function).hex(),
        "gas": hex(CALL_GAS),
    }

    def has_length(slot: int, length: int) -> bool:
        chain.request("anvil_setStorageAt", contract, f"0x{slot:064x}", f"0x{length:064x}")
        try:
            answer = chain.request("eth_call", question, "latest")
        except RpcError:
            return False
        return int(answer[66:130], 16) == length

    for slot in range(20):
        before = chain.request("eth_getStorageAt", contract, hex(slot), "latest")
        if has_length(slot, 3) and has_length(slot, 5):
            return _greatest(lambda length, slot=slot: has_length(slot, length), 5, MOST)  # type: ignore[misc]
        chain.request("anvil_setStorageAt", contract, f"0x{slot:064x}", before)
    message = f"no slot holds the length of {function}"
    raise AssertionError(message)


def _greatest(good: Callable[[int], bool], low: int, high: int) -> int:
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if good(middle) else (low, middle)
    return low


class _List(NamedTuple):
    """A list of our contracts: the view that returns all of it, and how to add an entry."""

    view: str
    function: str
    entry: Callable[[int], tuple[object, ...]]


def most_listed(chain: Chain, registry: Address, kind: _List) -> int:
    """Return the maximum number of entries of one of our views, by importing entries."""
    listed = 0
    while True:
        snapshot = chain.snapshot()
        _import(chain, registry, kind, range(listed, listed + STEP))
        if not _answers(chain, registry, kind.view):
            break
        listed += STEP

    def answers_with(more: int) -> bool:
        nonlocal snapshot
        chain.revert(snapshot)
        snapshot = chain.snapshot()
        _import(chain, registry, kind, range(listed, listed + more))
        return _answers(chain, registry, kind.view)

    return listed + _greatest(answers_with, 0, STEP)


def _import(chain: Chain, registry: Address, kind: _List, indexes: range) -> None:
    interface = ContractInterface("Registry")
    transactions = []
    for start in range(0, len(indexes), 100):
        items = tuple(kind.entry(index) for index in indexes[start : start + 100])
        data = interface.calldata(Call(kind.function, (items,)))
        transactions.append(Transaction(OWNER, registry, data))
    if transactions:
        mined, _ = chain.mine(transactions, chain.time + 1, [])
        if not all(one.succeeded for one in mined):
            raise AssertionError("an import failed")


def _account(index: int) -> Address:
    return Address.from_bytes(keccak256(b"%d" % index)[:20])


def _node(index: int) -> tuple[object, ...]:
    return _account(index), f"https://node-{index:05}.example"


def _party(index: int) -> tuple[object, ...]:
    first, rest = divmod(index, len(SYMBOLS) ** 2)
    second, third = divmod(rest, len(SYMBOLS))
    party_id = SYMBOLS[first] + SYMBOLS[second] + SYMBOLS[third]
    return _account(index), "DE", party_id, (0,), (), (), OWNER, ""


_NODES: Final = _List("getNodeOperators()", "importNodes", _node)
_PARTIES: Final = _List("getParties()", "importParties", _party)


def _answers(chain: Chain, registry: Address, view: str) -> bool:
    question = {"to": registry, "data": "0x" + selector(view).hex(), "gas": hex(CALL_GAS)}
    try:
        chain.request("eth_call", question, "latest")
    except RpcError:
        return False
    return True
