"""The images' recipes, carried out without a container: this machine need not have one.

What a Containerfile copies is copied into an empty folder, which stands for the image. What it
installs is there already: this environment has the locked versions. What it starts is started.
The base image, and that a container engine reads the file, are not tried.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "packaging").glob("*/Containerfile"))


def steps(file):
    text = file.read_text(encoding="utf-8").replace("\\\n", " ")
    return [
        tuple(line.split(maxsplit=1))
        for line in text.splitlines()
        if line and not line.startswith("#")
    ]


class Image:
    """A folder that has what an image would have."""

    def __init__(self, file, root):
        self.root, self.environment, self.words, self.user = root, {}, [], "root"
        arguments = []
        for instruction, rest in steps(file):
            if instruction == "COPY":
                *sources, target = rest.split()
                for source in sources:
                    self.copy(ROOT / source, target)
            elif instruction == "RUN":
                self.hold(rest)
            elif instruction == "ENV":
                self.environment |= dict(word.split("=", 1) for word in rest.split())
            elif instruction == "USER":
                self.user = rest
            elif instruction == "ENTRYPOINT":
                self.words = json.loads(rest)
            elif instruction == "CMD":
                arguments = json.loads(rest)
            else:
                assert instruction in {"FROM", "WORKDIR", "VOLUME", "EXPOSE"}
        self.arguments = arguments

    def copy(self, source, target):
        place = self.root / target.lstrip("/")
        if source.is_dir():
            shutil.copytree(source, place, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            place = place / source.name if target.endswith("/") else place
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, place)

    def hold(self, command):
        """Check that each `RUN` only installs from a lock that was copied before, with hashes."""
        assert re.match(r"pip install .*--require-hashes --only-binary :all: -r \S+$", command)
        lock = self.root / command.rpartition(" ")[2].lstrip("/")
        assert "--hash=sha256:" in lock.read_text()

    def run(self, *arguments, cwd):
        python, *words = self.words
        assert python == "python"
        paths = {name: self.place(value) for name, value in self.environment.items()}
        return subprocess.run(
            [sys.executable, "-P", *words, *(arguments or self.arguments)],
            cwd=cwd,
            env={"PATH": os.environ["PATH"], "HOME": str(cwd), **paths},
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )

    def place(self, value):
        return str(self.root / value.lstrip("/")) if value.startswith("/") else value


@pytest.fixture(params=FILES, ids=lambda file: file.parent.name)
def image(request, tmp_path):
    return Image(request.param, tmp_path / "image")


def test_what_an_image_starts_runs_from_what_it_copies(image, tmp_path):
    done = image.run("--help", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("usage: ocn-re")


def test_an_image_runs_without_root(image):
    assert int(image.user) > 0


def test_the_image_of_the_command_line_makes_a_key_in_the_mounted_folder(tmp_path):
    image = Image(ROOT / "packaging" / "cli" / "Containerfile", tmp_path / "image")
    data = tmp_path / "image" / "data"
    data.mkdir()
    (data / "secret").write_text("a passphrase\n")
    (data / "secret").chmod(0o600)
    done = image.run("identity", "new", "party.json", "--passphrase-file", "secret", cwd=data)
    assert done.returncode == 0, done.stderr
    assert (data / "party.json").is_file()


def test_the_relays_image_writes_and_reads_a_configuration(tmp_path):
    image = Image(ROOT / "packaging" / "relay" / "Containerfile", tmp_path / "image")
    assert image.arguments == ["run"]
    done = image.run("keys", "add", "shop", cwd=tmp_path)
    assert done.returncode == 2  # no configuration is mounted
    assert "/relay/ocn-relay.toml" in done.stderr
