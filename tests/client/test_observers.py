"""Observers of long work: lists that are read in parts, and transactions that are awaited."""

import pytest

from ocn_registry import KeySigner, OutcomeUnknown, Permission, Role, WriteOptions


@pytest.fixture
def in_twos(monkeypatch):
    """Read lists two entries at a time."""
    monkeypatch.setattr("ocn_registry.dialects.v1.reader.AT_ONCE", 2)
    monkeypatch.setattr("ocn_registry.dialects.v3.reader.PAGE_ENTRIES", 2)
    monkeypatch.setattr("ocn_registry.dialects.v3.PAGE_ENTRIES", 2)
    monkeypatch.setattr("ocn_registry.dialects.v3.reader._PAGES_AT_ONCE", 1)


@pytest.mark.usefixtures("in_twos")
def test_observer_of_a_list_learns_the_progress(client, devnet):
    signers = [KeySigner.from_key(account.private_key) for account in devnet.accounts[1:6]]
    for number, signer in enumerate(signers):
        client.set_node(f"https://{number}.example", signer=signer)
        client.set_party("DE", f"00{number}", [Role.CPO], signers[0].address, signer=signer)
        client.set_service([Permission.FORWARD_ALL], signer=signer)
    for read in (client.nodes, client.parties, client.services):
        told = []
        found = read(on_read=lambda *how_far, told=told: told.append(how_far))
        assert found == read()
        assert len(found) == 5
        assert told == [(2, 5), (4, 5), (5, 5)]


@pytest.mark.usefixtures("in_twos")
def test_filters_do_not_change_the_reported_progress(client, listed_party, cpo, emsp, provider):
    for signer, party_id in ((cpo, "CPO"), (emsp, "EMS"), (provider, "SVC")):
        listed_party(signer, party_id)
    told = []
    found = client.parties(role=Role.CPO, on_read=lambda *how_far: told.append(how_far))
    assert (found, told) == ((), [(2, 3), (3, 3)])


def test_observer_of_a_wait_learns_the_number_of_blocks(client, operator, fresh):
    told = []

    def told_and_mined(*how_far):
        told.append(how_far)
        if how_far[0]:
            fresh.request("evm_mine")

    options = WriteOptions(confirmations=3, on_wait=told_and_mined)
    outcome = client.set_node("https://a.example", signer=operator, options=options)
    assert outcome.changes
    assert [how_far for how_far in told if how_far[0]] == [(1, 3), (2, 3)]


def test_unsuccessful_wait_is_reported(client, operator, fresh):
    told = []
    options = WriteOptions(timeout_s=0.1, on_wait=lambda *how_far: told.append(how_far))
    fresh.request("evm_setAutomine", False)
    try:
        with pytest.raises(OutcomeUnknown):
            client.set_node("https://a.example", signer=operator, options=options)
    finally:
        fresh.request("anvil_dropAllTransactions")  # or it is mined later, in somebody else's chain
        fresh.request("evm_setAutomine", True)
    assert set(told) == {(0, 1)}
