"""A registry of the first generation, as a server shows it and as a folder reads it."""

import re

import pytest
from sample_network import World, as_folder

from ocn_registry import Permission, RegistryClient, Role
from ocn_registry.deploy.devnet import Devnet
from ocn_registry.explorer.files import PageFiles
from ocn_registry.explorer.serving import served
from ocn_registry.registry_api.serving import Serving
from ocn_registry.transport.http_sync import HttpTransport

PLACES = [
    "",
    "nodes",
    "parties",
    "parties?role=CPO&reachable=true",
    "services",
    "search?q=nl msp",
    "node/{node}",
    "party/NL/MSP",
    "party/DE/CPO",
    "service/{provider}",
    "address/{provider}",
    "route?from=NLMSP&to=DECPO&module=sessions&interface=receiver",
]
# A server knows more about the past: who signed, and whether an agreement was revoked.
ONLY_SERVED = re.compile(r"\nLast change\n.* · .*")
ONLY_READ = re.compile(r" This page can't check it, [^.]*\. The command [^.]* checks it\.")
AGES = re.compile(r"\d+ (sec|min)\. ago|now|in \d+ sec\.")
PAST = re.compile(
    r"\n(History|Latest changes)\n.*?(?=\n(About|Who it is|Address|The registry)\n|$)", re.DOTALL
)


@pytest.fixture(scope="module")
def world():
    with Devnet(with_v1=True) as chain:
        deployment = chain.v1_deployment()
        with RegistryClient(deployment, HttpTransport(deployment.rpc_urls)) as client:
            world = World(chain, client, None)
            _list(client, *map(world.signer, range(1, 6)))
            with (
                Serving(deployment, poll_s=0.2) as serving,
                served(serving.api, PageFiles(api="./", relay=False)) as url,
            ):
                world.url = url
                yield world


def _list(client, north, south, cpo, msp, gone):
    client.set_node("https://north.example.org", signer=north)
    client.set_node("https://south.example.org", signer=south)
    for signer in (cpo, gone):
        client.set_party(
            "DE", "CPO" if signer is cpo else "OLD", [Role.CPO], north.address, signer=signer
        )
    client.set_party("NL", "MSP", [Role.EMSP, Role.HUB], south.address, signer=msp)
    needs = [Permission.FORWARD_MODULE_SESSIONS_RECEIVER]
    for signer in (cpo, gone):
        client.set_service(needs, name="Smart", url="https://smart.example.org", signer=signer)
        client.create_agreement(signer.address, signer=msp)
    client.revoke_agreement(gone.address, signer=msp)
    client.delete_service(signer=gone)
    client.delete_party(signer=gone)
    client.delete_node(signer=south)


@pytest.fixture(scope="module")
def folder(world, tmp_path_factory):
    deployment = world.chain.v1_deployment()
    with as_folder(world, tmp_path_factory.mktemp("folder"), deployment=deployment) as folder:
        yield folder


def shown(page, place):
    page.open(place)
    text = page.page.locator("main").inner_text()
    return AGES.sub("AGE", ONLY_READ.sub("", ONLY_SERVED.sub("", PAST.sub("", text))))


def test_a_folder_shows_the_first_generation_as_a_server_does(opened, world, folder):
    accounts = world.chain.accounts
    names = {"node": accounts[1].address, "provider": accounts[3].address}
    by_server, by_folder = opened(url=world.url), opened(url=folder.url)
    for place in PLACES:
        where = place.format(**names)
        assert (place, shown(by_folder, where)) == (place, shown(by_server, where))
    assert by_folder.errors == []


def test_a_folder_of_the_first_generation_shows_its_history_and_follows_it(opened, world, folder):
    with world.brought_back():
        page = opened(url=folder.url).open("changes")
        text = page.locator("ol.events").inner_text()
        assert "no longer runs a node" in text
        assert "no longer offers a service" in text
        assert "made or revoked an agreement" in text
        page.goto(f"{folder.url}#/parties")
        page.get_by_role("heading", name="Parties").wait_for()
        world.client.set_party(
            "FR", "NEW", [Role.NSP], world.chain.accounts[1].address, signer=world.signer(6)
        )
        page.get_by_text("FR NEW").wait_for()
        page.goto(f"{folder.url}#/parties?sort=changed")
        page.locator("tbody tr").first.get_by_text("FR NEW").wait_for()


def test_forms_are_not_offered_for_replayable_requests(opened, folder):
    page = opened(url=folder.url).open("do/register")
    page.get_by_text("This registry uses contracts of the first generation").wait_for()
    page.get_by_text("The command line can write to them.").wait_for()
