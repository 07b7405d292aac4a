"""The steps of a write, against a simulated chain."""

from dataclasses import replace

import pytest

from ocn_registry import (
    BadAnswer,
    BatchRejected,
    DeleteNode,
    FeeAboveCap,
    InsufficientFunds,
    InvalidInput,
    KeySigner,
    NoContract,
    NonceMismatch,
    OutcomeUnknown,
    RequestExpired,
    RpcRefused,
    RpcTimeout,
    RpcUnavailable,
    SetNode,
    SetService,
    SignatureMismatch,
    WriteOptions,
)
from ocn_registry import contract_errors as errors
from ocn_registry.dialects import dialect_of
from ocn_registry.evm import abi
from ocn_registry.evm.keccak import selector
from ocn_registry.evm.transactions import unsigned
from ocn_registry.flows import batch, requests, transaction, write
from ocn_registry.flows.price import raised
from ocn_registry.flows.same_write import plain
from ocn_registry.flows.sender import sender_for
from ocn_registry.models import BlockRef
from ocn_registry.networks import built_in
from ocn_registry.protocol.effects import Arrival, Handover, HeadBlock, Receipt, run
from ocn_registry.protocol.journal import MemoryJournal

DEPLOYMENT = built_in("local")
DIALECT = dialect_of(DEPLOYMENT)
OPERATOR = KeySigner.from_key(b"\x01" * 32)
SPENDER = KeySigner.from_key(b"\x02" * 32)
NOW = 1_900_000_000
SET_NODE = SetNode(domain="https://node.example")


class Chain:
    """A simulated chain, with its answers and the requests that it received."""

    def __init__(self):
        self.time_s = 0.0
        self.base_fee_wei = 7
        self.gas_price_wei = 50
        self.balance_wei = 10**18
        self.code = {DEPLOYMENT.registry: 20_000, DEPLOYMENT.permissions: 20_000}
        self.estimate = 100_000
        self.nonces = {}
        self.mined_after_polls = 1
        self.block = BlockRef(number=10, hash="0x" + "aa" * 32, timestamp_unix_s=NOW)
        self.head_number = 10
        self.succeeds = True
        self.calls = []
        self.reverts = None
        self.refuses = None
        self.paid_wei = 9
        self.results = None
        self.answer = b""
        self.send_error = None
        self.arrival = None
        self.poll_errors = 0
        self.sent = []
        self.journal = MemoryJournal()
        self.known = {}
        self.count = self.mined_count = 3

    def perform(self, effect):
        return getattr(self, f"on_{type(effect).__name__.lower()}")(effect)

    def on_together(self, effect):
        return tuple(self.perform(part) for part in effect.parts)

    def on_call(self, effect):
        return self.call(effect)

    def on_gasestimate(self, _):
        return self.estimate

    def on_head(self, _):
        ref = BlockRef(number=self.head_number, hash=self.block.hash, timestamp_unix_s=NOW)
        return HeadBlock(ref=ref, base_fee_wei=self.base_fee_wei)

    def on_gasprice(self, _):
        return self.gas_price_wei

    def on_balance(self, _):
        return self.balance_wei

    def on_codesize(self, effect):
        return self.code.get(effect.account, 0)

    def on_transactioncount(self, effect):
        return self.count if effect.pending else self.mined_count

    def on_unixtime(self, _):
        return NOW

    def on_clock(self, _):
        return self.time_s

    def on_sleep(self, effect):
        self.time_s += effect.seconds
        self.head_number += 1

    def on_local(self, effect):
        return effect.task()

    def on_memoryoftransport(self, _):
        return self.journal

    def on_calledby(self, effect):
        return self.known.get(effect.tx_hash)

    def on_send(self, effect):
        self.sent.append(effect.transaction)
        error = self.send_error
        if isinstance(error, OutcomeUnknown):
            return Handover(arrival=Arrival.UNANSWERED, error=RpcTimeout("slow"))
        arrival = self.arrival or (Arrival.ANSWERED if error else Arrival.ACCEPTED)
        return Handover(arrival=arrival, error=error)

    def on_fromeach(self, effect):
        return (self.perform(effect.part),)

    def on_receiptof(self, _):
        return self.receipt()

    def on_blockat(self, _):
        return self.block

    def on_headerat(self, _):
        return HeadBlock(ref=self.block, base_fee_wei=self.base_fee_wei)

    def call(self, call):
        self.calls.append(call)
        if call.data[:4] == selector("controllerOf(address)"):
            return call.decode(call.data[4:36])
        if call.data[:4] == selector("nonces(address)"):
            return self.nonces.get("0x" + call.data[16:36].hex(), 0)
        if call.data[:4] == selector("tryMulticall(bytes[])"):
            return call.decode(self.results.pop(0))
        if self.refuses and call.sender == SPENDER.address:
            raise call.refuse(self.refuses)
        if self.reverts:
            raise call.refuse(self.reverts)
        return call.decode(self.answer)

    def receipt(self):
        if self.poll_errors:
            self.poll_errors -= 1
            raise RpcUnavailable("gone")
        self.mined_after_polls -= 1
        if self.mined_after_polls >= 0:
            return None
        return Receipt(
            succeeded=self.succeeds,
            block_number=10,
            block_hash="0x" + "aa" * 32,
            gas_used=80_000,
            gas_price_wei=self.paid_wei,
            logs=(),
        )


@pytest.fixture
def chain():
    chain = Chain()
    yield chain
    # After any outcome, the next write can send.
    assert all(chain.journal.take(31337, one.address) for one in (OPERATOR, SPENDER))


def send(chain, *steps, **options):
    steps = steps or (SET_NODE,)
    return run(write.send(DIALECT, steps, OPERATOR, WriteOptions(**options)), chain.perform)


def submit(chain, *signed, **options):
    return run(batch.submit(DIALECT, signed, SPENDER, WriteOptions(**options)), chain.perform)


def request(intent=SET_NODE, signer=OPERATOR, nonce=0, deadline=NOW + 60):
    made = DIALECT.request(intent, signer.address, nonce=nonce, deadline_unix_s=deadline)
    return made.sign(signer, now_unix_s=NOW)


def test_outcome_says_what_it_cost(chain):
    outcome = send(chain)
    assert outcome.tx_hash == chain.sent[0].tx_hash
    assert outcome.block == chain.block
    assert outcome.cost_wei == 80_000 * 9
    assert outcome.failed == ()
    assert [item.intent for item in outcome.items] == [SET_NODE]


def test_price_that_a_receipt_does_not_report_is_computed(chain):
    chain.paid_wei = None
    assert send(chain).gas_price_wei == 7 + 2


def test_unreported_price_is_unknown(chain, monkeypatch):
    chain.paid_wei = None
    monkeypatch.setattr(chain, "on_headerat", lambda _: None)
    outcome = send(chain)
    assert (outcome.gas_price_wei, outcome.cost_wei) == (None, None)


def test_revert_is_reported_before_anything_is_sent(chain):
    chain.reverts = selector(errors.NoRoles.signature)
    with pytest.raises(errors.NoRoles) as error:
        send(chain)
    assert error.value.tx_hash is None
    assert chain.sent == []


def test_address_without_code_gets_no_transaction(chain):
    chain.code = {}
    with pytest.raises(NoContract):
        send(chain)
    assert chain.sent == []


def fee(chain, **options):
    call = DIALECT.write((SET_NODE,), each_alone=False)
    options = WriteOptions(**options)
    sender = run(sender_for(DEPLOYMENT, OPERATOR.address, options), chain.perform)
    return run(transaction.prepared(sender, plain(call)), chain.perform).transaction


def test_fee_follows_the_base_fee(chain):
    transaction = fee(chain)
    assert (transaction.max_fee_per_gas_wei, transaction.tip_per_gas_wei) == (16, 2)
    assert transaction.gas == 125_000
    assert transaction.nonce == 3
    assert transaction.chain_id == DEPLOYMENT.chain_id


def test_given_gas_is_not_estimated(chain, monkeypatch):
    monkeypatch.setattr(chain, "on_gasestimate", None)
    assert fee(chain, gas=90_000).gas == 90_000


def test_fee_stays_below_the_cap(chain):
    assert fee(chain, max_fee_per_gas_wei=10).max_fee_per_gas_wei == 10
    with pytest.raises(FeeAboveCap) as error:
        fee(chain, max_fee_per_gas_wei=8)
    assert (error.value.needed_wei, error.value.cap_wei) == (9, 8)


def test_chain_without_base_fee_gets_a_legacy_transaction(chain):
    chain.base_fee_wei = None
    transaction = fee(chain)
    assert (transaction.max_fee_per_gas_wei, transaction.tip_per_gas_wei) == (50, None)
    with pytest.raises(FeeAboveCap):
        fee(chain, max_fee_per_gas_wei=49)


def test_account_without_money_can_write_on_a_free_chain(chain):
    chain.balance_wei, chain.base_fee_wei = 0, 0
    made = fee(chain)
    assert (made.max_fee_per_gas_wei, made.tip_per_gas_wei) == (0, 0)
    chain.base_fee_wei, chain.gas_price_wei = None, 0
    made = fee(chain)
    assert (made.max_fee_per_gas_wei, made.tip_per_gas_wei) == (0, None)


def test_tip_is_paid_where_supported(chain):
    chain.base_fee_wei = 0
    assert fee(chain).max_fee_per_gas_wei == 2
    chain.base_fee_wei, chain.gas_price_wei = None, 1
    assert fee(chain).max_fee_per_gas_wei == 2


@pytest.mark.parametrize("base_fee", [True, False])
def test_network_keeps_its_kind_of_fees(chain, base_fee):
    chain.base_fee_wei = None if base_fee else 7
    options = WriteOptions()
    sender = run(
        sender_for(replace(DEPLOYMENT, base_fee=base_fee), OPERATOR.address, options), chain.perform
    )
    call = DIALECT.write((SET_NODE,), each_alone=False)
    with pytest.raises(BadAnswer, match="base fee"):
        run(transaction.prepared(sender, plain(call)), chain.perform)
    with pytest.raises(BadAnswer, match="base fee"):  # a replacement is signed by the same rule
        run(raised((50, 2), options, has_base_fee=base_fee), chain.perform)


def test_transaction_never_costs_more_than_the_limit(chain):
    chain.base_fee_wei = 10**11
    with pytest.raises(FeeAboveCap, match="max_cost_wei") as error:
        send(chain)
    assert error.value.cap_wei == 10**16
    assert chain.sent == []
    assert send(chain, max_cost_wei=None)


def test_sender_without_money_learns_the_amount_needed(chain):
    chain.balance_wei = 5
    with pytest.raises(InsufficientFunds) as error:
        send(chain)
    assert error.value.balance_wei == 5
    assert error.value.needed_wei == 125_000 * 16


def test_receipt_that_never_comes_is_outcome_unknown(chain):
    chain.mined_after_polls = 10**9
    with pytest.raises(OutcomeUnknown) as error:
        send(chain, timeout_s=30)
    assert error.value.tx_hash == chain.sent[0].tx_hash
    assert 30 <= chain.time_s <= 33
    assert len(set(chain.sent)) == 1


def test_send_with_unknown_outcome_is_looked_up_and_not_repeated(chain):
    chain.send_error = OutcomeUnknown("0x12", "reset")
    assert send(chain).tx_hash == chain.sent[0].tx_hash
    assert len(chain.sent) == 1


@pytest.mark.parametrize("words", ["FeeTooLow", "Known transaction", "request timed out", "x"])
def test_error_text_of_a_node_decides_nothing(chain, words):
    chain.send_error = RpcRefused("eth_sendRawTransaction", -32000, words)
    assert send(chain).tx_hash == chain.sent[0].tx_hash


def test_message_of_a_node_is_shown_if_the_outcome_is_unknown(chain):
    chain.send_error = RpcRefused("eth_sendRawTransaction", -32000, "FeeTooLow")
    chain.mined_after_polls = 10**9
    with pytest.raises(OutcomeUnknown, match="FeeTooLow") as error:
        send(chain)
    assert error.value.tx_hash == chain.sent[0].tx_hash


def test_transaction_that_was_never_sent_is_not_kept(chain):
    chain.arrival, chain.send_error = Arrival.UNSENT, RpcUnavailable("no way")
    with pytest.raises(RpcUnavailable):
        send(chain)
    assert chain.journal.entries(31337) == ()


def test_bytes_are_in_the_journal_before_they_are_sent(chain):
    kept = []

    def look(tx_hash):
        assert chain.sent == []
        kept.append(chain.journal.find(31337, tx_hash))

    outcome = send(chain, on_signed=look)
    assert [one.tx_hashes for one in kept] == [(outcome.tx_hash,)]


def test_node_that_fails_after_the_send_is_asked_again(chain):
    chain.poll_errors = 3
    assert send(chain).block.number == 10


def test_hash_is_reported_as_soon_as_it_is_sent(chain):
    result = []
    chain.mined_after_polls = 10**9
    with pytest.raises(OutcomeUnknown):
        send(chain, timeout_s=1, on_sent=result.append)
    assert result == [chain.sent[0].tx_hash]


def test_write_waits_for_confirmations(chain):
    send(chain, confirmations=5)
    assert chain.head_number >= 14


def test_block_that_was_replaced_does_not_count(chain):
    chain.block = BlockRef(number=10, hash="0x" + "bb" * 32, timestamp_unix_s=NOW)
    with pytest.raises(OutcomeUnknown):
        send(chain, timeout_s=5)


def test_failure_in_the_block_is_reported_with_its_transaction(chain):
    chain.succeeds = False

    def fails_later(call):
        if call.block is not None:
            raise call.refuse(selector(errors.NoRoles.signature))
        return call.decode(b"")

    chain.call = fails_later
    with pytest.raises(errors.NoRoles) as error:
        send(chain)
    assert error.value.tx_hash == chain.sent[0].tx_hash


def test_several_intents_go_in_one_transaction(chain):
    outcome = send(chain, SET_NODE, DeleteNode())
    assert len(chain.sent) == 1
    assert chain.calls[0].data[:4] == selector("multicall(bytes[])")
    assert len(outcome.items) == 2


@pytest.mark.parametrize("steps", [(SET_NODE, SetService(permissions=[1])), "none"])
def test_one_transaction_is_for_one_contract(chain, steps):
    steps = () if steps == "none" else steps
    with pytest.raises(InvalidInput):
        run(write.send(DIALECT, steps, OPERATOR, WriteOptions()), chain.perform)
    assert chain.sent == []


def test_invalid_intent_asks_the_chain_nothing(chain):
    with pytest.raises(InvalidInput):
        send(chain, SetNode(domain="ftp://x"))
    assert chain.calls == []


# Signed requests


def test_signed_request_is_paid_by_the_spender(chain):
    outcome = submit(chain, request())
    assert chain.calls[-1].sender == SPENDER.address
    assert chain.calls[-1].data[:4] == selector("setNodeRaw(address,string,uint256,uint256,bytes)")
    assert len(outcome.items) == 1


def test_request_signed_again_is_sent_again_only_after_a_direct_write(chain):
    chain.mined_after_polls = 10**9
    owners = DeleteNode()  # any write of the spender's own
    steps = [request(), request(deadline=NOW + 61), owners, request(deadline=NOW + 62)]
    for step in steps:
        with pytest.raises(OutcomeUnknown):
            run(write.send(DIALECT, (step,), SPENDER, WriteOptions(timeout_s=1)), chain.perform)
    sent = {unsigned(one.raw).nonce: one for one in chain.sent}
    assert len(sent) == len(steps) - 1


def test_expired_request_is_not_sent(chain):
    chain.refuses = selector(errors.SignatureExpired.signature) + abi.uint(NOW - 1)
    with pytest.raises(RequestExpired) as error:
        submit(chain, request(deadline=NOW - 1))
    assert (error.value.deadline_unix_s, error.value.now_unix_s) == (NOW - 1, NOW)
    assert chain.sent == []


@pytest.mark.parametrize("nonce", [1, 3])
def test_request_with_another_nonce_is_not_sent(chain, nonce):
    chain.nonces[OPERATOR.address.lower()] = 2
    chain.refuses = selector(errors.NoRoles.signature)
    with pytest.raises(NonceMismatch) as error:
        submit(chain, request(nonce=nonce))
    assert (error.value.expected, error.value.got) == (2, nonce)


def test_request_signed_by_another_account_is_not_sent(chain):
    forged = request().request.signed(request(signer=SPENDER).signature)
    with pytest.raises(SignatureMismatch) as error:
        submit(chain, forged)
    assert error.value.account == OPERATOR.address
    assert chain.sent == []


@pytest.mark.parametrize(
    ("answer", "accepted"),
    [
        (abi.fixed(selector("isValidSignature(bytes32,bytes)")), True),
        (abi.fixed(b"\xff" * 4), False),
        (b"", False),
        (b"\x16\x26\xba\x7e", False),
    ],
)
def test_contract_signature_is_checked_with_the_contract(chain, answer, accepted):
    chain.code[OPERATOR.address] = 100
    chain.answer = answer
    strange = request().request.signed(b"\x01")
    if accepted:
        assert submit(chain, strange).failed == ()
    else:
        with pytest.raises(SignatureMismatch):
            submit(chain, strange)


def results(*items):
    return abi.join(
        abi.items([abi.Tail(abi.join(abi.uint(not item), abi.blob(item))) for item in items])
    )


def test_requests_that_would_fail_are_left_out_and_reported(chain):
    signers = [KeySigner.generate() for _ in range(4)]
    signed = [request(signer=signer) for signer in signers]
    signed[1] = request(signer=signers[1], deadline=NOW - 1)
    chain.results = [results(b"", selector(errors.NoRoles.signature), b"")]
    outcome = submit(chain, *signed)
    kinds = [type(item.error) for item in outcome.items]
    assert kinds == [type(None), RequestExpired, errors.NoRoles, type(None)]
    assert unsigned(chain.sent[0].raw).data == (
        DIALECT.write((signed[0], signed[3]), each_alone=True).data
    )
    assert len(chain.sent) == 1


def test_empty_batch_is_not_sent(chain):
    signed = [request(signer=KeySigner.generate(), deadline=1) for _ in range(3)]
    with pytest.raises(BatchRejected) as error:
        submit(chain, *signed)
    assert len(error.value.errors) == 3
    assert chain.sent == []


def test_requests_of_one_account_follow_each_other(chain):
    chain.results = [results(b"", b"")]
    outcome = submit(chain, request(nonce=0), request(nonce=1), request(nonce=1))
    assert [type(item.error) for item in outcome.items] == [type(None)] * 2 + [NonceMismatch]


def test_batch_with_too_few_results_is_a_bad_answer(chain):
    chain.results = [results(b"")]
    with pytest.raises(BadAnswer):
        submit(chain, request(), request(signer=SPENDER))


# Preparing


def prepare(chain, intent=SET_NODE, nonce=None, deadline=None):
    flow = requests.prepare(DIALECT, intent, OPERATOR.address, nonce, deadline)
    return run(flow, chain.perform)


def test_request_carries_the_next_nonce_and_lives_an_hour(chain):
    chain.nonces[OPERATOR.address.lower()] = 7
    made = prepare(chain)
    assert (made.nonce, made.deadline_unix_s) == (7, NOW + 3600)


def test_request_with_nonce_and_deadline_asks_no_chain(chain):
    made = prepare(chain, nonce=4, deadline=NOW + 5)
    assert (made.nonce, made.deadline_unix_s) == (4, NOW + 5)
    assert chain.calls == []


@pytest.mark.parametrize("deadline", [0, NOW - 1, NOW + 31 * 24 * 3600, 2**256 - 1])
def test_deadline_is_within_a_month(chain, deadline):
    with pytest.raises(InvalidInput):
        prepare(chain, deadline=deadline)
