"""How far long work is, on standard error: one line that is rewritten, and gone when work ends.

Only on a terminal, and only for what takes longer than a second. Whatever else is said meanwhile
has to wipe the line first.
"""

from __future__ import annotations

import os
import sys
import time
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from ocn_registry.cli.output.terminal import columns

if TYPE_CHECKING:
    from collections.abc import Generator
    from types import TracebackType
    from typing import Self

    from ocn_registry.flows.options import WriteOptions

_PATIENCE_S: Final = 1.0


class Progress:
    """Observes work that tells how much of it is done; its line ends with the `with` block."""

    def __init__(self, form: str) -> None:
        """Begin to count the time.

        Args:
            form: What is shown, with places for how much is done and of how much.
        """
        self._form = form
        self._begun_s = time.monotonic()
        self._width = 0
        self._visible = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"

    def __enter__(self) -> Self:
        """Give the observer itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Wipe the line."""
        self.wipe()

    def __call__(self, done: int, total: int) -> None:
        """Show how much is done."""
        if self._visible and time.monotonic() - self._begun_s > _PATIENCE_S:
            text = self._form.format(done, total)[: columns() - 1]  # or it could not be wiped
            self._write(f"\r{text.ljust(self._width)}")
            self._width = len(text)

    def wipe(self) -> None:
        """Leave an empty line, for whoever has something else to say."""
        if self._width:
            self._write(f"\r{' ' * self._width}\r")
            self._width = 0

    @staticmethod
    def _write(text: str) -> None:
        print(text, end="", file=sys.stderr, flush=True)  # noqa: T201 - the command line talks


@contextmanager
def shown_waiting(options: WriteOptions) -> Generator[WriteOptions, None, None]:
    """Give options of a write with which its waiting is shown."""
    with Progress("block {} of {}") as progress:

        def sent(tx_hash: str) -> None:
            progress.wipe()
            if options.on_sent is not None:
                options.on_sent(tx_hash)

        yield replace(options, on_sent=sent, on_wait=progress)
