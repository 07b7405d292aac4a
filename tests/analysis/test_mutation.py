"""The mutation run changes what it says, and only code."""

import tomllib

import pytest
from mutation import ROOT, SURVIVORS, Mutant, mutants_of

SOURCE = """
pragma solidity 0.8.30;
contract Example is Base {
    uint256 private constant _LIMIT = 10; // not 11 < 12
    function set(uint256 value, address who) external onlyOwner {
        if (value >= _LIMIT || who == address(0)) revert TooLarge(value, _LIMIT);
        uint256 next = value + 1;
        _store(next, who);
        emit Stored(who);
    }
}
"""


@pytest.fixture
def changes() -> set[tuple[str, str]]:
    return {(mutant.kind, mutant.after) for mutant in mutants_of("Example.sol", SOURCE)}


@pytest.mark.parametrize(
    ("kind", "after"),
    [
        ("constant", "uint256 private constant _LIMIT = 11; // not 11 < 12"),
        ("constant", "uint256 private constant _LIMIT = 9; // not 11 < 12"),
        ("name", "function set(uint256 value, address who) external {"),
        ("operator", "if (value > _LIMIT || who == address(0)) revert TooLarge(value, _LIMIT);"),
        ("operator", "if (value >= _LIMIT && who == address(0)) revert TooLarge(value, _LIMIT);"),
        ("operator", "if (value >= _LIMIT || who != address(0)) revert TooLarge(value, _LIMIT);"),
        ("condition", "if (true) revert TooLarge(value, _LIMIT);"),
        ("condition", "if (false) revert TooLarge(value, _LIMIT);"),
        ("operator", "uint256 next = value - 1;"),
        ("arguments", "_store(who, next);"),
        ("statement", "{}"),
    ],
)
def test_mutant(changes: set[tuple[str, str]], kind: str, after: str) -> None:
    assert (kind, after) in changes


def test_comments_and_declarations_stay(changes: set[tuple[str, str]]) -> None:
    assert not any("12" in after and "not 11 < 12" not in after for _, after in changes)
    removed = [m for m in mutants_of("Example.sol", SOURCE) if m.kind == "statement"]
    assert [m.before.split("(")[0].strip() for m in removed] == [
        "if",  # the revert behind it
        "_store",
        "emit Stored",
    ]


def test_a_mutant_is_one_change() -> None:
    for mutant in mutants_of("Example.sol", SOURCE):
        assert isinstance(mutant, Mutant)
        changed = SOURCE[: mutant.start] + mutant.text + SOURCE[mutant.end :]
        assert changed != SOURCE
        assert changed.startswith(SOURCE[: mutant.start])
        assert changed.endswith(SOURCE[mutant.end :])


EXPLAINED = tomllib.loads(SURVIVORS.read_text())["survivor"]


@pytest.mark.parametrize("survivor", EXPLAINED, ids=lambda one: one["after"][:40])
def test_an_explained_survivor_is_a_mutant_of_the_contracts_as_they_are(
    survivor: dict[str, str],
) -> None:
    source = (ROOT / survivor["path"]).read_text()
    assert survivor["before"] in source
    assert survivor["why"].strip()
