"""The maximum cost of a write, before it is sent: with each client, on each generation."""

import pytest

from ocn_registry import (
    FeeAboveCap,
    InsufficientFunds,
    InvalidInput,
    KeySigner,
    OcnRegistryError,
    Quote,
    Reverted,
    Role,
    SetNode,
    SetParty,
    SignatureMismatch,
    WriteOptions,
)

NODE, OTHER_NODE = SetNode(domain="https://a.example"), SetNode(domain="https://b.example")
GAS = 300_000


@pytest.fixture
def funds(fresh):
    """Return a function that returns or changes the balance of an account, in wei."""

    def output(signer, wei=None):
        if wei is not None:
            fresh.request("anvil_setBalance", signer.address, hex(wei))
        return int(fresh.request("eth_getBalance", signer.address, "latest"), 16)

    return output


@pytest.fixture
def base_fee_wei(fresh):
    return int(fresh.request("eth_getBlockByNumber", "latest", False)["baseFeePerGas"], 16)


def covers(quote, outcome):
    """Return whether a quote is enough, and not far too much."""
    most = 2 * outcome.gas_used + 200_000 * (quote.transactions - 1)
    return outcome.gas_used <= quote.gas <= most and outcome.cost_wei <= quote.cost_wei


def test_quote_covers_what_the_write_costs_and_sends_nothing(client, operator, funds):
    before = funds(operator)
    quote = client.quote(NODE, payer=operator.address)
    assert (client.nodes(), funds(operator)) == ((), before)
    assert covers(quote, client.send(NODE, signer=operator))


def test_quote_of_a_request_is_for_its_spender(client, listed_node, cpo, spender):
    intent = SetParty(
        country_code="DE", party_id="ABC", roles=[Role.CPO], operator=listed_node.address
    )
    signed = client.sign(intent, cpo)
    quote = client.quote(signed, payer=spender.address)
    assert client.parties() == ()
    assert covers(quote, client.submit(signed, spender=spender))


def test_quote_covers_all_transactions_of_a_write(client, operator, funds):
    client.send(NODE, signer=operator)
    quote = client.quote(OTHER_NODE, payer=operator.address)
    funds(operator, quote.cost_wei - 1)
    for ask in (
        lambda: client.quote(OTHER_NODE, payer=operator.address),
        lambda: client.send(OTHER_NODE, signer=operator),
    ):
        with pytest.raises(InsufficientFunds) as refused:
            ask()
        assert refused.value.needed_wei == quote.cost_wei
    funds(operator, quote.cost_wei)
    outcome = client.send(OTHER_NODE, signer=operator)
    assert (len(outcome.parts) > 1) is not client.limits.signed_updates_keep_the_rest
    assert quote.transactions == (len(outcome.parts) or 1)
    assert covers(quote, outcome)


def test_quote_takes_gas_and_price_from_the_options(client, operator, base_fee_wei):
    def quoted(**options):
        options = WriteOptions(gas=GAS, tip_per_gas_wei=3, **options)
        return client.quote(NODE, payer=operator.address, options=options)

    assert quoted() == Quote(gas=GAS, cost_wei=GAS * (2 * base_fee_wei + 3))
    capped = quoted(max_fee_per_gas_wei=base_fee_wei + 4)
    assert capped == Quote(gas=GAS, cost_wei=GAS * (base_fee_wei + 4))
    with pytest.raises(FeeAboveCap):
        quoted(max_fee_per_gas_wei=base_fee_wei + 2)


@pytest.mark.parametrize("wrong", ["taken", "poor", "forged", "empty"])
def test_quote_raises_the_error_of_the_write(client, listed_node, stranger, spender, wrong):
    taken = SetNode(domain="https://node.example")
    forged = client.sign(NODE, stranger).request.signed(
        spender.sign(client.prepare(NODE, stranger.address).payload)
    )
    steps, payer, expected = {
        "taken": ((taken,), stranger, Reverted),
        "poor": ((NODE,), KeySigner.generate(), InsufficientFunds),
        "forged": ((forged,), spender, SignatureMismatch),
        "empty": ((), stranger, InvalidInput),
    }[wrong]
    raised = []
    for ask in (
        lambda: client.quote(*steps, payer=payer.address),
        lambda: client.send(*steps, signer=payer),
    ):
        with pytest.raises(OcnRegistryError) as error:
            ask()
        raised.append((type(error.value), str(error.value)))
    assert raised[0] == raised[1]
    assert issubclass(raised[0][0], expected)
