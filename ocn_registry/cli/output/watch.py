"""The command `watch`: print changes of a registry as they happen.

With a cursor file, it resumes where it stopped. The file is written after a change is printed, so
no change is missed, however the command ends.
"""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING, Literal

from ocn_registry.cli.config.networks import connect
from ocn_registry.cli.config.settings_file import at_home
from ocn_registry.cli.output.render import for_programs, printable, put, talk
from ocn_registry.errors import InvalidInput, NoContract, ReorgTooDeep, TransportError, WrongChain
from ocn_registry.events.cursor import CursorFile
from ocn_registry.models import PartyId
from ocn_registry.plans import entries
from ocn_registry.plans.exit_codes import DONE
from ocn_registry.plans.words import event_in_words

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator

    from ocn_registry.client.sync_client import RegistryClient
    from ocn_registry.events.feed import EventBatch, EventFeed
    from ocn_registry.events.provenance import Event

_MAX_PAUSE_S = 60.0


def watch(args: Namespace) -> int:
    """Print changes until interrupted, or with `--once`, up to the latest block."""
    with connect(args) as client:
        feed, file = _begin(args, client)
        name, chain = client.deployment.name, client.deployment.chain_id
        end = "" if args.once else "; Ctrl-C ends it"
        first = feed.start().number + 1
        talk(f"watching {printable(name)} (chain {chain}) from block {first}{end}")
        _follow(args, feed, file)
    return DONE


def wanted_party(args: Namespace) -> PartyId | None:
    """Return the party id of `-c`, in capital letters as in v1; `None` if it is not given."""
    if args.credentials is None:
        return None
    country_code, party_id = args.credentials
    return PartyId(country_code.upper(), party_id.upper())


def note_gap(feed: EventFeed, first_block: int) -> None:
    """Print a note if events may be missing because the node no longer knows the id's holder."""
    if not feed.is_complete:
        talk(
            f"note: this node no longer knows the holder of {feed.filter} at block "
            f"{first_block - 1}, so changes that don't name the id are shown only after its next "
            "update; to see all, give an earlier --from, or -a",
        )


def _begin(args: Namespace, client: RegistryClient) -> tuple[EventFeed, CursorFile | None]:
    address, party = args.address, wanted_party(args)
    first: int | Literal["next"] = "next" if args.first is None else args.first
    file, cursor = None, None
    if args.cursor is not None:
        where = at_home(args.cursor)
        file = CursorFile(where, client.deployment, address=address, party=party)
        cursor = file.load()
    feed = client.events(address=address, party=party, first_block=first, cursor=cursor)
    if cursor is not None:
        if args.first is not None:
            talk("note: --from is ignored: the cursor file says where to resume")
        return feed, file
    note_gap(feed, feed.start().number + 1)
    if file is not None:
        file.save(feed.cursor)
    return feed, file


def _follow(args: Namespace, feed: EventFeed, file: CursorFile | None) -> None:
    saved = feed.start()
    for batch in _batches(args, feed):
        _put(args, batch)
        if file is not None and batch.block != saved:
            file.save(feed.cursor)
            saved = batch.block
        if args.once and batch.block == batch.head:
            return
        if batch.at_end:
            time.sleep(args.interval)


def _batches(args: Namespace, feed: EventFeed) -> Iterator[EventBatch]:
    """Yield batches indefinitely, through outages of the RPC node."""
    failing, pause_s = False, 0.0
    while True:
        try:
            batch = feed.read()
        except (WrongChain, NoContract):
            raise
        except TransportError as error:
            if args.once:
                raise
            if not failing:
                talk(f"error: {printable(str(error))}; retrying until it answers")
            failing, pause_s = True, min(max(2 * pause_s, args.interval), _MAX_PAUSE_S)
            time.sleep(pause_s)
        except ReorgTooDeep as error:
            raise InvalidInput(
                f"block {error.block_number} is no longer in the chain, nor is any of the last "
                f"{error.depth} blocks that were read: check that the RPC node is on the right "
                "chain, then start again with --from and a new cursor file",
            ) from error
        else:
            if failing:
                talk("the RPC node answers again")
            failing, pause_s = False, 0.0
            yield batch


def _put(args: Namespace, batch: EventBatch) -> None:
    if batch.replaced:
        first, last = batch.replaced[-1].number, batch.replaced[0].number
        talk(
            f"the chain has replaced blocks {first} to {last}: changes undone: "
            f"{len(batch.reverted)}"
        )
    for event in batch.reverted:
        _put_one(args, event, taken_back=True)
    for event in batch.events:
        _put_one(args, event, taken_back=False)
    sys.stdout.flush()  # before the cursor file is written


def _put_one(args: Namespace, event: Event, *, taken_back: bool) -> None:
    if for_programs(args):
        text = json.dumps({"takenBack": taken_back, **event.brief()})
        put(text.replace("\x7f", "\\u007f"))
    else:
        sign = "undone: " if taken_back else ""
        when, number = entries.moment(event.block), event.block.number
        put(printable(f"{when}  block {number}  {sign}{event_in_words(event)}"))
