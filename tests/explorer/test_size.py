"""100,000 parties: no request is large, and no view holds more than a page of them."""

import importlib.util

import pytest
from chromium import ROOT

from ocn_registry import RegistryClient
from ocn_registry.explorer.files import PageFiles
from ocn_registry.explorer.serving import served
from ocn_registry.registry_api.api import RegistryApi
from ocn_registry.transport.http_sync import HttpTransport

MOST_BYTES = 200_000
MOST_ELEMENTS = 3_000


@pytest.fixture(scope="module")
def large():
    """Serve the page over the registry that the API's own test of its size makes."""
    path = ROOT / "tests" / "relay" / "test_registry_api_size.py"
    spec = importlib.util.spec_from_file_location("registry_api_size", path)
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    cache = made.Known(made.registry(100_000))
    client = RegistryClient(cache.deployment, HttpTransport(["http://127.0.0.1:9"]))
    with served(RegistryApi(client, cache), PageFiles(api="./", relay=False)) as url:
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
