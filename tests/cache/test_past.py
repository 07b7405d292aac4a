"""When parties last changed, for OCPI's HubClientInfo, from events before the cache's start,
too."""

from datetime import UTC, datetime, timedelta

import pytest

from ocn_registry import CacheOptions, Module, RegistryCache, Role
from ocn_registry.cache import past
from ocn_registry.errors import RpcRefused, RpcUnavailable
from ocn_registry.events.state import Moment
from ocn_registry.intents import SetPartyWebsite
from ocn_registry.protocol.effects import Logs

URL = "https://node.example"
IDS = ("CPO", "MSP", "SRV")


class Counting:
    """Records which blocks' events were requested, and refuses what a test chooses."""

    def __init__(self, transport):
        self._transport, self.asked = transport, []
        self.refuse, self.fail = lambda _: False, lambda: False

    def perform(self, effect):
        self._note(effect)
        return self._transport.perform(effect)

    def _note(self, effect):
        for part in getattr(effect, "parts", ()):
            self._note(part)
        if isinstance(effect, Logs):
            self.asked.append((effect.first, effect.last))
            if self.fail():
                raise RpcUnavailable("the node is away")
            if self.refuse(effect):
                raise RpcRefused("eth_getLogs", -32000, "pruned history unavailable")

    def close(self):
        pass


@pytest.fixture
def node(client):
    client._transport = Counting(client.transport)
    return client._transport


def mine(devnet, blocks=1):
    devnet.request("anvil_mine", hex(blocks))


@pytest.fixture
def listed(client, devnet, operator, cpo, emsp, provider):
    """List parties, changes in between, and give the moment of each one's last change."""
    moments = {}

    def note(party_id, outcome):
        block = int(
            devnet.request("eth_getBlockByHash", outcome.block.hash, False)["timestamp"], 16
        )
        moments[party_id] = Moment(outcome.block.number, block)
        mine(devnet, 4)
        devnet.request("evm_increaseTime", "0x3c")
        mine(devnet)

    client.set_node(URL, signer=operator)
    for party_id, signer in (("CPO", cpo), ("MSP", emsp), ("SRV", provider)):
        note(
            party_id, client.set_party("DE", party_id, [Role.CPO], operator.address, signer=signer)
        )
    note("SRV", client.delete_party(signer=provider))
    note("SRV", client.set_party("DE", "SRV", [Role.NSP], operator.address, signer=provider))
    note("CPO", client.set_party_modules([Module.LOCATIONS], [], signer=cpo))
    if client.limits.has_websites:
        website = SetPartyWebsite(country_code="DE", party_id="MSP", website="https://msp.example")
        note("MSP", client.send(website, signer=emsp))
    client.set_node(f"{URL}/2", signer=operator)  # does not change the parties
    mine(devnet, 5)
    return moments


def dated(cache):
    return {party_id: cache.last_updated("DE", party_id) for party_id in IDS}


def time_of(moment):
    return datetime.fromtimestamp(moment.timestamp_unix_s, UTC)


def changed_since(cache, when):
    return {party.id.party_id for party in cache.parties(date_from=when)}


def test_last_changes_from_before_the_load_are_found(listed, client):
    cache = RegistryCache(client)
    cache.refresh()
    assert not cache.is_dated
    assert {one.block_number for one in dated(cache).values()} == {cache.block_number}
    assert cache.refresh() is None
    assert dated(cache) == listed
    assert cache.is_dated


def test_date_from_is_inclusive_and_omits_no_party_before_all_is_known(listed, client):
    cache = RegistryCache(client)
    cache.refresh()
    second = timedelta(seconds=1)
    last = max(listed.values())
    assert changed_since(cache, time_of(last) + second) == set(IDS)
    cache.refresh()
    for moment in listed.values():
        changed = {name for name, other in listed.items() if other >= moment}
        assert changed_since(cache, time_of(moment)) == changed
    assert changed_since(cache, time_of(last) + second) == set()


def test_a_cache_that_followed_says_the_same_as_one_that_was_loaded(client, request):
    followed = RegistryCache(client)
    followed.refresh()
    moments = request.getfixturevalue("listed")
    followed.refresh()
    loaded = RegistryCache(client)
    loaded.refresh()
    loaded.refresh()
    assert dated(followed) == dated(loaded) == moments


@pytest.mark.parametrize("chunk_blocks", [1, 3, 7, 10_000])
def test_no_block_is_read_twice_nor_any_below_the_first_change(
    listed, client, node, chunk_blocks, tmp_path
):
    """Each round runs in a new process, which starts from the file."""
    options = CacheOptions(chunk_blocks=chunk_blocks)
    for _ in range(100):
        with RegistryCache(client, file=tmp_path / "cache.sqlite", options=options) as cache:
            cache.refresh()
            if cache.is_dated:
                break
    assert dated(cache) == listed
    read = [number for first, last in node.asked for number in range(first, last + 1)]
    assert len(read) == len(set(read))
    assert min(read) >= min(one.block_number for one in listed.values()) - chunk_blocks
    with RegistryCache(client, file=tmp_path / "cache.sqlite", options=options) as cache:
        assert dated(cache) == listed
        node.asked.clear()
        cache.refresh()
        assert node.asked == []


@pytest.mark.parametrize("what", ["modules", "deleted"])
def test_reverted_change_after_the_load_restores_the_former_time(listed, client, devnet, cpo, what):
    cache = RegistryCache(client)
    cache.refresh()
    kept = devnet.request("evm_snapshot")
    if what == "modules":
        client.set_party_modules([], [Module.TOKENS], signer=cpo)
    else:
        client.delete_party(signer=cpo)
    cache.refresh()
    assert cache.last_updated("DE", "CPO") == (
        None if what == "deleted" else (cache.block.number, cache.block.timestamp_unix_s)
    )
    assert cache.is_dated
    devnet.request("evm_revert", kept)
    mine(devnet, 2)
    cache.refresh()
    assert dated(cache) == listed


def test_an_id_that_comes_back_counts_as_changed_then(listed, client, cpo, operator):
    cache = RegistryCache(client)
    cache.refresh()
    cache.refresh()
    client.delete_party(signer=cpo)
    cache.refresh()
    assert cache.last_updated("DE", "CPO") is None
    client.set_party("DE", "CPO", [Role.CPO], operator.address, signer=cpo)
    cache.refresh()
    assert cache.last_updated("DE", "CPO").block_number == cache.block_number


def test_after_a_long_absence_only_missed_events_are_read(listed, client, devnet, node, cpo):
    cache = RegistryCache(client, options=CacheOptions(load_beyond_blocks=10))
    cache.refresh()
    cache.refresh()
    before, loads = cache.block_number, cache.figures.loads
    mine(devnet, 5)
    changed = client.set_party_modules([], [Module.TOKENS], signer=cpo).block.number
    mine(devnet, 20)
    node.asked.clear()
    cache.refresh()
    assert cache.figures.loads == loads + 1
    assert not cache.is_dated
    cache.refresh()
    assert node.asked == [(before + 1, cache.block_number)]
    assert cache.last_updated("DE", "CPO").block_number == changed
    assert {name: one for name, one in dated(cache).items() if name != "CPO"} == {
        name: one for name, one in listed.items() if name != "CPO"
    }


def test_a_node_without_old_events_is_tolerated_and_not_asked_repeatedly(
    listed, client, devnet, node, clock, caplog, operator, cpo
):
    cache = RegistryCache(client)
    cache.refresh()
    loaded = cache.block_number
    node.refuse = lambda effect: effect.first <= loaded
    for _ in range(20):
        cache.refresh()
    assert not cache.is_dated
    assert {one.block_number for one in dated(cache).values()} == {loaded}
    assert sum("the history can't be read" in one.message for one in caplog.records) == 1
    asked = len(node.asked)
    clock.now += 59
    cache.refresh()
    assert len(node.asked) == asked
    client.set_party_modules([], [Module.TOKENS], signer=cpo)
    cache.refresh()
    assert cache.last_updated("DE", "CPO").block_number == cache.block_number
    node.refuse = lambda _: False
    clock.now += 1
    for _ in range(20):
        cache.refresh()
    assert cache.is_dated
    assert dated(cache) == listed | {"CPO": cache.last_updated("DE", "CPO")}


def test_a_node_that_omits_old_events_is_not_trusted(listed, client, node, monkeypatch):
    """It returns no events, so the time of the load remains, as the latest possible one."""
    real = past._Missing.found_in
    monkeypatch.setattr(past._Missing, "found_in", lambda self, _: real(self, ()))
    cache = RegistryCache(client)
    cache.refresh()
    cache.refresh()
    asked = len(node.asked)
    cache.refresh()
    assert len(node.asked) == asked
    assert not cache.is_dated
    assert {one.block_number for one in dated(cache).values()} == {cache.block_number}


def test_disabled_history_sends_no_requests(listed, client, node):
    cache = RegistryCache(client, options=CacheOptions(history=False))
    cache.refresh()
    cache.refresh()
    assert node.asked == []
    assert not cache.is_dated


def test_a_cache_loaded_again_on_demand_forgets_earlier_results(listed, client, node):
    cache = RegistryCache(client)
    cache.refresh()
    cache.refresh()
    cache.reload()
    assert not cache.is_dated
    cache.refresh()
    assert dated(cache) == listed


def test_events_read_before_a_node_failed_are_not_read_again(listed, client, node, clock):
    """Such a node answers three requests for events per minute."""
    cache = RegistryCache(client, options=CacheOptions(chunk_blocks=2))
    cache.refresh()
    node.fail = lambda: len(node.asked) % 4 == 0
    for _ in range(20):
        cache.refresh()
        clock.now += 3600
    assert cache.is_dated
    assert dated(cache) == listed
