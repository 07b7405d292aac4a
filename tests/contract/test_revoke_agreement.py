"""revokeAgreement and revokeAgreementRaw: a user can always revoke an agreement."""

import pytest
from kit.contract import event, id_of, reverts


def test_revoked_agreement_is_gone_and_emits_an_event(
    write, permissions, registry, agreed, emsp, provider
):
    agreed(emsp, provider)

    receipt = write("RevokeAgreement", emsp, provider)

    assert receipt.events == (event("AgreementRevoked", emsp, provider),)
    assert permissions.agreement(emsp, provider) == (0, 0, False)
    assert permissions.getUserAgreementsByAddress(emsp) == ()
    assert permissions.getUserAgreementsByOcpi(*id_of(registry, emsp)) == ()
    assert not permissions.hasUserAgreementByAddress(emsp, provider)


def test_missing_agreement_can_not_be_revoked(write, listed_party, listed_service, emsp, provider):
    listed_party(emsp)
    listed_service(provider)

    with reverts("AgreementNotFound", emsp, provider):
        write("RevokeAgreement", emsp, provider)


def test_agreement_is_revoked_once(write, permissions, agreed, emsp, provider):
    agreed(emsp, provider)
    permissions.revokeAgreement(provider, sender=emsp)

    with reverts("AgreementNotFound", emsp, provider):
        write("RevokeAgreement", emsp, provider)


def test_agreement_of_another_is_not_revoked(write, permissions, agreed, cpo, emsp, provider):
    agreed(emsp, provider)

    with reverts("AgreementNotFound", cpo, provider):
        write("RevokeAgreement", cpo, provider)
    with reverts("AgreementNotFound", provider, emsp):
        write("RevokeAgreement", provider, emsp)

    assert permissions.hasUserAgreementByAddress(emsp, provider)


def test_user_that_has_left_has_nothing_to_revoke(write, registry, agreed, emsp, provider):
    agreed(emsp, provider)
    registry.deleteParty(sender=emsp)

    with reverts("AgreementNotFound", emsp, provider):
        write("RevokeAgreement", emsp, provider)


def test_new_agreement_goes_to_the_end_of_the_list(
    write, permissions, agreed, emsp, provider, other_provider
):
    agreed(emsp, provider)
    agreed(emsp, other_provider)

    write("RevokeAgreement", emsp, provider)
    agreed(emsp, provider)

    order = (other_provider.address, provider.address)
    assert permissions.getUserAgreementsByAddress(emsp) == order


@pytest.mark.parametrize(
    ("leaving", "left"),
    [(0, [2, 1]), (1, [0, 2]), (2, [0, 1])],
    ids=["first", "second", "last"],
)
def test_last_of_the_list_moves_into_the_gap(
    write, permissions, agreed, emsp, provider, other_provider, third_provider, leaving, left
):
    people = [provider, other_provider, third_provider]
    for person in people:
        agreed(emsp, person)

    write("RevokeAgreement", emsp, people[leaving])

    expected = tuple(people[n].address for n in left)
    assert permissions.getUserAgreementsByAddress(emsp) == expected
    for n in left:  # each is found at its place, whoever moved first
        left = [other for other in left if other != n]
        person = people[n]
        permissions.revokeAgreement(person, sender=emsp)
        assert set(permissions.getUserAgreementsByAddress(emsp)) == {
            people[m].address for m in left
        }


def test_agreements_of_other_users_stay(write, permissions, agreed, cpo, emsp, provider):
    agreed(cpo, provider)
    agreed(emsp, provider)

    write("RevokeAgreement", cpo, provider)

    assert permissions.hasUserAgreementByAddress(emsp, provider)
    assert permissions.serviceVersion(provider) == 1
