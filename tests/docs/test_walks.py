"""The tutorials work as they stand: each command is typed, and shows what the page shows."""

import pytest
from walk import Walk


@pytest.fixture
def walk(tmp_path, terminal):
    def follow(page):
        reader = Walk(page, tmp_path, terminal)
        reader.follow()
        return reader.commands

    return follow


@pytest.mark.parametrize(
    "page", ["party", "node-operator", "deployer", "typescript", "sponsor"]
)
def test_tutorial_works_as_it_stands(walk, page):
    commands = walk(f"tutorials/{page}.md")
    assert len(commands) > 5
