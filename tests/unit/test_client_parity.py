"""The two clients are one, written twice: the same methods, line by line, but for `await`."""

import ast
import difflib
import inspect
from pathlib import Path

import pytest

import ocn_registry
from ocn_registry import (
    AsyncHttpTransport,
    AsyncRegistryClient,
    HttpTransport,
    RegistryClient,
    connect,
    connect_async,
)
from ocn_registry.client import async_groups, async_identity, sync_groups, sync_identity
from ocn_registry.protocol.effects import run, run_async

FOLDER = Path(ocn_registry.__file__).parent / "client"
SYNC_NAMES = {
    "AsyncRegistryClient": "RegistryClient",
    "AsyncTransport": "Transport",
    "AnySigner": "Signer",
    "AsyncEventFeed": "EventFeed",
    "run_async": "run",
    "checked_async": "checked",
    "__aenter__": "__enter__",
    "__aexit__": "__exit__",
}


class Synchronous(ast.NodeTransformer):
    """Make of a program that awaits the one that waits."""

    def visit_AsyncFunctionDef(self, node):
        plain = ast.FunctionDef(**{name: getattr(node, name) for name in node._fields})
        plain.name = SYNC_NAMES.get(plain.name, plain.name)
        return self.generic_visit(ast.copy_location(plain, node))

    def visit_Await(self, node):
        return self.visit(node.value)

    def visit_Name(self, node):
        node.id = SYNC_NAMES.get(node.id, node.id)
        return node

    def visit_alias(self, node):
        node.name = SYNC_NAMES.get(node.name, node.name)
        return node

    def visit_ClassDef(self, node):
        node.name = SYNC_NAMES.get(node.name, node.name)
        return self.generic_visit(node)


def classes_of(module):
    """Return the classes, each docstring cut to the line that the asynchronous twin repeats."""
    tree = ast.parse((FOLDER / module).read_text())
    for kind in classes(tree):
        kind.decorator_list = [each for each in kind.decorator_list if not is_documented_by(each)]
        if ast.get_docstring(kind):
            del kind.body[0]
        for method in methods_of(kind):
            if said := ast.get_docstring(method):
                method.body[0].value.value = said.partition("\n\n")[0]
    return ast.Module(classes(tree), type_ignores=[])


def classes(tree):
    return [node for node in tree.body if isinstance(node, ast.ClassDef)]


def methods_of(kind):
    return [node for node in kind.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def is_documented_by(decorator):
    return ast.unparse(decorator).startswith("documented_by(")


@pytest.mark.parametrize("part", ["client", "groups", "identity"])
def test_clients_differ_by_await_alone(part):
    ours = ast.unparse(classes_of(f"sync_{part}.py")).splitlines()
    theirs = ast.unparse(Synchronous().visit(classes_of(f"async_{part}.py"))).splitlines()
    missing = "\n".join(difflib.unified_diff(theirs, ours, "async", "sync", n=2))
    assert not missing, f"async_{part}.py has to follow sync_{part}.py:\n{missing}"


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (RegistryClient, AsyncRegistryClient),
        (sync_groups.Owner, async_groups.Owner),
        (sync_groups.Transactions, async_groups.Transactions),
        (sync_groups.Ensure, async_groups.Ensure),
        (sync_identity.Identity, async_identity.Identity),
    ],
)
def test_help_describes_the_methods_of_both_clients(ours, theirs):
    for name, method in vars(ours).items():
        if inspect.isfunction(method) and not name.startswith("_"):
            assert getattr(theirs, name).__doc__ == method.__doc__, name


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (connect, connect_async),
        (HttpTransport.__init__, AsyncHttpTransport.__init__),
    ],
)
def test_doors_take_the_same_arguments(ours, theirs):
    ours_parameters, theirs_parameters = (
        inspect.signature(one).parameters.values() for one in (ours, theirs)
    )
    assert list(map(str, ours_parameters)) == list(map(str, theirs_parameters))
    assert ours.__doc__ == theirs.__doc__


def test_drivers_differ_by_await_alone():
    def body(function):
        tree = Synchronous().visit(ast.parse(inspect.getsource(function)))
        return ast.unparse(tree.body[0].body[1:])

    assert body(run_async) == body(run)


# What asks no chain can't fail by it.
OFFLINE = {"close", "events", "read_request", "read_signed_request"}


@pytest.mark.parametrize("part", ["client", "groups", "identity"])
def test_each_method_says_what_it_takes_returns_and_raises(part):
    tree = ast.parse((FOLDER / f"sync_{part}.py").read_text(encoding="utf-8"))
    methods = [
        node
        for kind in classes(tree)
        for node in methods_of(kind)
        if not node.name.startswith("_") and "property" not in map(ast.unparse, node.decorator_list)
    ]
    assert methods
    for node in methods:
        result = ast.get_docstring(node)
        names = [each.arg for each in (*node.args.args, *node.args.kwonlyargs)]
        names += [node.args.vararg.arg] if node.args.vararg else []
        for name in set(names) - {"self"}:
            assert f"    {name}: " in result, (node.name, name)
        assert ("Returns:" in result) == (ast.unparse(node.returns) != "None"), node.name
        assert "Raises:" in result or node.name in OFFLINE, node.name


@pytest.mark.parametrize(
    ("file", "name"), [("cache/questions.py", "Questions"), ("relay/client.py", "RelayClient")]
)
def test_each_method_of_caches_and_relays_says_what_it_takes_and_returns(file, name):
    tree = ast.parse((FOLDER.parent / file).read_text(encoding="utf-8"))
    (kind,) = [one for one in classes(tree) if one.name == name]
    for node in methods_of(kind):
        if node.name.startswith("_") or not (arguments := [*node.args.args, *node.args.kwonlyargs]):
            continue
        result = ast.get_docstring(node)
        for each in {one.arg for one in arguments} - {"self"}:
            assert f"    {each}: " in result, (node.name, each)
        if len(arguments) > 1 and ast.unparse(node.returns) != "Iterator[RelayEvent]":
            assert "Returns:" in result, node.name
