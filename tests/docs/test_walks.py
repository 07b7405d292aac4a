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
    "page",
    [
        "tutorials/party",
        "tutorials/node-operator",
        "tutorials/deployer",
        "tutorials/typescript",
        "tutorials/sponsor",
        "life-of-an-entry",
    ],
)
def test_page_works_as_it_stands(walk, page):
    assert len(walk(f"{page}.md")) > 5
