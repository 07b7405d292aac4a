"""Prove that only the published code has written the storage of verified contracts.

Equal code is not enough: a contract's creation code can fill the storage at will, for example with
ids that are taken and listed nowhere, and then return the published code. So the transaction that
created each contract is looked up, and its data must be the published creation code. From then on
only published code can have written the storage. The state is also rebuilt from all events and
compared with the contracts' answers, which exposes a node that omits events.

Both checks need a node that has the creation and the events. Without one, the storage is unproven.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ocn_registry.dialects import dialect_of
from ocn_registry.errors import BadAnswer, RpcRefused, UnknownRevert
from ocn_registry.events.replay import Replay
from ocn_registry.events.tables import MissingEvents
from ocn_registry.flows.events import CHUNK_BLOCKS, piece
from ocn_registry.models import Contract
from ocn_registry.protocol.effects import Code
from ocn_registry.transport.chain_queries import creations_in
from ocn_registry.transport.transactions import created_by

if TYPE_CHECKING:
    from ocn_registry.models import Address
    from ocn_registry.networks import Deployment
    from ocn_registry.protocol.effects import Flow

# The contracts are created one after the other; this finds the second on a node without old states.
_BLOCKS_AFTER_START: Final = 64
_LISTS: Final = ("nodes", "parties", "services", "agreements")


def find_creation(deployment: Deployment, address: Address, block: int) -> Flow[str | None]:
    """Return the hash of the transaction that created a contract; `None` if it is not found.

    Args:
        deployment: Names the first block to search, if it is known.
        address: The contract. It has code.
        block: The last block to search.
    """
    start = deployment.start_block
    try:
        if start is not None:
            for number in range(start, min(start + _BLOCKS_AFTER_START, block + 1)):
                found = yield from _creation_in(number, address)
                if found is not None:
                    return found
        number = yield from _first_block_of(address, block)
        return (yield from _creation_in(number, address))
    except (RpcRefused, UnknownRevert, BadAnswer):  # the node lacks old blocks, or old states
        return None


def _first_block_of(address: Address, block: int) -> Flow[int]:
    below, at = -1, block
    while at - below > 1:
        middle = (below + at) // 2
        if (yield from Code(address, middle)):
            at = middle
        else:
            below = middle
    return at


def _creation_in(number: int, address: Address) -> Flow[str | None]:
    """Return the transaction in a block that created a contract."""
    for creation in (yield from creations_in(number)):
        if created_by(creation.sender, creation.nonce) == address:
            return creation.tx_hash
    return None


def state_differences(deployment: Deployment, first: int, block: int) -> Flow[list[str]]:
    """Rebuild the state from the events, and return how the contracts' answers differ from it.

    Args:
        deployment: The contracts.
        first: Block of the first creation.
        block: The block to compare at.

    Returns:
        The names of the views that differ; empty if none does.

    Raises:
        TransportError: The node lacks the events.
    """
    dialect = dialect_of(deployment)
    addresses = tuple([dialect.address_of(contract) for contract in Contract])
    replay, next_block, chunk = Replay(), first, CHUNK_BLOCKS
    while next_block <= block:
        part = yield from piece(addresses, next_block, block, chunk)
        try:
            for change in dialect.changes(part.logs):
                replay.apply(change)
        except MissingEvents:
            return ["the order of its events"]
        next_block, chunk = part.end.number + 1, part.chunk_blocks
    parties = yield from dialect.parties(block)
    users = tuple(dict.fromkeys([party.address for party in parties]))
    rebuilt = (
        replay.nodes(),
        replay.parties(),
        replay.services(),
        [one for user in users for one in replay.agreements(user) if one.active],
    )
    answered = (
        (yield from dialect.nodes(block)),
        parties,
        (yield from dialect.services(block)),
        (yield from dialect.agreements_of(users, block)),
    )
    differing = [
        name
        for name, ours, theirs in zip(_LISTS, rebuilt, answered, strict=True)
        if set(ours) != set(theirs) or len(ours) != len(theirs)
    ]
    owner = yield from dialect.owner(block)
    opens: set[Contract] = set()
    for contract in Contract:
        if (yield from dialect.import_open(contract, block)):
            opens.add(contract)
    differing += [] if replay.owner == owner else ["the owner"]
    return [*differing, *([] if replay.importing == opens else ["the import"])]
