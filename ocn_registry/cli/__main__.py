"""The entry point of `ocn-registry` and `python -m ocn_registry.cli`."""

import gc
import os
import sys


def program() -> int:
    """Run one command as the whole process.

    Returns:
        The exit code; `--help` lists them.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:  # closed by the parent process
            setattr(sys, name, open(os.devnull, mode))  # noqa: PTH123, SIM115 - for as long as it runs
    # Imported objects live until the end. Garbage collection, during imports and at exit, would
    # take a fifth of a short command's time.
    gc.set_threshold(100_000)
    try:
        from ocn_registry.cli.main import main  # noqa: PLC0415 - Ctrl-C may come while it is read

        return main()
    except KeyboardInterrupt:  # before or after `main`, which handles it itself
        print("interrupted", file=sys.stderr)  # noqa: T201 - the command line talks
        return 130
    finally:
        gc.freeze()
        # If Ctrl-C comes within code that is made from text, as the methods of dataclasses are,
        # Python notes that it is to end by the signal, although it was handled. This clears it.
        exec("")  # noqa: S102 - runs nothing


if __name__ == "__main__":
    sys.exit(program())
