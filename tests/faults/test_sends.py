"""Writes over a bad connection or to a bad node raise a documented error and are paid once."""

import sqlite3
import threading
import time

import pytest
import ways
from faulty import faults

from ocn_registry import (
    BadAnswer,
    FeeAboveCap,
    InvalidInput,
    KeySigner,
    Node,
    OutcomeUnknown,
    RpcUnavailable,
    SetNode,
    SqliteJournal,
    TransactionReplaced,
    WriteOptions,
)
from ocn_registry.flows import confirmation

SEND = "eth_sendRawTransaction"
RECEIPT = "eth_getTransactionReceipt"
URL = "https://a.example"
PATIENCE_S = 0.4
LIMIT_S = 120  # far more than a busy machine adds


@pytest.fixture
def never_mines(devnet):
    devnet.request("evm_setAutomine", False)
    return devnet


def mined_once_sent(devnet):
    """Return options that mine a block as soon as a transaction was sent."""
    return WriteOptions(timeout_s=60, on_sent=lambda _: devnet.request("evm_mine"))


def mined(devnet, tx_hash):
    """Return the receipt of a transaction, which Anvil mines a moment after it has taken it."""
    while (receipt := devnet.request(RECEIPT, tx_hash)) is None:
        time.sleep(0.01)
    return receipt


def mine(devnet):
    return lambda _: devnet.request("evm_mine")


def unknown(client, operator, url=URL):
    """Send a transaction with unknown outcome; return its hash."""
    started = time.monotonic()
    with pytest.raises(OutcomeUnknown) as answer:
        client.set_node(url, signer=operator, options=WriteOptions(timeout_s=PATIENCE_S))
    assert time.monotonic() - started < LIMIT_S
    assert str(answer.value).isprintable()
    return answer.value.tx_hash


NEVER_ARRIVED = [faults.reset, faults.slow, faults.status(503), faults.says(b"<html>")]
ARRIVED = [
    faults.reset_after,
    faults.reset_in_mid_answer,
    faults.half,
    faults.slow_after,
    faults.status_after(502),
    faults.says_after(b"[[["),
    faults.says_after(b'{"jsonrpc":"2.0","id":7777777,"result":"0x"}'),
    faults.says_after(b" " * 3_000_000),
]


@pytest.mark.parametrize("fault", ARRIVED)
def test_transaction_that_arrived_is_found(client, proxy, operator, account, fault):
    proxy.inject(fault, method=SEND)
    outcome = client.set_node(URL, signer=operator)
    assert outcome.changes[0].node == Node(operator=operator.address, domain=URL)
    assert proxy.asked[SEND] == 1
    assert account.paid_for(1)


@pytest.mark.parametrize("fault", NEVER_ARRIVED)
def test_transaction_that_never_arrived_is_unknown_and_sent_once(
    client, proxy, operator, account, fault, monkeypatch
):
    # On a busy machine, the short wait for it is longer than the time after which it is repeated.
    monkeypatch.setattr(confirmation, "_FIRST_REPEAT_S", 3600.0)
    proxy.inject(fault, method=SEND)
    tx_hash = unknown(client, operator)
    assert proxy.asked[SEND] == 1
    assert client.transactions.outcome_of(tx_hash) is None
    assert account.paid_for(0)
    proxy.heal()
    # The same write again is the same transaction, so the two can't both be paid for.
    assert client.set_node(URL, signer=operator).tx_hash == tx_hash
    assert account.paid_for(1)


WORDS = [
    "\x1b[2J too cheap",
    "FeeTooLow",
    "Known transaction",
    "already known",
    "known transaction: 0x11",
    "request timed out",
    "nonce too low",
    "replacement transaction underpriced",
]
NOT_ACCEPTED = [
    *[faults.errs(SEND, code=-32000, message=words) for words in WORDS],
    *map(faults.status, [400, 401, 404, 408, 413, 429, 500, 503, 504]),
]
KEPT = [
    *[faults.errs_after(SEND, code=-32000, message=words) for words in WORDS],
    *map(faults.status_after, [400, 401, 404, 408, 413, 429, 500, 503, 504]),
    faults.answers(SEND, "0x" + "11" * 32),
    faults.answers(SEND, None),
]


@pytest.mark.parametrize("fault", KEPT)
def test_transaction_that_a_node_keeps_is_found_despite_its_message(
    client, proxy, operator, account, fault
):
    proxy.inject(fault, method=SEND)
    client.set_node(URL, signer=operator)
    assert account.paid_for(1)


@pytest.mark.parametrize("fault", NOT_ACCEPTED)
def test_message_of_a_node_to_a_transaction_decides_nothing(
    client, proxy, operator, account, fault
):
    proxy.inject(fault, method=SEND)
    tx_hash = unknown(client, operator)
    proxy.heal()
    assert client.set_node(URL, signer=operator).tx_hash == tx_hash
    assert account.paid_for(1)


def test_transaction_that_never_left_this_machine_is_forgotten(
    client, connect, proxy, devnet, operator, account
):
    never = connect(proxy.url)
    never.node(operator.address)
    proxy.inject(faults.then_gone(proxy), method="eth_getTransactionCount")
    with pytest.raises(RpcUnavailable):
        never.set_node(URL, signer=operator)
    assert account.paid_for(0)


def test_transaction_goes_to_the_next_node_where_the_first_is_out_of_reach(
    connect, proxy, devnet, operator, account
):
    client = connect(proxy.url, devnet.rpc_url)
    proxy.inject(faults.then_gone(proxy), method="eth_getTransactionCount")
    client.set_node(URL, signer=operator)
    assert account.paid_for(1)


def test_transaction_that_was_delivered_twice_is_found(client, proxy, operator, account):
    async def twice(exchange):
        await exchange.forward()
        await exchange.reply(await exchange.forward())

    proxy.inject(twice, method=SEND)
    client.set_node(URL, signer=operator)
    assert account.paid_for(1)


def test_receipt_that_never_comes_is_unknown_and_then_found(client, proxy, operator, account):
    proxy.inject(faults.answers(RECEIPT, None), method=RECEIPT)
    tx_hash = unknown(client, operator)
    assert client.transactions.outcome_of(tx_hash) is None
    proxy.heal()
    again = client.set_node(URL, signer=operator)
    assert again.tx_hash == tx_hash
    assert client.transactions.outcome_of(tx_hash).changes == again.changes
    assert account.paid_for(1)


def test_next_write_is_a_separate_write(client, proxy, operator, account):
    proxy.inject(faults.answers(RECEIPT, None), method=RECEIPT)
    tx_hash = unknown(client, operator)
    proxy.heal()
    assert client.set_node("https://b.example", signer=operator).tx_hash != tx_hash
    assert client.set_node(URL, signer=operator).tx_hash != tx_hash  # for it was set in between
    assert account.paid_for(3)


@pytest.mark.parametrize("fault", [faults.reset, faults.status(503), faults.says(b"x")])
def test_node_that_fails_while_the_receipt_is_awaited(client, proxy, operator, account, fault):
    proxy.inject(fault, method=RECEIPT)
    tx_hash = unknown(client, operator)
    proxy.heal()
    assert client.transactions.await_outcome(tx_hash).tx_hash == tx_hash
    assert account.paid_for(1)


def test_number_that_is_too_low_is_unknown_and_costs_nothing(
    client, connect, proxy, devnet, operator, account
):
    connect(devnet.rpc_url).set_node("https://b.example", signer=operator)
    proxy.inject(faults.answers("eth_getTransactionCount", "0x0"), method="eth_getTransactionCount")
    with pytest.raises(OutcomeUnknown, match="nonce too low"):
        client.set_node(URL, signer=operator, options=WriteOptions(timeout_s=PATIENCE_S))
    assert account.paid_for(1)


def test_number_taken_by_another_transaction_is_reported(
    client, connect, proxy, devnet, operator, account, monkeypatch
):
    monkeypatch.setattr(confirmation, "_LOSS_S", 0.2)
    connect(devnet.rpc_url).set_node("https://b.example", signer=operator)
    method = "eth_getTransactionCount"
    proxy.inject(faults.answers(method, "0x0"), method=method, times=1)
    with pytest.raises(TransactionReplaced):
        client.set_node(URL, signer=operator)
    assert account.paid_for(1)
    client.set_node(URL, signer=operator)
    assert account.paid_for(2)


def test_lagging_number_is_not_used_twice(client, proxy, operator, account):
    proxy.inject(faults.answers("eth_getTransactionCount", "0x0"), method="eth_getTransactionCount")
    for url in (URL, "https://b.example", "https://c.example"):
        client.set_node(url, signer=operator)
    assert account.paid_for(3)


def test_number_that_is_too_high_is_unknown_and_costs_nothing(client, proxy, operator, account):
    proxy.inject(faults.answers("eth_getTransactionCount", "0x5"), method="eth_getTransactionCount")
    unknown(client, operator)
    assert account.paid_for(0)


def test_dropped_transaction_is_unknown_and_sent_again_unchanged(
    client, never_mines, operator, account
):
    tx_hash = unknown(client, operator)
    never_mines.request("anvil_dropTransaction", tx_hash)
    assert client.transactions.outcome_of(tx_hash) is None
    never_mines.request("evm_setAutomine", True)
    assert client.set_node(URL, signer=operator).tx_hash == tx_hash
    assert account.paid_for(1)


def test_dropped_transaction_leaves_no_gap(client, never_mines, operator, account):
    tx_hash = unknown(client, operator)
    never_mines.request("anvil_dropTransaction", tx_hash)
    never_mines.request("evm_setAutomine", True)
    client.set_node("https://b.example", signer=operator)
    assert client.transactions.outcome_of(tx_hash) is not None
    assert client.node(operator.address).domain == "https://b.example"
    assert account.paid_for(2)


def test_reverted_block_does_not_count(client, devnet, operator, account):
    def undo(tx_hash):
        mined(devnet, tx_hash)
        devnet.request("evm_setAutomine", False)
        devnet.request("anvil_rollback", 1)
        devnet.request("anvil_dropAllTransactions")

    options = WriteOptions(timeout_s=1.0, confirmations=2, on_sent=undo)
    with pytest.raises(OutcomeUnknown) as answer:
        client.set_node(URL, signer=operator, options=options)
    assert account.paid_for(0)
    assert client.transactions.outcome_of(answer.value.tx_hash) is None
    devnet.request("evm_setAutomine", True)
    assert client.set_node(URL, signer=operator).tx_hash == answer.value.tx_hash
    assert account.paid_for(1)


def test_confirmations_are_counted_on_the_present_chain(client, devnet, operator, account):
    """The transaction's block is replaced by another, with the transaction in the next one."""
    raw = []

    def reorganise(tx_hash):
        found = devnet.request("eth_getRawTransactionByHash", tx_hash)
        raw.append(mined(devnet, tx_hash)["blockHash"])
        devnet.request("anvil_reorg", 1, [])
        devnet.request("eth_sendRawTransaction", found)
        threading.Timer(0.3, devnet.request, ("anvil_mine", "0x1")).start()

    options = WriteOptions(timeout_s=60, confirmations=2, on_sent=reorganise)
    outcome = client.set_node(URL, signer=operator, options=options)
    assert outcome.block.hash != raw[0]
    assert devnet.request("eth_getBlockByNumber", hex(outcome.block.number), False)["hash"] == (
        outcome.block.hash
    )
    assert account.paid_for(1)


# A transaction that is stuck


def test_stuck_transaction_is_sped_up(client, never_mines, operator, account):
    tx_hash = unknown(client, operator)
    outcome = client.transactions.speed_up(
        tx_hash, signer=operator, options=mined_once_sent(never_mines)
    )
    assert outcome.tx_hash != tx_hash
    assert [item.intent for item in outcome.items] == [SetNode(domain=URL)]
    assert account.paid_for(1)
    never_mines.request("evm_setAutomine", True)
    client.set_node("https://b.example", signer=operator)
    assert account.paid_for(2)


def test_other_process_speeds_it_up_by_its_hash_alone(
    client, connect, never_mines, operator, account
):
    tx_hash = unknown(client, operator)
    other = connect(never_mines.rpc_url)
    outcome = other.transactions.speed_up(
        tx_hash, signer=operator, options=mined_once_sent(never_mines)
    )
    assert outcome.changes[0].node.domain == URL
    assert account.paid_for(1)


def test_first_of_two_attempts_may_still_be_mined(client, proxy, never_mines, operator, account):
    tx_hash = unknown(client, operator)
    never_mines.request("evm_mine")
    assert client.transactions.speed_up(tx_hash, signer=operator).tx_hash == tx_hash
    assert proxy.asked[SEND] == 1
    assert account.paid_for(1)


def test_price_of_a_replacement_stays_below_the_cap(client, never_mines, operator, account):
    tx_hash = unknown(client, operator)
    with pytest.raises(FeeAboveCap):
        client.transactions.speed_up(
            tx_hash, signer=operator, options=WriteOptions(max_fee_per_gas_wei=17)
        )
    assert account.paid_for(0)


def test_stuck_transaction_is_cancelled(client, never_mines, operator, account):
    tx_hash = unknown(client, operator)
    options = mined_once_sent(never_mines)
    assert client.transactions.cancel(tx_hash, signer=operator, options=options) is None
    assert client.node(operator.address) is None
    assert account.paid_for(1)  # for the one that does nothing
    never_mines.request("evm_setAutomine", True)
    client.set_node(URL, signer=operator)
    assert account.paid_for(2)


def test_transaction_too_late_to_cancel_is_reported(client, never_mines, operator, account):
    tx_hash = unknown(client, operator)
    never_mines.request("evm_mine")
    assert client.transactions.cancel(tx_hash, signer=operator).tx_hash == tx_hash
    assert account.paid_for(1)


def test_only_its_sender_replaces_a_transaction(client, connect, never_mines, operator):
    tx_hash = unknown(client, operator)
    with pytest.raises(InvalidInput, match="only its sender"):
        connect(never_mines.rpc_url).transactions.speed_up(tx_hash, signer=KeySigner.generate())
    with pytest.raises(OutcomeUnknown, match="knows it"):
        client.transactions.speed_up("0x" + "11" * 32, signer=operator)
    with pytest.raises(InvalidInput, match="not a valid transaction hash"):
        client.transactions.outcome_of("0x11")


@pytest.mark.parametrize(
    "change",
    [
        {"input": "0x00"},
        {"to": "0x" + "11" * 20},
        {"nonce": "0x1f"},
        {"r": "0x1"},
    ],
)
def test_node_can_not_choose_what_is_signed(
    client, connect, proxy, never_mines, operator, account, change
):
    tx_hash = unknown(client, operator)
    method = "eth_getTransactionByHash"
    proxy.inject(faults.answers(method, lambda answer: answer | change), method=method)
    other = connect(proxy.url)
    with pytest.raises(BadAnswer, match="returned another transaction"):
        other.transactions.speed_up(tx_hash, signer=operator)
    assert proxy.asked[SEND] == 1
    assert account.paid_for(0)


def test_write_whose_number_another_took_is_reported_as_replaced(
    client, never_mines, operator, account, monkeypatch
):
    monkeypatch.setattr(confirmation, "_LOSS_S", 0.5)
    other = ways.client(never_mines.deployment(), ways.transport("sync", never_mines.rpc_url))

    threads = []

    def cancel(tx_hash):
        named = {"signer": operator, "options": mined_once_sent(never_mines)}
        threads.append(
            threading.Thread(target=other.transactions.cancel, args=(tx_hash,), kwargs=named)
        )
        threads[0].start()

    options = WriteOptions(timeout_s=60, on_sent=cancel)
    with pytest.raises(TransactionReplaced):
        client.set_node(URL, signer=operator, options=options)
    threads[0].join()
    assert account.paid_for(1)
    never_mines.request("evm_setAutomine", True)
    client.set_node(URL, signer=operator)
    assert account.paid_for(2)
    other.close()


# Several processes, one journal


@pytest.fixture
def processes(connect, proxy, tmp_path):
    """Yield a function that makes clients as processes of their own would: one file is shared."""
    opened = []

    def process(*urls):
        opened.append(SqliteJournal(tmp_path / "journal.sqlite3"))
        return connect(*(urls or (proxy.url,)), journal=opened[-1])

    yield process
    for journal in opened:
        journal.close()


def test_same_write_of_another_process_waits_for_the_first(
    processes, never_mines, operator, account
):
    tx_hash = unknown(processes(), operator)
    answer = []
    options = WriteOptions(timeout_s=60, on_notice=answer.append, on_sent=mine(never_mines))
    assert processes().set_node(URL, signer=operator, options=options).tx_hash == tx_hash
    assert any(tx_hash in sentence for sentence in answer)
    assert account.paid_for(1)


def test_same_write_of_another_process_finds_the_first_in_its_block(
    processes, never_mines, operator, account
):
    tx_hash = unknown(processes(), operator)
    never_mines.request("evm_mine")
    other = processes()
    assert other.quote(SetNode(domain=URL), payer=operator.address).sent_before == tx_hash
    assert other.set_node(URL, signer=operator).tx_hash == tx_hash
    never_mines.request("evm_setAutomine", True)
    assert other.set_node(URL, signer=operator).tx_hash != tx_hash  # its outcome is known now
    assert account.paid_for(2)


def test_another_process_sends_a_transaction_that_no_node_has(
    processes, never_mines, operator, account
):
    tx_hash = unknown(processes(), operator)
    never_mines.request("anvil_dropTransaction", tx_hash)
    never_mines.request("evm_setAutomine", True)
    processes().set_node("https://b.example", signer=operator)
    assert processes().transactions.outcome_of(tx_hash).items
    assert account.paid_for(2)


def test_open_transactions_are_listed_with_their_purpose(processes, never_mines, operator, account):
    tx_hash = unknown(processes(), operator)
    other = processes()
    (one,) = other.transactions.open()
    assert (one.account, one.number, one.tx_hashes) == (operator.address, account.sent, (tx_hash,))
    assert one.intents == (SetNode(domain=URL),)
    status = other.transactions.spender(operator.address)
    assert (status.transactions, status.oldest_waiting) == ((one,), one)
    assert (status.balance_wei, status.foreign) == (account.balance, ())
    never_mines.request("evm_mine")
    assert other.transactions.open() == ()


def test_write_that_another_process_cancelled_is_reported_as_replaced(
    processes, never_mines, operator, account, monkeypatch
):
    monkeypatch.setattr(confirmation, "_LOSS_S", 0.2)
    other = processes()

    threads = []

    def cancel(tx_hash):
        named = {"signer": operator, "options": mined_once_sent(never_mines)}
        threads.append(
            threading.Thread(target=other.transactions.cancel, args=(tx_hash,), kwargs=named)
        )
        threads[0].start()

    options = WriteOptions(timeout_s=60, on_sent=cancel)
    with pytest.raises(TransactionReplaced):
        processes().set_node(URL, signer=operator, options=options)
    threads[0].join()
    assert account.paid_for(1)


def test_waiting_finds_the_attempt_of_another_process_that_has_sent_more_since(
    processes, never_mines, operator, account, monkeypatch
):
    monkeypatch.setattr(confirmation, "_LOSS_S", 0.2)
    other = processes()

    def race(tx_hash):
        def write():
            options = mined_once_sent(never_mines)
            other.transactions.speed_up(tx_hash, signer=operator, options=options)
            for url in ("https://b.example", "https://c.example"):
                other.set_node(url, signer=operator, options=mined_once_sent(never_mines))

        writing = threading.Thread(target=write)
        writing.start()
        writing.join()  # the first only looks at the chain when all of it has happened

    options = WriteOptions(timeout_s=60, on_sent=race)
    outcome = processes().set_node(URL, signer=operator, options=options)
    assert outcome.changes[0].node.domain == URL
    assert account.paid_for(3)


def test_transaction_of_another_program_is_reported(
    client, connect, never_mines, operator, account
):
    unknown(connect(never_mines.rpc_url), operator)
    answer = []
    options = WriteOptions(on_notice=answer.append, on_sent=mine(never_mines))
    quote = client.quote(SetNode(domain="https://b.example"), payer=operator.address)
    client.set_node("https://b.example", signer=operator, options=options)
    for sentences in (answer, quote.notices):
        assert any(
            f"number {account.sent - 2} " in each and "sent by another program" in each
            for each in sentences
        )
    assert client.transactions.spender(operator.address).foreign == ()
    assert account.paid_for(2)


def test_write_that_was_reported_to_others_is_not_paid_again(
    processes, never_mines, operator, account
):
    """The plan said that nothing new is sent, so no other transaction was approved."""
    first, second = processes(), processes()
    tx_hash = unknown(first, operator)
    quote = second.quote(SetNode(domain=URL), payer=operator.address)
    assert quote.sent_before == tx_hash
    never_mines.request("evm_mine")
    assert first.set_node(URL, signer=operator).tx_hash == tx_hash
    again = second.send(SetNode(domain=URL), signer=operator, quote=quote)
    assert again.tx_hash == tx_hash
    assert account.paid_for(1)


def test_only_transactions_of_the_account_are_signed_again(
    client, connect, proxy, never_mines, operator, account
):
    """A node reports another account's transaction, with its right hash, as this account's."""
    stranger = KeySigner.from_key(never_mines.accounts[2].private_key)
    tx_hash = unknown(connect(never_mines.rpc_url), stranger)
    method = "eth_getTransactionByHash"
    proxy.inject(
        faults.answers(method, lambda answer: answer | {"from": operator.address}), method=method
    )
    with pytest.raises(InvalidInput, match=f"sent by {stranger.address}"):
        client.transactions.speed_up(tx_hash, signer=operator)
    assert proxy.asked[SEND] == 0
    assert account.paid_for(0)


def test_journal_that_was_tampered_with_is_not_signed_again(
    processes, never_mines, operator, account, tmp_path
):
    tx_hash = unknown(processes(), operator)
    stranger = KeySigner.from_key(never_mines.accounts[2].private_key)
    other = ways.transport("sync", never_mines.rpc_url)
    client = ways.client(never_mines.deployment(), other)
    theirs = unknown(client, stranger, "https://c.example")
    raw = never_mines.request("eth_getRawTransactionByHash", theirs)
    with sqlite3.connect(tmp_path / "journal.sqlite3") as db:
        db.execute("UPDATE attempt SET raw = ?", (bytes.fromhex(raw[2:]),))
    with pytest.raises(InvalidInput, match=f"sent by {stranger.address}"):
        processes().transactions.speed_up(tx_hash, signer=operator)
    assert account.paid_for(0)
