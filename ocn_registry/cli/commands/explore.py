"""A page to look at a registry, and to sign with a browser's wallet, served on this machine."""

from __future__ import annotations

import signal
import sys
import threading
from typing import TYPE_CHECKING

from ocn_registry.cli.commands import Command
from ocn_registry.plans.exit_codes import DONE

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from types import FrameType


def explore(args: Namespace) -> int:
    """Serve the page until somebody stops it."""
    from ocn_registry.cli.config.networks import chosen
    from ocn_registry.cli.output.render import as_json, for_programs, put, talk
    from ocn_registry.cli.output.secrets import hide_urls
    from ocn_registry.explorer.files import PageFiles, public_rpc_urls
    from ocn_registry.explorer.serving import served
    from ocn_registry.registry_api.serving import Serving

    deployment = chosen(args)
    hide_urls(deployment.rpc_urls)
    ended = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        ended.set()

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        talk(f"reading the registry of {deployment.name} ...")
        with Serving(deployment, folder=args.keep) as serving:
            files = PageFiles(api="./", relay=False, rpc_urls=public_rpc_urls(deployment))
            with served(serving.api, files, port=args.port) as url:
                put(as_json({"url": url}) if for_programs(args) else url)
                sys.stdout.flush()
                if not args.no_browser:
                    _open(url)
                talk("Ctrl-C stops it")
                ended.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return DONE


def _open(url: str) -> None:
    import webbrowser

    threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()


def _options(parser: ArgumentParser) -> None:
    from pathlib import Path

    parser.add_argument(
        "--port",
        type=int,
        default=0,
        help="port on this machine (default: a free one)",
    )
    parser.add_argument(
        "--no-browser",
        action="store_true",
        help="only print the page's URL",
    )
    parser.add_argument(
        "--keep",
        type=Path,
        metavar="FOLDER",
        help="keep what was read in this folder, so that the next start is quick",
    )


COMMANDS = (
    Command(
        "explore",
        "open a page to look at the registry, and to sign with your browser's wallet",
        explore,
        (_options,),
        more="The page is served on this machine only. No key is ever asked for: your wallet "
        "signs.",
        examples=("explore -n volta", "explore -n local --port 8080 --no-browser"),
    ),
)
