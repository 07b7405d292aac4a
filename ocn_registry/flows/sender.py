"""The transactions of an account: its turn to write, its journal, its nonces, and waiting."""

from __future__ import annotations

import logging
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from ocn_registry.errors import JournalError, TransactionReplaced, TransportError
from ocn_registry.flows.confirmation import (
    FIRST_POLL_S,
    Included,
    is_taken,
    place_of,
    wait,
)
from ocn_registry.portable.values import dataclass
from ocn_registry.protocol.calls import CalledBy
from ocn_registry.protocol.effects import (
    Arrival,
    BlockAt,
    Clock,
    Head,
    Local,
    ReceiptOf,
    Send,
    Sleep,
    TransactionCount,
    all_of,
    together,
)
from ocn_registry.protocol.journal import MemoryOfTransport

if TYPE_CHECKING:
    from collections.abc import Generator

    from ocn_registry.flows.options import WriteOptions
    from ocn_registry.models import Address, BlockRef
    from ocn_registry.networks import Deployment
    from ocn_registry.protocol.effects import Flow, HeadBlock, Together
    from ocn_registry.protocol.journal import Journal, JournalEntry, Turn

_LOG = logging.getLogger("ocn_registry.writes")
_LONGEST_PAUSE_S = 0.2
_UNKNOWN_DEPTH = 12  # blocks to finality if the network does not say


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """An account's nonces on the chain, read at once.

    Attributes:
        head: The latest block.
        mined: The nonce after the last mined transaction.
        pending: The nonce after the last transaction that the node knows.
        genesis_hash: Hash of the chain's first block; empty if the node does not know it.
    """

    head: HeadBlock
    mined: int
    pending: int
    genesis_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """The state of an account's open transactions on the chain.

    Attributes:
        entries: The entries for this chain, updated.
        counts: The account's nonces.
        adrift: Entries that are neither in a block nor known to any node.
    """

    entries: tuple[JournalEntry, ...]
    counts: Counts
    adrift: tuple[JournalEntry, ...]

    @property
    def is_settled(self) -> bool:
        """Whether each of them is in a block or never will be."""
        return all(entry.state != "signed" for entry in self.entries)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """An account that sends transactions, with its journal.

    Attributes:
        account: Its address.
        deployment: The network.
        journal: Stores its transactions.
        options: How to wait for them.
        reports: Whether the outcome of each is returned to the caller as soon as it is known.
    """

    account: Address
    deployment: Deployment
    journal: Journal
    options: WriteOptions
    reports: bool = True

    @property
    def chain_id(self) -> int:
        """Id of the chain."""
        return self.deployment.chain_id

    @property
    def depth(self) -> int:
        """Number of confirmations at which a block is final."""
        return self.deployment.blocks_to_finality or _UNKNOWN_DEPTH

    def turn(self) -> Flow[Turn]:
        """Wait for this account's turn to write, and take it. The caller must release it."""
        started = yield from Clock()
        pause = FIRST_POLL_S / 4
        while (turn := self.journal.take(self.chain_id, self.account)) is None:
            now = yield from Clock()
            if now - started > self.options.timeout_s:
                raise JournalError(
                    f"another process has been writing for {self.account} for "
                    f"{now - started:.0f} s: wait until it has ended, then try again",
                )
            yield from Sleep(pause)
            pause = min(1.5 * pause, _LONGEST_PAUSE_S)
        return turn

    def entries(self) -> Flow[tuple[JournalEntry, ...]]:
        """Return the account's open entries and its last one, in order."""
        task: Local[tuple[JournalEntry, ...]] = Local(
            lambda: self.journal.entries(self.chain_id, self.account)
        )
        return (yield from task)

    def find(self, tx_hash: str) -> Flow[JournalEntry | None]:
        """Return the entry that has an attempt with this hash; `None` if there is none."""
        task: Local[JournalEntry | None] = Local(lambda: self.journal.find(self.chain_id, tx_hash))
        return (yield from task)

    def keep(self, entry: JournalEntry, *, new: bool = False) -> Flow[None]:
        """Commit an entry to the journal; if the caller is interrupted, a `new` one is removed."""
        task: Local[None] = Local(lambda: self.journal.write(entry), finishes=True)
        try:
            yield from task
        except GeneratorExit:
            if new:
                self._remove_now(entry)
            elif self.options.on_signed is not None:  # whoever waits for the entry next sends it
                self.options.on_signed(entry.tx_hashes[-1])
            raise

    def note(self, *entries: JournalEntry) -> Flow[None]:
        """Record the chain's decisions if possible; if not, they can be looked up again."""
        task: Local[None] = Local(lambda: self.journal.write(*entries), finishes=True)
        try:
            if entries:
                yield from task
        except JournalError as error:
            self.options.notice(str(error))

    def settled(self) -> Flow[tuple[tuple[JournalEntry, ...], Counts | None]]:
        """Look up the open entries on the chain, and resend those that no node knows.

        Returns:
            The updated entries, and the account's nonces; `None` in place of these if no entry was
            open and the chain was not asked.
        """
        entries = yield from self.entries()
        if not any(entry.open for entry in entries):
            return entries, None
        look = yield from self.look(entries)
        for entry in look.adrift:
            yield from Send(entry.attempts[-1])  # the same bytes, which can take effect only once
        yield from self.note_all(look.entries, entries)
        return look.entries, look.counts

    def look(self, entries: tuple[JournalEntry, ...]) -> Flow[Look]:
        """Return the state of the open entries on the chain, without changing anything."""
        open_ = [entry for entry in entries if entry.open]
        hashes = [entry.tx_hashes for entry in open_]
        blocks = {entry.block.number for entry in open_ if entry.block is not None}
        receipts, known, counts, blocks_found = yield from together(
            all_of(tuple([all_of(tuple([ReceiptOf(one) for one in each])) for each in hashes])),
            all_of(tuple([all_of(tuple([CalledBy(one) for one in each])) for each in hashes])),
            self.ask_counts(),
            all_of(tuple([BlockAt(number) for number in sorted(blocks)])),
        )
        now = counts_of(counts)
        at = dict(zip(sorted(blocks), blocks_found, strict=True))
        answers = dict(zip(open_, zip(receipts, known, strict=True), strict=True))
        found: list[JournalEntry] = []
        adrift: list[JournalEntry] = []
        for entry in entries:
            if not self.is_of(entry, now):
                continue
            if not entry.open:
                found.append(entry)
                continue
            its_receipts, its_known = answers[entry]
            place = yield from place_of(entry.tx_hashes, its_receipts, now.head, 1, at)
            if isinstance(place, Included):
                found.append(self.included(entry, place))
            elif self.deployment.starts_again and entry.reported:
                # The test chain was reset: what its owner undid is not sent again.
                found.append(replace(entry, state="lost", tx_hash=None, block=None))
            elif now.mined > entry.number and (
                yield from is_taken(
                    entry.tx_hashes, entry.number, self.account, now.head, self.depth
                )
            ):
                found.append(replace(entry, state="lost", tx_hash=None, block=None))
            else:
                found.append(self.not_included(entry))
                if now.mined <= entry.number and not any(its_known) and not any(its_receipts):
                    adrift.append(entry)
        return Look(entries=tuple(found), counts=now, adrift=tuple(adrift))

    def note_all(
        self,
        entries: tuple[JournalEntry, ...],
        before: tuple[JournalEntry, ...],
    ) -> Flow[None]:
        """Record the chain's decision for entries whose state has changed."""
        yield from self.note(*set(entries).difference(before))

    def ask_counts(self) -> Together[tuple[HeadBlock, int, int, BlockRef | None]]:
        """Return the effect that reads the account's nonces; see `counts_of`."""
        return together(
            Head(),
            TransactionCount(self.account, pending=False),
            TransactionCount(self.account),
            BlockAt(0),
        )

    def is_of(self, entry: JournalEntry, counts: Counts) -> bool:
        """Return whether an entry belongs to the node's chain, by the hash of the first block.

        Raises:
            JournalError: It belongs to another chain, although this network has only one.
        """
        if same_chain(entry.genesis_hash, counts.genesis_hash):
            return True
        if entry.open and not self.deployment.starts_again:
            raise other_chain(entry)
        return False  # from a former test chain

    def hand_over(self, entry: JournalEntry, *, new: bool) -> Flow[TransportError | None]:
        """Send the latest attempt of an entry in the journal.

        Args:
            entry: The entry.
            new: Whether to remove the entry if nothing left this machine.

        Returns:
            The node's error; `None` if it accepted the transaction.

        Raises:
            TransportError: Nothing left this machine.
        """
        _LOG.info(
            "transaction %s, number %d of %s, is in the journal, and is sent to the RPC node",
            entry.tx_hashes[-1],
            entry.number,
            entry.account,
        )
        if self.options.on_signed is not None:
            try:
                self.options.on_signed(entry.tx_hashes[-1])
            except BaseException:
                if new:  # or the next write of the account would send it
                    self._remove_now(entry)
                raise
        try:
            handover = yield from Send(entry.attempts[-1])
        except TransportError:  # not the deployment's chain
            if new:
                yield from self.remove(entry)
            raise
        if handover.arrival is Arrival.UNSENT and handover.error is not None:
            if new:
                yield from self.remove(entry)
            raise handover.error
        return handover.error

    def remove(self, entry: JournalEntry) -> Flow[None]:
        """Remove an entry that was never sent."""
        task: Local[None] = Local(lambda: self.journal.remove(entry), finishes=True)
        yield from task

    def _remove_now(self, entry: JournalEntry) -> None:
        """Remove an entry that was never sent, for a caller that performs no effects any more."""
        with suppress(JournalError):  # what interrupted it is reported
            self.journal.remove(entry)

    def wait(
        self,
        entry: JournalEntry,
        lost: TransportError | None = None,
    ) -> Flow[tuple[JournalEntry, Included]]:
        """Wait for an entry's block, and record the chain's decision.

        Args:
            entry: The entry.
            lost: The node's error when it was sent, if any.

        Returns:
            The updated entry, including attempts of other processes, and the mined transaction.

        Raises:
            TransactionReplaced: Another transaction with this nonce is confirmed.
            OutcomeUnknown: The chain did not decide in time.
        """
        latest = entry

        def others() -> Flow[tuple[str, ...]]:
            nonlocal latest
            # By its hash: the entry may be decided by now, and no longer the account's last.
            found = yield from self.find(entry.tx_hashes[-1])
            if found is not None and found.genesis_hash == entry.genesis_hash:
                latest = found
            return latest.tx_hashes

        try:
            included = yield from wait(
                entry.tx_hashes,
                entry.number,
                self.account,
                self.options,
                lost,
                depth=self.depth,
                again=entry.attempts[-1],
                others=others,
            )
        except TransactionReplaced:
            yield from self.note(replace(latest, state="lost", reported=True))
            raise
        reported = self.reports or latest.reported
        latest = replace(self.included(latest, included), reported=reported)
        with self.returning(latest):
            yield from self.note(latest)
        return latest, included

    @contextmanager
    def returning(self, *entries: JournalEntry) -> Generator[None]:
        """Leave entries open if the caller is interrupted, and never gets their outcome."""
        try:
            yield
        except GeneratorExit:
            with suppress(JournalError):
                self.journal.write(*map(self.not_included, entries))
            raise

    @staticmethod
    def not_included(entry: JournalEntry) -> JournalEntry:
        """Return an entry, updated for no attempt being in a block."""
        return replace(entry, state="signed", reported=False, tx_hash=None, block=None)

    def included(self, entry: JournalEntry, included: Included) -> JournalEntry:
        """Return an entry, updated for an attempt in a block."""
        return replace(
            entry,
            state="final" if included.blocks >= self.depth else "mined",
            tx_hash=included.tx_hash,
            block=included.block,
        )


def sender_for(deployment: Deployment, account: Address, options: WriteOptions) -> Flow[Sender]:
    """Return a sender with the journal in the options, or the transport's own."""
    journal = options.journal
    if journal is None:
        journal = yield from MemoryOfTransport()
    return Sender(account=account, deployment=deployment, journal=journal, options=options)


def same_chain(genesis_hash: str, other: str) -> bool:
    """Return whether two genesis hashes can be of one chain; some nodes don't know theirs."""
    return not genesis_hash or not other or genesis_hash == other


def other_chain(entry: JournalEntry) -> JournalError:
    """Return the error for a transaction of another chain with the same id."""
    return JournalError(
        f"transaction {entry.tx_hashes[-1]} in the journal is of another chain with the id "
        f"{entry.chain_id}: the RPC node's chain has another first block. It was restarted, or is "
        "a copy: use another journal for it, as in --journal FILE or journal=SqliteJournal(...)",
    )


def counts_of(answers: tuple[HeadBlock, int, int, BlockRef | None]) -> Counts:
    """Return an account's nonces from the answers to `Sender.ask_counts`."""
    head, mined, pending, first = answers
    return Counts(
        head=head,
        mined=mined,
        pending=max(mined, pending),
        genesis_hash="" if first is None else first.hash,
    )
