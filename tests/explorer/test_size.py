"""With 100,000 parties, no request and no view is large, and none blocks the browser."""

import importlib.util

import pytest
from chromium import ROOT
from traces import scrolled, traced

from ocn_registry import RegistryClient
from ocn_registry.explorer.files import PageFiles
from ocn_registry.explorer.serving import served
from ocn_registry.registry_api.api import RegistryApi
from ocn_registry.transport.http_sync import HttpTransport

MOST_BYTES = 200_000
MOST_ELEMENTS = 3_000
LONG_TASK_MS, FIRST_VIEW_MS = 50, 1000
# The limit is a multiple of the time of an empty page, which also rises on a slow machine.
SCROLLING, LOADING = 20, 100


@pytest.fixture(scope="module")
def large():
    """Serve the page with the registry of the API's own size test."""
    path = ROOT / "tests" / "relay" / "test_registry_api_size.py"
    spec = importlib.util.spec_from_file_location("registry_api_size", path)
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    cache = made.Known(made.registry(100_000))
    client = RegistryClient(cache.deployment, HttpTransport(["http://127.0.0.1:9"]))
    api = RegistryApi(client, cache)
    api.entities()  # servers make the index before they answer
    with served(api, PageFiles(api="./", relay=False)) as url:
        yield url, made.account(1_000_003)


@pytest.fixture
def world():
    """Tests of sizes need no chain."""


def test_no_request_and_no_view_is_large(opened, large):
    url, operator = large
    page = opened(url=url)
    sizes = {}
    page.page.route("**/v1/changes", lambda route: route.abort())
    page.page.on(
        "requestfinished", lambda one: sizes.update({one.url: one.sizes()["responseBodySize"]})
    )
    for place in (
        "",
        "parties",
        "parties?role=CPO&offset=9000",
        "nodes",
        f"node/{operator}",
        "search?q=AB",
    ):
        page.open(place)
        assert page.page.evaluate("document.querySelectorAll('*').length") < MOST_ELEMENTS, place
    assert "100,000" in page.open().locator(".figures").inner_text()
    assert {url: size for url, size in sizes.items() if size > MOST_BYTES} == {}
    assert len(sizes) > 20
    page.page.unroute_all(behavior="ignoreErrors")


def test_no_view_blocks_the_browser(browser, opened, large):
    url, _ = large
    empty = opened(url="about:blank").page
    tall = "<body style='height: 4000px'>"
    bare_load = traced(browser, empty, lambda: empty.set_content(tall))
    bare_scroll = scrolled(browser, empty)
    page = opened(url=url)
    page.page.route("**/v1/changes", lambda route: route.abort())
    first = traced(browser, page.page, page.open)
    assert first.whole < max(FIRST_VIEW_MS, LOADING * bare_load.whole)
    for place in ("", "parties"):
        page.open(place)
        longest = scrolled(browser, page.page).longest
        assert longest < max(LONG_TASK_MS, SCROLLING * bare_scroll.longest), place
    page.page.unroute_all(behavior="ignoreErrors")
