"""Thousands of parties on a real chain: the page reads them from a server and from an RPC node.

CI lists 2,000; `OCN_PARTIES=20000` lists the promised number.
"""

import itertools
import os
import string

import pytest
from eth_abi import encode
from sample_network import as_folder, explored

from ocn_registry.deploy.devnet import Devnet
from ocn_registry.evm.keccak import selector

PARTIES = int(os.environ.get("OCN_PARTIES", "2000"))
PATIENCE_MS = 180_000
MOST_BYTES = 200_000
BATCH = 100
ITEMS = "((address,bytes2,bytes3,uint8[],uint8[],uint8[],address,string)[])"
NODES = "((address,string)[])"
CHARACTERS = string.digits + string.ascii_uppercase


def account(number):
    return f"0x{number + 1_000_000:040x}"


def entries(client, chain):
    """List parties in batches, like a migration, each under its own account."""
    operators = [chain.accounts[place].address for place in (1, 2)]
    sent(
        chain,
        f"importNodes{NODES}",
        [(one, f"https://node-{at}.example.org") for at, one in enumerate(operators)],
    )
    ids = itertools.product(("DE", "FR", "NL"), itertools.product(CHARACTERS, repeat=3))
    parties = [
        (
            account(number),
            country.encode(),
            "".join(party).encode(),
            [number % 7],
            [],
            [3, 6],
            operators[number % 2],
            "",
        )
        for number, (country, party) in enumerate(itertools.islice(ids, PARTIES))
    ]
    for start in range(0, PARTIES, BATCH):
        sent(chain, f"importParties{ITEMS}", parties[start : start + BATCH])
    for contract in (chain.registry_address, chain.permissions_address):
        sent(chain, "closeImport()", None, to=contract)


def sent(chain, function, items, to=None):
    kinds = function.partition("(")[2][:-1]
    data = selector(function) + (b"" if items is None else encode([kinds], [items]))
    transaction = {
        "from": chain.accounts[0].address,
        "to": to or chain.registry_address,
        "data": "0x" + data.hex(),
        "gas": hex(29_000_000),
    }
    receipt = chain.request("eth_sendTransactionSync", transaction)
    assert receipt["status"] == "0x1", function


@pytest.fixture(scope="module")
def world():
    with explored(entries, devnet=Devnet(import_open=True)) as world:
        yield world


@pytest.fixture(scope="module")
def folder(world, tmp_path_factory):
    with as_folder(world, tmp_path_factory.mktemp("folder")) as folder:
        yield folder


@pytest.mark.parametrize("source", ["server", "folder"])
def test_thousands_of_parties_are_listed_searched_and_followed(opened, world, folder, source):
    page = opened(url={"server": world, "folder": folder}[source].url)
    page.page.set_default_timeout(PATIENCE_MS)
    network = page.page.context.new_cdp_session(page.page)
    network.send("Network.enable")
    sizes = []
    network.on("Network.loadingFinished", lambda one: sizes.append(one["encodedDataLength"]))
    page.open()
    total = f"{PARTIES:,}"
    assert total in page.page.locator(".figures").inner_text()
    page.open("parties?role=CPO&country=DE")
    assert page.page.locator("tbody tr").count() == 50
    page.page.get_by_role("link", name="Next").click()
    page.page.locator("main[data-place*='offset=50']").wait_for()
    page.open("parties?q=DE 00Z")
    page.page.get_by_role("link", name="DE 00Z").click()
    page.page.get_by_role("heading", name="DE 00Z").wait_for()
    page.page.get_by_text("is listed as").first.wait_for()
    with world.brought_back():
        page.open("nodes")
        world.client.set_node("https://third.example.org", signer=world.signer(3))
        page.page.get_by_text("third.example.org").wait_for()
    assert max(sizes) < MOST_BYTES
    assert page.errors == []
