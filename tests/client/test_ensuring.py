"""Entries as wanted: unchanged ones cost nothing; directly, and with a spender."""

import pytest

from ocn_registry import (
    DeleteNode,
    InvalidInput,
    KeySigner,
    Module,
    NonceMismatch,
    PartlyDone,
    Role,
    SetNode,
    SetParty,
    UnsupportedByDialect,
    WriteOptions,
    outcomes,
)
from ocn_registry import contract_errors as errors
from ocn_registry.flows.admin import CANCELLED_AHEAD


@pytest.fixture(params=["direct", "spender"])
def paying(request, fresh, spender):
    """Return a function that returns the payer for a signer."""

    def pays(signer):
        if request.param == "spender":
            return {"signer": signer, "spender": spender}
        fresh.request("anvil_setBalance", signer.address, hex(10**18))
        return {"signer": signer}

    return pays


def sent(transport, fresh, ask):
    """Return the result of a call, and its number of transactions."""
    before = int(fresh.request("eth_blockNumber"), 16)
    return ask(), int(fresh.request("eth_blockNumber"), 16) - before


def test_node_is_ensured(client, paying, transport, fresh, cpo):
    who = paying(cpo)
    for status in ("created", "unchanged"):
        ensured, count = sent(
            transport, fresh, lambda: client.ensure.node("https://a.example", **who)
        )
        assert ensured.status == status
        assert count == (status == "created")
    assert ensured.outcome is None
    if "spender" in who and not client.limits.signed_updates_keep_the_rest:
        with pytest.raises(UnsupportedByDialect, match="DeleteNode"):
            client.ensure.node("https://b.example", **who)
        return
    ensured = client.ensure.node("https://b.example", **who)
    assert ensured.status == "updated"
    assert outcomes.NodeSet(node=client.node(cpo.address)) in ensured.outcome.changes
    assert client.node(cpo.address).domain == "https://b.example"


def test_party_is_ensured(client, paying, transport, fresh, listed_node, cpo):
    def ensure(roles=(Role.CPO, Role.EMSP), **modules):
        ask = lambda: client.ensure.party(  # noqa: E731 - one call
            "DE", "ABC", roles, listed_node.address.lower(), **modules, **paying(cpo)
        )
        ensured, count = sent(transport, fresh, ask)
        assert bool(count) is (ensured.status != "unchanged")
        assert bool(ensured.outcome) is bool(count)
        if client.limits.has_batches:
            assert count <= 1, "all of it in one transaction"
        return ensured.status

    assert ensure() == "created"
    assert ensure(roles=[Role.EMSP, Role.CPO]) == "unchanged"
    assert ensure(modules_sender=[Module.CDRS], modules_receiver=[Module.TOKENS]) == "updated"
    assert ensure(modules_sender=[Module.CDRS]) == "unchanged"
    assert ensure() == "unchanged"
    assert ensure(roles=[Role.HUB]) == "updated"
    found = client.party(cpo.address)
    assert found.roles == (Role.HUB,)
    assert (found.modules_sender, found.modules_receiver) == ((Module.CDRS,), (Module.TOKENS,))
    assert ensure(roles=[Role.CPO], modules_sender=[], modules_receiver=[]) == "updated"
    assert client.party(cpo.address).modules_receiver == ()


def test_new_party_is_ensured_with_its_modules(client, paying, listed_node, cpo):
    ensured = client.ensure.party(
        "DE",
        "ABC",
        [Role.CPO],
        listed_node.address,
        modules_sender=[Module.CDRS],
        **paying(cpo),
    )
    assert ensured.status == "created"
    assert client.party("DE", "ABC").modules_sender == (Module.CDRS,)
    kinds = [type(change) for change in ensured.outcome.changes]
    assert kinds == [outcomes.PartySet, outcomes.PartySet]
    assert ensured.outcome.cost_wei > 0
    assert len(ensured.outcome.items) == 2


def test_service_is_ensured(client, paying, transport, fresh, listed_party, provider):
    listed_party(provider, "SVC")

    def ensure(*permissions, **texts):
        ask = lambda: client.ensure.service(permissions, **texts, **paying(provider))  # noqa: E731
        ensured, count = sent(transport, fresh, ask)
        assert count == (ensured.status != "unchanged")
        return ensured.status

    assert ensure(3, 4) == "created"
    assert ensure(4, 3, 3) == "unchanged"
    assert ensure(3, 4, name="Routes") == "updated"
    assert ensure(3, name="Routes") == "updated"
    assert ensure(3, name="Routes", url="https://a.example") == "updated"
    assert ensure(3, name="Routes", url="https://a.example") == "unchanged"


def test_invalid_value_is_refused_even_if_nothing_would_change(client, operator):
    with pytest.raises(InvalidInput):
        client.ensure.node("", signer=operator)
    with pytest.raises(InvalidInput):
        client.ensure.service([], signer=operator)


def test_refusal_of_the_contract_is_typed_and_nothing_is_sent(
    client, paying, listed_party, listed_node, cpo, emsp
):
    listed_party(emsp, "ABC")
    with pytest.raises(errors.PartyIdTaken):
        client.ensure.party(
            "DE",
            "ABC",
            [Role.CPO],
            listed_node.address,
            modules_sender=[Module.CDRS],
            **paying(cpo),
        )
    assert client.party(cpo.address) is None


def test_second_transaction_that_fails_is_reported(client, fresh, listed_node, cpo, monkeypatch):
    if client.limits.has_batches:
        pytest.skip("there is one transaction only")
    fresh.request("anvil_setBalance", cpo.address, hex(10**18))

    def take_money(tx_hash):
        while fresh.request("eth_getTransactionReceipt", tx_hash) is None:
            pass  # a transaction that can't be paid for any more would be dropped
        fresh.request("anvil_setBalance", cpo.address, "0x1")

    with pytest.raises(PartlyDone) as error:
        client.ensure.party(
            "DE",
            "ABC",
            [Role.CPO],
            listed_node.address,
            modules_sender=[Module.CDRS],
            signer=cpo,
            options=WriteOptions(on_sent=take_money),
        )
    assert len(error.value.tx_hashes) == 1
    fresh.request("anvil_setBalance", cpo.address, hex(10**18))
    again = client.ensure.party(
        "DE", "ABC", [Role.CPO], listed_node.address, modules_sender=[Module.CDRS], signer=cpo
    )
    assert again.status == "updated"


def test_direct_write_cancels_signed_requests(client, operator, spender):
    earlier = client.sign(DeleteNode(), operator)
    if client.limits.replayable:
        with pytest.raises(UnsupportedByDialect, match="cancel"):
            client.send(SetNode(domain="https://a.example"), signer=operator, cancel_signed=True)
        with pytest.raises(UnsupportedByDialect, match="cancel"):
            client.invalidate_nonce(signer=operator)
        return
    client.send(SetNode(domain="https://a.example"), signer=operator, cancel_signed=True)
    with pytest.raises(NonceMismatch):
        client.submit(earlier, spender=spender)
    assert client.node(operator.address).domain == "https://a.example"
    assert client.nonce(operator.address) == CANCELLED_AHEAD
    client.invalidate_nonce(signer=operator)
    assert client.nonce(operator.address) == 2 * CANCELLED_AHEAD
    client.send(SetNode(domain="https://b.example"), signer=operator)
    assert client.nonce(operator.address) == 2 * CANCELLED_AHEAD


def test_empty_list_of_writes_sends_nothing(client, operator):
    with pytest.raises(InvalidInput, match="nothing to send"):
        client.send(signer=operator, cancel_signed=True)


def test_id_is_reassigned_in_one_step(client, owner, listed_party, listed_node, cpo, stranger):
    wanted = SetParty(
        country_code="DE", party_id="ABC", roles=[Role.CPO], operator=listed_node.address
    )
    claim = client.sign(wanted, KeySigner.generate())
    if not client.limits.has_batches:
        with pytest.raises(UnsupportedByDialect):
            client.owner.reassign_party(claim, signer=owner)
        return
    listed_party(cpo, "ABC")
    with pytest.raises(errors.OwnableUnauthorizedAccount):
        client.owner.reassign_party(claim, signer=stranger)
    outcome = client.owner.reassign_party(claim, signer=owner)
    kinds = {type(change) for change in outcome.changes}
    assert kinds == {outcomes.PartyDeleted, outcomes.PartyReserved, outcomes.PartySet}
    assert client.party("DE", "ABC").address == claim.account
    with pytest.raises(InvalidInput, match="does not claim an id"):
        client.owner.reassign_party(client.sign(DeleteNode(), cpo), signer=owner)
