"""People act during the import: removed entries stay removed, and nobody can block it."""

import pytest

from ocn_registry import (
    AdminDeleteOperator,
    AdminDeleteParty,
    AdminReserveNode,
    AdminReserveParty,
    Contract,
    DeleteNode,
    DeleteParty,
    DeleteService,
    Node,
    RevokeAgreement,
    connect,
    migration,
)
from ocn_registry.intents import ImportNodes
from ocn_registry.migration import NotAsPlanned, What, Why


class Killed(BaseException):
    """Simulates the end of the process."""


@pytest.fixture
def planned(new, taken):
    return migration.plan_for(new, taken)


def by_request(client, intent, signer, spender):
    client.submit(client.sign(intent, signer), spender=spender)


def give_up(client, who, owner):
    """Delete and revoke people's existing entries; entries that are missing are skipped."""
    emsp, provider, returned = who.emsp.address, who.provider.address, who.returned.address
    if {one.provider for one in client.agreements(emsp)} & {provider}:
        by_request(client, RevokeAgreement(provider=provider), who.emsp, owner)
    if (party := client.party(returned)) is not None:
        leave = DeleteParty(country_code=party.id.country_code, party_id=party.id.party_id)
        by_request(client, leave, who.returned, owner)
    if client.service(who.changer.address) is not None:
        by_request(client, DeleteService(), who.changer, owner)
    if client.node(who.moved.address) is not None:
        by_request(client, DeleteNode(), who.moved, owner)


def is_given_up(client, who):
    providers = {one.provider for one in client.agreements(who.emsp.address)}
    return (
        client.party(who.returned.address) is None
        and client.node(who.moved.address) is None
        and client.service(who.changer.address) is None
        and who.provider.address not in providers
    )


def differing(client, planned):
    return [one for one in migration.differences(client, planned) if one.what is not What.ORDER]


def test_entries_given_up_during_the_import_stay_removed(new, planned, owner, who):
    migration.import_into(new, planned, signer=owner)
    give_up(new, who, owner)
    assert is_given_up(new, who)
    assert migration.import_into(new, planned, signer=owner) == ()
    assert differing(new, planned) == []
    assert len(migration.close_import(new, planned, signer=owner)) == 2
    assert is_given_up(new, who)
    assert not new.owner.import_open(Contract.PERMISSIONS)


def test_killed_anywhere_with_people_acting_in_between_the_import_completes(
    devnet, planned, owner, who
):
    def ending(effects):
        here = devnet.request("evm_snapshot")
        with connect(devnet.deployment()) as client:
            perform, left = client.transport.perform, iter(range(effects))

            def counted(effect):
                if next(left, None) is None:
                    raise Killed
                return perform(effect)

            client.transport.perform = counted
            try:
                migration.import_into(client, planned, signer=owner)
                died = False
            except Killed:
                died = True
        with connect(devnet.deployment()) as client:
            there = {party.address for party in client.parties()}
            give_up(client, who, owner)
            acted = who.returned.address in there
            migration.import_into(client, planned, signer=owner)
            assert differing(client, planned) == [], effects
            migration.close_import(client, planned, signer=owner)
            if acted:
                assert client.party(who.returned.address) is None, effects
            if not died:
                assert is_given_up(client, who)
        devnet.request("evm_revert", here)
        return died

    effects = 0
    while ending(effects):
        effects += 3
    assert effects > 20


def test_planned_entry_deleted_by_the_owner_stays_away(new, planned, owner, who):
    migration.import_into(new, planned, signer=owner)
    party = new.party(who.cpo.address)
    new.send(
        AdminDeleteParty(country_code=party.id.country_code, party_id=party.id.party_id),
        AdminDeleteOperator(operator=who.moved.address),
        signer=owner,
    )
    assert migration.import_into(new, planned, signer=owner) == ()
    assert new.party(who.cpo.address) is None
    assert differing(new, planned) == []


def test_wrong_entry_deleted_by_the_owner_is_imported_again(new, planned, owner):
    node = planned.nodes[0]
    wrong = Node(operator=node.operator, domain="https://wrong.example")
    new.send(ImportNodes(nodes=(wrong,)), signer=owner)
    new.send(AdminDeleteOperator(operator=node.operator), signer=owner)
    migration.import_into(new, planned, signer=owner)
    assert new.node(node.operator) == node


def test_the_owner_can_close_whatever_differs(new, planned, owner, who):
    new.send(
        ImportNodes(nodes=(Node(operator=who.odd.address, domain="https://odd.example"),)),
        signer=owner,
    )
    with pytest.raises(NotAsPlanned, match="not planned"):
        migration.close_import(new, planned, signer=owner)
    assert len(migration.close_import(new, planned, signer=owner, anyway=True)) == 2


def test_user_leaving_before_a_batch_only_causes_another_check(new, planned, owner, who, devnet):
    """The batch of agreements is simulated after a user has left, refused, and made again."""
    acted = []

    def leaves(outcome):
        if not acted and new.service(who.provider.address) is not None:
            acted.append(outcome)
            by_request(new, DeleteParty(country_code="DE", party_id="EMS"), who.emsp, owner)

    migration.import_into(new, planned, signer=owner, on_batch=leaves)
    assert acted
    assert new.party(who.emsp.address) is None
    assert differing(new, planned) == []


def test_all_ids_that_routed_on_the_old_contracts_route_on_the_new(old, new, planned, owner, who):
    migration.import_into(new, planned, signer=owner)
    migration.close_import(new, planned, signer=owner)
    for party in planned.parties:
        ids = (party.id.country_code, party.id.party_id)
        there = (
            old.party(*ids) if party.current else old._run(iter(old._dialect.party(party.id, None)))
        )
        assert there.address == party.address
        route = new.route(*ids)
        assert (route.operator, route.domain) == (party.operator, party.operator_domain)
    ids = [one.id.party_id for one in new.parties_of(who.renamed.address)]
    assert ids == ["BBB", "AAA"]


def test_entries_given_up_are_reported(new, planned, owner, who):
    migration.import_into(new, planned, signer=owner)
    give_up(new, who, owner)
    left = migration.missing(new, planned).left_out
    result = {one.subject for one in left if one.why is Why.GIVEN_UP}
    assert f"DE RET of {who.returned.address}" in result
    assert f"{who.emsp.address} with {who.provider.address}" in result


def test_entry_reserved_for_another_is_not_imported(new, planned, owner, who):
    new.send(
        AdminReserveParty(country_code="DE", party_id="CPO", holder=who.odd.address),
        AdminReserveNode(domain="https://new.example", operator=who.odd.address),
        signer=owner,
    )
    migration.import_into(new, planned, signer=owner)
    assert new.party("DE", "CPO") is None
    assert new.node(who.moved.address) is None
    assert differing(new, planned) == []
    assert len(migration.close_import(new, planned, signer=owner)) == 2
