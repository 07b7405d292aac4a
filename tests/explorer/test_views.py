"""Every view shows the registry's entries, accessibly."""

import itertools
import json
import re

import pytest
from filled_form import wide
from playwright.sync_api import expect
from sample_network import MARKUP
from wallets import TestWallet

from ocn_registry import Module

PLACES = {
    "overview": "",
    "nodes": "nodes",
    "parties": "parties",
    "services": "services",
    "changes": "changes",
    "search": "search?q=example",
    "node": "node/{node}",
    "party": "party/NL/MSP",
    "service": "service/{provider}",
    "address": "address/{provider}",
    "route": "route?from=NLMSP&to=DECPO&module=sessions&interface=receiver",
    "take part": "do",
    "form": "do/register",
    "file": "do/file",
    "nothing": "party/XX/XXX",
}


@pytest.fixture
def place(world):
    names = {"node": world.chain.accounts[1].address, "provider": world.chain.accounts[5].address}
    return lambda name: PLACES[name].format(**names)


@pytest.mark.parametrize(
    "look",
    [{"size": (1280, 900)}, {"size": (360, 740), "color_scheme": "dark"}],
    ids=["desk", "phone"],
)
def test_views_are_accessible_and_do_not_overflow(opened, place, look):
    page = opened(**look)
    for name in PLACES:
        page.open(place(name))
        assert (name, page.accessible()) == (name, [])
        assert (name, wide(page.page)) == (name, [])
        assert name == "nothing" or (name, page.errors) == (name, [])
        page.errors.clear()
    assert {url.split("/")[2] for url in page.asked} == {page.url.split("/")[2]}


def test_overview_counts_what_is_listed(opened):
    page = opened().open()
    assert page.locator(".figure strong").all_inner_texts() == ["2", "18", "1", "1"]
    assert page.locator(".circles svg a").count() == 2
    assert page.locator(".circles .p").count() == 18
    assert "Germany" in page.locator(".tiles").inner_text()


def test_filters_are_part_of_the_url(opened):
    page = opened().open("parties")
    page.get_by_label("Role").select_option("HUB")
    expect(page.locator("tbody tr")).to_have_count(2)
    assert page.url.endswith("#/parties?role=HUB")
    page.get_by_label("Country").fill("DE")
    page.get_by_label("Country").press("Enter")
    page.get_by_text("Nothing matches").wait_for()
    page.get_by_role("link", name="Clear the filters").click()
    expect(page.locator("tbody tr")).to_have_count(18)


def test_a_list_is_exported_completely_as_csv(opened):
    page = opened().open("parties?country=DE")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download as CSV").click()
    lines = download.value.path().read_text().splitlines()
    assert len(lines) == 1 + 9
    assert lines[0].startswith("countryCode,partyId,address")


def test_search_finds_a_party_and_an_address_goes_to_its_page(opened, world):
    page = opened().open()
    page.get_by_label("Search the registry").fill("nl msp")
    page.get_by_label("Search the registry").press("Enter")
    page.get_by_role("link", name="NL MSP").click()
    page.get_by_role("heading", name="NL MSP").wait_for()
    page.get_by_label("Search the registry").fill(world.chain.accounts[4].address)
    page.get_by_label("Search the registry").press("Enter")
    page.wait_for_url("**/#/address/*")
    page.get_by_text("What this account holds in the registry.").wait_for()


def test_a_party_shows_who_vouches_its_service_and_its_history(opened):
    page = opened().open("party/DE/SCP")
    text = page.locator("main").inner_text()
    assert "Nobody vouches for who this is." in text
    assert f"Smart charging {MARKUP}" in text
    assert "NL MSP" in text  # a user that agreed
    assert "is listed as" in text


def test_the_way_of_a_message_is_shown_step_by_step(opened):
    page = opened().open("route?from=NLMSP&to=DECPO&module=sessions&interface=receiver")
    steps = page.locator(".steps li").all_inner_texts()
    assert (
        re.sub(r"\s+", " ", steps[0])
        == "NL MSP hands the message to its node, https://south.example.org."
    )
    assert steps[1].startswith("DE CPO is reached through")
    assert "receives a copy" in page.locator("main").inner_text()


def test_a_change_shows_without_a_reload(opened, world, at_first):
    page = opened().open("nodes")
    assert page.locator("tbody tr").count() == 2
    page.get_by_label("URL or operator").press_sequentially("being typed")
    world.client.set_node("https://east.example.org", signer=world.signer(8))
    page.get_by_text("east.example.org").wait_for()
    page.keyboard.type(" on")
    expect(page.get_by_label("URL or operator")).to_have_value("being typed on")


def test_keyboard_alone_reaches_a_form(opened):
    page = opened().open()
    page.keyboard.press("Tab")
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == "Take part":
            break
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Take part in the network").wait_for()
    assert page.evaluate("document.activeElement.tagName") == "H1"


def test_german_is_shown_to_german_readers(opened):
    page = opened(locale="de-DE").open("do/register")
    page.get_by_role("heading", name="Eine Partei eintragen").wait_for()
    assert page.evaluate("document.documentElement.lang") == "de"
    page.get_by_label("Sprache").select_option("en")
    page.get_by_role("heading", name="Register a party").wait_for()


HOSTILE = [
    "<script>alert(1)</script>",
    "\u202egro.elpmaxe\u202c",
    "javascript:alert(1)",
    "\u0000\u001b[31m",
    "a" * 5000,
    '"><svg onload=alert(1)>',
]


def _spoiled(value, words):
    if isinstance(value, dict):
        kept = {
            "number",
            "time",
            "total",
            "offset",
            "next",
            "before",
            "parties",
            "nodes",
            "services",
            "agreements",
            "events",
        }
        return {
            key: value[key]
            if key in kept and not isinstance(value[key], list | dict)
            else _spoiled(value[key], words)
            for key in value
        }
    if isinstance(value, list):
        return [_spoiled(one, words) for one in value]
    return next(words) if isinstance(value, str) else value


def test_hostile_texts_are_shown_as_text(opened, place):
    page = opened()
    words = itertools.cycle(HOSTILE)

    def spoil(route):
        answer = route.fetch()
        route.fulfill(response=answer, body=json.dumps(_spoiled(answer.json(), words)))

    page.page.route(re.compile(r"/v1/(?!changes)"), spoil)
    page.page.on("dialog", lambda dialog: page.errors.append(dialog.message))
    for name in PLACES:
        if name in {"take part", "form", "file", "nothing"}:
            continue
        page.open(place(name))
        assert (name, page.errors) == (name, [])
        links = page.page.locator("main a").evaluate_all(
            "all => all.map(one => one.getAttribute('href'))"
        )
        assert [link for link in links if not re.match(r"#/|https?://", link)] == []
        assert (name, "\u202e" in page.page.locator("body").inner_text()) == (name, False)
        assert page.page.locator("main script, main img").count() == 0
        assert (name, wide(page.page)) == (name, [])
    page.page.unroute_all(behavior="ignoreErrors")


def test_no_text_becomes_markup_even_by_mistake(opened):
    page = opened().open()
    for mistake in (
        "document.body.innerHTML = '<b>x</b>'",
        "document.createElement('script').src = 'x.js'",
    ):
        tried = "async () => { try { %s; return 'done' } catch (error) { return error.name } }"
        assert page.evaluate(tried % mistake) == "TypeError", mistake


def test_without_an_answer_the_page_says_so_and_keeps_what_it_has(opened):
    page = opened()
    page.open("parties")
    page.page.route(re.compile("/v1/"), lambda route: route.abort())
    page.page.evaluate("dispatchEvent(new HashChangeEvent('hashchange'))")
    page.page.get_by_text("The server does not answer").wait_for()
    with page.page.expect_request(re.compile("/v1/parties")):
        page.page.get_by_role("button", name="Try again").click()
    page.page.unroute_all(behavior="ignoreErrors")
    page.page.locator("tbody tr").first.wait_for()  # the page also tries again by itself


# With a keyboard alone, at the width of a phone, in German.
PHONE = {"size": (390, 844), "locale": "de-DE"}


def focused(page, **values):
    """Wait until an element with some properties has the focus."""
    page.wait_for_function(
        "wanted => Object.entries(wanted).every("
        "([name, value]) => document.activeElement[name] === value)",
        arg=values,
    )


def press(page, control, key="Enter"):
    """Press a key on a control."""
    control.focus()
    page.keyboard.press(key)


@pytest.mark.usefixtures("at_first")
def test_the_focus_follows_a_form_from_its_first_field_to_the_registry(opened, world, key):
    page = opened(TestWallet(world.chain, [key(4)]), **PHONE).open(
        "do/modules?countryCode=NL&partyId=MSP"
    )
    expect(page.locator("input[name=receiver][value=tariffs]")).to_be_checked()
    press(page, page.get_by_role("button", name="Test Wallet verbinden"))
    page.get_by_role("button", name="Trennen").wait_for()
    focused(page, textContent="Dein Konto")
    press(page, page.locator("input[name=receiver][value=tariffs]"), "Space")
    press(page, page.get_by_role("button", name="Prüfen"))
    page.locator("[data-words]").wait_for()
    focused(page, textContent="Prüfe, was du unterschreibst")
    page.locator("input[name=pay][value=relay]").focus()
    for payer in ("self", "file", "relay"):
        page.keyboard.press("ArrowDown")
        focused(page, name="pay", value=payer)
    press(page, page.get_by_role("button", name="Unterschreiben und dem Relay geben"))
    page.locator("[data-progress=done]").wait_for()
    focused(page, textContent="Fertig")
    assert Module.TARIFFS not in world.client.party("NL", "MSP").modules_receiver


def test_the_focus_goes_to_the_first_field_that_is_wrong(opened):
    page = opened(**PHONE).open("do/register")
    check = page.get_by_role("button", name="Prüfen")
    press(page, check)
    focused(page, name="countryCode")
    page.keyboard.type("de")
    page.get_by_label("Parteikennung").fill("new")
    press(page, check)
    focused(page, name="roles", value="CPO")
    page.keyboard.press("Space")
    page.locator("select[name=operator]").select_option(index=1)
    press(page, check)
    page.get_by_text("Wessen Eintrag ist es?").wait_for()
    focused(page, textContent="Prüfen")


def test_a_refusal_of_the_wallet_leaves_the_focus_in_the_form(opened, world, key):
    wallet = TestWallet(world.chain, [key(4)])
    page = opened(wallet, **PHONE).open("do/website?countryCode=NL&partyId=MSP")
    page.get_by_role("button", name="Test Wallet verbinden").click()
    page.get_by_role("button", name="Trennen").wait_for()
    page.get_by_label("Website").fill("https://refused.example.org")
    page.get_by_role("button", name="Prüfen").click()
    page.locator("[data-words]").wait_for()
    wallet.mode = "refuses"
    press(page, page.get_by_role("button", name="Unterschreiben und dem Relay geben"))
    page.get_by_text("Du hast in der Wallet abgelehnt").wait_for()
    focused(page, textContent="Prüfe, was du unterschreibst")


def test_a_missing_entry_is_reported_in_the_language_of_the_reader(opened):
    page = opened(**PHONE).open("party/XX/XXX")
    page.get_by_text("Das Register führt jetzt nichts unter diesem Namen.").wait_for()
    page.get_by_role("main").get_by_role("link", name="Übersicht").click()
    page.get_by_role("heading", name="Wer im Netz ist").wait_for()


def test_an_account_without_entries_is_offered_to_register(opened):
    page = opened(**PHONE).open(f"address/0x{'12' * 20}")
    offered = page.locator("main .buttons a").all_inner_texts()
    assert offered == [
        "Eine Partei eintragen",
        "Einen Knoten eintragen",
        "Controller benennen",
        "Unterschriebenes ungültig machen",
    ]
