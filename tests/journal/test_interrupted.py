"""Writes that are interrupted at any step, by Ctrl-C or as a cancelled task."""

import asyncio
import threading

import pytest

from ocn_registry import (
    AsyncHttpTransport,
    AsyncRegistryClient,
    HttpTransport,
    KeySigner,
    RegistryClient,
    SqliteJournal,
    WriteOptions,
)

URL, OTHER_URL = "https://{}.example", "https://{}.other.example"
MONEY = 10**20


class Steps:
    """Counts effects, before they are performed or after, and interrupts the caller at one."""

    def __init__(self, last, moment):
        self._last, self._moment = last, moment
        self._count = 0
        self.interrupted = False

    def pass_by(self, moment):
        """Return whether to interrupt the caller here."""
        self._count += moment == self._moment
        now = self._count == self._last and not self.interrupted
        self.interrupted |= now
        return now


class Interruptible(HttpTransport):
    steps = None

    def perform(self, effect):
        if self.steps.pass_by("before"):
            raise KeyboardInterrupt
        answer = super().perform(effect)
        if self.steps.pass_by("after"):
            raise KeyboardInterrupt
        return answer


class AsyncInterruptible(AsyncHttpTransport):
    steps = None

    async def perform(self, effect):
        if self.steps.pass_by("before"):
            asyncio.current_task().cancel()
        answer = await super().perform(effect)
        if self.steps.pass_by("after"):
            asyncio.current_task().cancel()
            await asyncio.sleep(0)
        return answer


class Person:
    """Somebody who writes with a journal, and is interrupted at a step."""

    def __init__(self, devnet, journal, steps):
        self._devnet, self._steps = devnet, steps
        self.signer = KeySigner.generate()
        self.signed = []
        self.journal = SqliteJournal(journal)
        self._deployment = devnet.deployment()
        self._options = WriteOptions(timeout_s=60, on_signed=self.signed.append)
        devnet.request("anvil_setBalance", self.signer.address, hex(MONEY))

    def write(self, way, url):
        """Write; return whether it was done, and not interrupted."""
        try:
            if way == "sync":
                self._write(url)
            else:
                asyncio.run(self._write_async(url))
        except (KeyboardInterrupt, asyncio.CancelledError):
            return False
        return True

    def _write(self, url):
        transport = Interruptible(self._deployment.rpc_urls, chain_id=self._deployment.chain_id)
        transport.steps = self._steps
        with RegistryClient(self._deployment, transport, journal=self.journal) as client:
            client.set_node(url, signer=self.signer, options=self._options)

    async def _write_async(self, url):
        transport = AsyncInterruptible(
            self._deployment.rpc_urls, chain_id=self._deployment.chain_id
        )
        transport.steps = self._steps
        async with AsyncRegistryClient(self._deployment, transport, journal=self.journal) as client:
            await client.set_node(url, signer=self.signer, options=self._options)

    @property
    def open(self):
        return [one for one in self.journal.entries(self._deployment.chain_id) if one.open]

    @property
    def paid(self):
        """Return the number of transactions, and how many wait."""
        mined, pending = (
            int(self._devnet.request("eth_getTransactionCount", self.signer.address, block), 16)
            for block in ("latest", "pending")
        )
        return mined, pending - mined


def interrupted(devnet, folder, way, moment):
    """Yield people whose write was interrupted at one step after the other."""
    step = 0
    while True:
        step += 1
        steps = Steps(step, moment)
        person = Person(devnet, folder / f"{step}.db", steps)
        url = URL.format(person.signer.address.lower())
        if person.write(way, url):
            break
        yield person
        person.journal.close()
    person.journal.close()
    assert step > 10


@pytest.mark.parametrize(
    ("way", "moment"), [("sync", "after"), ("async", "before"), ("async", "after")]
)
def test_interrupted_write_is_paid_once_when_it_is_done_again_and_not_sent_later_by_others(
    devnet, tmp_path, way, moment
):
    for person in interrupted(devnet, tmp_path, way, moment):
        url = URL if person.signed else OTHER_URL  # the same again, or another write
        assert person.signed or not person.open
        assert person.write(way, url.format(person.signer.address.lower()))
        assert person.paid == (1, 0)


def test_turn_of_a_cancelled_task_ends_when_its_commit_has_ended(devnet, tmp_path, monkeypatch):
    """The commit is made in a thread, which nobody can stop."""
    person = Person(devnet, tmp_path / "journal.db", Steps(0, "before"))
    write, take = SqliteJournal.write, SqliteJournal.take
    committing, taken_meanwhile = threading.Event(), []

    async def cancelled():
        loop, task = asyncio.get_running_loop(), asyncio.current_task()

        def slow_write(journal, entry):
            if not committing.is_set():
                committing.set()
                loop.call_soon_threadsafe(task.cancel)
                threading.Event().wait(0.05)  # for the loop to cancel the task
                turn = take(journal, entry.chain_id, entry.account)
                taken_meanwhile.append(turn)
            write(journal, entry)

        monkeypatch.setattr(SqliteJournal, "write", slow_write)
        await person._write_async(URL.format(person.signer.address.lower()))

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(cancelled())
    assert taken_meanwhile == [None]
    assert not person.open
    assert person.write("async", OTHER_URL.format(person.signer.address.lower()))
    assert person.paid == (1, 0)
