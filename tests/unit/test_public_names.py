"""Public names are listed for type checkers and for the interpreter, and import quickly."""

import ast
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import ocn_registry
from ocn_registry import contract_errors

SOURCE = Path(ocn_registry.__file__)
SLOW = ("web3", "eth_account", "eth_utils", "eth_abi", "eth_keys", "aiohttp", "ape")


def names_for_checkers():
    (block,) = [
        node
        for node in ast.parse(SOURCE.read_text()).body
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    ]
    found = {}
    for node in block.body:
        for alias in node.names:
            assert alias.asname == alias.name
            found[alias.name] = node.module
    return found


@pytest.mark.parametrize(("name", "home"), names_for_checkers().items())
def test_each_name_is_where_type_checkers_look_for_it(name, home):
    module = __import__(home, fromlist=[name])
    assert getattr(ocn_registry, name) is getattr(module, name)


def test_type_checkers_and_interpreter_see_the_same_names():
    assert set(dir(ocn_registry)) - {"__version__"} == set(names_for_checkers())


def test_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="has no attribute 'Manager'"):
        _ = ocn_registry.Manager


def test_each_name_is_in_the_reference():
    pages = (SOURCE.parents[1] / "docs" / "reference").glob("*.md")
    result = re.findall(
        r"^::: ocn_registry[\w.]*\.(\w+)$", "".join(map(Path.read_text, pages)), re.MULTILINE
    )
    assert set(names_for_checkers()) <= {*result, "contract_errors"}
    assert len(set(result)) == len(result), "a name is listed once"


def modules_after(code):
    probe = f"{code}\nimport sys\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    return {name.split(".")[0] for name in done.stdout.split()}


def test_import_loads_no_other_module():
    assert not modules_after("import ocn_registry") & {*SLOW, "urllib3", "Crypto", "dataclasses"}


def test_a_client_that_reads_loads_no_slow_library():
    code = "from ocn_registry import connect; connect('local')"
    assert not modules_after(code) & set(SLOW)


def is_documented(thing):
    own = vars(thing).get("__doc__") if isinstance(thing, type) else getattr(thing, "__doc__", None)
    written_by_dataclass = isinstance(thing, type) and (own or "").startswith(f"{thing.__name__}(")
    return bool(own) and not written_by_dataclass


def documented():
    for name in names_for_checkers():
        thing = getattr(ocn_registry, name)
        if inspect.isclass(thing) or inspect.isfunction(thing) or inspect.ismodule(thing):
            yield name, thing
        if inspect.isclass(thing):
            members = vars(thing).items()
            yield from (
                (f"{name}.{member}", value)
                for member, value in members
                if not member.startswith("_")
                and (inspect.isfunction(value) or isinstance(value, (property, classmethod)))
            )
    for error in contract_errors.contract_errors():
        yield error.__name__, error


@pytest.mark.parametrize(("name", "thing"), documented())
def test_every_public_name_is_documented(name, thing):
    assert is_documented(thing), name
