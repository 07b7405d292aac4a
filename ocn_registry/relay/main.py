"""The command `ocn-relay`: create a configuration, serve, and manage a running relay."""

from __future__ import annotations

import json
import logging
import secrets
import signal
import sys
import threading
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ocn_registry.errors import InvalidInput, OcnRegistryError
from ocn_registry.foreign.text import shown
from ocn_registry.relay.config import TEMPLATE, read_config
from ocn_registry.relay.intake import digest_of_key
from ocn_registry.relay.parser import parser, safe

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager
    from socket import socket

    from ocn_registry.relay.config import Config
    from ocn_registry.relay.parser import Command
    from ocn_registry.relay.sessions import Database

DONE, FAILED, USAGE = 0, 1, 2
_LOG = logging.getLogger("ocn_registry.relay")


def main(words: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        words: The command line; `None` for this process's own.

    Returns:
        The exit code: 0 on success, 1 if not ready, 2 for an invalid command line or configuration.
    """
    args = parser(COMMANDS).parse_args(words)
    command: Callable[[argparse.Namespace], int] = args.command
    try:
        return command(args)
    except ModuleNotFoundError as error:
        _say(f"ocn-relay: {error.name} is not installed: pip install 'ocn-registry[relay]'")
        return USAGE
    except OcnRegistryError as error:
        _say(f"ocn-relay: {error}")
        return USAGE if isinstance(error, InvalidInput) else FAILED
    except KeyboardInterrupt:
        return 130


def _init(args: argparse.Namespace) -> int:
    path = Path(args.config)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(TEMPLATE)
    except FileExistsError:
        raise InvalidInput(f"{path} exists already and is not overwritten") from None
    except OSError as error:
        raise InvalidInput(f"{path} can't be written: {error.strerror}") from None
    _say(f"wrote {path}: fill in the network and the keys, then ocn-relay run")
    return DONE


def _run(args: argparse.Namespace) -> int:
    import uvicorn  # noqa: PLC0415 - only where the API is served

    from ocn_registry.relay.api import application  # noqa: PLC0415 - the same
    from ocn_registry.relay.sender import RequestSender  # noqa: PLC0415 - the same
    from ocn_registry.relay.service import RelayService  # noqa: PLC0415 - the same

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    config = _config(args)
    if args.role != "all" and config.database.startswith("sqlite:"):
        raise InvalidInput("separate roles need PostgreSQL: set database to postgresql://...")
    serves, sends = args.role in {"all", "api"}, args.role in {"all", "send"}
    service = RelayService(config, serves=serves)
    sender = RequestSender(service, sends=sends, follows=args.role in {"all", "follow"})
    worker = threading.Thread(target=sender.run, name="ocn-relay-send")
    try:
        service.check_keys(serves=serves, sends=sends)
        if not serves:
            _on_signals(sender.stop)
            sender.run()
            return DONE
        service.start()
        host, port = config.listen

        class Server(uvicorn.Server):
            async def startup(self, sockets: list[socket] | None = None) -> None:  # type: ignore[explicit-override]  # typing.override needs Python 3.12
                """Begin to listen, and say where."""
                await super().startup(sockets)
                if self.started:
                    shown_host = f"[{host}]" if ":" in host else host
                    _LOG.info("serving at http://%s:%d", shown_host, port)

        server = Server(
            uvicorn.Config(
                application(service),
                host=host,
                port=port,
                log_level="warning",
                access_log=False,
                timeout_keep_alive=30,
                timeout_graceful_shutdown=10,
                h11_max_incomplete_event_size=1 << 15,
                limit_concurrency=1_000,
            )
        )
        service.is_ending = lambda: server.should_exit
        # The server handles signals itself while it runs, and then raises them again.
        _on_signals(lambda: server.handle_exit(signal.SIGTERM, None))
        if sends:
            worker.start()
        server.run()
    finally:
        sender.stop()
        if worker.is_alive():
            worker.join()
        service.close()
    return DONE


def _on_signals(stop: Callable[[], None]) -> None:
    """Make SIGTERM and SIGINT call a function in place of ending the process."""

    def handle(number: int, frame: object) -> None:  # noqa: ARG001 - as `signal` calls it
        stop()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, handle)


def _status(args: argparse.Namespace) -> int:
    from ocn_registry.relay.service import RelayService  # noqa: PLC0415 - loads what serving needs

    service = RelayService(_config(args), serves=False)
    try:
        try:
            _ = service.spender_address
        except InvalidInput as error:  # the key may be a credential that only systemd hands out
            raise InvalidInput(f"{error}; to see the status, spender_address is enough") from None
        service.cache.refresh()
        health = service.health()
    finally:
        service.close()
    _put(health.document())
    return DONE if health.ready else FAILED


def _switch(args: argparse.Namespace, *, paused: bool) -> int:
    from ocn_registry.relay import store  # noqa: PLC0415 - beside its use

    with _database(args) as database, database.transaction() as transaction:
        store.pause(transaction, paused=paused)
    _say("paused" if paused else "resumed")
    return DONE


def _keys_list(args: argparse.Namespace) -> int:
    with _database(args) as database, database.reading() as transaction:
        rows = transaction.run(
            "SELECT name, requests_per_day, gas_per_day, revoked FROM api_key ORDER BY name"
        )
    _put(
        [
            {"name": name, "requestsPerDay": most, "gasPerDay": gas, "revoked": bool(off)}
            for name, most, gas, off in rows
        ]
    )
    return DONE


def _keys_add(args: argparse.Namespace) -> int:
    from ocn_registry.relay.sessions import NotUnique  # noqa: PLC0415 - beside its use

    key = secrets.token_urlsafe(32)
    try:
        with _database(args) as database, database.transaction() as transaction:
            transaction.run(
                "INSERT INTO api_key (name, digest, requests_per_day, gas_per_day, revoked) "
                "VALUES (?, ?, ?, ?, 0)",
                args.name,
                digest_of_key(key),
                args.requests_per_day,
                args.gas_per_day,
            )
    except NotUnique:
        raise InvalidInput("a key of this name exists already: choose another name") from None
    _put({"name": args.name, "key": key})
    _say("the key is shown only now: hand it to its holder")
    return DONE


def _keys_revoke(args: argparse.Namespace) -> int:
    with _database(args) as database, database.transaction() as transaction:
        changed = transaction.run(
            "UPDATE api_key SET revoked = 1 WHERE name = ? AND revoked = 0 RETURNING name",
            args.name,
        )
    if not changed:
        raise InvalidInput("no valid key has this name: see ocn-relay keys")
    _say("revoked")
    return DONE


def _requests_list(args: argparse.Namespace) -> int:
    from ocn_registry.relay import store, views  # noqa: PLC0415 - beside its use

    if args.state not in store.STATES:
        raise InvalidInput(
            f"{shown(args.state)} is not a state of requests: use one of {', '.join(store.STATES)}",
        )
    with _database(args) as database, database.reading() as transaction:
        found = store.in_state(transaction, args.state, 1_000)
    _put([views.of_request(one) for one in found])
    return DONE


def _requests_show(args: argparse.Namespace) -> int:
    from ocn_registry.relay import store, views  # noqa: PLC0415 - beside its use

    with _database(args) as database, database.reading() as transaction:
        found = store.find(transaction, args.id.lower())
    if found is None:
        raise InvalidInput("no request with this id was accepted here: check the id")
    _put(views.of_request(found))
    return DONE


def _database(args: argparse.Namespace) -> AbstractContextManager[Database]:
    from ocn_registry.relay.database import open_database  # noqa: PLC0415 - beside its use

    return closing(open_database(_config(args).database))


def _config(args: argparse.Namespace) -> Config:
    config = read_config(Path(args.config))
    return config if args.database is None else replace(config, database=args.database)


def _say(text: str) -> None:
    sys.stderr.write(f"{safe(text)}\n")


def _put(value: object) -> None:
    sys.stdout.write(f"{json.dumps(value, indent=2)}\n")


COMMANDS: Final[Mapping[str, Command]] = {
    "init": _init,
    "run": _run,
    "status": _status,
    "pause": partial(_switch, paused=True),
    "resume": partial(_switch, paused=False),
    "keys": _keys_list,
    "keys add": _keys_add,
    "keys revoke": _keys_revoke,
    "requests": _requests_list,
    "requests show": _requests_show,
}

if __name__ == "__main__":
    sys.exit(main())
