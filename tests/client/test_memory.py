"""A user's program can't distinguish the chain in memory from a real one."""

import asyncio

import pytest

from ocn_registry import (
    AsyncRegistryClient,
    CreateAgreement,
    InsufficientFunds,
    KeySigner,
    NonceMismatch,
    OutcomeUnknown,
    Party,
    PartyId,
    RegistryClient,
    Role,
    SetNode,
    SetParty,
    SetService,
    SignatureMismatch,
    WriteOptions,
    connect,
)
from ocn_registry import contract_errors as errors
from ocn_registry.deploy.devnet import ACCOUNTS, Devnet
from ocn_registry.evm.transactions import Transaction
from ocn_registry.protocol.effects import Send, TransactionOf
from ocn_registry.testing.chain import MemoryChain
from ocn_registry.transport.memory import AsyncMemoryTransport, MemoryTransport

OPERATOR, SPENDER = (KeySigner.from_key(account.private_key) for account in ACCOUNTS[1:3])
CPO, EMSP = (KeySigner.from_key(bytes([number]) * 32) for number in (7, 8))


@pytest.fixture
def chain():
    return MemoryChain()


@pytest.fixture
def client(chain):
    return RegistryClient(chain.deployment, MemoryTransport(chain))


def output(client):
    """Run the main workflow and some mistakes, and return everything visible."""
    seen = []

    def note(ask):
        try:
            seen.append(ask())
        except Exception as error:  # noqa: BLE001 - to be compared
            seen.append((type(error), str(error)))

    def party(party_id):
        return SetParty(
            country_code="DE", party_id=party_id, roles=[Role.CPO], operator=OPERATOR.address
        )

    def submit(intent, *signers):
        signed = [client.sign(intent, signer) for signer in signers]
        outcome = client.submit(*signed, spender=SPENDER)
        seen.append((outcome.changes, [(item.intent, str(item.error)) for item in outcome.items]))

    note(lambda: client.quote(SetNode(domain="http://A"), payer=OPERATOR.address))
    note(lambda: client.set_node("https://a.example", signer=OPERATOR).changes)
    note(lambda: client.quote(SetNode(domain="https://a.example"), payer=SPENDER.address))
    note(lambda: client.set_node("https://a.example", signer=SPENDER))
    note(lambda: client.set_node("https://a.example", signer=KeySigner.from_key(b"\x05" * 32)))
    submit(party("CPO"), CPO)
    submit(party("EMS"), EMSP)
    submit(party("AAA"), CPO, EMSP)
    submit(SetService(name="Routes", permissions=[3, 1]), CPO)
    submit(CreateAgreement(provider=CPO.address, permissions=[1, 3]), EMSP)
    note(lambda: submit(CreateAgreement(provider=CPO.address, permissions=[1]), EMSP))
    for ask in (
        client.nodes,
        client.parties,
        client.services,
        client.owner.address,
        client.owner.import_open,
        lambda: client.route("DE", "AAA"),
        lambda: client.route("DE", "ZZZ"),
        lambda: client.party(EMSP.address),
        lambda: client.agreements(EMSP.address),
        lambda: client.users_of(CPO.address),
        lambda: client.nonce(EMSP.address),
        lambda: client.membership(CPO.address),
        client.close,
    ):
        note(ask)
    return seen


def test_memory_behaves_like_the_real_chain(client):
    with Devnet() as devnet, connect(devnet.deployment()) as real:
        expected = output(real)
    assert output(client) == expected


def test_earlier_blocks_can_be_read(client):
    first = client.set_node("https://a.example", signer=OPERATOR).block
    client.set_node("https://b.example", signer=OPERATOR)
    assert client.node(OPERATOR.address).domain == "https://b.example"
    assert client.node(OPERATOR.address, block=first.number).domain == "https://a.example"
    assert client.nodes(block=first.number - 1) == ()


def test_refusal_costs_nothing_and_a_write_costs_gas(chain, client):
    with pytest.raises(errors.NodeNotFound):
        client.delete_node(signer=OPERATOR)
    with pytest.raises(InsufficientFunds):
        client.set_node("https://a.example", signer=CPO)
    chain.give(CPO.address, 10**18)
    assert client.set_node("https://a.example", signer=CPO).cost_wei > 0


def test_quote_covers_what_a_write_costs(client):
    intent = SetNode(domain="https://a.example")
    quote = client.quote(intent, payer=OPERATOR.address)
    assert client.nodes() == ()
    outcome = client.send(intent, signer=OPERATOR)
    assert outcome.gas_used <= quote.gas
    assert 0 < outcome.cost_wei <= quote.cost_wei


def test_forged_and_replayed_requests_are_rejected(client):
    client.set_node("https://a.example", signer=OPERATOR)
    intent = SetParty(
        country_code="DE", party_id="ABC", roles=[Role.CPO], operator=OPERATOR.address
    )
    signed = client.sign(intent, CPO)
    with pytest.raises(SignatureMismatch):
        client.submit(signed.request.signed(EMSP.sign(signed.request.payload)), spender=SPENDER)
    client.submit(signed, spender=SPENDER)
    with pytest.raises(NonceMismatch):
        client.submit(signed, spender=SPENDER)
    assert client.party("DE", "ABC") == Party(
        address=CPO.address,
        id=PartyId("DE", "ABC"),
        roles=(Role.CPO,),
        modules_sender=(),
        modules_receiver=(),
        operator=OPERATOR.address,
        operator_domain="https://a.example",
    )


def test_chain_in_memory_can_stop_mining(chain, client):
    chain.mines = False
    with pytest.raises(OutcomeUnknown) as unknown:
        client.set_node("https://a.example", signer=OPERATOR, options=WriteOptions(timeout_s=0.05))
    assert client.transactions.outcome_of(unknown.value.tx_hash) is None
    chain.mine()
    outcome = client.transactions.outcome_of(unknown.value.tx_hash)
    assert outcome.changes[0].node.domain == "https://a.example"


def test_legacy_transactions_are_read_too(chain):
    transaction = Transaction(
        chain_id=chain.deployment.chain_id,
        nonce=0,
        to=chain.deployment.registry,
        data=b"\x01\x02\x03\x04",
        gas=300_000,
        max_fee_per_gas_wei=9,
        tip_per_gas_wei=None,
    )
    signed = OPERATOR.sign_transaction(transaction)
    chain.answer(Send(signed))
    found = chain.answer(TransactionOf(signed.tx_hash))
    assert (found.sender, found.transaction) == (OPERATOR.address, transaction)


def test_tasks_can_share_the_chain_in_memory(chain):
    async def main():
        async with AsyncRegistryClient(chain.deployment, AsyncMemoryTransport(chain)) as client:
            await asyncio.gather(
                *[
                    client.set_node(f"https://{number}.example", signer=KeySigner.from_key(key))
                    for number, key in enumerate(account.private_key for account in ACCOUNTS[1:6])
                ]
            )
            return await client.nodes()

    assert len(asyncio.run(main())) == 5
