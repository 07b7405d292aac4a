"""The entry point of `ocn-registry` and `python -m ocn_registry.cli`."""

import gc
import os
import sys


def program() -> int:
    """Run one command as all that this process does.

    Returns:
        The exit code; `--help` lists them.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:  # whoever started it has closed them
            setattr(sys, name, open(os.devnull, mode))  # noqa: PTH123, SIM115 - for as long as it runs
    # What is imported stays. To look through it for garbage, while it comes and once more at the
    # end, would take a fifth of a short command's time.
    gc.set_threshold(100_000)
    try:
        from ocn_registry.cli.main import main  # noqa: PLC0415 - Ctrl-C may come while it is read

        return main()
    except KeyboardInterrupt:  # before, or after, `main` itself looks for it
        print("interrupted", file=sys.stderr)  # noqa: T201 - the command line talks
        return 130
    finally:
        gc.freeze()


if __name__ == "__main__":
    sys.exit(program())
