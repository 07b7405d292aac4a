"""Pages of nodes, parties and services, and v1's whole lists: every edge, without overflow."""

import pytest
from kit.contract import reverts

MOST = 2**256 - 1
COUNT = 4

EDGES = [
    (0, 0, []),
    (0, 1, [0]),
    (0, 3, [0, 1, 2]),
    (0, 4, [0, 1, 2, 3]),
    (0, 5, [0, 1, 2, 3]),
    (0, MOST, [0, 1, 2, 3]),
    (1, 0, []),
    (1, 2, [1, 2]),
    (1, MOST, [1, 2, 3]),
    (2, 2, [2, 3]),
    (2, 3, [2, 3]),
    (3, 1, [3]),
    (3, MOST, [3]),
    (4, 0, []),
    (4, 1, []),
    (4, MOST, []),
    (5, 1, []),
    (MOST - 1, 2, []),
    (MOST, 0, []),
    (MOST, 1, []),
    (MOST, MOST, []),
]

edges = pytest.mark.parametrize(
    ("offset", "limit", "expected"),
    EDGES,
    ids=[f"{o if o < MOST - 1 else 'most'}-{n if n < MOST else 'most'}" for o, n, _ in EDGES],
)


@pytest.fixture
def people(operator, cpo, emsp, provider):
    return [operator, cpo, emsp, provider]


@edges
def test_nodes(registry, people, offset, limit, expected):
    for n, person in enumerate(people):
        registry.setNode(f"https://node-{n}.example.com", sender=person)

    page = registry.nodes(offset, limit)

    nodes = [(people[n].address, f"https://node-{n}.example.com") for n in expected]
    assert page == tuple(nodes)


@edges
def test_parties(registry, people, listed_party, offset, limit, expected):
    for n, person in enumerate(people):
        listed_party(person, (b"DE", f"P{n:02}".encode()))

    page = registry.parties(offset, limit)

    assert [party.party for party in page] == [people[n].address for n in expected]
    assert [party.membership for party in page] == [n + 1 for n in expected]


@edges
def test_services(permissions, people, listed_party, listed_service, offset, limit, expected):
    for n, person in enumerate(people):
        listed_party(person, (b"DE", f"P{n:02}".encode()))
        listed_service(person, [n])

    page = permissions.services(offset, limit)

    assert [service.provider for service in page] == [people[n].address for n in expected]
    assert [service.permissions for service in page] == [(n,) for n in expected]


@pytest.mark.parametrize(("offset", "limit"), [(0, 0), (0, 1), (1, 0), (0, MOST), (MOST, MOST)])
def test_empty_lists_have_empty_pages(registry, permissions, offset, limit):
    assert registry.nodes(offset, limit) == ()
    assert registry.parties(offset, limit) == ()
    assert permissions.services(offset, limit) == ()
    assert registry.nodeCount() == registry.partyCount() == permissions.serviceCount() == 0
    assert registry.getNodeOperators() == registry.getParties() == permissions.getProviders() == ()


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 6, 7, 12, 13, 14])
def test_pages_together_are_the_list(registry, rpc, listed_node, operator, limit):
    """Thirteen parties span three slots of six ids."""
    listed_node(operator)
    rpc.request("anvil_autoImpersonateAccount", True)
    for n in range(13):
        person = f"0x{0xCCCC + n:040x}"
        rpc.request("anvil_setBalance", person, hex(10**20))
        registry.setParty(b"DE", f"P{n:02}".encode(), [0], operator, sender=person)

    pages = [registry.parties(offset, limit) for offset in range(0, 13, limit)]

    together = [party for page in pages for party in page]
    assert [party.party for party in together] == list(registry.getParties())
    assert [party.partyId for party in together] == [f"P{n:02}".encode() for n in range(13)]


class TestEndedServices:
    """Ended services keep their slot and are left out."""

    @pytest.fixture
    def providers(self, registry, listed_service, provider, other_provider, third_provider):
        people = [provider, other_provider, third_provider]
        for person in people:
            listed_service(person)
        registry.deleteParty(sender=other_provider)
        return people

    def test_page_skips_them(self, permissions, providers):
        page = permissions.services(0, 10)

        assert [s.provider for s in page] == [providers[0].address, providers[2].address]
        assert permissions.serviceCount() == 3

    @pytest.mark.parametrize(
        ("offset", "limit", "expected"), [(0, 2, [0]), (1, 1, []), (1, 2, [2]), (2, 1, [2])]
    )
    def test_offset_and_limit_count_slots(self, permissions, providers, offset, limit, expected):
        page = permissions.services(offset, limit)

        assert [s.provider for s in page] == [providers[n].address for n in expected]

    def test_lists_of_v1_skip_them(self, permissions, providers):
        active = (providers[0].address, providers[2].address)
        assert permissions.getProviders() == active
        assert (permissions.providers(0), permissions.providers(1)) == active
        with reverts("IndexOutOfRange", 2, 2):
            permissions.providers(2)

    def test_all_of_them(self, permissions, registry, providers):
        registry.deleteParty(sender=providers[0])
        registry.deleteParty(sender=providers[2])

        assert permissions.services(0, MOST) == ()
        assert permissions.getProviders() == ()
        assert permissions.serviceCount() == 3


@pytest.mark.parametrize("index", [0, 1, MOST])
def test_providers_past_the_end_revert(permissions, index):
    """Like v1's array getter."""
    with reverts("IndexOutOfRange", index, 0):
        permissions.providers(index)
