"""Networks that are built in, and files of the same form."""

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
    with pytest.raises(InvalidInput, match="'prod' is built in: choose one of ewc, volta"):
        networks.built_in("prod")


def test_file_of_a_user_needs_chain_dialect_and_addresses_only():
    mine = networks.from_json(json.dumps(MINE | {"note": "mine"}))
    assert (mine.registry, mine.permissions) == (Address(LISTED), Address(LISTED))
    assert (mine.rpc_urls, mine.explorer, mine.start_block) == ((), None, None)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"chainId": "246"}, "chainId is '246': give a number"),
        ({"chainId": True}, "chainId is True: give a number"),
        ({"chainId": 0}, "0 is no chain id"),
        ({"dialect": "v4"}, "'v4' is no generation"),
        ({"dialect": None}, "dialect is None: give a text"),
        ({"registry": LISTED.replace("d", "D", 1)}, "checksum"),
        ({"permissions": "0x12"}, "no address"),
        ({"rpcUrls": "https://example.org"}, "give a list of URLs"),
        ({"rpcUrls": [7]}, "rpcUrls is 7: give a text"),
        ({"startBlock": -1}, "startBlock is -1: give a number from 0"),
    ],
)
def test_value_that_does_not_fit_is_refused_by_name(change, message):
    with pytest.raises(InvalidInput, match=message):
        networks.from_json(json.dumps(MINE | change))


@pytest.mark.parametrize("text", ["", "{", "[]", '"v1"'])
def test_what_is_no_json_object_is_refused(text):
    with pytest.raises(InvalidInput, match="no JSON"):
        networks.from_json(text)
