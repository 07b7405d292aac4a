"""A journal's file and its turns stay with one process, whatever else that process does."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from ocn_registry import InvalidInput, JournalError, KeySigner, SqliteJournal
from ocn_registry.evm.transactions import SignedTransaction
from ocn_registry.protocol.journal import KEPT, JournalEntry, MemoryJournal

CHAIN = 4096
ACCOUNT = KeySigner.from_key(b"\x01" * 32).address
_OTHER = """
import sys
from ocn_registry import Address, SqliteJournal
journal = SqliteJournal(sys.argv[1])
account = Address(sys.argv[2])
print(journal.take(4096, account) is not None, len(journal.entries(4096, account)))
journal.close()
"""


_FORKS = """
import os, sys
from ocn_registry import Address, SqliteJournal
from ocn_registry.evm.transactions import SignedTransaction
from ocn_registry.protocol.journal import JournalEntry
def entry(number):
    return JournalEntry(
        chain_id=4096, genesis_hash="0x" + "aa" * 32, account=Address(sys.argv[2]), number=number,
        attempts=(SignedTransaction(bytes([number])),), call="0x", once=False, carries="[]",
        signed_unix_s=1,
    )
journal = SqliteJournal(sys.argv[1])
journal.write(entry(0))
parents = journal._db
child = os.fork()
if not child:
    journal.write(entry(1))
    os._exit(journal._db is parents or len(journal.entries(4096)) != 2)
status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
journal.write(entry(2))
print(status, journal._db is parents, len(journal.entries(4096)))
"""


@pytest.fixture
def file(tmp_path):
    return tmp_path / "journal.sqlite3"


def other_process(file):
    """Return whether another process gets the turn, and how many entries it finds."""
    command = [sys.executable, "-c", _OTHER, str(file), ACCOUNT]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    gets, entries = told.split()
    return gets == "True", int(entries)


def entry(number, *, chain_id=CHAIN, genesis="0x" + "aa" * 32, **changes):
    raw = SignedTransaction(bytes([number % 256, number // 256, chain_id % 256]))
    values = {"call": "0x", "once": False, "carries": "[]", "signed_unix_s": 1} | changes
    return JournalEntry(
        chain_id=chain_id,
        genesis_hash=genesis,
        account=ACCOUNT,
        number=number,
        attempts=(raw,),
        **values,
    )


def test_turn_is_kept_while_others_of_its_process_ask_for_it(file):
    journal = SqliteJournal(file)
    turn = journal.take(CHAIN, ACCOUNT)
    assert journal.take(CHAIN, ACCOUNT) is None
    assert SqliteJournal(file).take(CHAIN, ACCOUNT) is None
    assert other_process(file)[0] is False
    turn.give_back()
    assert other_process(file)[0] is True


def test_forked_process_opens_the_file_for_itself(file):
    command = [sys.executable, "-c", _FORKS, str(file), ACCOUNT]
    ran = subprocess.run(command, check=True, capture_output=True, text=True)
    assert ran.stdout.split() == ["0", "True", "3"]


@pytest.mark.parametrize(
    ("version", "way"), [(1, "use the program that wrote it"), (99, "update this program")]
)
def test_journal_of_another_version_is_reported(file, version, way):
    SqliteJournal(file).close()
    with closing(sqlite3.connect(file)) as database:
        database.execute(f"PRAGMA user_version = {version}")
    with pytest.raises(JournalError) as error:
        SqliteJournal(file)
    assert f"is a journal of version {version}" in str(error.value)
    assert way in str(error.value)


def test_damaged_journal_is_reported_in_one_line_and_not_read(file):
    journal = SqliteJournal(file)
    journal.write(entry(0))
    journal.close()  # merges the log into the file
    content = bytearray(file.read_bytes())
    content[4096:] = b"\xff" * len(content[4096:])
    file.write_bytes(content)
    with pytest.raises(JournalError) as error:
        SqliteJournal(file).entries(CHAIN)
    assert "can't be used" in str(error.value)
    assert "\n" not in str(error.value)


def test_entries_are_seen_by_others_when_a_process_has_opened_its_journal_twice(file):
    first, second = SqliteJournal(file), SqliteJournal(file)
    other_process(file)  # the last one to close a file deletes the log of what was written
    first.write(entry(0))
    assert other_process(file)[1] == 1
    assert second.entries(CHAIN) == (entry(0),)


@pytest.mark.parametrize(
    "lost", ["deleted", "emptied", "replaced", "without its log", "behind a link"]
)
def test_journal_that_others_do_not_see_any_more_takes_no_entries(file, tmp_path, lost):
    link = tmp_path / "link"
    link.symlink_to(file)
    with closing(SqliteJournal(link)) as journal, closing(SqliteJournal(tmp_path / "other")):
        journal.write(entry(0))
        if lost == "deleted":
            file.unlink()
        elif lost == "emptied":
            os.truncate(file, 0)
        elif lost == "replaced":
            (tmp_path / "other").replace(file)
        elif lost == "without its log":
            file.with_name(f"{file.name}-wal").unlink()
        else:
            link.unlink()
            link.symlink_to(tmp_path / "other")
        for use in (lambda: journal.write(entry(1)), lambda: journal.entries(CHAIN)):
            with pytest.raises(JournalError, match="emptied or replaced while it was in use"):
                use()


def test_journal_with_a_relative_path_is_found_wherever_its_process_goes(file, monkeypatch):
    monkeypatch.chdir(file.parent)
    with closing(SqliteJournal(file.name)) as journal:
        monkeypatch.chdir("/")
        journal.write(entry(0))
    assert other_process(file) == (True, 1)


def test_journal_behind_a_dangling_link_is_private(file, tmp_path):
    target = tmp_path / "elsewhere.sqlite3"
    file.symlink_to(target)
    SqliteJournal(file).close()
    assert target.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("other", [{"chain_id": 7}, {"genesis": "0x" + "bb" * 32}])
def test_memory_of_one_chain_is_not_shortened_by_that_of_another(other):
    journal = MemoryJournal()
    for number in range(KEPT + 5):
        journal.write(entry(number, state="final", reported=True))
    assert journal.find(CHAIN, entry(0).tx_hashes[0]) is None
    written = entry(2, state="final", reported=True, **other)
    journal.write(written)
    assert journal.find(written.chain_id, written.tx_hashes[0]) == written


@pytest.mark.skipif(os.name != "posix", reason="owners and modes are POSIX's")
@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666], ids=oct)
def test_journal_that_others_may_write_is_not_trusted(file, mode):
    SqliteJournal(file).close()
    assert file.stat().st_mode & 0o077 == 0
    file.chmod(mode)
    with pytest.raises(InvalidInput, match="others may write the journal"):
        SqliteJournal(file)


@pytest.mark.skipif(os.name != "posix", reason="Windows has no pipes with names")
def test_pipe_in_place_of_a_journal_is_named(file):
    os.mkfifo(file)
    with pytest.raises(InvalidInput, match="is not a regular file"):
        SqliteJournal(file)


@pytest.mark.parametrize("kind", [SqliteJournal, lambda _: MemoryJournal()])
def test_returned_outcome_survives_a_slower_concurrent_lookup(file, kind):
    journal = kind(file)
    looked_up = entry(0, state="mined")
    journal.write(entry(0))
    journal.write(entry(0, state="mined", reported=True))
    journal.write(looked_up)  # by a process that read it before
    assert journal.entries(CHAIN) == (entry(0, state="mined", reported=True),)
    journal.write(entry(0))  # its block was replaced
    assert journal.entries(CHAIN) == (entry(0),)
