"""Changes of a registry as they happen, for as long as somebody wants to know.

What the chain takes back is told as well. With a file it goes on from where it was, however it
ended: a change is printed before the file says so, so none is lost.
"""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING

from ocn_registry.cli.codes import DONE
from ocn_registry.cli.cursor import Cursor
from ocn_registry.cli.networks import connect
from ocn_registry.cli.render import for_programs, printable, put, talk
from ocn_registry.cli.story import Story, first_page
from ocn_registry.cli.whose import asked_for
from ocn_registry.errors import InvalidInput, NoContract, ReorgTooDeep, TransportError, WrongChain

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator

    from ocn_registry.cli.story import Part, Told
    from ocn_registry.client.sync_client import RegistryClient

_LONGEST_PAUSE_S = 60.0


def watch(args: Namespace) -> int:
    """Print changes until somebody ends it, or with `--once` up to the latest block."""
    with connect(args) as client:
        story, cursor = _begin(args, client)
        name, chain = client.deployment.name, client.deployment.chain_id
        end = "" if args.once else "; Ctrl-C ends it"
        talk(f"watching {printable(name)} (chain {chain}) from block {story.block.number + 1}{end}")
        _go_on(args, story, cursor)
    return DONE


def _begin(args: Namespace, client: RegistryClient) -> tuple[Story, Cursor | None]:
    whose = asked_for(args)
    cursor = None if args.cursor is None else Cursor(args.cursor, client.deployment, whose)
    pages = () if cursor is None else cursor.load()
    if pages and args.first is not None:
        talk("note: --from is for the first time; it goes on from where it was")
    if not pages:
        pages = (first_page(client, whose, args.first),)
        if cursor is not None:
            cursor.save(pages)
    return Story(client, whose, pages), cursor


def _go_on(args: Namespace, story: Story, cursor: Cursor | None) -> None:
    saved = story.block
    for part in _parts(args, story):
        _put(args, part)
        if cursor is not None and story.block != saved:
            cursor.save(story.pages)
            saved = story.block
        if args.once and story.block == part.head:
            return
        if part.waits:
            time.sleep(args.interval)


def _parts(args: Namespace, story: Story) -> Iterator[Part]:
    """Ask again and again, through outages of the RPC node."""
    away, pause_s = False, 0.0
    while True:
        try:
            part = story.go_on()
        except (WrongChain, NoContract):
            raise
        except TransportError as error:
            if args.once:
                raise
            if not away:
                talk(f"error: {printable(str(error))}; asking again until it answers")
            away, pause_s = True, min(max(2 * pause_s, args.interval), _LONGEST_PAUSE_S)
            time.sleep(pause_s)
        except ReorgTooDeep as error:
            raise InvalidInput(
                f"block {error.block_number} is not in the chain any more, nor is any block of the "
                f"last {error.depth} that was read: see that the RPC node is on the right chain, "
                "then begin anew with --from and another file",
            ) from error
        else:
            if away:
                talk("the RPC node answers again")
            away, pause_s = False, 0.0
            yield part


def _put(args: Namespace, part: Part) -> None:
    if part.replaced:
        first, last = part.replaced[-1].number, part.replaced[0].number
        talk(
            f"the chain has replaced blocks {first} to {last}: changes taken back: {len(part.back)}"
        )
    for one in part.back:
        _put_one(args, one, taken_back=True)
    for one in part.told:
        _put_one(args, one, taken_back=False)
    sys.stdout.flush()  # before the file says that it was printed


def _put_one(args: Namespace, one: Told, *, taken_back: bool) -> None:
    if for_programs(args):
        text = json.dumps({"takenBack": taken_back, **one.entry})
        put(text.replace("\x7f", "\\u007f"))
    else:
        sign = "taken back: " if taken_back else ""
        time_, number = one.entry["time"], one.entry["blockNumber"]
        put(printable(f"{time_}  block {number}  {sign}{one.says}"))
