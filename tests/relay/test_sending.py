"""Each accepted request ends once, with the outcome on the chain."""

import time
from dataclasses import replace

import pytest

from ocn_registry import Contract, KeySigner, MoveAccount, SetController
from ocn_registry.errors import RpcUnavailable, TransportError
from ocn_registry.flows.batch import _Batch
from ocn_registry.protocol.effects import Arrival, Handover, Send
from ocn_registry.relay import store
from ocn_registry.relay.policy import Policy
from ocn_registry.relay.sender import RequestSender
from ocn_registry.relay.service import RelayService
from ocn_registry.transport.http_sync import HttpTransport


@pytest.fixture
def people():
    return [KeySigner.generate() for _ in range(6)]


@pytest.fixture
def policy(people):
    return Policy(allowed=frozenset(each.address for each in people))


@pytest.fixture
def accept(service, registration):
    def accept(account, party_id, **request):
        return service.intake.accept(registration(account, party_id, **request).to_json()).request

    return accept


def states(service):
    with service.database.transaction() as transaction:
        return store.counts(transaction)


def until_final(fresh, sender):
    """Run a round at the latest block, and another one at final blocks."""
    sender.round()
    fresh.request("anvil_mine", "0x14")
    sender.round()


def found(service, request):
    with service.database.transaction() as transaction:
        return store.find(transaction, request.id)


def test_requests_of_many_people_go_in_one_transaction(service, sender, accept, people, registry):
    requests = [accept(each, f"AA{place}") for place, each in enumerate(people)]
    assert sender.round()
    told = [found(service, each) for each in requests]
    assert {each.tx_hash for each in told} == {told[0].tx_hash}
    assert states(service) == {"mined": 6}
    assert len(registry.parties()) == 6
    assert told[0].gas_used < 120_000


def test_mined_requests_are_done_once_their_block_is_final(service, sender, accept, people, fresh):
    request = accept(people[0], "AAA")
    sender.round()
    fresh.request("anvil_mine", "0x20")
    service.cache.refresh()
    sender.round()
    assert found(service, request).state == "done"


def test_a_controller_is_named_and_moves_the_account_and_the_relay_pays(
    service, sender, accept, people, registry
):
    """Neither key has money, and each signs on its own machine."""
    party, cold, new = people[0], KeySigner.generate(), KeySigner.generate()
    accept(party, "AAA")
    sender.round()
    named = registry.sign(SetController(controller=cold.address), party).accept(cold)
    request = service.intake.accept(named.to_json()).request
    sender.round()
    assert found(service, request).state == "mined"
    assert registry.controller_of(party.address) == cold.address
    move = registry.prepare(MoveAccount(new_account=new.address), party.address)
    whole = move.sign(cold, as_controller=True).accept(new)
    request = service.intake.accept(whole.to_json()).request
    sender.round()
    assert found(service, request).state == "mined"
    assert registry.party("DE", "AAA").address == new.address
    assert registry.controller_of(new.address) == cold.address


def test_request_that_another_spender_sent_is_superseded(
    service, sender, accept, people, registry, registration, fresh
):
    request = accept(people[0], "AAA")
    signed = service.client.read_signed_request(request.document)
    registry.submit(signed, spender=KeySigner.from_key(fresh.accounts[2].private_key))
    sender.round()
    assert found(service, request).state == "accepted"  # the block may still be replaced
    until_final(fresh, sender)
    assert found(service, request).state == "superseded"


def test_request_that_waited_too_long_is_expired_and_costs_nothing(
    service, sender, accept, people, fresh
):
    request = accept(people[0], "AAA", deadline_unix_s=int(time.time()) + 600)
    fresh.request("evm_increaseTime", 3600)
    fresh.request("evm_mine")
    before = fresh.request("eth_getTransactionCount", service.spender.address, "latest")
    until_final(fresh, sender)
    assert found(service, request).state == "expired"
    assert fresh.request("eth_getTransactionCount", service.spender.address, "latest") == before


def test_request_that_became_invalid_is_left_out_of_the_batch(
    service, sender, accept, people, registry, operator, fresh
):
    bad, good, other = accept(people[0], "AAA"), accept(people[1], "BBB"), accept(people[2], "CCC")
    thief = KeySigner.from_key(fresh.accounts[4].private_key)
    registry.set_party("DE", "AAA", [0], operator.address, signer=thief)
    sender.round()
    assert {found(service, good).state, found(service, other).state} == {"mined"}
    until_final(fresh, sender)
    assert found(service, bad).state == "failed"
    assert "DE AAA" in found(service, bad).error or "held" in found(service, bad).error
    assert {found(service, good).state, found(service, other).state} == {"done"}


def test_requests_of_one_account_are_sent_in_the_order_of_their_nonces(
    service, sender, accept, people, registry
):
    for nonce, name in enumerate(["AAA", "BBB", "CCC"]):
        accept(people[0], name, nonce=nonce)
    sender.round()
    sender.round()
    assert states(service) == {"mined": 3}
    assert registry.nonce(people[0].address, Contract.REGISTRY) == 3


def test_next_process_settles_unfinished_requests_without_paying_again(
    config, service, sender, accept, people, registry, fresh
):
    """The process dies after sending the transaction, before it knows the outcome."""
    request = accept(people[0], "AAA")

    class Died(BaseException):
        pass

    def die(*_):
        raise Died

    sender._settler.landed = die
    with pytest.raises(Died):
        sender.send()
    assert found(service, request).state == "sent"
    service.journal.close()
    count = fresh.request("eth_getTransactionCount", service.spender.address, "latest")
    after = RelayService(config)
    RequestSender(after).round()
    assert found(after, request).state == "mined"
    assert fresh.request("eth_getTransactionCount", after.spender.address, "latest") == count
    after.close()


def test_paused_relay_sends_nothing(service, sender, accept, people):
    accept(people[0], "AAA")
    with service.database.transaction() as transaction:
        store.pause(transaction, paused=True)
    assert not sender.round()
    assert states(service) == {"accepted": 1}


def test_replaced_block_is_noticed_and_the_request_mined_again(
    service, sender, accept, people, fresh, registry
):
    snapshot = fresh.request("evm_snapshot")
    request = accept(people[0], "AAA")
    sender.round()
    assert found(service, request).state == "mined"
    fresh.request("evm_revert", snapshot)
    fresh.request("anvil_mine", "0x2")
    assert registry.party("DE", "AAA") is None
    for _ in range(3):
        sender.round()
    assert found(service, request).state == "mined"
    assert registry.party("DE", "AAA").address == people[0].address


@pytest.fixture
def rival(config):
    """Another process that sends requests one by one, with the same spender and database."""
    service = RelayService(replace(config, batch=1))
    yield RequestSender(service)
    service.close()


def test_error_of_a_left_out_request_is_not_given_to_others(
    service, sender, accept, people, registry, fresh
):
    requests = [accept(each, f"AA{place}") for place, each in enumerate(people[:4])]
    for used in requests[1:3]:
        signed = service.client.read_signed_request(used.document)
        registry.submit(signed, spender=KeySigner.from_key(fresh.accounts[2].private_key))
    sender.round()
    sent = [found(service, requests[0]), found(service, requests[3])]
    assert [(one.state, one.error) for one in sent] == [("mined", None)] * 2


@pytest.mark.parametrize("moment", ["sent_before", "look"])
def test_error_of_a_request_sent_by_a_rival_is_not_given_to_others(
    service, sender, rival, accept, people, monkeypatch, moment
):
    """Two senders select the same request; the quicker one sends only that."""
    rows = [accept(each, f"AA{place}") for place, each in enumerate(people[:4])]
    step = getattr(_Batch, moment)

    def step_and_rival(batch):
        yield from step(batch)
        monkeypatch.setattr(_Batch, moment, step)
        rival.send()

    monkeypatch.setattr(_Batch, moment, step_and_rival)
    sender.send()
    rows = [found(service, one) for one in rows]
    assert [(one.state, one.error) for one in rows] == [("mined", None)] * 4
    assert len({one.tx_hash for one in rows}) == 2


def test_transaction_that_could_not_be_handed_over_stays_in_the_journal(
    service, sender, rival, accept, people, registry, fresh, monkeypatch
):
    """A rival may have sent the same bytes, so they are not signed again with another number."""
    request = accept(people[0], "AAA")
    perform = HttpTransport.perform

    def unsent(transport, effect):
        if isinstance(effect, Send):
            fresh.request("eth_sendRawTransaction", "0x" + effect.transaction.raw.hex())
            return Handover(arrival=Arrival.UNSENT, error=RpcUnavailable("the node is away"))
        return perform(transport, effect)

    before = fresh.request("eth_getTransactionCount", service.spender.address, "latest")
    with monkeypatch.context() as patch:
        patch.setattr(HttpTransport, "perform", unsent)
        with pytest.raises(RpcUnavailable):
            sender.send()
    assert found(service, request).state == "sent"
    for _ in range(2):
        rival.round()
    row = found(service, request)
    assert (row.state, row.error) == ("mined", None)
    after = fresh.request("eth_getTransactionCount", service.spender.address, "latest")
    assert int(after, 16) == int(before, 16) + 1


def test_request_refused_in_a_replaced_block_is_sent_again(
    service, sender, accept, people, registry, fresh
):
    request = accept(people[0], "AAA")
    snapshot = fresh.request("evm_snapshot")
    signed = service.client.read_signed_request(request.document)
    registry.submit(signed, spender=KeySigner.from_key(fresh.accounts[2].private_key))
    sender.round()
    fresh.request("evm_revert", snapshot)
    fresh.request("anvil_mine", "0x15")
    sender.round()
    assert found(service, request).state == "accepted"
    sender.round()
    assert found(service, request).state == "mined"
    assert registry.party("DE", "AAA").address == people[0].address


def test_outcome_is_that_of_the_final_block(
    service, sender, accept, people, registry, operator, fresh
):
    """The same transaction takes effect in a replaced block, and is too late in the final one."""
    requests = [accept(each, f"AA{place}") for place, each in enumerate(people[:2])]
    snapshot = fresh.request("evm_snapshot")
    sender.round()
    rows = [found(service, one) for one in requests]
    assert [(one.state, one.error) for one in rows] == [("mined", None)] * 2
    raw = service.journal.find(registry.deployment.chain_id, rows[0].tx_hash).attempts[0].raw
    fresh.request("evm_revert", snapshot)
    thief = KeySigner.from_key(fresh.accounts[4].private_key)
    registry.set_party("DE", "AA0", [0], operator.address, signer=thief)
    fresh.request("eth_sendRawTransaction", "0x" + raw.hex())
    fresh.request("anvil_mine", "0x14")
    sender.round()
    rows = [found(service, one) for one in requests]
    assert [one.state for one in rows] == ["failed", "done"]
    assert "'AA0'" in rows[0].error


def test_early_requests_do_not_block_others(service, sender, accept, people, fresh):
    """The first of an account's requests is withdrawn; later ones wait without blocking others."""
    service.config = replace(service.config, batch=2)
    small = RequestSender(service)
    first, *stuck = [accept(people[0], f"AA{nonce}", nonce=nonce) for nonce in range(4)]
    good = accept(people[1], "GUD")
    with service.database.transaction() as transaction:
        store.move(transaction, first.id, "withdrawn", since=("accepted",))
    while small.round():
        pass
    assert found(service, good).state == "mined"
    assert {found(service, one).state for one in stuck} == {"accepted"}
    again = accept(people[0], "BBB", nonce=0)
    for _ in range(4):
        fresh.request("evm_mine")
        while small.round():
            pass
    assert {found(service, one).state for one in (again, *stuck)} == {"mined"}


def test_two_spenders_share_waiting_requests(config, accept, people, fresh, monkeypatch):
    """Both select the same requests; the slower one takes the next ones instead."""
    monkeypatch.setenv("OTHER_SPENDER", fresh.accounts[6].private_key)
    rows = [accept(each, f"AA{place}") for place, each in enumerate(people)]
    services = [
        RelayService(replace(config, batch=3, spender=key))
        for key in ("env:RELAY_SPENDER", "env:OTHER_SPENDER")
    ]
    quick, slow = [RequestSender(each) for each in services]
    look = _Batch.look

    def look_slowly(batch):
        yield from look(batch)
        monkeypatch.setattr(_Batch, "look", look)
        quick.round()

    monkeypatch.setattr(_Batch, "look", look_slowly)
    while slow.round():
        pass
    told = [found(services[0], one) for one in rows]
    assert [(one.state, one.error) for one in told] == [("mined", None)] * 6
    senders = [
        fresh.request("eth_getTransactionByHash", one)["from"]
        for one in {one.tx_hash for one in told}
    ]
    assert len(set(senders)) == 2
    for each in services:
        each.close()


def test_second_process_with_the_same_spender_is_a_standby(
    service, sender, rival, accept, people, config
):
    request = accept(people[0], "AAA")
    chain_id, account = config.deployment.chain_id, service.spender_address.lower()
    held = service.database.lock(f"round-{chain_id}-{account}")
    assert not rival.round()
    assert found(service, request).state == "accepted"
    held.release()
    assert rival.round()
    assert found(service, request).state == "mined"


def test_request_waits_while_the_node_has_lost_the_contract(
    service, sender, accept, people, registry, fresh
):
    """A fault of a node does not count against a request."""
    request = accept(people[0], "AAA")
    contract = registry.deployment.registry
    code = fresh.request("eth_getCode", contract, "latest")
    fresh.request("anvil_setCode", contract, "0x")
    with pytest.raises(TransportError):
        sender.round()
    assert found(service, request).state == "accepted"
    fresh.request("anvil_setCode", contract, code)
    sender.round()
    assert found(service, request).state == "mined"


def test_unreadable_document_does_not_block_others(service, sender, accept, people):
    bad, good = accept(people[0], "AAA"), accept(people[1], "BBB")
    with service.database.transaction() as transaction:
        transaction.run("UPDATE request SET document = '{}' WHERE id = ?", bad.id)
    sender.round()
    assert found(service, bad).state == "failed"
    assert found(service, good).state == "mined"
