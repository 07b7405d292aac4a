"""Real Chromium on the real page, served over a real chain."""

import json
import os
import sys
from pathlib import Path

import pytest

# Test folders are not packages (pytest's importlib mode), so what tests share is put on the path.
if (_here := str(Path(__file__).resolve().parent)) not in sys.path:
    sys.path.insert(0, _here)
if (_relay := str(Path(__file__).resolve().parents[1] / "relay")) not in sys.path:
    sys.path.insert(0, _relay)

import chromium
from filled_form import Form
from sample_network import World, relay_world
from wallets import Key, TestWallet, install

AXE = chromium.ROOT / "node_modules" / "axe-core" / "axe.min.js"
PATIENCE_MS = 120_000


@pytest.fixture(scope="module")
def browser():
    """Start Chromium, once per module because its library keeps an event loop."""
    found = chromium.find()
    if found is None:
        pytest.skip("no Chromium starts here (npm ci brings one; or Debian's package chromium)")
    from playwright.sync_api import expect, sync_playwright  # noqa: PLC0415 - where it is needed

    expect.set_options(timeout=PATIENCE_MS)  # which the time limit of a context does not change
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(found.program),
            args=chromium.ARGUMENTS,
            env={**os.environ, **found.environment},
            timeout=PATIENCE_MS,
        )
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Yield a chain with entries on it, and a relay that serves the page."""
    with relay_world(tmp_path_factory.mktemp("relay")) as world:
        yield world


@pytest.fixture
def at_first(world: World):
    """Revert the chain after the test."""
    with world.brought_back():
        yield


class Opened:
    """A page, its console messages and its requests."""

    def __init__(self, page, url):
        self.page, self.url = page, url
        self.errors, self.asked = [], []
        page.on(
            "console",
            lambda said: said.type in {"error", "warning"} and self.errors.append(said.text),
        )
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", lambda request: self.asked.append(request.url))

    def open(self, place=""):
        """Open a view and wait until it is shown, since the previous one stays until then."""
        self.page.goto(f"{self.url}#/{place}")
        hash_ = self.page.evaluate("location.hash")
        self.page.locator(f"main[data-place={json.dumps(hash_)}]").wait_for()
        return self.page

    def accessible(self, part="html"):
        """Return the accessibility problems that axe finds."""
        # The page's policy forbids injected scripts, so the debugger runs axe.
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(AXE.read_text() + "; undefined")
        found = self.page.evaluate("(part) => axe.run(part, { resultTypes: ['violations'] })", part)
        return [
            (one["id"], [node["html"][:150] for node in one["nodes"]])
            for one in found["violations"]
        ]


@pytest.fixture
def opened(browser, world):
    """Open pages with wallets, each in a separate browser context."""
    contexts = []

    def make(*wallets, url=None, size=(1280, 900), **options):
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            locale=options.pop("locale", "en-GB"),
            timezone_id="UTC",
            **options,
        )
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        if wallets:
            install(context, *wallets)
        return Opened(context.new_page(), url or world.url)

    yield make
    for context in contexts:
        context.close()


@pytest.fixture
def key(world):
    """Return the key of one of the chain's accounts."""
    return lambda place: Key(world.chain.accounts[place].private_key)


@pytest.fixture
def form(opened, world):
    """Open a form with a wallet that has some accounts."""

    def make(name, *accounts, query="", **options):
        wallet = TestWallet(world.chain, accounts, **options)
        made = Form(opened(wallet), name, query)
        made.wallet = wallet
        return made.connect()

    return make
