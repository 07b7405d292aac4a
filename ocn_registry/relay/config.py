"""The relay's configuration: one TOML file, checked completely before anything starts."""

from __future__ import annotations

import os
import re
from dataclasses import field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from ocn_registry.client.connect import connect
from ocn_registry.errors import InvalidInput
from ocn_registry.foreign.files import FileRefused, read_bytes
from ocn_registry.foreign.limits import NETWORK_FILE
from ocn_registry.foreign.strict_toml import parse_toml
from ocn_registry.foreign.text import shown
from ocn_registry.models import Address
from ocn_registry.networks import built_in, from_json
from ocn_registry.portable.values import dataclass
from ocn_registry.relay.policy import GAS_PER_DAY, Policy
from ocn_registry.signing import KeySigner
from ocn_registry.signing.key_files import private_text
from ocn_registry.vouching.background import VouchingOptions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ocn_registry.client.sync_client import RegistryClient
    from ocn_registry.networks import Deployment
    from ocn_registry.signing import Signer

TEMPLATE: Final = """\
# Configuration of ocn-relay. Every value shown with a # is the default.

# database = "sqlite:relay.sqlite"  # or postgresql://USER@HOST/NAME, for several workers
# history = "history.sqlite"        # what happened in the registry, read from the chain
# listen = "127.0.0.1:8600"         # put a reverse proxy with TLS in front of it
# requests_per_minute = 120         # from one address, in each process
# vouching = true                   # ask listed hosts whether they vouch; not on test chains

[network]
name = "local"                      # or file = "PATH" of a deployment file
# rpc_urls = []                     # RPC nodes in place of the network's own, the preferred first

[keys]
# A key is named, never written here: keystore:PATH, file:PATH, env:NAME, credential:NAME for
# systemd's LoadCredential, or command:PROGRAM for a program that signs and keeps the key.
# The passphrase of keystores is in passphrase_file, or in the credential "passphrase".
spender = "env:OCN_RELAY_SPENDER"   # pays for the transactions
receipts = "env:OCN_RELAY_RECEIPTS" # signs receipts of accepted requests; holds no money
# spender_address = "0x..."         # where only the API is served, without the spender's key
# passphrase_file = "PATH"

[spending]
# batch = 50                        # requests in one transaction, at most
# max_fee_per_gas_wei = 1000        # above it, nothing new is sent
# low_balance_wei = 1000000000000000 # below it, the relay reports that it is not ready

[policy]
# allow = []                        # accounts that are sponsored without a voucher or a key
# deny = []                         # accounts that never are
# contracts = []                    # contract wallets whose signatures count, controllers too
# vouchers = true                   # accept vouchers of operators that run a node
# leaving_per_day = 5               # deletions, revocations and cancellations of one account
# requests_per_day = 200            # of one sponsor
# gas_per_day = 50000000            # of one sponsor; a registration takes about 76,000
# new_ids_per_day = 20              # new ids of one sponsor
# new_ids_per_country = 100         # new ids of one country, over all sponsors
# waiting_per_account = 8           # requests of one account under way at a time
"""
_KEYS: Final = ("keystore", "file", "env", "credential", "command")
_REFERENCES: Final = "use keystore:PATH, file:PATH, env:NAME, credential:NAME or command:PROGRAM"
_MOST_BYTES: Final = 1 << 22  # a policy can list tens of thousands of accounts
_NUMBERS: Final = {
    "leaving_per_day": 5,
    "requests_per_day": 200,
    "gas_per_day": GAS_PER_DAY,
    "new_ids_per_day": 20,
    "new_ids_per_country": 100,
    "waiting_per_account": 8,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """A relay's configuration.

    Attributes:
        deployment: The registry.
        database: URL of the database.
        history: File for the registry's history; `None` to keep it only while the process runs.
        listen: Host and port of the API.
        spender: Reference to the spender's key.
        receipts: Reference to the key that signs receipts.
        spender_address: The spender's address, for processes without its key.
        passphrase_file: File with the passphrase of a keystore.
        batch: Maximum number of requests in a transaction.
        max_fee_per_gas_wei: The most that is paid per gas.
        low_balance_wei: The balance below which the relay is not ready.
        requests_per_minute: How many requests an IP address may submit per minute.
        policy: Decides which requests are paid.
    """

    deployment: Deployment
    database: str = "sqlite:relay.sqlite"
    history: Path | None = None
    listen: tuple[str, int] = ("127.0.0.1", 8600)
    spender: str = "env:OCN_RELAY_SPENDER"
    receipts: str = "env:OCN_RELAY_RECEIPTS"
    spender_address: Address | None = None
    passphrase_file: str | None = None
    batch: int = 50
    max_fee_per_gas_wei: int = 1000
    low_balance_wei: int = 10**15
    requests_per_minute: int = 120
    policy: Policy = field(default_factory=Policy)
    vouching: VouchingOptions | None = None

    def client(self) -> RegistryClient:
        """Return a client of the registry."""
        return connect(self.deployment)

    def signer(self, reference: str) -> Signer:
        """Return the signer for a key reference.

        Raises:
            InvalidInput: The reference is not valid, or its key can't be used.
        """
        kind, _, place = reference.partition(":")
        if kind == "keystore":
            return KeySigner.from_keystore(place, self._passphrase)
        if kind == "file":
            return KeySigner.from_file(place)
        if kind == "env":
            if place not in os.environ:
                raise InvalidInput(
                    f"the environment variable {shown(place)} is not set: set it to the private "
                    "key, or name the key in another way in the configuration",
                )
            return KeySigner.from_env(place)
        if kind == "credential":
            path = _credential(place)
            if path.suffix == ".json":
                return KeySigner.from_keystore(path, self._passphrase)
            return KeySigner.from_file(path)
        if kind == "command":
            from ocn_registry.signing.program import program_signer  # noqa: PLC0415 - few use it

            return program_signer(place)
        raise InvalidInput(f"a key reference is not valid: {_REFERENCES}")

    def _passphrase(self) -> str:
        path = self.passphrase_file
        if path is None and "CREDENTIALS_DIRECTORY" in os.environ:
            path = str(_credential("passphrase"))
        if path is None:
            raise InvalidInput("passphrase_file is missing: a keystore needs its passphrase")
        return private_text(path).partition("\n")[0].removesuffix("\r")


def _credential(name: str) -> Path:
    """Return the file of a credential provided by systemd."""
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    if folder is None:
        raise InvalidInput(
            "CREDENTIALS_DIRECTORY is not set: start the relay from a systemd unit with "
            "LoadCredential, or name the key in another way",
        )
    return Path(folder) / name


def read_config(path: Path) -> Config:
    """Read a configuration.

    Args:
        path: The TOML file. Relative paths in it are relative to its folder.

    Raises:
        InvalidInput: The file can't be read, or a value is not valid; the message names it.
    """
    try:
        raw = read_bytes(path, _MOST_BYTES, what="configuration")
    except FileRefused as error:
        raise InvalidInput(f"{error}; or make one with ocn-relay init") from None
    try:
        whole = parse_toml(raw.decode())
    except ValueError as error:  # not UTF-8, not TOML, or a number of thousands of digits
        raise InvalidInput(f"the configuration is not valid TOML: {shown(str(error))}") from None
    top = _Table("", whole)
    network, keys = top.table("network"), top.table("keys")
    spending, policy = top.table("spending"), top.table("policy")
    deployment = _deployment(network, path.parent)
    found = Config(
        deployment=deployment,
        vouching=VouchingOptions()
        if top.flag("vouching", default=not deployment.development)
        else None,
        database=_beside(top.text("database", "sqlite:relay.sqlite"), path.parent, "sqlite:"),
        history=path.parent / top.text("history", "history.sqlite"),
        listen=_listen(top.text("listen", "127.0.0.1:8600")),
        requests_per_minute=top.number("requests_per_minute", 120, 1, 1 << 20),
        spender=keys.key("spender", "env:OCN_RELAY_SPENDER", path.parent),
        receipts=keys.key("receipts", "env:OCN_RELAY_RECEIPTS", path.parent),
        spender_address=keys.address("spender_address"),
        passphrase_file=keys.path("passphrase_file", path.parent),
        batch=spending.number("batch", 50, 1, 200),
        max_fee_per_gas_wei=spending.number("max_fee_per_gas_wei", 1000, 1, 1 << 62),
        low_balance_wei=spending.number("low_balance_wei", 10**15, 0, 1 << 62),
        policy=Policy(
            allowed=policy.addresses("allow"),
            denied=policy.addresses("deny"),
            contracts=policy.addresses("contracts"),
            vouchers=policy.flag("vouchers", default=True),
            **{name: policy.number(name, usual, 0, 1 << 31) for name, usual in _NUMBERS.items()},
        ),
    )
    for table in (network, keys, spending, policy, top):
        table.done()
    return found


class _Table:
    """A table of the file. Each value is taken once, and checked."""

    def __init__(self, name: str, values: Mapping[str, object]) -> None:
        self._name, self._values = name, dict(values)

    def table(self, name: str) -> _Table:
        value = self._values.pop(name, {})
        if not isinstance(value, dict):
            raise InvalidInput(f"{name} is not a table: write [{name}]")
        return _Table(f"{name}.", cast("dict[str, object]", value))

    def text(self, name: str, usual: str) -> str:
        value = self._values.pop(name, usual)
        if not isinstance(value, str) or not value or not value.isprintable():
            raise self._wrong(name, value, "printable text in quotes")
        return value

    def number(self, name: str, usual: int, least: int, most: int) -> int:
        value = self._values.pop(name, usual)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise self._wrong(name, value, f"a number from {least} to {most}")
        return value

    def flag(self, name: str, *, default: bool) -> bool:
        value = self._values.pop(name, default)
        if not isinstance(value, bool):
            raise self._wrong(name, value, "true or false")
        return value

    def path(self, name: str, folder: Path) -> str | None:
        return str(folder / self.text(name, "")) if name in self._values else None

    def texts(self, name: str) -> tuple[str, ...]:
        value = self._values.pop(name, [])
        texts: list[str] = []
        for one in cast("list[object]", value) if isinstance(value, list) else [None]:
            if not isinstance(one, str):
                raise self._wrong(name, "another value", "a list of texts")
            texts.append(one)
        return tuple(texts)

    def address(self, name: str) -> Address | None:
        return self._address(name, self.text(name, "")) if name in self._values else None

    def addresses(self, name: str) -> frozenset[Address]:
        return frozenset(self._address(name, one) for one in self.texts(name))

    def key(self, name: str, usual: str, folder: Path) -> str:
        """Return a reference to a key. A text that is none is not shown: it may be a key."""
        reference = self.text(name, usual)
        kind, _, place = reference.partition(":")
        if kind not in _KEYS or not place:
            raise InvalidInput(f"{self._name}{name} is not a valid key reference: {_REFERENCES}")
        for kind in ("keystore:", "file:"):
            reference = _beside(reference, folder, kind)
        return reference

    def done(self) -> None:
        """Raise for keys that were not taken: they are probably mistyped."""
        if self._values:
            raise InvalidInput(
                f"{self._name}{shown(min(self._values))} is not a setting of the relay: compare "
                "with ocn-relay init",
            )

    def _address(self, name: str, text: str) -> Address:
        try:
            return Address(text)
        except InvalidInput as error:
            raise InvalidInput(f"{self._name}{name}: {error}") from None

    def _wrong(self, name: str, value: object, wanted: str) -> InvalidInput:
        return InvalidInput(f"{self._name}{name} is {shown(value)}: use {wanted}")


def _deployment(network: _Table, folder: Path) -> Deployment:
    file = network.path("file", folder)
    name = network.text("name", "local")
    if file is None:
        found = built_in(name)
    else:
        found = from_json(read_bytes(file, NETWORK_FILE.max_bytes, what="deployment file"))
    urls = network.texts("rpc_urls")
    return replace(found, rpc_urls=urls) if urls else found


def _listen(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if host and re.fullmatch("[0-9]{1,5}", port) and int(port) < 1 << 16:
        return host.strip("[]"), int(port)
    raise InvalidInput(f"listen is {shown(text)}: use HOST:PORT, for example 127.0.0.1:8600")


def _beside(text: str, folder: Path, kind: str) -> str:
    """Resolve a path relative to the file's folder."""
    return f"{kind}{folder / text.removeprefix(kind)}" if text.startswith(kind) else text
