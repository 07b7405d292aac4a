"""Untrusted TOML costs time in proportion to its size, and can't crash the process."""

import tomllib

import pytest

from ocn_registry import InvalidInput
from ocn_registry.cli.config import settings_file
from ocn_registry.foreign.limits import MAX_DEPTH
from ocn_registry.foreign.strict_json import BeyondLimits
from ocn_registry.foreign.strict_toml import _TOKEN, parse_toml
from ocn_registry.relay.config import read_config

DEEP = {
    "a key": ".".join(["a"] * 32_000) + " = 1",
    "a key in quotes": " . ".join(['"a"', "'a'"] * 4_000) + " = 1",
    "a table": "[" + ".".join(["a"] * 32_000) + "]",
    "a list of tables": "[[" + ".".join(["a"] * 32_000) + "]]",
    "keys": "\n".join(".".join(["a"] * 2_000) + f"{number} = 1" for number in range(16)),
}
NESTED = {
    "lists": "a = " + "[" * 32_000 + "]" * 32_000,
    "fewer lists": "a = " + "[" * 100 + "]" * 100,
    "tables": "a = " + "{a=" * 10_000 + "1" + "}" * 10_000,
    "keys in tables": "a = " + ("{" + ".".join("a" * 60) + "=") * 100 + "1" + "}" * 100,
}


@pytest.mark.parametrize("text", DEEP.values(), ids=DEEP)
def test_a_key_of_many_parts_is_not_parsed(text, monkeypatch):
    parsed = []
    monkeypatch.setattr(tomllib, "loads", parsed.append)
    with pytest.raises(BeyondLimits, match="nested too deeply"):
        parse_toml(text)
    assert not parsed


@pytest.mark.parametrize("text", (DEEP | NESTED).values(), ids=DEEP | NESTED)
def test_a_file_that_is_nested_too_deeply_is_refused_in_one_line(text, tmp_path):
    path = tmp_path / "file.toml"
    path.write_text(text)
    path.chmod(0o600)
    for read in (settings_file.read, read_config):
        with pytest.raises(InvalidInput, match="nested too deeply") as failed:
            read(path)
        assert str(failed.value).isprintable()


@pytest.mark.parametrize(
    "text",
    ["a" * 32_000, '"' + '\\"' * 16_000, "'" + "a" * 32_000, "a " * 16_000, "\\" * 32_000],
    ids=["a word", "an open string", "an open literal", "words", "backslashes"],
)
def test_each_character_is_scanned_once_when_parts_are_counted(text):
    tokens = [token[0] for token in _TOKEN.finditer(text)]
    assert "".join(tokens) == text
    starts = sum(character in "\"'" or character.isalnum() for character in text)
    assert len(tokens) <= 2 + (starts if " " in text else 0)
    with pytest.raises(ValueError):  # noqa: PT011 - of many kinds
        parse_toml(text)


def test_toml_within_the_depth_limit_is_parsed():
    host = ".".join("a" * 60)
    parts = ".".join("a" * (MAX_DEPTH - 1))
    text = f'{parts} = 1\n[profiles."a.b"]\nrpc_url = "https://{host}/{host}"  # {host}\n'
    assert parse_toml(text) == tomllib.loads(text)
