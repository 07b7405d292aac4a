"""The example refuses a valid message with one change, with the right response."""

import asyncio
import json
import logging

import pytest
from aiohttp import web
from network import Told
from node.messages import from_node
from node.settings import Limits
from yarl import URL

from ocn_registry import Module
from ocn_registry.models import PartyId
from ocn_registry.notary import MessageSignature, OcpiMessage, sign_body

INVALID = (400, 2001)
UNKNOWN = (200, 4001)
NOT_CONNECTED = (200, 4003)
NOBODY = PartyId("XX", "XXX")


@pytest.fixture(autouse=True)
def nothing_unexpected(caplog):
    """Fail if a refusal is caused by an error of the example itself."""
    yield
    assert not [one for one in caplog.records if one.levelno >= logging.ERROR]


def said(outcome):
    return outcome.http_status, outcome.status


async def refused(outcome, how, why, *parties):
    """Check a response, and that nobody received the message."""
    assert said(outcome) == how, outcome.body
    assert why in outcome.body["status_message"]
    assert outcome.body["timestamp"].endswith("Z")
    assert all(party.got.empty() for party in parties)


# Faults of the sender


def test_signature_of_a_stranger_is_refused(play):
    async def scene(network):
        message = network.msp.message(network.cpo.id, network.msp.command())
        signature = MessageSignature.sign(message, network.stranger).to_header()
        outcome = await network.msp.start_session(
            network.cpo.id, message=message, signature=signature
        )
        await refused(outcome, INVALID, "neither NL MSP nor its operator", network.cpo)

    play(scene)


def test_operator_of_another_node_can_not_sign_for_a_party(play):
    async def scene(network):
        message = network.msp.message(network.cpo.id, network.msp.command())
        signature = MessageSignature.sign(message, network.operators[1]).to_header()
        outcome = await network.msp.start_session(
            network.cpo.id, message=message, signature=signature
        )
        await refused(outcome, INVALID, "neither NL MSP nor its operator", network.cpo)

    play(scene)


@pytest.mark.parametrize(
    "change",
    [
        {"location_id": "L2"},
        {"response_url": "http://127.0.0.1:1/"},
        {"evse_uid": "added"},
    ],
    ids=str,
)
def test_changed_body_is_refused(play, change):
    async def scene(network):
        msp, cpo = network.msp, network.cpo
        message = msp.message(cpo.id, msp.command())
        signature = MessageSignature.sign(message, msp.signer).to_header()
        changed = OcpiMessage(headers=message.headers, body={**message.body, **change})
        outcome = await msp.start_session(cpo.id, message=changed, signature=signature)
        await refused(outcome, INVALID, "Invalid signature", cpo)

    play(scene)


@pytest.mark.parametrize(
    ("signature", "why"),
    [
        (None, "Missing OCN Signature"),
        ("AAAA", "Invalid signature"),
        ("\xff", "Missing OCN Signature"),
    ],
)
def test_what_is_not_a_signature_is_refused(play, signature, why):
    async def scene(network):
        outcome = await network.msp.start_session(network.cpo.id, OCN_Signature=signature)
        await refused(outcome, INVALID, why, network.cpo)

    play(scene)


def test_unknown_receiver_is_reported(play):
    async def scene(network):
        outcome = await network.msp.start_session(NOBODY)
        await refused(outcome, UNKNOWN, "Receiver not registered", network.cpo)

    play(scene)


def test_party_that_left_the_registry_sends_and_receives_nothing(play):
    async def scene(network):
        msp, cpo = network.msp, network.cpo
        await network.write("delete_party", signer=cpo.signer)
        await refused(await msp.start_session(cpo.id), UNKNOWN, "not registered", cpo)
        outcome = await cpo.put_session(msp.id)
        await refused(outcome, INVALID, "DE CPO is not listed at this node", msp)

    play(scene)


def test_operator_that_was_delisted_sends_and_receives_nothing(play):
    async def scene(network):
        msp, cpo = network.msp, network.cpo
        await network.write("delete_node", signer=network.operators[1])
        outcome = await msp.start_session(cpo.id)
        await refused(outcome, NOT_CONNECTED, "the operator of DE CPO runs no node", cpo)
        outcome = await cpo.put_session(msp.id)
        await refused(outcome, NOT_CONNECTED, "this node is not in the registry", msp)
        # If that node sends it anyway:
        outcome = await between(network, cpo, msp, network.operators[1])
        await refused(outcome, UNKNOWN, "Sending party not registered", msp)

    play(scene)


def test_party_that_moved_to_another_node_is_refused_by_the_one_it_left(play):
    async def scene(network):
        msp, cpo = network.msp, network.cpo
        first, _ = network.operators
        ids = cpo.id.country_code, cpo.id.party_id
        await network.write("set_party", *ids, [0], first.address, signer=cpo.signer)
        outcome = await cpo.put_session(msp.id)
        await refused(outcome, INVALID, "DE CPO is not listed at this node", msp)
        outcome = await msp.start_session(cpo.id)
        await refused(outcome, NOT_CONNECTED, "has not connected yet", cpo)

    play(scene)


@pytest.mark.parametrize("token", ["Token other", "Token ", "msp-in", None])
def test_request_without_the_token_is_refused(play, token):
    async def scene(network):
        outcome = await network.msp.start_session(network.cpo.id, Authorization=token)
        await refused(outcome, INVALID, "Invalid CREDENTIALS_TOKEN_C", network.cpo)

    play(scene)


def test_platform_can_not_speak_for_another_ones_party(play):
    async def scene(network):
        outcome = await network.msp.start_session(network.cpo.id, Authorization="Token srv-in")
        await refused(outcome, INVALID, "Could not find role on sending platform", network.cpo)

    play(scene)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/ocpi/receiver/2.2/commands/../../secret", INVALID),
        ("/ocpi/receiver/2.2/commands//x", INVALID),
        ("/ocpi/receiver/2.2/commands/%2e%2e/x", INVALID),
        ("/ocpi/receiver/2.2/commands/a%20b", INVALID),
        ("/ocpi/receiver/2.2/credentials", (404, 2000)),
        ("/ocpi/receiver/2.1.1/commands", (404, 2000)),
        ("/elsewhere", (404, 2000)),
    ],
)
def test_path_that_leads_elsewhere_is_refused(play, path, status):
    async def scene(network):
        msp, cpo = network.msp, network.cpo
        message = msp.message(cpo.id, msp.command())
        outcome = await msp.send("POST", URL(msp.node_url + path, encoded=True), message)
        await refused(outcome, status, "", cpo)

    play(scene)


# Lists of the receiver


@pytest.mark.parametrize(
    ("rules", "arrives"),
    [
        ({"blacklist": {PartyId("NL", "MSP"): frozenset([Module.COMMANDS])}}, False),
        ({"blacklist": {PartyId("NL", "MSP"): frozenset([Module.SESSIONS])}}, True),
        ({"blacklist": {PartyId("NL", "XXX"): frozenset([Module.COMMANDS])}}, True),
        ({"whitelist": {PartyId("NL", "MSP"): frozenset([Module.COMMANDS])}}, True),
        ({"whitelist": {PartyId("NL", "MSP"): frozenset([Module.SESSIONS])}}, False),
        ({"whitelist": {}}, False),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, dict) else str(value),
)
def test_lists_of_the_receiver_are_applied(play, rules, arrives):
    async def scene(network):
        outcome = await network.msp.start_session(network.cpo.id)
        if arrives:
            assert said(outcome) == (200, 1000)
        else:
            await refused(outcome, (400, 2000), "not in sender's whitelist", network.cpo)

    play(scene, rules={PartyId("DE", "CPO"): rules})


def test_lists_are_applied_within_one_node_and_to_copies(play):
    async def scene(network):
        msp, cpo, service = network.msp, network.cpo, network.service
        await refused(await msp.start_session(service.id), (400, 2000), "whitelist", service)
        await network.write("create_agreement", service.signer.address, signer=cpo.signer)
        assert (await cpo.put_session(msp.id)).status == 1000
        await network.settle()
        assert service.got.empty()

    play(scene, rules={PartyId("DE", "SRV"): {"whitelist": {}}})


# Between nodes


async def between(network, sender, receiver, signer, *, changed=("", ""), **changes):
    """Send a message like the sender's node, with a chosen signer."""
    message = sender.message(receiver.id, {"id": "S1"})
    values = {
        "module": "SESSIONS",
        "interface_role": "RECEIVER",
        "method": "PUT",
        "headers": {
            "Authorization": "",
            "OCN-Signature": MessageSignature.sign(message, sender.signer).to_header(),
            "X-Request-ID": "1",
            "X-Correlation-ID": message.headers["x-correlation-id"],
            "sender": {"party_id": sender.id.party_id, "country_code": sender.id.country_code},
            "receiver": {
                "party_id": receiver.id.party_id,
                "country_code": receiver.id.country_code,
            },
        },
        "url_path": "DE/CPO/S1",
        "body": {"id": "S1"},
    } | changes
    text = json.dumps(values)
    headers = {"X-Request-ID": "1", "OCN-Signature": sign_body(text, signer)}
    return await posted(receiver, "/ocn/message", text.replace(*changed), headers)


async def posted(party, path, content, headers):
    url = party.node_url + path
    async with party.session.post(url, data=content, headers=headers) as response:
        return Told(response.status, json.loads(await response.read()), dict(response.headers))


def test_message_of_a_node_is_accepted_in_any_layout(play):
    async def scene(network):
        outcome = await between(network, network.cpo, network.msp, network.operators[1])
        assert said(outcome) == (200, 1000)
        assert (await network.msp.got.get()).body == {"id": "S1"}

    play(scene)


def test_numbers_among_the_parameters_are_text_to_the_signature(play):
    async def scene(network):
        msp, cpo = network.msp, network.cpo
        message = cpo.message(msp.id, params={"limit": "50"})
        headers = {
            "OCN-Signature": MessageSignature.sign(message, cpo.signer).to_header(),
            "X-Request-ID": "1",
            "X-Correlation-ID": message.headers["x-correlation-id"],
            "sender": {"party_id": "CPO", "country_code": "DE"},
            "receiver": {"party_id": "MSP", "country_code": "NL"},
        }
        values = {"headers": headers, "method": "GET", "query_params": {"limit": 50}, "body": None}
        outcome = await between(network, cpo, msp, network.operators[1], **values)
        assert said(outcome) == (200, 1000)
        assert (await msp.got.get()).params == {"limit": "50"}

    play(scene)


@pytest.mark.parametrize("who", ["stranger", "first operator", "party"])
def test_message_that_the_senders_operator_did_not_sign_is_refused(play, who):
    async def scene(network):
        signer = {
            "stranger": network.stranger,
            "first operator": network.operators[0],
            "party": network.cpo.signer,
        }[who]
        outcome = await between(network, network.cpo, network.msp, signer)
        await refused(outcome, NOT_CONNECTED, "Could not verify OCN-Signature", network.msp)

    play(scene)


def test_body_that_was_changed_between_nodes_is_refused(play):
    async def scene(network):
        msp, cpo = network.msp, network.cpo
        outcome = await between(network, cpo, msp, network.operators[1], changed=("1", "2"))
        await refused(outcome, NOT_CONNECTED, "Could not verify OCN-Signature", msp)

    play(scene)


def test_node_can_not_change_what_its_party_signed(play):
    async def scene(network):
        msp, cpo = network.msp, network.cpo
        changed = {"body": {"id": "S2"}}
        outcome = await between(network, cpo, msp, network.operators[1], **changed)
        await refused(outcome, INVALID, "Invalid signature", msp)
        # Not even by a proper rewrite, if it is of something that nodes have no business with.
        message = cpo.message(msp.id, {"id": "S1"})
        signature = MessageSignature.sign(message, cpo.signer)
        after, rewritten = signature.rewrite(
            message, {"$['body']['id']": "S2"}, network.operators[1]
        )
        headers = {
            "OCN-Signature": rewritten.to_header(),
            "X-Request-ID": "1",
            "X-Correlation-ID": message.headers["x-correlation-id"],
            "sender": {"party_id": "CPO", "country_code": "DE"},
            "receiver": {"party_id": "MSP", "country_code": "NL"},
        }
        outcome = await between(
            network, cpo, msp, network.operators[1], headers=headers, body=after.body
        )
        await refused(outcome, INVALID, "was rewritten, which nodes don't", msp)

    play(scene)


def test_node_can_not_send_for_parties_of_the_receiving_node(play):
    async def scene(network):
        outcome = await between(network, network.service, network.msp, network.operators[0])
        await refused(outcome, UNKNOWN, "Sending party not registered", network.msp)

    play(scene)


def test_node_refuses_what_is_for_another_node(play):
    async def scene(network):
        msp, cpo = network.msp, network.cpo
        receiver = {"party_id": "MSP", "country_code": "NL"}
        message = cpo.message(msp.id, {"id": "S1"})
        values = {
            "OCN-Signature": MessageSignature.sign(message, cpo.signer).to_header(),
            "X-Request-ID": "1",
            "X-Correlation-ID": message.headers["x-correlation-id"],
            "sender": {"party_id": "CPO", "country_code": "DE"},
            "receiver": receiver,
        }
        service = network.service
        await network.write(
            "set_party", "NL", "MSP", [1], network.operators[1].address, signer=msp.signer
        )
        outcome = await between(network, cpo, service, network.operators[1], headers=values)
        await refused(outcome, UNKNOWN, "Recipient unknown to OCN Node", msp, service)

    play(scene)


def test_result_goes_only_where_the_asking_party_said(play):
    async def scene(network):
        msp, cpo = network.msp, network.cpo
        assert (await msp.start_session(cpo.id)).status == 1000
        url = (await cpo.got.get()).body["response_url"]
        uid = url.rpartition("/")[2]
        # A node that names a URL of its own choice: the asker's node takes the one it knows.
        message = cpo.message(msp.id, {"result": "ACCEPTED"})
        values = {
            "module": "COMMANDS",
            "interface_role": "SENDER",
            "method": "POST",
            "url_path": f"START_SESSION/{uid}",
            "proxy_resource": f"{msp.url}/elsewhere",
            "body": {"result": "ACCEPTED"},
            "headers": {
                "OCN-Signature": MessageSignature.sign(message, cpo.signer).to_header(),
                "X-Request-ID": "1",
                "X-Correlation-ID": message.headers["x-correlation-id"],
                "sender": {"party_id": "CPO", "country_code": "DE"},
                "receiver": {"party_id": "MSP", "country_code": "NL"},
            },
        }
        outcome = await between(network, cpo, msp, network.operators[1], **values)
        assert outcome.status == 1000
        assert (await msp.got.get()).path == "/result/1"
        values["url_path"] = "START_SESSION/unknown"
        outcome = await between(network, cpo, msp, network.operators[1], **values)
        await refused(outcome, (404, 2003), "Proxied resource not found", msp)
        # Nobody else can use the id.
        service = network.service
        url = url.replace(cpo.node_url, service.node_url)
        outcome = await service.send("POST", url, service.message(msp.id, {"result": "ACCEPTED"}))
        await refused(outcome, (404, 2003), "Proxied resource not found", msp)

    play(scene)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"5",
        b"[]",
        b'{"module":"SESSIONS"}',
        b'{"a":' + b"[" * 100_000,
        b"\xff\xfe",
        b'{"module":5,"headers":{}}',
    ],
    ids=lambda content: content[:20].decode("latin-1"),
)
def test_what_is_not_a_message_of_a_node_is_refused(play, content):
    async def scene(network):
        headers = {"OCN-Signature": "00" * 65}
        outcome = await posted(network.msp, "/ocn/message", content, headers)
        await refused(outcome, INVALID, "", network.msp)

    play(scene)


# Faults of the receiver


def test_answer_that_the_receiver_did_not_sign_is_not_passed_on(play):
    async def scene(network):
        msp, cpo = network.msp, network.cpo
        cpo.answer = lambda got: cpo.say(got, signer=network.stranger)
        outcome = await msp.start_session(cpo.id)
        assert said(outcome) == (200, 3000)
        assert "Unable to verify response signature" in outcome.body["status_message"]

    play(scene)


@pytest.mark.parametrize(
    ("answer", "how", "why"),
    [
        (b'{"status_code":1000}', (200, 3000), "nobody signed it"),
        (b'{"status_code":2003,"status_message":"no"}', (200, 2003), "no"),
        (b"<html>", (200, 3000), "Could not parse JSON response"),
        (b" " * 3_000_000, (200, 3000), "too long"),
        (b'{"status_code":"1000"}', (200, 3000), "Could not parse JSON response"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_other_answers_are_handled(play, answer, how, why):
    async def scene(network):
        network.cpo.answer = content
        outcome = await network.msp.start_session(network.cpo.id)
        assert said(outcome) == how
        assert why in outcome.body["status_message"]

    async def content(_got):
        return web.Response(body=answer, content_type="application/json")

    play(scene)


def test_receiver_that_does_not_answer_is_a_timeout(play):
    async def scene(network):
        never = asyncio.Event()

        async def wait(_got):
            await never.wait()

        network.cpo.answer = wait
        outcome = await network.msp.start_session(network.cpo.id)
        assert said(outcome) == (200, 4002)
        never.set()

    play(scene, limits=Limits(forward_s=0.2))


def test_receiver_that_is_not_there_is_a_connection_problem(play):
    async def scene(network):
        await network.cpo.runner.cleanup()
        outcome = await network.msp.start_session(network.cpo.id)
        assert said(outcome) == NOT_CONNECTED

    play(scene)


def test_module_that_the_receiver_lacks_is_reported(play):
    async def scene(network):
        message = network.cpo.message(network.msp.id, {"id": "T1"})
        url = "/ocpi/receiver/2.2/tariffs/DE/CPO/T1"
        outcome = await network.cpo.send("PUT", url, message)
        await refused(outcome, INVALID, "does not support the requested module", network.msp)

    play(scene)


# Limits


def test_long_bodies_are_refused(play):
    async def scene(network):
        outcome = await network.cpo.put_session(network.msp.id, kwh="1" * 2000)
        await refused(outcome, (413, 2001), "too long", network.msp)

    play(scene, limits=Limits(body_bytes=1000))


def test_long_headers_are_refused(play):
    async def scene(network):
        outcome = await network.cpo.put_session(network.msp.id, X_Other="x" * 5000)
        await refused(outcome, (431, 2001), "too long", network.msp)

    play(scene, limits=Limits(header_bytes=4000))


def test_request_that_comes_slowly_is_refused(play):
    async def scene(network):
        host, port = network.msp.node_url.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(b"POST /ocn/message HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{")
        answer = await reader.readuntil(b"\r\n")
        assert answer.startswith(b"HTTP/1.1 408 ")
        writer.close()
        await writer.wait_closed()

    play(scene, limits=Limits(receive_s=0.2))


def test_header_that_names_somebody_twice_is_refused(play):
    async def scene(network):
        msp = network.msp
        url = f"{msp.node_url}/ocpi/receiver/2.2/commands/START_SESSION"
        twice = [("OCPI-to-party-id", "CPO"), ("OCPI-to-party-id", "SRV")]
        async with msp.session.post(url, json={}, headers=twice) as response:
            assert response.status == 400
            assert "comes twice" in (await response.json())["status_message"]

    play(scene)


def test_nothing_is_sent_by_a_registry_that_is_too_old(play):
    async def scene(network):
        outcome = await network.msp.start_session(network.cpo.id)
        await refused(outcome, (503, 3000), "older than allowed", network.cpo)
        outcome = await between(network, network.cpo, network.msp, network.operators[1])
        await refused(outcome, (503, 3000), "older than allowed", network.msp)

    play(scene, limits=Limits(registry_age_s=0))


def test_message_between_nodes_has_the_form_that_other_nodes_write(play):
    """Names, order and missing white space matter, because real nodes sign reserialised text."""

    async def scene(network):
        msp, cpo = network.msp, network.cpo
        request = None

        async def keep(content, _signature):
            nonlocal request
            request = content
            return await hand_over(content, _signature)

        node = network.apps[1].node
        hand_over, node.from_node = node.from_node, keep
        assert (await msp.start_session(cpo.id)).status == 1000
        outcome = json.loads(request)
        assert list(outcome) == [
            "module",
            "interface_role",
            "method",
            "headers",
            "url_path",
            "proxy_uid",
            "proxy_resource",
            "body",
        ]
        assert list(outcome["headers"]) == [
            "Authorization",
            "OCN-Signature",
            "X-Request-ID",
            "X-Correlation-ID",
            "sender",
            "receiver",
        ]
        assert outcome["headers"]["Authorization"] == ""
        assert outcome["proxy_resource"] == msp.command()["response_url"]
        assert json.dumps(outcome, separators=(",", ":")).encode() == request
        assert from_node(request).to_node().encode() == request

    play(scene)
