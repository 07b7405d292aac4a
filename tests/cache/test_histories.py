"""Random histories of both generations: at every block, the cache equals the chain.

Blocks are rolled back, the RPC node drops out in the middle of a round, and the cache is closed and
started from its file, at random.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

from following_chain import Follower
from histories.people import ADDRESSES
from histories.run import world
from hypothesis import strategies as st
from hypothesis.stateful import run_state_machine_as_test
from machines import first_generation, histories, sometimes, third_generation

HISTORIES = 20
_SETTINGS = histories(HISTORIES, steps=40)


class Following:
    """Steps of both machines besides writing: follow, fail, roll back, restart."""

    def follow(self, deployment):
        self.folder = TemporaryDirectory()
        self.follower = Follower(
            deployment,
            Path(self.folder.name) / "cache.sqlite",
            depth=20,
            chunk_blocks=3,
        )
        self.follower.catch_up()
        self.follower.compare(ADDRESSES)

    def check(self, data):
        if sometimes(data, 4):
            return  # several blocks are followed at once
        fails_in = data.draw(st.integers(0, 6)) if sometimes(data, 5) else None
        if sometimes(data, 8):
            self.follower.restart()
        self.follower.catch_up(fails_in)
        self.follower.compare(ADDRESSES)

    def teardown(self):
        if hasattr(self, "follower"):
            self.follower.close()
            self.folder.cleanup()


def test_cache_equals_our_contracts_at_every_block():
    with world() as here:
        run_state_machine_as_test(third_generation(here, Following), settings=_SETTINGS)
    enough(Follower.seen)


def test_cache_equals_v1_at_every_block(first):
    run_state_machine_as_test(first_generation(first, Following), settings=_SETTINGS)
    enough(Follower.seen)


def enough(seen):
    """Return whether the histories had enough events to prove anything."""
    kinds = ("NodeSet", "NodeDeleted", "PartySet", "PartyDeleted", "ServiceSet", "ServiceDeleted")
    counts = {kind: seen[kind] for kind in (*kinds, "AgreementMade", "AgreementEnded")}
    counts |= {kind: seen[kind] for kind in ("RpcUnavailable", "reorganisations", "restarts")}
    assert min(counts.values()) >= 3, counts
    assert seen["comparisons"] >= HISTORIES * 5, seen
    seen.clear()
