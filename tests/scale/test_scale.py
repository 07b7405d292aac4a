"""Size costs nothing: a small setting of `make scale`."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tools" / "bench"), str(ROOT / "tests" / "property")]

import scale  # noqa: E402
import scale_cache  # noqa: E402
from histories.chain import Chain  # noqa: E402

# As far from a multiple of six and of eight as the small one: so many ids and nodes share a slot.
SIZE = (308, 40, 40)


@pytest.fixture(scope="module")
def chain():
    here = Chain()
    yield here
    here.close()


def test_a_write_costs_the_same_in_a_registry_forty_times_as_large(chain):
    before = scale.writes(scale.Registered(chain, *scale.SMALL))
    after = scale.writes(scale.Registered(chain, *SIZE))
    dearer = {
        n: (gas, after[n]) for n, gas in before.items() if after[n] > gas + scale.SIGNATURE_GAS
    }
    assert not dearer


def test_pages_tell_every_entry(chain):
    registered = scale.Registered(chain, *SIZE)
    entries = {view: count for view, count, *_ in scale.pages(registered, 50)}
    assert entries == {"parties": SIZE[0], "nodes": SIZE[1], "services": SIZE[2]}


def test_a_party_takes_less_than_a_kilobyte_of_a_caches_memory():
    figures = scale_cache.measure(30_000)  # which fails where it takes more
    assert int(figures["memory of a party"].split()[0]) < scale_cache.MAX_BYTES


def test_a_change_leaves_most_of_a_large_state_as_it_is():
    """A cache must not copy a million entries for one change."""
    state = scale_cache.state_of(20_000)
    draft = scale_cache.Draft(state)
    scale_cache.Fold(draft).apply(
        scale_cache.listed(7, scale_cache.Role.EMSP), scale_cache.Moment(2, 2)
    )
    after = draft.finish(scale_cache.BLOCK)
    for name in ("parties", "accounts", "nodes", "operators"):
        parts, others = getattr(state, name)._parts, getattr(after, name)._parts
        changed = sum(one is not other for one, other in zip(parts, others, strict=True))
        assert changed <= 1, name
        assert len(parts) > 100 or name in {"nodes", "operators"}
