"""Misbehaviour of wallets, and the page's reaction."""

import json

import pytest
from filled_form import Form, choose
from playwright.sync_api import expect
from wallets import Key, Refusal, TestWallet

from ocn_registry import KeySigner

WRONG = {
    "refuses": "You rejected this in the wallet.",
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


def test_a_wallet_that_stays_on_another_chain_signs_nothing(form, key):
    made = form("cancel", key(5)).fill(contract="registry").check().pay("self")
    made.wallet.chain_id, made.wallet.mode = 1, "keeps its chain"
    made.page.get_by_role("button", name="Send from my wallet").click()
    made.page.get_by_text("The wallet is on another chain and did not change.").wait_for()
    assert "eth_sendTransaction" not in made.wallet.asked


def test_an_account_removed_from_the_wallet_signs_nothing(form, key):
    made = form("cancel", key(5)).fill(contract="registry").check().pay("relay")
    made.wallet.accounts = [key(8)]  # changed in the wallet, which does not notify the page
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


SIGN, SEND = "eth_signTypedData_v4", "eth_sendTransaction"
REFUSED = "You rejected this in the wallet. Nothing was signed or sent."
REJECTED = {
    "MetaMask": (4001, "MetaMask Tx Signature: User denied transaction signature."),
    "WalletConnect": (5000, "User disapproved requested methods"),
    "Rabby": (-32603, "User rejected the request."),
    "Ledger": (-32603, "Ledger device: (denied by the user?) (0x6985)"),
    "inside": (-32603, "Internal error", {"originalError": {"code": 4001}}),
}


def test_a_refusal_is_recognised_in_the_wording_of_each_wallet(form, key):
    made = form("cancel", key(5)).check().pay("relay")
    for wallet, error in REJECTED.items():
        made.wallet.answers[SIGN] = Refusal(*error)
        assert (wallet, REFUSED in _tried(made)) == (wallet, True)


def _tried(made):
    """Return the page's explanation of a failure of the wallet."""
    before = made.page.locator("[role=alert]")
    if before.count():
        before.evaluate("one => one.remove()")
    made.page.locator("button.primary").click()
    said = before.inner_text()
    expect(made.page.locator("button.primary")).to_be_enabled()
    return said


TROUBLES = {
    "no signature": (SIGN, None, "relay", "The wallet returned no signature."),
    "no text": (SIGN, {"signature": "0x00"}, "relay", "The wallet returned no signature."),
    "no transaction": (SEND, None, "self", "It may have sent one: look at its history"),
    "no money": (
        SEND,
        Refusal(-32000, "insufficient funds for gas * price + value"),
        "self",
        "The account has too little money for the fee.",
    ),
    "blind signing": (
        SIGN,
        Refusal(-32603, "Please enable Blind signing in the Ethereum app"),
        "relay",
        "Please enable Blind signing",
    ),
    "locked": ("eth_accounts", [], "relay", "The wallet shows no account. Unlock it"),
    "unauthorized": (SIGN, Refusal(4100, "Unauthorized"), "relay", "another account"),
    "no answer": (SEND, StopIteration(), "self", "The wallet did not answer in time."),
}


def test_a_failure_of_a_wallet_is_explained_and_can_be_retried(form, key):
    made = form("cancel", key(5)).check()
    made.page.evaluate("async () => { (await import('./js/wallet.js')).limits.answer = 300 }")
    for trouble, (method, answer, payer, said) in TROUBLES.items():
        made.wallet.answers = {method: answer}
        assert (trouble, said in _tried(made.pay(payer))) == (trouble, True)


CHAINS = {
    "it can't change": (Refusal(4200, "not supported"), "is on another chain"),
    "it has no such method": (Refusal(-32601, "no method"), "is on another chain"),
    "nobody can add it": (Refusal(4902, "Unrecognized"), "does not know the chain 31337"),
}


@pytest.mark.parametrize(("error", "said"), CHAINS.values(), ids=CHAINS)
def test_a_chain_that_a_wallet_can_not_switch_to_is_named(opened, world, key, error, said):
    wallet = TestWallet(world.chain, [key(5)])
    page = opened(wallet)

    def without_nodes(route):
        answer = route.fetch()
        route.fulfill(response=answer, json={**answer.json(), "rpcUrls": []})

    page.page.route("**/settings.json", without_nodes)
    made = Form(page, "cancel").connect().check().pay("self")
    wallet.chain_id = 1
    wallet.answers["wallet_switchEthereumChain"] = error
    made.page.get_by_role("button", name="Send from my wallet").click()
    made.page.locator("[role=alert]").get_by_text(said).wait_for()
    assert not {"wallet_addEthereumChain", SEND} & set(wallet.asked)


def test_a_chain_changed_after_the_check_is_restored_before_signing(form, key, world):
    made = form("website", key(3), query="?countryCode=DE&partyId=CPO")
    made.fill(website="https://back.example.org").check().pay("relay")
    made.wallet.chains.add(1)
    made.wallet.chain_id = 1
    made.page.evaluate("window.tellPage['org.example.test']('chainChanged', '0x1')")
    made.send("relay")
    assert made.wallet.chain_id == world.chain.chain_id
    assert world.client.party("DE", "CPO").website == "https://back.example.org"


def test_a_wallet_locked_in_between_continues_where_it_was(form, key):
    made = form("cancel", key(5)).check()
    choose(made)
    made.page.get_by_text("has to sign. Choose it in your wallet").wait_for()
    assert made.page.get_by_role("heading", name="Check what you sign").is_visible()
    choose(made, key(5))
    expect(made.page.get_by_role("button", name="Sign and hand to the relay")).to_be_enabled()


def test_an_account_changed_after_the_check_is_checked_again(form, key):
    made = form("cancel", key(5)).check()
    choose(made, key(6))
    made.page.get_by_role("button", name="Check it").click()
    made.page.locator("[data-words]").get_by_text(key(6).address[-6:]).wait_for()
    assert made.wallet.signed == []


def test_a_signature_with_v_from_0_is_normalised(form, key, world):
    account, controller = Key("0x" + "58" * 32), key(8)
    _controlled(world, account, controller)
    made = form("node", controller, query=f"?account={account.address}")
    made.fill(domain="https://ledger.example.org").check().pay("self")

    def signed(params):
        found = made.wallet._sign(params[0], json.loads(params[1]))
        return found[:-2] + {"1b": "00", "1c": "01"}[found[-2:]]

    made.wallet.answers[SIGN] = signed
    made.send("self")
    assert world.client.node(account.address).domain == "https://ledger.example.org"


def _controlled(world, account, controller):
    """Let one account control another."""
    if world.client.controller_of(account.address) == controller.address:
        return
    world.chain.request("anvil_setBalance", account.address, hex(10**18))
    signer, accepts = (KeySigner.from_key(one.private_key) for one in (account, controller))
    world.client.identity.name_controller(signer=signer, controller=accepts)


def test_a_signature_of_another_account_is_neither_sent_nor_saved_as_signed(form, key, world):
    account, controller = Key("0x" + "58" * 32), key(8)
    _controlled(world, account, controller)
    made = form("node", controller, query=f"?account={account.address}")
    made.fill(domain="https://wrong.example.org").check()
    made.wallet.mode = "signs with another key"
    for payer in ("self", "file"):
        assert "The wallet signed with another account" in _tried(made.pay(payer))
    assert SEND not in made.wallet.asked
    made.wallet.mode = "good"
    made.wallet.answers["eth_call"] = Refusal(4200, "this wallet can't look itself")
    with made.page.expect_download() as download:
        made.page.get_by_role("button", name="Sign and save").click()
    world.client.verify(world.client.read_signed_request(download.value.path().read_text()))


ANNOUNCED_TWICE = """
const provider = { request: async () => [] };
const icon = `data:image/svg+xml,${"x".repeat(5_000_000)}`;
const tell = (uuid, name) => () => {
  const info = { uuid, name, icon, rdns: "org.example.twice" };
  dispatchEvent(new CustomEvent("eip6963:announceProvider", { detail: { info, provider } }));
};
for (const each of [tell("one", "<b>Twice</b>"), tell("one", "Twice"), tell("two", "Twice")])
  addEventListener("eip6963:requestProvider", each);
"""


def test_a_wallet_that_announces_itself_twice_is_offered_once_without_its_huge_icon(opened):
    said = opened()
    said.page.add_init_script(ANNOUNCED_TWICE)
    page = said.open("do/node")
    assert page.locator("[data-wallet]").all_inner_texts() == ["Connect Twice"]
    assert page.locator("[data-wallet] img").count() == 0
    page.locator("[data-wallet]").click()
    page.get_by_text("The wallet shows no account.").wait_for()


def test_an_old_wallet_that_announces_nothing_is_offered_in_the_reader_s_language(opened, key):
    said = opened(locale="de-DE")
    said.page.add_init_script(
        "window.ethereum = { on: true, request: async ({ method }) => "
        f"method === 'eth_requestAccounts' ? ['{key(8).address.lower()}'] : null }}"
    )
    page = said.open("do/node")
    page.get_by_role("button", name="Wallet des Browsers verbinden").click()
    page.get_by_role("button", name="Trennen").wait_for()
