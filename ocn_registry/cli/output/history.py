"""The command `history`: print every change of a party, a node or a service."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from ocn_registry.cli.config.networks import connect, latest
from ocn_registry.cli.output.progress import Progress
from ocn_registry.cli.output.render import as_csv, as_json, for_programs, put, table, talk
from ocn_registry.cli.output.watch import note_gap, wanted_party
from ocn_registry.errors import InvalidInput
from ocn_registry.plans.exit_codes import DONE
from ocn_registry.plans.words import event_in_words, way_of

if TYPE_CHECKING:
    from argparse import Namespace

    from ocn_registry.events.provenance import Event
    from ocn_registry.plans.entries import Entry

_PLACE = ("time", "blockNumber", "blockHash", "hash", "index", "sender", "how", "certain")
_COLUMNS = (*_PLACE, "change", "account", "changed")


class _Shown(NamedTuple):
    """A change, as a sentence and as data."""

    words: str
    entry: Entry


def history(args: Namespace) -> int:
    """Print every change of one account or party."""
    with connect(args) as client:
        head = latest(client)
        last: int = head if args.last is None else args.last
        first: int = (client.deployment.start_block or 0) if args.first is None else args.first
        if last > head:
            raise InvalidInput(f"block {last} doesn't exist yet: the latest block is {head}")
        if first > last:
            raise InvalidInput(f"--from {first} is after --to {last}: give an earlier block")
        feed = client.events(
            address=args.address,
            party=wanted_party(args),
            first_block=first,
            last_block=last,
        )
        with Progress("reading events: {} of {} blocks") as progress:
            events = feed.history(on_blocks=progress)
        note_gap(feed, first)
    _put(args, _compared(events))
    if not all(event.certain for event in events):
        talk(
            "note: a change marked as not certain could be a deletion or revocation, or its "
            "opposite. The events of these contracts look the same, and the transaction is no "
            "evidence: it went through another contract, or the node no longer knows it",
        )
    return DONE


def _compared(events: tuple[Event, ...]) -> list[_Shown]:
    """Return the changes, each with the fields that differ from the previous one."""
    before: dict[tuple[object, object], Entry] = {}
    found: list[_Shown] = []
    for event in events:
        entry, words, changed = event.brief(), event_in_words(event), None
        kind = str(entry["change"])
        place = (kind.removesuffix("Deleted").removesuffix("Set"), entry["account"])
        former = before.pop(place, None)
        if kind.endswith("Set"):
            before[place] = entry
            if former is not None:
                changed = [key for key in entry.keys() - set(_PLACE) if entry[key] != former[key]]
                changed.sort()
                words = f"{words}; changed: {_joined(changed)}"
        found.append(_Shown(words, entry | {"changed": changed}))
    return found


def _joined(keys: list[str]) -> str:
    return ", ".join([re.sub("([A-Z])", r" \1", key).lower() for key in keys]) or "nothing"


def _put(args: Namespace, shown: list[_Shown]) -> None:
    if args.csv:
        put(as_csv([_row(one) for one in shown]))
    elif for_programs(args):
        put(as_json([one.entry for one in shown]))
    elif not shown:
        put("no changes")
    else:
        rows = [
            (str(one.entry["time"]), str(one.entry["blockNumber"]), one.words, *_sent(one))
            for one in shown
        ]
        put(table(("TIME", "BLOCK", "CHANGE", "HOW", "TRANSACTION"), rows, soft=(2,)))


def _sent(one: _Shown) -> tuple[str, str]:
    how, sender = one.entry["how"], one.entry["sender"]
    return way_of(how, sender), str(one.entry["hash"])


def _row(one: _Shown) -> Entry:
    """Return a change as a row with the columns that all rows have."""
    return {key: one.entry[key] for key in _COLUMNS} | {"says": one.words}
