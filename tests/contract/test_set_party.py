"""setParty and setPartyRaw: further ids, one account per id, numbered memberships."""

import pytest
from kit.contract import ZERO_ADDRESS, event, id_of, reverts

NONE = ()


def party_update(party_id, party, roles, sender, receiver, operator):
    return event("PartyUpdate", *party_id, party, roles, sender, receiver, operator)


def test_party_is_listed_and_announced(write, registry, listed_node, operator, cpo):
    url = listed_node(operator)

    receipt = write("SetParty", cpo, "DE", "CPO", [0], operator)

    assert receipt.events == (party_update((b"DE", b"CPO"), cpo, [0], [], [], operator),)
    party = (cpo.address, b"DE", b"CPO", (0,), (), (), operator.address, url, 1, True, "")
    assert registry.parties(0, 10) == (party,)
    assert registry.getParties() == (cpo.address,)
    assert registry.partyCount() == 1
    by_address = (b"DE", b"CPO", (), (), (0,), operator.address, url)
    assert registry.getPartyDetailsByAddress(cpo) == by_address
    by_id = (cpo.address, (0,), (), (), operator.address, url)
    assert registry.getPartyDetailsByOcpi(b"DE", b"CPO") == by_id
    assert registry.getOperatorByAddress(cpo) == (operator.address, url)
    assert registry.getOperatorByOcpi(b"DE", b"CPO") == (operator.address, url)
    assert registry.membershipOf(cpo) == 1
    assert id_of(registry, cpo) == (b"DE", b"CPO")
    assert registry.partyOf(b"DE", b"CPO") == cpo.address


def test_operator_must_run_a_node(write, registry, operator, cpo):
    with reverts("NodeNotFound", operator):
        write("SetParty", cpo, "DE", "CPO", [0], operator)

    assert registry.partyCount() == 0


def test_zero_address_is_not_an_operator(write, listed_node, operator, cpo):
    listed_node(operator)

    with reverts("NodeNotFound", ZERO_ADDRESS):
        write("SetParty", cpo, "DE", "CPO", [0], ZERO_ADDRESS)


def test_operator_need_not_agree(write, registry, listed_node, operator, cpo, emsp):
    listed_node(operator)
    write("SetParty", cpo, "DE", "CPO", [0], operator)
    write("SetParty", emsp, "DE", "EMS", [1], operator)

    assert registry.getOperatorByAddress(cpo) == registry.getOperatorByAddress(emsp)


def test_operator_may_be_a_party_itself(write, registry, listed_node, operator):
    listed_node(operator)

    write("SetParty", operator, "DE", "OPR", [2], operator)

    assert registry.getPartyDetailsByAddress(operator).operatorAddress == operator.address


def test_id_of_another_party_is_refused(write, registry, listed_party, operator, cpo, stranger):
    party_id = listed_party(cpo)

    with reverts("PartyIdTaken", *party_id, cpo):
        write("SetParty", stranger, "DE", "CPO", [0], operator)

    assert registry.partyOf(*party_id) == cpo.address
    assert registry.partyCount() == 1


def test_id_of_another_party_is_not_a_further_id(
    write, registry, listed_party, operator, cpo, emsp
):
    party_id, other_id = listed_party(cpo), listed_party(emsp)

    with reverts("PartyIdTaken", *party_id, cpo):
        write("SetParty", emsp, "DE", "CPO", [1], operator)

    assert id_of(registry, emsp) == other_id


def test_same_country_with_another_party_id_is_another_id(
    write, registry, listed_party, operator, cpo, stranger
):
    listed_party(cpo)

    write("SetParty", stranger, "DE", "CPP", [0], operator)
    assert registry.partyCount() == 2


def test_same_party_id_in_another_country_is_another_id(
    write, registry, listed_party, operator, cpo, stranger
):
    listed_party(cpo)

    write("SetParty", stranger, "DK", "CPO", [0], operator)
    assert registry.partyCount() == 2


def test_numeric_ids_are_text(write, registry, listed_node, operator, cpo):
    listed_node(operator)

    write("SetParty", cpo, "DE", "007", [0], operator)

    assert registry.partyOf(b"DE", b"007") == cpo.address


class TestUpdate:
    """Setting the same id again."""

    def test_roles_are_replaced(self, write, registry, listed_party, operator, cpo):
        party_id = listed_party(cpo, roles=[0, 1])

        receipt = write("SetParty", cpo, "DE", "CPO", [3], operator)

        assert receipt.events == (party_update(party_id, cpo, [3], [], [], operator),)
        assert registry.getPartyDetailsByAddress(cpo).roles == (3,)

    def test_modules_are_kept_and_announced(
        self, write, registry, listed_party, listed_node, other_operator, cpo
    ):
        party_id = listed_party(cpo, modules=([0, 2], [6]))
        url = listed_node(other_operator)

        receipt = write("SetParty", cpo, "DE", "CPO", [0, 3], other_operator)

        updated = party_update(party_id, cpo, [0, 3], [0, 2], [6], other_operator)
        assert receipt.events == (updated,)
        details = (*party_id, (0, 2), (6,), (0, 3), other_operator.address, url)
        assert registry.getPartyDetailsByAddress(cpo) == details

    def test_membership_and_place_are_kept(
        self, write, registry, listed_party, operator, cpo, emsp
    ):
        listed_party(cpo)
        listed_party(emsp)

        write("SetParty", cpo, "DE", "CPO", [6], operator)

        assert registry.membershipOf(cpo) == 1
        assert registry.getParties() == (cpo.address, emsp.address)

    def test_nonce_is_kept(self, registry, listed_party, signed_request, spender, operator, cpo):
        listed_party(cpo)
        signed_request("SetPartyModules", cpo, [0], [1]).send(spender)

        registry.setParty(b"DE", b"CPO", [1], operator, sender=cpo)

        assert registry.nonces(cpo) == 1

    def test_new_operator_must_run_a_node(self, write, listed_party, other_operator, cpo):
        listed_party(cpo)

        with reverts("NodeNotFound", other_operator):
            write("SetParty", cpo, "DE", "CPO", [0], other_operator)

    def test_present_operator_may_have_left(self, write, registry, listed_party, operator, cpo):
        listed_party(cpo)
        registry.deleteNode(sender=operator)

        write("SetParty", cpo, "DE", "CPO", [1], operator)

        assert registry.getPartyDetailsByAddress(cpo).roles == (1,)

    def test_operator_without_a_node_can_not_be_chosen_again(
        self, write, registry, listed_party, listed_node, operator, other_operator, cpo
    ):
        listed_party(cpo)
        listed_node(other_operator)
        registry.deleteNode(sender=operator)
        registry.setParty(b"DE", b"CPO", [0], other_operator, sender=cpo)

        with reverts("NodeNotFound", operator):
            write("SetParty", cpo, "DE", "CPO", [0], operator)

    def test_deleted_party_has_no_present_operator(
        self, write, registry, listed_party, operator, cpo
    ):
        listed_party(cpo)
        registry.deleteNode(sender=operator)
        registry.deleteParty(sender=cpo)

        with reverts("NodeNotFound", operator):
            write("SetParty", cpo, "DE", "CPO", [0], operator)

    def test_party_whose_operator_left_becomes_reachable_at_another(
        self, write, registry, listed_party, listed_node, operator, other_operator, cpo
    ):
        listed_party(cpo)
        registry.deleteNode(sender=operator)
        url = listed_node(other_operator)

        write("SetParty", cpo, "DE", "CPO", [0], other_operator)

        assert registry.getOperatorByAddress(cpo) == (other_operator.address, url)


class TestFurtherId:
    """Setting another id adds it and frees no other."""

    def test_it_is_added_and_becomes_the_current_one(
        self, write, registry, listed_party, operator, cpo
    ):
        party_id = listed_party(cpo, modules=([1], [2]))

        receipt = write("SetParty", cpo, "FR", "NEW", [1], operator)

        assert receipt.events == (party_update((b"FR", b"NEW"), cpo, [1], [], [], operator),)
        assert registry.partyOf(*party_id) == registry.partyOf(b"FR", b"NEW") == cpo.address
        assert id_of(registry, cpo) == (b"FR", b"NEW")
        new, old = registry.partiesOf(cpo)
        assert (new.current, old.current) == (True, False)
        assert (old.countryCode, old.partyId) == party_id
        assert (old.modulesSender, old.modulesReceiver) == ((1,), (2,))

    def test_membership_stays(self, write, registry, listed_party, operator, cpo, emsp):
        listed_party(cpo)
        listed_party(emsp)

        write("SetParty", cpo, "DE", "NEW", [0], operator)

        assert registry.membershipOf(cpo) == 1
        assert [party.membership for party in registry.parties(0, 10)] == [1, 2, 1]

    def test_account_is_listed_at_the_place_of_its_current_id(
        self, write, registry, listed_party, operator, cpo, emsp
    ):
        listed_party(cpo)
        listed_party(emsp)

        write("SetParty", cpo, "DE", "NEW", [0], operator)
        assert registry.getParties() == (emsp.address, cpo.address)

        write("SetParty", cpo, "DE", "CPO", [0], operator)
        assert registry.getParties() == (cpo.address, emsp.address)

    def test_operator_without_a_node_can_not_be_chosen_for_it(
        self, write, registry, listed_party, operator, cpo
    ):
        listed_party(cpo)
        registry.deleteNode(sender=operator)

        with reverts("NodeNotFound", operator):
            write("SetParty", cpo, "DE", "NEW", [0], operator)

    def test_nonce_is_kept(self, registry, listed_party, signed_request, spender, operator, cpo):
        listed_party(cpo)

        signed_request("SetParty", cpo, "DE", "NEW", [0], operator).send(spender)

        assert registry.nonces(cpo) == 1

    def test_an_account_holds_64(self, registry, listed_party, operator, cpo):
        for number in range(64):
            listed_party(cpo, (b"DE", f"{number:03d}".encode()))

        with reverts("TooManyIds", cpo, 64):
            registry.setParty("DE", "064", [0], operator, sender=cpo)
        registry.setParty("DE", "000", [1], operator, sender=cpo)
        assert len(registry.partiesOf(cpo)) == 64


class TestId:
    """Two letters A-Z, three characters A-Z or 0-9."""

    @pytest.mark.parametrize("code", ["de", "De", "dE", "D1", "1E", "D ", "@A", "A[", "A\x00"])
    def test_country_code_is_two_capital_letters(self, write, listed_node, operator, cpo, code):
        listed_node(operator)

        with reverts("InvalidCountryCode", code.encode()):
            write("SetParty", cpo, code, "CPO", [0], operator)

    @pytest.mark.parametrize(
        "code", ["cPO", "CpO", "CPo", "C O", "C-O", "C*O", "AB\x00", "/AB", "AB:"]
    )
    def test_party_id_is_three_capital_letters_or_digits(
        self, write, listed_node, operator, cpo, code
    ):
        listed_node(operator)

        with reverts("InvalidPartyId", code.encode()):
            write("SetParty", cpo, "DE", code, [0], operator)

    def test_every_byte_of_a_country_code(self, registry, listed_node, operator, cpo):
        listed_node(operator)
        letters = set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ")

        for place in range(2):
            for byte in range(256):
                code = bytearray(b"DE")
                code[place] = byte
                call = registry.setParty.call
                if byte in letters:
                    call(bytes(code), b"CPO", [0], operator, sender=cpo)
                else:
                    with reverts("InvalidCountryCode", bytes(code)):
                        call(bytes(code), b"CPO", [0], operator, sender=cpo)

    def test_every_byte_of_a_party_id(self, registry, listed_node, operator, cpo):
        listed_node(operator)
        allowed = set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")

        for place in range(3):
            for byte in range(256):
                code = bytearray(b"CPO")
                code[place] = byte
                call = registry.setParty.call
                if byte in allowed:
                    call(b"DE", bytes(code), [0], operator, sender=cpo)
                else:
                    with reverts("InvalidPartyId", bytes(code)):
                        call(b"DE", bytes(code), [0], operator, sender=cpo)

    def test_bytes_past_the_country_code_are_refused(self, registry, listed_node, operator, cpo):
        listed_node(operator)
        data = bytearray(registry.setParty.calldata(b"DE", b"CPO", [0], operator))
        data[4 + 2] = 1  # the third byte of a bytes2

        with reverts(""):
            registry.send(bytes(data), sender=cpo)


class TestRoles:
    """A set of values below 8, with at least one."""

    def test_there_is_at_least_one(self, write, listed_node, operator, cpo):
        listed_node(operator)

        with reverts("NoRoles"):
            write("SetParty", cpo, "DE", "CPO", [], operator)

    @pytest.mark.parametrize("value", [8, 9, 63, 255])
    def test_each_is_below_eight(self, write, listed_node, operator, cpo, value):
        listed_node(operator)

        with reverts("ValueOutOfRange", value, 8):
            write("SetParty", cpo, "DE", "CPO", [0, value, 1], operator)

    def test_value_that_is_not_a_uint8_is_named_whole(self, registry, listed_node, operator, cpo):
        listed_node(operator)
        data = bytearray(registry.setParty.calldata(b"DE", b"CPO", [0], operator))
        data[-32:] = (256).to_bytes(32, "big")  # the only role; its low byte would be valid

        with reverts("ValueOutOfRange", 256, 8):
            registry.send(bytes(data), sender=cpo)

    @pytest.mark.parametrize(
        ("given", "stored"),
        [
            ([0, 1, 2, 3, 4, 5, 6], (0, 1, 2, 3, 4, 5, 6)),
            ([6, 5, 4, 3, 2, 1, 0], (0, 1, 2, 3, 4, 5, 6)),
            ([3, 3, 3], (3,)),
            ([6, 0, 6, 0], (0, 6)),
            ([5], (5,)),
        ],
        ids=str,
    )
    def test_they_are_reported_in_ascending_order_each_once(
        self, write, registry, listed_node, operator, cpo, given, stored
    ):
        listed_node(operator)

        receipt = write("SetParty", cpo, "DE", "CPO", given, operator)

        assert receipt.events[0][1][3] == stored
        assert registry.getPartyDetailsByAddress(cpo).roles == stored
        assert registry.getPartyDetailsByOcpi(b"DE", b"CPO").roles == stored
        assert registry.parties(0, 1)[0].roles == stored


def test_text_is_signed_not_bytes(signed_request, listed_node, registry, operator, cpo, spender):
    """A wallet shows `DE`: the digest is of that text, not of the text 0x4445."""
    listed_node(operator)
    good = signed_request("SetParty", cpo, "DE", "CPO", [0], operator)
    as_hex = good.but(countryCode="0x4445").signed_by(cpo).signature

    with reverts("InvalidSignature", cpo):
        good.with_signature(as_hex).send(spender)
    good.send(spender)
