"""Users' programs, as two checkers in their strictest mode see them."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAMS = Path(__file__).parent / "programs"
TIMEOUT_S = 300


def refused_lines(name):
    lines = (PROGRAMS / name).read_text().splitlines()
    return {number for number, line in enumerate(lines, start=1) if line.endswith("# refused")}


def by_mypy():
    options = ["--strict", "--config-file=", "--no-error-summary", "--hide-error-context"]
    done = subprocess.run(
        [sys.executable, "-m", "mypy", *options, *sorted(PROGRAMS.glob("*.py"))],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    for line in done.stdout.splitlines():
        if found := re.match(r"(.*?):(\d+): error: (.*)", line):
            yield found[1], int(found[2]), found[3]


def by_pyright(folder):
    settings = {
        "include": [os.path.relpath(PROGRAMS, folder)],
        "extraPaths": [str(ROOT)],
        "pythonVersion": "3.11",
        "venvPath": str(ROOT),
        "venv": ".venv",
        "typeCheckingMode": "strict",
    }
    project = folder / "pyrightconfig.json"
    project.write_text(json.dumps(settings))
    done = subprocess.run(
        [ROOT / "node_modules" / ".bin" / "pyright", "--project", project, "--outputjson"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    answer = json.loads(done.stdout)
    assert answer["summary"]["filesAnalyzed"] == len(list(PROGRAMS.glob("*.py")))
    for result in answer["generalDiagnostics"]:
        if result["severity"] == "error":
            yield result["file"], result["range"]["start"]["line"] + 1, result["message"]


@pytest.fixture(scope="module", params=["mypy", "pyright"])
def result(request, tmp_path_factory):
    """Return what a checker says: file name, line and words."""
    found = by_mypy() if request.param == "mypy" else by_pyright(tmp_path_factory.mktemp("pyright"))
    return [(Path(path).name, line, words) for path, line, words in found]


def test_what_users_write_is_accepted(result):
    assert [it for it in result if it[0] != "refused.py"] == []


def test_wrong_names_and_types_are_refused_where_they_stand(result):
    lines = {line for name, line, _ in result if name == "refused.py"}
    expected = refused_lines("refused.py")
    assert len(expected) > 25
    assert sorted(expected - lines) == [], "these lines are accepted"
    assert sorted(lines - expected) == [], result
