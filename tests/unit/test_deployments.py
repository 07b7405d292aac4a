"""Built-in networks, and network files of users."""

import json

import pytest

from ocn_registry import networks
from ocn_registry.errors import InvalidInput
from ocn_registry.models import Address

LISTED = "0x184aeD70F2aaB0Cd1FC62261C1170560cBfd0776"
MINE = {"chainId": 246, "dialect": "v1", "registry": LISTED, "permissions": LISTED.lower()}


@pytest.mark.parametrize("name", networks.names())
def test_built_in_network_is_named_as_its_file(name):
    assert networks.built_in(name).name == name


def test_energy_webs_networks_have_their_chain_ids():
    assert {name: networks.built_in(name).chain_id for name in ("ewc", "volta")} == {
        "ewc": 246,
        "volta": 73799,
    }


def test_unknown_network_is_refused_with_the_known_ones():
    with pytest.raises(InvalidInput, match="not a built-in network: use one of ewc, volta"):
        networks.built_in("prod")


def test_user_file_needs_only_chain_dialect_and_addresses():
    mine = networks.from_json(json.dumps(MINE | {"note": "mine"}))
    assert (mine.registry, mine.permissions) == (Address(LISTED), Address(LISTED))
    assert (mine.rpc_urls, mine.explorer, mine.start_block) == ((), None, None)


def test_user_file_inherits_the_facts_of_a_known_chain():
    mine = networks.from_json(json.dumps(MINE | {"blocksToFinality": 50}))
    assert (mine.token, mine.base_fee, mine.blocks_to_finality) == ("EWT", True, 50)
    assert (mine.rpc_urls, mine.explorer) == ((), None)  # these belong to a registry


def test_private_chain_is_described_by_its_file():
    own = MINE | {"chainId": 7}
    unknown = networks.from_json(json.dumps(own))
    assert (unknown.token, unknown.blocks_to_finality, unknown.base_fee) == ("tokens", None, None)
    facts = {"token": "OWN", "blocksToFinality": 4, "baseFee": False}
    said = networks.from_json(json.dumps(own | facts | {"relays": ["https://relay.example.org"]}))
    assert (said.token, said.blocks_to_finality, said.base_fee) == ("OWN", 4, False)
    assert said.relays == ("https://relay.example.org",)
    assert networks.chain_facts(said) == facts


@pytest.mark.parametrize("name", networks.names())
def test_built_in_network_has_token_and_finality(name):
    known = networks.built_in(name)
    assert known.token != networks.UNKNOWN_TOKEN
    assert known.blocks_to_finality is not None


@pytest.mark.parametrize("name", networks.names())
def test_built_in_networks_on_one_chain_agree_about_it(name):
    known = networks.built_in(name)
    assert networks.with_chain_facts(known) == known
    assert networks.chain_facts(known) == networks.chain_facts(
        networks.from_json(json.dumps(MINE | {"chainId": known.chain_id})),
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"chainId": "246"}, "chainId is '246': use a number"),
        ({"chainId": True}, "chainId is True: use a number"),
        ({"chainId": 0}, "0 is not a valid chain id"),
        ({"dialect": "v4"}, "'v4' is not a known generation"),
        ({"dialect": None}, "has no dialect: add it"),
        ({"registry": LISTED.replace("d", "D", 1)}, "checksum"),
        ({"permissions": "0x12"}, "permissions: .*address"),
        ({"rpcUrls": "https://example.org"}, "use a list of URLs"),
        ({"rpcUrls": [7]}, "rpcUrls is 7: use text"),
        ({"startBlock": -1}, "startBlock is -1: use a number from 0"),
        ({"token": "E\x1bWT"}, "is not a valid name of a token"),
        ({"token": "T" * 17}, "is not a valid name of a token"),
        ({"blocksToFinality": 0}, "0 is not a valid number of blocks to finality"),
        ({"blocksToFinality": "3"}, "blocksToFinality is '3': use a number from 0"),
        ({"baseFee": 1}, "baseFee is 1: use true or false"),
        ({"relays": "https://relay.example.org"}, "relays is .*: use a list of URLs"),
        ({"validators": "0x12"}, "validators: .*address"),
    ],
)
def test_invalid_value_is_refused_with_its_name(change, message):
    with pytest.raises(InvalidInput, match=message):
        networks.from_json(json.dumps(MINE | change))


@pytest.mark.parametrize("text", ["", "{", "[]", '"v1"'])
def test_text_that_is_not_a_json_object_is_refused(text):
    with pytest.raises(InvalidInput, match=r"not (a|valid) JSON"):
        networks.from_json(text)
