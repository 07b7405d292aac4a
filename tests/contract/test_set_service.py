"""setService and setServiceRaw: services, and the versions that agreements bind to."""

import pytest
from kit.contract import ZERO_ADDRESS, event, id_of, reverts

NAME = "Smart charging"
URL = "https://service.example.com"
ABSENT = (b"\0\0", b"\0\0\0", "", "", ())


def test_service_is_listed_and_announced(write, permissions, listed_party, provider):
    party_id = listed_party(provider)

    receipt = write("SetService", provider, NAME, URL, [1, 5])

    assert receipt.events == (event("ServiceUpdate", NAME, URL, [1, 5], provider),)
    assert permissions.getService(provider) == (*party_id, NAME, URL, (1, 5))
    assert permissions.getProviders() == (provider.address,)
    assert permissions.providers(0) == provider.address
    assert permissions.serviceCount() == 1
    service = (provider.address, *party_id, NAME, URL, (1, 5), 1)
    assert permissions.services(0, 10) == (service,)
    assert permissions.serviceVersion(provider) == 1


def test_only_a_listed_party_offers_a_service(write, permissions, provider):
    with reverts("PartyNotFound", provider):
        write("SetService", provider, NAME, URL, [1])

    assert permissions.serviceCount() == 0


def test_party_that_has_left_offers_no_service(write, registry, listed_party, provider):
    listed_party(provider)
    registry.deleteParty(sender=provider)

    with reverts("PartyNotFound", provider):
        write("SetService", provider, NAME, URL, [1])


def test_name_and_url_may_be_empty(write, permissions, listed_party, provider):
    party_id = listed_party(provider)

    write("SetService", provider, "", "", [0])

    assert permissions.getService(provider) == (*party_id, "", "", (0,))


def test_url_of_a_service_may_be_shared(write, listed_party, provider, other_provider, permissions):
    for each in (provider, other_provider):
        listed_party(each)
        write("SetService", each, NAME, URL, [1])

    assert permissions.getProviders() == (provider.address, other_provider.address)


def test_url_of_a_node_may_be_that_of_a_service(
    write, listed_node, listed_party, permissions, operator, provider
):
    url = listed_node(operator)
    listed_party(provider)

    write("SetService", provider, NAME, url, [1])

    assert permissions.getService(provider).url == url


@pytest.mark.parametrize(
    ("values", "error"),
    [
        (("a" * 101, URL, [1]), ("TextTooLong", 101, 100)),
        (("tab\there", URL, [1]), ("InvalidName", 3)),
        ((NAME, "https://" + "a" * 248, [1]), ("TextTooLong", 256, 255)),
        ((NAME, "ftp://a.example.com", [1]), ("InvalidUrl", 0)),
        ((NAME, "https://A.example.com", [1]), ("InvalidUrl", 8)),
        ((NAME, "https://a.example.com/", [1]), ("InvalidUrl", 21)),
        ((NAME, URL, []), ("NoPermissions",)),
        ((NAME, URL, [64]), ("ValueOutOfRange", 64, 64)),
        ((NAME, URL, [0, 2**256 - 1, 65]), ("ValueOutOfRange", 2**256 - 1, 64)),
    ],
    ids=lambda v: str(v)[-16:],
)
def test_bad_value_is_refused(write, permissions, listed_party, provider, values, error):
    listed_party(provider)

    with reverts(*error):
        write("SetService", provider, *values)

    assert permissions.getService(provider) == ABSENT


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ([16, 0, 5, 0], (0, 5, 16)),
        ([63], (63,)),
        (list(range(63, -1, -1)), tuple(range(64))),
        ([7] * 70, (7,)),
    ],
    ids=lambda v: str(v)[:16],
)
def test_permissions_are_reported_in_ascending_order_each_once(
    write, permissions, listed_party, provider, given, stored
):
    listed_party(provider)

    receipt = write("SetService", provider, NAME, URL, given)

    assert receipt.events[0][1][2] == stored
    assert permissions.getService(provider).permissions == stored
    assert permissions.services(0, 1)[0].permissions == stored


class TestVersion:
    """The version changes with the permission set and never repeats within a membership."""

    def test_change_of_name_or_url_keeps_it(self, write, permissions, listed_service, provider):
        version = listed_service(provider, [1, 5])

        receipt = write("SetService", provider, "Another name", "", [1, 5])

        assert permissions.serviceVersion(provider) == version
        assert receipt.events == (event("ServiceUpdate", "Another name", "", [1, 5], provider),)
        service = permissions.getService(provider)
        assert (service.name, service.url) == ("Another name", "")

    @pytest.mark.parametrize("again", [[5, 1], [1, 5, 1], [5, 5, 1]], ids=str)
    def test_same_set_in_another_order_keeps_it(
        self, write, permissions, listed_service, provider, again
    ):
        version = listed_service(provider, [1, 5])

        write("SetService", provider, NAME, URL, again)

        assert permissions.serviceVersion(provider) == version

    @pytest.mark.parametrize("changed", [[1], [1, 5, 6], [1, 6], [2], [63]], ids=str)
    def test_another_set_is_a_new_one(self, write, permissions, listed_service, provider, changed):
        version = listed_service(provider, [1, 5])

        write("SetService", provider, NAME, URL, changed)

        assert permissions.serviceVersion(provider) == version + 1
        assert permissions.getService(provider).permissions == tuple(changed)

    def test_restored_permissions_are_a_third_version(
        self, write, permissions, listed_service, provider
    ):
        version = listed_service(provider, [1, 5])

        write("SetService", provider, NAME, URL, [1])
        write("SetService", provider, NAME, URL, [1, 5])

        assert permissions.serviceVersion(provider) == version + 2

    def test_deleted_and_set_again_is_a_new_one(self, write, permissions, listed_service, provider):
        version = listed_service(provider, [1, 5])
        permissions.deleteService(sender=provider)
        assert permissions.serviceVersion(provider) == 0

        write("SetService", provider, NAME, URL, [1, 5])

        assert permissions.serviceVersion(provider) == version + 1

    def test_versions_are_counted_per_membership(
        self, write, permissions, registry, listed_service, listed_party, provider
    ):
        version = listed_service(provider, [1, 5])
        registry.deleteParty(sender=provider)
        listed_party(provider)

        write("SetService", provider, NAME, URL, [1, 5])

        assert version == permissions.serviceVersion(provider) == 1

    def test_update_of_the_party_keeps_it(
        self, permissions, registry, listed_service, listed_node, other_operator, provider
    ):
        version = listed_service(provider)
        party_id = id_of(registry, provider)
        listed_node(other_operator)

        registry.setParty(*party_id, [1, 2], other_operator, sender=provider)
        registry.setPartyModules([1], [2], sender=provider)

        assert permissions.serviceVersion(provider) == version

    def test_versions_are_counted_per_provider(
        self, permissions, listed_service, provider, other_provider
    ):
        listed_service(provider, [1])
        listed_service(provider, [2])
        listed_service(other_provider, [1])

        assert permissions.serviceVersion(provider) == 2
        assert permissions.serviceVersion(other_provider) == 1


class TestEndOfMembership:
    """A service ends with the membership under which it was set."""

    @pytest.fixture(params=["left", "deleted by the owner", "reserved by the owner", "came back"])
    def end_membership(self, request, registry, listed_party, owner):
        def end_membership(party):
            party_id = id_of(registry, party)
            if request.param == "deleted by the owner":
                registry.adminDeleteParty(*party_id, sender=owner)
            elif request.param == "reserved by the owner":
                registry.adminReserveParty(*party_id, owner, sender=owner)
            else:
                registry.deleteParty(sender=party)
                if request.param == "came back":
                    listed_party(party, party_id)

        return end_membership

    def test_it_is_absent_from_every_view(
        self, end_membership, permissions, listed_service, provider, other_provider
    ):
        listed_service(provider)
        listed_service(other_provider)

        end_membership(provider)

        assert permissions.getService(provider) == ABSENT
        assert permissions.serviceVersion(provider) == 0
        assert permissions.getProviders() == (other_provider.address,)
        assert permissions.providers(0) == other_provider.address
        with reverts("IndexOutOfRange", 1, 1):
            permissions.providers(1)
        assert [s.provider for s in permissions.services(0, 10)] == [other_provider.address]
        assert permissions.serviceCount() == 2  # its slot is still there

    def test_anybody_prunes_it(
        self, end_membership, permissions, listed_service, provider, other_provider, stranger
    ):
        listed_service(provider)
        listed_service(other_provider)
        end_membership(provider)

        receipt = permissions.pruneService(0, sender=stranger)

        assert receipt.events == (event("ServicePruned", 0, 1),)
        assert permissions.serviceCount() == 1

    def test_service_set_again_is_a_new_one(
        self, end_membership, permissions, registry, listed_service, provider, other_provider
    ):
        listed_service(provider)
        listed_service(other_provider)
        end_membership(provider)
        if not registry.membershipOf(provider):
            return  # nothing can be set

        permissions.setService(NAME, URL, [1, 5], sender=provider)

        assert permissions.getProviders() == (other_provider.address, provider.address)
        assert permissions.serviceCount() == 3
        assert permissions.serviceVersion(provider) == 1

    def test_name_and_url_of_the_ended_one_do_not_come_back(
        self, end_membership, permissions, registry, listed_service, provider
    ):
        listed_service(provider, name="Old name", url="https://old.example.com")
        end_membership(provider)
        if not registry.membershipOf(provider):
            return

        permissions.setService("", "", [1, 5], sender=provider)

        service = permissions.getService(provider)
        assert (service.name, service.url) == ("", "")

    def test_new_holder_of_the_id_has_no_service(
        self, permissions, registry, listed_service, listed_party, provider, stranger
    ):
        listed_service(provider)
        party_id = id_of(registry, provider)
        registry.deleteParty(sender=provider)
        listed_party(stranger, party_id)

        assert permissions.getService(stranger) == ABSENT
        assert permissions.getProviders() == ()


def test_zero_address_offers_nothing(permissions, listed_service, provider):
    listed_service(provider)

    assert permissions.getService(ZERO_ADDRESS) == ABSENT
    assert permissions.serviceVersion(ZERO_ADDRESS) == 0
