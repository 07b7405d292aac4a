"""The accounts: Anvil's own, so that it signs their transactions."""

from dataclasses import dataclass

from eth_account import Account

from ocn_registry.deploy.devnet import ACCOUNTS


@dataclass(frozen=True)
class Person:
    """An account, named after its role; without a key, it can't sign."""

    name: str
    address: str
    key: str = ""

    def __repr__(self) -> str:
        return self.name


def _person(number: int, name: str) -> Person:
    account = ACCOUNTS[number]
    return Person(name, str(account.address), account.private_key)


OWNER = _person(0, "owner")
OPERATOR = _person(1, "operator")
OTHER_OPERATOR = _person(2, "other operator")
CPO = _person(3, "cpo")
EMSP = _person(4, "emsp")
PROVIDER = _person(5, "provider")
OTHER_PROVIDER = _person(6, "other provider")
SPENDER = _person(7, "spender")
ATTACKER = _person(8, "attacker")
STRANGER = _person(9, "stranger")


def somebody(number: int) -> Person:
    """Return a new account with a key."""
    key = f"0x{0xA11CE000 + number:064x}"
    return Person(f"somebody {number}", str(Account.from_key(key).address), key)


# Nobody has its key. ecrecover returns it for an invalid signature.
NOBODY = Person("nobody", "0x" + "00" * 20)
