"""The command `settings`: what is in force, and who says so."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, TypeGuard
from urllib.parse import urlsplit

from ocn_registry.cli.codes import DONE
from ocn_registry.cli.names import OTHER_NAMES
from ocn_registry.cli.options import LIKE_A_KEY
from ocn_registry.cli.render import as_json, for_programs, printable, put, table, talk
from ocn_registry.cli.settings import KEYS, Setting, place, settle
from ocn_registry.networks import built_in

if TYPE_CHECKING:
    from argparse import Namespace

    from ocn_registry.cli.settings import Settled

_UNSET = Setting(None, "default", None)


def show(args: Namespace) -> int:
    """Show what is in force; or print where the file is, be it as it may."""
    path = str(place())
    if args.what == "path":
        put(json.dumps(path) if args.json else printable(path))
        return DONE
    settled = settle(args)
    there = os.path.lexists(path)
    if for_programs(args):
        shown = {key: _entry(_of(settled, key)) for key in KEYS}
        told = {
            "file": path,
            "exists": there,
            "profile": None if settled.profile is None else settled.profile.value,
            "profiles": list(settled.profiles),
            "settings": shown,
        }
        put(as_json(told))
        return DONE
    rows = [_row(key, _of(settled, key)) for key in KEYS]
    put(table(("SETTING", "VALUE", "FROM"), rows, soft=(1,)))
    if not there:
        talk(f'no settings file yet: one line, network = "volta", in {printable(path)} is one')
    elif settled.profiles:
        names = ", ".join([printable(name) for name in settled.profiles])
        talk(f"profiles: {names}; --profile NAME or OCN_PROFILE chooses one")
    return DONE


def _of(settled: Settled, key: str) -> Setting:
    """Tell a setting; the network's own nodes are asked where nobody names others."""
    found = settled.in_force.get(key, _UNSET)
    if key != "rpc_url" or found is not _UNSET or "network_file" in settled.in_force:
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
    """Show no key, and of a URL no password, nor a user without one, who is a key as well."""
    if isinstance(value, int | float) or value is None:
        return value
    if isinstance(value, str):
        return _without_password(LIKE_A_KEY.sub("<hidden>", value))
    return [_without_password(str(url)) for url in value] if _is_list(value) else None


def _is_list(value: object) -> TypeGuard[list[object]]:
    return isinstance(value, list)


def _without_password(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    login, at, _ = parts.netloc.rpartition("@")
    user, colon, password = login.partition(":")
    safe = f"{user}:<hidden>" if colon and password else "<hidden>"
    return url.replace(f"{login}@", f"{safe}@", 1) if at else url
