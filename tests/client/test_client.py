"""The client on a real chain: every write, directly and by signed request; every read."""

import time
from dataclasses import replace

import pytest

from ocn_registry import (
    AcceptOwnership,
    Address,
    AdminDeleteOperator,
    AdminDeleteParty,
    BatchRejected,
    CloseImport,
    Contract,
    CreateAgreement,
    DeleteNode,
    DeleteParty,
    DeleteService,
    ImportAgreements,
    ImportedAgreement,
    ImportNodes,
    ImportParties,
    ImportServices,
    InsufficientFunds,
    InvalidateNonce,
    InvalidInput,
    KeySigner,
    Module,
    NoContract,
    Node,
    NonceMismatch,
    Party,
    PartyId,
    RegistryClient,
    RequestExpired,
    RevokeAgreement,
    Role,
    Service,
    SetNode,
    SetParty,
    SetPartyModules,
    SetService,
    SignatureMismatch,
    TransferOwnership,
    UnsupportedByDialect,
    WriteOptions,
    WrongChain,
    connect,
    outcomes,
)
from ocn_registry import contract_errors as errors
from ocn_registry.models import ZERO_ADDRESS
from ocn_registry.transport.http_sync import HttpTransport


@pytest.fixture(params=["direct", "signed"])
def write(request, client, spender, fresh):
    """Return a function that writes a signer's intent, paid by the signer or a spender."""

    def direct(intent, signer):
        fresh.request("anvil_setBalance", signer.address, hex(10**18))
        return client.send(intent, signer=signer)

    def signed(intent, signer):
        return client.submit(client.sign(intent, signer), spender=spender)

    direct.by_request, signed.by_request = False, True
    return {"direct": direct, "signed": signed}[request.param]


def party(operator, party_id="ABC", roles=(Role.CPO,)):
    return SetParty(country_code="DE", party_id=party_id, roles=roles, operator=operator.address)


def test_node_is_listed_changed_and_deleted(write, client, cpo):
    assert client.node(cpo.address) is None
    outcome = write(SetNode(domain="https://a.example"), cpo)
    assert client.node(cpo.address) == Node(operator=cpo.address, domain="https://a.example")
    assert outcome.changes == (outcomes.NodeSet(node=client.node(cpo.address)),)
    change = SetNode(domain="https://b.example")
    if write.by_request and not client.limits.signed_updates_keep_the_rest:
        with pytest.raises(UnsupportedByDialect):
            write(change, cpo)
        write(DeleteNode(), cpo)
    write(change, cpo)
    assert client.node(cpo.address).domain == "https://b.example"
    outcome = write(DeleteNode(), cpo)
    assert outcome.changes == (outcomes.NodeDeleted(operator=cpo.address),)
    assert client.nodes() == ()


def test_party_is_listed_changed_and_deleted(write, client, listed_node, cpo):
    write(party(listed_node, "007", [Role.SCSP, Role.CPO, Role.CPO]), cpo)
    found = client.party("DE", "007")
    assert found == client.party(cpo.address) == client.parties()[0]
    assert found.roles == (Role.CPO, Role.SCSP)
    assert found.operator_domain == "https://node.example"
    if client.limits.has_memberships:
        assert client.membership(cpo.address) == client.parties()[0].membership == 1
    else:
        assert client.parties()[0].membership is None
        with pytest.raises(UnsupportedByDialect):
            client.membership(cpo.address)
    outcome = write(SetPartyModules(sender=[6, 0], receiver=[Module.COMMANDS]), cpo)
    (change,) = outcome.changes
    assert change.modules_sender == (Module.CDRS, Module.TOKENS)
    assert change.modules_receiver == (Module.COMMANDS,)
    outcome = write(DeleteParty(), cpo)
    assert outcome.changes == (outcomes.PartyDeleted(address=cpo.address, id=PartyId("DE", "007")),)
    assert client.party("DE", "007") is None
    assert client.party(cpo.address) is None
    assert client.route("DE", "007") is None
    if client.limits.has_memberships:
        assert client.membership(cpo.address) is None


def test_service_and_agreement_begin_and_end(write, client, listed_party, emsp, provider):
    listed_party(emsp, "EMS")
    listed_party(provider, "SVC")
    write(SetService(name="Ünïcode", permissions=[9, 1, 20]), provider)
    found = client.service(provider.address)
    assert found == client.services()[0]
    assert found.permissions == (1, 9, 20)
    named = CreateAgreement(provider=provider.address, permissions=[20, 9, 1])
    if client.limits.binds_permissions:
        outcome = write(named, emsp)
        assert outcome.changes[0].permissions == (1, 9, 20)
    else:
        unnamed = CreateAgreement(provider=provider.address)
        outcome = write(unnamed if write.by_request else named, emsp)
        assert outcome.changes[0].permissions is None
    version = 1 if client.limits.has_memberships else None
    assert outcome.changes[0].version == client.services()[0].version == version
    assert client.agreement(emsp.address, provider.address).active
    assert len(client.agreements(emsp.address)) == len(client.agreements("DE", "EMS")) == 1
    outcome = write(RevokeAgreement(provider=provider.address), emsp)
    assert outcome.changes == (
        outcomes.AgreementRevoked(user=emsp.address, provider=provider.address),
    )
    assert client.agreement(emsp.address, provider.address) is None
    write(DeleteService(), provider)
    assert client.service(provider.address) is None
    assert client.services() == client.agreements(emsp.address) == ()


@pytest.mark.parametrize("contract", Contract)
def test_nonce_is_raised(write, client, cpo, contract):
    if client.limits.replayable:
        with pytest.raises(UnsupportedByDialect):
            write(InvalidateNonce(contract=contract, new_nonce=5), cpo)
        with pytest.raises(UnsupportedByDialect):
            client.nonce(cpo.address, contract)
        return
    early = client.sign(DeleteNode(), cpo, nonce=1)
    write(InvalidateNonce(contract=contract, new_nonce=5), cpo)
    assert client.nonce(cpo.address, contract) == 5
    if contract is Contract.REGISTRY:
        with pytest.raises(NonceMismatch):
            client.verify(early)


def test_agreement_to_whatever_a_service_needs_is_direct_only(
    client, fresh, listed_party, emsp, provider
):
    listed_party(emsp, "EMS")
    listed_party(provider, "SVC")
    for signer in (emsp, provider):
        fresh.request("anvil_setBalance", signer.address, hex(10**18))
    client.set_service([3], signer=provider)
    client.create_agreement(provider.address, signer=emsp)
    assert client.agreements(emsp.address)
    bound = client.limits.binds_permissions
    refused = CreateAgreement(provider=provider.address, permissions=None if bound else [3])
    with pytest.raises(InvalidInput if bound else UnsupportedByDialect, match="permissions"):
        client.sign(refused, emsp)


def test_changed_permissions_end_an_agreement_that_is_still_reported(
    client, fresh, listed_party, emsp, provider
):
    listed_party(emsp, "EMS")
    listed_party(provider, "SVC")
    for signer in (emsp, provider):
        fresh.request("anvil_setBalance", signer.address, hex(10**18))
    client.set_service([3], name="a", url="https://a.example", signer=provider)
    client.create_agreement(provider.address, [3], signer=emsp)
    client.set_service([4], signer=provider)
    goes_on = not client.limits.binds_permissions
    assert bool(client.agreements(emsp.address)) is goes_on
    assert client.agreement(emsp.address, provider.address).active is goes_on
    with pytest.raises(errors.PermissionsDiffer) as error:
        client.create_agreement(provider.address, [3], signer=emsp)
    assert error.value.permissions == (4,)
    client.revoke_agreement(provider.address, signer=emsp)
    client.delete_service(signer=provider)


def test_party_of_an_operator_that_left_differs_from_an_unknown_one(
    client, listed_party, operator, cpo
):
    listed_party(cpo, "CPO")
    client.delete_node(signer=operator)
    route = client.route("DE", "CPO")
    assert (route.operator, route.domain) == (operator.address, None)
    assert client.party("DE", "CPO").operator_domain is None
    assert client.route("DE", "XXX") is None


def test_refusal_is_typed_and_costs_nothing(client, fresh, listed_node, stranger):
    before = fresh.request("eth_getBalance", stranger.address, "latest")
    with pytest.raises(errors.DomainTaken) as error:
        client.set_node("https://node.example", signer=stranger)
    assert error.value.domain == "https://node.example"
    # Not every generation reveals the holder.
    assert error.value.operator in {listed_node.address, ZERO_ADDRESS}
    with pytest.raises(errors.PartyNotFound):
        client.set_party_modules([Module.CDRS], signer=stranger)
    with pytest.raises(errors.NodeNotFound):
        client.set_party("DE", "ABC", [Role.CPO], stranger.address, signer=stranger)
    with pytest.raises(errors.PartyNotFound):
        client.delete_party(signer=stranger)
    assert fresh.request("eth_getBalance", stranger.address, "latest") == before


def test_missing_money_is_reported(client, cpo):
    with pytest.raises(InsufficientFunds) as error:
        client.set_node("https://a.example", signer=cpo)
    assert error.value.account == cpo.address


def test_requests_of_many_people_go_in_one_batch(client, listed_node, spender):
    signers = [KeySigner.generate() for _ in range(12)]
    signed = [
        client.sign(party(listed_node, f"P{place:02}"), signer)
        for place, signer in enumerate(signers)
    ]
    signed[3] = client.sign(party(listed_node, "P00"), signers[3])
    signed[5] = signed[5].request.signed(signed[6].signature)
    if not client.limits.has_batches:
        with pytest.raises(UnsupportedByDialect):
            client.submit(*signed, spender=spender)
        return
    outcome = client.submit(*signed, spender=spender)
    failed = {place: type(item.error) for place, item in enumerate(outcome.items) if item.error}
    assert failed == {3: errors.PartyIdTaken, 5: SignatureMismatch}
    assert len(client.parties()) == 10
    with pytest.raises(BatchRejected) as error:
        client.submit(*signed, spender=spender)
    assert len(error.value.errors) == 12


def test_item_that_fails_in_the_block_is_reported_with_its_error(
    client, fresh, listed_node, spender, stranger
):
    """Between simulation and block, someone else takes the id: the others stay in force."""
    if not client.limits.has_batches:
        pytest.skip("no batches: asserted in test_requests_of_many_people_go_in_one_batch")
    signed = [
        client.sign(party(listed_node, name), KeySigner.generate()) for name in ("AAA", "BBB")
    ]

    def overtake(_):
        write = client._dialect.write((party(listed_node, "AAA"),), each_alone=False)
        transaction = {"from": stranger.address, "to": write.to, "data": "0x" + write.data.hex()}
        price = {"maxFeePerGas": hex(5000), "maxPriorityFeePerGas": hex(1000)}
        fresh.request("eth_sendTransaction", {**transaction, **price, "gas": hex(300_000)})
        fresh.request("evm_mine")

    fresh.request("evm_setAutomine", False)
    try:
        outcome = client.submit(
            *signed, spender=spender, options=WriteOptions(timeout_s=60, on_sent=overtake)
        )
    finally:
        fresh.request("evm_setAutomine", True)
    assert [type(item.error) for item in outcome.items] == [errors.PartyIdTaken, type(None)]
    assert outcome.items[0].error.tx_hash == outcome.tx_hash
    assert outcome.failed == outcome.items[:1]


def test_nonce_and_deadline_are_checked_before_paying(client, fresh, listed_node, cpo, spender):
    if client.limits.replayable:
        for given in ({"nonce": 0}, {"deadline_unix_s": int(time.time()) + 3000}):
            with pytest.raises(UnsupportedByDialect):
                client.sign(party(listed_node), cpo, **given)
        return
    with pytest.raises(NonceMismatch):
        client.submit(client.sign(party(listed_node), cpo, nonce=1), spender=spender)
    signed = client.sign(party(listed_node), cpo, deadline_unix_s=int(time.time()) + 3000)
    fresh.request("evm_increaseTime", 4000)
    fresh.request("evm_mine")
    with pytest.raises(RequestExpired):
        client.verify(signed)
    with pytest.raises(RequestExpired):
        client.submit(signed, spender=spender)


def test_request_is_signed_elsewhere(client, listed_node, cpo, spender):
    prepared = client.prepare(party(listed_node), cpo.address).to_json()
    with pytest.raises(InvalidInput, match="not signed"):
        client.read_signed_request(prepared)
    signed = client.read_request(prepared).sign(cpo).to_json()
    assert client.read_request(signed).account == cpo.address
    client.submit(client.read_signed_request(signed), spender=spender)
    assert client.party(cpo.address)


def test_owner_hands_an_id_to_its_rightful_holder_in_one_step(
    client, owner, listed_party, listed_node, cpo, stranger
):
    listed_party(cpo, "ABC")
    rightful = client.sign(party(listed_node), stranger)
    delete = AdminDeleteParty(country_code="DE", party_id="ABC")
    if not client.limits.has_batches:
        with pytest.raises(UnsupportedByDialect):
            client.send(delete, rightful, signer=owner)
        client.send(delete, signer=owner)
        client.send(rightful, signer=owner)
        assert client.party("DE", "ABC").address == stranger.address
        return
    outcome = client.send(delete, rightful, signer=owner)
    assert [type(change) for change in outcome.changes] == [
        outcomes.PartyDeleted,
        outcomes.PartySet,
    ]
    assert client.party("DE", "ABC").address == stranger.address


def test_batch_of_writes_succeeds_or_fails_as_a_whole(client, operator):
    refusal = errors.PartyNotFound if client.limits.has_batches else UnsupportedByDialect
    with pytest.raises(refusal):
        client.send(SetNode(domain="https://a.example"), DeleteParty(), signer=operator)
    assert client.nodes() == ()
    if not client.limits.has_batches:
        return
    client.send(
        SetNode(domain="https://a.example"), party(operator), SetPartyModules(), signer=operator
    )
    assert client.party("DE", "ABC").operator == operator.address


def test_owner_functions(client, owner, stranger, listed_node):
    assert client.owner.address() == owner.address
    with pytest.raises(errors.OwnableUnauthorizedAccount):
        client.send(AdminDeleteOperator(operator=listed_node.address), signer=stranger)
    client.send(AdminDeleteOperator(operator=listed_node.address), signer=owner)
    assert client.nodes() == ()
    if client.limits.has_two_step_ownership:
        assert client.owner.pending() is None
    (change,) = client.send(TransferOwnership(new_owner=stranger.address), signer=owner).changes
    if client.limits.has_two_step_ownership:
        assert client.owner.pending() == stranger.address
        (change,) = client.send(AcceptOwnership(), signer=stranger).changes
    else:
        with pytest.raises(UnsupportedByDialect):
            client.owner.pending()
        with pytest.raises(UnsupportedByDialect):
            client.send(AcceptOwnership(), signer=stranger)
    assert change == outcomes.OwnershipTransferred(
        former_owner=owner.address, owner=stranger.address
    )
    if client.limits.has_two_step_ownership:
        client.send(TransferOwnership(new_owner=ZERO_ADDRESS), signer=stranger)
    assert client.owner.address() == stranger.address


def test_reads_at_an_earlier_block(client, operator):
    first = client.set_node("https://a.example", signer=operator).block
    client.set_node("https://b.example", signer=operator)
    assert client.node(operator.address, block=first.number).domain == "https://a.example"
    assert client.nodes(block=first.number)[0].domain == "https://a.example"


def test_one_value_is_one_request_and_a_list_adds_one_for_the_head(
    client, transport, listed_party, emsp
):
    listed_party(emsp, "EMS")
    # Where lists tell addresses only, the entries are a request more.
    entries = 0 if client.limits.has_memberships else 1
    for expected, read in (
        # v1 goes on answering for ids that their party has left: that is asked as well.
        (1 + entries, lambda: client.route("DE", "EMS")),
        (1, lambda: client.party("DE", "EMS")),
        (1, lambda: client.party(emsp.address)),
        (1, lambda: client.service(emsp.address)),
        (1, client.owner.address),
        (2 + entries, client.parties),
        (2 + entries, client.nodes),
        (2, client.services),
    ):
        transport.requests = 0
        read()
        assert transport.requests == expected


def test_confirmations(client, fresh, operator):
    fresh.request("evm_setIntervalMining", 1)
    options = WriteOptions(confirmations=2)
    outcome = client.set_node("https://a.example", signer=operator, options=options)
    head = int(fresh.request("eth_blockNumber"), 16)
    fresh.request("evm_setIntervalMining", 0)
    fresh.request("evm_setAutomine", True)
    assert head >= outcome.block.number + 1


def test_wrong_chain_and_wrong_address(deployment, fresh, operator):
    other_chain = replace(deployment, chain_id=246)
    client = connect(other_chain, rpc_urls=[fresh.rpc_url])
    for ask in (client.nodes, lambda: client.set_node("https://a.example", signer=operator)):
        with pytest.raises(WrongChain):
            ask()
    nowhere = replace(deployment, registry=Address("0x" + "12" * 20))
    client = connect(nowhere, rpc_urls=[fresh.rpc_url])
    for ask in (client.nodes, lambda: client.set_node("https://a.example", signer=operator)):
        with pytest.raises(NoContract):
            ask()


def test_connect_by_file_and_by_name(tmp_path, deployment, fresh, client):
    path = tmp_path / "mine.json"
    path.write_text(
        f'{{"chainId": {fresh.chain_id}, "dialect": "{deployment.dialect}", '
        f'"registry": "{deployment.registry}", "permissions": "{deployment.permissions}", '
        f'"rpcUrls": ["{fresh.rpc_url}"]}}'
    )
    with connect(str(path)) as connected:
        assert connected.nodes() == ()
        assert connected.limits == client.limits
    with pytest.raises(InvalidInput):
        connect(str(tmp_path / "none.json"))
    with pytest.raises(InvalidInput):
        connect("mainnet")


def test_import_and_a_list_of_many_pages(importing_devnet):
    devnet = importing_devnet
    owner = KeySigner.from_key(devnet.accounts[0].private_key)
    transport = HttpTransport([devnet.rpc_url], chain_id=devnet.chain_id)
    client = RegistryClient(devnet.deployment(), transport)
    assert client.owner.import_open()
    assert client.owner.import_open(Contract.PERMISSIONS)
    with pytest.raises(errors.ImportStillOpen):
        client.set_node("https://a.example", signer=owner)
    operator = Address("0x" + "11" * 20)
    client.send(
        ImportNodes(nodes=[Node(operator=operator, domain="https://n.example")]), signer=owner
    )
    parties = [
        Party(
            address=Address.from_bytes((place + 1).to_bytes(20, "big")),
            id=PartyId("DE", f"{place:03X}"),
            roles=(Role.CPO, Role.EMSP),
            modules_sender=(Module.CDRS,),
            modules_receiver=(),
            operator=operator,
            operator_domain="https://n.example",
        )
        for place in range(1100)
    ]
    for start in range(0, len(parties), 100):
        client.send(ImportParties(parties=parties[start : start + 100]), signer=owner)
    assert client.parties() == tuple(parties)
    user, provider = parties[0], parties[1]
    service = Service(
        provider=provider.address, id=provider.id, name="n", url="", permissions=(1, 2)
    )
    client.send(ImportServices(services=[service]), signer=owner)
    agreement = ImportedAgreement(user=user.address, provider=provider.address, permissions=(2, 1))
    client.send(ImportAgreements(agreements=[agreement]), signer=owner)
    assert client.services() == (service,)
    assert client.agreements(user.address)[0].provider == provider.address
    for contract in Contract:
        (change,) = client.send(CloseImport(contract=contract), signer=owner).changes
        assert change == outcomes.ImportClosed(contract=contract)
        assert not client.owner.import_open(contract)
    with pytest.raises(errors.ImportNotOpen):
        client.send(CloseImport(contract=Contract.REGISTRY), signer=owner)
