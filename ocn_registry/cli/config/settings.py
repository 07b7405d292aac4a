"""Resolve the effective settings, and their sources.

From highest to lowest precedence: a flag, an environment variable, the profile of `--profile` or
`OCN_PROFILE`, the file's values for all profiles, the built-in value. If you override the network,
its RPC URL is ignored; if you override a key, so is its passphrase file. `ocn-registry settings`
shows the result.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final, NamedTuple

from ocn_registry.cli.output.render import talk
from ocn_registry.errors import InvalidInput
from ocn_registry.foreign.text import shown
from ocn_registry.foreign.variables import PROFILE, VARIABLES
from ocn_registry.plans.folders import config_folder

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterable, Mapping
    from pathlib import Path

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
    "controller",
    "wait",
    "timeout",
    "max_fee",
    "max_cost",
    "journal",
)
BUILT_IN: Final = {"network": "local", "wait": "confirmed"}
# The layer that sets the first one also decides the others: lower layers are ignored for them.
_GO_WITH: Final = {
    "network": {"network_file", "rpc_url"},
    "network_file": {"rpc_url"},
    "signer": {"passphrase_file", "controller"},
    "spender": {"spender_passphrase_file"},
}


class Setting(NamedTuple):
    """A value, its source (`flag`, `variable`, `profile`, `file`, `default`), its name there."""

    value: object
    source: str
    name: str | None


class Settled(NamedTuple):
    """The effective settings, the file's content, the profile in use, and all profiles."""

    in_force: dict[str, Setting]
    written: dict[str, Setting]
    profile: Setting | None
    profiles: tuple[str, ...]


def settle(args: Namespace) -> Settled:
    """Return the effective settings, and store them in `args` unless given on the command line.

    Keys are not stored there: see `keys` for their sources.

    Raises:
        InvalidInput: The file can't be used, or has no such profile.
    """
    known: Settled | None = getattr(args, "settled", None)
    if known is not None:
        return known
    args.settled = settled = _settled(args)
    for key, setting in settled.in_force.items():
        if (
            key not in {"signer", "spender", "controller"}
            and getattr(args, key, "not taken") is None
        ):
            setattr(args, key, setting.value)
    return settled


def place() -> Path:
    """Return the path of the settings file, which may not exist.

    Raises:
        InvalidInput: The user has no home folder.
    """
    folder = config_folder()
    if folder is None:
        raise InvalidInput("there is no home folder: set XDG_CONFIG_HOME to a folder")
    return folder / "settings.toml"


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
    given = {key: getattr(args, key, None) for key in KEYS}
    return {
        key: Setting(value, "flag", "--" + key.replace("_", "-"))
        for key, value in given.items()
        if value is not None and value is not False
    }


def _variables(args: Namespace) -> dict[str, Setting]:
    found: dict[str, Setting] = {}
    for key, names in VARIABLES.items():
        name = next((name for name in names if os.environ.get(name)), None)
        # A network file on the command line has its own RPC nodes.
        if name is not None and (key != "rpc_url" or args.network_file is None):
            value = os.environ[name]
            found[key] = Setting([value] if key == "rpc_url" else value, "variable", name)
    return found


def _profile(args: Namespace) -> Setting | None:
    flag: str | None = args.profile
    given = os.environ.get(PROFILE) or None
    if flag is not None:
        if given is not None and given != flag:
            talk(f"note: --profile {shown(flag)} is used, not {PROFILE}")
        return Setting(flag, "flag", "--profile")
    return None if given is None else Setting(given, "variable", PROFILE)


def _written(profile: Setting | None) -> tuple[dict[str, Setting], tuple[str, ...]]:
    path = None if config_folder() is None else place()
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
    """Return each value, with those that belong to it, from the highest layer that has it."""
    found: dict[str, Setting] = {}
    given: set[str] = set()
    for layer in layers:
        found |= {key: setting for key, setting in layer.items() if key not in given}
        given |= set(layer).union(*[_GO_WITH[key] for key in layer if key in _GO_WITH])
    return found
