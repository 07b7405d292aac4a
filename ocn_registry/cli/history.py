"""What became of a party, a node or a service, block by block."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

from ocn_registry.cli.change_words import way_of
from ocn_registry.cli.codes import DONE
from ocn_registry.cli.networks import connect, latest
from ocn_registry.cli.progress import Progress
from ocn_registry.cli.render import as_csv, as_json, for_programs, put, table, talk
from ocn_registry.cli.story import Story, Told, first_page
from ocn_registry.cli.whose import asked_for
from ocn_registry.errors import BadAnswer, InvalidInput

if TYPE_CHECKING:
    from argparse import Namespace

    from ocn_registry.cli.entries import Entry

_PAUSE_S = 1.0
_MOST_WAITS = 10
_PLACE = ("time", "blockNumber", "blockHash", "hash", "index", "sender", "how", "certain")
_COLUMNS = (*_PLACE, "change", "account", "changed")


def history(args: Namespace) -> int:
    """Show every change of one, from its events."""
    with connect(args) as client:
        head = latest(client)
        last: int = head if args.last is None else args.last
        first: int = (client.deployment.start_block or 0) if args.first is None else args.first
        if last > head:
            raise InvalidInput(f"block {last} is not there yet: the latest is {head}")
        if first > last:
            raise InvalidInput(f"--from {first} comes after --to {last}: give an earlier one")
        whose = asked_for(args)
        story = Story(client, whose, (first_page(client, whose, first),))
        told = _compared(_read(story, last))
        certain = client.limits.events_tell_all
    _put(args, told)
    if not certain and any(not one.entry["certain"] for one in told):
        talk(
            "note: for a change that is not certain, these contracts don't tell a deletion or a "
            "revocation from its opposite, and the transaction doesn't either: it went through "
            "another contract, or the node has forgotten it",
        )
    return DONE


def _read(story: Story, last: int) -> list[Told]:
    found: list[Told] = []
    first, waits = story.block.number, 0
    with Progress("reading events: {} of {} blocks") as progress:
        while story.block.number < last:
            part = story.go_on(until=last)
            gone = {block.hash for block in part.replaced}
            found = [one for one in found if one.entry["blockHash"] not in gone]
            found += part.told
            if part.waits and story.block.number < last:  # the node lags behind what it told before
                waits += 1
                if waits > _MOST_WAITS:
                    raise BadAnswer(
                        f"the RPC node does not know block {last} any more: ask another",
                    )
                time.sleep(_PAUSE_S)
            progress(story.block.number - first, last - first)
    return found


def _compared(told: list[Told]) -> list[Told]:
    """Say of each new state in what it differs from the one before, where that was told as well."""
    before: dict[tuple[object, object], Entry] = {}
    found: list[Told] = []
    for one in told:
        entry, changed = one.entry, None
        kind = str(entry["change"])
        place = (kind.removesuffix("Deleted").removesuffix("Set"), entry["account"])
        former = before.pop(place, None)
        if kind.endswith("Set"):
            before[place] = entry
            if former is not None:
                changed = [key for key in entry.keys() - set(_PLACE) if entry[key] != former[key]]
                changed.sort()
        says = one.says
        if changed is not None:
            says = f"{says}; changed: {_joined(changed)}"
        found.append(Told(says, entry | {"changed": changed}))
    return found


def _joined(keys: list[str]) -> str:
    return ", ".join([re.sub("([A-Z])", r" \1", key).lower() for key in keys]) or "nothing"


def _put(args: Namespace, told: list[Told]) -> None:
    if args.csv:
        put(as_csv([_row(one) for one in told]))
    elif for_programs(args):
        put(as_json([one.entry for one in told]))
    elif not told:
        put("no changes")
    else:
        rows = [
            (str(one.entry["time"]), str(one.entry["blockNumber"]), one.says, *_sent(one))
            for one in told
        ]
        put(table(("TIME", "BLOCK", "CHANGE", "HOW", "TRANSACTION"), rows, soft=(2,)))


def _sent(one: Told) -> tuple[str, str]:
    how, sender = one.entry["how"], one.entry["sender"]
    return way_of(how, sender), str(one.entry["hash"])


def _row(one: Told) -> Entry:
    """Write a change with the same columns as any other."""
    return {key: one.entry[key] for key in _COLUMNS} | {"says": one.says}
