"""Shared by tests of several languages: a build with Maven."""

import hashlib
import os
import re
import shutil
import subprocess

import pytest

BUILD_TIMEOUT_S = 600
# What runs for seconds gains nothing from the slow compiler: half the processor time.
QUICK_START = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"


@pytest.fixture(scope="session")
def maven():
    """Return a function that builds a project and checks its libraries, before one is run.

    Maven 3.8 holds what it downloads to no hashes of ours, so `libraries.sha256` does.
    """
    for program in ("java", "mvn"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed (Java 17 and Maven are needed)")
    version = subprocess.run(
        ["java", "-version"],  # noqa: S607 - the machine's
        capture_output=True,
        text=True,
        check=True,
    ).stderr
    if int(re.search(r'version "(\d+)', version).group(1)) < 17:
        pytest.skip("Java is older than 17")

    def build(folder):
        built = subprocess.run(
            ["mvn", "-q", "-B", "process-classes"],  # noqa: S607 - the machine's
            cwd=folder,
            env=os.environ | {"MAVEN_OPTS": QUICK_START},
            capture_output=True,
            text=True,
            timeout=BUILD_TIMEOUT_S,
            check=False,
        )
        failed = r"could not (transfer|resolve)"
        if built.returncode and re.search(failed, built.stdout, re.IGNORECASE):
            pytest.skip("Maven can't download the libraries")
        assert built.returncode == 0, built.stdout
        jars = sorted((folder / "target" / "dependency").iterdir())
        hashes = [f"{hashlib.sha256(jar.read_bytes()).hexdigest()}  {jar.name}" for jar in jars]
        assert hashes == (folder / "libraries.sha256").read_text().splitlines()

    return build
