"""Reading and following events returns those of the chain, even if it reorganises in between."""

import contextlib
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ocn_registry.errors import BadAnswer, ReorgTooDeep, RpcRefused, RpcTimeout, WrongChain
from ocn_registry.flows.events import LAGGING_ROUNDS, Trail, follow, piece
from ocn_registry.models import Address, BlockRef
from ocn_registry.protocol.effects import (
    BlockAt,
    ChainId,
    Head,
    HeadBlock,
    Logs,
    PlacedLog,
    Together,
    run,
)

HERE = (Address("0x" + "01" * 20),)
CHAIN_ID = 7
TOPIC = "0x" + "aa" * 32


class Chain:
    """A simulated chain of named blocks with any number of events."""

    def __init__(self, count=1):
        self.blocks, self.made, self.most, self.asked = [], 0, 10_000, []
        self.chain_id = CHAIN_ID
        self.before = lambda: None  # what happens before each answer
        self.extend([0] * count)

    def extend(self, events):
        for count in events:
            self.made += 1
            number, name = len(self.blocks), f"0x{self.made:064x}"
            block = BlockRef(number=number, hash=name, timestamp_unix_s=number)
            logs = [
                PlacedLog(
                    address=HERE[0],
                    topics=(TOPIC,),
                    data=b"",
                    block_number=number,
                    block_hash=name,
                    tx_hash=f"0x{index:064x}",
                    index=index,
                )
                for index in range(count)
            ]
            self.blocks.append((block, tuple(logs)))

    def cut(self, depth):
        del self.blocks[max(1, len(self.blocks) - depth) :]

    def perform(self, effect):
        if isinstance(effect, Together):
            return tuple(Chain.perform(self, part) for part in effect.parts)
        self.before()
        self.asked.append(effect)
        match effect:
            case ChainId():
                return self.chain_id
            case Head():
                return HeadBlock(ref=self.blocks[-1][0], base_fee_wei=None)
            case BlockAt():
                known = effect.number < len(self.blocks)
                return self.blocks[effect.number][0] if known else None
            case Logs():
                if effect.last - effect.first >= self.most:
                    raise RpcRefused("eth_getLogs", -32005, "too many blocks")
                asked = self.blocks[effect.first : effect.last + 1]
                return tuple(log for _, logs in asked for log in logs)

    def events(self):
        return [log for _, logs in self.blocks for log in logs]

    def step(self, trail, **options):
        return run(follow(HERE, trail, chain_id=CHAIN_ID, **options), self.perform)


class Reader:
    """A reader that follows a chain and keeps the reported events."""

    def __init__(self, chain):
        self.chain, self.known = chain, {}
        self.trail = Trail(blocks=(chain.blocks[0][0],))

    def step(self, **options):
        step = self.chain.step(self.trail, **options)
        for block in step.replaced:
            self.known.pop(block, None)
        for block, logs in step.found:
            assert block not in self.known
            self.known[block] = logs
        self.trail = step.trail
        return step

    def catch_up(self):
        for _ in range(100):
            if self.step().is_at_head:
                return
        raise AssertionError("the reader never catches up")

    def events(self):
        return [log for logs in self.known.values() for log in logs]


def test_a_piece_that_is_refused_is_halved_and_grows_again():
    chain = Chain(100)
    chain.most = 30
    part = run(piece(HERE, 1, 99, 10_000), chain.perform)
    assert part.end.number == 24  # 99, 49, 24
    assert part.chunk_blocks == 31
    chain.most = 10_000
    assert run(piece(HERE, 25, 99, part.chunk_blocks), chain.perform).end.number == 55


@pytest.mark.parametrize("error", [RpcRefused("eth_getLogs", 0, ""), RpcTimeout(""), BadAnswer("")])
def test_a_single_block_that_is_refused_is_an_error(error):
    def perform(_effect):
        raise error

    with pytest.raises(type(error)):
        run(piece(HERE, 5, 5, 10_000), perform)


def test_events_are_reported_once_and_the_trail_stays_short():
    chain = Chain()
    reader = Reader(chain)
    for _ in range(5):
        chain.extend([1, 0, 2] * 100)
        reader.catch_up()
        assert len(reader.trail.blocks) <= 128 + 1
    assert reader.events() == chain.events()


def test_no_more_events_than_asked_for_are_read():
    chain = Chain()
    chain.extend([1] * 9)
    step = chain.step(Trail(blocks=(chain.blocks[0][0],)), until=4)
    assert [block.number for block, _ in step.found] == [1, 2, 3, 4]
    assert not step.is_at_head
    assert chain.step(step.trail, until=4).found == ()


def test_following_waits_for_a_lagging_node():
    chain = Chain()
    chain.extend([1] * 5)
    reader = Reader(chain)
    reader.catch_up()
    ahead = chain.blocks[3:]
    del chain.blocks[3:]
    for _ in range(LAGGING_ROUNDS):
        step = reader.step()
        assert (step.replaced, step.found, step.is_at_head) == ((), (), False)
    chain.blocks += ahead
    reader.catch_up()
    assert reader.events() == chain.events()


def test_following_waits_each_time_a_node_lags():
    chain = Chain()
    chain.extend([1] * 5)
    reader = Reader(chain)
    reader.catch_up()
    for _ in range(4):
        last = chain.blocks.pop()
        for _ in range(LAGGING_ROUNDS):
            assert reader.step().replaced == ()
        chain.blocks.append(last)
        assert reader.step().is_at_head


def test_events_of_other_blocks_are_not_believed():
    chain = Chain()
    chain.extend([1, 1])
    block, (log,) = chain.blocks[1]
    chain.blocks[1] = block, (replace(log, block_hash=TOPIC),)
    with pytest.raises(BadAnswer, match="the chain moved"):
        chain.step(Trail(blocks=(chain.blocks[0][0],)))


@pytest.fixture
def forked():
    """Return a chain, and the blocks of another node: equal up to block 2, then a branch."""
    chain = Chain(3)
    branch = Chain(3)
    branch.blocks, branch.made = list(chain.blocks), 1000
    branch.extend([0, 0, 0])
    chain.extend([1, 1, 1])
    return chain, branch


def test_events_of_a_node_on_another_branch_are_not_reported(forked):
    chain, branch = forked
    requests = [0]

    def perform(effect):  # every second or third request asks for the piece
        requests[0] += 1
        pieces = isinstance(effect, Together) and any(isinstance(one, Logs) for one in effect.parts)
        return (branch if pieces else chain).perform(effect)

    trail = Trail(blocks=(chain.blocks[2][0],), chunk_blocks=2)
    with pytest.raises(BadAnswer, match="the chain moved"):
        run(follow(HERE, trail, chain_id=CHAIN_ID), perform)
    assert requests[0] >= 9


def test_a_node_that_changes_branches_in_one_request_is_asked_again(forked):
    chain, branch = forked

    def leaves():  # between the events and the last block
        if branch.asked and isinstance(branch.asked[-1], Logs):
            branch.blocks = chain.blocks

    def perform(effect):
        pieces = isinstance(effect, Together) and any(isinstance(one, Logs) for one in effect.parts)
        return (branch if pieces else chain).perform(effect)

    branch.before = leaves
    step = run(follow(HERE, Trail(blocks=(chain.blocks[2][0],)), chain_id=CHAIN_ID), perform)
    assert [log for _, logs in step.found for log in logs] == chain.events()


def test_following_goes_back_to_a_chain_that_stays_shorter():
    chain = Chain()
    chain.extend([1] * 5)
    reader = Reader(chain)
    reader.catch_up()
    chain.cut(2)
    for _ in range(LAGGING_ROUNDS + 1):
        step = reader.step()
    assert [block.number for block in step.replaced] == [5, 4]
    assert reader.events() == chain.events()


def test_reorganisation_deeper_than_the_trail_is_an_error():
    chain = Chain(5)
    trail = Trail(blocks=(chain.blocks[3][0], chain.blocks[4][0]))
    chain.cut(3)
    chain.extend([0] * 9)
    with pytest.raises(ReorgTooDeep) as raised:
        chain.step(trail)
    assert raised.value.block_number == 4


def test_blocks_of_another_chain_are_not_believed():
    chain = Chain(5)
    trail = Trail(blocks=(chain.blocks[3][0], chain.blocks[4][0]))
    chain.cut(1)
    chain.extend([0])
    chain.chain_id += 1
    with pytest.raises(WrongChain):
        chain.step(trail)


def test_a_chain_that_keeps_changing_is_an_error():
    chain = Chain(3)

    def moves():
        chain.cut(1)
        chain.extend([1])

    trail = Trail(blocks=(chain.blocks[0][0],))
    chain.before = moves
    with pytest.raises(BadAnswer, match="the chain moved"):
        chain.step(trail)


def test_a_block_that_only_a_lagging_node_knows_is_not_built_upon():
    """It still reports a last block that another node has replaced."""
    chain = Chain(3)
    late = Chain(1)
    late.blocks = list(chain.blocks)
    reader = Reader(chain)
    reader.catch_up()
    chain.extend([1])
    late.blocks = list(chain.blocks)
    reader.catch_up()
    chain.cut(1)
    chain.extend([0, 1])

    def perform(effect):
        trail = Together(tuple([BlockAt(block.number) for block in reader.trail.blocks]))
        return Chain.perform(late if effect == trail else chain, effect)

    chain.perform = perform
    with pytest.raises(BadAnswer, match="the chain moved"):
        reader.step()
    del chain.perform
    reader.catch_up()
    assert reader.events() == chain.events()


happens = st.tuples(st.integers(0, 6), st.lists(st.integers(0, 2), min_size=1, max_size=8))
moments = st.lists(st.tuples(st.integers(1, 12), happens), max_size=12)


@settings(deadline=None)
@given(moments, st.integers(1, 5), st.lists(st.booleans(), max_size=60))
def test_reported_events_are_the_chains_in_any_history(plan, most, behind):
    """Blocks are replaced between any two answers, and a node that lags answers some requests."""
    chain = Chain()
    chain.most = most
    chain.extend([1, 0, 1, 2])
    plan, behind, left = list(plan), list(behind), [0]
    late = list(chain.blocks)  # the blocks of another node behind the same URL

    def moves():
        nonlocal late
        left[0] += 1
        if plan and left[0] >= plan[0][0]:
            _, (depth, events) = plan.pop(0)
            late = list(chain.blocks)
            chain.cut(min(depth, 6))
            chain.extend(events)
            left[0] = 0

    def perform(effect):
        nonlocal late
        if not behind or not behind.pop():
            return Chain.perform(chain, effect)
        chain.blocks, now = list(late), chain.blocks
        chain.before = lambda: None
        try:
            return Chain.perform(chain, effect)
        finally:
            chain.blocks, chain.before = now, moves

    reader = Reader(chain)
    chain.before, chain.perform = moves, perform
    for _ in range(60):
        with contextlib.suppress(BadAnswer):  # the chain moved each time
            reader.step()
    plan.clear()
    behind.clear()
    reader.catch_up()
    assert reader.events() == chain.events()
