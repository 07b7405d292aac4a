"""Killed before or after any statement, commit or request, each request ends once, as reported.

`OCN_SOAK=1` tries every moment, the usual setting a sample. Seeded faults show that it would be
seen.
"""

import contextlib
import os
from dataclasses import replace

import pytest
from dying import Died, Life

from ocn_registry import KeySigner
from ocn_registry.errors import TransactionReplaced
from ocn_registry.relay.committing import Committer, Decision
from ocn_registry.relay.database import open_database
from ocn_registry.relay.journal import DatabaseJournal
from ocn_registry.relay.policy import Policy
from ocn_registry.relay.settling import Settler

# The committing thread dies, too.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
SAMPLE = None if os.environ.get("OCN_SOAK") else 10


@pytest.fixture
def people():
    return [KeySigner.generate() for _ in range(3)]


@pytest.fixture
def policy(people):
    return Policy(allowed=frozenset(each.address for each in people))


@pytest.fixture
def documents(registration, people):
    return [
        registration(each, f"AA{place}", nonce=0).to_json() for place, each in enumerate(people)
    ]


@pytest.fixture
def trial(config, documents, fresh, registry, monkeypatch, tmp_path):
    """Kill a relay at a moment, continue with the next one, and return the faults found."""
    spender = fresh.accounts[7].address
    monkeypatch.setattr("ocn_registry.relay.settling._PATIENCE_S", 3.0)

    def trial(last):
        snapshot = fresh.request("evm_snapshot")
        _emptied(config.database)
        before = int(fresh.request("eth_getTransactionCount", spender, "latest"), 16)
        life = Life(replace(config, history=None), documents, fresh, monkeypatch)
        passed, died = life.run(last)
        if died:
            life.run()
        database = open_database(config.database)
        parties = {party.address: party for party in registry.parties()}
        found = life.violations(database, parties, before)
        database.close()
        fresh.request("evm_revert", snapshot)
        return passed, found

    return trial


def _emptied(url):
    database = open_database(url)
    with database.transaction() as transaction:
        for table in ("request", "entry", "attempt", "quota", "event"):
            transaction.run(f"DELETE FROM {table}")  # noqa: S608 - names of ours
    database.close()


def moments(trial):
    """Return the moments to die at: all those of an undisturbed run, or a sample."""
    every = trial(None)[0]
    return range(1, every + 1, 1 if SAMPLE is None else max(1, every // SAMPLE))


def test_each_request_ends_once_as_reported_wherever_the_relay_dies(trial):
    assert trial(None)[1] == []
    for last in moments(trial):
        assert trial(last)[1] == [], f"killed at moment {last}"


def states_apart_from_the_journal(monkeypatch):
    """The journal's entry is committed, but the requests' states are not."""
    monkeypatch.setattr("ocn_registry.relay.journal._take", lambda *_: None)


def told_before_it_is_committed(monkeypatch):
    """A request is reported as accepted before it is on disk."""
    real = Committer._commit_together

    def early(committer, commits):
        for one in commits:
            one.future.set_result(Decision(request=one.request, new=True))
        again = [replace(one, future=type(one.future)()) for one in commits]
        with contextlib.suppress(Died):  # the submitting thread dies at its next moment
            real(committer, again)

    monkeypatch.setattr(Committer, "_commit_together", early)


def sent_before_it_is_in_the_journal(monkeypatch):
    """Bytes are sent before they are recorded."""
    real = DatabaseJournal.write

    def write(journal, entry):
        if entry.state != "signed":
            real(journal, entry)

    monkeypatch.setattr(DatabaseJournal, "write", write)


def forgets_what_is_open(monkeypatch):
    """Transactions of the former process are not looked up."""
    monkeypatch.setattr(DatabaseJournal, "find", lambda *_: None)


def gives_up_what_it_has_sent(monkeypatch):
    """A transaction that was sent counts as lost, and is made again."""

    def replaced(_, tx_hash):
        raise TransactionReplaced(tx_hash, 0)

    monkeypatch.setattr(Settler, "_awaited", replaced)
    monkeypatch.setattr(DatabaseJournal, "entries", lambda *_: ())


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "fault",
    [
        states_apart_from_the_journal,
        told_before_it_is_committed,
        sent_before_it_is_in_the_journal,
        forgets_what_is_open,
        gives_up_what_it_has_sent,
    ],
)
def test_seeded_fault_is_found(trial, monkeypatch, fault):
    every = trial(None)[0]
    fault(monkeypatch)
    # Faults show at few moments; most of them lie between accepting and the first block.
    tried = (trial(last)[1] for last in (*range(every // 8, every, 7), *range(1, every, 5)))
    assert any(tried)
