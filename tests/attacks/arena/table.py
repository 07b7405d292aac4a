"""The page `docs/attacks.md`, generated from the attacks."""

# ruff: noqa: E501 - lines of the page

import re
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType

from .attack import Attack, Expected, NotThere, Refuses
from .faults import Fault

PATH = Path(__file__).resolve().parents[3] / "docs" / "attacks.md"

_HEAD = """\
# Attacks

This page lists every known attack on the first generation of the registry's contracts (v1), and attacks that would work on
our own contracts (v3) if they were built differently. Each attack is one function in `tests/attacks/catalogue/` that takes its
target as an argument. The same code runs against v1's published bytecode, if v1 has such a function, and against our
contracts. The chain is Anvil at London rules and the signatures are real. For a rejection, the test checks the error
*and* its arguments.

To run them, use `pytest tests/attacks`; `pytest tests/attacks -k a_signature_used_twice` runs one attack on both.
`python tests/attacks/write_table.py` writes this page, and a test compares it with the attacks.

*Succeeds* means that the attack has the effect in the first column. *Not there* means that the attack can't be tried on v1,
and says why. The name of an error means that v3 reverts with it. Other words say what happens on v3 instead.

"""

_LEFT = """\
## What no contract can prevent

These are known limits, not defects. [SECURITY.md](../SECURITY.md) says what to do about each.

- Ids and URLs belong to whoever comes first, so an attacker who sees a registration on its way can take its id. The owner
  can reserve it for its rightful holder, who then wins in every order of the thief's transactions
  (`tests/attacks/test_orders.py`).
- Without a controller, a thief of the key controls the account until the owner reserves its ids and URL for a new key. A lost
  controller freezes its account.
- Taking all ids of a country costs next to nothing, although an address can hold only 64.
- URLs are compared byte for byte. `https://node.example` and `https://node.example:443`, or a URL with `%2e` for a dot,
  lead to the same host but are two URLs here.
- `createAgreement(address)`, kept for v1's library, agrees to whatever the service needs when the call runs. To avoid
  surprises, name the permissions (`createAgreementTo`, or the signed form).
- Direct writes in a batch act for the batch's sender. If you relay requests, put only signed requests into a batch:
  otherwise a direct write that somebody else supplied counts as yours.
- A request is not bound to a spender. Anyone who has it can send it first, with the effect that its signer wanted.
- Direct writes do not use up nonces. A request that was signed earlier can be sent after a direct write of the same
  account, and undo it. Cancel such requests (`invalidateNonce`), or let their deadline pass.
- A party names an operator without asking it, and an operator can change the URL that reaches its parties.

"""

_FAULTS = """\
## The checks can fail

A check that can't fail proves nothing. So each of the following faults is put into a copy of our contracts, and the attacks
next to it then *do* succeed (`tests/attacks/seeded_faults.py`, `test_seeded_faults.py`). Attacks that would need several
faults at once are not in this table.

| fault | attacks that succeed because of it |
|---|---|
"""


def page(themes: Iterable[ModuleType], faults: Iterable[Fault]) -> str:
    """Return the page."""
    rows = "".join(
        f"| {words(fault.name)} | {', '.join(words(name) for name in fault.attacks)} |\n"
        for fault in faults
    )
    return _HEAD + "".join(_section(theme) for theme in themes) + _LEFT + _FAULTS + rows


_SPELLING = {
    "url": "URL",
    "urls": "URLs",
    "utf8": "UTF-8",
    "can not": "cannot",
    "over long": "overlong",
    "short long and compact": "short, long and compact",
}


def words(name: str) -> str:
    """Return the words of a name, spelled as in prose."""
    known = "|".join(_SPELLING)
    return re.sub(rf"\b({known})\b", lambda found: _SPELLING[found[0]], name.replace("_", " "))


def _section(theme: ModuleType) -> str:
    attacks = [value for value in vars(theme).values() if isinstance(value, Attack)]
    rows = "".join(_row(attack) for attack in attacks)
    title = words(theme.__name__.rpartition(".")[2]).capitalize()
    head = "| attack: its gain | on v1 | on v3 | test |\n|---|---|---|---|\n"
    return f"## {title}\n\n{theme.__doc__.strip()}\n\n{head}{rows}\n"


def _row(attack: Attack) -> str:
    name = words(attack.name)
    return (
        f"| **{name[0].upper()}{name[1:]}**: {attack.gain} "
        f"| {_said(attack.v1)} | {_said(attack.v3)} | `test_{attack.name}` |\n"
    )


def _said(expected: Expected) -> str:
    if isinstance(expected, NotThere):
        return f"*not there*: {expected.reason}"
    if isinstance(expected, Refuses) and expected.name == "Error":
        return f'fails: "{expected.values[0]}"'
    if isinstance(expected, Refuses) and not expected.name:
        return "reverts, with no reason"
    return str(expected)
