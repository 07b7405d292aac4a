"""`ocn-registry`, and `python -m ocn_registry.cli`: one command, and then the process ends."""

import gc
import sys

from ocn_registry.cli.main import main


def program() -> int:
    """Run one command as all that this process does.

    Returns:
        The exit code; `--help` lists them.
    """
    # What is imported stays. To look through it for garbage, while it comes and once more at the
    # end, would take a fifth of a short command's time.
    gc.set_threshold(100_000)
    try:
        return main()
    finally:
        gc.freeze()


if __name__ == "__main__":
    sys.exit(program())
