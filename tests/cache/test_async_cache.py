"""The asynchronous cache: it has the same core, so only the differences are tested."""

import asyncio
import inspect

import pytest

from ocn_registry import (
    AsyncHttpTransport,
    AsyncRegistryCache,
    AsyncRegistryClient,
    CacheOptions,
    InvalidInput,
    RegistryCache,
)

URL = "https://node.example"


@pytest.fixture
def asynchronous(deployment):
    """Return a function that runs a test in an event loop, with a cache."""

    def runner(test, file=None, **options):
        async def run():
            transport = AsyncHttpTransport(deployment.rpc_urls, chain_id=deployment.chain_id)
            client = AsyncRegistryClient(deployment, transport)
            settings = CacheOptions(**options)
            async with client, AsyncRegistryCache(client, file=file, options=settings) as cache:
                await test(cache)

        asyncio.run(run())

    return runner


async def until(condition):
    async with asyncio.timeout(120):
        while not condition():  # noqa: ASYNC110 - a test looks from outside
            await asyncio.sleep(0.01)


def test_task_follows_until_it_is_stopped(asynchronous, client, operator):
    async def follows(cache):
        await cache.start()
        with pytest.raises(InvalidInput, match="already"):
            await cache.start()
        await asyncio.to_thread(client.set_node, URL, signer=operator)
        await until(lambda: cache.node(operator.address))
        task = cache._task
        await cache.stop()
        assert task.done()
        assert cache.node(operator.address).domain == URL

    asynchronous(follows, poll_s=0.02)


def test_task_that_was_stopped_can_be_started_again(asynchronous, client, operator):
    async def follows(cache):
        await cache.start()
        await cache.stop()
        await asyncio.to_thread(client.set_node, URL, signer=operator)
        await cache.start()
        await until(lambda: cache.node(operator.address))

    asynchronous(follows, poll_s=0.02)


def test_waiting_for_the_end_of_the_task_can_be_cancelled(asynchronous, client, operator):
    async def follows(cache):
        begun, may_end = asyncio.Event(), asyncio.Event()

        async def ends_slowly(_update):
            begun.set()
            try:
                await asyncio.Event().wait()
            finally:
                await may_end.wait()

        await cache.start()
        cache.subscribe(ends_slowly)
        await asyncio.to_thread(client.set_node, URL, signer=operator)
        await begun.wait()
        task = cache._task
        stopping = asyncio.create_task(cache.stop())
        await asyncio.sleep(0)
        stopping.cancel()
        may_end.set()
        with pytest.raises(asyncio.CancelledError):
            await stopping
        await asyncio.wait([task])
        assert task.cancelled()

    asynchronous(follows, poll_s=0.02)


def test_subscriber_that_closes_the_cache_ends_its_task(asynchronous, client, operator):
    async def follows(cache):
        async def close(_update):
            await cache.close()

        await cache.start()
        cache.subscribe(close)
        task = cache._task
        await asyncio.to_thread(client.set_node, URL, signer=operator)
        await asyncio.wait([task], timeout=120)
        assert task.done()
        assert cache.node(operator.address).domain == URL

    asynchronous(follows, poll_s=0.02)


def test_subscribers_may_be_asynchronous(asynchronous, client, operator, caplog):
    result = []

    async def tell(update):
        await asyncio.sleep(0)
        result.append(update)

    async def fail(update):
        raise RuntimeError(update)

    async def follows(cache):
        await cache.refresh()
        cache.subscribe(fail)
        cache.subscribe(tell)
        cache.subscribe(result.append)
        await asyncio.to_thread(client.set_node, URL, signer=operator)
        update = await cache.refresh()
        assert result == [update, update]

    asynchronous(follows)
    assert "a subscriber failed" in caplog.text


def test_start_from_the_file_and_stop_in_the_middle(asynchronous, client, operator, tmp_path):
    file = tmp_path / "cache.sqlite"

    async def follows(cache):
        await asyncio.to_thread(client.set_node, URL, signer=operator)
        await cache.start()
        await asyncio.to_thread(client.delete_node, signer=operator)

    asynchronous(follows, file, poll_s=0.01)
    with RegistryCache(client, file=file) as again:
        again.refresh()
        assert again.nodes() == ()


def public(kind):
    return {name: member for name, member in inspect.getmembers(kind) if name[0] != "_"}


def test_both_caches_have_the_same_names_and_documents():
    ours, theirs = public(RegistryCache), public(AsyncRegistryCache)
    assert set(ours) == set(theirs)
    for name in ("refresh", "reload", "close"):
        assert (
            inspect.signature(ours[name]).parameters == inspect.signature(theirs[name]).parameters
        )
        assert inspect.getdoc(ours[name]) == inspect.getdoc(theirs[name])
