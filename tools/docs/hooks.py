"""Additions of the site: pages for linked files of the repository, and for the commands.

MkDocs knows the files below `docs/`. A link to another file of the repository, such as a contract
or an example, would lead out of the site. This module adds a page with the text of each such file,
so that the site is complete wherever its folder is opened. `pictures.py` draws the pictures.
"""

from __future__ import annotations

import posixpath
import re
import sys
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from mkdocs.structure.files import File

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

import pictures  # noqa: E402 - beside this file
from command_pages import command_reference  # noqa: E402 - the same

_LINK = re.compile(r"(\]\()(?![a-z]+:)([^)#\s]+)((?:#[^)\s]*)?\))")
_DECISIONS = "adr/index.md"
_LANGUAGES = {
    ".sol": "solidity",
    ".py": "python",
    ".ts": "typescript",
    ".java": "java",
    ".json": "json",
    ".toml": "toml",
    ".yml": "yaml",
    ".yaml": "yaml",
    ".service": "ini",
}
_SKIPPED = {"__pycache__", "node_modules"}


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add pages for files of the repository that pages link to, the commands and the pictures."""
    add(files, config, "reference/commands.md", command_reference())
    add(files, config, _DECISIONS, decisions())
    for name, drawing in pictures.drawings().items():
        add(files, config, f"pictures/{name}.svg", drawing)
    with_all_pages(config.nav, files)
    waiting = [(one.src_uri, one.content_string) for one in files.documentation_pages()]
    known = {uri for uri, _ in waiting}
    while waiting:
        uri, text = waiting.pop()
        for path in linked(uri, text):
            target = page_of(path)
            if target not in known:
                known.add(target)
                content = page_content(path)
                add(files, config, target, content)
                waiting.append((target, content) if path.suffix == ".md" else (target, ""))
    return files


def on_page_markdown(markdown: str, page: Page, **_: object) -> str:
    """Turn links to files of the repository into links to their pages."""
    return rewritten(page.file.src_uri, markdown)


def add(files: Files, config: MkDocsConfig, uri: str, content: str) -> None:
    """Add a page or a picture that is not a file of `docs/`."""
    found = files.get_file_from_path(uri)
    if found is not None:
        files.remove(found)
    files.append(File.generated(config, uri, content=content))


def place_of(uri: str, link: str) -> Path:
    """Return the file of the repository that a link leads to from a page."""
    home = "" if uri.startswith("repository/") else "docs/"
    folder = PurePosixPath(home + uri.removeprefix("repository/")).parent
    return Path(posixpath.normpath(folder / link))


def linked(uri: str, text: str) -> list[Path]:
    """Return the files outside `docs/` that a page links to."""
    found = [place_of(uri, match[2]) for match in _LINK.finditer(text)]
    return [path for path in found if is_outside(path)]


def is_outside(path: Path) -> bool:
    """Return whether this module makes a file of the repository into a page."""
    return path.parts[:1] not in {("docs",), ("..",)} and (ROOT / path).exists()


def page_of(path: Path) -> str:
    """Return the page of a file of the repository."""
    if path == Path("docs/adr"):
        return _DECISIONS
    if path.parts[0] == "docs":
        return str(path.relative_to("docs"))
    return f"repository/{path}" if path.suffix == ".md" else f"repository/{path}.md"


def rewritten(uri: str, text: str) -> str:
    """Return the text of a page, with links to pages instead of files of the repository."""

    def link(match: re.Match[str]) -> str:
        path = place_of(uri, match[2])
        if not is_outside(path) and path.parts[:1] != ("docs",):
            return match[0]
        target = posixpath.relpath(page_of(path), PurePosixPath(uri).parent)
        return f"{match[1]}{target}{match[3]}"

    return _LINK.sub(link, text)


def page_content(path: Path) -> str:
    """Return the page of a file, or of a folder, with a list of its files."""
    place = ROOT / path
    if place.is_dir():
        return folder_page(path)
    text = place.read_text(encoding="utf-8")
    if path.suffix == ".md":
        return text
    return f"# {path}\n\n````{_LANGUAGES.get(path.suffix, 'text')}\n{text.rstrip()}\n````\n"


def folder_page(path: Path) -> str:
    """Return the text of all files of a folder."""
    parts = [f"# {path}\n"]
    for place in sorted((ROOT / path).rglob("*")):
        if not place.is_file() or _SKIPPED & set(place.parts):
            continue
        name = place.relative_to(ROOT / path)
        text = place.read_text(encoding="utf-8")
        language = _LANGUAGES.get(place.suffix, "text")
        parts.append(f"## {name}\n\n````{language}\n{text.rstrip()}\n````\n")
    return "\n".join(parts) + "\n"


def decisions() -> str:
    """Return the page that lists the decisions."""
    titles = [
        (path.name, path.read_text(encoding="utf-8").partition("\n")[0].lstrip("# "))
        for path in sorted((ROOT / "docs" / "adr").glob("*.md"))
    ]
    listed = "\n".join([f"- [{title}]({name})" for name, title in titles])
    return f"# Decisions\n\nWhy things are as they are, one page each.\n\n{listed}\n"


def with_all_pages(nav: list[object], files: Files) -> None:
    """Add the pages that `mkdocs.yml` does not list to the navigation."""
    named = str(nav)
    for page in files.documentation_pages():
        uri = page.src_uri
        if not uri.startswith(("repository/", "adr/")) and f"'{uri}'" not in named:
            nav.append(uri)
