"""Memberships that end and begin again within one block differ by their numbers."""

import pytest
from kit.contract import id_of


@pytest.fixture(params=["one block", "one transaction"])
def at_once(request, one_block):
    """Return a function for several writes of an account to the Registry in one block."""

    def at_once(registry, sender, *items):
        if request.param == "one block":
            one_block(*((registry, item, sender) for item in items))
        else:
            registry.multicall(items, sender=sender)

    return at_once


@pytest.fixture
def leave_and_return(at_once, registry, operator):
    """End a party's listing and list it again under the same id, in one block."""

    def leave_and_return(party):
        party_id = id_of(registry, party)
        come = registry.setParty.calldata(*party_id, [0], operator)
        at_once(registry, party, registry.deleteParty.calldata(), come)

    return leave_and_return


@pytest.fixture(params=["leaves and returns", "leaves by name and returns with another id"])
def blink(request, leave_and_return, at_once, registry, operator):
    """Both ways to end and renew a membership within a block."""

    def under_another_id(party):
        party_id = id_of(registry, party)
        leave = registry.deletePartyOf.calldata(*party_id)
        other = registry.setParty.calldata(b"ZZ", b"ZZZ", [0], operator)
        at_once(registry, party, leave, other)

    return leave_and_return if request.param == "leaves and returns" else under_another_id


def test_membership_is_a_new_one(blink, registry, listed_party, cpo):
    listed_party(cpo)

    blink(cpo)

    assert registry.membershipOf(cpo) == 2
    assert registry.partyCount() == 1


def test_further_id_for_less_than_a_block_ends_nothing(
    at_once, registry, permissions, agreed, operator, emsp, provider
):
    agreed(emsp, provider)
    for party in (emsp, provider):
        party_id = id_of(registry, party)
        further = registry.setParty.calldata(b"ZZ", b"ZZZ", [0], operator)
        gone = registry.deletePartyOf.calldata(*party_id)
        again = registry.setParty.calldata(*party_id, [0], operator)
        back = registry.deletePartyOf.calldata(b"ZZ", b"ZZZ")
        at_once(registry, party, further, gone, again, back)
        assert id_of(registry, party) == party_id

    assert permissions.getUserAgreementsByAddress(emsp) == (provider.address,)
    assert permissions.getProviders() == (provider.address,)


def test_modules_do_not_come_back(blink, registry, listed_party, cpo):
    listed_party(cpo, modules=([0], [1]))

    blink(cpo)

    details = registry.getPartyDetailsByAddress(cpo)
    assert (details.modulesSender, details.modulesReceiver) == ((), ())


def test_service_does_not_come_back(blink, permissions, listed_service, provider):
    listed_service(provider)

    blink(provider)

    assert permissions.getService(provider).permissions == ()
    assert permissions.getProviders() == ()
    assert permissions.serviceVersion(provider) == 0


def test_agreement_of_the_user_does_not_come_back(
    blink, permissions, registry, agreed, emsp, provider
):
    agreed(emsp, provider)

    blink(emsp)

    assert not permissions.hasUserAgreementByAddress(emsp, provider)
    assert permissions.getUserAgreementsByAddress(emsp) == ()
    party_id = id_of(registry, emsp)
    assert not permissions.hasUserAgreementByOcpi(*party_id, provider)


def test_agreement_with_the_provider_does_not_come_back(
    blink, permissions, agreed, listed_service, emsp, provider
):
    agreed(emsp, provider)

    blink(provider)
    listed_service(provider)

    assert not permissions.hasUserAgreementByAddress(emsp, provider)
    assert permissions.getUserAgreementsByAddress(emsp) == ()


def test_service_set_again_in_the_same_block_is_a_new_one(
    one_block, registry, permissions, agreed, operator, emsp, provider
):
    agreed(emsp, provider)
    party_id = id_of(registry, provider)
    again = permissions.setService.calldata("", "", [1, 5])

    one_block(
        (registry, registry.deleteParty.calldata(), provider),
        (registry, registry.setParty.calldata(*party_id, [0], operator), provider),
        (permissions, again, provider),
    )

    assert permissions.serviceVersion(provider) == 1  # of another membership
    assert not permissions.hasUserAgreementByAddress(emsp, provider)


def test_service_deleted_and_set_again_in_one_block_has_a_new_version(
    one_block, permissions, agreed, emsp, provider
):
    agreed(emsp, provider)
    again = permissions.setService.calldata("", "", [1, 5])

    one_block(
        (permissions, permissions.deleteService.calldata(), provider),
        (permissions, again, provider),
    )

    assert permissions.serviceVersion(provider) == 2
    assert not permissions.hasUserAgreementByAddress(emsp, provider)


def test_permissions_changed_and_restored_in_one_block_have_a_new_version(
    one_block, permissions, agreed, emsp, provider
):
    agreed(emsp, provider)

    one_block(
        (permissions, permissions.setService.calldata("", "", [0]), provider),
        (permissions, permissions.setService.calldata("", "", [1, 5]), provider),
    )

    assert permissions.serviceVersion(provider) == 3
    assert not permissions.hasUserAgreementByAddress(emsp, provider)


def test_agreement_made_again_in_the_same_block_is_active(
    one_block, registry, permissions, agreed, operator, emsp, provider
):
    agreed(emsp, provider)
    party_id = id_of(registry, emsp)

    one_block(
        (registry, registry.deleteParty.calldata(), emsp),
        (registry, registry.setParty.calldata(*party_id, [0], operator), emsp),
        (permissions, permissions.createAgreement.calldata(provider), emsp),
    )

    assert permissions.getUserAgreementsByAddress(emsp) == (provider.address,)


def test_id_that_changes_hands_in_one_block_transfers_nothing(
    one_block, registry, permissions, agreed, operator, emsp, provider, stranger
):
    agreed(emsp, provider)
    party_id = id_of(registry, emsp)

    one_block(
        (registry, registry.deleteParty.calldata(), emsp),
        (registry, registry.setParty.calldata(*party_id, [0], operator), stranger),
    )

    assert registry.partyOf(*party_id) == stranger.address
    assert permissions.getUserAgreementsByOcpi(*party_id) == ()
    assert not permissions.hasUserAgreementByOcpi(*party_id, provider)


def test_numbers_count_up_over_all_parties(registry, listed_party, operator, cpo, emsp, provider):
    listed_party(cpo)
    listed_party(emsp)
    registry.deleteParty(sender=cpo)
    listed_party(provider)
    listed_party(cpo)
    registry.setParty(b"DE", b"NEW", [0], operator, sender=emsp)

    assert [registry.membershipOf(p) for p in (emsp, provider, cpo)] == [2, 3, 4]


def test_failed_registration_uses_up_no_number(registry, listed_party, operator, cpo, emsp):
    party_id = listed_party(cpo)
    receipt = registry.send(
        registry.setParty.calldata(*party_id, [0], operator), sender=emsp, check=False
    )
    assert receipt.error.name == "PartyIdTaken"

    listed_party(emsp)

    assert registry.membershipOf(emsp) == 2
