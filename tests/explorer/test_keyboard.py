"""A keyboard alone is enough to register a party and to change its key."""

from types import SimpleNamespace

from filled_form import choose
from wallets import Key, TestWallet

MOST_STEPS = 150


def go_to(page, wanted, *, back=False):
    """Press Tab until the focused element meets a condition."""
    for _ in range(MOST_STEPS):
        page.keyboard.press("Shift+Tab" if back else "Tab")
        if page.evaluate(f"(() => {{ const it = document.activeElement; return {wanted}; }})()"):
            return
    raise AssertionError(f"the focus never was at {wanted}")


def press(page, text, *, back=False):
    go_to(page, f"it.textContent.startsWith('{text}')", back=back)
    page.keyboard.press("Enter")


def pay_oneself(page):
    """Choose who pays with an arrow key, as for all radio buttons."""
    go_to(page, "it.name === 'pay'")
    page.keyboard.press("ArrowDown")
    page.wait_for_function("document.activeElement.value === 'self'")
    press(page, "Send from my wallet")
    page.locator("[data-progress=done]").wait_for()


def test_a_keyboard_alone_registers_a_party_and_changes_its_key(opened, world):
    mine, new = Key("0x" + "6b" * 32), Key("0x" + "6c" * 32)
    world.chain.request("anvil_setBalance", mine.address, hex(10**18))
    wallet = TestWallet(world.chain, [mine])
    page = opened(wallet, size=(360, 740), reduced_motion="reduce").open()
    press(page, "Take part")
    page.get_by_role("heading", name="Take part in the network").wait_for()
    press(page, "Register a party")
    page.get_by_role("heading", name="Register a party").wait_for()
    for name, text in (("countryCode", "de"), ("partyId", "key")):
        go_to(page, f"it.name === '{name}'")
        page.keyboard.type(text)
    go_to(page, "it.value === 'CPO'")
    page.keyboard.press("Space")
    go_to(page, "it.name === 'operator'")
    page.keyboard.press("ArrowDown")
    press(page, "Connect Test Wallet")
    page.get_by_role("button", name="Disconnect").wait_for()
    press(page, "Check it", back=True)
    page.locator("[data-words]").wait_for()
    pay_oneself(page)
    assert world.client.party("DE", "KEY").address == mine.address

    press(page, "Take part", back=True)
    page.get_by_role("heading", name="Take part in the network").wait_for()
    press(page, "Change the key")
    page.get_by_role("heading", name="Change the key").wait_for()
    go_to(page, "it.name === 'newAccount'")
    page.keyboard.type(new.address)
    press(page, "Check it")
    page.locator("[data-words]").wait_for()
    made = SimpleNamespace(wallet=wallet, page=page)
    choose(made, new, mine)
    press(page, "Sign as the other account")
    page.get_by_text("has agreed").wait_for()
    choose(made, mine, new)
    page.get_by_text("The other account has to agree first").wait_for(state="detached")
    pay_oneself(page)
    assert world.client.party("DE", "KEY").address == new.address
    assert page.evaluate("document.getAnimations().length") == 0
