"""A thousand requests at once: the outcome of each request and each transaction is reported."""

from collections import Counter

import pytest

from ocn_registry import (
    KeySigner,
    NonceMismatch,
    SetNode,
    SignatureMismatch,
    SqliteJournal,
    connect,
)
from ocn_registry.contract_errors import DomainTaken

MANY = 1_000


@pytest.fixture
def client(fresh, tmp_path):
    journal = SqliteJournal(tmp_path / "journal")
    with connect(fresh.deployment(), journal=journal) as client:
        yield client
    journal.close()


def test_a_thousand_requests_are_sent_and_each_is_reported(client, fresh):
    spender = KeySigner.from_key(fresh.accounts[5].private_key)
    client.set_node("https://taken.example", signer=spender)
    signed = [
        client.sign(SetNode(domain=f"https://{number}.example"), KeySigner.generate(), nonce=0)
        for number in range(MANY)
    ]
    late = KeySigner.generate()
    signed[10] = signed[10].request.signed(signed[11].signature)
    signed[500] = client.sign(SetNode(domain="https://late.example"), late, nonce=7)
    signed[999] = client.sign(SetNode(domain="https://taken.example"), KeySigner.generate())
    quote = client.quote(signed[0], payer=spender.address)
    outcome = client.submit(*signed, spender=spender)
    assert len(outcome.items) == MANY
    assert [item.intent for item in outcome.items] == [one.intent for one in signed]
    assert {place: type(item.error) for place, item in enumerate(outcome.items) if item.error} == {
        10: SignatureMismatch,
        500: NonceMismatch,
        999: DomainTaken,
    }
    assert len(client.nodes()) == 1 + MANY - 3
    most = 0.8 * int(fresh.request("eth_getBlockByNumber", "latest", False)["gasLimit"], 16)
    gas = [
        int(fresh.request("eth_getTransactionByHash", part.tx_hash)["gas"], 16)
        for part in outcome.parts
    ]
    assert max(gas) <= most
    assert outcome.gas_used <= sum(gas) < MANY * quote.gas
    # Each of the transactions can be looked up by its hash.
    found = [client.transactions.outcome_of(part.tx_hash) for part in outcome.parts]
    output = Counter(item.intent.domain for one in found for item in one.items)
    assert len(output) == MANY - 3
    assert set(output.values()) == {1}
