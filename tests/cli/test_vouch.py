"""Vouching on the command line: create the document, place it on a host, and check the host."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from ocn_registry import (
    CacheOptions,
    KeySigner,
    RegistryCache,
    Role,
    SetPartyWebsite,
)
from ocn_registry.vouching import FetchOptions
from ocn_registry.vouching.background import VouchingOptions

OPEN = ("--allow-http", "--allow-private")
PLACE = "/.well-known/ocn.json"


@pytest.fixture
def host():
    """Yield a web server: `host.pages[path] = text`."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            page = server.pages.get(self.path)
            self.send_response(404 if page is None else 200)
            self.end_headers()
            self.wfile.write((page or "").encode())

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.pages = {}
        server.url = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def listed(client, host, operator, cpo):
    """List a node at the host and a party, with the host as its website where there are any."""
    client.set_node(host.url, signer=operator)
    client.set_party("DE", "CPO", [Role.CPO], operator.address, signer=cpo)
    if client.limits.has_websites:
        website = SetPartyWebsite(country_code="DE", party_id="CPO", website=host.url)
        client.send(website, signer=cpo)
    return client


def test_a_document_vouches_for_the_node_that_serves_it(
    listed, host, command, done, operator, spender
):
    refused = command("vouch", "check", operator.address, *OPEN)
    assert (refused.returncode, json.loads(refused.stdout)["vouched"]) == (1, False)
    host.pages[PLACE] = done("vouch", "make", "--name", "Example", "--operator", operator.address)
    output = json.loads(done("vouch", "check", operator.address, *OPEN))
    assert (output["vouched"], output["reason"], output["name"]) == (True, "", "Example")
    assert output["checkedAt"] > 0
    assert listed.vouched(
        operator.address, options=FetchOptions(allow_http=True, allow_private=True)
    ).vouched
    host.pages[PLACE] = done("vouch", "make", "--operator", spender.address)
    refused = command("vouch", "check", operator.address, *OPEN)
    assert refused.returncode == 1
    assert spender.address in json.loads(refused.stdout)["reason"]


def test_a_document_vouches_for_the_ids_that_it_names(listed, host, command, done, cpo, operator):
    if not listed.limits.has_websites:
        pytest.skip("parties of the first generation name no website")
    host.pages[PLACE] = done("vouch", "make", "-c", "DE", "CPO")
    assert json.loads(done("vouch", "check", "de", "cpo", *OPEN))["vouched"]
    # The id changes hands: the document is about the account that had it.
    thief = KeySigner.generate()
    listed.identity.rotate(thief, signer=cpo, spender=operator)
    refused = command("vouch", "check", "DE", "CPO", *OPEN)
    assert refused.returncode == 1
    assert cpo.address in json.loads(refused.stdout)["reason"]


def test_local_hosts_are_contacted_only_if_allowed(listed, host, command, done, operator):
    host.pages[PLACE] = done("vouch", "make", "--operator", operator.address)
    for allowed in ([], ["--allow-http"], ["--allow-private"]):
        refused = command("vouch", "check", operator.address, *allowed)
        assert refused.returncode == 1, allowed
    assert command("vouch", "check", "XX", "XXX", *OPEN).returncode == 3
    assert command("vouch", "make", "-c", "XX", "XXX").returncode == 3


def test_a_cache_reports_what_hosts_vouch_for(listed, host, done, operator):
    words = ["--operator", operator.address]
    if listed.limits.has_websites:
        words += ["-c", "DE", "CPO"]
    host.pages[PLACE] = done("vouch", "make", *words)
    fetch = FetchOptions(allow_http=True, allow_private=True)
    options = CacheOptions(vouching=VouchingOptions(fetch=fetch, pause_s=0))
    with RegistryCache(listed, options=options) as cache:
        cache.start()
        ended = threading.Event()
        while cache.node(operator.address).vouched is None or (
            listed.limits.has_websites and cache.party("DE", "CPO").vouched is None
        ):
            ended.wait(0.01)
        assert cache.node(operator.address).vouched.vouched
        if listed.limits.has_websites:
            assert cache.party("DE", "CPO").vouched.vouched
            assert cache.party("DE", "CPO").vouched.checked_unix_s > 0
