"""A stopped chain, an unreachable node and replaced blocks, on a real chain."""

import os
import signal
import time

import pytest
from sample_network import as_folder, explored, relayed

from ocn_registry.deploy.devnet import Devnet
from ocn_registry.registry_api import overview

VOLTA = 73799  # not a development chain: its blocks are expected
OLD_S = 3600
PATIENCE_MS = 120_000  # a relay looks for blocks every few seconds, and a slow machine takes longer


class OldChain(Devnet):
    """A chain whose clock is an hour late, so that it looks stopped."""

    def _options(self):
        return [*super()._options(), "--timestamp", str(int(time.time()) - OLD_S)]


@pytest.fixture(scope="module")
def world():
    with explored(devnet=OldChain(chain_id=VOLTA)) as world:
        yield world


@pytest.fixture(scope="module")
def folder(world, tmp_path_factory):
    with as_folder(world, tmp_path_factory.mktemp("folder")) as folder:
        yield folder


@pytest.fixture(scope="module")
def relay(world, tmp_path_factory):
    with relayed(world.chain, world.client, tmp_path_factory.mktemp("relay")) as relay:
        yield relay


def goes_on(world):
    """Make the chain mine a block with the present time."""
    latest = world.chain.request("eth_getBlockByNumber", "latest", False)
    next_time = max(int(time.time()), int(latest["timestamp"], 16) + 1)
    world.chain.request("evm_setNextBlockTimestamp", next_time)
    world.chain.request("evm_mine")


@pytest.fixture(params=["explore", "relay", "folder"])
def page(request, opened, world, relay, folder):
    """Open the page as served by `explore`, by a relay and from a folder."""
    page = opened(url={"explore": world, "relay": relay, "folder": folder}[request.param].url)
    page.page.set_default_timeout(PATIENCE_MS)
    return page


def says(page, words):
    page.page.locator("#chain").get_by_text(words).wait_for()


def test_a_chain_without_new_blocks_is_shown_as_stopped(page, world):
    with world.brought_back():
        page.open("parties")
        says(page, "The chain has stopped")
        assert page.page.locator("#chain").get_attribute("data-state") == "stands"
        assert page.page.locator("tbody tr").count() == 18
        assert page.accessible() == []
        goes_on(world)
        says(page, "Live")


def test_entries_of_replaced_blocks_are_gone_without_a_reload(page, world):
    with world.brought_back():
        page.open("nodes")
        world.client.set_node("https://replaced.example.org", signer=world.signer(8))
        page.page.get_by_text("replaced.example.org").wait_for()
        world.chain.request("anvil_reorg", 1, [])
        world.chain.request("evm_mine")
        page.page.get_by_text("replaced.example.org").wait_for(state="detached")
        assert page.page.locator("tbody tr").count() == 2
        page.open("changes").locator("ol.events li").first.wait_for()
        page.page.get_by_text("replaced.example.org").wait_for(state="detached")


# This is the last test, because followers of the chain then wait longer between two tries.
def test_a_node_that_hangs_is_not_mistaken_for_a_stopped_chain(
    opened, world, relay, folder, monkeypatch
):
    monkeypatch.setattr(overview, "_LATE_S", 1)
    with world.brought_back():
        goes_on(world)
        served, read = opened(url=world.url), opened(url=folder.url)
        by_relay = opened(url=relay.url)
        for page in (served, by_relay, read):
            page.page.set_default_timeout(PATIENCE_MS)
            page.open("nodes")
            says(page, "Live")
        read.page.evaluate(
            "async () => { (await import('./js/chain/rpc.js')).limits.answer = 300 }"
        )
        with paused(world.chain):
            says(served, "This page lags behind the chain")
            says(by_relay, "This page lags behind the chain")
            assert served.accessible() == []
            says(read, "No connection")
            for page in (served, by_relay, read):
                assert page.page.locator("tbody tr").count() == 2
        for page in (served, by_relay, read):
            # Followers of the chain try again after a while, and need a recent block then.
            for _ in range(PATIENCE_MS // 1000):
                if page.page.locator("#chain").get_attribute("data-state") == "live":
                    break
                goes_on(world)
                page.page.wait_for_timeout(1000)
            says(page, "Live")


class paused:  # noqa: N801 - read as a statement
    """Pause the chain's process, which keeps its connections but does not answer."""

    def __init__(self, chain):
        self.group = os.getpgid(chain._anvil._guard.pid)

    def __enter__(self):
        os.killpg(self.group, signal.SIGSTOP)

    def __exit__(self, *_):
        os.killpg(self.group, signal.SIGCONT)
