"""Filtered lists, users of a service, and progress, on each generation."""

import pytest

from ocn_registry import (
    CreateAgreement,
    Interface,
    InvalidInput,
    KeySigner,
    Module,
    Permission,
    Role,
    SetParty,
    SetPartyModules,
    SetService,
)


@pytest.fixture
def write(client, spender):
    """Return a function that writes by signed request."""
    return lambda intent, signer: client.submit(client.sign(intent, signer), spender=spender)


@pytest.fixture
def three_parties(client, write, listed_party, other_operator, cpo, emsp, provider):
    client.set_node("https://two.example", signer=other_operator)
    listed_party(cpo, "CPO", Role.CPO)
    listed_party(emsp, "EMS", Role.EMSP)
    listed_party(provider, "SVC", Role.SCSP, Role.CPO)
    write(
        SetParty(
            country_code="DE",
            party_id="EMS",
            roles=[Role.EMSP],
            operator=other_operator.address,
        ),
        emsp,
    )
    write(SetPartyModules(sender=[Module.CDRS, Module.TARIFFS], receiver=[Module.TOKENS]), cpo)
    write(SetPartyModules(sender=[Module.TOKENS], receiver=[Module.CDRS]), emsp)


def ids(parties):
    return {party.id.party_id for party in parties}


@pytest.mark.usefixtures("three_parties")
def test_parties_by_operator_role_module_and_interface(client, listed_node, other_operator):
    every = {"CPO", "EMS", "SVC"}
    for filters, expected in (
        ({}, every),
        ({"operator": listed_node.address}, {"CPO", "SVC"}),
        ({"operator": other_operator.address.lower()}, {"EMS"}),
        ({"role": Role.CPO}, {"CPO", "SVC"}),
        ({"role": Role.HUB}, set()),
        ({"module": Module.CDRS}, {"CPO", "EMS"}),
        ({"module": Module.CDRS, "interface": Interface.SENDER}, {"CPO"}),
        ({"module": Module.CDRS, "interface": Interface.RECEIVER}, {"EMS"}),
        ({"module": Module.TARIFFS}, {"CPO"}),
        ({"interface": Interface.RECEIVER}, {"CPO", "EMS"}),
        ({"role": Role.CPO, "operator": listed_node.address, "module": Module.TOKENS}, {"CPO"}),
    ):
        assert ids(client.parties(**filters)) == expected, filters


@pytest.mark.parametrize(
    "filters",
    [{"operator": "0x12"}, {"role": 8}, {"role": True}, {"module": "cdrs"}, {"interface": "both"}],
)
def test_impossible_filter_is_refused(client, filters):
    with pytest.raises(InvalidInput):
        client.parties(**filters)


@pytest.mark.usefixtures("three_parties")
def test_services_by_permission(client, write, provider, cpo):
    write(SetService(permissions=[Permission.FORWARD_ALL, 40]), provider)
    write(SetService(permissions=[Permission.FORWARD_ALL_SENDER]), cpo)
    assert len(client.services()) == 2
    assert [it.provider for it in client.services(permission=Permission.FORWARD_ALL)] == [
        provider.address
    ]
    assert [it.provider for it in client.services(permission=40)] == [provider.address]
    assert client.services(permission=41) == ()


@pytest.mark.usefixtures("three_parties")
def test_users_of_a_service(client, write, transport, provider, cpo, emsp):
    assert client.users_of(provider.address) == ()
    write(SetService(permissions=[3]), provider)
    assert client.users_of(provider.address) == ()
    given = [3] if client.limits.binds_permissions else None
    for user in (emsp, cpo):
        write(CreateAgreement(provider=provider.address, permissions=given), user)
    agreements = client.users_of(provider.address)
    assert agreements == (
        client.agreement(cpo.address, provider.address),
        client.agreement(emsp.address, provider.address),
    )
    assert all(agreement.active for agreement in agreements)
    assert client.users_of(cpo.address) == client.users_of(KeySigner.generate().address) == ()
    transport.requests = 0
    client.users_of(provider.address)
    assert transport.requests <= 5


def test_users_of_a_service_whose_needs_changed(client, write, listed_party, provider, emsp):
    listed_party(provider, "SVC")
    listed_party(emsp, "EMS")
    write(SetService(permissions=[3]), provider)
    given = [3] if client.limits.binds_permissions else None
    write(CreateAgreement(provider=provider.address, permissions=given), emsp)
    before = client.users_of(provider.address)
    write(SetService(permissions=[4]), provider)
    after = () if client.limits.binds_permissions else before
    assert client.users_of(provider.address) == after


@pytest.mark.usefixtures("three_parties")
def test_unnamed_permissions_are_reported_as_numbers(client, write, transport, provider):
    write(SetService(permissions=[3]), provider)
    transport.requests = 0
    party, service = client.party(provider.address), client.service(provider.address)
    assert transport.requests == 2
    if client.limits.has_memberships:
        assert party.membership == client.parties()[2].membership == 3
        assert service.version == client.services()[0].version == 1
    else:
        assert party.membership is service.version is None
    assert client.party("DE", "SVC") == party
    assert client.party("DE", "SVC").membership == party.membership
    nobody = KeySigner.generate().address
    assert client.party(nobody) is client.service(nobody) is None
