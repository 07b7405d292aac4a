"""A form of the page, filled in like a person would."""

from playwright.sync_api import expect


class Form:
    """A form, filled in like a person would."""

    def __init__(self, page, name, query="", words=("Connect {}", "Disconnect", "Check it")):
        self.page = page.open(f"do/{name}{query}")
        self.said = page
        self.words = words

    def connect(self, name="Test Wallet"):
        connect, disconnect, _ = self.words
        self.page.get_by_role("button", name=connect.format(name)).click()
        self.page.get_by_role("button", name=disconnect).wait_for()
        return self

    def untick(self, **values):
        for name, ticked in values.items():
            for one in ticked:
                box = self.page.locator(f"input[name={name}][value={one}]")
                expect(box).to_be_checked()  # listed values arrive a little later
                box.uncheck()
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
        self.page.get_by_role("button", name=self.words[2], exact=True).click()
        self.page.locator("[data-words]").wait_for()
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


def choose(made, *accounts):
    """Choose another account in the wallet, which notifies the page."""
    made.wallet.accounts = list(accounts)
    result = [made.wallet.rdns, [account.address.lower() for account in accounts]]
    made.page.evaluate(
        "([name, accounts]) => window.tellPage[name]('accountsChanged', accounts)", result
    )


def wide(page):
    """Return the elements that make the page scroll sideways."""
    return page.evaluate(
        """() => document.documentElement.scrollWidth <= innerWidth
          ? []
          : [...document.body.querySelectorAll("*")]
              .filter((one) => one.getBoundingClientRect().right > innerWidth)
              .filter((one) => !one.closest(".scroll, .tabs, pre"))
              .map((one) => `${one.tagName}.${one.className}`)"""
    )
