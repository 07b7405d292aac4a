"""Build the documentation as a site, and check it.

    python tools/docs/build_site.py [--out FOLDER]

It fails for a broken link to a page or a heading; for a page that loads a script, a style, a font
or a picture from another host, because the site must work offline and without telling anyone who
reads it; and for a public name that the reference leaves out.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import ocn_registry

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / ".build" / "site"
# Attributes that make a browser load something without a click.
_ASKS = {
    **dict.fromkeys(("script", "img", "iframe", "source", "video", "audio", "embed"), "src"),
    "link": "href",
}
_QUIET = {"canonical", "author", "license", "next", "prev"}
_STYLE = re.compile(r"""(?:url\(|@import\s)\s*["']?((?:https?:)?//[^"')\s]+)""")


class _Page(HTMLParser):
    """Collects what a page loads from other hosts, its links, and its anchors."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.links: list[str] = []
        self.places: set[str] = set()

    def handle_starttag(  # type: ignore[explicit-override]  # typing.override needs Python 3.12
        self, tag: str, attrs: list[tuple[str, str | None]]
    ) -> None:
        """Add what an element loads."""
        values = dict(attrs)
        target = values.get(_ASKS.get(tag, "")) or ""
        if re.match(r"(https?:)?//", target) and values.get("rel") not in _QUIET:
            self.found.append(target)
        self.found += _STYLE.findall(values.get("style") or "")
        self.links += [value for name in ("href", "src") if (value := values.get(name))]
        self.places |= {value for name in ("id", "name") if (value := values.get(name))}


def page_of(path: Path) -> _Page:
    """Return what is in a page."""
    page = _Page()
    page.feed(path.read_text(encoding="utf-8"))
    return page


def dead_links(site: Path) -> list[str]:
    """Return the links within a site that lead to no file, or to no place on a page."""
    pages = {path: page_of(path) for path in sorted(site.rglob("*.html"))}
    dead = []
    for path, page in pages.items():
        for link in dict.fromkeys(page.links):
            parts = urlsplit(link)
            if parts.scheme or parts.netloc or path.name == "404.html":  # its links begin with /
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            target = target / "index.html" if target.is_dir() else target
            place = unquote(parts.fragment)
            if not target.exists():
                dead.append(f"{path.relative_to(site)} links to {link}, which is not there")
            elif place and target in pages and place not in pages[target].places:
                dead.append(f"{path.relative_to(site)} links to {link}, which has no such heading")
    return dead


def requests_of(page: str) -> list[str]:
    """Return what a page loads from other hosts when it is opened."""
    parser = _Page()
    parser.feed(page)
    return parser.found


def third_parties(site: Path) -> list[str]:
    """Return what the pages and styles of a site load from other hosts."""
    found = []
    for path in sorted(site.rglob("*")):
        if path.suffix == ".html":
            asked = requests_of(path.read_text(encoding="utf-8"))
        elif path.suffix == ".css":
            asked = _STYLE.findall(path.read_text(encoding="utf-8"))
        else:
            continue
        found += [f"{path.relative_to(site)} asks for {target}" for target in asked]
    return found


def missing_names(reference: Path) -> list[str]:
    """Return the public names of the package that the reference leaves out."""
    text = "\n".join([path.read_text(encoding="utf-8") for path in reference.glob("*.md")])
    names = set(re.findall(r"^::: ocn_registry\.(?:\w+\.)*(\w+)$", text, re.MULTILINE))
    return [name for name in dir(ocn_registry) if not name.startswith("_") and name not in names]


def build(out: Path) -> list[str]:
    """Build the site, and return its faults."""
    done = subprocess.run(  # noqa: S603 - our own program
        # With --quiet, MkDocs counts no warnings, and --strict lets everything pass.
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(out)],
        cwd=ROOT,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        said = done.stdout.splitlines()
        return [line for line in said if not line.startswith("INFO")] or ["mkdocs failed"]
    left_out = [
        f"docs/reference leaves out {name}" for name in missing_names(ROOT / "docs" / "reference")
    ]
    return [*dead_links(out), *third_parties(out), *left_out]


def main() -> int:
    """Run the script."""
    parser = argparse.ArgumentParser(description="Build the documentation as a site.")
    parser.add_argument("--out", type=Path, default=SITE, help="where to (default: .build/site)")
    out: Path = parser.parse_args().out
    wrong = build(out)
    for line in wrong:
        print(line, file=sys.stderr)
    if not wrong:
        print(f"{out}/index.html")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
