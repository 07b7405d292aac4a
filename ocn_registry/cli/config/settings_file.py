"""The settings file: TOML with the names of options as keys, with `_` for `-`.

```toml
network = "volta"                 # the default

[profiles.work]                   # with --profile work, or OCN_PROFILE=work
network = "ewc"
rpc_url = ["https://one.example.com", "https://two.example.com"]
signer = "keystore:~/keys/party.json"
passphrase_file = "party.secret"  # beside this file
max_fee = 200
```

Anyone who can write the file chooses nodes, programs and keys. So a file that others can write is
rejected, like OpenSSH's. Private keys do not belong in it, and anything that could be one is never
quoted.
"""

from __future__ import annotations

import math
import os
import re
import stat
from argparse import ArgumentTypeError
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeGuard

from ocn_registry.cli.config.choices import NETWORKS, choice
from ocn_registry.cli.options import blocks, tokens
from ocn_registry.errors import InvalidInput
from ocn_registry.foreign.limits import SETTINGS_FILE
from ocn_registry.foreign.strict_json import as_utf8, is_list, is_object
from ocn_registry.foreign.text import HIDDEN_KEY, masked, shown

if TYPE_CHECKING:
    from collections.abc import Callable

    Table = dict[str, object]
    Read = Callable[[object, Path], object]

_MAX_LETTERS: Final = 4096
_WRITABLE_BY_OTHERS: Final = 0o022
_REFERENCE: Final = r"(keystore|env|file|command|contract):(.+)"
_NAKED: Final = r"(0[xX])?[0-9a-fA-F]{56,}"
_PROFILES: Final = "profiles"
_NO_KEY: Final = (
    "it contains what looks like a private key: remove it, and write where the key is, as in "
    'signer = "keystore:PATH"'
)


class _Wrong(Exception):
    """A value is not valid for its key; the message says what is."""


def read(path: Path) -> tuple[dict[str, object], dict[str, dict[str, object]]]:
    """Read a settings file.

    Args:
        path: The file.

    Returns:
        The values for all profiles, and those of each profile, in the form of the options. Relative
        paths are relative to the file's folder.

    Raises:
        InvalidInput: The file can't be read, is not valid, or is writable by others.
    """
    content = _toml(path)
    profiles = content.pop(_PROFILES, {})
    if not is_object(profiles):
        raise _refused(path, f"{_PROFILES} is {_masked(profiles)}: write [{_PROFILES}.NAME]")
    found: dict[str, dict[str, object]] = {}
    for name, own in profiles.items():
        place = f"{_PROFILES}.{name}"
        if not is_object(own):
            raise _refused(path, f"{_masked(place)} is {_masked(own)}: write [{_PROFILES}.NAME]")
        found[name] = _values(own, f"{place}.", path)
    return _values(content, "", path), found


def guess(name: str, known: list[str]) -> str:
    """Return a suggestion for an unknown name: the closest known ones, or all of them."""
    from difflib import get_close_matches  # noqa: PLC0415 - for errors only

    close = get_close_matches(name, known, n=1)
    return f"did you mean {shown(close[0])}?" if close else f"there are {shown(sorted(known))}"


def at_home(path: str) -> Path:
    """Return a path with `~` expanded to the home folder.

    Raises:
        InvalidInput: The home folder is unknown.
    """
    try:
        return Path(path).expanduser()
    except RuntimeError:
        raise InvalidInput(
            f"the home folder in {shown(path)} is not known: give the whole path"
        ) from None


def _toml(path: Path) -> Table:
    from ocn_registry.foreign.strict_toml import parse_toml  # noqa: PLC0415 - where there is a file

    text = _text(path)
    try:
        return parse_toml(text)
    except ValueError as error:
        why = _masked(str(error))
    raise _refused(path, f"it is not valid TOML: {why}")


def _text(path: Path) -> str:
    """Return the text of the file, after checking its owner."""
    try:  # O_NONBLOCK: opening a pipe would wait for a writer
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(handle, "rb") as file:
            about = os.fstat(file.fileno())
            if not stat.S_ISREG(about.st_mode):
                raise _refused(path, "it is not a regular file")
            content = file.read(SETTINGS_FILE.max_bytes + 1)
    except OSError as error:
        raise _refused(path, f"it can't be read: {error.strerror}") from None
    if os.name == "posix" and about.st_uid not in {0, os.getuid()}:
        raise _refused(path, "it belongs to another user: use a file of your own")
    if os.name == "posix" and about.st_mode & _WRITABLE_BY_OTHERS:
        raise _refused(path, "others can write it, and choose your keys: run chmod go-w on it")
    if len(content) > SETTINGS_FILE.max_bytes:
        raise _refused(path, "it is too long")
    try:
        return as_utf8(content).decode()
    except UnicodeDecodeError:
        raise _refused(path, "it is not text in UTF-8") from None


def _values(table: Table, place: str, path: Path) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, value in table.items():
        if key not in _READ:
            hint = guess(key, [*_READ, *([] if place else [_PROFILES])])
            if _holds_a_key(value):
                hint = _NO_KEY
            raise _refused(path, f"there is no setting {_masked(place + key)}: {hint}")
        try:
            found[key] = _READ[key](value, path.parent)
        except _Wrong as wrong:
            why = _NO_KEY if _holds_a_key(value) else f"{wrong}"
            raise _refused(path, f"{_masked(place + key)} is {_masked(value)}: {why}") from None
    return found


def _holds_a_key(value: object) -> bool:
    return HIDDEN_KEY in masked(str(value))


def _masked(value: object) -> str:
    """Return a value for a message, without anything that could be a key."""
    return "<hidden>" if _holds_a_key(value) else shown(value)


def _word(value: object) -> str:
    if not isinstance(value, str) or not value or len(value) > _MAX_LETTERS:
        raise _Wrong("give a text in quotes")
    if not value.isprintable():
        raise _Wrong("give a text without control characters")
    if re.fullmatch(_NAKED, value):
        raise _Wrong(_NO_KEY)
    return value


def _network(value: object, _: Path) -> str:
    try:
        return choice("network", NETWORKS)(_word(value))
    except ArgumentTypeError:
        names = ", ".join(NETWORKS)
        raise _Wrong(f"give one of {names}, or network_file for one of your own") from None


def _path(value: object, folder: Path) -> str:
    try:
        return str(folder / at_home(_word(value)))
    except InvalidInput as error:
        raise _Wrong(str(error)) from None


def _url(value: object, _: Path) -> str:
    url = _word(value)
    if not re.match(r"https?://[^/\s]", url):
        raise _Wrong("give a URL, https://...")
    return url


def _urls(value: object, folder: Path) -> list[str]:
    urls = value if is_list(value) else [value]
    if not urls:
        raise _Wrong("give a URL, or a list of them")
    return [_url(url, folder) for url in urls]


def _key(value: object, folder: Path) -> str:
    known = re.fullmatch(_REFERENCE, _word(value))
    if known is None:
        raise _Wrong(
            "give keystore:PATH, env:NAME, file:PATH, command:PROGRAM or contract:PROGRAM, never "
            "the key itself"
        )
    kind, place = known.groups()
    if _holds_a_key(place):
        raise _Wrong(_NO_KEY)
    return f"{kind}:{_path(place, folder)}" if kind in {"keystore", "file"} else f"{kind}:{place}"


def _wait(value: object, _: Path) -> str:
    try:
        return blocks(str(value) if _is_whole(value) else _word(value))
    except ArgumentTypeError:
        raise _Wrong("give confirmed, final, or a number of blocks") from None


def _seconds(value: object, _: Path) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _Wrong("give a number of seconds")
    if not 0 < value < math.inf:
        raise _Wrong("give a number of seconds above 0")
    return float(value)


def _wei(value: object, _: Path) -> int:
    if not _is_whole(value) or not 0 < value < 1 << 256:
        raise _Wrong("give a whole number of wei above 0")
    return value


def _tokens(value: object, _: Path) -> int:
    try:
        return tokens(str(value) if _is_whole(value) else _word(value))
    except ArgumentTypeError:
        raise _Wrong('give an amount of the chain\'s token in quotes, such as "0.01"') from None


_READ: Final[dict[str, Read]] = {
    "network": _network,
    "network_file": _path,
    "rpc_url": _urls,
    "proxy": _url,
    "ca_file": _path,
    "signer": _key,
    "passphrase_file": _path,
    "spender": _key,
    "controller": _key,
    "spender_passphrase_file": _path,
    "wait": _wait,
    "timeout": _seconds,
    "max_fee": _wei,
    "max_cost": _tokens,
    "journal": _path,
}


def _is_whole(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _refused(path: Path, why: str) -> InvalidInput:
    return InvalidInput(f"the settings in {shown(str(path), _MAX_LETTERS)} can't be used: {why}")
