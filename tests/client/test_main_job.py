"""The project's main job, through the package and on a real chain."""

import pytest

from ocn_registry import (
    Agreement,
    Contract,
    CreateAgreement,
    Module,
    NonceMismatch,
    Permission,
    Role,
    SetParty,
    SetPartyModules,
    SetService,
)


def test_parties_without_money_register_serve_agree_and_are_reached(
    client, operator, other_operator, spender, cpo, emsp, provider
):
    client.set_node("https://one.example", signer=operator)
    client.set_node("https://two.example", signer=other_operator)

    def party(party_id, role, node):
        return SetParty(country_code="DE", party_id=party_id, roles=[role], operator=node.address)

    requests = [
        client.sign(party("CPO", Role.CPO, operator), cpo),
        client.sign(party("EMS", Role.EMSP, other_operator), emsp),
        client.sign(party("SVC", Role.SCSP, other_operator), provider),
    ]
    carried = [request.to_json() for request in requests]
    together = [carried] if client.limits.has_batches else [[one] for one in carried]
    for some in together:
        outcome = client.submit(*map(client.read_signed_request, some), spender=spender)
        assert outcome.failed == ()
        assert len(outcome.changes) == len(some)
        assert outcome.cost_wei > 0

    modules = SetPartyModules(sender=[Module.TARIFFS, Module.CDRS], receiver=[Module.TOKENS])
    client.submit(client.sign(modules, cpo), spender=spender)
    wanted = [Permission.FORWARD_MODULE_CDRS_SENDER, Permission.FORWARD_ALL_RECEIVER]
    service = SetService(name="Routes", url="https://routes.example", permissions=wanted)
    client.submit(client.sign(service, provider), spender=spender)
    agreed = wanted if client.limits.binds_permissions else None
    agreement = CreateAgreement(provider=provider.address, permissions=agreed)
    client.submit(client.sign(agreement, emsp), spender=spender)

    route = client.route("DE", "CPO")
    assert (route.operator, route.domain) == (operator.address, "https://one.example")
    assert client.party("DE", "CPO").modules_sender == (Module.CDRS, Module.TARIFFS)
    counted = client.limits.has_memberships
    assert client.agreements("DE", "EMS") == (
        Agreement(
            user=emsp.address,
            provider=provider.address,
            active=True,
            membership=2 if counted else None,
            version=1 if counted else None,
        ),
    )
    assert [party.id.party_id for party in client.parties()] == ["CPO", "EMS", "SVC"]
    assert [node.domain for node in client.nodes()] == [
        "https://one.example",
        "https://two.example",
    ]
    assert client.services()[0].permissions == tuple(sorted(wanted))

    if client.limits.replayable:
        client.submit(client.read_signed_request(carried[0]), spender=spender)
        return
    with pytest.raises(NonceMismatch):
        client.submit(client.read_signed_request(carried[0]), spender=spender)
    assert client.nonce(cpo.address) == 2
    assert client.nonce(emsp.address, Contract.PERMISSIONS) == 1
