"""setPartyModules and setPartyModulesRaw: the modules that a party implements."""

import pytest
from kit.contract import event, id_of, reverts


def test_modules_are_stored_and_announced(write, registry, listed_party, operator, cpo):
    party_id = listed_party(cpo)

    receipt = write("SetPartyModules", cpo, [0, 3, 4], [1, 2, 6])

    update = event("PartyUpdate", *party_id, cpo, [0], [0, 3, 4], [1, 2, 6], operator)
    assert receipt.events == (update,)
    details = registry.getPartyDetailsByAddress(cpo)
    assert (details.modulesSender, details.modulesReceiver) == ((0, 3, 4), (1, 2, 6))
    details = registry.getPartyDetailsByOcpi(*party_id)
    assert (details.modulesSender, details.modulesReceiver) == ((0, 3, 4), (1, 2, 6))
    party = registry.parties(0, 1)[0]
    assert (party.modulesSender, party.modulesReceiver) == ((0, 3, 4), (1, 2, 6))


def test_only_a_party_has_modules(registry, signed_request, spender, cpo):
    with reverts("PartyNotFound", cpo):
        registry.setPartyModules([0], [1], sender=cpo)
    with reverts("PartyIdNotFound", b"DE", b"CPO"):
        registry.setPartyModulesOf("DE", "CPO", [0], [1], sender=cpo)
    with reverts("PartyIdNotFound", b"DE", b"CPO"):
        signed_request("SetPartyModules", cpo, "DE", "CPO", [0], [1]).send(spender)


def test_party_that_left_has_no_modules(registry, listed_party, signed_request, spender, cpo):
    party_id = listed_party(cpo)
    registry.deleteParty(sender=cpo)

    with reverts("PartyNotFound", cpo):
        registry.setPartyModules([0], [1], sender=cpo)
    with reverts("PartyIdNotFound", *party_id):
        signed_request("SetPartyModules", cpo, *party_id, [0], [1]).send(spender)


def test_modules_belong_to_one_id(registry, listed_party, signed_request, spender, cpo):
    party_id = listed_party(cpo, modules=([0], [1]))
    listed_party(cpo, (b"FR", b"CPO"))

    registry.setPartyModulesOf("DE", "CPO", [2], [3], sender=cpo)
    signed_request("SetPartyModules", cpo, "FR", "CPO", [4], [5]).send(spender)

    assert registry.party(*party_id).modulesSender == (2,)
    assert registry.party(b"FR", b"CPO").modulesReceiver == (5,)
    assert id_of(registry, cpo) == (b"FR", b"CPO")  # the id that was set last


def test_modules_of_another_are_refused(registry, listed_party, cpo, emsp):
    party_id = listed_party(cpo)
    listed_party(emsp)

    with reverts("PartyIdTaken", *party_id, cpo):
        registry.setPartyModulesOf(*party_id, [2], [3], sender=emsp)


def test_version_1_views_show_only_its_modules(registry, listed_party, cpo):
    party_id = listed_party(cpo, modules=([6, 7], [0, 15]))

    details = registry.getPartyDetailsByAddress(cpo)
    assert (details.modulesSender, details.modulesReceiver) == ((6,), (0,))
    party = registry.party(*party_id)
    assert (party.modulesSender, party.modulesReceiver) == ((6, 7), (0, 15))


def test_modules_are_replaced(write, registry, listed_party, cpo):
    listed_party(cpo, modules=([0, 1], [2, 3]))

    write("SetPartyModules", cpo, [4], [5])

    details = registry.getPartyDetailsByAddress(cpo)
    assert (details.modulesSender, details.modulesReceiver) == ((4,), (5,))


def test_empty_lists_remove_them(write, registry, listed_party, cpo):
    listed_party(cpo, modules=([0, 1], [2, 3]))

    write("SetPartyModules", cpo, [], [])

    details = registry.getPartyDetailsByAddress(cpo)
    assert (details.modulesSender, details.modulesReceiver) == ((), ())


def test_operator_need_not_run_a_node_any_more(write, registry, listed_party, operator, cpo):
    listed_party(cpo)
    registry.deleteNode(sender=operator)

    write("SetPartyModules", cpo, [0], [1])

    details = registry.getPartyDetailsByAddress(cpo)
    assert (details.modulesSender, details.modulesReceiver) == ((0,), (1,))
    assert details.operatorAddress == operator.address


def test_other_fields_stay(write, registry, listed_party, operator, cpo):
    party_id = listed_party(cpo, roles=[0, 6])

    write("SetPartyModules", cpo, [6], [0])

    details = registry.getPartyDetailsByAddress(cpo)
    assert (details.countryCode, details.partyId) == party_id
    assert details.roles == (0, 6)
    assert details.operatorAddress == operator.address
    assert registry.membershipOf(cpo) == 1


@pytest.mark.parametrize("value", [16, 17, 255])
@pytest.mark.parametrize("side", ["sender", "receiver"])
def test_each_module_is_below_sixteen(write, listed_party, cpo, side, value):
    listed_party(cpo)
    modules = {"sender": [0], "receiver": [0]} | {side: [6, value]}

    with reverts("ValueOutOfRange", value, 16):
        write("SetPartyModules", cpo, modules["sender"], modules["receiver"])


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ([6, 5, 4, 3, 2, 1, 0], (0, 1, 2, 3, 4, 5, 6)),
        ([2, 2], (2,)),
        ([4, 0, 4], (0, 4)),
    ],
    ids=str,
)
def test_sets_are_reported_in_ascending_order_each_once(
    write, registry, listed_party, cpo, given, stored
):
    listed_party(cpo)

    receipt = write("SetPartyModules", cpo, given, given)

    assert receipt.events[0][1][4:6] == (stored, stored)
    details = registry.getPartyDetailsByAddress(cpo)
    assert (details.modulesSender, details.modulesReceiver) == (stored, stored)
