"""What the words of a command leave open: told by the environment, a settings file, or built in.

From the highest to the lowest: a flag, a variable of the environment, the profile that `--profile`
or `OCN_PROFILE` names, what the file says for all, what is built in. What belongs together is taken
from one place: whoever names another network does not mean the RPC nodes of this one, and another
key has another passphrase. `ocn-registry settings` shows what is in force, and from where.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from ocn_registry.cli.output.render import talk
from ocn_registry.errors import InvalidInput
from ocn_registry.foreign.text import shown

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterable, Mapping

PROFILE_VARIABLE: Final = "OCN_PROFILE"
RPC_VARIABLE: Final = "OCN_RPC_URL"
VARIABLES: Final[Mapping[str, tuple[str, ...]]] = {
    "rpc_url": (RPC_VARIABLE,),
    "signer": ("SIGNER",),
    # v1's documentation sets SENDER where its command reads SPENDER.
    "spender": ("SPENDER", "SENDER"),
}
KEYS: Final = (
    "network",
    "network_file",
    "rpc_url",
    "proxy",
    "ca_file",
    "signer",
    "passphrase_file",
    "spender",
    "spender_passphrase_file",
    "wait",
    "timeout",
    "max_fee",
)
BUILT_IN: Final = {"network": "local", "wait": "confirmed"}
# Who tells the first says nothing of the others: they are not looked for further below.
_GO_WITH: Final = {
    "network": {"network_file", "rpc_url"},
    "network_file": {"rpc_url"},
    "signer": {"passphrase_file"},
    "spender": {"spender_passphrase_file"},
}


class Setting(NamedTuple):
    """A value; where it is from: `flag`, `variable`, `profile`, `file` or `default`; its name."""

    value: object
    source: str
    name: str | None


class Settled(NamedTuple):
    """What is in force, what the file says, and which profile of which ones is used."""

    in_force: dict[str, Setting]
    written: dict[str, Setting]
    profile: Setting | None
    profiles: tuple[str, ...]


def settle(args: Namespace) -> Settled:
    """Find out what is in force, once, and put it where the command line has left a gap.

    The keys, about which more has to be said, stay where they are: see `keys`.

    Raises:
        InvalidInput: The file is there and can't be used, or has no such profile.
    """
    known: Settled | None = getattr(args, "settled", None)
    if known is not None:
        return known
    args.settled = settled = _settled(args)
    for key, setting in settled.in_force.items():
        if key not in {"signer", "spender"} and getattr(args, key, "not taken") is None:
            setattr(args, key, setting.value)
    return settled


def place() -> Path:
    """Tell where the settings file is, or would be.

    Raises:
        InvalidInput: Whoever runs this has no home.
    """
    folder = _folder()
    if folder is None:
        raise InvalidInput("there is no home folder here: set XDG_CONFIG_HOME to a folder")
    return folder / "ocn-registry" / "settings.toml"


def _folder() -> Path | None:
    """Find the folder of a user's own settings.

    Source: XDG Base Directory Specification 0.8: a path that is not absolute is ignored.
    """
    told = os.environ.get("XDG_CONFIG_HOME", "")
    if sys.platform == "win32":
        told = told or os.environ.get("APPDATA", "")
    if Path(told).is_absolute():
        return Path(told)
    try:
        home = Path.home()
    except RuntimeError:
        return None
    return home / ("Library/Application Support" if sys.platform == "darwin" else ".config")


def _settled(args: Namespace) -> Settled:
    flags = _flags(args)
    variables = _variables(args)
    profile = _profile(args)
    for key, flag in flags.items():
        if key == "rpc_url" and key in variables and variables[key].value != flag.value:
            talk(f"note: {flag.name} is used, not {variables[key].name}")
    written, profiles = _written(profile)
    default = {key: Setting(value, "default", None) for key, value in BUILT_IN.items()}
    in_force = _first_of([{**variables, **flags}, written, default])
    return Settled(in_force, written, profile, profiles)


def _flags(args: Namespace) -> dict[str, Setting]:
    told = {key: getattr(args, key, None) for key in KEYS}
    return {
        key: Setting(value, "flag", "--" + key.replace("_", "-"))
        for key, value in told.items()
        if value is not None and value is not False
    }


def _variables(args: Namespace) -> dict[str, Setting]:
    found: dict[str, Setting] = {}
    for key, names in VARIABLES.items():
        name = next((name for name in names if os.environ.get(name)), None)
        # A network file that the command line names says itself which nodes are asked.
        if name is not None and (key != "rpc_url" or args.network_file is None):
            value = os.environ[name]
            found[key] = Setting([value] if key == "rpc_url" else value, "variable", name)
    return found


def _profile(args: Namespace) -> Setting | None:
    flag: str | None = args.profile
    told = os.environ.get(PROFILE_VARIABLE) or None
    if flag is not None:
        if told is not None and told != flag:
            talk(f"note: --profile {shown(flag)} is used, not {PROFILE_VARIABLE}")
        return Setting(flag, "flag", "--profile")
    return None if told is None else Setting(told, "variable", PROFILE_VARIABLE)


def _written(profile: Setting | None) -> tuple[dict[str, Setting], tuple[str, ...]]:
    folder = _folder()
    path = None if folder is None else place()
    if path is None or not os.path.lexists(path):
        if profile is not None:
            raise InvalidInput(
                f"there is no profile {shown(profile.value)} ({profile.name}): there are no "
                f"settings in {shown(str(path), 1000)}",
            )
        return {}, ()
    from ocn_registry.cli.config.settings_file import guess, read  # noqa: PLC0415 - only with a file

    for_all, profiles = read(path)
    layers = [{key: Setting(value, "file", None) for key, value in for_all.items()}]
    if profile is not None:
        name = str(profile.value)
        if name not in profiles:
            hint = guess(name, list(profiles)) if profiles else "the file has none"
            raise InvalidInput(f"there is no profile {shown(name)} ({profile.name}): {hint}")
        own = profiles[name]
        layers.insert(0, {key: Setting(value, "profile", name) for key, value in own.items()})
    return _first_of(layers), tuple(profiles)


def _first_of(layers: Iterable[Mapping[str, Setting]]) -> dict[str, Setting]:
    """Take each value from the highest layer that has it, and what belongs to it from there too."""
    found: dict[str, Setting] = {}
    told: set[str] = set()
    for layer in layers:
        found |= {key: setting for key, setting in layer.items() if key not in told}
        told |= set(layer).union(*[_GO_WITH[key] for key in layer if key in _GO_WITH])
    return found
