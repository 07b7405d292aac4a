"""`settings`: show which settings apply, and where each comes from."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from ocn_registry.cli import options as take
from ocn_registry.cli.commands import Command
from ocn_registry.foreign.strict_json import is_list
from ocn_registry.foreign.text import masked, masked_url
from ocn_registry.plans.exit_codes import DONE

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from ocn_registry.cli.config.settings import Setting, Settled


def show(args: Namespace) -> int:
    """Show the effective settings; or print the path of the file, without reading it."""
    from ocn_registry.cli.config.settings import KEYS, place, settle
    from ocn_registry.cli.output.render import as_json, for_programs, printable, put, table, talk

    path = str(place())
    if args.what == "path":
        put(json.dumps(path) if args.json else printable(path))
        return DONE
    settled = settle(args)
    there = os.path.lexists(path)
    if for_programs(args):
        shown = {key: _entry(_setting_of(settled, key)) for key in KEYS}
        values = {
            "file": path,
            "exists": there,
            "profile": None if settled.profile is None else settled.profile.value,
            "profiles": list(settled.profiles),
            "settings": shown,
        }
        put(as_json(values))
        return DONE
    rows = [_row(key, _setting_of(settled, key)) for key in KEYS]
    put(table(("SETTING", "VALUE", "FROM"), rows, soft=(1,)))
    if not there:
        talk(f'no settings file yet: write network = "volta" to {printable(path)} to create one')
    elif settled.profiles:
        names = ", ".join([printable(name) for name in settled.profiles])
        talk(f"profiles: {names}; --profile NAME or OCN_PROFILE chooses one")
    return DONE


def _setting_of(settled: Settled, key: str) -> Setting:
    """Return a setting; the RPC nodes default to those of the network."""
    from ocn_registry.cli.config.choices import OTHER_NAMES
    from ocn_registry.cli.config.settings import Setting
    from ocn_registry.networks import built_in

    found = settled.in_force.get(key, Setting(None, "default", None))
    if key != "rpc_url" or key in settled.in_force or "network_file" in settled.in_force:
        return found
    network = str(settled.in_force["network"].value)
    return Setting([*built_in(OTHER_NAMES.get(network, network)).rpc_urls], "default", None)


def _entry(setting: Setting) -> dict[str, object]:
    return {"value": _safe(setting.value), "from": setting.source, "name": setting.name}


def _row(key: str, setting: Setting) -> tuple[str, str, str]:
    value = _safe(setting.value)
    text = " ".join(value) if isinstance(value, list) else str("-" if value is None else value)
    source = setting.name if setting.source in {"flag", "variable"} else setting.source
    if setting.source == "profile":
        source = f"profile {setting.name}"
    return key, text, source or "-"


def _safe(value: object) -> str | int | float | list[str] | None:
    """Return a value without keys, and without secret parts of URLs."""
    if isinstance(value, int | float) or value is None:
        return value
    if isinstance(value, str):
        return masked(value)
    return [masked_url(str(url)) for url in value] if is_list(value) else None


def _options(parser: ArgumentParser) -> None:
    parser.add_argument(
        "what",
        nargs="?",
        choices=("show", "path"),
        default="show",
        help="show the effective settings and their sources (default), or print the path of the "
        "file",
    )
    take.signing(parser)
    take.spending(parser)


COMMANDS = (
    Command(
        "settings",
        "show your settings, and where each comes from",
        show,
        (_options,),
        more="Put options you use often in a settings file.",
        examples=("settings", "settings path"),
    ),
)
