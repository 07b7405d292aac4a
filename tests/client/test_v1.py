"""What the client does with v1's contracts, but not with ours."""

import time

import pytest

from ocn_registry import (
    Address,
    AdminDeleteParty,
    Agreement,
    Contract,
    CreateAgreement,
    DeleteNode,
    DeleteParty,
    InsufficientFunds,
    InvalidateNonce,
    InvalidInput,
    KeySigner,
    Module,
    NoContract,
    Node,
    OutcomeUnknown,
    PartlyDone,
    PartyId,
    RenounceOwnership,
    Role,
    RpcUnavailable,
    SetNode,
    SetParty,
    SetPartyModules,
    SetService,
    SignatureMismatch,
    TransferOwnership,
    UnsupportedByDialect,
    WriteOptions,
    connect,
    find_deployment,
    outcomes,
)
from ocn_registry import contract_errors as errors
from ocn_registry.evm import abi
from ocn_registry.evm.keccak import selector
from ocn_registry.models import ZERO_ADDRESS
from ocn_registry.protocol.effects import Clock, Local, Sleep
from ocn_registry.protocol.journal import MemoryJournal, MemoryOfTransport

NOBODYS = (abi.uint(0), bytes(32), bytes(32))  # v, r, s that give the zero address


@pytest.fixture
def deployment(fresh):
    return fresh.v1_deployment()


@pytest.fixture
def cpo(fresh):
    return funded(fresh, KeySigner.generate())


@pytest.fixture
def emsp(fresh):
    return funded(fresh, KeySigner.generate())


@pytest.fixture
def provider(fresh):
    return funded(fresh, KeySigner.generate())


def funded(devnet, signer):
    devnet.request("anvil_setBalance", signer.address, hex(10**18))
    return signer


def raw_call(devnet, to, signature, *arguments, sender=None):
    """Send a write that our client would refuse."""
    data = selector(signature) + abi.join(*arguments)
    transaction = {
        "from": sender or devnet.accounts[5].address,
        "to": to,
        "data": "0x" + data.hex(),
    }
    receipt = devnet.request("eth_sendTransactionSync", transaction)
    assert receipt["status"] == "0x1"


def party(operator, party_id="ABC", *, roles=(Role.CPO,)):
    return SetParty(country_code="DE", party_id=party_id, roles=roles, operator=operator.address)


# Entries to ignore


def list_the_zero_address(devnet, operator):
    """List entries for the zero address, by invalid signatures, as anyone can."""
    here = devnet.v1_deployment()
    raw_call(
        devnet,
        here.registry,
        "setNodeRaw(address,string,uint8,bytes32,bytes32)",
        abi.address(ZERO_ADDRESS),
        abi.text("https://evil.example"),
        *NOBODYS,
    )
    raw_call(
        devnet,
        here.registry,
        "setPartyRaw(address,bytes2,bytes3,uint8[],address,uint8,bytes32,bytes32)",
        abi.address(ZERO_ADDRESS),
        abi.fixed(b"ZZ"),
        abi.fixed(b"ZZZ"),
        abi.uints([0]),
        abi.address(operator.address),
        *NOBODYS,
    )
    raw_call(
        devnet,
        here.permissions,
        "setServiceRaw(string,string,uint256[],uint8,bytes32,bytes32)",
        abi.text("all"),
        abi.text("https://evil.example"),
        abi.uints([0]),
        *NOBODYS,
    )
    raw_call(
        devnet,
        here.permissions,
        "createAgreementRaw(address,uint8,bytes32,bytes32)",
        abi.address(ZERO_ADDRESS),
        *NOBODYS,
    )


def test_entries_of_the_zero_address_are_ignored(client, fresh, listed_node, listed_party, emsp):
    listed_party(emsp, "EMS")
    list_the_zero_address(fresh, listed_node)
    assert client.route("NO", "ONE") is None
    assert client.route("ZZ", "ZZZ") is None
    assert client.party("NO", "ONE") is None
    assert client.party(ZERO_ADDRESS) is None
    assert client.node(ZERO_ADDRESS) is None
    assert client.service(ZERO_ADDRESS) is None
    assert client.agreement(ZERO_ADDRESS, ZERO_ADDRESS) is None
    assert client.agreements("NO", "ONE") == client.agreements(ZERO_ADDRESS) == ()
    assert [node.operator for node in client.nodes()] == [listed_node.address]
    assert [found.address for found in client.parties()] == [emsp.address]
    assert client.services() == ()


def test_lists_omit_left_entries_and_report_returned_ones_once(
    client, listed_party, operator, other_operator, cpo, emsp, provider
):
    for signer, party_id in ((cpo, "CPO"), (emsp, "EMS"), (provider, "SVC")):
        listed_party(signer, party_id)
    client.set_node("https://other.example", signer=other_operator)
    client.delete_node(signer=other_operator)
    client.delete_party(signer=cpo)
    for _ in range(2):
        client.set_service([1], signer=provider)
        client.create_agreement(provider.address, signer=emsp)
        client.revoke_agreement(provider.address, signer=emsp)
        client.delete_service(signer=provider)
    assert client.services() == client.agreements(emsp.address) == ()
    client.set_service([1], signer=provider)
    client.create_agreement(provider.address, signer=emsp)
    assert [node.operator for node in client.nodes()] == [operator.address]
    assert [found.address for found in client.parties()] == [emsp.address, provider.address]
    assert [service.provider for service in client.services()] == [provider.address]
    assert client.agreements("DE", "EMS") == (
        Agreement(user=emsp.address, provider=provider.address, active=True),
    )


def test_agreement_is_ended_while_one_side_of_it_is_gone(
    client, listed_party, listed_node, emsp, provider
):
    listed_party(emsp, "EMS")
    listed_party(provider, "SVC")
    client.set_service([1], signer=provider)
    client.create_agreement(provider.address, signer=emsp)
    client.delete_service(signer=provider)
    assert client.agreement(emsp.address, provider.address).active is False
    client.set_service([1], signer=provider)
    client.delete_party(signer=provider)
    assert client.service(provider.address) is None
    assert client.services() == client.agreements(emsp.address) == ()
    client.send(party(listed_node, "SVC"), signer=provider)
    client.delete_party(signer=emsp)
    assert client.agreement(emsp.address, provider.address).active is False
    assert client.agreements(emsp.address) == client.agreements("DE", "EMS") == ()


def test_id_of_odd_bytes_is_read_and_can_be_deleted(client, fresh, listed_node, cpo, owner):
    raw_call(
        fresh,
        fresh.v1_deployment().registry,
        "setParty(bytes2,bytes3,uint8[],address)",
        abi.fixed(b"\xff\x00"),
        abi.fixed(b"\x1b[\x00"),
        abi.uints([6, 0, 6]),
        abi.address(listed_node.address),
    )
    (found,) = client.parties()
    assert found.id == PartyId("\xff\0", "\x1b[\0")
    assert found.roles == (Role.CPO, Role.SCSP)
    assert client.party("\xff\0", "\x1b[\0") == found
    assert client.route("\xff\0", "\x1b[\0").operator == listed_node.address
    assert "\x1b" not in str(found.id)
    with pytest.raises(InvalidInput, match="visible"):
        client.set_party("\xff\0", "ABC", [Role.CPO], listed_node.address, signer=cpo)
    odd = AdminDeleteParty(country_code="\xff\0", party_id="\x1b[\0")
    client.send(odd, signer=owner)
    assert client.parties() == ()


# Writes that the client completes


def test_change_of_url_frees_the_former_one(client, operator, other_operator):
    client.set_node("https://a.example", signer=operator)
    outcome = client.set_node("https://b.example", signer=operator)
    node = Node(operator=operator.address, domain="https://b.example")
    assert outcome.changes == (
        outcomes.NodeDeleted(operator=operator.address),
        outcomes.NodeSet(node=node),
    )
    assert [item.intent for item in outcome.items] == [SetNode(domain="https://b.example")]
    assert [len(part.changes) for part in outcome.parts] == [1, 1]
    assert outcome.cost_wei == sum(part.cost_wei for part in outcome.parts)
    assert outcome.tx_hash == outcome.parts[-1].tx_hash
    client.set_node("https://a.example", signer=other_operator)


def test_change_of_id_frees_the_former_one_and_keeps_the_modules(
    client, listed_party, listed_node, cpo, emsp
):
    listed_party(cpo, "AAA")
    client.set_party_modules([Module.TOKENS], [Module.CDRS], signer=cpo)
    outcome = client.send(party(listed_node, "BBB"), signer=cpo)
    assert len(outcome.parts) == 3
    found = client.party("DE", "BBB")
    assert (found.modules_sender, found.modules_receiver) == ((Module.TOKENS,), (Module.CDRS,))
    assert client.party("DE", "AAA") is None
    listed_party(emsp, "AAA")


def test_update_of_a_party_keeps_its_modules(client, listed_party, listed_node, cpo):
    listed_party(cpo, "AAA")
    client.set_party_modules([Module.TOKENS], signer=cpo)
    outcome = client.send(party(listed_node, "AAA", roles=[Role.HUB]), signer=cpo)
    assert len(outcome.parts) == 2
    found = client.party(cpo.address)
    assert (found.roles, found.modules_sender) == ((Role.HUB,), (Module.TOKENS,))
    client.set_party_modules(signer=cpo)
    outcome = client.send(party(listed_node, "AAA"), signer=cpo)
    assert outcome.parts == ()


def test_url_or_id_that_is_not_free_costs_nothing(
    client, fresh, listed_party, listed_node, other_operator, cpo, emsp
):
    client.set_node("https://other.example", signer=other_operator)
    listed_party(cpo, "AAA")
    listed_party(emsp, "BBB")
    before = fresh.request("eth_blockNumber")
    with pytest.raises(errors.DomainTaken) as error:
        client.set_node("https://node.example", signer=other_operator)
    assert (error.value.domain, error.value.tx_hash) == ("https://node.example", None)
    with pytest.raises(errors.PartyIdTaken):
        client.send(party(listed_node, "AAA"), signer=emsp)
    with pytest.raises(errors.DomainTaken, match="nothing to do"):
        client.set_node("https://node.example", signer=listed_node)
    assert fresh.request("eth_blockNumber") == before
    assert client.node(other_operator.address).domain == "https://other.example"


def test_nothing_is_paid_if_only_the_first_of_several_is_affordable(
    client, fresh, listed_node, operator
):
    fresh.request("anvil_setBalance", operator.address, hex(1_500_000))  # wei, at 16 per gas
    with pytest.raises(InsufficientFunds) as error:
        client.set_node("https://b.example", signer=operator)
    assert error.value.needed_wei > error.value.balance_wei == 1_500_000
    assert client.node(operator.address).domain == "https://node.example"
    client.delete_node(signer=operator)


def overtaken(write, timeout_s=60):
    """Return options that let another write happen right after the first transaction of several."""
    sent = []

    def on_sent(tx_hash):
        sent.append(tx_hash)
        if len(sent) == 1:
            write()

    return WriteOptions(timeout_s=timeout_s, on_sent=on_sent)


def test_failure_in_the_middle_restores_the_former_url(
    client, fresh, listed_node, operator, stranger
):
    def take():
        signature = "setNode(string)"
        to = fresh.v1_deployment().registry
        url = abi.text("https://b.example")
        raw_call(fresh, to, signature, url, sender=stranger.address)

    options = overtaken(take)
    with pytest.raises(PartlyDone, match="nothing has changed") as error:
        client.set_node("https://b.example", signer=operator, options=options)
    assert error.value.restored
    assert len(error.value.tx_hashes) == 2
    assert isinstance(error.value.error, errors.DomainTaken)
    assert client.node(operator.address).domain == "https://node.example"


def test_failure_in_the_middle_restores_the_former_party(
    client, fresh, listed_party, listed_node, cpo, stranger
):
    listed_party(cpo, "AAA")
    client.set_party_modules([Module.TOKENS], signer=cpo)
    before = client.party(cpo.address)

    def take():
        raw_call(
            fresh,
            fresh.v1_deployment().registry,
            "setParty(bytes2,bytes3,uint8[],address)",
            abi.fixed(b"DE"),
            abi.fixed(b"BBB"),
            abi.uints([0]),
            abi.address(listed_node.address),
            sender=stranger.address,
        )

    with pytest.raises(PartlyDone) as error:
        client.send(party(listed_node, "BBB"), signer=cpo, options=overtaken(take))
    assert error.value.restored
    assert len(error.value.tx_hashes) == 3
    assert client.party(cpo.address) == before


def test_failed_restoration_is_reported(client, fresh, listed_node, operator, stranger):
    def take_both():
        to = fresh.v1_deployment().registry
        for url, place in (("https://b.example", 5), ("https://node.example", 6)):
            sender = fresh.accounts[place].address
            raw_call(fresh, to, "setNode(string)", abi.text(url), sender=sender)

    options = overtaken(take_both)
    with pytest.raises(PartlyDone, match="not restored") as error:
        client.set_node("https://b.example", signer=operator, options=options)
    assert not error.value.restored
    assert client.node(operator.address) is None


def test_unknown_outcome_in_the_middle_is_not_undone(client, fresh, listed_node, operator):
    def stop_mining():
        fresh.request("evm_setAutomine", False)

    options = overtaken(stop_mining, timeout_s=5)
    try:
        with pytest.raises(PartlyDone) as error:
            client.set_node("https://b.example", signer=operator, options=options)
        fresh.request("evm_mine")
    finally:
        fresh.request("evm_setAutomine", True)
    assert isinstance(error.value.error, OutcomeUnknown)
    assert len(error.value.tx_hashes) == 1
    assert client.node(operator.address).domain == "https://b.example"


@pytest.mark.parametrize("way", ["sync"])
def test_second_transaction_waits_while_no_node_is_there(
    client, transport, monkeypatch, listed_node, operator
):
    """Otherwise, a short outage would leave the entry deleted."""
    perform, take, turns, refused = transport.perform, MemoryJournal.take, [], []

    def counted(*given):
        turns.append(time.monotonic())
        return take(*given)

    def with_an_outage(effect):
        is_asked = not isinstance(effect, (MemoryOfTransport, Clock, Sleep, Local))
        if is_asked and len(turns) > 1 and time.monotonic() < turns[1] + 0.5:
            refused.append(effect)
            raise RpcUnavailable("the cable is cut")
        return perform(effect)

    monkeypatch.setattr(transport, "perform", with_an_outage)
    monkeypatch.setattr(MemoryJournal, "take", counted)
    outcome = client.set_node("https://b.example", signer=operator)
    assert len(outcome.parts) == 2
    assert len(refused) > 1
    assert client.node(operator.address).domain == "https://b.example"
    turns.clear()
    hasty = WriteOptions(timeout_s=0.1)
    with pytest.raises(PartlyDone) as error:
        client.set_node("https://c.example", signer=operator, options=hasty)
    assert isinstance(error.value.error, RpcUnavailable)
    assert not error.value.restored


# Requests for a spender


def test_signed_change_of_url_needs_a_signed_deletion(client, listed_node, operator, spender):
    change = client.sign(SetNode(domain="https://b.example"), operator)
    with pytest.raises(UnsupportedByDialect, match="DeleteNode"):
        client.submit(change, spender=spender)
    client.submit(client.sign(DeleteNode(), operator), spender=spender)
    client.submit(change, spender=spender)
    assert client.node(operator.address).domain == "https://b.example"


def test_signed_change_of_id_needs_a_signed_deletion(
    client, listed_party, listed_node, cpo, spender
):
    listed_party(cpo, "AAA")
    change = client.sign(party(listed_node, "BBB"), cpo)
    with pytest.raises(UnsupportedByDialect, match="DeleteParty"):
        client.submit(change, spender=spender)
    client.submit(client.sign(DeleteParty(), cpo), spender=spender)
    client.submit(change, spender=spender)
    assert client.party("DE", "AAA") is None


def test_signed_update_removes_the_modules_and_says_so(
    client, listed_party, listed_node, cpo, spender
):
    listed_party(cpo, "AAA")
    client.set_party_modules([Module.TOKENS], signer=cpo)
    update = client.sign(party(listed_node, "AAA", roles=[Role.HUB]), cpo)
    (change,) = client.submit(update, spender=spender).changes
    assert change.modules_sender == client.party(cpo.address).modules_sender == ()


def test_signature_of_another_key_is_refused_before_it_is_sent(
    client, fresh, listed_node, cpo, spender
):
    """The contract would list the node of the address that the signature recovers to."""
    before = fresh.request("eth_blockNumber")
    good = client.sign(SetNode(domain="https://c.example"), cpo)
    tampered = client.prepare(SetNode(domain="https://d.example"), cpo.address)
    for signed in (
        tampered.signed(good.signature),
        good.request.signed(good.signature[:-2]),
        client.prepare(good.intent, ZERO_ADDRESS).signed(bytes(65)),
    ):
        with pytest.raises(SignatureMismatch):
            client.verify(signed)
        with pytest.raises(SignatureMismatch):
            client.submit(signed, spender=spender)
    assert fresh.request("eth_blockNumber") == before


def test_signature_can_be_replayed_and_the_document_says_so(
    client, listed_node, cpo, spender, stranger
):
    signed = client.sign(party(listed_node), cpo)
    assert client.limits.replayable
    assert signed.request.replayable
    assert signed.document()["replayable"] is True
    client.submit(signed, spender=spender)
    client.delete_party(signer=cpo)
    client.submit(client.read_signed_request(signed.to_json()), spender=stranger)
    assert client.party(cpo.address)


def test_agreement_with_named_permissions_is_compared_before_it_is_sent(
    client, listed_party, emsp, provider
):
    listed_party(emsp, "EMS")
    listed_party(provider, "SVC")
    with pytest.raises(errors.ServiceNotFound):
        client.create_agreement(provider.address, [1], signer=emsp)
    client.set_service([1, 2], signer=provider)
    with pytest.raises(errors.PermissionsDiffer) as error:
        client.create_agreement(provider.address, [1], signer=emsp)
    assert error.value.permissions == (1, 2)
    outcome = client.create_agreement(provider.address, [2, 1, 2], signer=emsp)
    assert outcome.changes == (
        outcomes.AgreementMade(
            user=emsp.address, provider=provider.address, version=None, permissions=None
        ),
    )
    with pytest.raises(UnsupportedByDialect, match="names permissions: leave them out"):
        client.prepare(CreateAgreement(provider=provider.address, permissions=[1]), emsp.address)


# Unsupported operations


def test_unsupported_operations_are_named(client, operator, stranger, cpo):
    for ask in (
        lambda: client.nonce(cpo.address),
        lambda: client.membership(cpo.address),
        client.owner.pending,
        client.owner.import_open,
        lambda: client.prepare(SetNode(domain="https://a.example"), cpo.address, nonce=1),
        lambda: client.prepare(DeleteNode(), cpo.address, deadline_unix_s=4_000_000_000),
        lambda: client.send(
            InvalidateNonce(contract=Contract.REGISTRY, new_nonce=1), signer=operator
        ),
        lambda: client.send(DeleteNode(), DeleteParty(), signer=operator),
        lambda: client.sign(DeleteNode(), operator, account=cpo.address),
        lambda: client.submit(
            client.sign(DeleteNode(), cpo), client.sign(DeleteParty(), cpo), spender=stranger
        ),
    ):
        with pytest.raises(UnsupportedByDialect):
            ask()


def test_ownership_is_renounced_and_not_given_to_the_zero_address(client, owner, operator):
    with pytest.raises(errors.OwnableUnauthorizedAccount) as error:
        client.send(TransferOwnership(new_owner=operator.address), signer=operator)
    assert error.value.account == operator.address
    with pytest.raises(InvalidInput):
        client.send(TransferOwnership(new_owner=ZERO_ADDRESS), signer=owner)
    client.send(RenounceOwnership(), signer=owner)
    assert client.owner.address() is None


def test_a_thousand_parties_need_ten_requests(client, fresh, transport, listed_node):
    """Anvil impersonates the accounts, because a key for each would take long."""
    count = 250
    to = fresh.v1_deployment().registry
    for place in range(count):
        sender = Address.from_bytes((place + 1).to_bytes(20, "big"))
        fresh.request("anvil_setBalance", sender, hex(10**18))
        fresh.request("anvil_impersonateAccount", sender)
        raw_call(
            fresh,
            to,
            "setParty(bytes2,bytes3,uint8[],address)",
            abi.fixed(b"DE"),
            abi.fixed(f"{place:03X}".encode()),
            abi.uints([0]),
            abi.address(listed_node.address),
            sender=sender,
        )
    transport.requests = 0
    assert len(client.parties()) == count
    assert transport.requests <= 2 + 3


# Detecting the generation


def test_generation_is_detected_from_the_contracts(fresh):
    for deployment in (fresh.deployment(), fresh.v1_deployment()):
        found = find_deployment(
            deployment.registry.lower(), deployment.permissions, rpc_urls=[fresh.rpc_url]
        )
        assert found.dialect == deployment.dialect
        assert found.chain_id == fresh.chain_id
        with connect(found) as client:
            assert client.nodes() == ()


def test_unknown_contracts_are_refused(fresh, stranger):
    ours, v1s = fresh.deployment(), fresh.v1_deployment()
    urls = [fresh.rpc_url]
    for registry, permissions in (
        (ours.permissions, ours.registry),
        (ours.registry, v1s.permissions),
        (v1s.registry, ours.permissions),
        (v1s.permissions, v1s.registry),
    ):
        with pytest.raises(UnsupportedByDialect, match="not a Registry and its Permissions"):
            find_deployment(registry, permissions, rpc_urls=urls)
    with pytest.raises(NoContract):
        find_deployment(stranger.address, ours.permissions, rpc_urls=urls)
    with pytest.raises(NoContract):
        find_deployment(ours.registry, stranger.address, rpc_urls=urls)


@pytest.mark.parametrize("network", ["ewc", "volta", "local-v1"])
def test_requests_for_live_networks_are_prepared_offline(network):
    with connect(network) as client:
        assert client.limits.replayable
        signer = KeySigner.generate()
        signed = client.sign(SetPartyModules(sender=[Module.CDRS]), signer)
        assert client.read_signed_request(signed.to_json()) == signed
        service = client.prepare(SetService(name="n", permissions=[1]), signer.address)
        assert client.read_request(service.to_json()) == service
