"""The review of each form before signing, on a phone, in both languages and both themes."""

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from filled_form import Form, wide
from wallets import Key, TestWallet

from ocn_registry import SetPartyWebsite

PHONE = {"size": (360, 740), "locale": "de-DE", "color_scheme": "dark"}
SE = Key("0x" + "5b" * 32)


class Review(NamedTuple):
    """A form, and the expected texts of its review."""

    place: int
    """Index of the account in the chain's list."""
    form: str
    says: tuple[str, ...]
    fields: Callable[[Any], dict[str, Any]] = lambda _: {}
    taken_back: dict[str, Any] = {}  # noqa: RUF012 - never changed


REVIEWS = {
    "register": Review(
        7,
        "register",
        ("wird als DE NEW eingetragen", "Dies beendet sonst nichts."),
        lambda accounts: {
            "countryCode": "DE",
            "partyId": "NEW",
            "roles": ["CPO", "HUB"],
            "operator": accounts[1].address,
        },
    ),
    "change": Review(
        3,
        "register?countryCode=DE&partyId=CPO",
        ("Die Rolle CPO endet.", "nicht mehr über https://north.example.org erreichbar"),
        lambda accounts: {"roles": ["EMSP"], "operator": accounts[2].address},
        {"roles": ["CPO"]},
    ),
    "further id": Review(
        3,
        "register",
        ("Das Konto behält seine anderen Kennungen", "DE CPO"),
        lambda accounts: {
            "countryCode": "DE",
            "partyId": "TWO",
            "roles": ["CPO"],
            "operator": accounts[1].address,
        },
    ),
    "modules": Review(
        4,
        "modules?countryCode=NL&partyId=MSP",
        ("Empfänger: tariffs enden.",),
        taken_back={"receiver": ["tariffs"]},
    ),
    "website": Review(
        4,
        "website?countryCode=NL&partyId=MSP",
        ("Die Website https://www.example.org wird nicht mehr genannt.",),
        lambda _: {"website": f"https://{'long-' * 10}name.{'label.' * 25}example.org"},
    ),
    "leave": Review(
        5,
        "leave?countryCode=DE&partyId=SCP",
        ("Die Kennung DE SCP wird für andere frei.", "mit ihm 1 Zustimmung"),
    ),
    "node": Review(
        1,
        "node",
        ("Die URL https://north.example.org wird für andere frei.",),
        lambda _: {"domain": "https://new.example.org/with/a/path"},
    ),
    "leave-node": Review(1, "leave-node", ("10 Parteien sind nicht erreichbar",)),
    "service": Review(
        5,
        "service",
        ("1 Zustimmung zur jetzigen Version des Dienstes endet.", "<b>Last</b>"),
        lambda _: {"name": f"<b>Last</b> {'ohne Ende ' * 8}", "permissions": ["FORWARD_ALL"]},
    ),
    "end-service": Review(5, "end-service", ("mit ihm 1 Zustimmung",)),
    "agree": Review(6, "agree?provider={5}", ("Ladevorgänge, Empfänger", "Dienst: Smart charging")),
    "revoke": Review(4, "revoke?provider={5}", ("erhält keine Kopien mehr", "Smart charging")),
    "move": Review(
        5,
        "move",
        ("für immer stillgelegt", "DE SCP", "der Dienst Smart charging", "mit 1 Zustimmung"),
        lambda _: {"newAccount": SE.address},
    ),
    "controller": Review(
        4,
        "controller",
        ("Ein verlorener Controller friert das Konto ein", "Das andere Konto muss zustimmen"),
        lambda _: {"controller": SE.address},
    ),
    "no controller": Review(4, "controller", ("für sich selbst: Es hat keinen Controller.",)),
    "cancel": Review(5, "cancel", ("können nicht mehr gesendet werden",)),
}


@pytest.mark.parametrize("name", REVIEWS)
def test_a_review_says_what_ends_and_who_pays_and_is_accessible(opened, world, name):
    review, accounts = REVIEWS[name], world.chain.accounts
    wallet = TestWallet(world.chain, [Key(accounts[review.place].private_key)])
    place = review.form.replace("{5}", accounts[5].address)
    said = opened(wallet, **PHONE)
    made = Form(said, place, words=("Test Wallet verbinden", "Trennen", "Prüfen"))
    made.connect()
    made.untick(**review.taken_back).fill(**review.fields(accounts)).check()
    text = " ".join(made.text.split())
    assert {one: one in text for one in review.says} == dict.fromkeys(review.says, True)
    for payer in ("self", "file", "relay"):
        made.pay(payer)
        unfolded(said)
        assert (payer, wide(said.page)) == (payer, [])
    for scheme in ("light", "dark"):
        said.page.emulate_media(color_scheme=scheme)
        assert (scheme, said.accessible("main")) == (scheme, [])
    assert said.errors == []


def unfolded(said):
    """Unfold all details."""
    said.page.locator("main details").evaluate_all("all => all.forEach((one) => (one.open = true))")


def test_a_request_file_is_reviewed_and_its_signed_transaction_is_shown_decoded(opened, world, key):
    request = world.client.prepare(
        SetPartyWebsite(country_code="DE", party_id="SCP", website="https://scp.example.org"),
        key(5).address,
    )
    signed = request.sign(world.signer(5))
    said = opened(TestWallet(world.chain, [key(6)]), **PHONE)
    made = Form(said, "file", words=("Test Wallet verbinden", "Trennen", "Prüfen"))
    made.connect()
    assert (said.accessible(), wide(said.page)) == ([], [])
    made.page.locator("input[type=file]").set_input_files(
        {"name": "a.json", "mimeType": "application/json", "buffer": signed.to_json().encode()}
    )
    made.page.locator("[data-words]").wait_for()
    made.pay("self").page.get_by_text("Die Transaktion, aufgeschlüsselt").click()
    shown = made.page.locator("pre").inner_text()
    assert 'website: "https://scp.example.org"' in shown
    assert signed.signature.hex() in shown
    assert (said.accessible(), wide(said.page)) == ([], [])
    made.pay("file").page.get_by_role("button", name="Den unterschriebenen Antrag").wait_for()
