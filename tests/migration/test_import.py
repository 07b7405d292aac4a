"""An import puts each planned entry on the chain once, in batches that fit."""

import asyncio

import pytest

from ocn_registry import (
    Address,
    Contract,
    KeySigner,
    Node,
    Party,
    PartyId,
    Role,
    WriteOptions,
    connect,
    connect_async,
    migration,
)
from ocn_registry import contract_errors as errors
from ocn_registry.deploy.devnet import Devnet
from ocn_registry.intents import ImportNodes, ImportParties
from ocn_registry.migration import Kind, NotAsPlanned, SourceSnapshot, What
from ocn_registry.migration.price import price_of
from ocn_registry.protocol.effects import Send


class Killed(BaseException):
    """Simulates the end of the process."""


@pytest.fixture
def planned(new, taken):
    return migration.plan_for(new, taken)


def killed_before(client, effects):
    """Kill a client after a number of effects."""
    perform, left = client.transport.perform, iter(range(effects))

    def counted(effect):
        if next(left, None) is None:
            raise Killed
        return perform(effect)

    client.transport.perform = counted


def test_all_entries_are_as_planned_in_the_order_of_the_old_lists(new, planned, owner, old, taken):
    seen = []
    outcomes = migration.import_into(new, planned, signer=owner, on_batch=seen.append)
    assert len(outcomes) == 4
    assert seen == list(outcomes)
    assert migration.differences(new, planned) == ()
    assert new.nodes() == planned.nodes
    assert new.parties() == planned.parties
    assert migration.import_into(new, planned, signer=owner) == ()
    closed = migration.close_import(new, planned, signer=owner)
    assert len(closed) == 2
    assert not new.owner.import_open(Contract.REGISTRY)
    assert not new.owner.import_open(Contract.PERMISSIONS)
    assert migration.close_import(new, planned, signer=owner) == ()
    # The registries differ only by what the plan lists.
    copy = migration.snapshot(new)
    kept = {party.address for party in copy.parties}
    same = [party for party in taken.parties if party.address in kept]
    unreachable = {party.address for party in planned.unreachable}
    for before, after in zip(same, copy.parties, strict=True):
        assert before == after or before.address in unreachable
    told = {one.subject for one in planned.left_out}
    for party in taken.parties:
        assert party.address in kept or f"{party.id} of {party.address}" in told


def test_killed_at_each_step_and_resumed_it_ends_the_same(devnet, planned, owner):
    def count():
        return int(devnet.request("eth_getTransactionCount", owner.address, "latest"), 16)

    def ending(effects):
        """Kill it after this many effects, run it again, and return the state of the chain."""
        here, before = devnet.request("evm_snapshot"), count()
        with connect(devnet.deployment()) as client:
            killed_before(client, effects)
            try:
                migration.import_into(client, planned, signer=owner)
                migration.close_import(client, planned, signer=owner)
                died = False
            except Killed:
                died = True
        with connect(devnet.deployment()) as client:
            migration.import_into(client, planned, signer=owner)
            migration.close_import(client, planned, signer=owner)
            stands = (
                client.nodes(),
                client.parties(),
                client.services(),
                [client.agreements(party.address) for party in planned.parties],
                [party.membership for party in client.parties()],
                client.owner.import_open(Contract.REGISTRY),
                client.owner.import_open(Contract.PERMISSIONS),
            )
        sent = count() - before
        devnet.request("evm_revert", here)
        return died, sent, stands

    died, sent, wanted = ending(10_000)
    assert not died
    assert sent == 6
    effects = 0
    while True:
        died, sent, stands = ending(effects)
        assert (sent, stands) == (6, wanted), effects
        if not died:
            break
        effects += 1
    assert effects > 40


def test_pending_transactions_are_not_sent_again(devnet, planned, owner):
    devnet.request("evm_setAutomine", False)
    with connect(devnet.deployment()) as client:
        perform = client.transport.perform

        def dies_after_sending(effect):
            answer = perform(effect)
            if isinstance(effect, Send):
                raise Killed
            return answer

        client.transport.perform = dies_after_sending
        with pytest.raises(Killed):
            migration.import_into(client, planned, signer=owner)
    devnet.request("evm_setIntervalMining", 1)
    with connect(devnet.deployment()) as client:
        outcomes = migration.import_into(client, planned, signer=owner)
        assert len(outcomes) == 3
        assert migration.differences(client, planned) == ()
    devnet.request("evm_setIntervalMining", 0)
    devnet.request("evm_setAutomine", True)


def test_batches_fit_the_gas_that_is_given(new, planned, owner):
    outcomes = migration.import_into(new, planned, signer=owner, max_gas=250_000)
    assert len(outcomes) > 4
    assert all(outcome.gas_used <= 250_000 for outcome in outcomes)
    assert migration.differences(new, planned) == ()


def many(count):
    operator = Address.from_bytes((1).to_bytes(20, "big"))
    return tuple(
        [
            Party(
                address=Address.from_bytes((7 << 64 | index + 10).to_bytes(20, "big")),
                id=PartyId("DE", f"{index:03}"),
                roles=(Role.CPO,),
                modules_sender=(),
                modules_receiver=(),
                operator=operator,
                operator_domain="https://node.example",
            )
            for index in range(count)
        ],
    )


def test_party_costs_at_most_80_000_gas_and_batches_fit_a_block(new, owner, taken):
    parties = many(250)
    snapshot = SourceSnapshot(
        chain_id=1,
        registry=taken.registry,
        permissions=taken.permissions,
        block=taken.block,
        nodes=(Node(operator=parties[0].operator, domain="https://node.example"),),
        parties=parties,
        services=(),
        agreements=(),
        odd=(),
    )
    planned = migration.plan_for(new, snapshot)
    price = price_of(planned, 8_000_000)
    # A batch never exceeds a block, whatever the option says.
    first, *outcomes = migration.import_into(new, planned, signer=owner, max_gas=100_000_000)
    assert price.transactions == 4
    paid = first.gas_used + sum(outcome.gas_used for outcome in outcomes)
    assert paid <= price.gas <= paid * 5 // 4
    assert sum(outcome.gas_used for outcome in outcomes) <= 80_000 * len(parties)
    assert max(outcome.gas_used for outcome in outcomes) <= 8_000_000
    assert len(outcomes) == 3
    assert migration.differences(new, planned) == ()


def test_differences_are_reported_and_nothing_is_closed(new, planned, owner, who):
    node, party = planned.nodes[0], planned.parties[0]
    new.send(
        ImportNodes(
            nodes=(
                Node(operator=node.operator, domain="https://other.example"),
                Node(operator=who.odd.address, domain="https://odd.example"),
            )
        ),
        ImportParties(parties=tuple(reversed(planned.parties[:2]))),
        signer=owner,
    )
    found = {(one.kind, one.subject, one.what) for one in migration.differences(new, planned)}
    assert {
        (Kind.NODE, node.operator, What.DIFFERENT),
        (Kind.NODE, who.odd.address, What.UNPLANNED),
        (Kind.NODE, planned.nodes[1].operator, What.MISSING),
        (Kind.PARTY, str(planned.parties[1].id), What.ORDER),
        (Kind.PARTY, str(party.id), What.DIFFERENT),
        (Kind.SERVICE, planned.services[0].provider, What.MISSING),
    } <= found
    migration.import_into(new, planned, signer=owner)
    with pytest.raises(NotAsPlanned, match=r"other\.example"):
        migration.close_import(new, planned, signer=owner)
    assert new.owner.import_open()
    assert not [one for one in migration.differences(new, planned) if one.what is What.MISSING]


def test_small_blocks_get_small_batches(devnet, new, planned, owner):
    devnet.request("evm_setBlockGasLimit", hex(300_000))
    devnet.request("evm_mine")
    outcomes = migration.import_into(new, planned, signer=owner)
    devnet.request("evm_setBlockGasLimit", hex(8_000_000))
    devnet.request("evm_mine")
    assert len(outcomes) > 4
    assert max(outcome.gas_used for outcome in outcomes) <= 300_000
    assert migration.differences(new, planned) == ()


def test_asynchronous_callers_migrate_too(devnet, taken, owner):
    async def migrated():
        async with connect_async(devnet.v1_deployment()) as old:
            copy = await migration.snapshot_async(old)
        async with connect_async(devnet.deployment()) as new:
            planned = migration.plan_for(new, copy)
            sent = await migration.import_into_async(new, planned, signer=owner)
            different = await migration.differences_async(new, planned)
            closed = await migration.close_import_async(new, planned, signer=owner)
            return copy, different, len(sent), len(closed)

    assert asyncio.run(migrated()) == (taken, (), 4, 2)


def test_only_the_owner_imports(new, planned, devnet):
    stranger = KeySigner.from_key(devnet.accounts[3].private_key)
    with pytest.raises(errors.OwnableUnauthorizedAccount):
        migration.import_into(new, planned, signer=stranger)


def test_transaction_that_stays_without_block_is_reported(devnet, new, planned, owner):
    devnet.request("evm_setAutomine", False)
    devnet.request(
        "eth_sendTransaction", {"from": owner.address, "to": owner.address, "value": "0x1"}
    )
    with pytest.raises(ValueError, match="not in a block yet"):
        migration.import_into(new, planned, signer=owner, options=WriteOptions(timeout_s=0.3))
    devnet.request("evm_setAutomine", True)
    devnet.request("evm_mine")


def test_snapshot_of_the_new_contracts_can_be_imported_again(devnet, new, planned, owner):
    migration.import_into(new, planned, signer=owner)
    copy = migration.snapshot(new)
    assert copy.odd == ()
    with Devnet(import_open=True) as other, connect(other.deployment()) as third:
        again = migration.plan_for(third, copy)
        assert again.left_out == ()
        migration.import_into(third, again, signer=owner)
        assert migration.differences(third, again) == ()
        moved = migration.snapshot(third)
    assert (moved.nodes, moved.parties) == (copy.nodes, copy.parties)
    assert (moved.services, moved.agreements) == (copy.services, copy.agreements)
