"""Two example nodes exchange a command and a session, and services get the agreed copies."""

import aiohttp
import pytest

RESPONSE_URL = "$['body']['response_url']"
TO = {"$['headers']['ocpi-to-country-code']", "$['headers']['ocpi-to-party-id']"}


def test_command_reaches_the_other_node_and_its_result_comes_back(play):
    async def scene(network):
        msp, cpo = network.msp, network.cpo
        outcome = await msp.start_session(cpo.id)
        assert (outcome.http_status, outcome.status) == (200, 1000)
        got = await cpo.got.get()
        assert (got.method, got.path) == ("POST", "/receiver/commands/START_SESSION")
        assert got.body["token"] == msp.command()["token"]
        # The party's signature is there, below that of its node, which changed this alone.
        assert got.signed.signatories == (network.operators[0].address, msp.signer.address)
        assert got.signed.rewritten_fields == {RESPONSE_URL}
        assert got.signed.original.message.body == msp.command()
        url = got.body["response_url"]
        assert url.startswith(f"{cpo.node_url}/ocpi/sender/2.2/commands/START_SESSION/")

        outcome = await cpo.send("POST", url, cpo.message(msp.id, {"result": "ACCEPTED"}))
        assert (outcome.http_status, outcome.status) == (200, 1000)
        result = await msp.got.get()
        assert (result.method, result.path, result.body) == (
            "POST",
            "/result/1",
            {"result": "ACCEPTED"},
        )
        assert result.signed.signatories == (cpo.signer.address,)

    play(scene)


def test_session_reaches_the_other_node(play):
    async def scene(network):
        msp, cpo = network.msp, network.cpo
        outcome = await cpo.put_session(msp.id)
        assert (outcome.http_status, outcome.status) == (200, 1000)
        got = await msp.got.get()
        assert (got.method, got.path) == ("PUT", "/receiver/sessions/DE/CPO/S1")
        assert got.body == {"id": "S1", "kwh": 1.5, "status": "ACTIVE"}
        assert got.signed.signatories == (cpo.signer.address,)

    play(scene)


def test_command_between_parties_of_one_node_stays_there(play):
    async def scene(network):
        msp, service = network.msp, network.service
        assert (await msp.start_session(service.id)).status == 1000
        url = (await service.got.get()).body["response_url"]
        assert url.startswith(msp.node_url)
        outcome = await service.send("POST", url, service.message(msp.id, {"result": "ACCEPTED"}))
        assert outcome.status == 1000
        assert (await msp.got.get()).path == "/result/1"

    play(scene)


def test_query_and_empty_body_arrive_signed(play):
    async def scene(network):
        msp, cpo = network.msp, network.cpo
        page = {"date_from": "2026-01-01T00:00:00Z", "offset": "0", "limit": "50"}
        message = msp.message(cpo.id, params=page)
        assert (await msp.send("GET", "/ocpi/sender/2.2/sessions", message)).status == 1000
        got = await cpo.got.get()
        assert (got.method, got.path, got.params) == ("GET", "/sender/sessions", page)
        assert got.signed.signatory == msp.signer.address

    play(scene)


def test_operator_may_sign_for_its_party(play):
    async def scene(network):
        network.cpo.signer = network.operators[1]
        assert (await network.cpo.put_session(network.msp.id)).status == 1000
        got = await network.msp.got.get()
        assert got.signed.signatory == network.operators[1].address

    play(scene)


def test_service_gets_a_copy_by_agreement_and_none_after_it_was_revoked(play):
    async def scene(network):
        msp, cpo, service = network.msp, network.cpo, network.service
        provider = service.signer.address
        await network.write("create_agreement", provider, signer=cpo.signer)
        assert (await cpo.put_session(msp.id, kwh=1)).status == 1000
        assert (await msp.got.get()).body["kwh"] == 1
        copy = await service.got.get()
        assert (copy.method, copy.path) == ("PUT", "/receiver/sessions/DE/CPO/S1")
        assert copy.body["kwh"] == 1
        assert copy.signed.signatories == (network.operators[1].address, cpo.signer.address)
        assert copy.signed.rewritten_fields == TO
        headers = copy.signed.original.message.headers
        assert headers["ocpi-to-party-id"] == msp.id.party_id

        await network.write("revoke_agreement", provider, signer=cpo.signer)
        assert (await cpo.put_session(msp.id, kwh=2)).status == 1000
        await network.settle()
        assert service.got.empty()

    play(scene)


@pytest.mark.parametrize("ending", ["delete_service", "delete_party"])
def test_provider_that_left_gets_no_copy(play, ending):
    async def scene(network):
        msp, cpo, service = network.msp, network.cpo, network.service
        await network.write("create_agreement", service.signer.address, signer=cpo.signer)
        await network.write(ending, signer=service.signer)
        assert (await cpo.put_session(msp.id)).status == 1000
        await network.settle()
        assert service.got.empty()

    play(scene)


def test_service_at_the_senders_node_gets_commands_too_and_not_what_it_did_not_ask_for(play):
    async def scene(network):
        msp, cpo, service = network.msp, network.cpo, network.service
        await network.write("create_agreement", service.signer.address, signer=msp.signer)
        assert (await msp.start_session(cpo.id)).status == 1000
        copy = await service.got.get()
        assert copy.body == msp.command()
        assert copy.signed.signatories == (network.operators[0].address, msp.signer.address)
        message = msp.message(cpo.id, params={"offset": "0"})
        assert (await msp.send("GET", "/ocpi/sender/2.2/sessions", message)).status == 1000
        await network.settle()
        assert service.got.empty()

    play(scene)


def test_failed_copy_does_not_stop_the_message(play, caplog):
    async def scene(network):
        msp, cpo, service = network.msp, network.cpo, network.service
        await network.write("create_agreement", service.signer.address, signer=cpo.signer)
        service.answer = refuse
        assert (await cpo.put_session(msp.id)).status == 1000
        await network.settle()

    async def refuse(_got):
        return aiohttp.web.Response(status=500, text="broken")

    play(scene)
    assert "the copy for DE SRV did not arrive" in caplog.text


def test_node_reports_who_it_is_and_how_old_its_registry_is(play):
    async def scene(network):
        for operator, app in zip(network.operators, network.apps, strict=True):
            url = app.node._settings.url
            async with network.msp.session.get(f"{url}/ocn/registry/node-info") as response:
                info = await response.json()
            assert info == {"url": url, "address": operator.address}
            node = network.client.node(info["address"])
            assert node.domain == info["url"]
            async with network.msp.session.get(f"{url}/metrics") as response:
                assert "ocn_registry_age_seconds" in await response.text()

    play(scene)
