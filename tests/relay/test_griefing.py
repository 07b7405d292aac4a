"""Attempts to harm a relay stay within the limits that `docs/relay.md` names."""

import contextlib
import queue
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
import urllib3
from served_relay import serving

from ocn_registry import (
    AcceptController,
    Address,
    Contract,
    InvalidateNonce,
    KeySigner,
    MoveAccount,
    Role,
    SetParty,
)
from ocn_registry.relay import store
from ocn_registry.relay.checks import Checker
from ocn_registry.relay.intake import digest_of_key
from ocn_registry.relay.policy import NotSponsored, Policy
from ocn_registry.relay.sender import RequestSender
from ocn_registry.relay.service import RelayService

WALLET = "0x" + "c0de" * 10
WALLET_NOT_LISTED = "0x" + "c0df" * 10
# At gas price 0, as in a simulation, it accepts; in a transaction it loops until it is out of gas.
_SAYS_YES = "631626ba7e60e01b600052" + "60206000f3"
LIES = "0x3a601457" + _SAYS_YES + "5b601456"
AGREES = "0x" + _SAYS_YES
REVERTS = "0x60006000fd"
STALE_GAS = 25_000  # the most that an item may cost that fails in its block


@contextlib.contextmanager
def round_that_waits_for_its_block(sender, fresh):
    """Run a round; its transaction is sent within the `with` block, and mined at its end."""
    fresh.request("evm_setAutomine", False)
    sending = threading.Thread(target=sender.round)
    sending.start()
    try:
        ends = time.monotonic() + 240
        while int(fresh.request("eth_getBlockTransactionCountByNumber", "pending"), 16) < 1:
            assert time.monotonic() < ends
            time.sleep(0.02)
        yield
        fresh.request("evm_mine")
    finally:
        fresh.request("evm_setAutomine", True)
        sending.join()


@pytest.fixture
def people():
    return [KeySigner.generate() for _ in range(6)]


@pytest.fixture
def policy(people):
    allowed = {each.address for each in people} | {Address(WALLET), Address(WALLET_NOT_LISTED)}
    return Policy(allowed=frozenset(allowed), contracts=frozenset([Address(WALLET)]))


@pytest.fixture
def accept(service, registration):
    def accept(account, party_id, **request):
        return service.intake.accept(registration(account, party_id, **request).to_json()).request

    return accept


def found(service, request):
    with service.database.transaction() as transaction:
        return store.find(transaction, request.id)


def spent(fresh, service):
    return int(fresh.request("eth_getTransactionCount", service.spender.address, "latest"), 16)


def test_nonce_that_is_invalidated_before_sending_costs_the_relay_nothing(
    service, sender, accept, people, registry, fresh
):
    funded = people[0]
    fresh.request("anvil_setBalance", funded.address, hex(10**18))
    bad, good = accept(people[0], "BAD"), accept(people[1], "GUD")
    registry.invalidate_nonce(5, Contract.REGISTRY, signer=funded)
    sender.round()
    assert found(service, good).state == "mined"
    assert spent(fresh, service) == 1
    fresh.request("anvil_mine", "0x14")
    sender.round()
    assert found(service, bad).state == "superseded"
    assert spent(fresh, service) == 1


def test_nonce_that_is_invalidated_in_the_same_block_costs_little_and_harms_nobody(
    service, sender, accept, people, registry, fresh
):
    fresh.request("anvil_setBalance", people[0].address, hex(10**18))
    requests = [accept(each, f"AA{place}") for place, each in enumerate(people[:4])]
    data = registry._dialect.write(
        (InvalidateNonce(contract=Contract.REGISTRY, new_nonce=5),),
        each_alone=False,
    )
    with round_that_waits_for_its_block(sender, fresh):
        fresh.request("anvil_impersonateAccount", people[0].address)
        fresh.request(
            "eth_sendTransaction",
            {
                "from": people[0].address,
                "to": data.to,
                "data": "0x" + data.data.hex(),
                "gas": hex(200_000),
                "maxFeePerGas": hex(10**12),
                "maxPriorityFeePerGas": hex(10**12),
            },
        )
    told = [found(service, each) for each in requests]
    assert told[0].error is not None
    assert [one.error for one in told[1:]] == [None] * 3
    receipt = fresh.request("eth_getTransactionReceipt", told[0].tx_hash)
    alone = 3 * 76_000 + 60_000  # three registrations, including the first of all
    assert int(receipt["gasUsed"], 16) < alone + STALE_GAS


def test_contract_wallet_that_lies_fails_alone_and_within_its_gas(
    service, sender, accept, people, registry, operator, fresh
):
    fresh.request("anvil_setCode", WALLET, LIES)
    intent = SetParty(
        country_code="DE", party_id="LIE", roles=[Role.CPO], operator=operator.address
    )
    document = registry.prepare(intent, WALLET).signed(b"\1" * 70).to_json()
    lying = service.intake.accept(document).request
    good = [accept(each, f"AA{place}") for place, each in enumerate(people)]
    for _ in range(3):
        sender.round()
    assert {found(service, each).error for each in good} == {None}
    assert {found(service, each).state for each in good} == {"mined"}
    liar = found(service, lying)
    assert liar.error is not None
    assert liar.tx_hash not in {found(service, each).tx_hash for each in good}
    receipt = fresh.request("eth_getTransactionReceipt", liar.tx_hash)
    assert int(receipt["gasUsed"], 16) < 400_000


@pytest.fixture
def reverted_round(service, sender, fresh):
    """Run a round whose transaction reverts as a whole in its block."""
    contract = service.client.deployment.registry

    def run():
        code = fresh.request("eth_getCode", contract, "latest")
        with round_that_waits_for_its_block(sender, fresh):
            fresh.request("anvil_setCode", contract, REVERTS)
        fresh.request("anvil_setCode", contract, code)

    return run


def test_requests_whose_transaction_reverts_as_a_whole_are_sent_alone_once_that_stands(
    service, sender, accept, people, fresh, reverted_round
):
    """One of them may have made the others fail, and it is unknown which."""
    requests = [accept(each, f"AA{place}") for place, each in enumerate(people[:3])]
    reverted_round()
    told = [found(service, each) for each in requests]
    assert {each.state for each in told} == {"mined"}
    assert all("sent again, alone, once that block is final" in each.error for each in told)
    fresh.request("anvil_mine", "0x14")
    sender.round()
    assert {found(service, each).state for each in requests} == {"accepted"}
    again = RequestSender(service)  # as after a restart: nothing is in memory
    late = accept(people[3], "LTE")
    for _ in range(4):
        again.round()
    told = [found(service, each) for each in [*requests, late]]
    assert {(each.state, each.error) for each in told} == {("mined", None)}
    assert len({each.tx_hash for each in told}) == 4


def test_request_whose_transaction_reverts_with_it_alone_has_failed(
    service, sender, accept, people, fresh, reverted_round
):
    request = accept(people[0], "AAA")
    reverted_round()
    fresh.request("anvil_mine", "0x14")
    sender.round()
    assert found(service, request).state == "failed"


@pytest.mark.parametrize("controller", [WALLET, WALLET_NOT_LISTED])
def test_contract_that_controls_an_account_signs_if_it_is_on_the_list(
    service, people, registry, operator, fresh, controller
):
    account = people[0].address
    fresh.request("anvil_setBalance", account, hex(10**18))
    fresh.request("anvil_setCode", controller, AGREES)
    accepted = registry.prepare(AcceptController(account=account), controller).signed(b"yes")
    registry.identity.name_controller(accepted, signer=people[0])
    intent = SetParty(
        country_code="DE", party_id="SAF", roles=[Role.CPO], operator=operator.address
    )
    document = registry.prepare(intent, account).signed(b"yes").to_json()
    if controller == WALLET:
        assert service.intake.accept(document).request.by_contract
    else:
        with pytest.raises(NotSponsored, match=f"the contract {Address(controller)} signs"):
            service.intake.accept(document)


@pytest.mark.parametrize("new", [WALLET, WALLET_NOT_LISTED])
def test_contract_that_accepts_an_account_is_on_the_list(service, people, accept, fresh, new):
    registered = accept(people[0], "MOV")
    RequestSender(service).round()
    assert found(service, registered).state == "mined"
    fresh.request("anvil_setCode", new, AGREES)
    wanted = service.client.prepare(MoveAccount(new_account=Address(new)), people[0].address)
    accepted = wanted.sign(people[0]).accepted(wanted.acceptance.signed(b"yes"))
    if new == WALLET:
        assert service.intake.accept(accepted.to_json()).request.by_contract
    else:
        with pytest.raises(NotSponsored, match=f"the contract {Address(new)} signs"):
            service.intake.accept(accepted.to_json())


def test_contract_that_is_not_on_the_list_is_not_sponsored(service, registry, operator, fresh):
    fresh.request("anvil_setCode", WALLET_NOT_LISTED, LIES)
    intent = SetParty(
        country_code="DE", party_id="LIE", roles=[Role.CPO], operator=operator.address
    )
    document = registry.prepare(intent, WALLET_NOT_LISTED).signed(b"\1" * 70).to_json()
    with pytest.raises(NotSponsored, match="the contract"):
        service.intake.accept(document)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_same_request_at_three_relays_is_paid_once(
    config, registration, people, fresh, registry, tmp_path, monkeypatch
):
    from dataclasses import replace  # noqa: PLC0415 - one use

    signed = registration(people[0]).to_json()
    relays = []
    for place in range(3):
        monkeypatch.setenv(f"SPENDER_{place}", fresh.accounts[5 + place].private_key)
        url = f"sqlite:{tmp_path}/relay-{place}.sqlite"
        relays.append(RelayService(replace(config, database=url, spender=f"env:SPENDER_{place}")))
    accepted = [each.intake.accept(signed).request for each in relays]
    assert len({each.id for each in accepted}) == 1
    before = [spent(fresh, each) for each in relays]
    senders = [RequestSender(each) for each in relays]
    for each in senders:
        each.round()
    fresh.request("anvil_mine", "0x14")
    for each in senders:
        each.round()
    states = [found(each, one).state for each, one in zip(relays, accepted, strict=True)]
    assert sorted(states) == ["done", "superseded", "superseded"]
    paid = [spent(fresh, each) - was for each, was in zip(relays, before, strict=True)]
    assert sum(paid) == 1
    assert registry.party("DE", "ABC").address == people[0].address
    for each in relays:
        each.close()


def test_race_for_the_rest_of_a_quota_does_not_exceed_it(service, url, registration):
    with service.database.transaction() as transaction:
        transaction.run(
            "INSERT INTO api_key (name, digest, requests_per_day, revoked) VALUES (?, ?, ?, 0)",
            "shop",
            digest_of_key("shop"),
            5,
        )
    bodies = [registration(KeySigner.generate(), f"Q{n:02}").to_json() for n in range(20)]

    def post(body):
        return urllib3.request(
            "POST", f"{url}/v1/requests", body=body, headers={"Authorization": "Bearer shop"}
        ).status

    with ThreadPoolExecutor(20) as racers:
        codes = list(racers.map(post, bodies))
    assert (codes.count(202), codes.count(429)) == (5, 15)
    with service.database.transaction() as transaction:
        assert store.counts(transaction) == {"accepted": 5}


def test_race_with_one_nonce_accepts_one_request(url, registration, people):
    bodies = [registration(people[0], f"R{n:02}", nonce=0).to_json() for n in range(12)]
    with ThreadPoolExecutor(12) as racers:
        codes = list(
            racers.map(
                lambda body: urllib3.request("POST", f"{url}/v1/requests", body=body).status, bodies
            )
        )
    assert (codes.count(202), codes.count(409)) == (1, 11)


def test_request_for_the_same_id_does_not_keep_another_out_of_its_group(
    service, registration, people
):
    """If two accounts want one id, only the second one is refused."""
    documents = [registration(each, "ONE").to_json() for each in people[:2]]
    documents += [registration(each, f"AA{n}").to_json() for n, each in enumerate(people[2:])]
    with ThreadPoolExecutor(6) as racers:
        told = list(racers.map(service.intake.accept, documents))
    assert all(one.new for one in told)  # both are good alone: the chain decides between them


def test_followers_are_limited(service, url, monkeypatch):
    monkeypatch.setattr("ocn_registry.relay.api._FOLLOWERS", 0)
    assert urllib3.request("GET", f"{url}/v1/changes").status == 503


@pytest.fixture
def minute_never_ends(monkeypatch):
    """Stop the clock of the limit, or the next minute could begin within a test."""
    clock = SimpleNamespace(monotonic=lambda: 0.0, time=time.time)
    monkeypatch.setattr("ocn_registry.relay.api.time", clock)


@pytest.mark.usefixtures("minute_never_ends")
def test_flood_from_one_address_does_not_slow_down_others(service, registration, people):
    object.__setattr__(service.config, "requests_per_minute", 5)
    with serving(service) as url:
        codes = [
            urllib3.request("POST", f"{url}/v1/requests", body=b"{}", retries=False).status
            for _ in range(12)
        ]
        assert codes.count(429) == 7
        reply = urllib3.request("POST", f"{url}/v1/requests", body=b"{}", retries=False)
        assert int(reply.headers["Retry-After"]) > 0
        assert urllib3.request("GET", f"{url}/v1/nodes", retries=False).status == 200


def test_many_addresses_do_not_fill_the_memory():
    from ocn_registry.relay.api import _ADDRESSES, _Limiter  # noqa: PLC0415 - white box

    limiter = _Limiter(5)
    for number in range(2 * _ADDRESSES):
        limiter.count(str(number))
    assert len(limiter._seen) == _ADDRESSES


def test_mistake_in_a_check_does_not_end_the_thread_that_checks():
    errors = iter([ValueError("a mistake"), NotSponsored("the next one")])

    def spender():
        raise next(errors)

    checker = Checker(None, None, spender, least_wei=1)
    results = queue.SimpleQueue()

    def check():
        try:
            checker.check(SimpleNamespace(account="0x1"), ())
        except Exception as error:  # noqa: BLE001 - all of them are compared
            results.put(type(error))

    for kind in (ValueError, NotSponsored):
        threading.Thread(target=check, daemon=True).start()
        assert results.get(timeout=240) is kind
    checker.close()
