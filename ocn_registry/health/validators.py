"""Checks of the validators: how many there are, how many work, and when a block is final.

On Energy Web, a block is final once more than half of the validators have built on it. A contract
defined in the chain's specification lists the validators; the authors of the latest blocks show
which of them are working. On other chains, only the authors are known.

Source: chain specifications of Energy Web Chain and Volta (`validators`), Authority Round.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from ocn_registry.errors import OcnRegistryError
from ocn_registry.evm.abi import Words
from ocn_registry.evm.keccak import selector
from ocn_registry.health.findings import Finding
from ocn_registry.protocol.effects import Call, Head, all_of
from ocn_registry.transport.chain_queries import block_author

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ocn_registry.client.sync_client import RegistryClient
    from ocn_registry.models import Address
    from ocn_registry.protocol.effects import HeadBlock, Perform

_BLOCKS: Final = 50
_MOST_BLOCKS: Final = 200


class Validators(NamedTuple):
    """Counts of validators.

    Attributes:
        listed: Number of validators; `None` if unknown.
        authors: Number of authors of the latest blocks.
        blocks: Number of blocks examined.
    """

    listed: int | None
    authors: int
    blocks: int


def validators(client: RegistryClient) -> Iterator[Finding]:
    """Check the authors of blocks, and the number of blocks to finality."""
    deployment = client.deployment
    final = deployment.blocks_to_finality
    if deployment.development:
        says = "a development chain: one program makes all blocks"
        yield Finding("validators", ok=True, says=says)
        yield Finding("final after", ok=True, says=f"{final} block")
        return
    try:
        found = _count(client.transport.perform, deployment.validators)
    except OcnRegistryError as error:
        says = f"unknown: the node does not say who made its blocks ({error})"
        yield Finding("validators", ok=True, says=says)
        found = Validators(None, 0, 0)
    else:
        yield _working(found)
    yield _final(found, final)


def _count(perform: Perform, contract: Address | None) -> Validators:
    listed = None if contract is None else _listed(perform, contract)
    head: HeadBlock = perform(Head())
    wanted = _BLOCKS if listed is None else min(2 * listed, _MOST_BLOCKS)
    last = head.ref.number
    numbers = range(max(1, last - wanted + 1), last + 1)
    asked = tuple([block_author(number) for number in numbers])
    authors = perform(all_of(asked)) if asked else ()
    return Validators(listed, len(set(authors)), len(numbers))


def _listed(perform: Perform, contract: Address) -> int | None:
    asked = selector("getValidators()")
    call = Call(contract, asked, lambda data: len(set(Words(data).addresses())))
    try:
        listed: int = perform(call)
    except OcnRegistryError:
        return None
    return listed or None


def _working(found: Validators) -> Finding:
    seen = f"{found.authors} made the last {found.blocks} blocks"
    if found.listed is None:
        says = f"{seen}; how many there are is not known"
        return Finding("validators", ok=True, says=says)
    says = f"{found.listed} are listed, {seen}"
    stuck = found.blocks >= 2 * found.listed and 2 * found.authors <= found.listed
    remedy = "half of them produce no blocks, so no block becomes final: don't rely on new ones"
    return Finding("validators", ok=not stuck, says=says, remedy=remedy if stuck else "")


def _final(found: Validators, final: int | None) -> Finding:
    if final is None:
        says = "not known for this chain"
        remedy = "ask its operators, and add blocksToFinality to the network file"
        return Finding("final after", ok=True, says=says, remedy=remedy)
    if found.listed is None:
        says = f"{final} blocks, by the network file; the number of validators is not known"
        return Finding("final after", ok=True, says=says)
    needed = found.listed // 2 + 1
    says = f"{final} blocks, by the network file; more than half of the validators are {needed}"
    remedy = f"use --wait {needed} instead of --wait final" if needed > final else ""
    return Finding("final after", ok=needed <= final, says=says, remedy=remedy)
