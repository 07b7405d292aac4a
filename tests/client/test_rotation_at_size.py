"""A party with everything that a party can have, and an operator with many parties, change keys."""

import pytest

from ocn_registry import (
    CreateAgreement,
    KeySigner,
    PartyId,
    RegistryCache,
    Role,
    SetNode,
    SetParty,
    SetService,
    WantedParty,
)

ATTACHED, AGREEMENTS, IN_ONE = 1_000, 50, 50
MOST_GAS = 200_000
IDS = [PartyId("FR", one) for one in ("AAA", "BBB", "CCC")]


@pytest.fixture(params=["v3"])
def deployment(fresh):
    return fresh.deployment()


@pytest.fixture(params=["sync"])
def way(request):
    return request.param


def test_a_key_with_many_entries_is_rotated_in_one_transaction(client, listed_node, spender):
    old, new = KeySigner.generate(), KeySigner.generate()

    def submit(pairs):
        for start in range(0, len(pairs), IN_ONE):
            group = [
                client.sign(intent, signer) for intent, signer in pairs[start : start + IN_ONE]
            ]
            assert client.submit(*group, spender=spender).failed == ()

    wanted = [
        WantedParty(
            country_code=one.country_code,
            party_id=one.party_id,
            roles=[Role.CPO],
            operator=listed_node.address,
        )
        for one in IDS
    ]
    client.ensure.parties(wanted, signer=old, spender=spender)
    submit([(SetNode(domain="https://moving.example"), old)])
    attached = [KeySigner.generate() for _ in range(ATTACHED)]
    ids = [f"{number:03}" for number in range(ATTACHED)]
    parties = [
        SetParty(country_code="DE", party_id=one, roles=[Role.EMSP], operator=old.address)
        for one in ids
    ]
    submit(list(zip(parties, attached, strict=True)))
    submit([(SetService(permissions=[1]), signer) for signer in (old, *attached[:AGREEMENTS])])
    submit(
        [
            *[
                (CreateAgreement(provider=old.address, permissions=[1]), user)
                for user in attached[:1]
            ],
        ],
    )
    for provider in attached[:AGREEMENTS]:
        agreed = CreateAgreement(provider=provider.address, permissions=[1])
        submit([(agreed, old)])

    def answers(source):
        routes = [source.route("DE", one).domain for one in ids]
        routes += [source.route(one.country_code, one.party_id).domain for one in IDS]
        return routes

    with RegistryCache(client) as cache:
        cache.refresh()
        before = client.identity.holdings(old.address)
        routes = answers(cache)
        moved = client.identity.rotate(new, signer=old, spender=spender)
        assert moved.outcome.gas_used < MOST_GAS
        assert moved.outcome.parts == ()
        cache.refresh()
        after = client.identity.holdings(new.address)
        assert [one.id for one in after.parties] == [one.id for one in before.parties]
        assert len(after.agreements) == len(before.agreements) == AGREEMENTS
        assert {one.provider for one in after.agreements} == {
            one.provider for one in before.agreements
        }
        assert after.service.permissions == before.service.permissions
        assert client.agreement(attached[0].address, new.address).active
        assert answers(cache) == answers(client) == routes
        assert {one.operator for one in cache.parties(operator=new.address)} == {new.address}
        assert len(cache.parties(operator=new.address)) == ATTACHED
        assert cache.parties(operator=old.address) == ()
        assert len(cache.agreements(new.address)) == AGREEMENTS
