"""The page as a folder contacts an RPC node and a relay itself, and shows the same as a server."""

import itertools
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import expect
from sample_network import as_folder
from wallets import Key, TestWallet

from ocn_registry import KeySigner, SetNode
from ocn_registry.errors import InvalidInput
from ocn_registry.explorer.folder import write_folder
from ocn_registry.models import Contract
from ocn_registry.networks import built_in

PLACES = [
    "",
    "nodes",
    "nodes?sort=parties&country=FR",
    "parties",
    "parties?role=CPO&module=cdrs",
    "parties?q=example&reachable=true",
    "parties?sort=changed",
    "services",
    "services?sort=changed",
    "nodes?sort=changed",
    "changes",
    "search?q=nl msp",
    "node/{node}",
    "party/NL/MSP",
    "party/DE/SCP",
    "service/{provider}",
    "address/{provider}",
    "address/{nobody}",
    "route?from=NLMSP&to=DECPO&module=sessions&interface=receiver",
    "route?from=DESCP&to=XXXXX&module=bookings&interface=sender",
]
# Only a server knows when each entry was changed without reading the history.
# Text that only a folder shows.
ONLY_READ = re.compile(r" This page can't check it, [^.]*\. The command [^.]* checks it\.")
ONLY_SERVED = re.compile(r"\nLast change\n.* · .*")
AGES = re.compile(r"\d+ (sec|min)\. ago|now|in \d+ sec\.")


@pytest.fixture(scope="module")
def folder(world, tmp_path_factory):
    """Serve the folder with a plain web server for files."""
    with as_folder(
        world, tmp_path_factory.mktemp("folder"), relay=world.url.removesuffix("explorer/")
    ) as folder:
        yield folder


@pytest.fixture
def names(world):
    accounts = world.chain.accounts
    return {
        "node": accounts[1].address,
        "provider": accounts[5].address,
        "nobody": "0x" + "12" * 20,
    }


def shown(page, place):
    page.open(place)
    text = page.page.locator("main").inner_text()
    return AGES.sub("AGE", ONLY_READ.sub("", ONLY_SERVED.sub("", text)))


def test_a_folder_shows_what_a_server_shows(opened, world, folder, names):
    served, read = opened(), opened(url=folder.url)
    for place in PLACES:
        where = place.format(**names)
        assert (place, shown(read, where)) == (place, shown(served, where))
        assert read.page.title() == served.page.title()
    assert read.errors == []
    rpc, relay = (world.chain.rpc_url, world.url.removesuffix("/explorer/"))
    allowed = (folder.url, rpc, relay)
    assert [url for url in read.asked if not url.startswith(allowed)] == []
    assert [url for url in read.asked if url.startswith(relay)] == []  # nobody wants to sign


@pytest.mark.parametrize("place", ["node/{node}", "party/NL/MSP"])
def test_a_folder_says_that_it_cannot_ask_hosts_whether_they_vouch(
    opened, world, folder, names, place
):
    said = "This page can't check it"
    assert said in opened(url=folder.url).open(place.format(**names)).locator("main").inner_text()
    assert said not in opened().open(place.format(**names)).locator("main").inner_text()


def test_axe_finds_nothing_in_a_folder(opened, folder):
    page = opened(url=folder.url)
    for place in ("", "parties", "party/DE/SCP"):
        page.open(place)
        assert page.accessible() == []


def test_only_the_named_hosts_can_be_contacted(opened, folder):
    page = opened(url=folder.url).open()
    tried = "url => fetch(url).then(() => 'asked', (error) => error.name)"
    assert page.evaluate(tried, "http://127.0.0.1:9/v1/chain") == "TypeError"
    assert page.evaluate(tried, f"{folder.url}settings.json") == "asked"
    policy = page.locator("meta[http-equiv]").get_attribute("content")
    assert re.findall(r"connect-src ([^;]*)", policy) == [
        f"'self' {folder.chain.rpc_url} {relay_of(folder)}"
    ]


def relay_of(folder):
    """Return the origin of the relay that a folder names."""
    settings = json.loads((folder.path / "settings.json").read_text())
    return settings["relay"].rstrip("/")


def test_a_change_shows_in_a_folder_without_a_reload(opened, world, folder, at_first):
    page = opened(url=folder.url).open("nodes")
    assert page.locator("tbody tr").count() == 2
    world.client.set_node("https://east.example.org", signer=world.signer(8))
    page.get_by_text("east.example.org").wait_for()
    page.goto(f"{folder.url}#/changes")
    page.locator("ol.events li").first.get_by_text("east.example.org").wait_for()


def test_blocks_that_are_replaced_are_read_again(opened, world, folder):
    with world.brought_back():
        world.client.set_node("https://gone.example.org", signer=world.signer(8))
        page = opened(url=folder.url).open("nodes")
        page.get_by_text("gone.example.org").wait_for()
    world.chain.request("anvil_mine", "0x3")
    page.get_by_text("gone.example.org").wait_for(state="detached")
    assert page.locator("tbody tr").count() == 2
    page.goto(f"{folder.url}#/changes")
    page.locator("ol.events li").first.wait_for()
    assert page.get_by_text("gone.example.org").count() == 0


def test_a_node_that_does_not_answer_is_reported_and_asked_again(opened, world, folder):
    page = opened(url=folder.url)
    page.open("parties")
    page.page.route(re.compile(re.escape(world.chain.rpc_url)), lambda route: route.abort())
    page.page.locator("#chain").get_by_text("No connection").wait_for()
    assert page.page.locator("tbody tr").count() == 18
    page.page.unroute_all(behavior="ignoreErrors")
    page.page.locator("#chain").get_by_text("Live").wait_for()


def test_another_node_is_asked_if_the_first_one_fails(opened, world, tmp_path):
    urls = ["http://127.0.0.1:9", world.chain.rpc_url]
    with as_folder(world, tmp_path, rpc=urls) as folder:
        allow(folder, urls[0])
        page = opened(url=folder.url).open("parties")
        assert page.locator("tbody tr").count() == 18


def test_a_node_of_another_chain_is_refused(opened, world, tmp_path):
    with as_folder(world, tmp_path) as folder:
        change(folder, lambda settings: settings["network"].update(chainId=1))
        opened(url=folder.url).open().get_by_text("chain 31337 ≠ 1").wait_for()


def allow(folder, url):
    """Add a host to the folder's policy, as its settings require."""
    page = folder.path / "index.html"
    page.write_text(page.read_text().replace("connect-src 'self'", f"connect-src 'self' {url}"))


def change(folder, edit):
    """Edit the settings of a folder."""
    file = folder.path / "settings.json"
    settings = json.loads(file.read_text())
    edit(settings)
    file.write_text(json.dumps(settings))


class TestSigning:
    """Forms of a folder: the page prepares requests and sends them to a relay on another host."""

    @pytest.fixture
    def form(self, opened, world, folder):
        def make(name, *accounts, query=""):
            wallet = TestWallet(world.chain, accounts)
            page = opened(wallet, url=folder.url)
            page.open(f"do/{name}{query}").get_by_role("button", name="Connect Test Wallet").click()
            page.page.get_by_role("button", name="Disconnect").wait_for()
            return page.page, wallet

        return make

    def test_a_relay_of_another_host_pays(self, form, key, world):
        page, wallet = form("website", key(3), query="?countryCode=DE&partyId=CPO")
        page.get_by_label("Website").fill("https://relayed.example.org")
        check(page)
        page.get_by_role("button", name="Sign and hand to the relay").click()
        page.locator("[data-progress=done]").wait_for()
        assert world.client.party("DE", "CPO").website == "https://relayed.example.org"
        assert "eth_sendTransaction" not in wallet.asked

    def test_a_voucher_is_requested_if_the_relay_needs_one(self, form):
        page, _ = form("node", Key("0x" + "78" * 32))
        page.get_by_label("URL of the node").fill("https://new.example.org")
        check(page)
        page.get_by_text("It asks for a voucher of your node's operator.").wait_for()

    def test_the_wallet_pays_for_what_it_signs(self, form, key, world):
        page, wallet = form("cancel", key(6))
        page.locator("select[name=contract]").select_option("permissions")
        before = world.client.nonce(key(6).address, Contract.PERMISSIONS)
        check(page)
        page.locator("input[name=pay][value=self]").check()
        page.get_by_role("button", name="Send from my wallet").click()
        page.locator("[data-progress=done]").wait_for()
        assert world.client.nonce(key(6).address, Contract.PERMISSIONS) == before + 1000
        assert wallet.signed == []

    @pytest.mark.usefixtures("at_first")
    def test_an_agreement_names_the_permissions_of_the_service(self, form, key, world):
        provider = world.chain.accounts[5].address
        page, wallet = form("agree", key(6), query=f"?provider={provider}")
        check(page)
        page.get_by_role("button", name="Sign and hand to the relay").click()
        page.locator("[data-progress=done]").wait_for()
        assert wallet.signed[0]["message"]["permissions"] == ["6"]
        (agreement,) = world.client.agreements(key(6).address)
        assert agreement.provider == provider

    def test_the_new_key_of_an_account_accepts(self, form, world):
        old, new = Key("0x" + "76" * 32), Key("0x" + "75" * 32)
        world.chain.request("anvil_setBalance", old.address, hex(10**18))
        world.client.set_node("https://moves.example.org", signer=signer(old))
        page, wallet = form("move", old, new)
        page.get_by_label("Address of the new key").fill(new.address)
        check(page)
        choose(page, wallet, new, old)
        page.get_by_role("button", name="Sign as the other account").click()
        page.get_by_text("has agreed").wait_for()
        choose(page, wallet, old, new)
        page.locator("input[name=pay][value=self]").check()
        page.get_by_role("button", name="Send from my wallet").click()
        page.locator("[data-progress=done]").wait_for()
        assert world.client.node(new.address).domain == "https://moves.example.org"

    def test_a_refusal_by_the_contract_is_explained(self, form, key, world):
        page, wallet = form("register", key(8))
        page.get_by_label("Country code").fill("DE")
        page.get_by_label("Party id").fill("CPO")
        page.locator("input[name=roles][value=CPO]").check()
        page.get_by_label("Node").select_option(world.chain.accounts[1].address)
        page.get_by_role("button", name="Check it").click()
        page.get_by_text("The registry would refuse this now").wait_for()
        holder = world.chain.accounts[3].address
        expect(page.locator("[role=alert]").first).to_contain_text(f"DE CPO is held by {holder}")
        assert wallet.signed == []

    def test_without_a_relay_a_request_is_saved_as_a_file(self, opened, world, key, tmp_path):
        with as_folder(world, tmp_path) as folder:
            page = opened(url=folder.url).open("do/node")
            page.get_by_text("For another account").click()
            page.get_by_label("Address of the account").fill(key(8).address)
            page.get_by_label("URL of the node").fill("https://mine.example.org")
            check(page)
            assert page.locator("input[name=pay]").evaluate_all(
                "all => all.map(one => one.value)"
            ) == ["self", "file"]
            page.locator("input[name=pay][value=file]").check()
            with page.expect_download() as download:
                page.get_by_role("button", name="Save without a signature").click()
            request = world.client.read_request(download.value.path().read_text())
            assert request.intent == SetNode(domain="https://mine.example.org")


def check(page):
    page.get_by_role("button", name="Check it").click()
    page.get_by_role("heading", name="Check what you sign").wait_for()


def choose(page, wallet, *accounts):
    """Choose another account in the wallet, which tells the page."""
    wallet.accounts = list(accounts)
    result = [wallet.rdns, [account.address.lower() for account in accounts]]
    page.evaluate(
        "([name, accounts]) => window.tellPage[name]('accountsChanged', accounts)", result
    )


def signer(account):
    return KeySigner.from_key(account.private_key)


class TestWriting:
    """Settings that may be exported, and target folders."""

    def test_a_url_that_may_contain_a_key_is_not_published(self, tmp_path):
        for url in ("https://user@rpc.example.org", "https://rpc.example.org/v3/abc"):
            with pytest.raises(InvalidInput, match=r"rpc\.example\.org") as refused:
                write_folder(tmp_path / "page", named("local", rpc_urls=(url,)))
            assert "abc" not in str(refused.value)
        assert not (tmp_path / "page").exists()

    def test_a_folder_with_other_files_is_not_touched(self, tmp_path):
        (tmp_path / "notes.txt").write_text("mine")
        with pytest.raises(InvalidInput, match="not an empty folder"):
            write_folder(tmp_path, built_in("local"))
        assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]

    def test_a_page_of_an_earlier_version_is_replaced(self, tmp_path):
        for _ in range(2):
            write_folder(tmp_path / "page", built_in("local"))
        assert (tmp_path / "page" / "errors.json").is_file()

    @pytest.mark.parametrize("name", ["volta", "ewc"])
    def test_live_networks_can_be_exported(self, tmp_path, name):
        write_folder(tmp_path / "page", built_in(name))
        settings = json.loads((tmp_path / "page" / "settings.json").read_text())
        assert settings["network"]["dialect"] == "v1"

    def test_a_relay_that_is_not_a_url_is_refused(self, tmp_path):
        for relay in ("relay.example.org", "https://a.example.org; script-src *"):
            with pytest.raises(InvalidInput, match="not a valid URL"):
                write_folder(tmp_path / "page", built_in("local"), relay=relay)


def named(network, **changes):
    return replace(built_in(network), **changes)


@pytest.mark.parametrize("place", range(5))
def test_a_folder_that_ctrl_c_left_unfinished_is_written_again(tmp_path, monkeypatch, place):
    folder, real, calls = tmp_path / "page", Path.replace, itertools.count()

    def interrupted(draft, target):
        if next(calls) == place:
            raise KeyboardInterrupt
        return real(draft, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", interrupted)
        with pytest.raises(KeyboardInterrupt):
            write_folder(folder, built_in("local"))
    assert not list(folder.rglob("*.new"))
    write_folder(folder, built_in("local"))
    assert json.loads((folder / "settings.json").read_text())["network"]["name"] == "local"


@pytest.mark.parametrize("name", ["settings.json", "index.html"])
def test_a_folder_that_a_killed_command_left_is_written_again(tmp_path, name):
    folder = tmp_path / "page"
    write_folder(folder, built_in("local"))
    (folder / f".{name}.new").write_text("half of it")
    write_folder(folder, built_in("local"))
    assert not list(folder.rglob("*.new"))


def test_a_planted_link_is_not_written_through(tmp_path):
    folder = tmp_path / "page"
    write_folder(folder, built_in("local"))
    theirs = tmp_path / "theirs"
    theirs.write_text("theirs")
    (folder / "index.html").unlink()
    (folder / "index.html").symlink_to(theirs)
    write_folder(folder, built_in("local"))
    assert theirs.read_text() == "theirs"
    assert (folder / "index.html").is_file()
    assert not (folder / "index.html").is_symlink()
