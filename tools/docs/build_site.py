"""Build the documentation as a site, and check it.

    python tools/docs/build_site.py [--out FOLDER]

A link that leads nowhere fails, by page and by heading. So does a page that asks another host for a
script, a style, a font or a picture: the site is read without a network, and tells nobody that it
is read. So does a public name that the reference leaves out.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import ocn_registry

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / ".build" / "site"
# Attributes that make a browser ask for something, without a click.
_ASKS = {
    **dict.fromkeys(("script", "img", "iframe", "source", "video", "audio", "embed"), "src"),
    "link": "href",
}
_QUIET = {"canonical", "author", "license", "next", "prev"}
_STYLE = re.compile(r"""(?:url\(|@import\s)\s*["']?((?:https?:)?//[^"')\s]+)""")


class _Requests(HTMLParser):
    """Collects what a page asks other hosts for."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(  # type: ignore[explicit-override]  # typing.override needs Python 3.12
        self, tag: str, attrs: list[tuple[str, str | None]]
    ) -> None:
        """Look at an element."""
        values = dict(attrs)
        target = values.get(_ASKS.get(tag, "")) or ""
        if re.match(r"(https?:)?//", target) and values.get("rel") not in _QUIET:
            self.found.append(target)
        self.found += _STYLE.findall(values.get("style") or "")


def requests_of(page: str) -> list[str]:
    """Return what a page asks other hosts for when it is opened."""
    parser = _Requests()
    parser.feed(page)
    return parser.found


def third_parties(site: Path) -> list[str]:
    """Return what the pages and styles of a site ask other hosts for."""
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
    """Build the site; return what is wrong with it."""
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(out)],
        cwd=ROOT,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
        check=False,
    )
    if done.returncode:
        return ["mkdocs fails: see above"]
    left_out = [
        f"docs/reference says nothing of {name}"
        for name in missing_names(ROOT / "docs" / "reference")
    ]
    return [*third_parties(out), *left_out]


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
