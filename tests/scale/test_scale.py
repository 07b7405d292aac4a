"""Size costs nothing: a small setting of `make scale`."""

import sys
import tracemalloc
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tools" / "bench"), str(ROOT / "tests" / "property")]

import scale  # noqa: E402
import scale_cache  # noqa: E402
from histories.chain import Chain  # noqa: E402

from ocn_registry import Address, Node, Permission  # noqa: E402
from ocn_registry.cache.updates import differences  # noqa: E402
from ocn_registry.events.draft import Draft  # noqa: E402
from ocn_registry.events.fold import Fold  # noqa: E402
from ocn_registry.events.state import Moment  # noqa: E402
from ocn_registry.outcomes import (  # noqa: E402
    AccountMoved,
    AgreementMade,
    AgreementRevoked,
    NodeSet,
    PartyDeleted,
    ServiceDeleted,
    ServiceSet,
)

# As far from a multiple of six and of eight as the small one: so many ids and nodes share a slot.
SIZE = (308, 40, 40)
WHEN = Moment(2, 2)


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


def test_pages_report_every_entry(chain):
    registered = scale.Registered(chain, *SIZE)
    entries = {view: count for view, count, *_ in scale.pages(registered, 50)}
    assert entries == {"parties": SIZE[0], "nodes": SIZE[1], "services": SIZE[2]}


def test_a_party_takes_less_than_a_kilobyte_of_a_caches_memory():
    figures = scale_cache.measure(30_000)  # which fails where it takes more
    assert int(figures["memory of a party"].split()[0]) < scale_cache.MAX_BYTES


# A service of three users, at either size; the others agree to the service of party 0.
FEW = 1
USERS = (50, 51, 52)


def with_agreements(parties):
    """A registry in which one party in four has an agreement."""
    draft = Draft(scale_cache.state_of(parties))
    fold = Fold(draft)
    services = [service(number, Permission.FORWARD_ALL) for number in (0, FEW)]
    for change in (*services, *(agreement(user, FEW) for user in USERS)):
        fold.apply(change, WHEN)
    for number in range(100, parties, 4):
        fold.apply(agreement(number, 0), WHEN)
    return draft.finish(scale_cache.BLOCK)


def holder(number):
    return scale_cache.listed(number).address


def service(number, permission):
    return ServiceSet(provider=holder(number), name="Charging", url="", permissions=(permission,))


def agreement(user, provider):
    return AgreementMade(
        user=holder(user),
        provider=holder(provider),
        version=1,
        permissions=(Permission.FORWARD_ALL,),
    )


NEW_KEY = Address.from_bytes(b"\xee" * 20)
OPERATOR = scale_cache.listed(7).operator
CHANGES = {
    "a party that changes": scale_cache.listed(7, scale_cache.Role.EMSP),
    "a party that comes": scale_cache.listed(30_000),
    "a party that leaves": PartyDeleted(address=holder(50), id=scale_cache.party_id(50)),
    "a node's new URL": NodeSet(node=Node(operator=OPERATOR, domain="https://new.example.com")),
    "a service that changes": service(FEW, Permission.FORWARD_ALL_SENDER),
    "a service that ends": ServiceDeleted(provider=holder(FEW)),
    "an agreement": agreement(60, FEW),
    "an agreement revoked": AgreementRevoked(user=holder(100), provider=holder(0)),
    "a provider that moves to a new key": AccountMoved(account=holder(FEW), new_account=NEW_KEY),
}


@pytest.fixture(scope="module")
def both_sizes():
    return [with_agreements(parties) for parties in (2_000, 20_000)]


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_change_takes_as_many_steps_in_a_registry_ten_times_as_large(change, both_sizes):
    """Steps are lines of Python, and bytes that are copied: no clock, which a busy machine sets."""
    (few, few_bytes), (many, many_bytes) = [steps(state, change) for state in both_sizes]
    assert many <= few + 20
    assert many_bytes <= few_bytes + 20_000


def steps(state, change):
    """Apply a change as a cache does; the lines that ran, and the most memory it took."""
    lines = 0

    def count(*_):
        nonlocal lines
        lines += 1
        return count

    follow(state, change)  # what is made once is there
    tracer = sys.gettrace()
    sys.settrace(count)
    try:
        follow(state, change)
    finally:
        sys.settrace(tracer)
    tracemalloc.start()
    try:
        follow(state, change)
        return lines, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def follow(state, change):
    draft = Draft(state)
    fold = Fold(draft)
    fold.apply(change, WHEN)
    fold.finish()
    after = draft.finish(scale_cache.BLOCK)
    assert differences(state, after, draft.before())
