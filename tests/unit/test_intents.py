"""Intents have the right shape, and the third generation's rules refuse the rest before sending."""

import pytest

from ocn_registry import (
    AdminDeleteOperator,
    AdminDeleteParty,
    Contract,
    CreateAgreement,
    ImportNodes,
    ImportParties,
    InvalidateNonce,
    InvalidInput,
    Module,
    Node,
    Permission,
    Role,
    SetNode,
    SetParty,
    SetPartyModules,
    SetService,
)
from ocn_registry.dialects.v3.rules import check
from ocn_registry.models import ZERO_ADDRESS, Address

OPERATOR = "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed"


def party(**changes):
    good = {"country_code": "DE", "party_id": "ABC", "roles": [Role.CPO], "operator": OPERATOR}
    return SetParty(**{**good, **changes})


def test_lists_become_tuples_and_addresses_get_their_checksum():
    intent = party()
    assert intent.roles == (Role.CPO,)
    assert intent.operator == "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
    assert hash(intent) == hash(party())


def test_order_and_repetition_stay_as_given():
    assert party(roles=[6, 0, 6]).roles == (Role.SCSP, Role.CPO, Role.SCSP)


@pytest.mark.parametrize(
    "make",
    [
        lambda: party(roles=[8]),
        lambda: party(roles=["CPO"]),
        lambda: party(roles="CPO"),
        lambda: party(roles=[True]),
        lambda: party(roles=5),
        lambda: party(operator="0x12"),
        lambda: party(party_id="ABCD"),
        lambda: SetPartyModules(sender=[Role.CPO, 16]),
        lambda: SetService(permissions=["FORWARD_ALL"]),
        lambda: SetService(permissions=[-1]),
        lambda: SetNode(domain=5),
        lambda: SetNode(domain="\ud800"),
        lambda: InvalidateNonce(contract=Contract.REGISTRY, new_nonce=-1),
        lambda: InvalidateNonce(contract=Contract.REGISTRY, new_nonce="1"),
        lambda: ImportNodes(nodes=["https://x.example"]),
    ],
)
def test_wrong_shape_is_refused_in_one_line(make):
    with pytest.raises(InvalidInput) as error:
        make()
    assert "\n" not in str(error.value)
    assert isinstance(error.value, ValueError)


@pytest.mark.parametrize(
    "intent",
    [
        party(country_code="de"),
        party(country_code="D1"),
        party(party_id="AB-"),
        party(party_id="ÄBC"),
        party(roles=[]),
        party(operator=ZERO_ADDRESS),
        SetService(permissions=[]),
        SetService(permissions=[64]),
        SetService(permissions=[1], name="x" * 101),
        SetService(permissions=[1], name="a\x00b"),
        SetService(permissions=[1], name="a\x85b"),
        SetService(permissions=[1], url="example.com"),
        CreateAgreement(provider=ZERO_ADDRESS),
        CreateAgreement(provider=OPERATOR, permissions=[]),
        AdminDeleteOperator(operator=ZERO_ADDRESS),
        AdminDeleteParty(country_code="de", party_id="ABC"),
        ImportNodes(nodes=[Node(operator=Address(OPERATOR), domain="https://x.example")] * 101),
        ImportNodes(nodes=[Node(operator=Address(OPERATOR), domain="")]),
    ],
    ids=repr,
)
def test_what_the_contract_never_takes_is_refused(intent):
    with pytest.raises(InvalidInput) as error:
        check(intent)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "intent",
    [
        party(),
        party(party_id="007"),
        SetService(permissions=[Permission.FORWARD_ALL], name="12345"),
        SetService(permissions=[63], name="Ä" * 50, url=""),
        SetPartyModules(sender=[Module.CDRS], receiver=[]),
        CreateAgreement(provider=OPERATOR),
        ImportParties(parties=[]),
    ],
    ids=repr,
)
def test_what_the_contract_takes_passes(intent):
    check(intent)


@pytest.mark.parametrize(
    "url",
    [
        "http://a",
        "https://node.example.com:8080/ocn",
        "https://[::1]:3000",
        "http://1.2.3.4",
        "https://xn--nd-fka.example/a_b~c%20",
        "https://a/" + "a" * 245,
    ],
)
def test_urls_that_the_contract_takes(url):
    check(SetNode(domain=url))


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://",
        "http://a/",
        "http://a.",
        "http://A",
        "HTTP://a",
        "ftp://a",
        "http:///a",
        "http://-a",
        "http://a b",
        "http://a?b",
        "http://a#b",
        "http://ä",
        "http://a\n",
        "https://a/" + "a" * 246,
        "https://" + "a" * 64,
    ],
)
def test_urls_that_the_contract_does_not_take(url):
    with pytest.raises(InvalidInput):
        check(SetNode(domain=url))
