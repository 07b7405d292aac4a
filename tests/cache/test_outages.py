"""The cache during outages: whenever it claims to be current, it equals the chain.

A proxy between the cache and its node cuts connections, loses and truncates answers, is slow,
refuses, answers nonsense, and sometimes lets another chain answer.
"""

import asyncio
import itertools
import os
import threading
import time
from dataclasses import replace

import pytest
from faulty import faults
from faulty.proxy import FaultProxy
from histories.chain import CHAIN_ID
from histories.run import world
from hypothesis.errors import Flaky
from hypothesis.stateful import run_state_machine_as_test
from machines import first_generation, histories, third_generation
from outages import WAYS, Nth, Outlasting, from_elsewhere, outages

from ocn_registry import (
    AsyncHttpTransport,
    AsyncRegistryCache,
    AsyncRegistryClient,
    CacheOptions,
    KeySigner,
    Permission,
    RegistryCache,
    RegistryClient,
    Role,
    StaleCache,
    TransportError,
    WrongChain,
)
from ocn_registry.cache import following
from ocn_registry.cache.core import CacheCore
from ocn_registry.deploy.devnet import Devnet
from ocn_registry.events.draft import Draft, Rows
from ocn_registry.flows import events
from ocn_registry.flows.events import Piece
from ocn_registry.protocol.effects import BlockAt, Head, all_of
from ocn_registry.transport.http_sync import HttpTransport

HISTORIES = 40 if os.environ.get("OCN_SOAK") else 4
_SETTINGS = histories(HISTORIES, steps=25)
_UNTIL_FOUND = histories(30, steps=25)
URL, OTHER_URL = "https://node.example", "https://other.example"


@pytest.fixture(scope="module")
def elsewhere():
    """Yield another chain with the same id and the same contracts, and entries of its own."""
    with Devnet(with_v1=True, chain_id=CHAIN_ID) as other:
        for deployment in (other.deployment(), other.v1_deployment()):
            write(other, deployment, "https://elsewhere.example", "FR")
        other.request("anvil_mine", hex(200))
        yield other


def write(devnet, deployment, url, country):
    """List a node, two parties, a service and an agreement."""
    operator, user, provider, _ = signers_of(devnet)
    transport = HttpTransport(deployment.rpc_urls, chain_id=deployment.chain_id)
    client = RegistryClient(deployment, transport)
    client.set_node(url, signer=operator)
    client.set_party(country, "USR", [Role.CPO], operator.address, signer=user)
    client.set_party(country, "SRV", [Role.OTHER], operator.address, signer=provider)
    client.set_service([Permission.FORWARD_ALL], name=country, signer=provider)
    client.create_agreement(provider.address, signer=user)
    transport.close()
    return [one.address for one in signers_of(devnet)]


def signers_of(devnet):
    return [KeySigner.from_key(account.private_key) for account in devnet.accounts[1:5]]


@pytest.fixture(params=WAYS)
def outlasting(request, deployment, tmp_path):
    """Yield a function that makes a cache behind a proxy."""
    made = []

    def make(**options):
        file = tmp_path / f"cache-{len(made)}.sqlite"
        made.append(Outlasting(deployment, file, request.param, **options))
        return made[-1]

    yield make
    for follower in made:
        follower.close()


# Random histories with random faults


@pytest.mark.parametrize("way", WAYS)
def test_cache_outlasts_outages_of_our_contracts_chain(way, elsewhere):
    with world() as here:
        machine = third_generation(here, outages(way, elsewhere.rpc_url))
        run_state_machine_as_test(machine, settings=_SETTINGS)
    enough(Outlasting.seen)


@pytest.mark.parametrize("way", WAYS)
def test_cache_outlasts_outages_of_v1s_chain(way, elsewhere, first):
    machine = first_generation(first, outages(way, elsewhere.rpc_url))
    run_state_machine_as_test(machine, settings=_SETTINGS)
    enough(Outlasting.seen)


def enough(seen):
    """Return whether there were enough faults to prove anything."""
    counts = {kind: seen[kind] for kind in ("restarts", "PartySet", "ServiceSet")}
    counts["ways back"] = seen["reorganisations"] + seen["loads"]
    assert min(counts.values()) >= 1, counts
    assert seen["rounds that failed"] >= HISTORIES * 2, seen
    assert seen["comparisons"] >= HISTORIES * 5, seen
    seen.clear()


# A single answer of another chain


def everywhere(fault, once):
    """Inject a fault into the first request, then the second, and so on; return their number."""
    for place in itertools.count():
        trouble = Nth(place, fault)
        once(trouble)
        if not trouble.met:
            return place
    return None


def loads(make, users, fault):
    """Load, with a fault at each request in turn."""

    def once(trouble):
        follower = make()
        follower.endure([(trouble, None, None)], users)

    return everywhere(fault, once)


def rounds(make, devnet, users, fault):
    """Follow new blocks in several parts, with a fault at each request in turn."""
    follower = make(chunk_blocks=2)
    follower.endure([], users)
    operator, _, provider, other = signers_of(devnet)
    numbers = itertools.count()

    def once(trouble):
        number = next(numbers)
        follower.client.set_node(f"https://round-{number}.example", signer=operator)
        follower.client.set_node(f"https://other-{number}.example", signer=other)
        follower.client.set_service([number % 17], signer=provider)
        devnet.request("anvil_mine", hex(3))
        follower.endure([(trouble, None, None)], users)

    return everywhere(fault, once)


def test_answer_of_another_chain_is_never_used(outlasting, devnet, deployment, elsewhere):
    users = write(devnet, deployment, URL, "DE")
    fault = from_elsewhere(elsewhere.rpc_url)
    assert loads(outlasting, users, fault) > 3
    assert rounds(outlasting, devnet, users, fault) > 3


@pytest.mark.parametrize("reload", [True, False])
def test_node_that_changed_its_chain_is_refused(outlasting, devnet, deployment, reload):
    users = write(devnet, deployment, URL, "DE")
    follower = outlasting(reload=reload)
    assert follower.attempt(users)
    with Devnet(with_v1=True, chain_id=246) as other:
        write(other, same_of(deployment, other), OTHER_URL, "FR")
        other.request("anvil_mine", hex(100))
        follower.proxy.inject(from_elsewhere(other.rpc_url))
        for _ in range(5):
            with pytest.raises(WrongChain) as told:
                follower.cache.refresh()
            assert (told.value.expected, told.value.got) == (deployment.chain_id, 246)
            assert follower.cache.route("DE", "USR").domain == URL
    follower.proxy.heal()
    assert follower.attempt(users)
    assert follower.cache.figures.loads == 1


def same_of(deployment, devnet):
    """Return the contracts of the same generation on another chain."""
    all_ = devnet.deployment(), devnet.v1_deployment()
    return next(one for one in all_ if one.dialect == deployment.dialect)


# Age


def test_questions_are_refused_while_an_outage_lasts_too_long(
    outlasting, devnet, deployment, clock
):
    users = write(devnet, deployment, URL, "DE")
    follower = outlasting(max_age_s=60)
    cache = follower.cache
    assert follower.attempt(users)
    assert cache.age_s == 0
    follower.proxy.inject(faults.reset)
    clock.now += 60
    assert not follower.attempt(users)
    assert cache.age_s == 60
    assert cache.route("DE", "USR").domain == URL
    clock.now += 1
    assert not follower.attempt(users)
    for question in (cache.nodes, cache.snapshot, lambda: cache.route("DE", "USR")):
        with pytest.raises(
            StaleCache, match=r"61\.0 s ago, and that is older than allowed"
        ) as told:
            question()
        assert told.value.age_s == 61
        assert told.value.block_number == cache.block_number
    follower.proxy.heal()
    assert follower.attempt(users)
    assert cache.age_s == 0
    assert cache.route("DE", "USR").domain == URL


def test_age_counts_from_when_the_chain_was_asked_and_not_from_when_it_had_answered(
    outlasting, devnet, deployment, clock
):
    users = write(devnet, deployment, URL, "DE")
    follower = outlasting()

    async def slowly(exchange):
        content = await exchange.forward()
        clock.now += 10
        await exchange.reply(content)

    posts = follower.proxy.posts
    follower.proxy.inject(slowly)
    assert follower.attempt(users)
    assert follower.cache.age_s == 10 * (follower.proxy.posts - posts)


@pytest.mark.parametrize("ages", [(10, 100), (100, 10)], ids=str)
def test_whichever_age_is_reached_first_counts(client, clock, ages):
    max_age_s, max_block_age_s = ages
    options = CacheOptions(max_age_s=max_age_s, max_block_age_s=max_block_age_s)
    with RegistryCache(client, options=options) as cache:
        clock.now = float(client.transport.perform(Head()).ref.timestamp_unix_s)
        cache.refresh()
        clock.now += 10
        assert cache.nodes() == ()
        clock.now += 1
        with pytest.raises(StaleCache):
            cache.nodes()


def test_age_is_kept_with_the_file(outlasting, devnet, deployment, clock):
    users = write(devnet, deployment, URL, "DE")
    follower = outlasting(max_age_s=60)
    assert follower.attempt(users)
    follower.proxy.inject(faults.status(503))
    clock.now += 61
    follower.restart()
    assert follower.cache.age_s == 61
    with pytest.raises(StaleCache):
        follower.cache.nodes()


# Threads and tasks


def test_thread_outlasts_outages_and_ends_in_the_middle_of_one(client, devnet, deployment):
    proxy = FaultProxy(devnet.rpc_url)
    met, told = threading.Semaphore(0), threading.Semaphore(0)

    def trouble(fault):
        async def fault_that_tells(exchange):
            met.release()
            await fault(exchange)

        return fault_that_tells

    transport = HttpTransport([proxy.url], chain_id=deployment.chain_id, timeout_s=2.0, retries=0)
    through = RegistryClient(deployment, transport)
    cache = RegistryCache(through, options=CacheOptions(poll_s=0.01))
    cache.start()
    cache.subscribe(lambda update: told.release() if update.changes else None)
    operator = signers_of(devnet)[0]
    for number, fault in enumerate((faults.reset, faults.status(429), faults.half, faults.slow)):
        proxy.inject(trouble(fault))
        client.set_node(f"https://node-{number}.example", signer=operator)
        assert met.acquire(timeout=120)
        proxy.heal()
        assert told.acquire(timeout=120)
        assert cache.node(operator.address).domain == f"https://node-{number}.example"
    proxy.inject(trouble(faults.slow))
    while met.acquire(blocking=False):
        pass
    assert met.acquire(timeout=120)
    names = {thread.name for thread in threading.enumerate()}
    cache.close()
    through.close()
    proxy.close()
    assert "ocn-registry-cache" in names
    assert "ocn-registry-cache" not in {thread.name for thread in threading.enumerate()}


def test_task_outlasts_outages_and_ends_in_the_middle_of_one(client, devnet, deployment):
    proxy = FaultProxy(devnet.rpc_url)
    operator = signers_of(devnet)[0]

    async def follow():
        loop = asyncio.get_running_loop()
        met, told = asyncio.Semaphore(0), asyncio.Semaphore(0)

        def trouble(fault):
            async def fault_that_tells(exchange):
                loop.call_soon_threadsafe(met.release)
                await fault(exchange)

            return fault_that_tells

        transport = AsyncHttpTransport(
            [proxy.url], chain_id=deployment.chain_id, timeout_s=2.0, retries=0
        )
        options = CacheOptions(poll_s=0.01)
        through = AsyncRegistryClient(deployment, transport)
        async with through, AsyncRegistryCache(through, options=options) as cache:
            await cache.start()
            cache.subscribe(lambda update: told.release() if update.changes else None)
            for number, fault in enumerate((faults.reset, faults.status(429), faults.slow)):
                proxy.inject(trouble(fault))
                url = f"https://node-{number}.example"
                await asyncio.to_thread(client.set_node, url, signer=operator)
                await met.acquire()
                proxy.heal()
                await told.acquire()
                assert cache.node(operator.address).domain == url
            proxy.inject(trouble(faults.slow))
            while not met.locked():
                await met.acquire()
            await met.acquire()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    async def soon():
        async with asyncio.timeout(60):
            await follow()

    asyncio.run(soon())
    proxy.close()


# Seeded faults that these tests must find


def forgets_to_go_back(known, count):
    marks = known.marks[:count]
    state = Draft(known.state).finish(marks[-1].block)
    return replace(known, state=state, marks=marks), Rows()


def takes_an_outage_for_silence(contracts, first, last, chunk_blocks, most_blocks, *, after):
    try:
        return (yield from piece(contracts, first, last, chunk_blocks, most_blocks, after=after))
    except TransportError:
        end = yield from BlockAt(last)
        if end is None:
            raise
        return Piece(logs=(), end=end, chunk_blocks=chunk_blocks)


def says_that_it_is_current(self, *, full):
    try:
        return (yield from a_round(self, full=full))
    except TransportError:
        if self._known is not None:
            self._publish(self._known, time.time())
            self.figures.refreshes += 1
        return None


def believes_every_answer(_block, flow):
    return flow


def believes_every_piece(parts, _head):
    logs = [log for part in parts for log in part.logs]
    numbers = tuple(dict.fromkeys(log.block_number for log in logs))
    blocks = yield from all_of(tuple(map(BlockAt, numbers)))
    return tuple(
        (block, tuple(log for log in logs if log.block_number == number))
        for number, block in zip(numbers, blocks, strict=True)
    )


def believes_what_comes_before(contracts, first, last, chunk_blocks, most_blocks, *, after):
    return piece(contracts, first, last, chunk_blocks, most_blocks)


piece, a_round = events.piece, CacheCore._round
HISTORIES_FIND = {
    "goes back without undoing": (following, "_at", forgets_to_go_back),
    "takes an outage for silence": (events, "piece", takes_an_outage_for_silence),
    "says that it is current": (CacheCore, "_round", says_that_it_is_current),
}
SWEEPS_FIND = {
    "believes every answer": [(following, "of_block", believes_every_answer)],
    "believes every piece": [
        (events, "_in_blocks", believes_every_piece),
        (events, "piece", believes_what_comes_before),
    ],
}


@pytest.mark.parametrize("fault", HISTORIES_FIND)
def test_histories_find_a_cache_that(fault, elsewhere, first, monkeypatch):
    monkeypatch.setattr(*HISTORIES_FIND[fault])
    machine = first_generation(first, outages("sync", elsewhere.rpc_url))
    with pytest.raises((AssertionError, Flaky)):
        run_state_machine_as_test(machine, settings=_UNTIL_FOUND)
    Outlasting.seen.clear()


@pytest.mark.parametrize("fault", SWEEPS_FIND)
@pytest.mark.parametrize("deployment", ["v1"], indirect=True)
@pytest.mark.parametrize("outlasting", ["sync"], indirect=True)
def test_sweeps_find_a_cache_that(fault, outlasting, devnet, deployment, elsewhere, monkeypatch):
    for place in SWEEPS_FIND[fault]:
        monkeypatch.setattr(*place)
    users, answer = write(devnet, deployment, URL, "DE"), from_elsewhere(elsewhere.rpc_url)

    def by_number(**options):
        """Return a cache whose node does not accept block hashes: such answers can't mislead
        others."""
        follower = outlasting(**options)
        for endpoint in follower._through._nodes._endpoints:
            endpoint.by_hash = False
        return follower

    def all_of_them():
        loads(by_number, users, answer)
        rounds(by_number, devnet, users, answer)

    with pytest.raises(AssertionError):
        all_of_them()
