"""The registry over HTTP: every answer is of one block, bounded, and equal to the chain."""

import csv
import io
import json
import sqlite3
import time
from unittest.mock import Mock

import pytest

from ocn_registry import KeySigner, Module, Permission, Role
from ocn_registry.registry_api.history import HistoryLog
from ocn_registry.registry_api.serving import Serving

CPO, EMSP = Role.CPO, Role.EMSP


@pytest.fixture
def serving(fresh, operator):
    with Serving(fresh.deployment(), poll_s=0.05) as serving:
        yield serving


@pytest.fixture
def ask(serving):
    """Ask the API once it has seen the chain's latest block."""

    def ask(path, *, method="GET", status=200, body=None, **query):
        serving.cache.refresh()
        reply = serving.api.answer(
            method,
            path,
            [(name.rstrip("_"), str(value)) for name, value in query.items()],
            b"" if body is None else json.dumps(body).encode(),
        )
        result = json.loads(reply.body) if "json" in reply.media_type else reply.body.decode()
        assert reply.status == status, result
        assert len(reply.body) < 200_000
        return result

    return ask


@pytest.fixture
def funded(fresh):
    return [KeySigner.from_key(one.private_key) for one in fresh.accounts[2:7]]


@pytest.fixture
def listed(registry, operator, funded):
    """Two parties at one node, a service, and an agreement to it."""
    cpo, emsp = funded[:2]
    registry.set_party("DE", "CPO", [CPO], operator.address, signer=cpo)
    registry.set_party_modules(sender=[Module.LOCATIONS], receiver=[], signer=cpo)
    registry.set_party("NL", "MSP", [EMSP], operator.address, signer=emsp)
    needs = [Permission.FORWARD_MODULE_LOCATIONS_SENDER]
    registry.set_service(needs, name="Roaming", url="https://example.org", signer=emsp)
    registry.create_agreement(emsp.address, signer=cpo)
    return cpo, emsp


def until(look):
    ends = time.monotonic() + 120
    while not (found := look()):
        assert time.monotonic() < ends
        time.sleep(0.02)
    return found


def test_overview_counts_what_is_listed(ask, listed, operator):
    result = ask("/v1/overview")
    assert {name: result["counts"][name] for name in ("nodes", "parties", "services")} == {
        "nodes": 1,
        "parties": 2,
        "services": 1,
    }
    assert result["counts"]["agreements"] == 1
    assert [one["countryCode"] for one in result["countries"]] == ["DE", "NL"]
    assert result["circles"]["nodes"][0] == {
        "operator": operator.address,
        "url": "https://node.example.org",
        "parties": 2,
    }
    assert result["chain"]["state"] == "current"


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ({}, ["CPO", "MSP"]),
        ({"q": "de cpo"}, ["CPO"]),
        ({"q": "DECPO"}, ["CPO"]),
        ({"q": "nl-msp"}, ["MSP"]),
        ({"country": "nl"}, ["MSP"]),
        ({"role": "cpo"}, ["CPO"]),
        ({"module": "locations"}, ["CPO"]),
        ({"module": "locations", "interface": "receiver"}, []),
        ({"interface": "sender"}, ["CPO"]),
        ({"reachable": "false"}, []),
        ({"sort": "changed"}, ["MSP", "CPO"]),
        ({"offset": 1}, ["MSP"]),
        ({"limit": 1}, ["CPO"]),
        ({"q": "nothing like it"}, []),
    ],
)
def test_parties_are_found_by(ask, listed, query, ids):
    result = ask("/v1/parties", **query)
    assert [one["partyId"] for one in result["parties"]] == ids
    assert result["next"] == (1 if "limit" in query else None)


def test_parties_are_found_by_account_and_by_operator(ask, listed, operator):
    cpo, _ = listed
    assert ask("/v1/parties", q=cpo.address[:20].lower())["total"] == 1
    assert ask("/v1/parties", account=cpo.address)["total"] == 1
    assert ask("/v1/parties", operator=operator.address)["total"] == 2
    assert ask("/v1/parties", operator=cpo.address)["total"] == 0


def test_party_is_reported_with_both_sides_of_its_agreements(ask, listed):
    cpo, emsp = listed
    user = ask("/v1/parties/DE/CPO")
    assert user["party"]["address"] == cpo.address
    assert user["agreements"][0]["provider"]["partyId"] == "MSP"
    provider = ask("/v1/parties/nl/msp")
    assert provider["service"]["users"] == 1
    users = ask("/v1/agreements", provider=emsp.address)["agreements"]
    assert [one["user"]["partyId"] for one in users] == ["CPO"]
    assert ask("/v1/services/" + emsp.address)["service"]["name"] == "Roaming"


def test_account_is_reported_with_its_controller_and_nonces(ask, registry, operator, listed):
    cpo, _ = listed
    result = ask(f"/v1/accounts/{cpo.address}")
    assert (result["controller"], result["nonces"]) == (None, {"registry": "0", "permissions": "0"})
    assert ask(f"/v1/accounts/{operator.address}")["node"]["parties"] == 2


def test_revoked_agreement_and_deleted_party_disappear_from_answers(ask, registry, listed):
    cpo, emsp = listed
    assert ask("/v1/services")["services"][0]["users"] == 1
    registry.revoke_agreement(emsp.address, signer=cpo)
    assert ask("/v1/services")["services"][0]["users"] == 0
    registry.delete_party(signer=emsp)
    assert ask("/v1/services")["total"] == 0
    assert [one["partyId"] for one in ask("/v1/parties")["parties"]] == ["CPO"]
    assert ask("/v1/countries")["countries"] == [
        {"countryCode": "DE", "parties": 1, "roles": {"CPO": 1}}
    ]


def test_search_finds_parties_nodes_and_services(ask, listed, operator):
    assert ask("/v1/search", q="cpo")["parties"][0]["partyId"] == "CPO"
    assert ask("/v1/search", q="node.example")["nodes"][0]["operator"] == operator.address
    assert ask("/v1/search", q="ROAM")["services"][0]["name"] == "Roaming"
    assert ask("/v1/search", q="x")["parties"] == []


def test_csv_has_a_line_of_names_and_no_formula(ask, registry, listed):
    _, emsp = listed
    registry.set_service([Permission.FORWARD_ALL], name='=HYPERLINK("x")', signer=emsp)
    rows = list(csv.DictReader(io.StringIO(ask("/v1/services", format="csv"))))
    assert rows[0]["name"] == '\'=HYPERLINK("x")'
    assert rows[0]["provider.partyId"] == "MSP"


def test_history_reports_who_did_what_and_finds_it_by_party(ask, serving, listed):
    cpo, _ = listed
    until(lambda: ask("/v1/history")["complete"] and ask("/v1/history", party="DECPO")["events"])
    until(lambda: len(ask("/v1/history", party="DE-CPO")["events"]) == 3)
    of_party = ask("/v1/history", party="DE-CPO")["events"]
    assert [one["change"] for one in of_party] == ["AgreementMade", "PartySet", "PartySet"]
    assert of_party[1]["how"] == "direct"
    assert "is the party DE CPO" in of_party[1]["words"]
    first = ask("/v1/history", account=cpo.address, limit=1)
    rest = ask("/v1/history", account=cpo.address, before=first["before"])
    assert len(rest["events"]) == 2
    transaction = ask(f"/v1/transactions/{of_party[1]['hash']}")
    assert (transaction["succeeded"], len(transaction["events"])) == (True, 1)


def test_nodes_and_services_are_sorted_by_their_last_change(
    ask, registry, operator, funded, listed
):
    _, _, other, mover, moved = funded
    registry.set_node("https://second.example.org", signer=other)
    registry.set_node("https://z-first.example.org", signer=operator)
    for signer, name in ((mover, "Moved"), (other, "Later")):
        registry.set_party("FR", name[:3].upper(), [EMSP], operator.address, signer=signer)
        registry.set_service([Permission.FORWARD_ALL], name=name, url="", signer=signer)
    last = registry.identity.rotate(moved, signer=mover).outcome.block.number
    until(lambda: (ask("/v1/history")["readTo"] or 0) >= last)

    def names(path, field):
        found = ask(path, sort="changed")
        blocks = [one["changed"]["block"] for one in found[path.removeprefix("/v1/")]]
        assert (found["complete"], blocks) == (True, sorted(blocks, reverse=True))
        return [one[field] for one in found[path.removeprefix("/v1/")]]

    assert names("/v1/nodes", "operator") == [operator.address, other.address]
    assert names("/v1/services", "name") == ["Moved", "Later", "Roaming"]
    assert ask("/v1/nodes")["nodes"][0].keys() == {"operator", "url", "parties", "vouched"}
    assert "changed.time" in ask("/v1/nodes", sort="changed", format="csv")


def test_replaced_blocks_are_gone_from_the_history(ask, fresh, registry, operator, funded):
    until(lambda: ask("/v1/history")["events"])
    snapshot = fresh.request("evm_snapshot")
    registry.set_party("FR", "OLD", [CPO], operator.address, signer=funded[0])
    until(lambda: ask("/v1/history", party="FR-OLD")["events"])
    fresh.request("evm_revert", snapshot)
    registry.set_party("FR", "NEW", [CPO], operator.address, signer=funded[1])
    until(lambda: ask("/v1/history", party="FR-NEW")["events"])
    assert ask("/v1/history", party="FR-OLD")["events"] == []


def test_blocks_that_could_not_be_written_are_in_the_history_once_they_can_be(
    registry, listed, tmp_path, monkeypatch
):
    history = HistoryLog(registry, tmp_path / "history.sqlite")
    try:
        with monkeypatch.context() as patch:
            patch.setattr(history, "_write", Mock(side_effect=sqlite3.OperationalError("full")))
            with pytest.raises(sqlite3.OperationalError):
                history.read()
        while not history.read():
            pass
        assert len(history.page(limit=100)) == len(registry.events().history())
    finally:
        history.close()


def test_route_of_a_message_is_reported_step_by_step(ask, registry, operator, listed):
    result = ask("/v1/route", from_="DE-CPO", to="NLMSP", module="locations", interface="sender")
    assert result["reached"]
    codes = [step["code"] for step in result["steps"]]
    assert codes == ["sender", "receiver", "same_node", "module_not_listed"]
    assert result["forwarded"][0]["gets"]
    other = ask("/v1/route", from_="DE-CPO", to="NLMSP", module="tokens", interface="receiver")
    assert not other["forwarded"][0]["gets"]
    registry.delete_node(signer=operator)
    gone = ask("/v1/route", from_="DE-CPO", to="NLMSP")
    assert not gone["reached"]
    assert ask("/v1/route", from_="DE-CPO", to="XX-YYY")["steps"][-1]["code"] == "receiver_unknown"


def test_prepared_request_can_be_signed_by_the_account(ask, registry, operator):
    party = KeySigner.generate()
    intent = {
        "type": "SetParty",
        "countryCode": "de",
        "partyId": "abc",
        "roles": ["CPO"],
        "operator": operator.address,
    }
    result = ask("/v1/prepare", method="POST", body={"account": party.address, "intent": intent})
    assert result["words"].startswith("register DE ABC as CPO")
    assert result["typedData"]["domain"]["chainId"] == registry.deployment.chain_id
    assert result["payers"]["relay"] is None
    assert result["payers"]["self"]["function"] == "setParty"
    request = registry.read_request(json.dumps(result["request"]))
    assert "0x" + request.payload.digest().hex() == result["digest"]
    signed = request.sign(party)
    registry.verify(signed)
    call = ask("/v1/calldata", method="POST", body=signed.document())
    assert (call["function"], call["arguments"]["partyId"]) == ("setPartyRaw", "ABC")
    again = ask("/v1/prepare", method="POST", body={"request": signed.document()})
    assert (again["signed"], again["digest"]) == (True, result["digest"])


def test_prepared_change_says_what_it_ends(ask, registry, listed):
    cpo, emsp = listed
    intent = {"type": "DeleteParty", "countryCode": "NL", "partyId": "MSP"}
    result = ask("/v1/prepare", method="POST", body={"account": emsp.address, "intent": intent})
    assert any("Roaming" in one for one in result["ends"])
    registry.revoke_agreement(emsp.address, signer=cpo)
    agree = {"type": "CreateAgreement", "provider": emsp.address}
    result = ask("/v1/prepare", method="POST", body={"account": cpo.address, "intent": agree})
    assert result["typedData"]["message"]["permissions"] == ["3"]


def test_prepared_move_contains_the_acceptance_to_sign(ask, listed):
    cpo, _ = listed
    new = KeySigner.generate()
    intent = {"type": "MoveAccount", "newAccount": new.address}
    result = ask("/v1/prepare", method="POST", body={"account": cpo.address, "intent": intent})
    assert result["acceptance"]["account"] == new.address
    assert result["acceptance"]["typedData"]["primaryType"] == "AcceptAccount"
    assert result["payers"]["self"] is None


def test_change_that_the_contract_would_refuse_names_its_error(ask, listed, operator):
    intent = {
        "type": "SetParty",
        "countryCode": "DE",
        "partyId": "CPO",
        "roles": ["CPO"],
        "operator": operator.address,
    }
    body = {"account": KeySigner.generate().address, "intent": intent}
    result = ask("/v1/prepare", method="POST", status=422, body=body)
    assert (result["code"], result["error"]) == ("would_revert", "PartyIdTaken")


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        {"account": "0x0", "intent": {"type": "DeleteNode"}},
        {"account": "0x" + "11" * 20},
        {"account": "0x" + "11" * 20, "intent": {"type": "Destroy"}},
        {"account": "0x" + "11" * 20, "intent": {"type": "SetNode"}},
        {"account": "0x" + "11" * 20, "intent": {"type": "SetNode", "domain": "javascript:1"}},
        {"account": "0x" + "11" * 20, "intent": {"type": "DeleteNode", "more": 1}},
        {"account": "0x" + "11" * 20, "intent": {"type": "DeleteNode"}, "nonce": -1},
        {"account": "0x" + "11" * 20, "intent": {"type": "DeleteNode"}, "deadline": 1 << 60},
        {"account": "0x" + "11" * 20, "intent": {"type": "MoveAccount", "newAccount": 5}},
        {"account": 5, "intent": {"type": "DeleteNode"}},
        {"request": 5},
        {"request": {}},
    ],
)
def test_request_that_can_not_be_prepared_is_refused(ask, body):
    assert ask("/v1/prepare", method="POST", status=400, body=body)["code"] == "invalid_request"


@pytest.mark.parametrize(
    ("path", "query", "status"),
    [
        ("/v1/nowhere", {}, 404),
        ("/v1/nodes/0x" + "11" * 20, {}, 404),
        ("/v1/services/0x" + "11" * 20, {}, 404),
        ("/v1/parties/XX/XXX", {}, 404),
        ("/v1/transactions/0x" + "11" * 32, {}, 404),
        ("/v1/parties/XX/TOOLONG", {}, 400),
        ("/v1/nodes/me", {}, 400),
        ("/v1/accounts/me", {}, 400),
        ("/v1/transactions/0x11", {}, 400),
        ("/v1/history", {"party": "nobody!"}, 400),
        ("/v1/route", {"from_": "DE-ABC"}, 400),
        ("/v1/route", {"from_": "DE-ABC", "to": "DE-ABD", "interface": "side"}, 400),
        ("/v1/search", {}, 400),
        ("/v1/search", {"q": "x" * 201}, 400),
        ("/v1/parties", {"country": "GERMANY"}, 400),
        ("/v1/parties", {"limit": 501}, 400),
        ("/v1/parties", {"sort": "colour"}, 400),
        ("/v1/agreements", {}, 400),
    ],
)
def test_query_without_an_answer_says_why(ask, path, query, status):
    assert ask(path, status=status, **query)["detail"]


def test_repeated_parameter_is_refused(serving):
    reply = serving.api.answer("GET", "/v1/nodes", [("q", "a"), ("q", "b")])
    assert reply.status == 400


def test_cancelling_asks_for_the_next_nonce(ask, fresh):
    account = fresh.accounts[6].address
    body = {"account": account, "intent": {"type": "InvalidateNonce", "contract": "registry"}}
    result = ask("/v1/prepare", method="POST", body=body)
    assert result["typedData"]["message"]["newNonce"] == "1000"
