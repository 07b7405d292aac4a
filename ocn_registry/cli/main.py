"""The main function: parse a command line, run the command, report errors.

Every error of the package is reported in one line and has its own exit code. Any other exception is
a bug in this program; it is reported with a traceback if `OCN_DEBUG` is set.
"""

from __future__ import annotations

import errno
import os
import sys
from io import TextIOWrapper
from itertools import chain
from typing import TYPE_CHECKING

from ocn_registry.cli.output.secrets import hide_keys, hide_split, show_hashes
from ocn_registry.cli.parser import parse
from ocn_registry.foreign import variables
from ocn_registry.plans.exit_codes import INTERRUPTED, UNEXPECTED

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_MAY_HOLD_KEYS = (variables.PROFILE, *chain(*variables.VARIABLES.values()))
_LONGEST_KEY = 66  # including 0x: a longer value of `--signature` is a signature
_HASHES = ("tx_hash", "registry_tx", "permissions_tx", "id")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: The words after the program's name; by default those of this process.

    Returns:
        The exit code; `--help` lists them.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    words = sys.argv[1:] if argv is None else argv
    hide_keys([*words, *[os.environ.get(name, "") for name in _MAY_HOLD_KEYS]])
    hide_split(words)
    try:
        args = parse(words)
    except KeyboardInterrupt:
        return _interrupted()
    show_hashes([getattr(args, name, None) for name in _HASHES])
    signature: str | None = getattr(args, "signature", None)
    if signature is not None and len(signature) > _LONGEST_KEY:
        show_hashes([signature])
    run: Callable[..., int] = args.run
    try:
        output: str | None = getattr(args, "output_file", None)
        if output is None:
            code = run(args)
        else:
            from ocn_registry.cli.output.render import written_to  # noqa: PLC0415 - for --out

            with written_to(output):
                code = run(args)
        sys.stdout.flush()
    except (KeyboardInterrupt, EOFError):  # Ctrl-C, or Ctrl-D at a question
        return _interrupted(getattr(args, "in_doubt", None))
    except Exception as error:  # noqa: BLE001 - the last border: users get a sentence
        if _is_closed_pipe(error):
            _drop_output()
            return UNEXPECTED
        from ocn_registry.cli.errors import report  # noqa: PLC0415 - only when it is needed

        return report(error, args)
    return code


def _interrupted(in_doubt: str | None = None) -> int:
    """Report the interruption on a new line, since the current one shows `^C` or a question.

    Args:
        in_doubt: A transaction that may have been sent, with the options of its network.
    """
    if sys.stdout.isatty():
        _drop_output()
    begin = "\n" if sys.stderr.isatty() else ""
    words = "interrupted"
    if in_doubt is not None:
        words += (
            f": a transaction may have been sent; look for it: ocn-registry tx status {in_doubt}"
        )
    print(begin + words, file=sys.stderr)  # noqa: T201 - the command line talks
    return INTERRUPTED


def _is_closed_pipe(error: Exception) -> bool:
    """Return whether the reader of the output has closed the pipe: Windows has no EPIPE."""
    if isinstance(error, BrokenPipeError):
        return True
    is_pipe = isinstance(error, OSError) and error.errno == errno.EINVAL and error.filename is None
    return is_pipe and os.name != "posix"


def _drop_output() -> None:
    """Discard buffered output, which Python would write at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
