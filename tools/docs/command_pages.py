"""The page of all commands, built from their help."""

from __future__ import annotations

import os

HEAD = """# Commands

What each command says with `--help`; the same is in its manual page (`man ocn-registry-set-party`).
Every command prints one JSON value with `--json`
([schema](../../ocn_registry/schemas/command-output.schema.json)).
"""


def command_reference() -> str:
    """Return the page, in Markdown."""
    from ocn_registry.cli.commands import commands  # noqa: PLC0415 - the package of this folder
    from ocn_registry.cli.parser import (  # noqa: PLC0415 - the same
        NAME,
        Parser,
        add_options,
        description,
        examples,
    )

    os.environ["COLUMNS"] = "100"
    parts = [HEAD]
    for command in commands():
        parser = Parser(
            prog=f"{NAME} {command.path}",
            description=description(command),
            epilog=examples(command),
        )
        add_options(parser, command)
        parts.append(f"\n## {command.path}\n\n```text\n{parser.format_help().rstrip()}\n```\n")
    return "".join(parts)
