"""A newcomer registers a party from the page alone.

With `UPDATE_PICTURES=1`, the pictures of docs/explorer.md are replaced.
"""

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect
from wallets import Key, TestWallet

from ocn_registry.models import Address
from ocn_registry.relay.documents import Voucher

ROOT = Path(__file__).resolve().parents[2]
PICTURES = ROOT / "docs" / "pictures" / "explorer"
TAKEN = bool(os.environ.get("UPDATE_PICTURES"))
# Values that change from run to run are shown as fixed ones.
STILL = """
  for (const age of document.querySelectorAll("time.age")) age.textContent = "2 min. ago";
  const links = document.querySelectorAll("a[href^='#/transaction/']");
  for (const link of links) link.textContent = "0x5813f3…75a488";
"""


@pytest.fixture
def picture():
    """Take a picture of the view, if pictures are to be updated."""

    def take(page, name, *, full=True):
        if TAKEN:
            PICTURES.mkdir(parents=True, exist_ok=True)
            page.evaluate(f"() => {{ {STILL} document.activeElement?.blur(); scrollTo(0, 0) }}")
            page.screenshot(path=PICTURES / f"{name}.png", full_page=full, animations="disabled")

    return take


def test_a_person_registers_a_party_from_the_page_alone(opened, world, picture):
    """Each step here is a step in docs/explorer.md, with its picture."""
    me = Key("0x" + "77" * 32)  # a new key, which needs no money
    page = opened(TestWallet(world.chain, [me])).open()
    picture(page, "walk-1-look")

    page.get_by_role("link", name="Take part").click()
    page.get_by_role("link", name=re.compile("Register a party")).click()
    page.get_by_role("button", name="Connect Test Wallet").click()
    page.get_by_role("button", name="Disconnect").wait_for()
    page.get_by_label("Country code").fill("SE")
    page.get_by_label("Party id").fill("ABC")
    page.get_by_label(re.compile("CPO")).check()
    page.get_by_label("Node").select_option(label="north.example.org")
    picture(page, "walk-2-fill-in")

    page.get_by_role("button", name="Check it").click()
    page.get_by_role("heading", name="Check what you sign").wait_for()
    page.get_by_text("It asks for a voucher of your node's operator.").wait_for()
    picture(page, "walk-3-check")

    # The operator of the node answers an e-mail with a text.
    voucher = Voucher.sign(
        world.chain.deployment(),
        Address(me.address),
        requests=5,
        deadline_unix_s=int(
            world.chain.request("eth_getBlockByNumber", "latest", False)["timestamp"], 16
        )
        + 86_400,
        signer=world.signer(1),
    )
    page.get_by_label("Voucher", exact=True).fill(voucher.to_json())
    page.get_by_role("button", name="Sign and hand to the relay").click()
    page.locator("[data-progress=done]").wait_for()
    picture(page, "walk-4-done")

    page.get_by_role("link", name="SE ABC").first.click()
    page.get_by_role("heading", name="SE ABC").wait_for()
    page.get_by_text("is listed as").first.wait_for()
    picture(page, "walk-5-listed")
    assert world.client.party("SE", "ABC").address == me.address
    assert int(world.chain.request("eth_getBalance", me.address, "latest"), 16) == 0


def test_pictures_of_the_main_views_are_taken(opened, world, picture):
    for name, look in {
        "light": {"size": (1280, 900)},
        "dark": {"size": (1280, 900), "color_scheme": "dark"},
        "phone": {"size": (390, 844)},
    }.items():
        shown = opened(**look)
        for view, place in {
            "overview": "",
            "parties": "parties",
            "party": "party/NL/MSP",
            "route": "route?from=NLMSP&to=DECPO&module=sessions",
        }.items():
            page = shown.open(place)
            expect(page.locator("main .card").first).to_be_visible()
            if view == "overview" or (name == "light" and view != "parties"):
                picture(page, f"{view}-{name}", full=name != "phone")
        assert shown.errors == []


def test_the_page_can_be_printed(opened):
    page = opened().open("party/NL/MSP")
    page.emulate_media(media="print")
    assert not page.locator(".tabs").is_visible()
    assert page.get_by_text("How it is reached").is_visible()
