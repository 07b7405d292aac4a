"""Make README.md readable outside the repository: on the page of a package index.

Its links lead to files of the repository, which a package index does not have. If the URL of the
public repository is known, they lead there, to the release's commit. Otherwise links become plain
text, and pictures are left out: no link is better than a broken one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_ELSEWHERE = r"(?![a-z]+:|#)"
_PICTURE = re.compile(rf"!\[([^\]]*)\]\({_ELSEWHERE}([^)\s]+)\)")
_LINKED_PICTURE = re.compile(rf"\[({_PICTURE.pattern})\]\({_ELSEWHERE}[^)\s]+\)")
_LINK = re.compile(rf"(?<!!)\[((?:[^\[\]]|!\[[^\]]*\]\([^)]*\))+)\]\({_ELSEWHERE}([^)\s]+)\)")
_FENCE = re.compile(r"(^```.*?^```$)", re.MULTILINE | re.DOTALL)
_HOMEPAGE = re.compile(r"^Homepage = .*\n", re.MULTILINE)


def resolved(text: str, repository: str | None, commit: str) -> str:
    """Return a README whose links work anywhere.

    Args:
        text: The README.
        repository: URL of the public repository; files are at `/blob/COMMIT/PATH` below it, and
            pictures at `/raw/COMMIT/PATH`, as on GitHub. `None` where there is none.
        commit: The commit.
    """
    parts = _FENCE.split(text)
    parts[::2] = [_prose(part, repository, commit) for part in parts[::2]]
    return re.sub(r"\n{3,}", "\n\n", "".join(parts))


def _prose(text: str, repository: str | None, commit: str) -> str:
    if repository is None:
        text = _PICTURE.sub("", _LINKED_PICTURE.sub("", text))
        return _LINK.sub(r"\1", text)
    base = repository.rstrip("/")
    text = _PICTURE.sub(rf"![\1]({base}/raw/{commit}/\2)", text)
    return _LINK.sub(rf"[\1]({base}/blob/{commit}/\2)", text)


def for_index(folder: Path, repository: str | None, commit: str) -> None:
    """Rewrite README.md of an exported commit, and name the repository in pyproject.toml.

    Args:
        folder: The exported files.
        repository: URL of the public repository; `None` where there is none.
        commit: The commit.
    """
    readme = folder / "README.md"
    text = readme.read_text(encoding="utf-8")
    readme.write_text(resolved(text, repository, commit), encoding="utf-8")
    if repository is not None:
        project = folder / "pyproject.toml"
        base = repository.rstrip("/")
        urls = f'Source = "{base}"\nIssues = "{base}/issues"\n'
        text = project.read_text(encoding="utf-8")
        project.write_text(
            _HOMEPAGE.sub(lambda found: found[0] + urls, text, count=1), encoding="utf-8"
        )
