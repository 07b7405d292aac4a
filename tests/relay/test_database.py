"""Both databases run the same statements, keep committed rows, and allow one writer."""

import contextlib
import os
import queue
import threading

import pytest

from ocn_registry import DeleteParty, Role, SetParty
from ocn_registry.errors import InvalidInput
from ocn_registry.relay import store
from ocn_registry.relay.committing import Committer
from ocn_registry.relay.database import DatabaseError, NotUnique, open_database
from ocn_registry.relay.intake import digest_of_key
from ocn_registry.relay.policy import Policy, Sponsor, demands_of
from ocn_registry.relay.quotas import QuotaExceeded, reserve, used
from ocn_registry.relay.store import Accepted

ACCOUNT = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
NOW = 1_800_000_000


def accepted(number=0, **changes):
    values = {
        "id": f"0x{number:064x}",
        "contract": "registry",
        "account": ACCOUNT,
        "nonce": number,
        "deadline_unix_s": NOW + 3600,
        "kind": "SetParty",
        "document": "{}",
        "by_contract": False,
        "sponsor": "allowed:me",
        "accepted_unix_s": NOW,
    }
    return Accepted(**values | changes)


def demands(policy, sponsor, intent=None, **changes):
    values = {"new_id": False, "gas": 100_000, "now_unix_s": NOW}
    return demands_of(policy, sponsor, intent or DeleteParty(), **values | changes)


def test_committed_rows_survive_a_restart(database_url):
    first = open_database(database_url)
    with first.transaction() as transaction:
        added = store.add(transaction, accepted())
    first.close()
    second = open_database(database_url)
    with second.transaction() as transaction:
        assert store.find(transaction, added.id) == added
    second.close()


def test_failed_transaction_leaves_nothing_behind(database):
    def fail():
        with database.transaction() as transaction:
            store.add(transaction, accepted())
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    with database.transaction() as transaction:
        assert store.find(transaction, accepted().id) is None
        assert store.events(transaction, 0, 10) == ()


def test_part_that_fails_leaves_the_others_in_force(database):
    with database.transaction() as transaction:
        with transaction.part():
            store.add(transaction, accepted(1))
        with pytest.raises(NotUnique), transaction.part():
            store.add(transaction, accepted(2, nonce=1))
        with transaction.part():
            store.add(transaction, accepted(3))
    with database.transaction() as transaction:
        found = store.in_state(transaction, "accepted", 10)
    assert [one.nonce for one in found] == [1, 3]


def test_nonce_is_free_again_once_its_request_has_ended(database):
    with database.transaction() as transaction:
        store.add(transaction, accepted(1))
        store.move(transaction, accepted(1).id, "superseded")
        store.add(transaction, accepted(2, nonce=1))
        assert [one.id for one in store.live(transaction, "registry", ACCOUNT)] == [accepted(2).id]


def test_state_changes_only_from_the_expected_state(database):
    with database.transaction() as transaction:
        store.add(transaction, accepted())
        assert not store.move(transaction, accepted().id, "done", since=("mined",))
        assert store.move(transaction, accepted().id, "sent", since=("accepted",), tx_hash="0x1")
        assert [one.id for one in store.of_transaction(transaction, "0x1")] == [accepted().id]
        result = [(event.place, event.state) for event in store.events(transaction, 0, 10)]
    assert result == [(1, "accepted"), (2, "sent")]


def test_only_one_process_holds_the_lock(database, database_url):
    other = open_database(database_url)
    lock = database.lock("spender")
    assert lock is not None
    assert other.lock("spender") is None
    assert other.lock("another") is not None
    with lock.transaction() as transaction:
        store.pause(transaction, paused=True)
    lock.release()
    assert other.lock("spender") is not None
    with other.transaction() as transaction:
        assert store.is_paused(transaction)
    other.close()


def test_database_of_a_newer_version_is_refused(database, database_url):
    with database.transaction() as transaction:
        transaction.run("INSERT INTO migration VALUES (9999)")
    with pytest.raises(DatabaseError, match="migration 9999"):
        open_database(database_url)


@pytest.mark.parametrize("url", ["relay.sqlite", "mysql://host/name", ""])
def test_url_of_another_kind_is_refused(url):
    with pytest.raises(InvalidInput, match="not a valid database URL"):
        open_database(url)


def test_password_in_the_url_is_in_no_message():
    with pytest.raises(DatabaseError) as caught:
        open_database("postgresql://relay:top-secret@127.0.0.1:1/relay")
    assert "top-secret" not in str(caught.value)


def test_racing_requests_never_exceed_a_quota(database, database_url):
    sponsor = Sponsor(via="allowed", name=ACCOUNT, requests_per_day=5)
    granted, refused = [], []

    def race():
        own = open_database(database_url)
        for _ in range(15):
            try:
                with own.transaction() as transaction:
                    reserve(transaction, demands(Policy(), sponsor))
                granted.append(1)
            except QuotaExceeded as error:
                refused.append(error)
        own.close()

    threads = [threading.Thread(target=race) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(granted), len(refused)) == (5, 115)
    assert refused[0].limit == 5


def test_new_ids_are_limited_for_a_country_over_all_sponsors(database):
    policy = Policy(new_ids_per_country=2)
    intent = SetParty(country_code="DE", party_id="ABC", roles=[Role.CPO], operator=ACCOUNT)
    with database.transaction() as transaction:
        for name in ("one", "two"):
            sponsor = Sponsor(via="key", name=name, requests_per_day=10)
            reserve(transaction, demands(policy, sponsor, intent, new_id=True))
        third = Sponsor(via="key", name="three", requests_per_day=10)
        with pytest.raises(QuotaExceeded, match="new ids in DE"), transaction.part():
            reserve(transaction, demands(policy, third, intent, new_id=True))
        assert used(transaction, "requests of key:three", NOW) == 0
        reserve(transaction, demands(policy, third, intent))


def test_voucher_is_valid_for_its_total_number_of_requests(database):
    sponsor = Sponsor(
        via="voucher", name=ACCOUNT, requests_per_day=10, voucher="0x12", requests_in_all=1
    )
    with database.transaction() as transaction:
        reserve(transaction, demands(Policy(), sponsor))
        tomorrow = NOW + 24 * 60 * 60
        with (
            pytest.raises(QuotaExceeded, match="voucher 0x12 is used up: get a new one") as caught,
            transaction.part(),
        ):
            reserve(transaction, demands(Policy(), sponsor, now_unix_s=tomorrow))
    assert caught.value.resets_unix_s is None  # waiting for the next day would not help


def test_key_is_stored_only_as_a_digest():
    assert len(digest_of_key("secret")) == 64
    assert "secret" not in digest_of_key("secret")


@pytest.mark.parametrize(
    ("state", "gas_used", "left"),
    [("done", 76_000, 76_000), ("failed", 20_000, 20_000), ("withdrawn", None, 0)],
)
def test_reserved_gas_is_replaced_by_used_gas(database, state, gas_used, left):
    sponsor = Sponsor(via="key", name="shop", requests_per_day=10, gas_per_day=250_000)
    asked = demands(Policy(), sponsor, gas=150_000)
    with database.transaction() as transaction:
        request = accepted(sponsor=str(sponsor), gas_reserved=150_000)
        store.add(transaction, request)
        reserve(transaction, asked)
        with pytest.raises(QuotaExceeded, match="gas of key:shop"), transaction.part():
            reserve(transaction, asked)
        store.move(transaction, request.id, state, gas_used=gas_used)
        assert used(transaction, "gas of key:shop", NOW) == left
        reserve(transaction, asked)


def test_writers_in_different_orders_do_not_deadlock(database, database_url):
    """Two writers that update the same rows in opposite orders both succeed."""
    with database.transaction() as transaction:
        ids = [store.add(transaction, accepted(number)).id for number in range(40)]
    failed = []

    def move(order, state, since):
        own = open_database(database_url)
        try:
            for _ in range(5):
                with own.transaction() as transaction:
                    for one in order:
                        store.move(transaction, one, state, since=since)
        except DatabaseError as error:
            failed.append(error)
        own.close()

    threads = [
        threading.Thread(target=move, args=(ids, "sent", store.LIVE)),
        threading.Thread(target=move, args=(ids[::-1], "mined", store.LIVE)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []


def test_request_that_can_not_be_stored_does_not_end_the_thread_that_commits(database):
    committer = Committer(database)
    results = queue.SimpleQueue()

    def commit(request):
        try:
            results.put(committer.commit(request, ()).request.id)
        except Exception as error:  # noqa: BLE001 - which one depends on the database
            results.put(type(error))

    for request in (accepted(1, deadline_unix_s=1 << 64), accepted(2)):
        threading.Thread(target=commit, args=(request,), daemon=True).start()
        result = results.get(timeout=240)
    assert result == accepted(2).id
    committer.close()


@pytest.mark.skipif(os.name != "posix", reason="modes and links of POSIX")
def test_a_file_that_everybody_may_write_or_a_link_is_not_believed(tmp_path):
    path = tmp_path / "relay.sqlite"
    open_database(f"sqlite:{path}").close()
    path.chmod(0o660)  # like on a volume shared by containers
    open_database(f"sqlite:{path}").close()
    path.chmod(0o666)
    with pytest.raises(InvalidInput, match="others may write the database"):
        open_database(f"sqlite:{path}")
    path.chmod(0o600)
    link = tmp_path / "link.sqlite"
    for target in (path, tmp_path / "elsewhere"):
        link.unlink(missing_ok=True)
        link.symlink_to(target)
        with pytest.raises(InvalidInput, match="is a link"):
            open_database(f"sqlite:{link}")
    assert not (tmp_path / "elsewhere").exists()
    planted = tmp_path / "relay.sqlite-sender.lock"
    planted.symlink_to(tmp_path / "elsewhere")
    database = open_database(f"sqlite:{path}")
    with contextlib.closing(database), pytest.raises(InvalidInput, match="is a link"):
        database.lock("sender")
    assert not (tmp_path / "elsewhere").exists()
