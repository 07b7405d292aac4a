"""Intents have the right shape, and v3's rules refuse what the contracts would."""

import ast
from pathlib import Path
from typing import get_args

import pytest

import ocn_registry
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
from ocn_registry.dialects.v1 import requests as v1_requests
from ocn_registry.dialects.v1 import rules as v1_rules
from ocn_registry.dialects.v3 import requests as v3_requests
from ocn_registry.dialects.v3.owner_writes import OWNER_WRITES
from ocn_registry.dialects.v3.rules import check
from ocn_registry.flows import gas
from ocn_registry.intents import kinds
from ocn_registry.models import ZERO_ADDRESS, Address
from ocn_registry.plans import words

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
    ids=lambda intent: type(intent).__name__,
)
def test_intent_that_the_contract_never_accepts_is_refused(intent):
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
    ids=lambda intent: type(intent).__name__,
)
def test_intent_that_the_contract_accepts_is_accepted(intent):
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
def test_urls_that_the_contract_accepts_are_accepted(url):
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
def test_urls_that_the_contract_refuses_are_refused(url):
    with pytest.raises(InvalidInput):
        check(SetNode(domain=url))


# For a new intent, this names the tables that lack it (CONTRIBUTING.md has the whole list).

SIGNABLE = set(get_args(kinds.SignableIntent))
ALL = {*SIGNABLE, *get_args(kinds.OwnerIntent), kinds.PruneService}
ACCEPTED_ONLY = {kinds.AcceptAccount, kinds.AcceptController}  # parts of another request


def cases_in(module):
    tree = ast.parse(Path(module.__file__).read_text())
    matched = [node.cls for node in ast.walk(tree) if isinstance(node, ast.MatchClass)]
    return {ast.unparse(kind).removeprefix("intents.") for kind in matched}


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        pytest.param(v3_requests.REQUESTS, SIGNABLE, id="dialects/v3/requests.py"),
        pytest.param(OWNER_WRITES, ALL - SIGNABLE, id="dialects/v3/owner_writes.py"),
        pytest.param(v1_requests.REQUESTS | v1_rules.UNKNOWN, SIGNABLE, id="dialects/v1"),
        pytest.param(gas.GAS, SIGNABLE - ACCEPTED_ONLY, id="flows/gas.py"),
        pytest.param(cases_in(words), SIGNABLE, id="plans/words.py"),
        pytest.param(dir(ocn_registry), ALL, id="__init__.py"),
    ],
)
def test_every_kind_of_intent_is_in_each_table(known, expected):
    names = {each if isinstance(each, str) else each.__name__ for each in known}
    assert {kind.__name__ for kind in expected} - names == set()
