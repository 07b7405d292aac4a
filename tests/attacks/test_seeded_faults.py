"""The checks can fail: on a faulty copy, each attack that the fault allows succeeds.

If an attack fails on contracts where it should succeed, its failure on ours proves nothing.
"""

from collections.abc import Iterator

import catalogue
import pytest
from arena.attack import Seen, check
from arena.chain import Arena, arena
from arena.faults import Fault, compiled
from arena.target import Blueprint
from seeded_faults import FAULTS

_ATTACKS = {attack.name: attack for attack in catalogue.ATTACKS}


@pytest.fixture(scope="module")
def copies() -> dict[str, Blueprint]:
    return compiled(FAULTS)


@pytest.fixture(scope="module")
def lenient() -> Iterator[Arena]:
    """Two chains for contracts that exceed the size limit because they are not optimized."""
    with arena("--disable-code-size-limit") as chains:
        yield chains


@pytest.mark.parametrize(
    ("fault", "attack"),
    [pytest.param(f, a, id=f"{f.folder}-{a}") for f in FAULTS for a in f.attacks],
)
def test_fault_is_found(
    fault: Fault, attack: str, copies: dict[str, Blueprint], lenient: Arena
) -> None:
    outcome = _ATTACKS[attack].on(copies[fault.name], lenient)
    assert isinstance(outcome, Seen), outcome
    assert outcome.succeeded, outcome
    with pytest.raises(AssertionError):
        check(outcome, _ATTACKS[attack].v3)
