"""The life of an account: several ids, a new key, a controller, leaving, and reservations."""

import json

import pytest

from ocn_registry import (
    AcceptAccount,
    AcceptController,
    AdminReserveNode,
    AdminReserveParty,
    CreateAgreement,
    DeleteParty,
    InvalidInput,
    KeySigner,
    Module,
    MoveAccount,
    PartyId,
    PruneService,
    Role,
    SetController,
    SetNode,
    SetPartyModules,
    SetPartyWebsite,
    SetService,
    SignatureMismatch,
    UnsupportedByDialect,
    WantedParty,
    wanted_parties,
)
from ocn_registry.contract_errors import (
    AccountInUse,
    AccountNotFound,
    AccountRetired,
    DomainReserved,
    InvalidSignature,
    NotController,
    PartyIdReserved,
    SeveralIds,
)
from ocn_registry.evm.curve import ORDER

ABC, DEF = PartyId("DE", "ABC"), PartyId("DE", "DEF")
WEBSITE = "https://cpo.example"


@pytest.fixture(params=["v3"])
def deployment(fresh):
    return fresh.deployment()


@pytest.fixture
def wanted(listed_node):
    """Return a party as it should be listed."""

    def make(party, **more):
        values = {"roles": [Role.CPO], "operator": listed_node.address, **more}
        return WantedParty(country_code=party.country_code, party_id=party.party_id, **values)

    return make


@pytest.fixture
def with_two_ids(client, wanted, cpo, spender):
    client.ensure.parties([wanted(ABC), wanted(DEF)], signer=cpo, spender=spender)
    return cpo


@pytest.fixture
def with_everything(client, with_two_ids, listed_party, provider, spender):
    """List two ids, a website, a node, a service, and an agreement each way."""
    listed_party(provider, "SVC")
    writes = [
        (SetNode(domain="https://cpo-node.example"), with_two_ids),
        (SetPartyWebsite(country_code="DE", party_id="ABC", website=WEBSITE), with_two_ids),
    ]
    for intent, signer in writes:
        client.submit(client.sign(intent, signer), spender=spender)
    for signer in (provider, with_two_ids):
        client.submit(client.sign(SetService(permissions=[1]), signer), spender=spender)
    for user, other in ((with_two_ids, provider), (provider, with_two_ids)):
        agreed = CreateAgreement(provider=other.address, permissions=[1])
        client.submit(client.sign(agreed, user), spender=spender)
    return with_two_ids


def test_a_further_id_is_added_and_the_others_stay(client, with_two_ids):
    parties = client.parties_of(with_two_ids.address)
    assert [(one.id, one.current) for one in parties] == [(DEF, True), (ABC, False)]
    assert parties == (client.party("DE", "DEF"), client.party("DE", "ABC"))
    assert client.party(with_two_ids.address).id == DEF
    assert len({one.membership for one in parties}) == 1
    assert client.membership(with_two_ids.address) == parties[0].membership


def test_ensuring_parties_again_sends_nothing(client, wanted, with_two_ids, spender):
    done = client.ensure.parties([wanted(ABC), wanted(DEF)], signer=with_two_ids, spender=spender)
    assert (done.statuses, done.outcome) == ({ABC: "unchanged", DEF: "unchanged"}, None)


def test_ensuring_one_party_keeps_the_others_and_says_so(client, wanted, with_two_ids, spender):
    changed = wanted(ABC, modules_sender=[Module.BOOKINGS], website=WEBSITE)
    done = client.ensure.parties([changed], signer=with_two_ids, spender=spender)
    assert (done.statuses, done.left_alone) == ({ABC: "updated"}, (DEF,))
    assert client.party("DE", "ABC").modules_sender == (Module.BOOKINGS,)
    assert client.party("DE", "ABC").website == WEBSITE
    assert client.party("DE", "DEF").modules_sender == ()


def test_an_id_given_twice_is_refused(client, wanted, cpo):
    with pytest.raises(InvalidInput, match="twice"):
        client.ensure.parties([wanted(ABC), wanted(ABC)], signer=cpo)


def test_parties_of_ocpi_credentials_are_listed(client, listed_node, cpo, spender):
    details = {"name": "Example", "website": WEBSITE}
    roles = [
        {"role": "CPO", "business_details": details, "party_id": "ABC", "country_code": "DE"},
        {"role": "EMSP", "business_details": details, "party_id": "abc", "country_code": "de"},
        {"role": "NSP", "business_details": {}, "party_id": "DEF", "country_code": "DE"},
    ]
    parties = wanted_parties({"token": "x", "roles": roles}, listed_node.address)
    done = client.ensure.parties(parties, signer=cpo, spender=spender)
    assert done.statuses == {ABC: "created", DEF: "created"}
    assert client.party("DE", "ABC").roles == (Role.CPO, Role.EMSP)
    assert client.party("DE", "ABC").website == WEBSITE
    assert client.party("DE", "DEF").roles == (Role.NSP,)


def test_giving_up_an_id_needs_its_name_where_there_are_several(client, with_two_ids, spender):
    with pytest.raises(SeveralIds):
        client.sign(DeleteParty(), with_two_ids)
    gone = client.sign(DeleteParty(country_code="DE", party_id="DEF"), with_two_ids)
    client.submit(gone, spender=spender)
    assert [one.id for one in client.parties_of(with_two_ids.address)] == [ABC]
    assert client.sign(DeleteParty(), with_two_ids).intent == DeleteParty(
        country_code="DE", party_id="ABC"
    )


def test_modules_without_an_id_apply_to_the_current_one(client, with_two_ids):
    signed = client.sign(SetPartyModules(sender=[Module.CDRS]), with_two_ids)
    assert (signed.intent.country_code, signed.intent.party_id) == ("DE", "DEF")


def test_a_key_is_rotated_in_one_transaction_and_everything_follows(
    client, with_everything, provider, spender
):
    old, new = with_everything, KeySigner.generate()
    before = client.identity.holdings(old.address)
    moved = client.identity.rotate(new, signer=old, spender=spender)
    assert moved.holdings == before
    assert (moved.new_account, moved.outcome.parts) == (new.address, ())
    after = client.identity.holdings(new.address)
    assert [one.id for one in after.parties] == [one.id for one in before.parties]
    assert after.node.domain == before.node.domain
    assert after.service.permissions == before.service.permissions
    assert [one.provider for one in after.agreements] == [provider.address]
    assert [one.provider for one in client.agreements(provider.address)] == [new.address]
    assert client.party("DE", "ABC").website == WEBSITE
    assert client.route("DE", "ABC").domain == "https://node.example"
    gone = client.identity.holdings(old.address)
    assert (gone.parties, gone.node, gone.service) == ((), None, None)
    with pytest.raises(AccountRetired):
        client.submit(client.sign(SetNode(domain="https://x.example"), old), spender=spender)


def test_a_key_in_use_can_not_take_over_an_account(
    client, with_two_ids, listed_party, spender, emsp
):
    listed_party(emsp, "EMS")
    with pytest.raises(AccountInUse):
        client.identity.rotate(emsp, signer=with_two_ids, spender=spender)


def test_an_account_without_anything_has_nothing_to_rotate(client, spender):
    with pytest.raises(AccountNotFound):
        client.identity.rotate(KeySigner.generate(), signer=KeySigner.generate(), spender=spender)


def test_an_operator_without_a_node_moves_its_waiting_parties_to_a_new_key(
    client, listed_node, listed_party, emsp, spender
):
    listed_party(emsp, "EMS")
    client.delete_node(signer=listed_node)
    new = KeySigner.generate()
    client.identity.rotate(new, signer=listed_node, spender=spender)
    assert client.party("DE", "EMS").operator == new.address


def test_each_part_of_a_move_is_signed_on_its_own_machine(client, with_two_ids, spender):
    new = KeySigner.generate()
    prepared = client.prepare(MoveAccount(new_account=new.address), with_two_ids.address).to_json()
    by_old = client.read_request(prepared).sign(with_two_ids).to_json()
    whole = client.read_signed_request(by_old).accept(new).to_json()
    document = json.loads(whole)
    assert document["acceptance"]["primaryType"] == "AcceptAccount"
    assert {"signature", "acceptance"} <= set(document)
    client.submit(client.read_signed_request(whole), spender=spender)
    assert len(client.parties_of(new.address)) == 2


def test_a_separately_made_acceptance_is_added(client, with_two_ids, spender):
    new = KeySigner.generate()
    move = client.sign(MoveAccount(new_account=new.address), with_two_ids)
    accepted = client.sign(AcceptAccount(account=with_two_ids.address), new)
    read = client.read_signed_request(accepted.to_json())
    client.identity.move(move, read, spender=spender)
    assert len(client.parties_of(new.address)) == 2


@pytest.mark.parametrize("wrong", ["account", "kind", "signer"])
def test_an_acceptance_of_another_request_is_refused(client, with_two_ids, wrong):
    new, other = KeySigner.generate(), KeySigner.generate()
    move = client.sign(MoveAccount(new_account=new.address), with_two_ids)
    account = other.address if wrong == "account" else with_two_ids.address
    kind = AcceptController if wrong == "kind" else AcceptAccount
    accepted = client.sign(kind(account=account), other if wrong == "signer" else new)
    with pytest.raises(InvalidInput, match="acceptance"):
        move.accepted(accepted)


def test_a_move_that_nobody_accepted_is_refused_before_it_is_sent(client, with_two_ids, spender):
    new = KeySigner.generate()
    move = client.sign(MoveAccount(new_account=new.address), with_two_ids)
    with pytest.raises(InvalidInput, match="has not accepted"):
        client.submit(move, spender=spender)


@pytest.mark.parametrize("acceptance", ["none", "forged"])
@pytest.mark.parametrize("others", [0, 1])
def test_a_spender_is_not_given_accounts_by_requests_that_it_sends(
    client, with_two_ids, emsp, spender, acceptance, others
):
    # The contract takes a move from the new account itself, without its signature.
    move = client.sign(MoveAccount(new_account=spender.address), with_two_ids)
    if acceptance == "forged":
        wanted = client.prepare(AcceptAccount(account=with_two_ids.address), spender.address)
        move = move.accepted(wanted.sign(with_two_ids, as_controller=True))
    more = [client.sign(SetNode(domain="https://e.example"), emsp)] * others
    try:
        outcome = client.submit(move, *more, spender=spender)
    except (InvalidInput, SignatureMismatch) as error:
        assert spender.address in str(error)  # noqa: PT017 - several requests raise none
    else:
        assert isinstance(outcome.items[0].error, SignatureMismatch)
    assert client.parties_of(spender.address) == ()
    assert len(client.parties_of(with_two_ids.address)) == 2


def test_a_bad_acceptance_is_found_by_verify(client, with_two_ids):
    new = KeySigner.generate()
    move = client.sign(MoveAccount(new_account=new.address), with_two_ids)
    unsigned = client.prepare(AcceptAccount(account=with_two_ids.address), new.address)
    forged = unsigned.sign(with_two_ids, as_controller=True)
    with pytest.raises(SignatureMismatch) as error:
        client.verify(move.accepted(forged))
    assert (error.value.account, error.value.recovered) == (new.address, with_two_ids.address)


def test_an_acceptance_alone_can_not_be_sent(client, with_two_ids, spender):
    accepted = client.sign(AcceptAccount(account=with_two_ids.address), KeySigner.generate())
    with pytest.raises(InvalidInput, match="inside another request"):
        client.submit(accepted, spender=spender)


def test_only_the_controller_acts_for_its_account(client, with_two_ids, spender):
    controller = KeySigner.generate()
    client.identity.name_controller(controller, signer=with_two_ids, spender=spender)
    assert client.controller_of(with_two_ids.address) == controller.address
    intent = SetPartyWebsite(country_code="DE", party_id="ABC", website=WEBSITE)
    own = client.sign(intent, with_two_ids)
    with pytest.raises(SignatureMismatch) as error:
        client.submit(own, spender=spender)
    assert error.value.account == controller.address
    signed = client.sign(intent, controller, account=with_two_ids.address)
    client.submit(signed, spender=spender)
    assert client.party("DE", "ABC").website == WEBSITE


def test_direct_writes_of_an_account_with_a_controller_are_refused(client, listed_node, spender):
    controller = KeySigner.generate()
    client.identity.name_controller(controller, signer=listed_node, spender=spender)
    with pytest.raises(NotController) as error:
        client.set_node("https://other.example", signer=listed_node)
    assert (error.value.account, error.value.controller) == (
        listed_node.address,
        controller.address,
    )


def test_a_controller_replaces_a_lost_key_and_keeps_signing(client, with_two_ids, spender):
    controller, new = KeySigner.generate(), KeySigner.generate()
    client.identity.name_controller(controller, signer=with_two_ids, spender=spender)
    moved = client.identity.rotate(
        new, signer=controller, account=with_two_ids.address, spender=spender
    )
    assert moved.holdings.controller == controller.address
    assert client.controller_of(new.address) == controller.address


def test_a_controller_is_changed_and_removed_by_itself(client, with_two_ids, spender):
    first, second = KeySigner.generate(), KeySigner.generate()
    account = with_two_ids.address
    client.identity.name_controller(first, signer=with_two_ids, spender=spender)
    accepted = client.sign(AcceptController(account=account), second)
    client.identity.name_controller(accepted, signer=first, account=account, spender=spender)
    assert client.controller_of(account) == second.address
    client.identity.name_controller(None, signer=second, account=account, spender=spender)
    assert client.controller_of(account) == account


def test_a_controller_that_did_not_accept_is_refused(client, with_two_ids, spender):
    named = client.sign(SetController(controller=KeySigner.generate().address), with_two_ids)
    with pytest.raises(InvalidInput, match="has not accepted"):
        client.submit(named, spender=spender)


def test_requests_signed_before_a_controller_stay_void(client, with_two_ids, spender):
    controller = KeySigner.generate()
    signed = client.sign(SetPartyModules(sender=[Module.CDRS]), with_two_ids)
    client.identity.name_controller(controller, signer=with_two_ids, spender=spender)
    account = with_two_ids.address
    client.identity.name_controller(None, signer=controller, account=account, spender=spender)
    with pytest.raises(Exception, match="next nonce"):
        client.submit(signed, spender=spender)


def test_leaving_removes_everything_and_can_be_repeated(client, with_everything, spender):
    left = client.identity.leave(signer=with_everything, spender=spender)
    assert {one.id for one in left.holdings.parties} == {ABC, DEF}
    gone = client.identity.holdings(with_everything.address)
    assert (gone.parties, gone.node, gone.service, gone.agreements) == ((), None, None, ())
    again = client.identity.leave(signer=with_everything, spender=spender)
    assert again.outcomes == ()


def test_only_the_holder_of_a_reservation_lists_an_id(client, wanted, owner, cpo, emsp, spender):
    reserve = AdminReserveParty(country_code="DE", party_id="ABC", holder=cpo.address)
    client.send(reserve, signer=owner)
    assert client.reservation_of("DE", "ABC") == cpo.address
    with pytest.raises(PartyIdReserved) as error:
        client.ensure.parties([wanted(ABC)], signer=emsp, spender=spender)
    assert error.value.holder == cpo.address
    client.ensure.parties([wanted(ABC)], signer=cpo, spender=spender)
    assert client.reservation_of("DE", "ABC") is None


def test_a_reservation_takes_an_id_from_whoever_holds_it(client, with_two_ids, owner, emsp):
    reserve = AdminReserveParty(country_code="DE", party_id="ABC", holder=emsp.address)
    client.send(reserve, signer=owner)
    assert client.party("DE", "ABC") is None
    assert [one.id for one in client.parties_of(with_two_ids.address)] == [DEF]


def test_only_the_operator_of_a_reservation_lists_a_url(client, owner, operator, other_operator):
    url = "https://reserved.example"
    client.send(AdminReserveNode(domain=url, operator=operator.address), signer=owner)
    assert client.node_reservation_of(url) == operator.address
    with pytest.raises(DomainReserved):
        client.set_node(url, signer=other_operator)
    client.set_node(url, signer=operator)
    assert client.node_reservation_of(url) is None


def test_anybody_clears_the_slot_of_an_ended_service(client, listed_party, cpo, spender):
    listed_party(cpo, "ABC")
    client.submit(client.sign(SetService(permissions=[1]), cpo), spender=spender)
    client.submit(client.sign(DeleteParty(), cpo), spender=spender)
    outcome = client.send(PruneService(index=0), signer=spender)
    assert [type(one).__name__ for one in outcome.changes] == ["ServicePruned"]


def test_a_signature_by_a_former_key_is_the_contracts_error_when_sent_anyway(
    client, with_two_ids, spender
):
    controller = KeySigner.generate()
    client.identity.name_controller(controller, signer=with_two_ids, spender=spender)
    own = client.sign(SetPartyModules(sender=[Module.CDRS]), with_two_ids)
    call = client._dialect.write((own,), each_alone=False, sender=spender.address)
    with pytest.raises(InvalidSignature) as error:
        client._run(iter(call))
    assert error.value.signer == controller.address


class TestFirstGeneration:
    @pytest.fixture(params=["v1"])
    def deployment(self, fresh):
        return fresh.v1_deployment()

    def test_unsupported_operations_are_explained_with_alternatives(self, client, cpo, spender):
        other = KeySigner.generate()
        intents = [
            MoveAccount(new_account=other.address),
            SetController(controller=other.address),
            SetPartyWebsite(country_code="DE", party_id="ABC", website=WEBSITE),
            AcceptAccount(account=other.address),
        ]
        for intent in intents:
            with pytest.raises(UnsupportedByDialect, match=r"can.t .*: "):
                client.sign(intent, cpo)
        with pytest.raises(UnsupportedByDialect, match="new key"):
            client.identity.rotate(other, signer=cpo, spender=spender)

    def test_reads_return_the_present_state(self, client, listed_party, cpo):
        listed_party(cpo, "ABC")
        assert client.parties_of(cpo.address) == (client.party(cpo.address),)
        assert client.controller_of(cpo.address) == cpo.address
        assert client.reservation_of("DE", "ABC") is None

    def test_several_ids_are_refused(self, client, listed_node, cpo):
        both = [
            WantedParty(
                country_code="DE", party_id=one, roles=[Role.CPO], operator=listed_node.address
            )
            for one in ("ABC", "DEF")
        ]
        with pytest.raises(UnsupportedByDialect, match="one id"):
            client.ensure.parties(both, signer=cpo)

    def test_newer_modules_are_refused(self, client, cpo):
        with pytest.raises(UnsupportedByDialect, match="BOOKINGS"):
            client.sign(SetPartyModules(sender=[Module.BOOKINGS]), cpo)

    def test_the_id_of_another_party_is_not_given_up(self, client, listed_party, operator):
        listed_party(operator, "ABC")
        with pytest.raises(Exception, match="no party is listed"):
            client.send(DeleteParty(country_code="DE", party_id="XYZ"), signer=operator)
        client.send(DeleteParty(country_code="DE", party_id="ABC"), signer=operator)
        assert client.party("DE", "ABC") is None


@pytest.mark.parametrize("form", ["v from 0", "v with the chain", "compact", "high s"])
def test_controller_signature_is_accepted_in_any_form(
    client, with_two_ids, stranger, spender, form
):
    request = client.prepare(SetController(controller=stranger.address), with_two_ids.address)
    client.submit(request.accept(stranger).sign(with_two_ids), spender=spender)
    wanted = SetPartyWebsite(country_code="DE", party_id="ABC", website=WEBSITE)
    signed = client.sign(wanted, stranger, account=with_two_ids.address)
    r, s, parity = signed.signature[:32], signed.signature[32:64], signed.signature[64] - 27
    number = int.from_bytes(s, "big")
    spelled = {
        "v from 0": r + s + bytes([parity]),
        "v with the chain": r + s + (35 + 2 * 31337 + parity).to_bytes(2, "big"),
        "compact": r + (number | parity << 255).to_bytes(32, "big"),
        "high s": r + (ORDER - number).to_bytes(32, "big") + bytes([28 - parity]),
    }[form]
    document = {**signed.document(), "signature": "0x" + spelled.hex()}
    read = client.read_signed_request(json.dumps(document))
    client.verify(read)
    quote = client.quote(read, payer=spender.address)
    client.submit(read, spender=spender, quote=quote)
    assert client.party("DE", "ABC").website == WEBSITE
