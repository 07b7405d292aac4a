"""Each attack of the catalogue, on our contracts and, if possible, on v1's published bytecode.

The tests are named after the attacks: `test_<attack>[v1]` and `test_<attack>[v3]`. `catalogue/`
describes each attack and its gain; the table is `docs/attacks.md`.
"""

import re
from collections.abc import Callable
from functools import cache

import catalogue
import pytest
from arena.attack import Attack, NotThere, check
from arena.chain import Arena
from arena.table import PATH, page
from arena.target import Blueprint, published
from seeded_faults import FAULTS


@cache
def blueprint(generation: str) -> Blueprint:
    return published(generation)


def _as_test(attack: Attack) -> Callable[..., None]:
    expected = {"v1": attack.v1, "v3": attack.v3}
    generations = [name for name, wanted in expected.items() if not isinstance(wanted, NotThere)]

    @pytest.mark.parametrize("generation", generations)
    def test(generation: str, london: Arena) -> None:
        check(attack.on(blueprint(generation), london), expected[generation])

    test.__doc__ = attack.gain
    return test


for _attack in catalogue.ATTACKS:
    globals()[f"test_{_attack.name}"] = _as_test(_attack)


def test_table_is_up_to_date() -> None:
    text = PATH.read_text()
    assert text == page(catalogue.THEMES, FAULTS), "run tests/attacks/write_table.py"
    rows = re.findall(r"^\|.*\| `(test_\w+)` \|$", text, re.MULTILINE)
    tests = {name for name, value in globals().items() if name.startswith("test_")}
    assert len(rows) == len(set(rows)) == len(catalogue.ATTACKS)
    assert set(rows) == tests - {"test_table_is_up_to_date"}
