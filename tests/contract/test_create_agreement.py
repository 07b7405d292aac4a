"""createAgreement, createAgreementTo and createAgreementRaw bind to exact permissions."""

import pytest
from kit.contract import ZERO_ADDRESS, event, id_of, reverts


@pytest.fixture(params=["createAgreement", "createAgreementTo", "createAgreementRaw"])
def agree(request, permissions, signed_request, spender):
    """Agree in each of the three ways, to the service's present permissions."""

    def agree(user, provider):
        needs = permissions.getService(provider).permissions
        if request.param == "createAgreement":
            return permissions.createAgreement(provider, sender=user)
        if request.param == "createAgreementTo":
            return permissions.createAgreementTo(provider, needs, sender=user)
        return signed_request("CreateAgreement", user, provider, needs).send(spender)

    return agree


def test_agreement_is_made_and_announced(
    agree, permissions, listed_party, listed_service, emsp, provider
):
    party_id = listed_party(emsp)
    version = listed_service(provider, [1, 5])

    receipt = agree(emsp, provider)

    assert receipt.events == (event("AgreementMade", emsp, provider, version, [1, 5]),)
    assert permissions.agreement(emsp, provider) == (1, version, True)
    assert permissions.getUserAgreementsByAddress(emsp) == (provider.address,)
    assert permissions.getUserAgreementsByOcpi(*party_id) == (provider.address,)
    assert permissions.hasUserAgreementByAddress(emsp, provider)
    assert permissions.hasUserAgreementByOcpi(*party_id, provider)


def test_user_must_be_a_listed_party(agree, listed_service, stranger, provider):
    listed_service(provider)

    with reverts("PartyNotFound", stranger):
        agree(stranger, provider)


def test_user_that_has_left_is_not_a_party(
    agree, registry, listed_party, listed_service, emsp, provider
):
    listed_party(emsp)
    listed_service(provider)
    registry.deleteParty(sender=emsp)

    with reverts("PartyNotFound", emsp):
        agree(emsp, provider)


def test_provider_must_offer_a_service(agree, listed_party, emsp, provider):
    listed_party(emsp)
    listed_party(provider)

    with reverts("ServiceNotFound", provider):
        agree(emsp, provider)


def test_zero_address_offers_no_service(agree, listed_party, emsp):
    listed_party(emsp)

    with reverts("ServiceNotFound", ZERO_ADDRESS):
        agree(emsp, ZERO_ADDRESS)


def test_ended_service_can_not_be_agreed_to(
    agree, registry, listed_party, listed_service, emsp, provider
):
    listed_party(emsp)
    listed_service(provider)
    registry.deleteParty(sender=provider)

    with reverts("ServiceNotFound", provider):
        agree(emsp, provider)


def test_service_of_an_earlier_membership_can_not_be_agreed_to(
    agree, registry, listed_party, listed_service, emsp, provider
):
    listed_party(emsp)
    listed_service(provider)
    registry.deleteParty(sender=provider)
    listed_party(provider)

    with reverts("ServiceNotFound", provider):
        agree(emsp, provider)


def test_active_agreement_can_not_be_made_again(agree, agreed, emsp, provider):
    agreed(emsp, provider)

    with reverts("AgreementExists", emsp, provider):
        agree(emsp, provider)


def test_provider_may_agree_to_its_own_service(agree, permissions, listed_service, provider):
    listed_service(provider)

    agree(provider, provider)

    assert permissions.hasUserAgreementByAddress(provider, provider)


def test_agreements_are_listed_in_their_order(
    agree, permissions, listed_party, listed_service, emsp, provider, other_provider, third_provider
):
    listed_party(emsp)
    for each in (third_provider, provider, other_provider):
        listed_service(each)
        agree(emsp, each)

    order = (third_provider.address, provider.address, other_provider.address)
    assert permissions.getUserAgreementsByAddress(emsp) == order


def test_agreements_of_others_are_not_listed(agree, permissions, agreed, emsp, cpo, provider):
    agreed(cpo, provider)

    assert permissions.getUserAgreementsByAddress(emsp) == ()
    assert permissions.agreement(emsp, provider) == (0, 0, False)
    assert not permissions.hasUserAgreementByAddress(provider, cpo)


class TestPermissionsAgreedTo:
    """The named permissions must be the service's set."""

    @pytest.fixture
    def ready(self, listed_party, listed_service, emsp, provider):
        listed_party(emsp)
        listed_service(provider, [1, 5])

    @pytest.mark.parametrize(
        "named",
        [[], [1], [5], [1, 5, 6], [1, 6], [2, 5], list(range(64))],
        ids=lambda given: f"{given}"[:24],
    )
    @pytest.mark.usefixtures("ready")
    def test_another_set_is_refused(self, write, emsp, provider, named):
        with reverts("PermissionsDiffer", provider, [1, 5]):
            write("CreateAgreement", emsp, provider, named)

    @pytest.mark.parametrize(
        "named", [[5, 1], [1, 1, 5], [5, 1, 5]], ids=lambda given: f"{given}"[:24]
    )
    @pytest.mark.usefixtures("ready")
    def test_order_and_repetitions_do_not_matter(self, write, permissions, emsp, provider, named):
        receipt = write("CreateAgreement", emsp, provider, named)

        assert receipt.events == (event("AgreementMade", emsp, provider, 1, [1, 5]),)
        assert permissions.hasUserAgreementByAddress(emsp, provider)

    @pytest.mark.parametrize("value", [64, 256, 2**256 - 1])
    @pytest.mark.usefixtures("ready")
    def test_each_is_below_64(self, write, emsp, provider, value):
        with reverts("ValueOutOfRange", value, 64):
            write("CreateAgreement", emsp, provider, [1, 5, value])

    @pytest.mark.usefixtures("ready")
    def test_provider_cannot_change_them_after_signing(
        self, signed_request, listed_service, spender, emsp, provider
    ):
        request = signed_request("CreateAgreement", emsp, provider, [1, 5])
        listed_service(provider, [0, 1, 5])

        with reverts("PermissionsDiffer", provider, [0, 1, 5]):
            request.send(spender)

    @pytest.mark.usefixtures("ready")
    def test_v1_form_agrees_to_the_present_permissions(
        self, permissions, listed_service, emsp, provider
    ):
        listed_service(provider, [0, 63])

        receipt = permissions.createAgreement(provider, sender=emsp)

        assert receipt.events == (event("AgreementMade", emsp, provider, 2, [0, 63]),)

    def test_all_64_permissions_can_be_agreed_to(
        self, write, permissions, listed_party, listed_service, emsp, provider
    ):
        listed_party(emsp)
        listed_service(provider, range(64))

        write("CreateAgreement", emsp, provider, list(range(64)))

        assert permissions.hasUserAgreementByAddress(emsp, provider)


def _permissions_changed(world):
    world.listed_service(world.provider, [2])


def _permissions_changed_and_back(world):
    world.listed_service(world.provider, [2])
    world.listed_service(world.provider, [1, 5])


def _service_deleted(world):
    world.permissions.deleteService(sender=world.provider)


def _service_deleted_and_set_again(world):
    _service_deleted(world)
    world.listed_service(world.provider, [1, 5])


def _user_left(world):
    world.registry.deleteParty(sender=world.user)


def _user_left_and_came_back(world):
    _user_left(world)
    world.listed_party(world.user)


def _provider_left(world):
    world.registry.deleteParty(sender=world.provider)


def _provider_left_and_came_back(world):
    _provider_left(world)
    world.listed_service(world.provider, [1, 5])


def _user_deleted_by_the_owner(world):
    world.registry.adminDeleteParty(*id_of(world.registry, world.user), sender=world.owner)


def _provider_deleted_by_the_owner(world):
    world.registry.adminDeleteParty(*id_of(world.registry, world.provider), sender=world.owner)


ENDS = [
    _permissions_changed,
    _permissions_changed_and_back,
    _service_deleted,
    _service_deleted_and_set_again,
    _user_left,
    _user_left_and_came_back,
    _user_deleted_by_the_owner,
    _provider_left,
    _provider_left_and_came_back,
    _provider_deleted_by_the_owner,
]


class World:
    """The fixtures for ending an agreement."""

    def __init__(self, registry, permissions, listed_party, listed_service):
        self.registry = registry
        self.permissions = permissions
        self.listed_party = listed_party
        self.listed_service = listed_service


@pytest.fixture
def world(registry, permissions, listed_party, listed_service, roles):
    world = World(registry, permissions, listed_party, listed_service)
    world.user, world.provider, world.owner = (
        roles[name] for name in ("emsp", "provider", "owner")
    )
    return world


class TestEnd:
    """An agreement is active while both memberships and the service stay the same."""

    @pytest.mark.parametrize("end", ENDS, ids=lambda end: end.__name__.strip("_"))
    def test_agreement_ends(self, world, permissions, registry, agreed, end):
        agreed(world.user, world.provider)
        made = permissions.agreement(world.user, world.provider)
        memberships = [registry.membershipOf(who) for who in (world.user, world.provider)]

        end(world)

        left = made[:2]
        if memberships != [registry.membershipOf(who) for who in (world.user, world.provider)]:
            left = (0, 0)  # these two memberships never had one
        assert permissions.agreement(world.user, world.provider) == (*left, False)
        assert not permissions.hasUserAgreementByAddress(world.user, world.provider)
        assert permissions.getUserAgreementsByAddress(world.user) == ()
        party_id = id_of(registry, world.user)
        assert permissions.getUserAgreementsByOcpi(*party_id) == ()
        assert not permissions.hasUserAgreementByOcpi(*party_id, world.provider)

    @pytest.mark.parametrize("end", ENDS, ids=lambda end: end.__name__.strip("_"))
    def test_user_can_revoke_an_ended_agreement(self, world, permissions, registry, agreed, end):
        agreed(world.user, world.provider)
        memberships = [registry.membershipOf(who) for who in (world.user, world.provider)]
        end(world)
        if memberships != [registry.membershipOf(who) for who in (world.user, world.provider)]:
            with reverts("AgreementNotFound", world.user, world.provider):
                permissions.revokeAgreement(world.provider, sender=world.user)
            return

        receipt = permissions.revokeAgreement(world.provider, sender=world.user)

        assert receipt.events == (event("AgreementRevoked", world.user, world.provider),)
        assert permissions.agreement(world.user, world.provider) == (0, 0, False)

    @pytest.mark.parametrize("end", ENDS, ids=lambda end: end.__name__.strip("_"))
    def test_it_is_renewed_in_place_or_made_again(
        self,
        agree,
        world,
        permissions,
        registry,
        agreed,
        listed_party,
        listed_service,
        other_provider,
        end,
    ):
        agreed(world.user, world.provider)
        agreed(world.user, other_provider)
        end(world)
        stays = permissions.agreement(world.user, world.provider).version > 0
        if not registry.membershipOf(world.user):
            listed_party(world.user)
        listed_service(world.provider, [3])

        receipt = agree(world.user, world.provider)

        version = permissions.serviceVersion(world.provider)
        assert receipt.events == (event("AgreementMade", world.user, world.provider, version, [3]),)
        listing = registry.membershipOf(world.user)
        assert permissions.agreement(world.user, world.provider) == (listing, version, True)
        active = permissions.getUserAgreementsByAddress(world.user)
        assert active.count(world.provider.address) == 1
        if permissions.agreement(world.user, other_provider).active:
            pair = (world.provider.address, other_provider.address)
            assert active == (pair if stays else pair[::-1])

    def test_user_under_a_new_membership_agrees_again_to_the_same_version(
        self, agree, world, permissions, registry, agreed
    ):
        agreed(world.user, world.provider)
        _user_left_and_came_back(world)

        agree(world.user, world.provider)

        listing = registry.membershipOf(world.user)
        assert permissions.agreement(world.user, world.provider) == (listing, 1, True)
        assert permissions.getUserAgreementsByAddress(world.user) == (world.provider.address,)

    def test_list_holds_only_active_ones_each_once(
        self, permissions, agreed, listed_service, emsp, provider, other_provider, third_provider
    ):
        for each in (provider, other_provider, third_provider):
            agreed(emsp, each)

        listed_service(other_provider, [9])

        active = (provider.address, third_provider.address)
        assert permissions.getUserAgreementsByAddress(emsp) == active

    @pytest.mark.parametrize(
        "update",
        [
            "name of the service",
            "url of the service",
            "roles",
            "modules",
            "operator",
            "node gone",
            "further id",
            "founding id gone",
        ],
    )
    def test_other_changes_do_not_end_it(
        self,
        permissions,
        registry,
        agreed,
        listed_service,
        listed_node,
        other_operator,
        operator,
        emsp,
        provider,
        update,
    ):
        agreed(emsp, provider)
        listed_node(other_operator)

        for party in (emsp, provider):
            party_id = id_of(registry, party)
            if update == "roles":
                registry.setParty(*party_id, [4, 5], operator, sender=party)
            elif update == "operator":
                registry.setParty(*party_id, [0], other_operator, sender=party)
            elif update == "modules":
                registry.setPartyModules([1], [2], sender=party)
            elif "id" in update:
                registry.setParty("ZZ", party_id[1], [0], operator, sender=party)
                if update == "founding id gone":
                    registry.deletePartyOf(*party_id, sender=party)
        if update == "node gone":
            registry.deleteNode(sender=operator)
        elif update == "name of the service":
            listed_service(provider, name="Another name")
        elif update == "url of the service":
            listed_service(provider, url="")

        assert permissions.hasUserAgreementByAddress(emsp, provider)
        assert permissions.getUserAgreementsByAddress(emsp) == (provider.address,)


class TestByOcpi:
    """The views by id are about the present holder."""

    def test_every_id_of_the_user_has_its_agreements(
        self, permissions, registry, agreed, listed_party, emsp, provider
    ):
        agreed(emsp, provider)
        old_id = id_of(registry, emsp)
        listed_party(emsp, (b"DE", b"NEW"))

        for party_id in (old_id, (b"DE", b"NEW")):
            assert permissions.getUserAgreementsByOcpi(*party_id) == (provider.address,)
            assert permissions.hasUserAgreementByOcpi(*party_id, provider)

    def test_new_holder_of_the_id_does_not_get_the_agreements(
        self, permissions, registry, agreed, listed_party, emsp, stranger, provider
    ):
        agreed(emsp, provider)
        party_id = id_of(registry, emsp)
        registry.deleteParty(sender=emsp)
        listed_party(stranger, party_id)

        assert permissions.getUserAgreementsByOcpi(*party_id) == ()
        assert not permissions.hasUserAgreementByOcpi(*party_id, provider)

    @pytest.mark.parametrize("party_id", [(b"\0\0", b"\0\0\0"), (b"XX", b"XXX")])
    def test_unheld_id_has_no_agreements(self, permissions, agreed, emsp, provider, party_id):
        agreed(emsp, provider)

        assert permissions.getUserAgreementsByOcpi(*party_id) == ()
        assert not permissions.hasUserAgreementByOcpi(*party_id, provider)

    def test_zero_address_has_no_agreements(self, permissions, agreed, emsp, provider):
        agreed(emsp, provider)

        assert permissions.getUserAgreementsByAddress(ZERO_ADDRESS) == ()
        assert not permissions.hasUserAgreementByAddress(ZERO_ADDRESS, ZERO_ADDRESS)
        assert not permissions.hasUserAgreementByAddress(emsp, ZERO_ADDRESS)
        assert not permissions.hasUserAgreementByAddress(ZERO_ADDRESS, provider)
        assert permissions.agreement(ZERO_ADDRESS, ZERO_ADDRESS) == (0, 0, False)
