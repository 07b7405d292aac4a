"""The site asks no other host for anything, and its pictures are what their text says."""

import importlib.util
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "tools" / "docs"


def module(name):
    spec = importlib.util.spec_from_file_location(name, DOCS / f"{name}.py")
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


@pytest.mark.parametrize(
    "asks",
    [
        '<script src="https://cdn.example/x.js"></script>',
        "<script async src=//cdn.example/x.js></script>",
        '<link rel="stylesheet" href="https://fonts.example/css">',
        '<link rel="preconnect" href="https://fonts.example">',
        '<img alt="" src="http://pictures.example/x.png">',
        '<iframe src="https://video.example"></iframe>',
        '<p style="background: url(https://pictures.example/x.png)">',
    ],
)
def test_a_page_that_asks_another_host_is_found(asks, tmp_path):
    site = module("build_site")
    (tmp_path / "page.html").write_text(f"<html><body>{asks}</body></html>")
    assert len(site.third_parties(tmp_path)) == 1


@pytest.mark.parametrize(
    "asks",
    [
        '<a href="https://ocn.example">a link is followed by a click</a>',
        '<script src="assets/x.js"></script>',
        '<link rel="canonical" href="https://ocn.example/page.html">',
        '<img alt="" src="data:image/png;base64,AAAA">',
    ],
)
def test_a_page_that_asks_nobody_is_left_alone(asks, tmp_path):
    site = module("build_site")
    (tmp_path / "page.html").write_text(f"<html><body>{asks}</body></html>")
    assert site.third_parties(tmp_path) == []


def test_a_style_that_asks_another_host_is_found(tmp_path):
    (tmp_path / "x.css").write_text('@import "https://fonts.example/css"; a { color: red }')
    assert len(module("build_site").third_parties(tmp_path)) == 1


@pytest.mark.parametrize(
    "link",
    ["nowhere.html", "../index.html", "there.html#nothing", "#nothing", "pictures/none.svg"],
)
def test_a_dead_link_is_found(link, tmp_path):
    (tmp_path / "there.html").write_text('<h2 id="place">A place</h2>')
    (tmp_path / "page.html").write_text(f'<a href="{link}">a link</a>')
    (dead,) = module("build_site").dead_links(tmp_path)
    assert dead.startswith(f"page.html links to {link}, which ")


@pytest.mark.parametrize(
    "link",
    ["there.html", "there.html#place", "#own", ".", "https://ocn.example/x.html#y", "mailto:a@b.c"],
)
def test_a_link_that_leads_somewhere_is_left_alone(link, tmp_path):
    (tmp_path / "index.html").write_text("")
    (tmp_path / "there.html").write_text('<h2 id="place">A place</h2>')
    (tmp_path / "page.html").write_text(f'<h1 id="own">A page</h1><a href="{link}">a link</a>')
    assert module("build_site").dead_links(tmp_path) == []


def test_mkdocs_counts_warnings_as_errors(monkeypatch, tmp_path):
    """With `--quiet` it counts none, and a dead link passes."""
    site = module("build_site")
    ran = []

    def run(command, **options):
        ran.append(command)
        said = "INFO    -  Building\nWARNING -  'x.md' is not found\n"
        return subprocess.CompletedProcess(command, 1, stdout=said)

    monkeypatch.setattr(site.subprocess, "run", run)
    assert site.build(tmp_path) == ["WARNING -  'x.md' is not found"]
    assert "--strict" in ran[0]
    assert "--quiet" not in ran[0]


def test_a_name_that_the_reference_leaves_out_is_found(tmp_path):
    (tmp_path / "x.md").write_text("::: ocn_registry.Party\n")
    missing = module("build_site").missing_names(tmp_path)
    assert "Node" in missing
    assert "Party" not in missing


def test_pictures_are_whole_and_need_nothing_else():
    pictures = module("pictures")
    for name, drawing in pictures.drawings().items():
        root = ET.fromstring(drawing)  # noqa: S314 - our own
        assert root.tag.endswith("svg"), name
        texts = "".join(root.itertext())
        for line in pictures.PICTURES[name].strip().splitlines():
            for word in line.rpartition("|")[2].strip().split("\\n"):
                assert word in texts, (name, word)
        assert "http" not in drawing.replace("http://www.w3.org/2000/svg", "")
