"""The API's answers: each code, on both databases, with a real chain."""

import json
import socket
import time
from types import SimpleNamespace

import jsonschema
import pytest
import urllib3
from served_relay import serving

from ocn_registry import AcceptAccount, InvalidateNonce, KeySigner, MoveAccount
from ocn_registry.dialects import dialect_of
from ocn_registry.models import Contract
from ocn_registry.registry_api.problems import CODES
from ocn_registry.relay import store
from ocn_registry.relay.client import RelayRefused
from ocn_registry.relay.documents import Voucher, receipt_signer
from ocn_registry.relay.policy import Policy
from ocn_registry.relay.sessions import DatabaseError

HTTP = urllib3.PoolManager(retries=False)


def ask(url, path, body=None, method=None, **headers):
    content = body if isinstance(body, (bytes, type(None))) else json.dumps(body).encode()
    reply = HTTP.request(
        method or ("GET" if body is None else "POST"), url + path, body=content, headers=headers
    )
    told = json.loads(reply.data) if reply.data else None
    return reply.status, told


def refusal(call, *args, **named):
    with pytest.raises(RelayRefused) as caught:
        call(*args, **named)
    return caught.value


@pytest.fixture
def policy(party):
    return Policy(allowed=frozenset([party.address]))


def test_accepted_request_gets_a_signed_receipt(service, url, registration, party, registry):
    signed = registration(party)
    status, told = ask(url, "/v1/requests", signed.document())
    assert (status, told["state"]) == (202, "accepted")
    assert receipt_signer(registry.deployment, told["receipt"]) == service.receipt_signer.address
    assert told["receipt"]["request"] == told["id"]


def test_same_document_again_is_the_same_request(url, registration, party):
    signed = registration(party)
    first = ask(url, "/v1/requests", signed.document())
    again = ask(url, "/v1/requests", signed.document())
    assert (first[0], again[0]) == (202, 200)
    assert first[1]["id"] == again[1]["id"]


def test_request_of_a_stranger_is_refused_with_advice(relay, registration):
    error = refusal(relay.submit, registration(KeySigner.generate()))
    assert (error.code, error.status) == ("not_sponsored", 403)
    assert "voucher" in str(error)


def test_leaving_is_sponsored_for_everybody_within_its_limit(relay, registry, fresh, operator):
    stranger = KeySigner.from_key(fresh.accounts[5].private_key)
    cancel = InvalidateNonce(contract=Contract.REGISTRY, new_nonce=1)
    assert relay.submit(registry.sign(cancel, stranger)).state == "accepted"


def test_voucher_of_an_operator_sponsors_the_named_account(
    relay, registry, registration, operator, party
):
    stranger = KeySigner.generate()
    signed = registration(stranger, "XYZ")
    good = {"requests": 1, "deadline_unix_s": int(time.time()) + 600}
    for account, signer, changes in (
        (party.address, operator, {}),
        (stranger.address, stranger, {}),
        (stranger.address, operator, {"deadline_unix_s": 1}),
    ):
        voucher = Voucher.sign(registry.deployment, account, signer=signer, **good | changes)
        assert refusal(relay.submit, signed, voucher=voucher).code == "not_sponsored"
    voucher = Voucher.sign(registry.deployment, stranger.address, signer=operator, **good)
    assert relay.submit(signed, voucher=voucher).sponsor == f"voucher:{operator.address}"


def test_voucher_of_a_controlled_operator_is_signed_by_the_controller(
    relay, registry, registration, operator
):
    controller, stranger = KeySigner.generate(), KeySigner.generate()
    good = {"requests": 2, "deadline_unix_s": int(time.time()) + 600, "operator": operator.address}

    def voucher(signer):
        return Voucher.sign(registry.deployment, stranger.address, signer=signer, **good)

    before = voucher(operator)
    signed = registration(stranger, "XYZ")
    assert refusal(relay.submit, signed, voucher=voucher(controller)).code == "not_sponsored"
    registry.identity.name_controller(controller, signer=operator)
    error = refusal(relay.submit, signed, voucher=before)
    assert error.code == "not_sponsored"
    assert f"{controller.address}, the controller of {operator.address}" in str(error)
    found = relay.submit(signed, voucher=voucher(controller))
    assert found.sponsor == f"voucher:{operator.address}"


def test_changed_voucher_is_refused(relay, registry, registration, operator):
    stranger = KeySigner.generate()
    voucher = Voucher.sign(
        registry.deployment,
        stranger.address,
        requests=1,
        deadline_unix_s=int(time.time()) + 600,
        signer=operator,
    )
    more = Voucher.read(json.dumps(voucher.to_dict() | {"requests": 1000}))
    assert refusal(relay.submit, registration(stranger), voucher=more).code == "not_sponsored"


def test_second_live_request_with_a_nonce_is_refused(relay, registration, party):
    relay.submit(registration(party, "ABC", nonce=0))
    error = refusal(relay.submit, registration(party, "XYZ", nonce=0))
    assert (error.code, error.status) == ("nonce_in_use", 409)


def test_nonce_of_an_expired_request_is_reported_as_free_soon(service, relay, registration, party):
    """Advising the next nonce would be wrong, since it would never be reached."""
    request = relay.submit(registration(party, "ABC", nonce=0))
    with service.database.transaction() as transaction:
        transaction.run("UPDATE request SET deadline_unix_s = 1 WHERE id = ?", request.id)
    error = refusal(relay.submit, registration(party, "XYZ", nonce=0))
    assert error.code == "nonce_in_use"
    assert "has expired: its nonce is free again" in str(error)


def test_requests_of_one_account_wait_in_the_order_of_their_nonces(relay, registration, party):
    relay.submit(registration(party, "ABC", nonce=0))
    relay.submit(registration(party, "XYZ", nonce=1))
    assert refusal(relay.submit, registration(party, "XYW", nonce=3)).code == "nonce_mismatch"


def test_signature_of_another_key_is_refused(url, registration, party):
    document = registration(party).document()
    other = registration(KeySigner.generate()).document()
    status, told = ask(url, "/v1/requests", document | {"signature": other["signature"]})
    assert (status, told["code"]) == (422, "signature_mismatch")


def test_a_bad_signature_costs_the_relay_no_guesses(url, registration, party, monkeypatch):
    guesses = []
    monkeypatch.setattr("ocn_registry.flows.mistakes.signed_instead", guesses.append)
    document = registration(party).document()
    status, _ = ask(url, "/v1/requests", document | {"signature": "0x" + "11" * 64 + "1b"})
    assert (status, guesses) == (422, [])


def test_account_is_not_moved_onto_the_relay(relay, registry, registration, party, fresh):
    spender = KeySigner.from_key(fresh.accounts[7].private_key)
    registry.submit(registration(party), spender=spender)
    # The contract accepts an unsigned move if the new account sends it.
    move = registry.sign(MoveAccount(new_account=spender.address), party)
    wanted = registry.prepare(AcceptAccount(account=party.address), spender.address)
    for signed in (move, move.accepted(wanted.sign(party, as_controller=True))):
        assert refusal(relay.submit, signed).code == "signature_mismatch"


def test_request_that_the_contract_would_refuse_names_its_error(
    relay, url, registry, registration, party, operator, fresh
):
    other = KeySigner.from_key(fresh.accounts[4].private_key)
    registry.set_party("DE", "ABC", [0], operator.address, signer=other)
    status, told = ask(url, "/v1/requests", registration(party, "ABC").document())
    assert (status, told["code"], told["error"]) == (422, "would_revert", "PartyIdTaken")
    assert told["arguments"]["party"] == other.address


def test_expired_request_is_refused(relay, registry, registration, party, fresh):
    signed = registration(party, deadline_unix_s=int(time.time()) + 100)
    fresh.request("evm_increaseTime", 3600)
    fresh.request("evm_mine")
    assert refusal(relay.submit, signed).code == "expired"


@pytest.mark.parametrize("deadline_unix_s", [10_000_000_000, 1 << 64, (1 << 256) - 1])
def test_request_that_is_valid_for_too_long_is_refused_and_harms_no_other(
    url, registry, registration, party, deadline_unix_s
):
    good = registration(party)
    dialect = dialect_of(registry.deployment)
    endless = dialect.request(good.intent, party.address, nonce=0, deadline_unix_s=deadline_unix_s)
    signed = endless.signed(party.sign(endless.payload), signer=party.address)
    status, told = ask(url, "/v1/requests", signed.document())
    assert (status, told["code"]) == (400, "invalid_request")
    assert "30 days" in told["detail"]
    assert ask(url, "/v1/requests", good.document())[0] == 202


def test_paused_relay_accepts_nothing_and_still_reports_earlier_requests(
    service, relay, registration, party
):
    first = relay.submit(registration(party, nonce=0))
    with service.database.transaction() as transaction:
        store.pause(transaction, paused=True)
    error = refusal(relay.submit, registration(party, "XYZ", nonce=1))
    assert (error.code, error.status) == ("closed", 503)
    assert relay.request(first.id).state == "accepted"


def test_quota_of_an_api_key_is_counted(service, url, registration):
    from ocn_registry.relay.intake import digest_of_key  # noqa: PLC0415 - one use

    with service.database.transaction() as transaction:
        transaction.run(
            "INSERT INTO api_key (name, digest, requests_per_day, revoked) VALUES (?, ?, ?, 0)",
            "shop",
            digest_of_key("secret"),
            1,
        )
    key = {"Authorization": "Bearer secret"}
    one, two = (registration(KeySigner.generate(), name) for name in ("AAA", "BBB"))
    assert ask(url, "/v1/requests", one.document(), **key)[0] == 202
    status, told = ask(url, "/v1/requests", two.document(), **key)
    assert (status, told["code"], told["limit"]) == (429, "quota_exceeded", 1)
    wrong = {"Authorization": "Bearer another"}
    assert ask(url, "/v1/requests", two.document(), **wrong)[1]["code"] == "not_sponsored"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "invalid_request"),
        (b"[]", "invalid_request"),
        (b"{", "invalid_request"),
        (b"{}", "invalid_request"),
        (b"\xff", "invalid_request"),
        (b"[" * 60_000, "invalid_request"),
        (b'{"request": {}, "voucher": {}}', "invalid_request"),
        (b" " * 70_000, "too_large"),
    ],
)
def test_body_that_is_not_a_request_is_refused(url, body, code):
    status, told = ask(url, "/v1/requests", body)
    assert (status, told["code"]) == (CODES[code].status, code)


def test_slow_body_is_given_up(url, monkeypatch):
    monkeypatch.setattr("ocn_registry.relay.api._BODY_S", 0.2)
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        connection.sendall(b"POST /v1/requests HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{")
        answer = connection.recv(4096).decode()
    assert " 408 " in answer.partition("\r\n")[0]


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/v1/requests/0x00", "not_found"),
        ("/v1/requests/0x%00", "not_found"),
        ("/v1/requests/%ED%A0%80", "not_found"),
        ("/nowhere", "not_found"),
        ("/v1/nodes?limit=x", "invalid_request"),
        ("/v1/nodes?colour=red", "invalid_request"),
        ("/v1/parties?role=KING", "invalid_request"),
        ("/v1/agreements", "invalid_request"),
        ("/v1/accounts/me/allowance", "invalid_request"),
        ("/v1/changes?after=x", "invalid_request"),
    ],
)
def test_invalid_query_is_refused(url, path, code):
    status, told = ask(url, path)
    assert (status, told["code"]) == (CODES[code].status, code)


def test_wrong_method_is_reported(url):
    assert ask(url, "/v1/requests", method="PUT")[1]["code"] == "method_not_allowed"


def test_lists_are_pages_of_one_block(service, url, registry, operator):
    service.cache.refresh()
    status, told = ask(url, "/v1/nodes?q=EXAMPLE")
    assert status == 200
    assert [one["operator"] for one in told["nodes"]] == [operator.address]
    assert told["block"]["number"] == service.cache.block.number
    assert ask(url, "/v1/nodes?offset=1")[1] == told | {"nodes": [], "offset": 1}


def test_calldata_can_be_sent_by_another_payer(url, registration, registry, fresh, party):
    status, told = ask(url, "/v1/calldata", registration(party).document())
    assert (status, told["to"]) == (200, registry.deployment.registry)
    transaction = {"from": fresh.accounts[3].address, "to": told["to"], "data": told["data"]}
    fresh.request("eth_sendTransactionSync", transaction)
    assert registry.party("DE", "ABC").address == party.address


def test_allowance_reports_what_is_left(relay, registration, party):
    relay.submit(registration(party))
    told = relay.allowance(party.address)
    assert told["allowed"] == {"used": 1, "limit": 200}
    assert told["waiting"] == {"used": 1, "limit": 8}


def test_ready_is_true_and_says_why_not(service, url, config, fresh):
    assert ask(url, "/health/live") == (200, {"status": "ok"})
    assert ask(url, "/health/ready")[0] == 200
    fresh.request("anvil_setBalance", service.spender.address, "0x0")
    with service.database.transaction() as transaction:
        store.pause(transaction, paused=True)
    status, told = ask(url, "/health/ready")
    assert status == 503
    assert set(told["problems"]) == {"balance", "paused"}


def test_relay_without_money_says_so_and_names_alternatives(
    service, relay, registration, party, fresh
):
    fresh.request("anvil_setBalance", service.spender.address, "0x5")
    error = refusal(relay.submit, registration(party))
    assert (error.code, error.status) == ("closed", 503)
    assert "pay yourself" in str(error)


def test_metrics_count_requests_by_state(url, relay, registration, party):
    relay.submit(registration(party))
    text = HTTP.request("GET", f"{url}/metrics").data.decode()
    assert 'ocn_relay_requests{state="accepted"} 1.0' in text
    assert "ocn_relay_ready 1.0" in text


def test_metrics_of_a_state_without_requests_are_0_again(url, relay, registration, party, service):
    request = relay.submit(registration(party))
    HTTP.request("GET", f"{url}/metrics")
    with service.database.transaction() as transaction:
        store.move(transaction, request.id, "withdrawn")
    text = HTTP.request("GET", f"{url}/metrics").data.decode()
    assert 'ocn_relay_requests{state="accepted"} 0.0' in text
    assert 'ocn_relay_requests{state="withdrawn"} 1.0' in text


def test_metrics_say_that_the_database_is_gone(url, service, monkeypatch):
    def gone():
        raise DatabaseError("the database is gone")

    monkeypatch.setattr(service.database, "reading", gone)
    reply = HTTP.request("GET", f"{url}/metrics")
    assert (reply.status, b"ocn_relay_ready 0.0" in reply.data) == (200, True)


def test_followers_receive_the_changes_that_they_missed(url, relay, registration, party):
    request = relay.submit(registration(party))
    reply = HTTP.request(
        "GET", f"{url}/v1/changes", headers={"Last-Event-ID": "0"}, preload_content=False
    )
    seen = b""
    while b"event: request" not in seen:
        seen += reply.read1(4096) or b""
    reply.close()
    assert b"id: 1-" in seen
    assert request.id.encode() in seen


def first_events(url, last_event_id, name):
    """Return the stream's content up to the first event with a name."""
    headers = {} if last_event_id is None else {"Last-Event-ID": last_event_id}
    reply = HTTP.request("GET", f"{url}/v1/changes", headers=headers, preload_content=False)
    seen = ""
    while f"event: {name}" not in seen:
        seen += (reply.read1(4096) or b"").decode()
    reply.close()
    return seen


def test_new_follower_resumes_from_where_it_began(url, relay, registration, party):
    """Its first event has the position of the latest event, not 0."""
    relay.submit(registration(party))
    assert "id: 1-" in first_events(url, None, "block")


def test_follower_ahead_of_a_restored_database_is_told_to_read_again(
    url, relay, registration, party
):
    relay.submit(registration(party))
    seen = first_events(url, "7", "reload")
    assert "id: 1-" in seen
    assert "id: 7" not in seen


def test_answers_match_the_openapi_document(url, relay, registration, party):
    _, api = ask(url, "/v1/openapi.json")
    request = relay.submit(registration(party))
    _, told = ask(url, f"/v1/requests/{request.id}")
    schema = api["components"]["schemas"]["Request"]
    jsonschema.validate(told, schema | {"components": api["components"]})


def test_hostile_text_reaches_messages_escaped(url):
    status, told = ask(url, "/v1/parties?role=%1b%5b2J%0a")
    assert status == 400
    assert "\x1b" not in told["detail"]
    assert "\n" not in told["detail"]


@pytest.mark.parametrize("policy", [Policy(vouchers=False)])
def test_relay_without_vouchers_does_not_mention_them(relay, registration):
    assert "voucher" not in str(refusal(relay.submit, registration(KeySigner.generate())))


def test_denied_account_is_not_sponsored_even_to_leave(service, relay, registry, fresh, operator):
    denied = KeySigner.from_key(fresh.accounts[5].private_key)
    service.intake._policy = Policy(denied=frozenset([denied.address]))
    signed = registry.sign(InvalidateNonce(contract=Contract.REGISTRY, new_nonce=1), denied)
    assert refusal(relay.submit, signed).code == "not_sponsored"


def test_too_many_waiting_requests_of_one_account_are_refused(service, relay, registration, party):
    service.intake._policy = Policy(allowed=frozenset([party.address]), waiting_per_account=1)
    relay.submit(registration(party, nonce=0))
    assert refusal(relay.submit, registration(party, "XYZ", nonce=1)).code == "too_many_waiting"


def test_waiting_requests_of_both_contracts_count(service, relay, registry, registration, party):
    service.intake._policy = Policy(allowed=frozenset([party.address]), waiting_per_account=1)
    relay.submit(registration(party))
    signed = registry.sign(InvalidateNonce(contract=Contract.PERMISSIONS, new_nonce=1), party)
    assert refusal(relay.submit, signed).code == "too_many_waiting"


def test_address_with_too_many_requests_is_rate_limited(service, monkeypatch):
    clock = SimpleNamespace(monotonic=lambda: 0.0, time=time.time)  # or a minute could end
    monkeypatch.setattr("ocn_registry.relay.api.time", clock)
    object.__setattr__(service.config, "requests_per_minute", 1)
    with serving(service) as url:
        codes = [ask(url, "/v1/requests", b"{}")[1]["code"] for _ in range(3)]
    assert codes == ["invalid_request", "rate_limited", "rate_limited"]
