"""`docs/attacks.md`, made of what stands beside the attacks."""

# ruff: noqa: E501 - lines of the page

from collections.abc import Iterable
from pathlib import Path
from types import ModuleType

from .attack import Attack, Expected, NotThere, Refuses
from .faults import Fault

PATH = Path(__file__).resolve().parents[3] / "docs" / "attacks.md"

_HEAD = """\
# Attacks

Every attack that we know of on the registry's first generation (v1), and those that our own contracts (v3) would
invite if they were built otherwise. Each is one function in `tests/attacks/catalogue/`, which takes what it attacks as
its argument: the same code runs against v1's published bytecode, where v1 has such a function, and against ours. The
chain is Anvil at London rules, the signatures are real, and of a refusal its error *and* its arguments are checked.

`pytest tests/attacks` runs them; `pytest tests/attacks -k a_signature_used_twice` runs one on both.
`python tests/attacks/write_table.py` writes this page, and a test holds it to what is run.

*Succeeds* means that the attacker gets what the first column says. *Not there* gives the reason why it can't be tried on
v1. An error's name means that v3 reverts with it; other words say what is seen when v3 takes the call, to no avail.

"""

_LEFT = """\
## What no contract can refuse

These are not defects that were overlooked, and no test shows them to fail; `SECURITY.md` says what to do.

- Ids and URLs are first come: who sees a registration on its way can take its id. The owner reserves it for its
  rightful holder, which wins in every order of the thief's transactions (`tests/attacks/test_orders.py`).
- A stolen key of an account without a controller is the account, until the owner reserves what it held for a new key.
  A lost controller freezes its account.
- All ids of a country cost next to nothing to take: 64 for each address.
- A URL is compared byte for byte. `https://node.example` and `https://node.example:443`, or one with `%2e` for a dot,
  lead to the same host and are two URLs here.
- `createAgreement(address)`, kept for v1's library, takes whatever the service needs when it arrives. Who names the
  permissions (`createAgreementTo`, or the signed form) can't be surprised.
- A batch acts for its sender. Who relays requests has to put signed requests into it and nothing else: an item that
  somebody else wrote, and that is a direct write, is the relayer's own act.
- A request is bound to no spender: anyone who holds it can send it first, which has the effect that its signer wanted.
- Direct writes do not use up nonces. A request that was signed, and not yet sent, can be sent after a direct write of the
  same signer, and undoes it. Who changes its mind cancels it (`invalidateNonce`), or lets its deadline pass.
- A party names an operator without asking it, and an operator changes the URL at which its parties are reached.

"""

_FAULTS = """\
## The checks can fail

A check that can't fail proves nothing. So each of these faults is written into a copy of our contracts, and the attacks
beside it then *do* succeed there (`tests/attacks/seeded_faults.py`, `test_seeded_faults.py`). Some
attacks are missing here: it would take several faults at once to let them through.

| fault | attacks that succeed because of it |
|---|---|
"""


def page(themes: Iterable[ModuleType], faults: Iterable[Fault]) -> str:
    """Return the page."""
    rows = "".join(
        f"| {fault.name} | {', '.join(words(name) for name in fault.attacks)} |\n"
        for fault in faults
    )
    return _HEAD + "".join(_section(theme) for theme in themes) + _LEFT + _FAULTS + rows


def words(name: str) -> str:
    return name.replace("_", " ")


def _section(theme: ModuleType) -> str:
    attacks = [value for value in vars(theme).values() if isinstance(value, Attack)]
    rows = "".join(_row(attack) for attack in attacks)
    title = words(theme.__name__.rpartition(".")[2]).capitalize()
    head = "| attack: what is gained by it | on v1 | on v3 | test |\n|---|---|---|---|\n"
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
