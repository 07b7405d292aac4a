"""v1's reads: for programs, our command prints the same as v1's published one."""

import json

import pytest

from ocn_registry.cli.config import choices
from ocn_registry.models import Module, Permission, Role, named


@pytest.mark.usefixtures("agreed")
def test_reads_print_the_same_as_v1s_command(v1_command, command, operator, cpo, provider, spender):
    for words in (
        ("get-node", operator.address),
        ("get-node", spender.address),
        ("list-nodes",),
        ("get-party", "-a", cpo.address),
        ("get-party", "--credentials", "de", "cpo"),
        ("get-party", "-c", "XX", "XXX"),
        ("list-parties",),
        ("get-service", provider.address),
        ("get-service", cpo.address),
        ("list-services",),
        ("get-agreements", "-c", "DE", "CPO"),
    ):
        assert command(*words).stdout == v1_command(*words), words


def test_an_empty_registry_prints_empty_lists(done, client):
    for words in ("list-nodes", "list-parties", "list-services"):
        assert done(words) == "[]\n"


@pytest.mark.usefixtures("client")
def test_missing_entry_has_its_own_exit_code(command, cpo):
    for words in (
        ("get-node", cpo.address),
        ("get-party", "-a", cpo.address),
        ("get-service", cpo.address),
    ):
        finished = command(*words, "--json")
        assert (finished.returncode, finished.stdout, finished.stderr) == (3, "null\n", "")


@pytest.mark.usefixtures("listed_parties")
def test_a_party_whose_id_looks_like_a_number_is_found(done, emsp):
    assert json.loads(done("get-party", "-c", "NL", "123"))["address"] == emsp.address


@pytest.mark.parametrize("deployment", ["v1"], indirect=True)
def test_text_of_the_chain_can_not_control_a_terminal(client, done, operator, deployment, fresh):
    from eth_abi import encode  # noqa: PLC0415 - what no client of ours would write

    from ocn_registry.evm.keccak import selector  # noqa: PLC0415

    url = "https://x\x1b]0;owned\x07\u202e\x9b.example"
    data = selector("setNode(string)") + encode(["string"], [url])
    write = {"from": operator.address, "to": deployment.registry, "data": "0x" + data.hex()}
    assert fresh.request("eth_sendTransactionSync", write)["status"] == "0x1"
    assert done("get-node", operator.address).rstrip("\n").isprintable()
    listed = done("list-nodes")
    assert listed.replace("\n", "").isprintable()
    assert json.loads(listed) == [{"operator": operator.address, "url": url}]


@pytest.mark.usefixtures("listed_service")
def test_lists_are_filtered(done, operator, spender):
    def ids(*words):
        return [party["partyId"] for party in json.loads(done("list-parties", *words))]

    assert ids("--role", "emsp") == ["123", "SRV"]
    assert ids("--module", "tokens", "--interface", "receiver") == ["CPO"]
    assert ids("--module", "tokens", "--interface", "sender") == []
    assert ids("--operator", operator.address, "--role", "CPO") == ["CPO", "SRV"]
    assert ids("--operator", spender.address) == []
    found = json.loads(done("list-services", "--permission", "FORWARD_ALL_SENDER"))
    assert len(found) == 1
    assert done("list-services", "--permission", "FORWARD_ALL") == "[]\n"


@pytest.mark.usefixtures("listed_parties")
def test_lists_are_csv_too(client, done, cpo, provider, operator):
    client.set_service([Permission.FORWARD_ALL], name="=1,2", signer=provider)
    head, first, *_ = done("list-parties", "--csv").splitlines()
    assert head == (
        "countryCode,partyId,address,roles,modules.sender,modules.receiver,node.operator,node.url"
    )
    node = f"{operator.address},https://node.example.org"
    assert first == f"DE,CPO,{cpo.address},CPO,locations,cdrs tokens,{node}"
    _, service = done("list-services", "--csv").splitlines()
    assert service == f'"\'=1,2",,FORWARD_ALL,{provider.address},DE,SRV'


def test_names_of_the_options_are_those_of_the_models():
    assert [role.name for role in named(Role)] == list(choices.ROLES)
    assert [module.name.lower() for module in named(Module)] == list(choices.MODULES)
    assert [permission.name for permission in Permission] == list(choices.PERMISSIONS)


@pytest.mark.parametrize("deployment", ["v1"], indirect=True)
def test_listed_urls_that_no_client_can_use_are_marked(client, command, operator, cpo, fresh):
    from ocn_registry.evm import abi  # noqa: PLC0415 - what no client of ours would write
    from ocn_registry.evm.keccak import selector  # noqa: PLC0415

    url = "https://https://node.example.com"
    data = selector("setNode(string)") + abi.uint(32) + abi.uint(len(url)) + url.encode()
    write = {"from": operator.address, "to": client.deployment.registry, "data": "0x" + data.hex()}
    assert fresh.request("eth_sendTransactionSync", write)["status"] == "0x1"
    client.set_party("DE", "CPO", [Role.CPO], operator.address, signer=cpo)
    assert not client.node(operator.address).is_usable
    for words in (
        ("list-nodes",),
        ("get-node", operator.address),
        ("list-parties",),
        ("get-party", "-c", "DE", "CPO"),
    ):
        finished = command(*words)
        assert f"no client can use '{url}': it has two schemes" in finished.stderr, words
        assert "is_usable" not in finished.stdout
