"""A wrong argument to any public method is used or refused in one line.

Each argument of each public method gets values of the wrong type, and of the right type but odd.
A method may accept them, but may only raise errors of the package.
"""

import asyncio
import datetime as dt
import inspect
import math
import os
from collections import deque
from enum import Enum
from types import FunctionType

import pytest
from hexbytes import HexBytes

import ocn_registry
import ocn_registry.vouching.background
from ocn_registry import (
    AsyncRegistryClient,
    EventCursor,
    InvalidInput,
    KeySigner,
    MemoryJournal,
    MemoryTransport,
    OcnRegistryError,
    PartyId,
    RegistryCache,
    RegistryClient,
    Role,
    SetNode,
    SetParty,
    WriteOptions,
    wanted_parties,
)
from ocn_registry.deploy.devnet import ACCOUNTS
from ocn_registry.foreign import arguments
from ocn_registry.foreign.text import shown
from ocn_registry.testing.chain import MemoryChain
from ocn_registry.transport.http_sync import HttpTransport
from ocn_registry.transport.memory import AsyncMemoryTransport

OPERATOR, SPENDER, CPO = (KeySigner.from_key(one.private_key) for one in ACCOUNTS[1:4])
KEY = "be367b774603c65850ee2cf479df809174f95cdb847483db2a6bcf1aad0fa5fd"
DOMAIN = "https://node.example.org"
LONG = "x" * (10 << 20)
MOST_CHARACTERS = 2000


class Unprintable:
    """A value that can't even be described."""

    def __str__(self):
        raise RuntimeError

    __repr__ = __str__


class Anything:
    """A class that accepts any arguments, and so is a callable too."""

    def __init__(self, *args, **kwargs):
        pass


def deep(levels):
    value = []
    for _ in range(levels):
        value = [value]
    return value


ODD = {
    "nothing": None,
    "bytes": b"\xff\x00",
    "a number beyond 256 bits": 10**5000,
    "a number below 0": -1,
    "a truth": True,
    "no number": math.nan,
    "no end": math.inf,
    "half a character": "\ud800",
    "no text": "",
    "a long text": LONG,
    "long bytes": LONG.encode(),
    "two lines": "a\nb",
    "a null": "a\0b",
    "an object": object(),
    "what can't be described": Unprintable(),
    "a class": Anything,
    "odd items": ["\ud800", b"", None, math.nan, object()],
    "a deep list": deep(5000),
    "a dictionary": {"a": None, 1: 2},
    "a date": dt.datetime(2026, 11, 28),  # noqa: DTZ001 - naive is the mistake
    "a key": KEY,
    "a key in bytes": bytes.fromhex(KEY),
    "a key as a number": int(KEY, 16),
    "a key in a list": [KEY],
}
TOLD = (KEY, KEY.upper(), repr(bytes.fromhex(KEY))[2:-1])
OPTIONS = WriteOptions(timeout_s=0.01)


def registry():
    """Return a client of a registry with a node and a party."""
    chain = MemoryChain()
    client = RegistryClient(chain.deployment, MemoryTransport(chain), options=OPTIONS)
    client.set_node(DOMAIN, signer=OPERATOR)
    client.set_party("DE", "ABC", [Role.CPO], OPERATOR.address, signer=CPO)
    return chain, client


CHAIN, CLIENT = registry()
SIGNED = CLIENT.sign(SetNode(domain=DOMAIN), OPERATOR)
REQUEST = CLIENT.prepare(SetNode(domain=DOMAIN), OPERATOR.address)
GOOD = {
    "account": OPERATOR.address,
    "address": OPERATOR.address,
    "address_or_country_code": OPERATOR.address,
    "acceptance": SIGNED,
    "at": OPERATOR.address,
    "chain": CHAIN,
    "claim": CLIENT.sign(
        SetParty(country_code="DE", party_id="ABC", roles=[Role.CPO], operator=OPERATOR.address),
        CPO,
    ),
    "client": CLIENT,
    "connected": [],
    "controller": SPENDER,
    "country_code": "DE",
    "data": {},
    "deployment": CHAIN.deployment,
    "dialect": CLIENT._dialect,
    "domain": DOMAIN,
    "intent": SetNode(domain=DOMAIN),
    "interface": "sender",
    "module": "cdrs",
    "name": "HOME",
    "new_nonce": 5,
    "new_signer": KeySigner.generate(),
    "now_unix_s": 5,
    "operator": OPERATOR.address,
    "options": None,
    "party_id": "ABC",
    "passphrase": lambda: "x",
    "path": "nothing-of-this-name",
    "payer": OPERATOR.address,
    "payload": REQUEST.payload,
    "perform": CLIENT.transport.perform,
    "permissions": [0],
    "provider": OPERATOR.address,
    "receiver": [],
    "registry": OPERATOR.address,
    "request": SIGNED,
    "roles": [Role.CPO],
    "rpc_urls": ["http://127.0.0.1:9"],
    "sender": [],
    "signature": bytes(65),
    "signatory": OPERATOR.address,
    "signer": OPERATOR,
    "spender": SPENDER,
    "start_block": 0,
    "text": SIGNED.to_json(),
    "transport": MemoryTransport(CHAIN),
    "tx_hash": "0x" + "12" * 32,
    "url": "http://127.0.0.1:9",
    "urls": ["http://127.0.0.1:9"],
    "user": CPO.address,
    "wanted": [],
}
FUNCTIONS = ["change_from_dict", "connect", "connect_async", "intent_from_dict", "wanted_parties"]
GROUPS = ("identity", "owner", "transactions", "ensure")
# These wait, run, or write files; the same table checks their arguments.
NOT_CALLED = {"close", "start", "stop", "follow", "subscribe", "new_identity", "to_keystore"}
# Outcomes and entries, which callers only receive; and separate programs.
NOT_MADE = {"Devnet"}


def public_classes():
    for name in dir(ocn_registry):
        value = getattr(ocn_registry, name)
        if inspect.isclass(value) and not issubclass(value, (Exception, Enum)):
            yield name, value


def targets():
    """Return everything public that can be called, by name."""
    found = {name: getattr(ocn_registry, name) for name in FUNCTIONS}
    cache = RegistryCache(CLIENT)
    cache.refresh()
    things = {
        "client": CLIENT,
        "async client": AsyncRegistryClient(
            CHAIN.deployment, AsyncMemoryTransport(CHAIN), options=OPTIONS
        ),
        "cache": cache,
        "snapshot": cache.snapshot(),
        "feed": CLIENT.events(),
        "request": REQUEST,
        "signed": SIGNED,
        "signer": OPERATOR,
    }
    things |= {f"client {group}": getattr(CLIENT, group) for group in GROUPS}
    for name, value in public_classes():
        if not getattr(value, "_is_protocol", False) and name not in NOT_MADE:
            found[name] = value
            for method, member in vars(value).items():
                if isinstance(member, classmethod) and method[0] != "_":
                    found[f"{name}.{method}"] = getattr(value, method)
            if hasattr(value, "from_dict"):
                found[f"{name}.from_dict"] = value.from_dict
                found[f"{name}.from_json"] = value.from_json
    for owner, thing in things.items():
        for name in dir(thing):
            if name[0] != "_" and callable(getattr(thing, name)):
                found[f"{owner}.{name}"] = getattr(thing, name)
    return {name: target for name, target in found.items() if name.split(".")[-1] not in NOT_CALLED}


TARGETS = targets()


def calls(target):
    """Return the arguments of each call, one of them odd."""
    try:
        parameters = list(inspect.signature(target).parameters.values())
    except ValueError:  # a class of the standard library
        return
    for chosen in parameters:
        for name, odd in ODD.items():
            args, kwargs = [], {}
            for one in parameters:
                value = odd if one is chosen else GOOD.get(one.name)
                if one.kind is one.VAR_POSITIONAL:
                    args += [value] if one is chosen else []
                elif one.kind is one.KEYWORD_ONLY:
                    if one is chosen or one.default is one.empty:
                        kwargs[one.name] = value
                elif one.kind is not one.VAR_KEYWORD and (
                    one is chosen or one.default is one.empty
                ):
                    kwargs[one.name] = value
            if args:
                lead = [one.name for one in parameters if one.name in kwargs]
                args = [
                    kwargs.pop(name)
                    for name in lead
                    if inspect.signature(target).parameters[name].kind
                    is not inspect.Parameter.KEYWORD_ONLY
                ] + args
            yield f"{chosen.name} is {name}", args, kwargs


async def awaited(answer):
    return await answer


def ask(target, args, kwargs):
    answer = target(*args, **kwargs)
    if inspect.isawaitable(answer):
        asyncio.run(awaited(answer))


@pytest.mark.parametrize("name", TARGETS)
def test_odd_argument_is_used_or_refused_in_one_line(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for what, args, kwargs in calls(TARGETS[name]):
        try:
            ask(TARGETS[name], args, kwargs)
        except OcnRegistryError as error:
            said = str(error), repr(error)
        except Exception as error:  # noqa: BLE001 - the fault that is looked for
            pytest.fail(f"{name}: {what}: {type(error).__name__} instead of an error of ours")
        else:
            continue
        assert said[0].isprintable(), what
        assert len(said[0]) <= MOST_CHARACTERS, (what, said[0][:200])
        assert not any(key in text for key in TOLD for text in said), what


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_whatever_is_shown_is_one_line_without_a_key(odd):
    for value in (odd, [odd], {"a": odd}, (odd, [odd])):
        told = shown(value)
        assert told.isprintable()
        assert len(told) <= MOST_CHARACTERS
        assert not any(key in told for key in (*TOLD, str(int(KEY, 16))))


def checked_functions():
    """Return all callables with checked arguments, with their annotations."""
    seen = {}
    groups = [(one, type(getattr(CLIENT, one))) for one in GROUPS]
    functions = [(name, TARGETS[name]) for name in FUNCTIONS]
    for name, value in [*public_classes(), *groups, *functions]:
        members = [value]
        for base in value.__mro__ if isinstance(value, type) else ():
            members += vars(base).values()
        for member in members:
            function = getattr(member, "__func__", member)
            if isinstance(function, FunctionType) and hasattr(function, "__wrapped__"):
                seen[f"{name}.{function.__name__}"] = function
    return seen


@pytest.mark.parametrize(("name", "function"), checked_functions().items())
def test_every_type_of_an_argument_is_known(name, function):
    """An annotation that is neither in the table nor a class would refuse everything."""
    classes = {
        one.__name__ for one in subclasses(object) if str(one.__module__).startswith("ocn_registry")
    }
    for argument, told in function.__annotations__.items():
        if argument == "return" or not isinstance(told, str):
            continue
        for kind in arguments._alternatives(told):
            known = arguments._KINDS.keys() | arguments._ALIASES.keys() | arguments._ELSEWHERE
            assert kind in known or kind[0] in "'\"" or kind in classes, (
                f"{name}: {argument}: {told}"
            )


def subclasses(kind):
    for one in type.__subclasses__(kind):
        yield one
        yield from subclasses(one)


def test_checks_know_a_signer_a_journal_and_a_cursor(tmp_path):
    """Valid arguments are accepted; otherwise all tests above would pass."""
    with pytest.raises(InvalidInput, match="can't be the journal"):
        WriteOptions(journal=object())
    assert WriteOptions(journal=MemoryJournal()).journal
    _, client = registry()
    feed = client.events(party=PartyId("DE", "ABC"))
    feed.read()
    assert isinstance(feed.cursor, EventCursor)
    assert client.events(cursor=feed.cursor).cursor == feed.cursor
    assert client.nodes(on_read=lambda *_: None, block=None)
    assert RegistryCache(client, file=tmp_path / "cache.sqlite", options=None)


def test_checks_take_a_path_a_list_and_a_key_of_any_class_that_is_one(tmp_path):
    """An annotation allows more than the standard library's own path and list types."""
    file = tmp_path / "key"
    file.write_text(KEY)
    file.chmod(0o600)
    (entry,) = os.scandir(tmp_path)
    signers = [KeySigner.from_file(entry), KeySigner.from_key(HexBytes(KEY))]
    assert [one.address for one in signers] == [KeySigner.from_key(KEY).address] * 2
    HttpTransport(deque(["http://127.0.0.1:9"])).close()
    connected = {PartyId("DE", "ABC"): "its connection"}
    operator = OPERATOR.address
    assert CLIENT.planned_parties(operator=operator, connected=[])
    assert not CLIENT.planned_parties(operator=operator, connected=connected)


@pytest.mark.parametrize("roles", [None, [], "CPO", ["CPO"], [99], Role.CPO])
def test_credentials_without_roles_need_members(roles):
    credentials = {"country_code": "DE", "party_id": "ABC"}
    with pytest.raises(InvalidInput):
        wanted_parties(credentials, OPERATOR.address, roles)
    (wanted,) = wanted_parties(credentials, OPERATOR.address, {Role.EMSP, Role.CPO, 1})
    assert wanted.roles == (Role.CPO, Role.EMSP)
