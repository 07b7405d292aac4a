"""The cache on a chain: its answers, its age, outages and reorganisations, and subscribers."""

import itertools
import logging
import sqlite3
import threading
import time

import pytest

from ocn_registry import (
    CacheOptions,
    InvalidInput,
    Module,
    PartyId,
    Permission,
    RegistryCache,
    ReorgTooDeep,
    Role,
    RpcUnavailable,
    Signatory,
    StaleCache,
)
from ocn_registry.cache import Cause, following, metrics
from ocn_registry.errors import RpcRefused
from ocn_registry.evm import abi
from ocn_registry.evm.keccak import selector
from ocn_registry.models import Interface
from ocn_registry.protocol.effects import Logs

URL, OTHER_URL = "https://node.example", "https://other.example"


@pytest.fixture
def file(tmp_path):
    return tmp_path / "cache.sqlite"


@pytest.fixture
def cache(client, file):
    with RegistryCache(client, file=file) as cache:
        cache.refresh()
        yield cache


@pytest.fixture
def listed(client, operator, cpo, emsp, provider):
    """List a node, two parties and a provider with an agreement."""
    client.set_node(URL, signer=operator)
    client.set_party("DE", "CPO", [Role.CPO], operator.address, signer=cpo)
    client.set_party("DE", "MSP", [Role.EMSP], operator.address, signer=emsp)
    client.set_party("DE", "SRV", [Role.OTHER], operator.address, signer=provider)
    client.set_party_modules([Module.LOCATIONS], [Module.COMMANDS], signer=cpo)
    client.set_service([Permission.FORWARD_MODULE_LOCATIONS_SENDER], name="s", signer=provider)
    client.create_agreement(provider.address, signer=emsp)


def mine(devnet, blocks=1):
    devnet.request("anvil_mine", hex(blocks))


def parts_of(effect):
    if not hasattr(effect, "parts"):
        return (effect,)
    return tuple(one for part in effect.parts for one in parts_of(part))


class Cut:
    """Refuses what a test chooses."""

    def __init__(self, transport):
        self._transport = transport
        self.refuse = lambda _: None
        self.asked = []

    def perform(self, effect):
        for part in parts_of(effect):
            self.asked.append(part)
            error = self.refuse(part)
            if error:
                raise error
        return self._transport.perform(effect)

    def close(self):
        pass


@pytest.fixture
def cut(client):
    client._transport = Cut(client.transport)
    return client._transport


def unavailable(_):
    return RpcUnavailable("cut")


# Lookups, in the cache and directly with the client


@pytest.fixture(params=["cache", "client", "snapshot"])
def asked(request, listed, cache, client):
    cache.refresh()
    return {"cache": cache, "client": client, "snapshot": cache.snapshot()}[request.param]


def test_route_leads_to_the_node(asked, operator):
    route = asked.route("DE", "CPO")
    assert (route.operator, route.domain) == (operator.address, URL)


def test_unknown_party_has_no_route(asked):
    assert asked.route("DE", "XXX") is None


def test_what_is_not_an_id_is_refused(asked):
    with pytest.raises(InvalidInput, match="country code"):
        asked.route("DEU", "CPO")


def test_party_reached_through_my_node_is_mine(asked, operator, other_operator):
    assert asked.is_mine("DE", "CPO", operator=operator.address)
    assert not asked.is_mine("DE", "CPO", operator=other_operator.address)
    assert not asked.is_mine("DE", "XXX", operator=operator.address)


def test_planned_parties_are_those_that_have_not_connected(asked, operator):
    planned = asked.planned_parties(operator=operator.address, connected=[("DE", "CPO")])
    assert {party.id.party_id for party in planned} == {"MSP", "SRV"}


def test_connected_parties_are_named_as_people_write_ids(asked, operator):
    for written in ("de*cpo", "DE-CPO", "decpo", ("de", "cpo"), ["DE", "CPO"]):
        planned = asked.planned_parties(operator=operator.address, connected=[written])
        assert {party.id.party_id for party in planned} == {"MSP", "SRV"}
    with pytest.raises(InvalidInput, match="write it as DE ABC"):
        asked.planned_parties(operator=operator.address, connected=["DE"])


def test_parties_are_found_by_their_fields(asked, operator, other_operator):
    def ids(**filters):
        return {party.id.party_id for party in asked.parties(**filters)}

    assert ids() == ids(operator=operator.address) == {"CPO", "MSP", "SRV"}
    assert ids(operator=other_operator.address) == set()
    assert ids(role=Role.EMSP) == {"MSP"}
    assert ids(role=(Role.EMSP, Role.NSP, Role.OTHER)) == {"MSP", "SRV"}
    assert ids(role={Role.CPO}, module=Module.LOCATIONS) == ids(role=[0]) == {"CPO"}
    assert ids(role=[Role.NAP, Role.HUB]) == set()
    for nothing in ([], [None], ["CPO"], "CPO", 99):
        with pytest.raises(InvalidInput):
            ids(role=nothing)
    assert ids(module=Module.LOCATIONS) == {"CPO"}
    assert ids(module=Module.LOCATIONS, interface=Interface.RECEIVER) == set()
    assert ids(interface=Interface.RECEIVER) == {"CPO"}


def test_signatory_is_the_party_or_its_operator(asked, operator, cpo, emsp):
    assert asked.signatory_of("DE", "CPO", address=cpo.address) is Signatory.PARTY
    assert asked.signatory_of("DE", "CPO", address=operator.address) is Signatory.OPERATOR
    assert asked.signatory_of("DE", "CPO", address=emsp.address) is None
    assert asked.signatory_of("DE", "XXX", address=cpo.address) is None
    assert asked.signatory_of("DE", "XXX", address="0x" + "00" * 20) is None


@pytest.mark.parametrize("letters", [str.lower, str.title, str.swapcase])
def test_ids_are_found_in_letters_of_any_case(asked, letters, operator, cpo, provider):
    """OCPI ignores case in ids (`CiString`)."""
    cpo_id, msp_id = (letters("DE"), letters("CPO")), (letters("DE"), letters("MSP"))
    assert asked.route(*cpo_id) == asked.route("DE", "CPO") is not None
    assert asked.party(*cpo_id) == asked.party("DE", "CPO") is not None
    assert asked.is_mine(*cpo_id, operator=operator.address)
    assert asked.signatory_of(*cpo_id, address=cpo.address) is Signatory.PARTY
    assert len(asked.agreements(*msp_id)) == 1
    found = asked.services_for(*msp_id, module="Locations", interface="SENDER")
    assert [service.provider for service in found] == [provider.address]
    for connected in ([cpo_id, msp_id], [PartyId(*cpo_id), PartyId(*msp_id)]):
        planned = asked.planned_parties(operator=operator.address, connected=connected)
        assert [party.id.party_id for party in planned] == ["SRV"]


def test_an_id_that_v1_holds_in_small_letters_is_found_exactly_first(
    listed, cache, client, operator, devnet
):
    if client.deployment.dialect != "v1":
        pytest.skip("v3 holds capital letters only")
    odd = devnet.accounts[8].address
    arguments = abi.join(
        abi.fixed(b"de"), abi.fixed(b"cpo"), abi.uints([0]), abi.address(operator.address)
    )
    data = selector("setParty(bytes2,bytes3,uint8[],address)") + arguments
    transaction = {"from": odd, "to": client.deployment.registry, "data": "0x" + data.hex()}
    receipt = devnet.request("eth_sendTransactionSync", transaction)
    assert receipt["status"] == "0x1"
    cache.refresh()
    for one in (cache, client):
        assert one.party("de", "cpo").address == odd
        assert one.party("DE", "CPO").address != odd
        assert one.party("De", "Cpo").address != odd
        assert one.route("de", "cpo").id == PartyId("de", "cpo")
        assert one.signatory_of("de", "cpo", address=odd) is Signatory.PARTY


def test_service_gets_what_the_sender_has_agreed_to(asked, provider):
    def providers(party_id, module="locations", interface="sender"):
        found = asked.services_for("DE", party_id, module=module, interface=interface)
        return [service.provider for service in found]

    assert providers("MSP") == [provider.address]
    assert providers("MSP", interface="receiver") == []
    assert providers("MSP", module="sessions") == []
    assert providers("MSP", module="my-module") == []
    assert providers("CPO") == []
    assert providers("XXX") == []


# What ends an agreement


def gets(cache):
    cache.refresh()
    return bool(cache.services_for("DE", "MSP", module="locations", interface="sender"))


def test_revoked_agreement_receives_nothing(listed, cache, client, emsp, provider):
    assert gets(cache)
    client.revoke_agreement(provider.address, signer=emsp)
    assert not gets(cache)


def test_deleted_service_receives_nothing(listed, cache, client, provider):
    assert gets(cache)
    client.delete_service(signer=provider)
    assert not gets(cache)


def test_delisted_provider_receives_nothing(listed, cache, client, provider):
    assert gets(cache)
    client.delete_party(signer=provider)
    assert not gets(cache)


def test_delisted_user_has_agreed_to_nothing(listed, cache, client, emsp):
    assert gets(cache)
    client.delete_party(signer=emsp)
    assert not gets(cache)


def test_outdated_agreement_receives_nothing_where_it_binds(listed, cache, client, provider):
    assert gets(cache)
    client.set_service([Permission.FORWARD_ALL], name="s", signer=provider)
    assert gets(cache) == (not client.limits.binds_permissions)


def test_party_that_comes_back_starts_afresh_where_listings_count(
    listed, cache, client, emsp, operator
):
    client.delete_party(signer=emsp)
    client.set_party("DE", "MSP", [Role.EMSP], operator.address, signer=emsp)
    assert gets(cache) == (not client.limits.has_memberships)


def test_operator_without_a_node_gives_no_route(listed, cache, client, operator):
    client.delete_node(signer=operator)
    cache.refresh()
    route = cache.route("DE", "CPO")
    assert (route.operator, route.domain) == (operator.address, None)


def test_new_url_applies_to_all_routes(listed, cache, client, operator):
    cache.refresh()
    assert cache.route("DE", "CPO").domain == URL
    client.set_node(OTHER_URL, signer=operator)
    cache.refresh()
    assert {cache.route("DE", one).domain for one in ("CPO", "MSP", "SRV")} == {OTHER_URL}


def test_snapshot_does_not_change(listed, cache, client, cpo):
    cache.refresh()
    before = cache.snapshot()
    client.delete_party(signer=cpo)
    cache.refresh()
    assert cache.route("DE", "CPO") is None
    assert before.route("DE", "CPO").domain == URL
    assert before.block.number < cache.block.number


# Age


def test_nothing_is_answered_before_anything_was_loaded(client):
    cache = RegistryCache(client)
    assert cache.age_s is None
    with pytest.raises(StaleCache, match="the cache is not loaded yet"):
        cache.route("DE", "CPO")


def test_cache_that_is_too_old_refuses(client, clock):
    cache = RegistryCache(client, options=CacheOptions(max_age_s=60))
    cache.refresh()
    clock.now += 60
    assert cache.route("DE", "CPO") is None
    clock.now += 1
    with pytest.raises(StaleCache, match="older than allowed") as stale:
        cache.route("DE", "CPO")
    assert stale.value.block_number == cache.block_number
    assert cache.age_s == 61


def test_cache_serves_any_age_by_default(listed, cache, cut):
    cache.refresh()
    cache._transport = cut
    cut.refuse = unavailable
    with pytest.raises(RpcUnavailable):
        cache.refresh()
    assert cache.route("DE", "CPO").domain == URL
    assert cache.figures.errors == {"RpcUnavailable": 1}


def test_stopped_node_is_noticed_by_the_time_of_its_block(client):
    cache = RegistryCache(client, options=CacheOptions(max_block_age_s=0))
    cache.refresh()
    with pytest.raises(StaleCache):
        cache.nodes()


# What the chain does


def test_reorganisation_is_followed_by_hash(listed, cache, client, devnet, cpo, emsp, caplog):
    cache.refresh()
    kept = devnet.request("evm_snapshot")
    client.delete_party(signer=cpo)
    updates = []
    cache.subscribe(updates.append)
    cache.refresh()
    devnet.request("evm_revert", kept)
    client.delete_party(signer=emsp)
    mine(devnet)
    update = cache.refresh()
    assert update is updates[-1]
    assert update.cause is Cause.REORGANISED
    assert cache.figures.loads == 1
    assert {type(change).__name__ for change in update.changes} == {
        "PartySet",
        "PartyDeleted",
        "AgreementEnded",
    }
    assert {party.id.party_id for party in cache.parties()} == {"CPO", "SRV"}


def test_reorganisation_is_followed_after_a_start_from_the_file(listed, client, devnet, file, cpo):
    kept = devnet.request("evm_snapshot")
    with RegistryCache(client, file=file) as cache:
        cache.refresh()
        client.delete_party(signer=cpo)
        cache.refresh()
    devnet.request("evm_revert", kept)
    mine(devnet, 3)
    with RegistryCache(client, file=file) as cache:
        assert cache.route("DE", "CPO") is None
        assert cache.refresh().cause is Cause.REORGANISED
        assert cache.route("DE", "CPO").domain == URL


def test_reorganisation_beyond_what_is_known_loads_again(client, devnet):
    kept = devnet.request("evm_snapshot")
    mine(devnet, 2)
    cache = RegistryCache(client)
    cache.refresh()
    devnet.request("evm_revert", kept)
    devnet.request("evm_increaseTime", "0x64")
    mine(devnet, 3)
    assert cache.refresh().cause is Cause.LOADED


def test_reorganisation_beyond_what_is_known_is_an_error_when_asked_for(client, devnet):
    kept = devnet.request("evm_snapshot")
    mine(devnet, 2)
    cache = RegistryCache(client, options=CacheOptions(reload=False))
    cache.refresh()
    devnet.request("evm_revert", kept)
    devnet.request("evm_increaseTime", "0x64")
    mine(devnet, 3)
    with pytest.raises(ReorgTooDeep, match="not in the chain any more"):
        cache.refresh()


def test_cache_waits_for_a_lagging_node(listed, cache, client, devnet, cpo):
    cache.refresh()
    kept = devnet.request("evm_snapshot")
    client.delete_party(signer=cpo)
    cache.refresh()
    devnet.request("evm_revert", kept)
    assert cache.refresh() is None
    assert cache.route("DE", "CPO") is None  # what is newer stays
    assert cache.refresh() is None
    assert cache.refresh() is None
    assert cache.refresh().cause is Cause.REORGANISED  # it was no lag
    assert cache.route("DE", "CPO").domain == URL


def test_piece_that_is_refused_is_halved(listed, client, devnet, cut):
    cache = RegistryCache(client, options=CacheOptions(history=False))
    cache.refresh()
    mine(devnet, 100)

    def refuse(effect):
        if isinstance(effect, Logs) and effect.last - effect.first >= 10:
            return RpcRefused("eth_getLogs", -32005, "too many blocks")
        return None

    cut.refuse = refuse
    cut.asked.clear()
    cache.refresh()
    asked = [(effect.first, effect.last) for effect in cut.asked if isinstance(effect, Logs)]
    taken = [one for one in asked if one[1] - one[0] < 10]
    assert all(before[1] + 1 == after[0] for before, after in itertools.pairwise(taken))
    assert len(asked) < 40


def test_our_state_comes_only_from_events(listed, client, cpo, cut):
    if not client.limits.events_tell_all:
        pytest.skip("these events say what to read again")
    cache = RegistryCache(client)
    cache.refresh()
    client.set_party_modules([], [Module.TOKENS], signer=cpo)
    cut.asked.clear()
    cache.refresh()
    assert {type(effect).__name__ for effect in cut.asked} == {"Head", "BlockAt", "Logs"}
    assert cache.party("DE", "CPO").modules_receiver == (Module.TOKENS,)


def test_long_absence_loads_again(client, devnet):
    cache = RegistryCache(client, options=CacheOptions(load_beyond_blocks=10))
    cache.refresh()
    mine(devnet, 11)
    assert cache.refresh().cause is Cause.LOADED


@pytest.mark.parametrize(("events", "cause"), [(3, Cause.FOLLOWED), (4, Cause.LOADED)])
def test_more_events_than_are_worth_following_load_again(
    client, operator, monkeypatch, events, cause
):
    monkeypatch.setattr(following, "_MAX_EVENTS", 3)
    cache = RegistryCache(client, options=CacheOptions(chunk_blocks=1))
    cache.refresh()
    for number in range(events):
        if number % 2:
            client.delete_node(signer=operator)
        else:
            client.set_node(URL, signer=operator)
    assert cache.refresh().cause is cause
    assert cache.nodes() == client.nodes()


# The file


def test_file_of_another_program_is_left_alone(client, file):
    file.write_text("precious")
    with pytest.raises(InvalidInput, match="is not the file of a cache"):
        RegistryCache(client, file=file)
    assert file.read_text() == "precious"


def test_database_of_another_program_is_left_alone(client, file):
    with sqlite3.connect(file) as database:
        database.execute("CREATE TABLE precious (x)")
    with pytest.raises(InvalidInput, match="is not the file of a cache"):
        RegistryCache(client, file=file)


def test_file_of_another_deployment_is_refused(client, cache, file, devnet, deployment):
    cache.close()
    other = devnet.v1_deployment() if deployment == devnet.deployment() else devnet.deployment()
    client.deployment = other
    with pytest.raises(InvalidInput, match="give each deployment a file of its own"):
        RegistryCache(client, file=file)


def test_file_in_use_is_refused(client, cache, file):
    with pytest.raises(InvalidInput, match="give each process its own file"):
        RegistryCache(client, file=file)


def test_damaged_file_is_made_again(listed, client, cache, file, caplog):
    cache.refresh()
    cache.close()
    content = file.read_bytes()
    file.write_bytes(content[:200] + b"\xff" * (len(content) - 200))
    with RegistryCache(client, file=file) as again:
        again.refresh()
        assert again.route("DE", "CPO").domain == URL
    assert "created again" in caplog.text


def test_unwritable_file_does_not_stop_the_cache(listed, client, file, cpo, caplog):
    with RegistryCache(client, file=file) as cache:
        cache.refresh()
        cache._store._database.execute("PRAGMA query_only = 1")
        client.delete_party(signer=cpo)
        cache.refresh()
        assert cache.route("DE", "CPO") is None
        assert "continues without its file" in caplog.text
        cache._store._database.execute("PRAGMA query_only = 0")
        client.set_node(OTHER_URL, signer=cpo)
        cache.refresh()
    with RegistryCache(client, file=file) as again:  # what was missed was written then
        assert again.route("DE", "CPO") is None
        assert len(again.nodes()) == 2


# Subscribers, thread, metrics


def test_failing_subscriber_does_not_stop_the_cache(cache, client, operator, caplog):
    result = []

    def fails(update):
        raise RuntimeError("mine")

    cache.subscribe(fails)
    end = cache.subscribe(result.append)
    client.set_node(URL, signer=operator)
    update = cache.refresh()
    assert result == [update]
    assert "a subscriber of the cache failed" in caplog.text
    end()
    client.set_node(OTHER_URL, signer=operator)
    cache.refresh()
    assert len(result) == 1


def test_subscriber_sees_the_state_that_it_is_notified_of(cache, client, operator):
    seen = []
    cache.subscribe(lambda _: seen.append((cache.block, cache.node(operator.address).domain)))
    client.set_node(URL, signer=operator)
    update = cache.refresh()
    assert seen == [(update.block, URL)]


def test_subscriber_cannot_refresh(cache, client, operator, caplog):
    cache.subscribe(lambda _: cache.refresh())
    client.set_node(URL, signer=operator)
    cache.refresh()
    assert "a subscriber can't refresh the cache" in caplog.text


def test_thread_follows_until_it_is_stopped(client, operator, caplog):
    caplog.set_level(logging.INFO)
    with RegistryCache(client, options=CacheOptions(poll_s=0.02)) as cache:
        cache.start()
        with pytest.raises(InvalidInput, match="already"):
            cache.start()
        client.set_node(URL, signer=operator)
        until = time.monotonic() + 120
        while cache.node(operator.address) is None and time.monotonic() < until:
            time.sleep(0.01)
        assert cache.node(operator.address).domain == URL
        thread = cache._thread
    assert not thread.is_alive()
    record = next(one for one in caplog.records if one.name == "ocn_registry.cache")
    assert record.ocn_deployment == client.deployment.name


def test_thread_that_was_stopped_can_be_started_again(client, operator):
    result = threading.Semaphore(0)
    with RegistryCache(client, options=CacheOptions(poll_s=0.02)) as cache:
        cache.start()
        cache.stop()
        cache.subscribe(lambda update: result.release() if update.changes else None)
        client.set_node(URL, signer=operator)
        cache.start()
        assert result.acquire(timeout=120)
        assert cache.node(operator.address).domain == URL


def test_subscriber_that_closes_the_cache_ends_its_thread(client, operator, caplog, tmp_path):
    cache = RegistryCache(client, file=tmp_path / "cache.sqlite", options=CacheOptions(poll_s=0.02))
    cache.start()
    thread = cache._thread
    cache.subscribe(lambda _update: cache.close())
    client.set_node(URL, signer=operator)
    thread.join(timeout=120)
    assert not thread.is_alive()
    assert not [record for record in caplog.records if record.exc_info]
    with RegistryCache(client, file=tmp_path / "cache.sqlite") as again:
        assert again.node(operator.address).domain == URL


def test_thread_outlives_an_outage(client, cut, operator):
    with RegistryCache(client, options=CacheOptions(poll_s=0.02)) as cache:
        cache.start()
        cut.refuse = unavailable
        until = time.monotonic() + 120
        while "RpcUnavailable" not in cache.figures.errors and time.monotonic() < until:
            time.sleep(0.01)
        cut.refuse = lambda _: None
        client.set_node(URL, signer=operator)
        while cache.node(operator.address) is None and time.monotonic() < until:
            time.sleep(0.01)
        assert cache.node(operator.address).domain == URL
        assert cache.figures.errors["RpcUnavailable"] >= 1


def test_metrics_are_in_the_form_of_prometheus(client, operator):
    cache = RegistryCache(client, options=CacheOptions(count_lookups=True))
    cache.refresh()
    client.set_node(URL, signer=operator)
    cache.refresh()
    cache.route("DE", "CPO")
    name = client.deployment.name
    lines = metrics(cache).splitlines()
    assert f'ocn_registry_changes_total{{deployment="{name}",kind="NodeSet"}} 1' in lines
    assert f'ocn_registry_lookups_total{{deployment="{name}"}} 1' in lines
    assert f'ocn_registry_lag_blocks{{deployment="{name}"}} 0' in lines
    for line in lines:
        assert line.startswith(("# HELP ocn_registry_", "# TYPE ocn_registry_", "ocn_registry_"))
    families = [line.split()[2] for line in lines if line.startswith("# TYPE")]
    assert len(families) == len(set(families))


def test_lookups_are_not_counted_unless_asked_for(cache):
    cache.route("DE", "CPO")
    assert cache.figures.lookups == 0
    assert "lookups" not in metrics(cache)


@pytest.mark.parametrize("options", [{"depth": 0}, {"poll_s": 0}, {"max_age_s": -1}])
def test_option_out_of_range_is_refused(options):
    with pytest.raises(InvalidInput, match="give at least"):
        CacheOptions(**options)
