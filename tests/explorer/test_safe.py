"""A Safe through its own wallet connection: its owners sign (ERC-1271), and it sends itself."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
from eth_abi import encode
from eth_account.messages import _hash_eip191_message, encode_typed_data
from playwright.sync_api import expect
from safes import new_safe, signature_of
from wallets import Key, TestWallet

from ocn_registry.evm.keccak import selector
from ocn_registry.models import ZERO_ADDRESS

ONE_TRANSACTION = (
    "address,uint256,bytes,uint8,uint256,uint256,uint256,address,address"  # and the signatures
)


class SafeWallet(TestWallet):
    """The wallet provider of the Safe app, for a Safe with several owners."""

    def __init__(self, chain, safe, owners):
        super().__init__(
            chain, [SimpleNamespace(address=safe)], name="Safe", rdns="org.example.safe"
        )
        self.safe, self.owners = safe, owners
        self.confirmed = True

    def _sign(self, address, document):
        assert address.lower() == self.safe.lower()
        self.signed.append(document)
        if not self.confirmed:
            return "0x"  # a Safe returns this while its owners still have to confirm
        digest = _hash_eip191_message(encode_typed_data(full_message=document))
        return "0x" + signature_of(self.safe, digest, self.owners).hex()

    def _answer(self, method, params):
        if method != "eth_sendTransaction":
            return super()._answer(method, params)
        assert params[0]["from"].lower() == self.safe.lower()
        return self._execute(params[0]["to"], bytes.fromhex(params[0]["data"][2:]))

    def _execute(self, to, data):
        """Let the owners confirm a transaction, and one of them send it."""
        values = (to, 0, data, 0, 0, 0, 0, ZERO_ADDRESS, ZERO_ADDRESS)
        kinds = ONE_TRANSACTION.split(",")
        nonce = int(self._asked("nonce()"), 16)
        digest = self._asked(
            f"getTransactionHash({ONE_TRANSACTION},uint256)", [*kinds, "uint256"], [*values, nonce]
        )
        in_order = sorted(self.owners, key=lambda owner: int(owner.address, 16))
        signatures = b"".join(
            bytes(owner.unsafe_sign_hash(bytes.fromhex(digest[2:])).signature) for owner in in_order
        )
        call = selector(f"execTransaction({ONE_TRANSACTION},bytes)")
        call += encode([*kinds, "bytes"], [*values, signatures])
        sender = self.chain.accounts[8].address
        return self.chain.request(
            "eth_sendTransaction", {"from": sender, "to": self.safe, "data": "0x" + call.hex()}
        )

    def _asked(self, function, kinds=(), values=()):
        data = selector(function) + encode(kinds, values)
        return self.chain.request(
            "eth_call", {"to": self.safe, "data": "0x" + data.hex()}, "latest"
        )


@pytest.fixture(scope="module")
def safe(world, owners):
    """Deploy a Safe that needs two of three owners, and that the relay pays for."""
    # The relay's own account is not used, because its transactions are numbered.
    others = SimpleNamespace(request=world.chain.request, accounts=[world.chain.accounts[8]] * 10)
    safe = new_safe(others, owners, 2)
    intake = world.service.intake
    intake._policy = replace(
        intake._policy,
        contracts=frozenset([safe]),
        allowed=intake._policy.allowed | {safe},
    )
    return safe


@pytest.fixture
def form(opened, world, safe, owners):
    def make(name, query=""):
        wallet = SafeWallet(world.chain, safe, owners[:2])
        page = opened(wallet).open(f"do/{name}{query}")
        page.get_by_role("button", name="Connect Safe").click()
        page.get_by_role("button", name="Disconnect").wait_for()
        return page, wallet

    return make


def check(page):
    page.get_by_role("button", name="Check it").click()
    page.get_by_role("heading", name="Check what you sign").wait_for()


def test_a_safe_signs_and_the_relay_pays(form, world, safe):
    page, wallet = form("register")
    page.get_by_label("Country code").fill("CH")
    page.get_by_label("Party id").fill("SAF")
    page.locator("input[name=roles][value=CPO]").check()
    page.get_by_label("Node").select_option(world.chain.accounts[1].address)
    check(page)
    page.get_by_text("is a contract, such as a Safe").wait_for()
    page.get_by_role("button", name="Sign and hand to the relay").click()
    page.locator("[data-progress=done]").wait_for()
    assert world.client.party("CH", "SAF").address == safe
    assert len(wallet.signed) == 1


def test_a_safe_sends_and_pays_itself(form, world, safe):
    page, wallet = form("node")
    page.get_by_label("URL of the node").fill("https://safe.example.org")
    check(page)
    page.locator("input[name=pay][value=self]").check()
    page.get_by_role("button", name="Send from my wallet").click()
    page.locator("[data-progress=done]").wait_for()
    assert world.client.node(safe).domain == "https://safe.example.org"
    assert wallet.signed == []


def test_a_safe_keeps_a_request_that_its_owners_still_have_to_confirm(form, world, safe):
    page, wallet = form("cancel")
    page.locator("select[name=contract]").select_option("registry")
    check(page)
    wallet.confirmed = False
    page.get_by_role("button", name="Sign and hand to the relay").click()
    page.get_by_text("The contract does not accept this signature yet").wait_for()
    before = page.locator(".sheet").inner_text()
    wallet.confirmed = True
    page.get_by_role("button", name="Sign and hand to the relay").click()
    page.locator("[data-progress=done]").wait_for()
    assert [one["message"] for one in wallet.signed] == [wallet.signed[0]["message"]] * 2
    assert wallet.signed[0]["message"]["nonce"] in before


def test_a_safe_controls_an_account(form, opened, world, safe):
    account = Key("0x" + "57" * 32)
    world.chain.request("anvil_setBalance", account.address, hex(10**18))
    own = TestWallet(world.chain, [account])
    page, wallet = form("controller", f"?account={account.address}")
    page.get_by_label("Address of the controller").fill(safe)
    check(page)
    page.get_by_role("button", name="Sign as the other account").click()
    page.get_by_text("has agreed").wait_for()
    page.locator("input[name=pay][value=file]").check()
    with page.expect_download() as download:
        page.get_by_role("button", name="Save without a signature").click()
    # The account's own key is on another machine, which gets the file.
    there = opened(own).open("do/file")
    there.locator("input[type=file]").set_input_files(download.value.path())
    there.get_by_role("heading", name="Check what you sign").wait_for()
    there.get_by_role("button", name="Connect Test Wallet").click()
    there.get_by_role("button", name="Disconnect").wait_for()
    there.locator("input[name=pay][value=self]").check()
    expect(there.get_by_role("button", name="Send from my wallet")).to_be_enabled()
    there.get_by_role("button", name="Send from my wallet").click()
    there.locator("[data-progress=done]").wait_for()
    assert world.client.controller_of(account.address) == safe
    assert len(wallet.signed) == 1
