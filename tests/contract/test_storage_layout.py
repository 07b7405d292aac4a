"""One slot for an address and contract, as drawn beside the structs; nothing left behind.

Whoever reads state without the contracts (a proof, a migration) depends on these places.
"""

import pytest
from eth_utils.crypto import keccak
from kit.layout import PERMISSIONS, REGISTRY, entry, fields, item

ACCOUNT = {"id": 5, "roles": 1, "sender": 1, "receiver": 1, "operator": 20, "nonce": 4}
HOLDER = {"party": 20, "index": 4, "listing": 8}
HOST = {"operator": 20, "index": 12}
PROVIDER = {
    "nonce": 4,
    "agreements": 4,
    "version": 4,
    "index": 4,
    "listing": 8,
    "permissions": 8,
}
CONSENT = {"listing": 8, "version": 4, "index": 4}
COUNTERS = {"import_open": 1, "last_listing": 8, "parties": 4}


def number(address):
    return int(address.address, 16)


@pytest.fixture
def account(registry):
    """Read what the Registry keeps of an address."""
    return lambda who: fields(registry.slot(entry(REGISTRY["accounts"], who.address)), **ACCOUNT)


@pytest.fixture
def holder(registry):
    """Read what the Registry keeps of an id."""
    return lambda id_: fields(registry.slot(entry(REGISTRY["holders"], b"".join(id_))), **HOLDER)


@pytest.fixture
def host(registry):
    """Read what the Registry keeps of an URL."""
    return lambda url: fields(registry.slot(entry(REGISTRY["hosts"], keccak(text=url))), **HOST)


@pytest.fixture
def signer_and_provider(permissions):
    """Read what Permissions keeps of an address."""
    slot = PERMISSIONS["accounts"]
    return lambda who: fields(permissions.slot(entry(slot, who.address)), **PROVIDER)


@pytest.fixture
def consent(permissions):
    """Read an agreement."""

    def consent(user, provider):
        inner = entry(PERMISSIONS["consents"], user.address)
        return fields(permissions.slot(entry(inner, provider.address)), **CONSENT)

    return consent


def test_an_address_has_one_slot_in_the_registry(
    account, registry, listed_party, signed_request, spender, operator, cpo
):
    listed_party(cpo, roles=[0, 6], modules=([0, 6], [1, 5]))
    signed_request("SetPartyModules", cpo, [0, 6], [1, 5]).send(spender)

    assert account(cpo) == {
        "id": int.from_bytes(b"DECPO", "big"),
        "roles": 0b1000001,
        "sender": 0b1000001,
        "receiver": 0b0100010,
        "operator": number(operator),
        "nonce": 1,
    }
    assert registry.nonces(cpo) == 1


def test_no_bit_of_it_is_lost_beside_full_neighbours(
    registry, account, listed_node, listed_party, operator, cpo
):
    """Every field at its greatest: writing one leaves the others."""
    listed_party(cpo, (b"ZZ", b"ZZZ"), roles=range(7), modules=(range(7), range(7)))
    registry.set_slot(
        entry(REGISTRY["accounts"], cpo.address),
        registry.slot(entry(REGISTRY["accounts"], cpo.address)) | (2**32 - 2) << 224,
    )
    full = {
        "id": int.from_bytes(b"ZZZZZ", "big"),
        "roles": 127,
        "sender": 127,
        "receiver": 127,
        "operator": number(operator),
        "nonce": 2**32 - 2,
    }
    assert account(cpo) == full

    registry.setPartyModules([], range(7), sender=cpo)
    assert account(cpo) == full | {"sender": 0}
    registry.setPartyModules(range(7), [], sender=cpo)
    assert account(cpo) == full | {"receiver": 0}
    registry.setPartyModules(range(7), range(7), sender=cpo)
    registry.setParty(b"ZZ", b"ZZZ", [0], operator, sender=cpo)
    assert account(cpo) == full | {"roles": 1}
    registry.setParty(b"ZZ", b"ZZZ", range(7), operator, sender=cpo)
    registry.invalidateNonce(2**32 - 1, sender=cpo)
    assert account(cpo) == full | {"nonce": 2**32 - 1}
    assert registry.getPartyDetailsByAddress(cpo).roles == tuple(range(7))
    registry.deleteParty(sender=cpo)
    assert account(cpo) == dict.fromkeys(full, 0) | {"nonce": 2**32 - 1}


def test_an_id_has_one_slot(holder, listed_party, registry, cpo, emsp):
    listed_party(cpo)
    party_id = listed_party(emsp)

    assert holder(party_id) == {"party": number(emsp), "index": 1, "listing": 2}

    registry.deleteParty(sender=cpo)  # the last moves into the hole

    assert holder(party_id) == {"party": number(emsp), "index": 0, "listing": 2}


def test_an_url_has_one_slot(host, listed_node, registry, operator, other_operator):
    listed_node(operator)
    url = listed_node(other_operator)

    assert host(url) == {"operator": number(other_operator), "index": 1}

    registry.deleteNode(sender=operator)

    assert host(url) == {"operator": number(other_operator), "index": 0}


def test_ids_lie_six_to_a_slot(registry, rpc, listed_node, operator):
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


def test_counters_share_one_slot(registry, importing_pair, listed_party, cpo, emsp):
    listed_party(cpo)
    listed_party(emsp)
    listed_party(cpo, (b"DE", b"NEW"))

    counters = fields(registry.slot(REGISTRY["counters"]), **COUNTERS)
    assert counters == {"import_open": 0, "last_listing": 3, "parties": 2}
    importing = fields(importing_pair.registry.slot(REGISTRY["counters"]), **COUNTERS)
    assert importing == {"import_open": 1, "last_listing": 0, "parties": 0}


def test_an_address_has_one_slot_in_permissions(
    signer_and_provider, permissions, agreed, listed_service, signed_request, spender, provider,
    other_provider,
):  # fmt: skip
    listed_service(other_provider)
    listed_service(provider, [0, 63])
    agreed(provider, other_provider)
    signed_request("SetService", provider, "", "", [1, 63]).send(spender)

    assert signer_and_provider(provider) == {
        "nonce": 1,
        "agreements": 1,
        "version": 2,
        "index": 1,
        "listing": 2,
        "permissions": 1 << 63 | 1 << 1,
    }
    assert permissions.nonces(provider) == 1


def test_no_bit_of_it_is_lost_beside_full_neighbours_in_permissions(
    signer_and_provider, permissions, agreed, listed_service, emsp, provider
):
    listed_service(provider, range(64))
    agreed(provider, provider)
    slot = entry(PERMISSIONS["accounts"], provider.address)
    word = permissions.slot(slot)
    permissions.set_slot(slot, word | (2**32 - 2) | (2**32 - 3) << 64)
    full = {
        "nonce": 2**32 - 2,
        "agreements": 1,
        "version": 2**32 - 3,
        "index": 0,
        "listing": 1,
        "permissions": 2**64 - 1,
    }
    assert signer_and_provider(provider) == full

    permissions.invalidateNonce(2**32 - 1, sender=provider)
    assert signer_and_provider(provider) == full | {"nonce": 2**32 - 1}
    permissions.setService("", "", [0], sender=provider)
    changed = full | {"nonce": 2**32 - 1, "version": 2**32 - 2, "permissions": 1}
    assert signer_and_provider(provider) == changed
    permissions.revokeAgreement(provider, sender=provider)
    assert signer_and_provider(provider) == changed | {"agreements": 0}
    permissions.deleteService(sender=provider)
    left = dict.fromkeys(full, 0) | {"nonce": 2**32 - 1, "version": 2**32 - 2}
    assert signer_and_provider(provider) == left


def test_an_agreement_has_one_slot(consent, agreed, permissions, emsp, provider, other_provider):
    agreed(emsp, provider)
    agreed(emsp, other_provider)

    assert consent(emsp, other_provider) == {"listing": 1, "version": 1, "index": 1}

    permissions.revokeAgreement(provider, sender=emsp)

    assert consent(emsp, other_provider) == {"listing": 1, "version": 1, "index": 0}


class TestNothingIsLeftBehind:
    """After a deletion only the nonce, the listing counter and the version counter remain."""

    @pytest.mark.parametrize("url", ["https://a.b", "https://" + "a" * 24, "https://" + "a" * 247])
    def test_of_a_node(self, registry, host, operator, url):
        registry.setNode(url, sender=operator)
        registry.deleteNode(sender=operator)

        assert host(url) == {"operator": 0, "index": 0}
        domain = entry(REGISTRY["domains"], operator.address)
        assert registry.slot(domain) == 0
        first_word = int.from_bytes(keccak(domain.to_bytes(32, "big")), "big")
        assert [registry.slot(first_word + n) for n in range(9)] == [0] * 9
        assert registry.slot(REGISTRY["operators"]) == 0
        assert registry.slot(item(REGISTRY["operators"], 0)) == 0

    def test_of_an_url_that_was_replaced(self, registry, host, operator):
        old = "https://" + "a" * 247
        registry.setNode(old, sender=operator)
        registry.setNode("https://a.b", sender=operator)

        assert host(old) == {"operator": 0, "index": 0}
        domain = entry(REGISTRY["domains"], operator.address)
        first_word = int.from_bytes(keccak(domain.to_bytes(32, "big")), "big")
        assert [registry.slot(first_word + n) for n in range(9)] == [0] * 9

    def test_of_a_party(self, registry, account, holder, listed_party, cpo):
        party_id = listed_party(cpo, modules=([0], [1]))
        registry.deleteParty(sender=cpo)

        assert set(account(cpo).values()) == {0}
        assert set(holder(party_id).values()) == {0}
        assert registry.slot(entry(REGISTRY["ids"], 0)) == 0
        counters = fields(registry.slot(REGISTRY["counters"]), **COUNTERS)
        assert counters == {"import_open": 0, "last_listing": 1, "parties": 0}

    def test_of_an_id_that_was_changed(self, registry, holder, listed_party, cpo):
        party_id = listed_party(cpo)
        listed_party(cpo, (b"DE", b"NEW"))

        assert set(holder(party_id).values()) == {0}
        assert registry.slot(entry(REGISTRY["ids"], 0)) == int.from_bytes(b"DENEW", "big")

    @pytest.mark.parametrize("length", [1, 20, 100])
    def test_of_a_service(self, permissions, listed_service, signer_and_provider, provider, length):
        listed_service(provider, name="n" * length, url="https://" + "u" * length)
        permissions.deleteService(sender=provider)

        left = signer_and_provider(provider)
        assert left == dict.fromkeys(left, 0) | {"version": 1}
        name = entry(PERMISSIONS["descriptions"], provider.address)
        for text in (name, name + 1):
            assert permissions.slot(text) == 0
            first_word = int.from_bytes(keccak(text.to_bytes(32, "big")), "big")
            assert [permissions.slot(first_word + n) for n in range(4)] == [0] * 4
        assert permissions.slot(PERMISSIONS["providers"]) == 0
        assert permissions.slot(item(PERMISSIONS["providers"], 0)) == 0

    def test_of_an_agreement(
        self, permissions, agreed, signer_and_provider, consent, emsp, provider
    ):
        agreed(emsp, provider)
        permissions.revokeAgreement(provider, sender=emsp)

        assert set(signer_and_provider(emsp).values()) == {0}
        assert set(consent(emsp, provider).values()) == {0}
        inner = entry(PERMISSIONS["consented_to"], emsp.address)
        assert permissions.slot(entry(inner, 0)) == 0

    def test_for_the_zero_address(self, registry, permissions, agreed, emsp, provider):
        agreed(emsp, provider)

        assert registry.slot(entry(REGISTRY["accounts"], 0)) == 0
        assert registry.slot(entry(REGISTRY["domains"], 0)) == 0
        assert registry.slot(entry(REGISTRY["holders"], 0)) == 0
        assert permissions.slot(entry(PERMISSIONS["accounts"], 0)) == 0
