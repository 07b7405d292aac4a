"""Invalid values can't be constructed; text is parsed once."""

import pytest

from ocn_registry import Address, InvalidInput, PartyId, Permission, Role
from ocn_registry.models import ZERO_ADDRESS, named, permissions_of

CHECKSUMMED = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"  # of EIP-55


@pytest.mark.parametrize(
    "text",
    [
        CHECKSUMMED,
        CHECKSUMMED.lower(),
        "0x" + CHECKSUMMED[2:].upper(),
        "0X" + CHECKSUMMED[2:].lower(),
    ],
)
def test_address_is_kept_with_its_checksum(text):
    assert Address(text) == CHECKSUMMED
    assert Address(Address(text)) is Address(text)
    assert Address.from_bytes(Address(text).to_bytes()) == CHECKSUMMED


def test_wrong_checksum_is_refused():
    with pytest.raises(InvalidInput, match="checksum"):
        Address(CHECKSUMMED.replace("aA", "Aa"))


@pytest.mark.parametrize(
    "text",
    ["", "0x", CHECKSUMMED[:-1], CHECKSUMMED + "0", CHECKSUMMED + "\n", "0x" + "g" * 40, None, 5],
)
def test_what_is_not_an_address_is_refused_in_one_line(text):
    with pytest.raises(InvalidInput) as error:
        Address(text)
    assert "\n" not in str(error.value)


def test_zero_address_is_named_in_the_error():
    assert ZERO_ADDRESS.is_zero
    assert not Address(CHECKSUMMED).is_zero


def test_an_id_of_another_length_is_refused_with_what_it_should_be():
    with pytest.raises(InvalidInput, match="'ACME' is not a valid party id: use 3 characters"):
        PartyId("US", "ACME")
    with pytest.raises(InvalidInput, match="'USA' is not a valid country code: use 2 characters"):
        PartyId("USA", "ACM")


@pytest.mark.parametrize("written", [str, str.lower, str.title, " {} ".format])
@pytest.mark.parametrize(
    "text",
    [
        "DE ABC",
        "DE-ABC",
        "DE*ABC",
        "DE_ABC",
        "DEABC",
        "DE\tABC",
        "DE  ABC",
        "DE\u00a0ABC",
        "DE - ABC",
    ],
)
def test_id_is_read_in_one_piece(text, written):
    text = written(text)
    assert PartyId.parse(text) == PartyId("DE", "ABC")
    assert str(PartyId.parse(text)) == "DE ABC"
    assert PartyId.of(text) == PartyId.of(("DE", "ABC")) == PartyId.of(PartyId("DE", "ABC"))


@pytest.mark.parametrize(
    "text",
    ["\uff24\uff25 ABC", "DE \uff21BC", "d\u0131 abc", "DE ab\u0131", "\u017fe abc", "DE \u212aBC"],
)
def test_letters_that_only_look_like_those_of_an_id_are_refused(text):
    """Full-width letters, the Turkish i, the long s, the Kelvin sign: none becomes A-Z."""
    with pytest.raises(InvalidInput, match="is not a valid"):
        PartyId.parse(text)


def test_ids_are_folded_without_changing_other_letters():
    assert PartyId("de", "a1b").folded == PartyId("DE", "A1B")
    assert PartyId("dé", "aß_").folded == PartyId("Dé", "Aß_")
    assert PartyId("DE", "ABC").spellings == (PartyId("DE", "ABC"),)
    assert PartyId("De", "Abc").spellings == (PartyId("De", "Abc"), PartyId("DE", "ABC"))


@pytest.mark.parametrize(
    ("country", "party"), [("D", "ABC"), ("DEU", "ABC"), ("DE", "AB"), ("DE", "AB€"), (1, "ABC")]
)
def test_id_that_does_not_fit_the_contract_is_refused(country, party):
    with pytest.raises(InvalidInput):
        PartyId(country, party)


@pytest.mark.parametrize("party", ["123", "007", "1E2"])
def test_ids_may_look_like_numbers(party):
    assert PartyId("DE", party).party_id == party


def test_unusual_id_of_another_generation_is_shown_escaped():
    assert str(PartyId("\x1b[", "\x00\x00\x07")).isprintable()


def test_unknown_permission_stays_a_number():
    assert permissions_of((0, 17, 1 << 200)) == (Permission.FORWARD_ALL, 17, 1 << 200)
    assert isinstance(permissions_of((3,))[0], Permission)


def test_roles_are_in_the_contracts_order():
    names = ["CPO", "EMSP", "HUB", "NAP", "NSP", "OTHER", "SCSP"]
    assert [role.name for role in named(Role)] == names
    assert [role.value for role in Role] == list(range(8))


@pytest.mark.parametrize(
    "text",
    [
        "DE*AB",
        "D*EABC",
        "DE A B",
        "DE**ABC",
        "DE.ABC",
        "DE\u200bABC",
        None,
        5,
        b"DEABC",
        "DE*ABC*E1234",
        "DE/ABC",
        "DE",
        "",
        "DE*ABCD",
        "-----",
    ],
)
def test_what_is_not_written_as_an_id_is_not_an_id(text):
    with pytest.raises(InvalidInput, match="write it as DE ABC"):
        PartyId.parse(text)
