"""`explore`: serve a page to browse a registry, and to sign with a browser wallet."""

from __future__ import annotations

import sys
import threading
from functools import partial
from typing import TYPE_CHECKING

from ocn_registry.cli.commands import Command
from ocn_registry.plans.exit_codes import DONE

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from ocn_registry.networks import Deployment


def explore(args: Namespace) -> int:
    """Serve the page until somebody stops it, or write it into a folder."""
    from ocn_registry.cli.config.networks import chosen, connect
    from ocn_registry.cli.output.render import as_json, for_programs, put, talk
    from ocn_registry.cli.output.secrets import hide_urls
    from ocn_registry.cli.stop_signals import StopSignals
    from ocn_registry.explorer.files import PageFiles, public_rpc_urls
    from ocn_registry.explorer.serving import served
    from ocn_registry.registry_api.serving import Serving

    deployment = chosen(args)
    hide_urls(deployment.rpc_urls)
    relay = args.relay or next(iter(deployment.relays), None)
    if args.export is not None:
        return _export(args, deployment, relay)
    vouching = None
    if not deployment.development:  # whose hosts are made up
        from ocn_registry.vouching.background import VouchingOptions

        vouching = VouchingOptions()
    files = PageFiles(api="./", relay=relay or False, rpc_urls=public_rpc_urls(deployment))
    client = partial(connect, args)
    talk(f"reading the registry of {deployment.name} ...")
    with (
        # Reading the registry over a slow line takes long, so Ctrl-C has to interrupt it.
        Serving(deployment, client=client, folder=args.keep, vouching=vouching) as serving,
        StopSignals() as stop,
        served(serving.api, files, port=args.port) as url,
    ):
        put(as_json({"url": url}) if for_programs(args) else url)
        sys.stdout.flush()
        if not args.no_browser:
            _open(url)
        talk("Ctrl-C stops it")
        stop.wait()
    return DONE


def _export(args: Namespace, deployment: Deployment, relay: str | None) -> int:
    from ocn_registry.cli.output.render import as_json, for_programs, put, talk
    from ocn_registry.explorer.folder import write_folder

    write_folder(args.export, deployment, relay=relay)
    asked = [*deployment.rpc_urls, *([relay] if relay else [])]
    put(as_json({"folder": str(args.export)}) if for_programs(args) else str(args.export))
    talk(f"browsers that open this page ask {', '.join(asked)}: these hosts have to allow that")
    return DONE


def _open(url: str) -> None:
    import webbrowser

    threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()


def _options(parser: ArgumentParser) -> None:
    from pathlib import Path

    from ocn_registry.cli.commands.relay import relay_option

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
        help="store what was read in this folder, for a quick next start",
    )
    parser.add_argument(
        "--export",
        type=Path,
        metavar="FOLDER",
        help="write the page into this folder, for any web server; it then asks the RPC node and "
        "the relay by itself",
    )
    relay_option(parser)


COMMANDS = (
    Command(
        "explore",
        "open a page to browse the registry, and to sign with your browser's wallet",
        explore,
        (_options,),
        more="The page is served on this machine only. No key is ever asked for: your wallet "
        "signs.",
        examples=(
            "explore -n volta",
            "explore -n local --port 8080 --no-browser",
            "explore --network-file mine.json --relay https://relay.example.org --export page",
        ),
    ),
)
