"""The event feed: both clients, every transport, both generations."""

import inspect

import pytest

from ocn_registry import (
    CursorFile,
    DeleteNode,
    InvalidInput,
    NoContract,
    SetNode,
    SetPartyWebsite,
)
from ocn_registry.dialects import dialect_of
from ocn_registry.outcomes import (
    AccountMoved,
    ControllerSet,
    NodeDeleted,
    NodeSet,
    PartySet,
    PartyWebsiteSet,
)


def url(number):
    return f"https://node-{number}.example"


@pytest.fixture
def ask(client):
    """Wait for the answer of an asynchronous feed."""

    def answer(found):
        return client.runner.run(found) if inspect.isawaitable(found) else found

    return answer


@pytest.fixture
def begun(client, ask):
    """Return a function that starts a feed at the chain's next block."""

    def start(**wanted):
        feed = client.events(first_block="next", **wanted)
        ask(feed.start())
        return feed

    return start


def changes(events):
    return [type(event.change) for event in events]


def test_history_reports_change_sender_and_way(
    client, ask, operator, spender, cpo, listed_party, begun
):
    feed = begun()
    listed_party(cpo, "ABC")
    last = client.delete_node(signer=operator)
    events = [event for event in ask(feed.history()) if not isinstance(event.change, NodeSet)]
    assert changes(events) == [PartySet, NodeDeleted]
    assert [event.account for event in events] == [cpo.address, operator.address]
    assert [event.sender for event in events] == [spender.address, operator.address]
    assert [event.how for event in events] == ["signed", "direct"]
    assert [event.functions for event in events] == [("setPartyRaw",), ("deleteNode",)]
    assert (events[1].tx_hash, events[1].block) == (last.tx_hash, last.block)
    assert all(event.certain for event in events)


def test_a_party_is_followed_with_the_address_that_holds_its_id(
    client, ask, cpo, emsp, listed_party, operator, begun
):
    by_party, by_address = begun(party=("DE", "ABC")), begun(address=emsp.address)
    listed_party(cpo, "ABC")
    listed_party(emsp, "XYZ")
    client.set_node(url(1), signer=operator)
    assert [event.account for event in ask(by_party.history())] == [cpo.address]
    assert [event.account for event in ask(by_address.history())] == [emsp.address]


def test_history_ends_at_the_last_block(client, ask, operator):
    first = client.set_node(url(1), signer=operator).block.number
    client.delete_node(signer=operator)
    feed = client.events(first_block=first, last_block=first)
    assert changes(ask(feed.history())) == [NodeSet]
    with pytest.raises(InvalidInput, match="does not exist yet"):
        ask(client.events(last_block=10**9).history())
    with pytest.raises(InvalidInput, match="does not exist yet"):
        ask(client.events(first_block=10**9).start())


def test_a_feed_resumes_from_its_cursor(client, ask, operator, deployment, begun, tmp_path):
    file = CursorFile(tmp_path / "cursor", deployment)
    feed = begun()
    client.set_node(url(1), signer=operator)
    assert changes(ask(feed.read()).events) == [NodeSet]
    file.save(feed.cursor)
    client.delete_node(signer=operator)
    again = client.events(cursor=file.load())
    assert again.cursor == feed.cursor
    assert changes(ask(again.read()).events) == [NodeDeleted]


def test_reverted_events_are_reported_after_a_restart(
    client, ask, operator, cpo, deployment, fresh, begun, tmp_path
):
    def write(intent, signer):
        call = dialect_of(deployment).write((intent,), each_alone=False, sender=signer.address)
        sent = {"from": signer.address, "to": call.to, "data": f"0x{call.data.hex()}"}
        assert fresh.request("eth_sendTransactionSync", sent)["status"] == "0x1"

    fresh.request("anvil_impersonateAccount", operator.address)
    file = CursorFile(tmp_path / "cursor", deployment)
    feed = begun()
    kept = fresh.request("evm_snapshot")
    write(SetNode(domain=url(1)), operator)
    write(DeleteNode(), operator)
    there = ask(feed.read()).events
    file.save(feed.cursor)
    fresh.request("evm_revert", kept)
    fresh.request("anvil_mine", "0x4", "0x7")
    batch = ask(client.events(cursor=file.load()).read())
    assert batch.reverted == there[::-1]
    assert batch.events == ()
    assert [block.number for block in batch.replaced] == [
        block.number for block in dict.fromkeys(event.block for event in there[::-1])
    ]


def test_following_yields_batch_after_batch(client, operator):
    if hasattr(client, "runner"):

        async def two(feed):
            found = []
            async for batch in feed.follow(interval_s=0.01):
                found += batch.events
                if len(found) == 2:
                    break
            return found

        def read(feed):
            return client.runner.run(two(feed))
    else:

        def read(feed):
            found = []
            for batch in feed.follow(interval_s=0.01):
                found += batch.events
                if len(found) == 2:
                    break
            return found

    first = client.set_node(url(1), signer=operator).block.number
    client.delete_node(signer=operator)
    assert changes(read(client.events(first_block=first))) == [NodeSet, NodeDeleted]


def test_conflicting_arguments_are_refused(client, cpo, begun):
    with pytest.raises(InvalidInput, match="give one of them"):
        client.events(address=cpo.address, party=("DE", "ABC"))
    with pytest.raises(InvalidInput, match="earlier first_block"):
        client.events(first_block=3, last_block=2)
    cursor = begun(address=cpo.address).cursor
    with pytest.raises(InvalidInput, match="not of DE ABC"):
        client.events(party=("DE", "ABC"), cursor=cursor)


def test_a_feed_without_a_contract_is_refused(client, ask, monkeypatch, cpo):
    monkeypatch.setattr(client._dialect, "address_of", lambda _: cpo.address)
    with pytest.raises(NoContract):
        ask(client.events().start())


def test_a_cursor_file_that_others_may_write_is_not_trusted(
    client, ask, deployment, begun, tmp_path
):
    file = CursorFile(tmp_path / "cursor", deployment)
    file.save(begun().cursor)
    (tmp_path / "cursor").chmod(0o666)
    with pytest.raises(InvalidInput, match="others may write"):
        file.load()


def test_a_cursor_file_replaces_a_planted_link(client, ask, deployment, begun, tmp_path):
    theirs = tmp_path / "theirs"
    theirs.write_text("theirs")
    (tmp_path / "cursor").symlink_to(theirs)
    CursorFile(tmp_path / "cursor", deployment).save(begun().cursor)
    assert theirs.read_text() == "theirs"
    assert CursorFile(tmp_path / "cursor", deployment).load() is not None


# Only newer contracts


@pytest.fixture
def newer(client):
    if not client.limits.has_controllers:
        pytest.skip("an account of these contracts is its key")


@pytest.mark.usefixtures("newer")
def test_history_reports_changes_signed_by_a_controller(
    client, ask, cpo, emsp, operator, spender, listed_party, begun
):
    listed_party(cpo, "ABC")
    feed = begun(address=cpo.address)
    client.identity.name_controller(emsp, signer=cpo, spender=spender)
    website = SetPartyWebsite(country_code="DE", party_id="ABC", website="https://cpo.example")
    signed = client.sign(website, emsp, account=cpo.address)
    client.submit(signed, spender=spender)
    named, set_ = ask(feed.history())
    assert (type(named.change), named.how) == (ControllerSet, "signed")
    assert (type(set_.change), set_.how) == (PartyWebsiteSet, "controller")
    assert set_.account == cpo.address


@pytest.mark.usefixtures("newer")
def test_a_party_is_followed_to_its_new_key(
    client, ask, cpo, emsp, provider, spender, listed_party, begun
):
    listed_party(cpo, "ABC")
    listed_party(cpo, "XYZ")
    feed = begun(party=("DE", "ABC"))
    client.identity.rotate(provider, signer=cpo, spender=spender)
    website = SetPartyWebsite(country_code="DE", party_id="XYZ", website="https://cpo.example")
    client.submit(client.sign(website, provider), spender=spender)
    events = ask(feed.history())
    assert AccountMoved in changes(events)
    assert events[-1].change.website == "https://cpo.example"  # of another id of the same account
