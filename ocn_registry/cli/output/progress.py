"""A progress line on standard error, updated in place and wiped at the end.

It is shown only on a terminal, and only for work that takes longer than a second. Call `wipe`
before you print anything else.

Not `rich.progress`: it takes 36 ms to import, and the line is one `print`.
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
    from typing import Self

    from ocn_registry.flows.options import WriteOptions

_PATIENCE_S: Final = 1.0


class Progress:
    """A progress line, for a `with` block. Call it with the work done and the total."""

    def __init__(self, form: str) -> None:
        """Start the clock.

        Args:
            form: A format string with two placeholders: the work done and the total.
        """
        self._form = form
        self._begun_s = time.monotonic()
        self._width = 0
        self._visible = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"

    def __enter__(self) -> Self:
        """Return the progress line."""
        return self

    def __exit__(self, *_: object) -> None:
        """Wipe the line."""
        self.wipe()

    def __call__(self, done: int, total: int) -> None:
        """Update the line."""
        if self._visible and time.monotonic() - self._begun_s > _PATIENCE_S:
            text = self._form.format(done, total)[: columns() - 1]  # so that it can be wiped
            # The width comes first: if Ctrl-C arrives in between, the line must still be wiped.
            self._width = max(self._width, len(text))
            self._write(f"\r{text.ljust(self._width)}")

    def wipe(self) -> None:
        """Remove the line, so that something else can be printed."""
        if self._width:
            self._write(f"\r{' ' * self._width}\r")
            self._width = 0

    @staticmethod
    def _write(text: str) -> None:
        print(text, end="", file=sys.stderr, flush=True)  # noqa: T201 - the command line talks


@contextmanager
def shown_waiting(options: WriteOptions) -> Generator[WriteOptions, None, None]:
    """Return write options that show a progress line while waiting for blocks."""
    with Progress("block {} of {}") as progress:

        def sent(tx_hash: str) -> None:
            progress.wipe()
            if options.on_sent is not None:
                options.on_sent(tx_hash)

        yield replace(options, on_sent=sent, on_wait=progress)
