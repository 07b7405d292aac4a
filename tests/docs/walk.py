"""Follow a page of the documentation as a reader does, command by command.

A page is followed as it stands, but for what no two readers have in common:

- A block with a file's name as its title is written to that file.
- In a `console` block, a line that begins with `$ ` is a command; below it stands what it shows,
  with `...` for anything. A block whose title says *terminal* goes on running: the next block is
  read once it shows what stands there.
- Ports are free ones. Addresses, hashes and ids are this reader's: where the page shows one, the
  command showed another, and from then on the reader types the own one. Other figures may differ.
- What a package registry or the machine would install is there already (`INSTALLED`).
"""

import os
import re
import shlex
import sys
from pathlib import Path

from ocn_registry_ports import free_port

ROOT = Path(__file__).resolve().parents[2]
ANSWERS = {
    ".json: ": "a passphrase\n",
    "once more: ": "a passphrase\n",
    "[y/N] ": "y\n",
    "[y/N]: ": "y\n",
}
COLUMNS = 140
ENDING_S = 240
COMPILING_S = 600  # the contracts, on a busy machine
_BLOCK = re.compile(r"^```(\w+)(?: title=\"([^\"]+)\")?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_OWN = re.compile(r"0x(?:[0-9a-fA-F]{64}|[0-9a-fA-F]{40})\b")
_FIGURE = re.compile(r"\d[\d,.]*")
_INSTALLED = re.compile(r"^(npm install|pip install|pipx install|make setup|git clone|source )")
_PORTS = ("8544", "8545", "8600")


class Walk:
    """A reader with a folder of their own."""

    def __init__(self, page, folder, start):
        self._page = (ROOT / "docs" / page).read_text(encoding="utf-8")
        self._folder, self._start = folder, start
        self._exports, self._running, self.commands = [], [], []
        self._own = {}
        self._ports = {port: str(free_port()) for port in _PORTS}
        programs = folder / "programs"
        programs.mkdir()
        for name, module in (("ocn-registry", "cli"), ("ocn-relay", "relay.main")):
            program = programs / name
            command = f'exec "{sys.executable}" -P -m ocn_registry.{module} "$@"'
            program.write_text(f"#!/bin/sh\n{command}\n")
            program.chmod(0o755)
        (folder / "node_modules").symlink_to(ROOT / "node_modules")
        (folder / "ocn-registry").symlink_to(ROOT)
        own = [str(programs), str(Path(sys.executable).parent)]
        self._environment = {
            "PATH": os.pathsep.join([*own, os.environ["PATH"]]),
            "HOME": str(folder),
            "XDG_CONFIG_HOME": str(folder),
            "XDG_STATE_HOME": str(folder / "state"),
            "NO_COLOR": "1",
            "npm_config_offline": "true",
            "npm_config_update_notifier": "false",
        }
        if "--sample" in self._page:  # the port of `devnet`, which the network `local` names
            self._environment["OCN_RPC_URL"] = f"http://127.0.0.1:{self._ports['8544']}"

    def follow(self):
        """Follow all the steps of the page."""
        for language, title, text in _BLOCK.findall(self._page):
            if title and Path(title).suffix:
                (self._folder / title).write_text(self._mine(text))
            elif language == "console":
                steps = text.removeprefix("$ ").split("\n$ ")
                for step in steps:
                    command, _, expected = step.partition("\n")
                    self._step(command, expected, goes_on="terminal" in title.lower())
        for running in reversed(self._running):
            running.type("\x03")
            running.wait_longer(ENDING_S)
            running.finish()

    def _step(self, command, expected, *, goes_on):
        self.commands.append(command)
        command = self._mine(command.partition("  # ")[0])
        if command.startswith(("export ", "cd ")):
            self._exports.append(command)
        elif not _INSTALLED.match(command):
            if command.startswith("ocn-registry devnet") and "--port" not in command:
                command += f" --port {self._ports['8544']}"
            self._run(command, expected, goes_on=goes_on)

    def _run(self, command, expected, *, goes_on):
        lines = [f"cd {shlex.quote(str(self._folder))}", *self._exports, command]
        if goes_on:
            lines[-1] = f"exec {command}"
        running = self._start(
            *("bash", "-euc", "\n".join(lines)), columns=COLUMNS, **self._environment
        )
        if command.startswith("ape "):
            running.wait_longer(COMPILING_S)
        if goes_on:
            self._running.append(running)
            last = expected.rstrip().splitlines()[-1]
            running.read_until(self._mine(_FIGURE.split(last)[0]))
            return
        code, shown = running.finish(ANSWERS)
        assert code == 0, f"{command}\n{shown}"
        self._compare(command, expected, shown)

    def _compare(self, command, expected, shown):
        """Hold what was shown to the page, and take over what is this reader's own."""
        parts = re.split(
            r"^\.\.\.\n", re.sub(" +", " ", f"{expected.rstrip()}\n"), flags=re.MULTILINE
        )
        places = _OWN.findall(expected)
        shown = re.sub(" +", " ", shown.replace(str(self._folder), "/home/me"))
        for port, own in self._ports.items():
            shown = re.sub(rf"\b{own}\b", port, shown)
        found = re.search(".*?".join(map(_pattern, parts)), shown, re.DOTALL)
        assert found, f"{command}\nthe page shows:\n{expected}\nand it showed:\n{shown}"
        for here, own in zip(places, found.groups(), strict=True):
            assert self._own.setdefault(here, own) == own, (
                f"{command}: {here} was {self._own[here]}"
            )

    def _mine(self, text):
        """Put this reader's own addresses and ports in the place of the page's."""
        text = _OWN.sub(lambda found: self._own.get(found[0], found[0]), text)
        for port, own in self._ports.items():
            text = re.sub(rf"\b{port}\b", own, text)
        return text


def _pattern(text):
    """Return what matches a text of a page, whatever its figures are, and takes its own ones."""
    if not text.strip():
        return ""
    parts = re.split(f"({_OWN.pattern}|{_FIGURE.pattern})", text)
    return "".join(
        [
            "(0x[0-9a-fA-F]+)"
            if _OWN.fullmatch(part)
            else _FIGURE.pattern
            if _FIGURE.fullmatch(part)
            else re.escape(part)
            for part in parts
        ]
    )
