"""Check at runtime that arguments have their annotated types, before any I/O.

Callers may not use a type checker, and values can come from files and forms. `checked` reads the
annotations of a class or function, so each rule is written once, as a type. Further checks of a
value are up to the function that uses it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import wraps
from inspect import iscoroutinefunction
from itertools import chain
from types import FunctionType
from typing import TYPE_CHECKING, Final, TypeVar, cast

from ocn_registry.errors import InvalidInput
from ocn_registry.foreign.text import shown

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

_MOST: Final = 1 << 256
_PLAIN: Final = {"None", "str", "bytes", "bool", "int", "float", "Path", "os.PathLike"}
# Checked by the function that uses it, where no frame holds it.
_SECRET: Final = "passphrase"  # noqa: S105 - the name of an argument
_QUOTES: Final = "'\""
_PATH_CHARACTERS: Final = 4096
_SECONDS: Final = 1e15
_HALF: Final = "[\ud800-\udfff]"  # an unpaired surrogate, which can't be encoded
_BYTES: Final = (bytes, bytearray, memoryview)


def _is_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return abs(value) < _SECONDS  # not a number is not below it either


def _is_text(value: object) -> bool:
    return isinstance(value, str) and (value.isascii() or re.search(_HALF, value) is None)


def _is_path(value: object) -> bool:
    text = value
    if isinstance(value, os.PathLike):
        text = os.fspath(cast("os.PathLike[str]", value))
    if not isinstance(text, str) or not 0 < len(text) < _PATH_CHARACTERS or "\0" in text:
        return False
    try:
        return bool(os.fsencode(text))
    except UnicodeError:
        return False


def _are_texts(values: object) -> bool:
    if isinstance(values, Mapping):
        named = cast("Mapping[object, object]", values)
        return all(map(_is_text, chain(named, named.values())))
    return all(map(_is_text, cast("Sequence[object]", values)))


def _is_sequence(value: object) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, (str, *_BYTES))


def _is_mapping(value: object) -> bool:
    return isinstance(value, Mapping)


def _is_list(value: object) -> bool:
    return isinstance(value, Iterable) and not isinstance(value, (str, *_BYTES))


def _instance_with(*names: str) -> Callable[[object], bool]:
    """Return the check for a protocol: an instance, not a class, with these attributes."""
    return lambda value: not isinstance(value, type) and all(hasattr(value, name) for name in names)


# The beginning of an annotation, what it accepts, and its name in messages. Any other name denotes
# a class.
_KINDS: Final[dict[str, tuple[Callable[[object], bool], str]]] = {
    "None": (lambda value: value is None, ""),
    "str": (_is_text, "text"),
    "bytes": (lambda value: isinstance(value, (bytes, bytearray)), "bytes"),
    "bool": (lambda value: isinstance(value, bool), "True or False"),
    "int": (lambda value: type(value) is not bool and _is_int(value), "a number"),
    "float": (_is_number, "a number"),
    "Path": (_is_path, "a path"),
    "os.PathLike": (_is_path, "a path"),
    "Iterable": (_is_list, "a tuple or a list"),
    "Sequence": (_is_sequence, "a tuple or a list"),
    "tuple": (lambda value: isinstance(value, (tuple, list)), "a tuple"),
    "Sequence[str]": (
        lambda value: _is_sequence(value) and _are_texts(value),
        "a tuple or a list",
    ),
    "Mapping[str, str]": (
        lambda value: _is_mapping(value) and _are_texts(value),
        "a dictionary of texts",
    ),
    "Mapping": (_is_mapping, "a dictionary"),
    "Callable": (callable, "a function"),
    "Get": (callable, "a function"),
    "OnBlocks": (callable, "a function"),
    "OnRead": (callable, "a function"),
    "Subscriber": (callable, "a function"),
    "Perform": (callable, "a function"),
    "AsyncPerform": (callable, "a function"),
    "Signer": (
        _instance_with("address", "sign", "sign_transaction"),
        "a Signer, such as KeySigner.from_file(PATH), not a key or an address",
    ),
    "Transport": (_instance_with("perform", "close"), "a Transport, such as HttpTransport(URLS)"),
    "Journal": (
        _instance_with("take", "write", "entries"),
        "a Journal, such as SqliteJournal(PATH)",
    ),
    "Answering": (_instance_with("answer"), "a chain, such as MemoryChain()"),
    "Dialect": (_instance_with("address_of", "limits"), "the dialect of a deployment"),
    "Web3": (_instance_with("provider"), "a Web3"),
    "Payload": (_instance_with("digest", "document"), "a request"),
}
# How to create instances of a class without using its constructor.
_SOURCES: Final = {
    "Quote": "what quote() returned",
    "SignedRequest": "a signed request: sign the request first, or read its JSON with "
    "read_signed_request",
    "EventCursor": "the cursor of a feed",
}
_CALLED: Final = {"block": "block number", "deadline_unix_s": "deadline", "new_nonce": "nonce"}
_OBSERVER: Final = "on_"  # how the names of functions begin that are told about progress
_ALIASES: Final = {
    "AnySigner": "Signer",
    "AsyncSigner": "Signer",
    "AsyncTransport": "Transport",
    "AsyncWeb3": "Web3",
    "SignerT": "Signer",
}
# Checked by the functions that use them: members or their numbers and names, steps and intents.
_ELSEWHERE: Final = {"Role", "Module", "Interface", "SignableIntent", "Step", "Effect", "object"}


def _is_int(value: object) -> bool:
    return isinstance(value, int) and abs(value) < _MOST


def listed(values: Iterable[T], what: str) -> tuple[T, ...]:
    """Return values as a tuple; raise `InvalidInput` for a single value."""
    if isinstance(values, (str, bytes)) or not isinstance(values, Iterable):  # pyright: ignore[reportUnnecessaryIsInstance] - callers without a checker
        raise InvalidInput(f"{shown(values)} is not a list of {what}: give a tuple or a list")
    return tuple(values)


def checked(target: T) -> T:
    """Decorate a function or class to check arguments by their annotations.

    Args:
        target: A function; or a class, for all its public methods and its constructor.
    """
    if isinstance(target, type):
        getattr(target, "__init__")  # noqa: B009 - a dataclass of ours makes it now
        for name, member in list(vars(target).items()):
            if not isinstance(member, FunctionType) or (name[0] == "_" and name != "__init__"):
                continue
            setattr(target, name, _guarded(member))
        return target
    assert isinstance(target, FunctionType)  # noqa: S101 - for type checkers
    return _guarded(target)  # type: ignore[return-value]


def _guarded(function: FunctionType) -> FunctionType:
    check = _Check(function)

    @wraps(function)
    async def guarded_async(*args: object, **kwargs: object) -> object:
        check(args, kwargs)
        return await function(*args, **kwargs)

    @wraps(function)
    def guarded(*args: object, **kwargs: object) -> object:
        check(args, kwargs)
        return function(*args, **kwargs)

    chosen = guarded_async if iscoroutinefunction(function) else guarded
    assert isinstance(chosen, FunctionType)  # noqa: S101 - for type checkers
    return chosen


class _Check:
    """The check of a function's arguments, built when the function is first called."""

    def __init__(self, function: FunctionType) -> None:
        self._function = function
        self._by_place = function.__code__.co_varnames[: function.__code__.co_argcount]
        self._rules: dict[str, Callable[[str, object], None]] | None = None

    def __call__(self, args: tuple[object, ...], kwargs: dict[str, object]) -> None:
        if self._rules is None:
            annotations = self._function.__annotations__
            found = {name: _rule(annotation) for name, annotation in annotations.items()}
            self._rules = {name: rule for name, rule in found.items() if rule and name != _SECRET}
        for name, value in chain(zip(self._by_place, args, strict=False), kwargs.items()):
            rule = self._rules.get(name)
            if rule is not None:
                rule(name, value)


def _rule(annotation: object) -> Callable[[str, object], None] | None:
    """Return the check for an annotation; `None` if the function itself checks the value."""
    if not isinstance(annotation, str):
        return None
    names = [_ALIASES.get(name, name) for name in _alternatives(annotation)]
    if _ELSEWHERE.intersection(names):
        return None
    texts = frozenset([name[1:-1] for name in names if name[0] in _QUOTES])
    kinds = [_KINDS[name] for name in names if name in _KINDS]
    classes = frozenset([name for name in names if name not in _KINDS and name[0] not in _QUOTES])
    wanted = [_SOURCES.get(name, f"{name}(...)") for name in sorted(classes)] + [
        what for _, what in kinds if what
    ]
    give = " or ".join([*wanted, *map(repr, sorted(texts))])
    is_plain = _PLAIN.issuperset(names)  # of others, maybe secrets, only types are shown
    is_list = not {"Iterable", "Sequence", "Sequence[str]"}.isdisjoint(names)
    is_optional = "None" in names

    def check(name: str, value: object) -> None:
        _refuse_async(name, value)
        for accepts, _ in kinds:
            if accepts(value):
                return
        if classes and not classes.isdisjoint([base.__name__ for base in type(value).__mro__]):
            return
        if isinstance(value, str) and value in texts:
            return
        what = _called(name)
        said = f"{give}, or leave it out" if is_optional else give
        if is_list:
            raise InvalidInput(f"{shown(value)} is not a list of {what}: give {said}")
        if is_plain and isinstance(value, (str, int, float, bytes, bytearray)):
            raise InvalidInput(f"{shown(value)} is not a valid {what}: give {said}")
        kind = type(value).__name__
        raise InvalidInput(f"a value of type {kind} can't be the {what}: give {said}")

    return check


def _called(name: str) -> str:
    return name if name.startswith(_OBSERVER) else _CALLED.get(name, name.replace("_", " "))


def _refuse_async(name: str, value: object) -> None:
    """Raise `InvalidInput` for an observer that has to be awaited: it would never run."""
    if name.startswith(_OBSERVER) and iscoroutinefunction(value):
        raise InvalidInput(f"{name} is an async function, and is not awaited: give a plain one")


def _alternatives(annotation: str) -> list[str]:
    """Return the leading names of a type, one for each part of a union."""
    parts, depth = [""], 0
    for character in annotation:
        depth += {"[": 1, "]": -1}.get(character, 0)
        if character == "|" and not depth:
            parts.append("")
        else:
            parts[-1] += character
    names: list[str] = []
    for part in map(str.strip, parts):
        name, _, rest = part.partition("[")
        if name == "Literal":
            names += [one.strip() for one in rest[:-1].split(",")]
        else:
            names.append(part if part in _KINDS else name)
    # A path can contain characters that only the file system can encode.
    return [name for name in names if name != "str" or not {"Path", "os.PathLike"} & {*names}]
