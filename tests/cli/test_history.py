"""The history of a party, a node and a service, from events of either generation."""

import csv
import io
import json

import pytest
from faulty import faults

from ocn_registry import (
    Address,
    AdminDeleteOperator,
    DeleteParty,
    DeleteService,
    KeySigner,
    Module,
    Permission,
    Role,
    SetNode,
    SetParty,
    SetService,
)
from ocn_registry.dialects import dialect_of


@pytest.fixture
def v1(deployment):
    return not dialect_of(deployment).limits.events_tell_all


@pytest.fixture
def history(done, client, devnet):
    """Return a history, for the blocks of this test."""
    first = str(int(devnet.request("eth_blockNumber"), 16))

    def output(*words):
        return json.loads(done("history", *words, "--from", first))

    return output


def kinds(output):
    return [(one["change"], one["how"]) for one in output]


@pytest.fixture
def lived(client, listed_node, cpo, emsp, provider, spender):
    """Register a party by signed request, offer its service, agree to it, and delete the party."""
    at = listed_node.address
    request = SetParty(country_code="DE", party_id="CPO", roles=[Role.CPO], operator=at)
    came = client.submit(client.sign(request, cpo), spender=spender)
    client.set_party("NL", "123", [Role.EMSP], at, signer=emsp)
    client.set_service([Permission.FORWARD_ALL], name="Routes", signer=cpo)
    agreed = client.create_agreement(cpo.address, signer=emsp)
    client.revoke_agreement(cpo.address, signer=emsp)
    client.delete_service(signer=cpo)
    client.delete_party(signer=cpo)
    return came, agreed


def test_history_of_a_party_has_all_its_changes(history, lived, cpo, emsp, spender, v1):
    came, agreed = lived
    output = history("-c", "de", "cpo")
    assert kinds(output) == [
        ("PartySet", "signed"),
        ("ServiceSet", "direct"),
        ("AgreementMade", "direct"),
        ("AgreementRevoked", "direct"),
        ("ServiceDeleted", "direct"),
        ("PartyDeleted", "direct"),
    ]
    assert history("-a", cpo.address) == output
    assert kinds(history("-a", emsp.address)) == [
        ("PartySet", "direct"),
        ("AgreementMade", "direct"),
        ("AgreementRevoked", "direct"),
    ]
    first, _, third, *_ = output
    assert (first["hash"], first["blockHash"]) == (came.tx_hash, came.block.hash)
    assert (first["blockNumber"], first["sender"]) == (came.block.number, spender.address)
    assert first["id"] == {"countryCode": "DE", "partyId": "CPO"}
    assert (third["hash"], third["user"]) == (agreed.tx_hash, emsp.address)
    assert third["version"] == (None if v1 else 1)
    assert all(one["certain"] for one in output)


def test_history_of_a_node_has_its_urls_and_parties(history, client, listed_node, cpo):
    client.set_party("DE", "CPO", [Role.CPO], listed_node.address, signer=cpo)
    client.set_node("https://new.example.org", signer=listed_node)
    client.delete_party(signer=cpo)
    client.delete_node(signer=listed_node)
    output = history("-a", listed_node.address)
    urls = [one["node"]["url"] for one in output if one["change"] == "NodeSet"]
    assert (urls[0], urls[-1]) == ("https://node.example.org", "https://new.example.org")
    assert output[-1]["change"] == "NodeDeleted"
    assert [one["address"] for one in output if one["change"] == "PartySet"] == [cpo.address]


@pytest.mark.parametrize("deployment", ["v3"], indirect=True)
def test_an_id_that_goes_to_another_takes_its_history_along(
    history, client, listed_node, cpo, emsp
):
    at = listed_node.address
    client.set_party("DE", "CPO", [Role.CPO], at, signer=cpo)
    client.set_party("DE", "NEW", [Role.CPO], at, signer=cpo)
    if client.limits.has_many_ids:  # elsewhere the new id has replaced it
        client.send(DeleteParty(country_code="DE", party_id="CPO"), signer=cpo)
    client.set_service([Permission.FORWARD_ALL], name="elsewhere", signer=cpo)
    client.set_party("DE", "CPO", [Role.EMSP], at, signer=emsp)
    client.set_service([Permission.FORWARD_ALL], name="here", signer=emsp)
    output = history("-c", "DE", "CPO")
    # A further id of the same account concerns its holder, so it is shown, too.
    further = [("PartySet", "direct")] * client.limits.has_many_ids
    assert kinds(output) == [
        ("PartySet", "direct"),
        *further,
        ("PartyDeleted", "direct"),
        ("PartySet", "direct"),
        ("ServiceSet", "direct"),
    ]
    assert (output[-2]["address"], output[-1]["name"]) == (emsp.address, "here")


@pytest.mark.parametrize("deployment", ["v3"], indirect=True)
def test_each_item_of_a_batch_has_its_own_way(
    history, client, listed_node, cpo, emsp, spender, devnet
):
    at = listed_node.address
    signed = [
        client.sign(SetParty(country_code="DE", party_id=id_, roles=[0], operator=at), signer)
        for id_, signer in (("ABC", cpo), ("DEF", emsp))
    ]
    outcome = client.submit(*signed, spender=spender)
    (one,) = history("-c", "DE", "DEF")
    assert (one["how"], one["sender"], one["hash"]) == ("signed", spender.address, outcome.tx_hash)
    client.send(
        SetNode(domain="https://a.example"), SetNode(domain="https://b.example"), signer=cpo
    )
    assert kinds(history("-a", cpo.address))[1:] == [("NodeSet", "direct")] * 2


@pytest.mark.parametrize("deployment", ["v3"], indirect=True)
def test_actions_of_the_owner_are_reported(history, client, listed_node, devnet):
    owner = KeySigner.from_key(devnet.accounts[0].private_key)
    client.send(AdminDeleteOperator(operator=listed_node.address), signer=owner)
    assert kinds(history("-a", listed_node.address)) == [
        ("NodeSet", "direct"),
        ("NodeDeleted", "owner"),
    ]


def test_only_the_requested_blocks_are_reported(done, command, lived, cpo, client, fresh):
    came, agreed = lived
    words = ("history", "-c", "DE", "CPO", "--from", agreed.block.number)
    output = json.loads(done(*words, "--to", agreed.block.number))
    assert [one["hash"] for one in output] == [agreed.tx_hash]  # by who held the id before it
    assert json.loads(done("history", "-a", cpo.address, "--to", came.block.number - 1)) == []
    late = command("history", "-a", cpo.address, "--to", 10**9)
    assert (late.returncode, late.stdout) == (2, "")
    assert "doesn't exist yet" in late.stderr
    assert command("history", "-a", cpo.address, "--from", 9, "--to", 8).returncode == 2
    assert command("history", "-a", cpo.address, "--from", "-1").returncode == 2


def test_history_is_a_table_too(done, lived, cpo):
    rows = list(csv.DictReader(io.StringIO(done("history", "-a", cpo.address, "--csv"))))
    assert [row["change"] for row in rows][-1] == "PartyDeleted"
    assert f"{cpo.address} is no longer the party DE CPO" in rows[-1]["says"]
    assert {len(row) for row in rows} == {12}


def test_a_new_state_is_compared_with_the_one_before(history, client, listed_node, cpo, emsp, v1):
    at = listed_node.address
    client.set_party("DE", "CPO", [Role.CPO], at, signer=cpo)
    client.set_party("DE", "CPO", [Role.CPO, Role.EMSP], at, signer=cpo)
    client.set_party_modules([Module.CDRS], [Module.TOKENS], signer=cpo)
    client.delete_party(signer=cpo)
    client.set_party("DE", "CPO", [Role.CPO], at, signer=cpo)
    output = [(one["change"], one["changed"]) for one in history("-a", cpo.address)]
    assert output == [
        ("PartySet", None),
        ("PartySet", ["roles"]),
        ("PartySet", ["modulesReceiver", "modulesSender"]),
        ("PartyDeleted", None),
        ("PartySet", None),
    ]


# A contract wallet: it calls the address at the start of its calldata, with the rest of it.
FORWARDER = "6014360360146000376000600060143603600060006000356060" + "1c5af15000"


@pytest.fixture
def wallet(devnet, deployment, operator):
    """Return the address of a contract, and a function that makes it write something."""
    code = f"60{len(FORWARDER) // 2:02x}80600b6000396000f3{FORWARDER}"
    receipt = devnet.request(
        "eth_sendTransactionSync", {"from": operator.address, "data": f"0x{code}"}
    )
    address = Address(receipt["contractAddress"])

    def write(intent):
        call = dialect_of(deployment).write((intent,), each_alone=False, sender=address)
        data = f"{call.to}{call.data.hex()}"
        sent = {"from": operator.address, "to": address, "data": data, "gas": hex(900_000)}
        assert devnet.request("eth_sendTransactionSync", sent)["logs"]

    return address, write


def test_the_way_through_another_contract_is_not_guessed(
    history, command, listed_node, operator, wallet, v1
):
    address, write = wallet
    write(SetParty(country_code="DE", party_id="SAF", roles=[Role.CPO], operator=operator.address))
    write(SetService(name="Routes", permissions=[Permission.FORWARD_ALL]))
    write(DeleteService())
    *_, last = output = history("-a", address)
    assert [one["how"] for one in output] == [None] * 3
    assert [one["sender"] for one in output] == [operator.address] * 3
    # v1's event of a deletion is that of a service without name and URL.
    assert (last["change"], last["certain"]) == (
        ("ServiceSet", False) if v1 else ("ServiceDeleted", True)
    )
    finished = command("history", "-a", address, "--csv")
    assert ("these contracts do not say" in finished.stdout) == v1
    assert ("not certain" in finished.stderr) == v1


@pytest.mark.parametrize("deployment", ["v1"], indirect=True)
def test_text_of_the_chain_is_escaped(history, done, client, operator, fresh, deployment):
    from eth_abi import encode  # noqa: PLC0415 - what no client of ours would write

    from ocn_registry.evm.keccak import selector  # noqa: PLC0415

    url = "=x\x1b]0;owned\x07\u202e\x9b\n\x7f"
    data = selector("setNode(string)") + encode(["string"], [url])
    write = {"from": operator.address, "to": deployment.registry, "data": "0x" + data.hex()}
    assert fresh.request("eth_sendTransactionSync", write)["status"] == "0x1"
    (one,) = history("-a", operator.address)
    assert one["node"]["url"] == url
    for words in ((), ("--csv",)):
        output = done("history", "-a", operator.address, *words)
        assert output.replace("\n", "").isprintable()


def takes_only(blocks, asked):
    """Refuse larger ranges of blocks, like public nodes."""

    async def fault(exchange):
        answers = json.loads(await exchange.forward())
        for request in exchange.request:
            if request["method"] == "eth_getLogs":
                first, last = (
                    int(request["params"][0][key], 16) for key in ("fromBlock", "toBlock")
                )
                asked.append(last - first + 1)
                if last - first >= blocks:
                    (answer,) = [one for one in answers if one["id"] == request["id"]]
                    del answer["result"]
                    answer["error"] = {"code": -32005, "message": "query exceeds max block range"}
        await exchange.reply(json.dumps(answers).encode())

    return fault


@pytest.mark.parametrize("deployment", ["v3"], indirect=True)
def test_a_history_is_read_in_pieces_that_the_node_accepts(
    done, client, listed_node, fresh, proxy, operator
):
    fresh.request("anvil_mine", hex(300))
    client.set_node("https://new.example.org", signer=operator)
    fresh.request("anvil_mine", hex(300))
    whole = json.loads(done("history", "-a", operator.address))
    asked = []
    proxy.inject(takes_only(50, asked), method="eth_getLogs")
    pieces = json.loads(done("history", "-a", operator.address, "--rpc-url", proxy.url))
    assert pieces == whole
    assert [one["change"] for one in whole] == ["NodeSet", "NodeSet"]
    assert len([count for count in asked if count <= 50]) >= 12


@pytest.mark.parametrize("deployment", ["v3"], indirect=True)
def test_an_interrupted_history_is_not_shown(command, client, listed_node, proxy, operator):
    proxy.inject(faults.status(503), method="eth_getTransactionByHash")
    finished = command("history", "-a", operator.address, "--rpc-url", proxy.url)
    assert (finished.returncode, finished.stdout) == (5, "")


@pytest.mark.parametrize("deployment", ["v3"], indirect=True)
def test_a_node_without_old_states_is_reported(command, client, listed_parties, fresh, cpo, proxy):
    """Nodes without an archive don't know old states; later events are shown."""
    here = int(fresh.request("eth_blockNumber"), 16)
    client.set_service([Permission.FORWARD_ALL], signer=cpo)
    client.set_party_modules([Module.CDRS], [], signer=cpo)
    proxy.inject(faults.errs("eth_call", code=-32000, message="missing trie node"), "eth_call")
    words = ("history", "-c", "DE", "CPO", "--rpc-url", proxy.url)
    late = command(*words, "--from", here + 1)
    assert (late.returncode, kinds(json.loads(late.stdout))) == (0, [("PartySet", "direct")])
    assert f"no longer knows the holder of DE CPO at block {here}" in late.stderr
    early = command(*words)
    assert (early.returncode, early.stderr) == (0, "")
    assert ("ServiceSet", "direct") in kinds(json.loads(early.stdout))


def test_a_node_that_has_forgotten_a_transaction_reports_the_event(
    command, client, listed_node, cpo, proxy, v1
):
    client.set_party("DE", "CPO", [Role.CPO], listed_node.address, signer=cpo)
    client.set_service([Permission.FORWARD_ALL], signer=cpo)
    proxy.inject(faults.answers("eth_getTransactionByHash", None))
    output = json.loads(command("history", "-a", cpo.address, "--rpc-url", proxy.url).stdout)
    assert [(one["change"], one["sender"], one["how"], one["certain"]) for one in output] == [
        ("PartySet", None, None, True),
        ("ServiceSet", None, None, not v1),
    ]
