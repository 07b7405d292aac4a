"""Reading at one block: each request to a node names the block."""

import pytest

from ocn_registry.cache.reading import of_block
from ocn_registry.flows.events import ChainMoved
from ocn_registry.models import Address, BlockRef
from ocn_registry.protocol.effects import Balance, BlockAt, all_of, run, together
from ocn_registry.transport.rpc_pool import MAX_BATCH, flat, nested

BLOCK = BlockRef(number=7, hash="0x" + "07" * 32, timestamp_unix_s=7)
OTHER = BlockRef(number=7, hash="0x" + "08" * 32, timestamp_unix_s=7)
COUNT = 504  # as many as fit in one request


def account(number):
    return Address.from_bytes(number.to_bytes(20))


def reads():
    """Return reads of many accounts, of one, of two kinds, and of none."""
    much = yield from all_of(tuple([Balance(account(number)) for number in range(COUNT)]))
    one = yield from Balance(account(COUNT))
    two = yield from together(Balance(account(1)), all_of((Balance(account(2)),)))
    nothing = yield from all_of(())
    return much, one, two, nothing


class Nodes:
    """Nodes behind one URL, each of which answers one request."""

    def __init__(self, batch, strange=None):
        self.requests, self._batch, self._strange = [], batch, strange

    def perform(self, effect):
        parts, answers = list(flat(effect)), []
        for start in range(0, len(parts), self._batch):
            some = parts[start : start + self._batch]
            block = OTHER if len(self.requests) == self._strange else BLOCK
            self.requests.append(some)
            answers += [
                block if isinstance(part, BlockAt) else int(part.account, 16) for part in some
            ]
        return nested(effect, iter(answers))


# A node that accepts fewer than MAX_BATCH gets halved batches until it accepts one.
@pytest.mark.parametrize("batch", [MAX_BATCH, MAX_BATCH // 2, MAX_BATCH // 4, MAX_BATCH // 8])
def test_each_request_names_the_block(batch):
    nodes = Nodes(batch)
    found = run(of_block(BLOCK, reads()), nodes.perform)
    assert found == (tuple(range(COUNT)), COUNT, (1, (2,)), ())
    assert len(nodes.requests) == MAX_BATCH // batch + 2
    assert all(BlockAt(BLOCK.number) in some for some in nodes.requests)
    for strange in range(len(nodes.requests)):
        with pytest.raises(ChainMoved):
            run(of_block(BLOCK, reads()), Nodes(batch, strange).perform)
