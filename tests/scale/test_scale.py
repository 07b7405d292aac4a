"""Size costs nothing: a small setting of `make scale`."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tools" / "bench"), str(ROOT / "tests" / "property")]

import scale  # noqa: E402
from histories.chain import Chain  # noqa: E402

# As far from a multiple of six as the small one: six ids of parties share a slot.
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
