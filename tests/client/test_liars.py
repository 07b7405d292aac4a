"""Contract wallets that answer simulations differently from the chain, among honest requests."""

import pytest

from ocn_registry import (
    Address,
    KeySigner,
    Reverted,
    SetController,
    SetNode,
    WriteOptions,
    connect,
)

# Accepts every signature (ERC-1271), and uses up all gas that it is given.
ACCEPTS = "0x631626ba7e60e01b60005260206000f3"
BURNS = "0xfe"
LIARS, HONEST = 3, 20


@pytest.fixture
def client(fresh):
    with connect(fresh.deployment()) as client:
        yield client


@pytest.fixture
def spender(fresh):
    return KeySigner.from_key(fresh.accounts[5].private_key)


@pytest.fixture
def wallets(fresh):
    """Deploy wallets, each at its own address."""

    def make(count, start=0x1000):
        made = [Address(f"0x{start + number:040x}") for number in range(count)]
        for each in made:
            fresh.request("anvil_setCode", each, ACCEPTS)
        return made

    return make


def turns(fresh, wallets):
    """Return options by which wallets change after the simulation, and before anything is sent."""

    def turn(_tx_hash):
        for each in wallets:
            fresh.request("anvil_setCode", each, BURNS)

    return WriteOptions(on_signed=turn)


def by_wallet(client, wallet, url):
    return client.prepare(SetNode(domain=url), wallet).signed(b"anything")


def by_key(client, number):
    return client.sign(SetNode(domain=f"https://key-{number}.example"), KeySigner.generate())


def controlled(client, wallet, spender):
    """Return an account that a wallet controls."""
    account = KeySigner.generate()
    prepared = client.prepare(SetController(controller=wallet), account.address)
    accepted = prepared.accepted(prepared.acceptance.signed(b"anything"))
    client.submit(accepted.sign(account), spender=spender)
    return account.address


@pytest.mark.parametrize("liars", ["accounts", "controllers"])
def test_wallets_that_lie_to_the_simulation_fail_alone(client, fresh, wallets, spender, liars):
    wallets = wallets(LIARS + 1)
    bad = wallets[:LIARS]
    accounts = wallets
    if liars == "controllers":
        accounts = [controlled(client, wallet, spender) for wallet in wallets]
    signed = [
        by_wallet(client, account, f"https://wallet-{number}.example")
        for number, account in enumerate(accounts)
    ]
    # The liars' requests come first, so that they could take gas from the others.
    signed += [by_key(client, number) for number in range(HONEST)]
    outcome = client.submit(*signed, spender=spender, options=turns(fresh, bad))
    assert [type(item.error) for item in outcome.items[LIARS:]] == [type(None)] * (HONEST + 1)
    assert all(isinstance(item.error, Reverted) for item in outcome.items[:LIARS])
    assert len(client.nodes()) == HONEST + 1
    assert len(outcome.parts) == 2  # contracts' signatures have a transaction of their own


def test_node_with_false_simulations_spoils_no_batch(client, fresh, wallets, spender):
    """The wallets misbehave from the start, and the request is checked before them."""
    bad = wallets(LIARS)
    signed = [by_wallet(client, each, f"https://w-{each[-4:]}.example") for each in bad]
    for each in bad:
        fresh.request("anvil_setCode", each, BURNS)
    outcome = client.submit(*signed, *[by_key(client, 0), by_key(client, 1)], spender=spender)
    assert len(client.nodes()) == 2
    assert [item.error is None for item in outcome.items] == [False] * LIARS + [True] * 2
    assert not outcome.parts  # nothing was paid for requests that were known to be bad
