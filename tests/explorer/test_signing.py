"""Every form, signed with a wallet, until the change is in the registry."""

import json
import time
import urllib.error
import urllib.request

import pytest
from filled_form import Form, choose
from playwright.sync_api import expect
from wallets import Key

from ocn_registry import KeySigner, Module, SetNode, SetPartyWebsite
from ocn_registry.models import Contract
from ocn_registry.relay.intake import digest_of_key


def test_a_party_is_registered_and_the_relay_pays(form, key, world):
    made = form("register", key(7))
    made.fill(
        countryCode="de",
        partyId="new",
        roles=["CPO", "HUB"],
        operator=world.chain.accounts[1].address,
    ).check()
    assert "DE NEW" in made.text
    assert "This ends nothing else." in made.text
    made.send("relay")
    party = world.client.party("DE", "NEW")
    assert party.address == key(7).address
    assert [role.name for role in party.roles] == ["CPO", "HUB"]
    assert made.wallet.asked.count("eth_signTypedData_v4") == 1
    assert "eth_sendTransaction" not in made.wallet.asked
    assert made.said.errors == []
    made.page.get_by_role("link", name="DE NEW").first.click()
    made.page.get_by_text("How it is reached").wait_for()


def test_an_api_key_of_the_relay_lets_it_pay_and_is_not_kept(form, world):
    with world.service.database.transaction() as transaction:
        transaction.run(
            "INSERT INTO api_key (name, digest, requests_per_day, revoked) VALUES (?, ?, ?, 0)",
            "shop",
            digest_of_key("the-key-of-a-shop"),
            5,
        )
    made = form("node", Key("0x" + "79" * 32))
    made.fill(domain="https://shop.example.org").check().pay("relay")
    made.page.get_by_text("I have an API key").click()
    made.page.get_by_label("API key").fill("the-key-of-a-shop")
    made.send("relay")
    kept = "JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])"
    assert "the-key-of-a-shop" not in made.page.evaluate(kept)
    assert [url for url in made.said.asked if "the-key-of-a-shop" in url] == []


def test_a_change_starts_from_the_present_entry_and_says_what_ends(form, key, world):
    made = form("modules", key(4), query="?countryCode=NL&partyId=MSP")
    expect(made.page.locator("input[name=receiver][value=tariffs]")).to_be_checked()
    made.page.locator("input[name=receiver][value=tariffs]").uncheck()
    made.fill(sender=["tokens"]).check()
    assert "Receiver: tariffs end." in made.text
    made.send("relay")
    party = world.client.party("NL", "MSP")
    assert party.modules_sender == (Module.CDRS, Module.TOKENS)
    assert Module.TARIFFS not in party.modules_receiver


def test_a_paying_account_needs_one_transaction_and_no_signature(form, key, world):
    made = form("website", key(3), query="?countryCode=DE&partyId=CPO")
    made.fill(website="HTTPS://Charging.Example.org/").check()
    made.pay("self").page.get_by_text("The transaction, decoded").click()
    assert "SetPartyWebsite" in made.page.locator("pre").inner_text()
    made.send("self")
    assert world.client.party("DE", "CPO").website == "https://charging.example.org"
    assert "eth_signTypedData_v4" not in made.wallet.asked


def test_a_node_is_listed_and_taken_off_again(form, key, world):
    form("node", key(8)).fill(domain="https://west.example.org").check().send("self")
    assert world.client.node(key(8).address).domain == "https://west.example.org"
    _seen(world, f"nodes/{key(8).address}")
    made = form("leave-node", key(8)).check()
    assert "https://west.example.org becomes free for others" in made.text
    made.send("self")
    assert world.client.node(key(8).address) is None
    _unseen(world, f"nodes/{key(8).address}")


def test_a_service_is_offered_agreed_to_revoked_and_ended(form, key, world):
    provider = key(3).address
    made = form("service", key(3)).fill(
        name="Räume & <b>Last</b>", url="https://load.example.org", permissions=["FORWARD_ALL"]
    )
    made.check().send("relay")
    assert world.client.service(provider).name == "Räume & <b>Last</b>"
    _seen(world, f"services/{provider}")
    made = form("agree", key(6), query=f"?provider={provider}").check()
    assert "all messages" in made.page.locator("[data-words]").inner_text()
    made.send("relay")
    (agreement,) = world.client.agreements(key(6).address)
    assert agreement.provider == provider
    form("revoke", key(6), query=f"?provider={provider}").check().send("self")
    assert world.client.agreements(key(6).address) == ()
    form("end-service", key(3)).check().send("relay")
    assert world.client.service(provider) is None


def test_an_id_is_given_up(form, key, world):
    made = form("leave", key(6)).fill(countryCode="FR", partyId="B01").check()
    assert "The id FR B01 becomes free for others." in made.text
    made.send("relay")
    assert world.client.party("FR", "B01") is None


def test_signed_requests_are_cancelled(form, key, world):
    before = world.client.nonce(key(5).address, Contract.PERMISSIONS)
    form("cancel", key(5)).fill(contract="permissions").check().send("self")
    assert world.client.nonce(key(5).address, Contract.PERMISSIONS) > before


def test_a_controller_accepts_and_then_is_the_only_signer(form, key, world):
    account, controller = key(7), Key("0x" + "55" * 32)
    world.chain.request("anvil_setBalance", controller.address, hex(10**18))
    made = form("controller", account, controller).fill(controller=controller.address).check()
    assert "The account's own key can't change anything here any more." in made.text
    made.pay("relay")
    expect(made.page.get_by_role("button", name="Sign and hand to the relay")).to_be_disabled()
    choose(made, controller, account)
    made.page.get_by_role("button", name="Sign as the other account").click()
    made.page.get_by_text("has agreed").wait_for()
    choose(made, account, controller)
    made.send("relay")
    assert world.client.controller_of(account.address) == controller.address
    made = (
        form("cancel", controller, query=f"?account={account.address}")
        .fill(contract="registry")
        .check()
    )
    assert "has to sign" in made.text
    before = world.client.nonce(account.address, Contract.REGISTRY)
    made.send("self")
    assert (
        made.wallet.asked.count("eth_signTypedData_v4") == 1
    )  # for the account, which did not send the transaction
    assert world.client.nonce(account.address, Contract.REGISTRY) > before


def test_a_key_is_changed_for_another(form, world):
    old, new = Key("0x" + "66" * 32), Key("0x" + "67" * 32)
    world.chain.request("anvil_setBalance", old.address, hex(10**18))
    world.client.set_node("https://old.example.org", signer=_signer(old))
    made = form("move", old, new).fill(newAccount=new.address).check()
    assert "retired for good" in made.text
    choose(made, new, old)
    made.page.get_by_role("button", name="Sign as the other account").click()
    made.page.get_by_text("has agreed").wait_for()
    choose(made, old, new)
    made.send("self")
    assert world.client.node(new.address).domain == "https://old.example.org"
    assert world.client.node(old.address) is None


def test_a_request_file_is_read_signed_and_saved(form, key, world):
    account = key(5)
    request = world.client.prepare(
        SetPartyWebsite(country_code="DE", party_id="SCP", website="https://scp.example.org"),
        account.address,
    )
    made = form("file", account)
    made.page.locator("input[type=file]").set_input_files(
        {"name": "a.json", "mimeType": "application/json", "buffer": request.to_json().encode()}
    )
    made.page.get_by_role("heading", name="Check what you sign").wait_for()
    assert "https://scp.example.org" in made.page.locator("[data-words]").inner_text()
    made.pay("file")
    with made.page.expect_download() as download:
        made.page.get_by_role("button", name="Sign and save").click()
    assert download.value.suggested_filename == "SetPartyWebsite.signed.json"
    signed = world.client.read_signed_request(download.value.path().read_text())
    world.client.verify(signed)
    assert signed.intent.website == "https://scp.example.org"


@pytest.mark.parametrize(
    "content",
    [
        '{"primaryType": "Permit"}',
        "no JSON",
        "[]",
        json.dumps({"primaryType": "SetNode", "domain": {}, "message": {}, "types": {}}),
    ],
)
def test_a_file_that_is_not_a_request_is_refused(form, key, content):
    made = form("file", key(3))
    made.page.locator("input[type=file]").set_input_files(
        {"name": "a.json", "mimeType": "application/json", "buffer": content.encode()}
    )
    made.page.locator(".drop .problem:not(:empty)").wait_for()


def test_without_a_wallet_a_request_is_saved_for_signing_elsewhere(opened, world, key):
    made = Form(opened(), "node")
    made.page.get_by_text("For another account").click()
    made.page.get_by_label("Address of the account").fill(key(8).address)
    made.fill(domain="https://other.example.org").check().pay("file")
    with made.page.expect_download() as download:
        made.page.get_by_role("button", name="Save without a signature").click()
    request = world.client.read_request(download.value.path().read_text())
    assert (request.account, request.intent) == (
        key(8).address,
        SetNode(domain="https://other.example.org"),
    )


def test_a_refusal_by_the_contract_is_reported_before_signing(form, key, world):
    made = form("register", key(8))
    made.fill(
        countryCode="DE", partyId="CPO", roles=["CPO"], operator=world.chain.accounts[1].address
    )
    made.page.get_by_role("button", name="Check it").click()
    made.page.get_by_text("The registry would refuse this now").wait_for()
    assert made.wallet.signed == []


def test_a_server_that_prepares_another_request_is_detected(form, key, world):
    made = form("node", key(8))

    def spoil(route):
        answer = route.fetch()
        result = answer.json()
        result["typedData"]["message"]["domain"] = "https://thief.example.org"
        route.fulfill(response=answer, body=json.dumps(result))

    made.page.route("**/v1/prepare", spoil)
    made.fill(domain="https://mine.example.org")
    made.page.get_by_role("button", name="Check it").click()
    made.page.get_by_text("is not what you filled in").wait_for()
    assert made.wallet.signed == []


def test_a_draft_survives_a_reload(form, key, world):
    made = form("register", key(8)).fill(countryCode="SE", partyId="ABC", roles=["NSP"])
    made.page.reload()
    made.page.get_by_text("This is your draft").wait_for()
    assert made.page.locator("input[name=partyId]").input_value() == "ABC"
    expect(made.page.locator("input[value=NSP]")).to_be_checked()
    made.page.get_by_role("button", name="Start over").click()
    assert made.page.locator("input[name=partyId]").input_value() == ""


def test_a_stalled_transaction_is_found_again_after_a_reload(form, key, world):
    world.chain.request("evm_setAutomine", False)
    try:
        made = form("node", key(8)).fill(domain="https://late.example.org").check().pay("self")
        made.page.get_by_role("button", name="Send from my wallet").click()
        made.page.locator("[data-progress=sent]").wait_for()
        made.page.reload()
        made.page.locator("[data-progress=sent]").wait_for()
        world.chain.request("evm_mine")
        made.page.locator("[data-progress=done]").wait_for()
    finally:
        world.chain.request("evm_setAutomine", True)
    assert world.client.node(key(8).address).domain == "https://late.example.org"


def _seen(world, path, *, status=200):
    """Wait until the relay's view of the registry has an entry."""
    until = time.monotonic() + 240
    while _status(world.api + path) != status:
        assert time.monotonic() < until
        time.sleep(0.05)


def _unseen(world, path):
    _seen(world, path, status=404)


def _status(url):
    try:
        with urllib.request.urlopen(url, timeout=60) as answer:  # noqa: S310 - the test's own server
            return answer.status
    except urllib.error.HTTPError as error:
        with error:  # it holds the connection
            return error.code


def _signer(account):
    return KeySigner.from_key(account.private_key)
