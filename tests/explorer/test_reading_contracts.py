"""The page's decoding of the contracts' views and events, without a browser or a chain."""

import csv
import io
import itertools
import json
import random

import pytest
from eth_abi import encode
from pages_in_node import run_in_node

from ocn_registry.contract_errors import ContractError
from ocn_registry.deploy.artifacts import artifact
from ocn_registry.evm.keccak import keccak256
from ocn_registry.explorer.folder import write_folder
from ocn_registry.forwarding import permissions_for
from ocn_registry.models import Address, Interface, Module, named
from ocn_registry.networks import built_in
from ocn_registry.registry_api.pages import as_csv

NODE = "(address,string)"
PARTY = "(address,bytes2,bytes3,uint8[],uint8[],uint8[],address,string,uint256,bool,string)"
ACCOUNT = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"


def in_node(module, expression, value=None):
    return run_in_node(f"chain/{module}", expression, value)


@pytest.fixture(scope="module")
def abis():
    return {name.lower(): artifact("v3", name).abi for name in ("Registry", "Permissions")}


def test_hashes_are_keccak_256():
    texts = ["", "a", "x" * 135, "y" * 136, "z" * 137, "é" * 300]
    wanted = ["0x" + keccak256(text.encode()).hex() for text in texts]
    assert in_node("keccak.js", "given.map(page.hashOf)", texts) == wanted


def test_addresses_are_spelled_as_the_package_spells_them():
    rng = random.Random(1)  # noqa: S311 - addresses of nobody
    some = ["0x" + rng.randbytes(20).hex() for _ in range(50)]
    assert in_node("keccak.js", "given.map(page.checksummed)", some) == [
        Address(one) for one in some
    ]


def test_views_are_those_of_the_contracts(abis):
    views = in_node("contracts.js", "page.VIEWS")
    for name, (contract, arguments, answers) in views.items():
        (entry,) = [
            one for one in abis[contract] if one["type"] == "function" and one["name"] == name
        ]
        assert (name, arguments) == (name, [one["type"] for one in entry["inputs"]])
        assert (name, answers) == (name, [written(one) for one in entry["outputs"]])


def written(entry):
    if entry["type"] == "tuple[]":
        return {"each": [one["type"] for one in entry["components"]]}
    return entry["type"]


def test_every_event_of_the_contracts_is_read(abis):
    declared = {
        f"{one['name']}({','.join(each['type'] for each in one['inputs'])})"
        for entries in abis.values()
        for one in entries
        if one["type"] == "event"
    }
    told_elsewhere = {"CallFailed(uint256,bytes)", "EIP712DomainChanged()"}
    first_generation = {"ServiceAgreement(address,address)"}
    read = set(in_node("contracts.js", "page.EVENT_NAMES"))
    assert read == declared - told_elsewhere | first_generation


def test_functions_that_older_software_calls_are_those_of_the_contracts(abis):
    declared = {
        f"{one['name']}({','.join(each['type'] for each in one['inputs'])})"
        for entries in abis.values()
        for one in entries
        if one["type"] == "function"
    }
    assert set(in_node("contracts.js", "[...page.OLDER, ...page.BATCHES]")) <= declared


def party(number):
    return (
        ACCOUNT,
        b"DE",
        f"A{number:02}".encode(),
        [0, 6],
        [] if number % 2 else [1],
        list(range(7)),
        "0x" + "22" * 20,
        "https://" + "n" * number,
        number,
        bool(number % 2),
        "é" * number,
    )


def test_answers_of_another_implementation_are_read():
    rows = [party(number) for number in range(40)]
    data = "0x" + encode([f"{PARTY}[]"], [rows]).hex()
    types = "page.VIEWS.parties[2]"
    found = in_node("contracts.js", f"page.decode({types}, given)[0]", data)
    assert [row[2] for row in found] == [f"A{number:02}" for number in range(40)]
    assert [row[3:6] for row in found] == [[*map(list, row[3:6])] for row in rows]
    assert [(row[7], row[8], row[9], row[10]) for row in found] == [row[7:] for row in rows]


@pytest.mark.parametrize("seed", range(3))
def test_an_answer_with_false_lengths_is_refused(seed):
    rng = random.Random(seed)  # noqa: S311 - a hostile node
    good = bytearray(encode([f"{PARTY}[]"], [[party(number) for number in range(3)]]))
    spoiled = []
    for _ in range(300):
        one = bytearray(good)
        place = 32 * rng.randrange(len(one) // 32)
        one[place : place + 32] = rng.choice(
            [
                b"\xff" * 32,
                (1 << 200).to_bytes(32, "big"),
                (32 * rng.randrange(60)).to_bytes(32, "big"),
                (len(one) + 1).to_bytes(32, "big"),
            ]
        )
        spoiled.append("0x" + bytes(one[: rng.choice([len(one), len(one) - 32, place])]).hex())
    program = (
        "given.map((hex) => { try { page.decode(page.VIEWS.parties[2], hex); return 'read' } "
        "catch (error) { return error.name } })"
    )
    assert set(in_node("contracts.js", program, spoiled)) <= {"read", "RangeError"}


def test_a_self_referential_answer_is_refused():
    deep = bytearray(encode(["(address,string)[]"], [[(ACCOUNT, "x")] * 200]))
    for place in range(200):  # each entry is the list itself, and its text as long as all of it
        deep[64 + 32 * place : 96 + 32 * place] = (32 * 200).to_bytes(32, "big")
    deep[64 + 32 * 200 + 64 : 64 + 32 * 200 + 96] = (len(deep) - 7000).to_bytes(32, "big")
    program = (
        "(() => { try { return page.decode(page.VIEWS.nodes[2], given)[0].length } "
        "catch (error) { return error.name } })()"
    )
    assert in_node("contracts.js", program, "0x" + deep.hex()) == "RangeError"


def test_messages_are_forwarded_by_the_rules_of_the_package():
    names = [module.name.lower() for module in named(Module)]
    asked = list(
        itertools.product(
            [*names, "custom", "credentials", "versions", "hubclientinfo"],
            [one.value for one in Interface],
        )
    )
    found = in_node("way.js", "given.map((one) => page.permissionsFor(...one))", asked)
    assert found == [
        [one.name for one in sorted(permissions_for(module, side))] for module, side in asked
    ]


def test_an_exported_list_equals_that_of_the_api():
    entries = [
        {"countryCode": "DE", "partyId": "A,B", "node": {"url": '=cmd("x")', "operator": None}},
        {"countryCode": "NL", "roles": ["CPO", "HUB"], "current": True, "website": "line\nbreak"},
        {"countryCode": "FR", "name": "a;=1|+1\t-1 @x \uff1d1", "website": "é=1²=1 e-1.=1_=1"},
    ]
    text = run_in_node("views/lists.js", "page.asCsv(given)", entries)
    ours, served = (
        list(csv.reader(io.StringIO(one, newline=""))) for one in (text, as_csv(entries).decode())
    )
    assert ours == served


def test_each_error_of_the_contracts_is_explained(tmp_path):
    write_folder(tmp_path / "page", built_in("local"))
    result = json.loads((tmp_path / "page" / "errors.json").read_text())
    assert {one["signature"] for one in result} == {
        one.signature for one in ContractError.__subclasses__()
    }
    for one in result:
        arguments = one["signature"].partition("(")[2].rstrip(")")
        assert len(one["fields"]) == len(list(filter(None, arguments.split(","))))
