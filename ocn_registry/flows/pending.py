"""Open transactions: those waiting for a block, according to journal and chain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocn_registry.flows.confirmation import Included, place_of
from ocn_registry.flows.journal_text import items
from ocn_registry.flows.sender import counts_of, same_chain, sender_for
from ocn_registry.outcomes import OpenTransaction, SpenderStatus
from ocn_registry.protocol.effects import (
    Balance,
    Local,
    ReceiptOf,
    all_of,
    together,
)
from ocn_registry.protocol.journal import MemoryOfTransport

if TYPE_CHECKING:
    from ocn_registry.dialects import Dialect
    from ocn_registry.flows.options import WriteOptions
    from ocn_registry.models import Address
    from ocn_registry.protocol.effects import Flow
    from ocn_registry.protocol.journal import JournalEntry


def open_transactions(
    dialect: Dialect,
    account: Address | None,
    options: WriteOptions,
) -> Flow[tuple[OpenTransaction, ...]]:
    """Return the transactions in the journal that the chain has not decided.

    Args:
        dialect: The dialect of the deployment.
        account: The sender; `None` for all accounts.
        options: The journal.
    """
    journal = options.journal
    if journal is None:
        journal = yield from MemoryOfTransport()
    task: Local[tuple[JournalEntry, ...]] = Local(
        lambda: journal.entries(dialect.chain_id, account)
    )
    entries = yield from task
    accounts = dict.fromkeys([entry.account for entry in entries if entry.open])
    found: list[OpenTransaction] = []
    for each in accounts:
        status = yield from spender_status(dialect, each, options)
        found += status.transactions
    return tuple(found)


def spender_status(
    dialect: Dialect,
    account: Address,
    options: WriteOptions,
) -> Flow[SpenderStatus]:
    """Return an account's balance and open transactions, read at once. Nothing is sent.

    Args:
        dialect: The dialect of the deployment.
        account: The account.
        options: The journal.
    """
    sender = yield from sender_for(dialect.deployment, account, options)
    entries = [entry for entry in (yield from sender.entries()) if entry.open]
    balance, receipts, answers = yield from together(
        Balance(account),
        all_of(tuple([all_of(tuple(map(ReceiptOf, entry.tx_hashes))) for entry in entries])),
        sender.ask_counts(),
    )
    counts = counts_of(answers)
    found: list[OpenTransaction] = []
    for entry, its in zip(entries, receipts, strict=True):
        if not same_chain(entry.genesis_hash, counts.genesis_hash):
            continue
        place = yield from place_of(entry.tx_hashes, its, counts.head, sender.depth)
        if isinstance(place, Included) or entry.state == "lost":
            continue
        found.append(
            OpenTransaction(
                account=account,
                number=entry.number,
                tx_hashes=entry.tx_hashes,
                intents=tuple([item.intent for item in items(entry.carries)]),
                signed_unix_s=entry.signed_unix_s,
                blocks=place.blocks,
            ),
        )
    own = {entry.number for entry in entries}
    return SpenderStatus(
        account=account,
        balance_wei=balance,
        transactions=tuple(found),
        foreign=tuple(
            [number for number in range(counts.mined, counts.pending) if number not in own],
        ),
    )
