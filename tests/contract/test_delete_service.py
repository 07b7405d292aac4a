"""deleteService and deleteServiceRaw remove the service and end agreements to it."""

import pytest
from kit.contract import event, reverts

ABSENT = (b"\0\0", b"\0\0\0", "", "", ())


def test_deleted_service_leaves_every_view_and_emits_an_event(
    write, permissions, listed_service, provider
):
    listed_service(provider)

    receipt = write("DeleteService", provider)

    assert receipt.events == (event("ServiceUpdate", "", "", [], provider),)
    assert permissions.getService(provider) == ABSENT
    assert permissions.getProviders() == ()
    assert permissions.serviceCount() == 0
    assert permissions.services(0, 10) == ()
    assert permissions.serviceVersion(provider) == 0


def test_party_without_a_service_can_not_delete_one(write, listed_party, provider):
    listed_party(provider)

    with reverts("ServiceNotFound", provider):
        write("DeleteService", provider)


def test_service_is_deleted_once(write, permissions, listed_service, provider):
    listed_service(provider)
    permissions.deleteService(sender=provider)

    with reverts("ServiceNotFound", provider):
        write("DeleteService", provider)


def test_ended_service_is_pruned_by_anybody(
    permissions, registry, listed_service, provider, other_provider, stranger
):
    listed_service(provider)
    listed_service(other_provider)
    with reverts("ServiceNotEnded", provider):
        permissions.pruneService(0, sender=stranger)
    with reverts("IndexOutOfRange", 2, 2):
        permissions.pruneService(2, sender=stranger)
    registry.deleteParty(sender=provider)

    receipt = permissions.pruneService(0, sender=stranger)

    assert receipt.events == (event("ServicePruned", 0, 1),)
    assert permissions.serviceCount() == 1
    assert permissions.getProviders() == (other_provider.address,)


def test_ended_service_can_not_be_deleted_by_its_account(write, registry, listed_service, provider):
    listed_service(provider)
    registry.deleteParty(sender=provider)

    with reverts("ServiceNotFound", provider):
        write("DeleteService", provider)


def test_agreements_to_it_end_and_stay_ended(
    write, permissions, agreed, listed_service, emsp, provider
):
    agreed(emsp, provider)

    write("DeleteService", provider)

    assert not permissions.hasUserAgreementByAddress(emsp, provider)
    listed_service(provider)
    assert not permissions.hasUserAgreementByAddress(emsp, provider)
    assert permissions.getUserAgreementsByAddress(emsp) == ()


@pytest.mark.parametrize(
    ("leaving", "left"),
    [(0, [2, 1]), (1, [0, 2]), (2, [0, 1])],
    ids=["first", "second", "last"],
)
def test_last_of_the_list_moves_into_the_gap(
    write, permissions, listed_service, provider, other_provider, third_provider, leaving, left
):
    people = [provider, other_provider, third_provider]
    for number, person in enumerate(people):
        listed_service(person, [number])

    write("DeleteService", people[leaving])

    expected = tuple(people[n].address for n in left)
    assert permissions.getProviders() == expected
    assert tuple(permissions.providers(i) for i in range(2)) == expected
    assert tuple(s.provider for s in permissions.services(0, 10)) == expected
    assert tuple(s.permissions for s in permissions.services(0, 10)) == tuple((n,) for n in left)
    for n in left:  # each is found at its place, even after moving
        left = [other for other in left if other != n]
        person = people[n]
        permissions.deleteService(sender=person)
        assert set(permissions.getProviders()) == {people[m].address for m in left}


def test_agreements_that_the_provider_made_as_a_user_stay(
    write, permissions, agreed, provider, other_provider, listed_service
):
    agreed(provider, other_provider)
    listed_service(provider)

    write("DeleteService", provider)

    assert permissions.getUserAgreementsByAddress(provider) == (other_provider.address,)


def test_nonce_is_kept(permissions, signed_request, listed_service, spender, provider):
    listed_service(provider)

    signed_request("DeleteService", provider).send(spender)

    assert permissions.nonces(provider) == 1
