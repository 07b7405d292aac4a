"""A chain of one's own is what its network file says it is."""

import json

import pytest

from ocn_registry import Devnet, networks
from ocn_registry.cli.main import main

URL = "https://node.example.org"
CHAIN_ID = 515151
GWEI = 10**9


@pytest.fixture(scope="module")
def own_chain():
    with Devnet(chain_id=CHAIN_ID, base_fee_wei=GWEI) as devnet:
        yield devnet


@pytest.fixture
def set_node(own_chain, tmp_path, monkeypatch, capsys):
    """Run `set-node` on the chain, as its file describes it."""

    def run(*words, **facts):
        here = own_chain.deployment()
        file = tmp_path / "own.json"
        known = {"chainId": CHAIN_ID, "dialect": here.dialect, "rpcUrls": [own_chain.rpc_url]}
        known |= {"registry": here.registry, "permissions": here.permissions}
        file.write_text(json.dumps(known | facts))
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
        monkeypatch.setenv("SIGNER", own_chain.accounts[1].private_key)
        url = f"{URL}/{tmp_path.name}".lower()  # the chain is the same for all tests
        code = main(["set-node", url, "--yes", "--network-file", str(file), *words])
        return code, capsys.readouterr().err

    return run


def test_devnet_with_another_chain_id_is_not_taken_for_the_local_network(own_chain):
    here = own_chain.deployment()
    assert here.chain_id == CHAIN_ID
    assert (here.token, here.blocks_to_finality) == (networks.UNKNOWN_TOKEN, None)
    assert not here.development


def test_final_is_waited_for_as_the_file_says(set_node):
    code, says = set_node("--wait", "final", blocksToFinality=1)
    assert code == 0, says


def test_final_without_the_number_says_what_to_add(set_node):
    code, says = set_node("--wait", "final")
    assert code == 2
    assert f"blocks to finality on chain {CHAIN_ID} is unknown" in says
    assert 'add "blocksToFinality" to the network file' in says


@pytest.mark.parametrize(("facts", "token"), [({"token": "OWN"}, "OWN"), ({}, "tokens")])
def test_prices_are_in_the_token_of_the_chain(set_node, facts, token):
    code, says = set_node("--dry-run", **facts)
    assert code == 0, says
    price = next(line for line in says.splitlines() if line.startswith("price"))
    assert f" {token} (" in price
    assert price.endswith(f" {token}")
    assert "ETH" not in price
