"""Withdrawing a request, following a relay, and the sender's handling of both."""

import itertools
import json

import pytest

from ocn_registry import Contract, KeySigner, RelayRefused
from ocn_registry.relay import client, store
from ocn_registry.relay.event_stream import RelayUnavailable, read_events
from ocn_registry.relay.intake import digest_of_key
from ocn_registry.relay.policy import Policy


@pytest.fixture
def policy(party):
    return Policy(allowed=frozenset([party.address]))


def refusal(call, *args, **named):
    with pytest.raises(RelayRefused) as caught:
        call(*args, **named)
    return caught.value.code


def test_withdrawn_request_is_not_sent_and_frees_its_nonce(
    relay, registration, registry, party, sender
):
    first = relay.submit(registration(party, nonce=0))
    gone = relay.withdraw(first.id, deployment=registry.deployment, signer=party)
    assert gone.state == "withdrawn"
    assert relay.withdraw(first.id, deployment=registry.deployment, signer=party) == gone
    assert not sender.round()
    second = relay.submit(registration(party, "XYZ", nonce=0))
    sender.round()
    assert relay.request(second.id).state == "mined"
    assert registry.party("DE", "ABC") is None


def test_only_the_key_that_signed_a_request_withdraws_it(relay, registration, registry, party):
    request = relay.submit(registration(party))
    stranger = KeySigner.generate()
    deployment = registry.deployment
    assert (
        refusal(relay.withdraw, request.id, deployment=deployment, signer=stranger)
        == "signature_mismatch"
    )
    assert refusal(relay.withdraw, request.id, deployment=deployment) == "invalid_request"
    other = "0x" + "22" * 32
    assert refusal(relay.withdraw, other, deployment=deployment, signer=party) == "not_found"
    assert relay.request(request.id).state == "accepted"


def test_request_that_was_sent_is_not_withdrawn(relay, registration, registry, party, sender):
    request = relay.submit(registration(party))
    sender.round()
    code = refusal(relay.withdraw, request.id, deployment=registry.deployment, signer=party)
    assert code == "not_waiting"
    assert relay.request(request.id).state == "mined"


def test_api_key_withdraws_what_it_sponsored_and_nothing_else(
    service, url, registration, registry, party
):
    from ocn_registry import RelayClient  # noqa: PLC0415 - with a key

    with service.database.transaction() as transaction:
        for name in ("shop", "other"):
            transaction.run(
                "INSERT INTO api_key (name, digest, requests_per_day, revoked) VALUES (?, ?, 5, 0)",
                name,
                digest_of_key(name),
            )
    with RelayClient(url, key="shop") as shop, RelayClient(url, key="other") as other:
        request = shop.submit(registration(KeySigner.generate()))
        deployment = registry.deployment
        assert refusal(other.withdraw, request.id, deployment=deployment) == "not_sponsored"
        assert shop.withdraw(request.id, deployment=deployment).state == "withdrawn"


def test_request_withdrawn_while_it_is_selected_is_not_sent(
    service, sender, relay, registration, registry, party, fresh
):
    request = relay.submit(registration(party))
    real = service.client.read_signed_request

    def withdrawn_meanwhile(text):
        with service.database.transaction() as transaction:
            store.move(transaction, request.id, "withdrawn", since=("accepted",))
        return real(text)

    service.client.read_signed_request = withdrawn_meanwhile
    before = fresh.request("eth_getTransactionCount", service.spender.address, "pending")
    sender.round()
    assert fresh.request("eth_getTransactionCount", service.spender.address, "pending") == before
    assert relay.request(request.id).state == "withdrawn"


def test_follower_sees_requests_and_the_registry_change_and_resumes(
    service, sender, relay, registration, party
):
    service.cache.refresh()
    events = relay.follow()
    assert next(events).kind == "block"
    request = relay.submit(registration(party))
    seen = []
    for event in events:
        seen.append(event)
        if event.kind == "request" and event.data["state"] == "accepted":
            sender.round()
            service.cache.refresh()
        if {"mined", "registry"} <= {str(one.data.get("state", one.kind)) for one in seen}:
            break
    events.close()
    states = [one.data["state"] for one in seen if one.kind == "request"]
    assert states == ["accepted", "sent", "mined"]
    change = next(one for one in seen if one.kind == "registry").data["changes"][0]
    assert (change["change"], change["address"]) == ("PartySet", party.address)
    first = next(one for one in seen if one.kind == "request")
    again = list(itertools.islice(relay.follow(after=first.id), 4))
    result = [one.data["state"] for one in again if one.kind == "request"]
    assert result == ["sent", "mined"]
    assert {one.data["request"] for one in seen if one.kind == "request"} == {request.id}


def test_follower_that_missed_too_much_is_told_to_reload(service, relay):
    service.cache.refresh()
    kinds = [one.kind for one in itertools.islice(relay.follow(after="0-1.deadbeef"), 2)]
    assert "reload" in kinds


@pytest.mark.parametrize("stream", [b"data: [\n\n", b"data: 5\n\n", b"x" * (1 << 21)])
def test_stream_of_another_server_is_refused(stream):
    with pytest.raises(RelayUnavailable):
        list(read_events([stream]))


def test_request_signed_by_a_controlling_key_needs_no_contract_wallet(
    service, relay, registry, registration, operator, party, fresh, sender
):
    """An account controlled by a key is not a contract wallet."""
    from ocn_registry import SetController, SetParty  # noqa: PLC0415 - one use

    controller = KeySigner.generate()
    request = registry.prepare(SetController(controller=controller.address), party.address)
    signed = request.accept(controller).sign(party)
    registry.submit(signed, spender=KeySigner.from_key(fresh.accounts[2].private_key))
    intent = SetParty(country_code="DE", party_id="ABC", roles=[0], operator=operator.address)
    by_controller = registry.sign(intent, controller, account=party.address)
    accepted = relay.submit(by_controller)
    sender.round()
    assert relay.request(accepted.id).state == "mined"
    assert registry.nonce(party.address, Contract.REGISTRY) > 0


def test_stuck_transaction_is_repriced_and_settles_under_either_hash(
    service, sender, relay, registration, party, fresh, monkeypatch
):
    from ocn_registry.relay import settling as module  # noqa: PLC0415 - its patience

    monkeypatch.setattr(module, "_PATIENCE_S", 0.3)
    request = relay.submit(registration(party))
    fresh.request("evm_setAutomine", False)
    try:
        with pytest.raises(Exception, match="outcome is not known"):
            sender.round()
        first = relay.request(request.id).tx_hash
        with pytest.raises(Exception, match="outcome is not known"):
            sender.round()
        # Blocks without it follow.
        raw = fresh.request("anvil_dropTransaction", first)
        assert raw == first
        fresh.request("anvil_setNextBlockBaseFeePerGas", "0x14")
        for _ in range(7):
            fresh.request("evm_mine")
            fresh.request("anvil_dropTransaction", first)
        with pytest.raises(Exception, match="outcome is not known"):
            sender.round()
        second = relay.request(request.id).tx_hash
        assert second != first
        fresh.request("evm_mine")
        sender.round()
        found = relay.request(request.id)
        assert (found.state, found.tx_hash) == ("mined", second)
    finally:
        fresh.request("evm_setAutomine", True)
    with service.database.transaction() as transaction:
        assert transaction.run("SELECT count(*) FROM entry")[0][0] == 1
        assert transaction.run("SELECT count(*) FROM attempt")[0][0] == 2


def test_two_senders_can_not_take_the_same_request(
    service, config, sender, relay, registration, party, fresh, monkeypatch
):
    """Both have selected the same request; the database lets one of them commit."""
    from dataclasses import replace  # noqa: PLC0415 - one use

    from ocn_registry.relay.sender import RequestSender  # noqa: PLC0415 - the same
    from ocn_registry.relay.service import RelayService  # noqa: PLC0415 - the same

    relay.submit(registration(party))
    monkeypatch.setenv("OTHER_SPENDER", fresh.accounts[8].private_key)
    other = RelayService(replace(config, spender="env:OTHER_SPENDER"))
    real = other.client.read_signed_request

    def first_sends(text):
        sender.round()
        return real(text)

    other.client.read_signed_request = first_sends
    try:
        before = fresh.request("eth_getTransactionCount", other.spender.address, "latest")
        RequestSender(other).send()
        assert fresh.request("eth_getTransactionCount", other.spender.address, "latest") == before
    finally:
        other.close()


def test_withdrawal_can_not_be_mistaken_for_a_request(registry, party):
    from ocn_registry.relay.documents import withdrawal  # noqa: PLC0415 - one use

    document = withdrawal(registry.deployment, "0x" + "11" * 32).document()
    assert document["domain"]["name"] == "OCN Relay"
    with pytest.raises(Exception, match="request"):
        registry.read_request(json.dumps(document))


@pytest.mark.parametrize(
    "bad",
    [{"id": "\x1b[2J"}, {"id": "0x12\naccepted"}, {"transaction": "\x1b[2J"}, {"state": "\x1b[2J"}],
)
def test_id_from_a_relay_has_to_be_a_hash(bad):
    answer = {"id": "0x" + "12" * 32, "state": "sent", "transaction": "0x" + "34" * 32}
    assert client._request(answer).tx_hash == answer["transaction"]
    with pytest.raises(RelayUnavailable):
        client._request(answer | bad)
