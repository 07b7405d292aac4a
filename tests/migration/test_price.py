"""The predicted cost of an import is an upper bound, and a close one."""

import pytest

from ocn_registry import Address, Module, Node, Party, PartyId, Role, Service, migration
from ocn_registry.migration import SourceAgreement, SourceSnapshot
from ocn_registry.migration.price import price_of

FAR = "https://" + ("x" * 62 + ".") * 3 + "x" * 45 + ".node.example"


def address(index):
    return Address.from_bytes((0xABCDEF << 128 | index << 96 | 0x12345678).to_bytes(20, "big"))


def registry(taken, *, count, url, name, roles, modules, permissions):
    """Make a registry of entries that are all alike."""
    people = [address(index) for index in range(1, count + 1)]
    nodes = [Node(operator=who, domain=url.replace("x", "y", at)) for at, who in enumerate(people)]
    parties = [
        Party(
            address=who,
            id=PartyId("DE", f"{at:03}"),
            roles=roles,
            modules_sender=modules,
            modules_receiver=modules,
            operator=who,
            operator_domain=nodes[at].domain,
        )
        for at, who in enumerate(people)
    ]
    services = [
        Service(
            provider=party.address,
            id=party.id,
            name=name,
            url=party.operator_domain if name else "",
            permissions=permissions,
        )
        for party in parties
    ]
    return SourceSnapshot(
        chain_id=taken.chain_id,
        registry=taken.registry,
        permissions=taken.permissions,
        block=taken.block,
        nodes=tuple(nodes),
        parties=tuple(parties),
        services=tuple(services),
        agreements=tuple(
            SourceAgreement(
                user=user, provider=provider, permissions=permissions, changed_since=False
            )
            for user, provider in zip(people, reversed(people), strict=True)
        ),
        odd=(),
    )


@pytest.mark.parametrize("count", [1, 12])
@pytest.mark.parametrize(
    "entries",
    [
        {"url": "https://xxxxxxxxxxxx.a", "name": "", "roles": (Role.CPO,), "modules": ()},
        {"url": "https://" + "x" * 24, "name": "n" * 32, "roles": (Role.CPO,), "modules": ()},
        {"url": FAR, "name": "n" * 100, "roles": tuple(Role), "modules": tuple(Module)},
    ],
    ids=["short", "words", "long"],
)
@pytest.mark.parametrize("permissions", [(0,), tuple(range(17))], ids=["one", "all"])
def test_price_is_a_close_bound(new, owner, taken, count, entries, permissions):
    snapshot = registry(taken, count=count, permissions=permissions, **entries)
    planned = migration.plan_for(new, snapshot)
    assert planned.left_out == ()
    price = price_of(planned, 8_000_000)
    outcomes = migration.import_into(new, planned, signer=owner)
    paid = sum(outcome.gas_used for outcome in outcomes)
    assert paid <= price.gas <= paid * 13 // 10
    assert len(outcomes) == price.transactions
