"""Hand-packed words, as shown in `contracts/libraries/Words.sol`, and complete deletion.

Programs that read the storage directly (proofs, migrations) depend on this layout.
"""

import pytest
from eth_utils.crypto import keccak
from kit.layout import PERMISSIONS, REGISTRY, entry, fields

ACCOUNT = {
    "membership": 64,
    "founding_id": 40,
    "current_id": 40,
    "ids": 8,
    "controlled": 1,
    "runs_node": 1,
    "retired": 1,
    "has_heir": 1,
    "unused": 4,
    "node": 32,
    "count": 32,
    "term": 16,
}
PARTY = {
    "account": 160,
    "place": 25,
    "node": 30,
    "roles": 8,
    "sender": 16,
    "receiver": 16,
    "has_website": 1,
}
HOST = {"account": 160, "node": 32, "place": 64}
OFFER = {"version": 32, "place": 32, "permissions": 64, "shown_id": 40}
CONSENT = {"version": 32, "place": 32}
COUNTERS = {"import_open": 8, "last_membership": 64, "last_node": 32, "parties": 32, "nodes": 32}
MEMBER = {"membership": 64, "founding_id": 40}


def number(account):
    return int(account.address, 16)


def id_number(party_id):
    return int.from_bytes(b"".join(party_id), "big")


def words_of_text(contract, slot):
    """Return the slot of a text and, for a long text, the nine words after it."""
    first = int.from_bytes(keccak(slot.to_bytes(32, "big")), "big")
    return [contract.slot(slot), *(contract.slot(first + n) for n in range(9))]


@pytest.fixture
def account(registry):
    """Read the fields of an account in the Registry that are not zero."""

    def account(who):
        word = registry.slot(entry(REGISTRY["accounts"], who.address))
        return {name: value for name, value in fields(word, **ACCOUNT).items() if value}

    return account


@pytest.fixture
def party(registry):
    """Read the fields of an id in the Registry."""
    slot = REGISTRY["parties"]
    return lambda id_: fields(registry.slot(entry(slot, id_number(id_))), **PARTY)


@pytest.fixture
def host(registry):
    """Read the fields of a URL in the Registry."""
    return lambda url: fields(registry.slot(entry(REGISTRY["hosts"], keccak(text=url))), **HOST)


@pytest.fixture
def offer(permissions):
    """Read the fields of a provider's membership in Permissions."""
    slot = PERMISSIONS["offers"]
    return lambda membership: fields(permissions.slot(entry(slot, membership)), **OFFER)


@pytest.fixture
def consent(permissions):
    """Read an agreement between two memberships."""

    def consent(user, provider):
        inner = entry(PERMISSIONS["consents"], user)
        return fields(permissions.slot(entry(inner, provider)), **CONSENT)

    return consent


def test_an_account_has_one_slot(
    account, registry, listed_node, listed_party, signed_request, spender, cpo
):
    registry.setNode("https://cpo.example.com", sender=cpo)
    first, second = listed_party(cpo), listed_party(cpo, (b"FR", b"CPO"))
    signed_request("SetController", cpo, cpo).send(spender)

    known = {
        "membership": 1,
        "founding_id": id_number(first),
        "current_id": id_number(second),
        "ids": 2,
        "runs_node": 1,
        "node": 1,
        "count": 1,
        "term": 1,
    }
    assert account(cpo) == known
    assert registry.nonces(cpo) == 2**32 + 1

    registry.deletePartyOf(*first, sender=cpo)
    registry.deleteNode(sender=cpo)
    del known["runs_node"]
    known |= {"ids": 1, "has_heir": 1}
    assert account(cpo) == known
    assert registry.slot(entry(REGISTRY["heirs"], 1)) == number(cpo)

    registry.deleteParty(sender=cpo)
    assert account(cpo) == {"node": 1, "count": 1, "term": 1}
    assert registry.slot(entry(REGISTRY["heirs"], 1)) == 0


def test_a_moved_account_leaves_its_nonce_and_a_mark(
    account, registry, listed_party, signed_request, spender, cpo, stranger, third_provider
):
    party_id = listed_party(cpo)
    signed_request("SetController", cpo, stranger).send(spender)
    signed_request.unsigned("MoveAccount", cpo, third_provider).signed_by(stranger).send(spender)

    assert account(cpo) == {"retired": 1, "count": 2, "term": 1}
    assert account(third_provider) == {
        "membership": 1,
        "founding_id": id_number(party_id),
        "current_id": id_number(party_id),
        "ids": 1,
        "controlled": 1,
        "count": 1,
        "term": 1,
    }
    controllers = [entry(REGISTRY["controllers"], who.address) for who in (cpo, third_provider)]
    assert [registry.slot(slot) for slot in controllers] == [0, number(stranger)]


def test_an_id_has_one_slot(party, listed_party, registry, cpo, emsp):
    listed_party(cpo)
    party_id = listed_party(emsp, roles=[0, 7], modules=([0, 15], [1]))
    registry.setPartyWebsite(*party_id, "https://emsp.example.com", sender=emsp)

    known = {
        "account": number(emsp),
        "place": 1,
        "node": 1,
        "roles": 1 | 1 << 7,
        "sender": 1 | 1 << 15,
        "receiver": 2,
        "has_website": 1,
    }
    assert party(party_id) == known

    registry.deleteParty(sender=cpo)  # the last moves into the gap

    assert party(party_id) == known | {"place": 0}


def test_full_fields_do_not_disturb_each_other(registry, party, listed_party, operator, cpo):
    """With every field at its maximum, writing one keeps the others."""
    party_id = listed_party(cpo, roles=range(8), modules=(range(16), range(16)))
    registry.setPartyWebsite(*party_id, "https://a.b", sender=cpo)
    slot = entry(REGISTRY["parties"], id_number(party_id))
    registry.set_slot(slot, registry.slot(slot) | (2**25 - 1) << 160)
    full = {
        "account": number(cpo),
        "place": 2**25 - 1,
        "node": 1,
        "roles": 2**8 - 1,
        "sender": 2**16 - 1,
        "receiver": 2**16 - 1,
        "has_website": 1,
    }
    assert party(party_id) == full

    registry.setPartyModules([], range(16), sender=cpo)
    assert party(party_id) == full | {"sender": 0}
    registry.setPartyModules(range(16), [], sender=cpo)
    assert party(party_id) == full | {"receiver": 0}
    registry.setPartyModules(range(16), range(16), sender=cpo)
    registry.setParty(*party_id, [0], operator, sender=cpo)
    assert party(party_id) == full | {"roles": 1}
    registry.setParty(*party_id, range(8), operator, sender=cpo)
    registry.setPartyWebsite(*party_id, "", sender=cpo)
    assert party(party_id) == full | {"has_website": 0}


def test_a_url_has_one_slot(host, listed_node, registry, operator, other_operator):
    listed_node(operator)
    url = listed_node(other_operator)

    assert host(url) == {"account": number(other_operator), "node": 2, "place": 1}

    registry.deleteNode(sender=operator)

    assert host(url) == {"account": number(other_operator), "node": 2, "place": 0}
    assert registry.slot(entry(REGISTRY["left"], 1)) == number(operator)
    assert registry.slot(entry(REGISTRY["left"], 2)) == 0


def test_a_reservation_stores_only_an_account(registry, party, host, owner, cpo, operator):
    registry.adminReserveParty(b"DE", b"CPO", cpo, sender=owner)
    registry.adminReserveNode("https://a.b", operator, sender=owner)

    reserved = dict.fromkeys(PARTY, 0) | {"account": number(cpo)}
    assert party((b"DE", b"CPO")) == reserved
    assert host("https://a.b") == {"account": number(operator), "node": 0, "place": 0}


def test_ids_are_stored_six_to_a_slot(registry, rpc, listed_node, operator):
    listed_node(operator)
    rpc.request("anvil_autoImpersonateAccount", True)
    for n in range(13):
        person = f"0x{0xBBBB + n:040x}"
        rpc.request("anvil_setBalance", person, hex(10**20))
        registry.setParty(b"DE", f"P{n:02}".encode(), [0], operator, sender=person)

    for slot in range(3):
        ids = [f"DEP{n:02}".encode() for n in range(6 * slot, min(6 * slot + 6, 13))]
        word = sum(int.from_bytes(x, "big") << 40 * n for n, x in enumerate(ids))
        assert registry.slot(entry(REGISTRY["ids"], slot)) == word


def test_other_ids_are_stored_six_to_a_slot_under_the_membership(registry, listed_party, cpo):
    ids = [listed_party(cpo, (b"DE", f"P{n:02}".encode())) for n in range(9)]

    others = [id_number(party_id) for party_id in ids[:-1]]
    for slot in range(2):
        word = sum(x << 40 * n for n, x in enumerate(others[6 * slot : 6 * slot + 6]))
        assert registry.slot(entry(entry(REGISTRY["other_ids"], 1), slot)) == word


def test_node_numbers_are_stored_eight_to_a_slot(registry, rpc):
    rpc.request("anvil_autoImpersonateAccount", True)
    for n in range(9):
        person = f"0x{0xBBBB + n:040x}"
        rpc.request("anvil_setBalance", person, hex(10**20))
        registry.setNode(f"https://n{n}.example", sender=person)

    assert registry.slot(entry(REGISTRY["nodes"], 0)) == sum(n + 1 << 32 * n for n in range(8))
    assert registry.slot(entry(REGISTRY["nodes"], 1)) == 9


def test_counters_share_one_slot(registry, importing_pair, listed_party, cpo, emsp):
    listed_party(cpo)
    listed_party(emsp)
    listed_party(cpo, (b"DE", b"NEW"))

    counters = fields(registry.slot(REGISTRY["counters"]), **COUNTERS)
    known = {"import_open": 0, "last_membership": 2, "last_node": 1, "parties": 3, "nodes": 1}
    assert counters == known
    importing = fields(importing_pair.registry.slot(REGISTRY["counters"]), **COUNTERS)
    assert importing == dict.fromkeys(COUNTERS, 0) | {"import_open": 1}


def test_a_membership_has_one_slot_in_permissions(
    offer, permissions, listed_service, signed_request, spender, provider, other_provider
):
    listed_service(other_provider)
    listed_service(provider, [0, 63])
    signed_request("SetService", provider, "", "", [1, 63]).send(spender)

    assert offer(2) == {
        "version": 2,
        "place": 1,
        "permissions": 1 << 63 | 1 << 1,
        "shown_id": id_number((b"AT", b"SP1")),
    }
    assert permissions.slot(entry(PERMISSIONS["nonce_counts"], provider.address)) == 1


def test_members_are_stored_two_to_a_slot_with_the_length_in_the_first(
    registry, permissions, listed_service, provider, other_provider, third_provider
):
    for person in (provider, other_provider, third_provider):
        listed_service(person)

    members = [registry.keyOf(p)[0] % 2**104 for p in (provider, other_provider, third_provider)]
    first, second = (permissions.slot(entry(PERMISSIONS["providers"], n)) for n in range(2))
    assert first == members[0] | members[1] << 104 | 3 << 208
    assert second == members[2]
    assert fields(second, **MEMBER) == {
        "membership": 3,
        "founding_id": id_number((b"AT", b"SP3")),
    }


def test_full_fields_do_not_disturb_each_other_in_permissions(
    offer, permissions, agreed, listed_service, provider
):
    listed_service(provider, range(64))
    slot = entry(PERMISSIONS["offers"], 1)
    permissions.set_slot(slot, permissions.slot(slot) | (2**32 - 3))
    full = offer(1)
    assert full["version"] == 2**32 - 3
    assert full["permissions"] == 2**64 - 1

    permissions.setService("", "", range(64), sender=provider)
    assert offer(1) == full
    permissions.setService("", "", [0], sender=provider)
    assert offer(1) == full | {"version": 2**32 - 2, "permissions": 1}
    permissions.deleteService(sender=provider)
    assert offer(1) == dict.fromkeys(full, 0) | {"version": 2**32 - 2}


def test_an_agreement_has_one_slot(consent, agreed, permissions, emsp, provider, other_provider):
    agreed(emsp, provider)
    agreed(emsp, other_provider)

    assert consent(1, 3) == {"version": 1, "place": 1}

    permissions.revokeAgreement(provider, sender=emsp)

    assert consent(1, 3) == {"version": 1, "place": 0}


class TestNothingIsLeftBehind:
    """After a deletion, only numbers, nonces and the account of a node number remain."""

    @pytest.mark.parametrize("url", ["https://a.b", "https://" + "a" * 24, "https://" + "a" * 247])
    def test_of_a_node(self, registry, account, host, operator, url):
        registry.setNode(url, sender=operator)
        registry.deleteNode(sender=operator)

        assert set(host(url).values()) == {0}
        assert set(words_of_text(registry, entry(REGISTRY["domains"], 1))) == {0}
        assert registry.slot(entry(REGISTRY["nodes"], 0)) == 0
        assert account(operator) == {"node": 1}

    def test_of_a_url_that_was_replaced(self, registry, host, operator):
        old = "https://" + "a" * 247
        registry.setNode(old, sender=operator)
        registry.setNode("https://a.b", sender=operator)

        assert set(host(old).values()) == {0}
        assert words_of_text(registry, entry(REGISTRY["domains"], 1))[1:] == [0] * 9

    def test_of_a_party(self, registry, account, party, listed_party, cpo):
        party_id = listed_party(cpo, modules=([0], [1]))
        registry.setPartyWebsite(*party_id, "https://" + "a" * 247, sender=cpo)
        registry.deleteParty(sender=cpo)

        assert account(cpo) == {}
        assert set(party(party_id).values()) == {0}
        website = entry(REGISTRY["websites"], id_number(party_id))
        assert set(words_of_text(registry, website)) == {0}
        assert registry.slot(entry(REGISTRY["ids"], 0)) == 0
        counters = fields(registry.slot(REGISTRY["counters"]), **COUNTERS)
        assert (counters["last_membership"], counters["parties"]) == (1, 0)

    def test_of_further_ids(self, registry, party, listed_party, cpo):
        ids = [listed_party(cpo, (b"DE", f"P{n:02}".encode())) for n in range(9)]
        for party_id in ids[1:]:
            registry.deletePartyOf(*party_id, sender=cpo)
            assert set(party(party_id).values()) == {0}

        for slot in range(2):
            assert registry.slot(entry(entry(REGISTRY["other_ids"], 1), slot)) == 0
        assert registry.slot(entry(REGISTRY["ids"], 0)) == id_number(ids[0])

    def test_of_a_controller(self, registry, account, signed_request, spender, cpo, stranger):
        signed_request("SetController", cpo, stranger).send(spender)
        none = "0x" + "00" * 20
        signed_request.unsigned("SetController", cpo, none).signed_by(stranger).send(spender)

        assert account(cpo) == {"count": 2, "term": 2}
        assert registry.slot(entry(REGISTRY["controllers"], cpo.address)) == 0

    @pytest.mark.parametrize("length", [1, 20, 100])
    def test_of_a_service(self, permissions, listed_service, offer, provider, length):
        listed_service(provider, name="n" * length, url="https://" + "u" * length)
        permissions.deleteService(sender=provider)

        assert offer(1) == dict.fromkeys(OFFER, 0) | {"version": 1}
        name = entry(PERMISSIONS["descriptions"], 1)
        for text in (name, name + 1):
            assert set(words_of_text(permissions, text)) == {0}
        assert permissions.slot(entry(PERMISSIONS["providers"], 0)) == 0

    def test_of_a_service_that_was_pruned(
        self, registry, permissions, listed_service, offer, provider, stranger
    ):
        listed_service(provider)
        registry.deleteParty(sender=provider)
        permissions.pruneService(0, sender=stranger)

        assert set(offer(1).values()) == {0}

    def test_of_an_agreement(self, permissions, agreed, consent, emsp, provider):
        agreed(emsp, provider)
        permissions.revokeAgreement(provider, sender=emsp)

        assert set(consent(1, 2).values()) == {0}
        assert permissions.slot(entry(entry(PERMISSIONS["agreements"], 1), 0)) == 0

    def test_for_the_zero_address(self, registry, permissions, agreed, emsp, provider):
        agreed(emsp, provider)

        for place in ("accounts", "controllers", "parties", "domains", "left", "heirs"):
            assert registry.slot(entry(REGISTRY[place], 0)) == 0
        for place in ("nonce_counts", "offers"):
            assert permissions.slot(entry(PERMISSIONS[place], 0)) == 0
