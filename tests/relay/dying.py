"""A relay that dies at a chosen moment, and the checks of chain against database afterwards.

A moment is before or after any statement or commit of the database, and before or after any request
to the chain. Dying leaves what a SIGKILL leaves: open transactions are undone, locks are free, and
nothing that was in memory is left.
"""

import contextlib

from ocn_registry.errors import OcnRegistryError
from ocn_registry.relay import service as service_module
from ocn_registry.relay import store
from ocn_registry.relay.sender import RequestSender
from ocn_registry.relay.service import RelayService
from ocn_registry.transport.http_sync import HttpTransport


class Died(BaseException):
    """The process has died."""


class Moments:
    """Counts moments, and dies at one of them."""

    def __init__(self, last=None):
        self.count, self.last = 0, last

    def pass_one(self):
        self.count += 1
        if self.last is not None and self.count >= self.last:
            raise Died


class DyingTransaction:
    def __init__(self, inner, moments):
        self._inner, self._moments = inner, moments

    def run(self, statement, *values):
        self._moments.pass_one()
        found = self._inner.run(statement, *values)
        self._moments.pass_one()
        return found

    def run_all(self, statement, rows):
        self._moments.pass_one()
        self._inner.run_all(statement, rows)
        self._moments.pass_one()

    def part(self):
        return self._inner.part()


class DyingLock:
    def __init__(self, inner, moments):
        self._inner, self._moments = inner, moments

    @contextlib.contextmanager
    def transaction(self):
        with _dying(self._inner.transaction(), self._moments) as transaction:
            yield transaction

    def release(self):
        self._inner.release()


class DyingDatabase:
    def __init__(self, inner, moments):
        self.inner, self._moments, self.locks = inner, moments, []

    @contextlib.contextmanager
    def transaction(self):
        with _dying(self.inner.transaction(), self._moments) as transaction:
            yield transaction

    @contextlib.contextmanager
    def reading(self):
        with self.inner.reading() as inner:
            yield DyingTransaction(inner, self._moments)

    def lock(self, name):
        found = self.inner.lock(name)
        if found is None:
            return None
        self.locks.append(found)
        return DyingLock(found, self._moments)

    def close(self):
        self.inner.close()

    def vanish(self):
        """Leave the state that a killed process leaves."""
        for lock in self.locks:
            with contextlib.suppress(Exception):
                lock.release()
        self.inner.close()


@contextlib.contextmanager
def _dying(transaction, moments):
    with transaction as inner:
        yield DyingTransaction(inner, moments)
        moments.pass_one()  # all statements done, nothing committed
    moments.pass_one()  # committed, but not reported


class Life:
    """The requests of some people, submitted and completed across deaths.

    Args:
        config: The relay's configuration.
        documents: Signed requests, as JSON.
        devnet: The chain.
        monkeypatch: Undone at the end of the test.
    """

    def __init__(self, config, documents, devnet, monkeypatch):
        self._config, self._documents, self._devnet = config, documents, devnet
        self._patch = monkeypatch
        self.told = set()  # indexes of requests that were reported as accepted
        self.ids = {}

    def run(self, last=None):
        """Run once, until all requests have ended or the moment comes.

        Returns:
            How many moments passed, and whether it died.
        """
        moments = Moments(last)
        opened = []
        real_open, real_perform = service_module.open_database, HttpTransport.perform

        def open_database(url):
            opened.append(DyingDatabase(real_open(url), moments))
            return opened[-1]

        def perform(transport, effect):
            moments.pass_one()
            answer = real_perform(transport, effect)
            moments.pass_one()
            return answer

        with self._patch.context() as patch:
            patch.setattr(service_module, "open_database", open_database)
            service = RelayService(self._config)
            patch.setattr(HttpTransport, "perform", perform)
            try:
                self._live(service)
            except Died:
                service.intake.close()  # its threads die at their next moment
                opened[-1].vanish()
                return moments.count, True
        service.close()
        return moments.count, False

    def _live(self, service):
        for place, document in enumerate(self._documents):
            if place not in self.told:
                self.ids[place] = service.intake.accept(document).request.id
                self.told.add(place)
        sender = RequestSender(service)
        for _ in range(4):
            with contextlib.suppress(OcnRegistryError):  # as `Sender.run` goes on
                sender.round()
            self._devnet.request("anvil_mine", "0x15")

    def violations(self, database, parties, before):
        """Return the differences between chain and database.

        Args:
            database: The relay's database, opened anew.
            parties: The parties that the chain lists, by their addresses.
            before: The number of the spender's transactions at the beginning.
        """
        with database.transaction() as transaction:
            rows = [store.find(transaction, self.ids.get(one, "")) for one in sorted(self.told)]
            entries = int(transaction.run("SELECT count(*) FROM entry")[0][0])
        found = [f"request {place} is lost" for place, row in enumerate(rows) if row is None]
        rows = [row for row in rows if row is not None]
        for row in rows:
            listed = row.account in parties
            if (row.state, listed) != ("done", True):
                found.append(f"{row.id} is {row.state} ({row.error}), listed: {listed}")
            receipt = row.tx_hash and self._devnet.request("eth_getTransactionReceipt", row.tx_hash)
            if not receipt or int(receipt["blockNumber"], 16) != row.block_number:
                found.append(f"{row.id} is not in the block that is told")
        spender = self._devnet.accounts[7].address
        count = int(self._devnet.request("eth_getTransactionCount", spender, "latest"), 16) - before
        carriers = {row.tx_hash for row in rows}
        if not count == entries == len(carriers):
            found.append(f"{count} transactions, {entries} entries, {len(carriers)} that carry")
        return found
