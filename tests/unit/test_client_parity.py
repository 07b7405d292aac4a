"""The two clients are one: the asynchronous one borrows the methods of the other."""

import ast
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
TWINS = [
    (RegistryClient, AsyncRegistryClient),
    (sync_groups.Owner, async_groups.Owner),
    (sync_groups.Transactions, async_groups.Transactions),
    (sync_groups.Ensure, async_groups.Ensure),
    (sync_identity.Identity, async_identity.Identity),
]
PARTS = ["reads", "lookups", "signed_requests", "writes", "sync_client", "sync_groups"]
PARTS += ["sync_identity", "base"]
# What asks no chain: nothing to await, and it can't fail by the chain.
OFFLINE = {"events", "read_request", "read_signed_request"}


class Synchronous(ast.NodeTransformer):
    """Make of a program that awaits the one that waits."""

    def visit_AsyncFunctionDef(self, node):
        plain = ast.FunctionDef(**{name: getattr(node, name) for name in node._fields})
        return self.generic_visit(ast.copy_location(plain, node))

    def visit_Await(self, node):
        return self.visit(node.value)


def classes(tree):
    return [node for node in tree.body if isinstance(node, ast.ClassDef)]


def methods_of(kind):
    return [node for node in kind.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def public_methods(kind):
    found = inspect.getmembers(kind, inspect.isfunction)
    return {name: method for name, method in found if not name.startswith("_")}


@pytest.mark.parametrize(("ours", "theirs"), TWINS)
def test_both_clients_have_the_same_methods_and_help(ours, theirs):
    waiting, awaited = public_methods(ours), public_methods(theirs)
    assert waiting.keys() == awaited.keys()
    for name, method in waiting.items():
        expected = [str(one) for one in inspect.signature(method).parameters.values()]
        got = [str(one) for one in inspect.signature(awaited[name]).parameters.values()]
        assert got == expected, name
        assert awaited[name].__doc__ == method.__doc__, name
        assert inspect.iscoroutinefunction(awaited[name]) == (name not in OFFLINE), name


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (connect, connect_async),
        (HttpTransport.__init__, AsyncHttpTransport.__init__),
    ],
)
def test_connect_functions_have_the_same_arguments(ours, theirs):
    ours_parameters, theirs_parameters = (
        inspect.signature(one).parameters.values() for one in (ours, theirs)
    )
    assert list(map(str, ours_parameters)) == list(map(str, theirs_parameters))
    assert ours.__doc__ == theirs.__doc__


def test_drivers_differ_only_by_await():
    def body(function):
        tree = Synchronous().visit(ast.parse(inspect.getsource(function)))
        return ast.unparse(tree.body[0].body[1:])

    assert body(run_async) == body(run)


@pytest.mark.parametrize("part", PARTS)
def test_each_method_documents_arguments_result_and_errors(part):
    tree = ast.parse((FOLDER / f"{part}.py").read_text(encoding="utf-8"))
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
        assert "Raises:" in result or node.name in {*OFFLINE, "close"}, node.name


@pytest.mark.parametrize(
    ("file", "name"), [("cache/questions.py", "Questions"), ("relay/client.py", "RelayClient")]
)
def test_each_method_of_caches_and_relays_documents_arguments_and_result(file, name):
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
