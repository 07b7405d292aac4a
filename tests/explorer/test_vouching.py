"""Vouching: hosts are asked in the background, and the page shows their answers."""

import json
import re
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from sample_network import explored

from ocn_registry import KeySigner, Role
from ocn_registry.intents import SetParty, SetPartyWebsite
from ocn_registry.models import PartyId
from ocn_registry.vouching import DOCUMENT_PATH, FetchOptions, document_for
from ocn_registry.vouching.background import VouchingOptions

NAME = "Ladewerk <b>GmbH</b>"
OPERATOR, MEMBER, OTHER = 1, 2, 3


class Host(BaseHTTPRequestHandler):
    document = b""

    def do_GET(self):
        found = self.path == DOCUMENT_PATH
        self.send_response(200 if found else 404)
        self.send_header("Content-Length", str(len(self.document) if found else 0))
        self.end_headers()
        if found:
            self.wfile.write(self.document)

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def host():
    """Yield a host that can vouch."""
    handler = type("Handler", (Host,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.handler = handler
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def world(host):
    """Yield the page of a network in which one host vouches for a node and one of two parties."""
    url = f"http://127.0.0.1:{host.server_port}"

    def entries(client, chain):
        signers = [KeySigner.from_key(account.private_key) for account in chain.accounts]
        client.set_node(url, signer=signers[OPERATOR])
        for place, party in ((MEMBER, "VOU"), (OTHER, "NOT")):
            wanted = SetParty(
                country_code="LU",
                party_id=party,
                roles=[Role.CPO],
                operator=signers[OPERATOR].address,
            )
            site = SetPartyWebsite(country_code="LU", party_id=party, website=url)
            client.send(wanted, site, signer=signers[place])
        client.set_party("LU", "NON", [Role.CPO], signers[OPERATOR].address, signer=signers[4])
        deployment = chain.deployment()
        host.handler.document = json.dumps(
            document_for(
                deployment.chain_id,
                deployment.registry,
                name=NAME,
                operator=signers[OPERATOR].address,
                parties=[(PartyId("LU", "VOU"), signers[MEMBER].address)],
            )
        ).encode()

    options = VouchingOptions(fetch=FetchOptions(allow_http=True, allow_private=True), pause_s=0)
    with explored(entries, vouching=options) as world:
        yield world


def shown(opened, place, words):
    """Reload a view until it shows a host's answer, since hosts are asked in the background."""
    page = opened()
    until = time.monotonic() + 240
    while not re.search(words, page.open(place).locator("main").inner_text()):
        assert time.monotonic() < until
        page.page.reload()
    return page


def test_a_party_is_shown_with_the_name_that_its_website_vouches_for(opened):
    page = shown(opened, "party/LU/VOU", "The website says that this id is its own")
    text = page.page.locator("main").inner_text()
    assert f"{NAME} " in text  # as text, and not as markup
    assert re.search(r"checked (\d+ sec\. ago|now)", text)
    assert page.accessible() == []
    listed = page.open("parties?country=LU").locator("tr", has_text="LU VOU").inner_text()
    assert f"Yes · {NAME}" in listed


def test_a_website_that_names_another_account_does_not_vouch(opened):
    page = shown(opened, "party/LU/NOT", "The website does not say that this id is its own")
    text = page.page.locator("main").inner_text()
    assert "It names a website, which has not vouched for it." in text
    assert NAME not in text


def test_a_node_is_shown_with_what_its_host_says(opened, world):
    operator = world.chain.accounts[OPERATOR].address
    page = shown(opened, f"node/{operator}", "The host says that this operator runs it")
    assert NAME in page.page.locator("main").inner_text()


def test_a_party_without_a_website_is_not_vouched_for(opened):
    page = opened().open("party/LU/NON")
    assert "Nobody vouches for who this is." in page.locator("main").inner_text()
