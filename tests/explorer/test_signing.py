"""Every form, signed with a wallet, until the registry has it."""

import json
import time
import urllib.error
import urllib.request

import pytest
from playwright.sync_api import expect
from wallets import Key, TestWallet

from ocn_registry import KeySigner, Module, SetNode, SetPartyWebsite
from ocn_registry.models import Contract
from ocn_registry.relay.intake import digest_of_key


class Form:
    """A form, filled in as a person does."""

    def __init__(self, page, name, query=""):
        self.page = page.open(f"do/{name}{query}")
        self.said = page

    def connect(self, name="Test Wallet"):
        self.page.get_by_role("button", name=f"Connect {name}").click()
        self.page.get_by_role("button", name="Disconnect").wait_for()
        return self

    def fill(self, **values):
        for name, value in values.items():
            if isinstance(value, list):
                for one in value:
                    self.page.locator(f"input[name={name}][value={one}]").check()
            elif self.page.locator(f"select[name={name}]").count():
                self.page.locator(f"select[name={name}]").select_option(value)
            else:
                self.page.locator(f"input[name={name}]").fill(value)
        return self

    def check(self):
        self.page.get_by_role("button", name="Check it").click()
        self.page.get_by_role("heading", name="Check what you sign").wait_for()
        return self

    def pay(self, who):
        self.page.locator(f"input[name=pay][value={who}]").check()
        return self

    def send(self, who):
        self.pay(who)
        button = {"relay": "Sign and hand to the relay", "self": "Send from my wallet"}[who]
        self.page.get_by_role("button", name=button).click()
        self.page.locator("[data-progress=done]").wait_for()
        return self

    @property
    def text(self):
        return self.page.locator("main").inner_text()


@pytest.fixture
def form(opened, world):
    """Open a form with a wallet that has some accounts."""

    def make(name, *accounts, query="", **options):
        wallet = TestWallet(world.chain, accounts, **options)
        made = Form(opened(wallet), name, query)
        made.wallet = wallet
        return made.connect()

    return make


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


def test_a_change_begins_with_what_is_there_and_says_what_ends(form, key, world):
    made = form("modules", key(4), query="?countryCode=NL&partyId=MSP")
    expect(made.page.locator("input[name=receiver][value=tariffs]")).to_be_checked()
    made.page.locator("input[name=receiver][value=tariffs]").uncheck()
    made.fill(sender=["tokens"]).check()
    assert "Receiver: tariffs end." in made.text
    made.send("relay")
    party = world.client.party("NL", "MSP")
    assert party.modules_sender == (Module.CDRS, Module.TOKENS)
    assert Module.TARIFFS not in party.modules_receiver


def test_who_pays_needs_one_transaction_and_no_signature(form, key, world):
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


def test_what_was_signed_is_cancelled(form, key, world):
    before = world.client.nonce(key(5).address, Contract.PERMISSIONS)
    form("cancel", key(5)).fill(contract="permissions").check().send("self")
    assert world.client.nonce(key(5).address, Contract.PERMISSIONS) > before


def test_a_controller_agrees_and_then_signs_alone(form, key, world):
    account, controller = key(7), Key("0x" + "55" * 32)
    world.chain.request("anvil_setBalance", controller.address, hex(10**18))
    made = form("controller", account, controller).fill(controller=controller.address).check()
    assert "The account's own key changes nothing here any more." in made.text
    made.pay("relay")
    expect(made.page.get_by_role("button", name="Sign and hand to the relay")).to_be_disabled()
    _choose(made, controller, account)
    made.page.get_by_role("button", name="Sign as the other account").click()
    made.page.get_by_text("has agreed").wait_for()
    _choose(made, account, controller)
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
    )  # for the account, whose transaction it is not
    assert world.client.nonce(account.address, Contract.REGISTRY) > before


def test_a_key_is_changed_for_another(form, world):
    old, new = Key("0x" + "66" * 32), Key("0x" + "67" * 32)
    world.chain.request("anvil_setBalance", old.address, hex(10**18))
    world.client.set_node("https://old.example.org", signer=_signer(old))
    made = form("move", old, new).fill(newAccount=new.address).check()
    assert "retired for good" in made.text
    _choose(made, new, old)
    made.page.get_by_role("button", name="Sign as the other account").click()
    made.page.get_by_text("has agreed").wait_for()
    _choose(made, old, new)
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


def test_who_has_no_wallet_saves_what_has_to_be_signed_elsewhere(opened, world, key):
    made = Form(opened(), "node")
    made.page.get_by_text("For another account").click()
    made.page.get_by_label("Address of the account").fill(key(8).address)
    made.fill(domain="https://other.example.org").check().pay("file")
    with made.page.expect_download() as download:
        made.page.get_by_role("button", name="Sign and save").click()
    request = world.client.read_request(download.value.path().read_text())
    assert (request.account, request.intent) == (
        key(8).address,
        SetNode(domain="https://other.example.org"),
    )


def test_what_the_contract_would_refuse_is_reported_before_anything_is_signed(form, key, world):
    made = form("register", key(8))
    made.fill(
        countryCode="DE", partyId="CPO", roles=["CPO"], operator=world.chain.accounts[1].address
    )
    made.page.get_by_role("button", name="Check it").click()
    made.page.get_by_text("The registry would refuse this now").wait_for()
    assert made.wallet.signed == []


def test_a_server_that_prepares_something_else_is_found_out(form, key, world):
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


WRONG = {
    "refuses": "You refused in the wallet.",
    "stalls": "The wallet did not answer in time.",
    "busy": "still waiting for an earlier answer",
    "signs with another key": "The wallet signed with another account",
}


@pytest.mark.parametrize(("mode", "said"), WRONG.items())
def test_a_wallet_that_does_not_sign_is_explained_and_can_be_tried_again(
    form, key, world, mode, said
):
    made = (
        form("website", key(4), query="?countryCode=NL&partyId=MSP")
        .fill(website=f"https://{mode[:2]}.example.org")
        .check()
        .pay("relay")
    )
    if mode == "stalls":
        made.page.evaluate("async () => { (await import('./js/wallet.js')).limits.answer = 300 }")
    made.wallet.mode = mode
    made.page.get_by_role("button", name="Sign and hand to the relay").click()
    made.page.get_by_text(said).wait_for()
    assert made.said.accessible() == []
    made.wallet.mode = "good"
    expect(made.page.get_by_role("button", name="Sign and hand to the relay")).to_be_enabled()
    made.send("relay")
    assert world.client.party("NL", "MSP").website == f"https://{mode[:2]}.example.org"


def test_a_chain_that_the_wallet_does_not_know_is_added_first(form, key, world):
    made = form("cancel", key(5), knows_chain=False).fill(contract="registry").check().send("self")
    assert [one for one in made.wallet.asked if one.startswith("wallet_")] == [
        "wallet_switchEthereumChain",
        "wallet_addEthereumChain",
    ]


def test_a_wallet_that_adds_a_chain_without_changing_to_it_is_asked_again(form, key):
    made = form("cancel", key(5), knows_chain=False).fill(contract="registry").check()
    made.wallet.mode = "only adds"
    made.send("self")
    assert [one for one in made.wallet.asked if one.startswith("wallet_")] == [
        "wallet_switchEthereumChain",
        "wallet_addEthereumChain",
        "wallet_switchEthereumChain",
    ]


ODD_WALLETS = """
const bare = Object.create(null);
const thrown = [null, undefined, 7, bare, { message: {} }, Symbol("no"), "<b>no</b>"];
const icons = ["javascript:alert(1)", "https://spy.example/icon.png", {}, null];
thrown.forEach((error, at) => {
  const name = [`Odd ${at}`, 5, null, {}][at % 4];
  const info = { uuid: `odd-${at}`, name, icon: icons[at % 4], rdns: [] };
  const provider = { request: () => { if (at % 2) throw error; return Promise.reject(error); } };
  const detail = { info, provider };
  const announce = () => dispatchEvent(new CustomEvent("eip6963:announceProvider", { detail }));
  addEventListener("eip6963:requestProvider", announce);
});
for (const detail of [null, {}, { info: null }, { info: { uuid: 1 } }, { info: { uuid: "a" } }])
  addEventListener("eip6963:requestProvider", () =>
    dispatchEvent(new CustomEvent("eip6963:announceProvider", { detail })));
"""


def test_wallets_that_announce_and_throw_anything_are_offered_as_text_and_explained(opened):
    said = opened()
    said.page.add_init_script(ODD_WALLETS)
    page = said.open("do/node")
    buttons = page.locator("[data-wallet]")
    names = ["Odd 0", "odd-1", "odd-2", "odd-3", "Odd 4", "odd-5", "odd-6"]
    assert buttons.all_inner_texts() == [f"Connect {name}" for name in names]
    assert buttons.locator("img").count() == 0
    for place in range(len(names)):
        buttons.nth(place).click()
        page.locator(".note.warn").wait_for()
        assert page.locator(".note.warn").inner_text().startswith("The wallet")
        expect(buttons.nth(place)).to_be_enabled()
        page.reload()
        buttons.first.wait_for()
    assert said.errors == []


def test_a_wallet_that_keeps_its_chain_signs_nothing(form, key):
    made = form("cancel", key(5)).fill(contract="registry").check().pay("self")
    made.wallet.chain_id, made.wallet.mode = 1, "keeps its chain"
    made.page.get_by_role("button", name="Send from my wallet").click()
    made.page.get_by_text("The wallet is on another chain and did not change.").wait_for()
    assert "eth_sendTransaction" not in made.wallet.asked


def test_an_account_that_is_gone_from_the_wallet_signs_nothing(form, key):
    made = form("cancel", key(5)).fill(contract="registry").check().pay("relay")
    made.wallet.accounts = [key(8)]  # changed there, and this wallet does not say so
    made.page.get_by_role("button", name="Sign and hand to the relay").click()
    made.page.get_by_text("The wallet shows another account.").wait_for()
    assert made.wallet.signed == []


def test_two_wallets_are_offered_and_the_chosen_one_is_asked(opened, world, key):
    first, second = (
        TestWallet(world.chain, [key(3)]),
        TestWallet(world.chain, [key(4)], name="Other Wallet", rdns="org.example.other"),
    )
    made = Form(opened(first, second), "node")
    made.connect("Other Wallet")
    assert first.asked == []
    assert key(4).address[-6:].lower() in made.text.lower()


def _choose(made, *accounts):
    """Choose another account in the wallet, which tells the page."""
    made.wallet.accounts = list(accounts)
    result = [made.wallet.rdns, [account.address.lower() for account in accounts]]
    made.page.evaluate(
        "([name, accounts]) => window.tellPage[name]('accountsChanged', accounts)", result
    )


def _seen(world, path, *, status=200):
    """Wait until the relay's view of the registry has an entry."""
    until = time.monotonic() + 60
    while _status(world.api + path) != status:
        assert time.monotonic() < until
        time.sleep(0.05)


def _unseen(world, path):
    _seen(world, path, status=404)


def _status(url):
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - the test's own server
            return answer.status
    except urllib.error.HTTPError as error:
        with error:  # it holds the connection
            return error.code


def _signer(account):
    return KeySigner.from_key(account.private_key)
