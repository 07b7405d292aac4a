"""deleteParty, deletePartyRaw and adminDeleteParty free the id and end the membership."""

import pytest
from kit.contract import ZERO_ADDRESS, event, id_of, reverts


@pytest.fixture(params=["direct", "raw", "by the owner"])
def delete_party(request, signed_request, registry, spender, owner):
    """Delete a party in each of the three ways."""

    def delete_party(party):
        if request.param == "raw":
            return signed_request("DeleteParty", party).send(spender)
        if request.param == "direct":
            return registry.deleteParty(sender=party)
        return registry.adminDeleteParty(*id_of(registry, party), sender=owner)

    return delete_party


def test_deleted_party_leaves_every_view_and_emits_an_event(
    delete_party, registry, listed_party, cpo
):
    party_id = listed_party(cpo, modules=([0], [1]))

    receipt = delete_party(cpo)

    left = event("PartyUpdate", *party_id, cpo, [], [], [], ZERO_ADDRESS)
    assert receipt.events == (left,)
    none = (b"\0\0", b"\0\0\0", (), (), (), ZERO_ADDRESS, "")
    assert registry.getPartyDetailsByAddress(cpo) == none
    none = (ZERO_ADDRESS, (), (), (), ZERO_ADDRESS, "")
    assert registry.getPartyDetailsByOcpi(*party_id) == none
    assert registry.getOperatorByAddress(cpo) == (ZERO_ADDRESS, "")
    assert registry.getOperatorByOcpi(*party_id) == (ZERO_ADDRESS, "")
    assert registry.getParties() == ()
    assert registry.partyCount() == 0
    assert registry.parties(0, 10) == ()
    assert registry.membershipOf(cpo) == 0
    assert id_of(registry, cpo) == (b"\0\0", b"\0\0\0")
    assert registry.partyOf(*party_id) == ZERO_ADDRESS


@pytest.mark.parametrize("door", ["direct", "raw"])
def test_unlisted_account_can_not_leave(registry, signed_request, spender, cpo, door):
    if door == "raw":
        with reverts("PartyIdNotFound", b"DE", b"CPO"):
            signed_request("DeleteParty", cpo, "DE", "CPO").send(spender)
    else:
        with reverts("PartyNotFound", cpo):
            registry.deleteParty(sender=cpo)


@pytest.mark.parametrize("door", ["direct", "raw"])
def test_party_is_deleted_once(registry, signed_request, listed_party, spender, cpo, door):
    party_id = listed_party(cpo)
    registry.deleteParty(sender=cpo)

    if door == "raw":
        with reverts("PartyIdNotFound", *party_id):
            signed_request("DeleteParty", cpo, *party_id).send(spender)
    else:
        with reverts("PartyNotFound", cpo):
            registry.deleteParty(sender=cpo)


def test_one_of_several_ids_is_deleted_by_name(
    registry, signed_request, listed_party, spender, cpo, emsp
):
    party_id, other_id = listed_party(cpo), listed_party(cpo, (b"FR", b"CPO"))
    third_id = listed_party(cpo, (b"NL", b"CPO"))

    with reverts("SeveralIds", cpo, 3):
        registry.deleteParty(sender=cpo)
    with reverts("PartyIdTaken", *party_id, cpo):
        registry.deletePartyOf(*party_id, sender=emsp)
    registry.deletePartyOf(*party_id, sender=cpo)
    receipt = signed_request("DeleteParty", cpo, *third_id).send(spender)

    left = event("PartyUpdate", *third_id, cpo, [], [], [], ZERO_ADDRESS)
    assert receipt.events[0] == left
    assert receipt.events[1][1][:3] == (*other_id, cpo.address)  # the new current id
    assert registry.membershipOf(cpo) == 1
    assert [party.current for party in registry.partiesOf(cpo)] == [True]


def test_owner_can_not_delete_an_unheld_id(registry, listed_party, owner, cpo):
    listed_party(cpo)

    with reverts("PartyIdNotFound", b"DE", b"XYZ"):
        registry.adminDeleteParty(b"DE", b"XYZ", sender=owner)


@pytest.mark.parametrize("caller", ["operator", "cpo", "stranger"])
def test_only_the_owner_deletes_for_another(registry, listed_party, roles, cpo, caller):
    party_id = listed_party(cpo)

    with reverts("OwnableUnauthorizedAccount", roles[caller]):
        registry.adminDeleteParty(*party_id, sender=roles[caller])

    assert registry.partyOf(*party_id) == cpo.address


def test_id_is_free_afterwards(delete_party, registry, listed_party, cpo, stranger):
    party_id = listed_party(cpo)

    delete_party(cpo)
    listed_party(stranger, party_id)

    assert registry.partyOf(*party_id) == stranger.address


def test_party_that_comes_back_starts_afresh(delete_party, registry, listed_party, cpo):
    party_id = listed_party(cpo, roles=[0, 1], modules=([0], [1]))

    delete_party(cpo)
    listed_party(cpo, roles=[2])

    details = registry.getPartyDetailsByAddress(cpo)
    assert (details.countryCode, details.partyId) == party_id
    assert (details.roles, details.modulesSender, details.modulesReceiver) == ((2,), (), ())
    assert registry.membershipOf(cpo) == 2


@pytest.mark.parametrize("leaving", range(14))
def test_last_of_the_list_moves_into_the_gap(registry, rpc, listed_node, operator, leaving):
    """Six ids share a slot: tries every place of two slots and two places of a third."""
    listed_node(operator)
    people = [f"0x{n:040x}" for n in range(0xAAAA, 0xAAAA + 14)]
    rpc.request("anvil_autoImpersonateAccount", True)
    for number, person in enumerate(people):
        rpc.request("anvil_setBalance", person, hex(10**20))
        registry.setParty(b"DE", f"P{number:02}".encode(), [0], operator, sender=person)

    left = [*people]
    while left:  # the party that moved there is found there and leaves next
        place = min(leaving, len(left) - 1)
        registry.deleteParty(sender=left[place])
        left[place] = left[-1]
        left.pop()
        assert [p.lower() for p in registry.getParties()] == left
        assert [p.party.lower() for p in registry.parties(0, 20)] == left


def test_nonce_outlives_the_membership(registry, listed_party, signed_request, spender, cpo):
    listed_party(cpo)
    signed_request("DeleteParty", cpo).send(spender)

    assert registry.nonces(cpo) == 1
    listed_party(cpo)
    assert registry.nonces(cpo) == 1
    registry.deleteParty(sender=cpo)
    assert registry.nonces(cpo) == 1


def test_node_of_a_party_that_leaves_stays(delete_party, registry, listed_party, operator):
    listed_party(operator, (b"DE", b"OPR"))

    delete_party(operator)

    assert registry.getNodeOperators() == (operator.address,)


class TestAbsent:
    """Unlisted entries read as zero and empty, for every id and address."""

    @pytest.mark.parametrize("address", [ZERO_ADDRESS, "0x" + "11" * 20])
    def test_address(self, registry, listed_party, cpo, address):
        listed_party(cpo)

        none = (b"\0\0", b"\0\0\0", (), (), (), ZERO_ADDRESS, "")
        assert registry.getPartyDetailsByAddress(address) == none
        assert registry.getOperatorByAddress(address) == (ZERO_ADDRESS, "")
        assert registry.getNode(address) == ""
        assert registry.membershipOf(address) == 0
        assert registry.keyOf(address) == (0, address)
        assert registry.partiesOf(address) == ()
        assert id_of(registry, address) == (b"\0\0", b"\0\0\0")

    @pytest.mark.parametrize("party_id", [(b"\0\0", b"\0\0\0"), (b"de", b"cpo"), (b"XX", b"XXX")])
    def test_id(self, registry, listed_party, cpo, party_id):
        listed_party(cpo)

        none = (ZERO_ADDRESS, (), (), (), ZERO_ADDRESS, "")
        assert registry.getPartyDetailsByOcpi(*party_id) == none
        assert registry.getOperatorByOcpi(*party_id) == (ZERO_ADDRESS, "")
        assert registry.partyOf(*party_id) == ZERO_ADDRESS


def test_keys_of_two_accounts_are_returned_together(registry, listed_party, cpo, emsp, stranger):
    listed_party(cpo)
    listed_party(emsp)

    keys = [registry.keyOf(party)[0] for party in (cpo, emsp)]
    assert [key % 2**64 for key in keys] == [1, 2]
    assert registry.keysOf(cpo, emsp) == (*keys, cpo.address)
    assert registry.keysOf(stranger, emsp) == (0, keys[1], stranger.address)
    assert registry.accountsOf([*keys, 7]) == (cpo.address, emsp.address, ZERO_ADDRESS)
