"""The registry goes to a Safe or to a key in two steps, and each step is checked."""

import json

import pytest
from eth_account import Account
from heirs import DELAY_S, execute, pass_time, safe_of, timelock

from ocn_registry import KeySigner
from ocn_registry.deploy.devnet import Devnet
from ocn_registry.deploy.handover import NotHandedOver, accept, accepted, offer, safe_file
from ocn_registry.deploy.timelock import OperationStage, acceptance, schedule, schedule_file
from ocn_registry.deploy.timelock import execute as execute_in
from ocn_registry.errors import InvalidInput, UnsupportedByDialect
from ocn_registry.flows.options import WriteOptions
from ocn_registry.protocol.effects import run
from ocn_registry.transport.http_sync import HttpTransport

OPTIONS = WriteOptions()


@pytest.fixture
def safe_owners():
    return sorted((Account.create() for _ in range(3)), key=lambda one: int(one.address, 16))


@pytest.fixture
def safe(fresh, safe_owners):
    return safe_of(fresh, safe_owners)


@pytest.fixture
def owner(fresh):
    return KeySigner.from_key(fresh.accounts[0].private_key)


@pytest.fixture
def deployment(fresh):
    return fresh.deployment()


def test_safe_accepts_by_the_file(fresh, transport, deployment, owner, safe, safe_owners):
    run(offer(deployment, safe, owner, OPTIONS), transport.perform)
    with pytest.raises(NotHandedOver, match="offered to"):
        run(accepted(deployment, safe), transport.perform)
    text = run(safe_file(deployment, safe), transport.perform)
    content = json.loads(text)
    assert (content["version"], content["chainId"]) == ("1.0", "73799")
    assert content["transactions"][0]["to"] == deployment.registry
    assert execute(fresh, safe, safe_owners[:2], text)["status"] == "0x1"
    run(accepted(deployment, safe), transport.perform)


def test_key_accepts_if_that_was_allowed(fresh, transport, deployment, owner):
    heir = KeySigner.from_key(fresh.accounts[1].private_key)
    with pytest.raises(InvalidInput, match="no code"):
        run(offer(deployment, heir.address, owner, OPTIONS), transport.perform)
    with pytest.raises(NotHandedOver, match="offer it first"):
        run(accept(deployment, heir, OPTIONS), transport.perform)
    run(offer(deployment, heir.address, owner, OPTIONS, without_code=True), transport.perform)
    run(accept(deployment, heir, OPTIONS), transport.perform)
    run(accepted(deployment, heir.address), transport.perform)
    with pytest.raises(NotHandedOver, match="can't offer it"):
        run(offer(deployment, deployment.permissions, owner, OPTIONS), transport.perform)


def test_file_is_for_the_safe_that_it_was_offered_to(transport, deployment, owner, safe):
    with pytest.raises(NotHandedOver, match="offer it first"):
        run(safe_file(deployment, safe), transport.perform)
    run(offer(deployment, safe, owner, OPTIONS), transport.perform)
    with pytest.raises(NotHandedOver):
        run(safe_file(deployment, deployment.permissions), transport.perform)


@pytest.fixture
def proposer(fresh):
    return KeySigner.from_key(fresh.accounts[2].private_key)


@pytest.fixture
def anybody(fresh):
    return KeySigner.from_key(fresh.accounts[3].private_key)


def test_timelock_accepts_after_its_delay(fresh, transport, deployment, owner, proposer, anybody):
    made, do = timelock(fresh, proposer.address), transport.perform
    run(offer(deployment, made, owner, OPTIONS), do)
    before = run(acceptance(deployment, made), do)
    assert (before.stage, before.ready_unix_s, before.min_delay_s) == (
        OperationStage.UNSET,
        None,
        DELAY_S,
    )
    scheduled = run(schedule(deployment, made, proposer, OPTIONS), do)
    waiting = run(acceptance(deployment, made), do)
    assert waiting.stage is OperationStage.WAITING
    assert waiting.ready_unix_s == scheduled.block.timestamp_unix_s + DELAY_S
    with pytest.raises(NotHandedOver, match=f"is waiting, and is ready at {waiting.ready_unix_s}"):
        run(execute_in(deployment, made, anybody, OPTIONS), do)
    pass_time(fresh, DELAY_S)
    assert run(acceptance(deployment, made), do).stage is OperationStage.READY
    with pytest.raises(NotHandedOver):
        run(accepted(deployment, made), do)
    run(execute_in(deployment, made, anybody, OPTIONS), do)
    run(accepted(deployment, made), do)
    after = run(acceptance(deployment, made), do)
    assert (after.stage, after.ready_unix_s) == (OperationStage.DONE, None)
    with pytest.raises(NotHandedOver, match="is done"):
        run(execute_in(deployment, made, anybody, OPTIONS), do)


def test_timelock_obeys_only_its_own_roles(fresh, transport, deployment, owner, proposer, anybody):
    made, do = timelock(fresh, proposer.address, proposer.address), transport.perform
    with pytest.raises(NotHandedOver, match="offer it first"):
        run(schedule(deployment, made, proposer, OPTIONS), do)
    run(offer(deployment, made, owner, OPTIONS), do)
    with pytest.raises(NotHandedOver, match="is not one of the proposers of the timelock"):
        run(schedule(deployment, made, anybody, OPTIONS), do)
    with pytest.raises(InvalidInput, match=f"use at least {DELAY_S} s"):
        run(schedule(deployment, made, proposer, OPTIONS, delay_s=DELAY_S - 1), do)
    run(schedule(deployment, made, proposer, OPTIONS, delay_s=2 * DELAY_S), do)
    with pytest.raises(NotHandedOver, match="is waiting already"):
        run(schedule(deployment, made, proposer, OPTIONS), do)
    run(schedule(deployment, made, proposer, OPTIONS, salt=1), do)
    pass_time(fresh, DELAY_S)
    with pytest.raises(NotHandedOver, match="is not one of the executors"):
        run(execute_in(deployment, made, anybody, OPTIONS, salt=1), do)
    run(execute_in(deployment, made, proposer, OPTIONS, salt=1), do)
    run(accepted(deployment, made), do)


def test_safe_proposes_to_a_timelock_by_a_file(
    fresh, transport, deployment, owner, safe, safe_owners, anybody
):
    made, do = timelock(fresh, safe), transport.perform
    run(offer(deployment, made, owner, OPTIONS), do)
    with pytest.raises(NotHandedOver, match="is not one of the proposers"):
        run(schedule_file(deployment, made, owner.address), do)
    text = run(schedule_file(deployment, made, safe), do)
    assert execute(fresh, safe, safe_owners[:2], text)["status"] == "0x1"
    pass_time(fresh, DELAY_S)
    run(execute_in(deployment, made, anybody, OPTIONS), do)
    run(accepted(deployment, made), do)


def test_withdrawn_offer_ends_the_scheduled_acceptance(
    fresh, transport, deployment, owner, proposer, anybody
):
    made, do = timelock(fresh, proposer.address), transport.perform
    run(offer(deployment, made, owner, OPTIONS), do)
    run(schedule(deployment, made, proposer, OPTIONS), do)
    run(offer(deployment, deployment.permissions, owner, OPTIONS), do)
    pass_time(fresh, DELAY_S)
    with pytest.raises(NotHandedOver, match="offer it first"):
        run(execute_in(deployment, made, anybody, OPTIONS), do)


def test_contracts_that_transfer_in_one_step_are_offered_to_nobody():
    with Devnet(with_v1=True) as devnet:
        here = devnet.v1_deployment()
        signer = KeySigner.from_key(devnet.accounts[0].private_key)
        before = devnet.request("eth_blockNumber")
        steps = offer(here, here.permissions, signer, OPTIONS)
        with pytest.raises(UnsupportedByDialect):
            run(steps, HttpTransport([devnet.rpc_url]).perform)
        assert devnet.request("eth_blockNumber") == before
