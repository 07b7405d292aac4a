"""The browser for tests: the one of the npm package, or else the machine's own."""

import io
import os
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "node_modules" / "@sparticuz" / "chromium"
CACHE = ROOT / ".cache" / "chromium"
VARIABLE = "OCN_BROWSER"
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--font-render-hinting=none",
    "--force-color-profile=srgb",
    "--hide-scrollbars",
]
FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>{folder}</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir>{folder}/cache</cachedir>
  <alias binding="same">
    <family>system-ui</family><prefer><family>Open Sans</family></prefer>
  </alias>
</fontconfig>
"""


class Browser(NamedTuple):
    program: Path
    environment: dict[str, str]


def find():
    """Return a browser that starts here; `None` if there is none."""
    candidates = [_named(), _of_npm(), _of_the_machine()]
    return next((found for found in candidates if found is not None and _starts(found)), None)


def _named():
    path = os.environ.get(VARIABLE)
    return None if path is None else Browser(Path(path), {})


def _of_the_machine():
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    return None if path is None else Browser(Path(path), {})


def _of_npm():
    """Unpack the browser of the npm package, with its fonts, and libraries if needed."""
    if not (PACKAGE / "bin" / "chromium.br").is_file():
        return None
    folder = CACHE / _version()
    if not folder.is_dir():
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as temporary:
            made = Path(temporary) / "made"
            _unpack(made)
            try:
                made.rename(folder)
            except OSError:  # another process was first
                if not folder.is_dir():
                    raise
    fonts = folder / "fonts.conf"
    if not fonts.is_file():
        fonts.write_text(FONTS.format(folder=folder / "fonts"))
    environment = {"FONTCONFIG_FILE": str(fonts)}
    if _lacks_libraries(folder / "chromium"):
        environment["LD_LIBRARY_PATH"] = str(folder / "lib")
    return Browser(folder / "chromium", environment)


def _version():
    import json  # noqa: PLC0415 - beside its use

    return json.loads((PACKAGE / "package.json").read_text())["version"]


def _unpack(folder):
    import brotli  # noqa: PLC0415 - only where the browser is unpacked

    folder.mkdir()
    program = folder / "chromium"
    program.write_bytes(brotli.decompress((PACKAGE / "bin" / "chromium.br").read_bytes()))
    program.chmod(0o755)
    for name in ("fonts", "al2023"):
        content = brotli.decompress((PACKAGE / "bin" / f"{name}.tar.br").read_bytes())
        with tarfile.open(fileobj=io.BytesIO(content)) as archive:
            archive.extractall(folder, filter="data")
    (folder / "fonts.conf").unlink()


def _lacks_libraries(program):
    found = subprocess.run(["ldd", str(program)], capture_output=True, text=True, check=False)  # noqa: S607
    return "not found" in found.stdout


def _starts(browser):
    try:
        found = subprocess.run(
            [str(browser.program), *ARGUMENTS, "--version"],
            env={**os.environ, **browser.environment},
            capture_output=True,
            timeout=60,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return found.returncode == 0
