"""Where a watch was, in a file: replaced in one step, after what it stands for was printed.

So whoever is killed goes on from where it was: nothing is lost, and what was printed right before
may be printed again. The file says what was watched; it is JSON, and nobody else's to change.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, TypeGuard

from ocn_registry.cli.settings_file import at_home
from ocn_registry.cli.story import Page, Told
from ocn_registry.errors import InvalidInput
from ocn_registry.foreign.text import shown
from ocn_registry.models import Address, BlockRef

if TYPE_CHECKING:
    from ocn_registry.cli.whose import Whose
    from ocn_registry.networks import Deployment

_FORMAT = 1
_MOST_BYTES = 256 << 20


class Cursor:
    """The file of one watch."""

    def __init__(self, path: str, deployment: Deployment, whose: Whose) -> None:
        """Say where it is, and what is watched."""
        self._path = at_home(path)
        self._about: dict[str, object] = {
            "format": _FORMAT,
            "chainId": deployment.chain_id,
            "registry": deployment.registry,
            "permissions": deployment.permissions,
            "whose": whose.text(),
        }

    def load(self) -> tuple[Page, ...]:
        """Read where the watch was; nothing when it begins.

        Raises:
            InvalidInput: It is another file, or of another watch.
        """
        try:
            with self._path.open(encoding="utf-8") as file:
                content: object = json.loads(file.read(_MOST_BYTES))
        except FileNotFoundError:
            return ()
        except (OSError, ValueError, RecursionError):
            raise self._unusable() from None
        if not _is_object(content) or "format" not in content:
            raise self._unusable()
        for key, value in self._about.items():
            if content.get(key) != value:
                raise InvalidInput(
                    f"the file {shown(str(self._path))} is of a watch with another {key}, "
                    f"{shown(content.get(key))}: give each watch a file of its own",
                )
        try:
            return tuple([_page(each) for each in _list(content["pages"])])
        except (KeyError, TypeError, ValueError):
            raise self._unusable() from None

    def save(self, pages: tuple[Page, ...]) -> None:
        """Replace what the file says."""
        content = json.dumps(self._about | {"pages": [_written(page) for page in pages]})
        part = self._path.with_name(f"{self._path.name}.part")
        try:
            with part.open("w", encoding="utf-8") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            part.replace(self._path)
        except OSError as error:
            why = type(error).__name__
            raise InvalidInput(
                f"the file {shown(str(self._path))} can't be written ({why}): it says where the "
                "watch was before",
            ) from None

    def _unusable(self) -> InvalidInput:
        return InvalidInput(
            f"the file {shown(str(self._path))} is no file of a watch: give another name",
        )


def _written(page: Page) -> dict[str, object]:
    block = page.block
    return {
        "number": block.number,
        "hash": block.hash,
        "timestamp": block.timestamp_unix_s,
        "holder": page.holder,
        "told": [list(each) for each in page.told],
    }


def _page(value: object) -> Page:
    if not _is_object(value):
        raise TypeError
    holder = value["holder"]
    number, timestamp = value["number"], value["timestamp"]
    if not isinstance(number, int) or not isinstance(timestamp, int):
        raise TypeError
    return Page(
        block=BlockRef(number=number, hash=str(value["hash"]), timestamp_unix_s=timestamp),
        holder=None if holder is None else Address(str(holder)),
        told=tuple([_told(each) for each in _list(value["told"])]),
    )


def _told(value: object) -> Told:
    says, entry = _list(value)
    if not isinstance(says, str) or not _is_object(entry):
        raise TypeError
    return Told(says, entry)


def _list(value: object) -> list[object]:
    if not _is_list(value):
        raise TypeError
    return value


def _is_list(value: object) -> TypeGuard[list[object]]:
    return isinstance(value, list)


def _is_object(value: object) -> TypeGuard[dict[str, object]]:
    return isinstance(value, dict)
