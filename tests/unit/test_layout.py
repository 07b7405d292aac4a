"""Imports point one way, and modules stay small, as the tables here define."""

import ast
import json
import re
import subprocess
import sys
import textwrap
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[2] / "ocn_registry"

# The public vocabulary. Nothing else is at the top of the package.
VOCABULARY = {"models", "intents", "outcomes", "errors", "contract_errors"}

# What each part may import of this package. A part is a folder right below `ocn_registry/`, or a
# module of the vocabulary. What is not listed may import everything.
BELOW = {
    "foreign": {"errors"},
    "portable": {"foreign", "errors", "contract_errors"},
    "errors": {"foreign"},
    "contract_errors": {"foreign", "errors"},
    "models": {"foreign", "evm", "errors", "portable"},
    "evm": {"foreign", "errors", "portable"},
    "protocol": {"portable", "foreign", "evm", "errors", "models", "intents", "outcomes"},
    "intents": {"portable", "foreign", "errors", "models"},
    "outcomes": {"portable", "foreign", "errors", "models", "intents"},
    "networks": {"portable", "foreign", "errors", "models"},
    "forwarding": {"foreign", "errors", "models"},
    "vouching": {"portable", "foreign", "errors", "models", "networks", "transport"},
    "signing": {"portable", "foreign", "evm", "errors", "models", "protocol", "intents"},
    "transport": {"foreign", "evm", "errors", "models", "protocol"},
    "notary": {"foreign", "evm", "errors", "models", "signing"},
}
BELOW = {part: below | {"portable"} for part, below in BELOW.items()}
BELOW["dialects"] = BELOW["signing"] | {"contract_errors", "outcomes", "signing", "networks"}
BELOW["flows"] = BELOW["dialects"] | {"dialects", "forwarding"}
BELOW["events"] = BELOW["flows"] | {"flows"}
BELOW["client"] = BELOW["events"] | {"events", "transport", "vouching"}
BELOW["cache"] = BELOW["client"] | {"client"}
BELOW["migration"] = BELOW["client"] | {"client"}
BELOW["deploy"] = BELOW["client"] | {"client"}
BELOW["plans"] = BELOW["deploy"] | {"deploy", "migration"}
BELOW["health"] = BELOW["plans"] | {"plans"}
BELOW["registry_api"] = BELOW["plans"] | {"plans", "cache"}
BELOW["explorer"] = BELOW["registry_api"] | {"registry_api"}
BELOW["relay"] = BELOW["explorer"] | {"explorer"}
BELOW["cli"] = BELOW["health"] | {"health", "relay", "registry_api", "explorer", "cache"}

# Which parts may import which third-party library.
LIBRARIES = {
    "web3": {"transport"},
    "eth_account": set(),
    "eth_keys": set(),
    "coincurve": {"evm", "signing", "notary"},
    "eth_abi": set(),
    "eth_utils": set(),
    "ape": set(),
    "rich": {"cli"},
    "argparse": {"cli", "relay"},
    "shtab": {"cli"},
    "getpass": {"cli"},
    "shutil": {"cli", "deploy"},
    "urllib3": set(),
    "aiohttp": {"transport"},
    "Crypto": {"evm", "signing"},
    "brotli": {"notary"},
    "sqlite3": {"cache", "protocol", "registry_api", "relay"},
    "starlette": {"relay"},
    "uvicorn": {"relay"},
    "prometheus_client": {"relay"},
    "psycopg": {"relay"},
    "typing_extensions": set(),
}
# Which parts may know the generations of the contracts by name.
GENERATIONS = {"dialects", "networks", "deploy", "testing"}
LINES_ALARM = 400
# Long lists of short entries, mostly documentation.
LISTS = {
    *("contract_errors.py", "models.py", "outcomes.py", "sync_groups.py"),
}
SLOW = {"web3", "eth_account", "eth_keys", "eth_utils", "coincurve", "ape"}

MODULES = sorted(PACKAGE.rglob("*.py"))


def part_of(module):
    return module.relative_to(PACKAGE).parts[0].removesuffix(".py")


@cache
def tree_of(module):
    return ast.parse(module.read_text())


def imported(module, *, at_module_level=False):
    tree = tree_of(module)
    nodes = tree.body if at_module_level else ast.walk(tree)
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports name the whole path"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def wrong(found):
    """Return the modules with findings, and the findings."""
    return {str(module.relative_to(PACKAGE)): things for module, things in found if things}


def test_only_the_vocabulary_is_at_the_top():
    top = {module.stem for module in PACKAGE.glob("*.py")}
    assert top == VOCABULARY - {"intents"} | {"__init__"}  # intents are a folder


def test_no_module_imports_itself_through_others():
    """Imports for type checkers count too. The package's root, which loads lazily, does not."""
    names = {
        ".".join(module.relative_to(PACKAGE.parent).with_suffix("").parts): module
        for module in MODULES
        if module != PACKAGE / "__init__.py"
    }
    names = {name.removesuffix(".__init__"): module for name, module in names.items()}

    def imports_of(name):
        whole = set(imported(names[name]))
        found = (whole | {each.rpartition(".")[0] for each in whole}) & names.keys()
        return {each for each in found if each != name and not name.startswith(f"{each}.")}

    graph = {name: imports_of(name) for name in names}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        raise AssertionError(" -> ".join(reversed(error.args[1]))) from None


def test_json_rpc_methods_are_named_only_by_transports():
    """Exceptions: `deploy` controls Anvil, and `signing` talks to signing programs."""
    elsewhere = [each for each in MODULES if part_of(each) not in {"transport", "testing"}]
    method = re.compile(r"(eth|net|web3|debug|trace|txpool|evm|anvil)_[a-z]+([A-Z]\w*)?")
    known = {"anvil.py", "devnet.py", "program.py"}

    def named(module):
        tree = tree_of(module)
        texts = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
        return {text for text in texts if isinstance(text, str) and method.fullmatch(text)}

    elsewhere = [module for module in elsewhere if module.name not in known]
    assert not wrong((module, named(module)) for module in elsewhere)


def test_a_blocking_caller_loads_no_event_loop():
    code = """
        import sys
        from ocn_registry import TransportError, connect
        with connect("local", rpc_urls=["http://127.0.0.1:1"]) as client:
            try:
                client.nodes()
            except TransportError:
                print(*{"asyncio", "aiohttp"} & sys.modules.keys())
    """
    ran = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=True
    )
    assert ran.stdout == "\n"


def test_imports_point_one_way():
    def too_high(module):
        part = part_of(module)
        own = {
            name.split(".")[1]
            for name in imported(module)
            if name.startswith("ocn_registry.") and name != "ocn_registry.__version__"
        }
        return own - {part} - BELOW[part]

    assert not wrong((each, too_high(each)) for each in MODULES if part_of(each) in BELOW)


def test_the_architecture_page_shows_each_folder_on_its_floor():
    page = (PACKAGE.parent / "docs" / "architecture.md").read_text(encoding="utf-8")
    floor, floors = 0, {}
    row = re.compile(r"^\| (?:(\w+) )?\| ((?:`\w+/?`(?:, )?)+) \|", re.MULTILINE)
    for name, folders in row.findall(page):
        floor += bool(name)
        floors |= dict.fromkeys(re.findall(r"\w+", folders), floor)

    def from_above(module):
        own = {name.split(".")[1] for name in imported(module) if name.startswith("ocn_registry.")}
        return {part for part in own & set(floors) if floors[part] < floors[part_of(module)]}

    assert set(floors) == {part_of(module) for module in MODULES} - {"__init__", "testing"}
    assert not wrong((each, from_above(each)) for each in MODULES if part_of(each) in floors)


def test_libraries_stay_where_they_belong():
    def misplaced(module):
        roots = {name.split(".")[0] for name in imported(module)}
        return {root for root in roots & set(LIBRARIES) if part_of(module) not in LIBRARIES[root]}

    assert not wrong((module, misplaced(module)) for module in MODULES)


def test_slow_libraries_are_imported_where_they_are_used():
    def slow(module):
        return SLOW & {name.split(".")[0] for name in imported(module, at_module_level=True)}

    assert not wrong((module, slow(module)) for module in MODULES)


def test_generations_are_known_only_to_dialects():
    def named(module):
        return {"v1", "v3"} & {
            node.value
            for node in ast.walk(tree_of(module))
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }

    elsewhere = [module for module in MODULES if part_of(module) not in GENERATIONS]
    assert not wrong((module, named(module)) for module in elsewhere)


def test_functions_and_events_of_the_contracts_are_named_only_by_dialects():
    """A name with types makes a selector or a topic, which only dialects do."""
    abis = (PACKAGE / "deploy" / "artifacts").glob("v*/*.json")
    entries = [entry for path in abis for entry in json.loads(path.read_text())["abi"]]
    known = {entry["name"] for entry in entries if entry["type"] in {"function", "event"}}

    def named(module):
        tree = tree_of(module)
        texts = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
        signatures = [re.fullmatch(r"(\w+)\([\w,\[\]()]*\)", str(text)) for text in texts]
        return {found[0] for found in signatures if found and found[1] in known}

    elsewhere = [module for module in MODULES if part_of(module) not in GENERATIONS]
    assert known
    assert not wrong((module, named(module)) for module in elsewhere)


def test_no_two_public_classes_share_a_name():
    """Exceptions: blocking and asynchronous, two generations, contract and model."""
    homes = {}
    for module in MODULES:
        place = module.relative_to(PACKAGE).as_posix()
        place = re.sub(r"^dialects/v\d+/|/(a?sync)_", "/", place)
        for node in tree_of(module).body:
            if isinstance(node, ast.ClassDef) and not place.startswith("testing/model/"):
                homes.setdefault(node.name, []).append(place)
    names = {name: places for name, places in homes.items() if not name.startswith("_")}
    assert {name: places for name, places in names.items() if len(set(places)) > 1} == {}


def test_any_is_in_one_place():
    def any_in(module):
        return {"typing.Any"} & set(imported(module))

    core = [each for each in MODULES if part_of(each) in BELOW and each.name != "effects.py"]
    assert not wrong((module, any_in(module)) for module in core)


def test_modules_stay_small():
    def lines(module):
        count = len(module.read_text().splitlines())
        return count if count > LINES_ALARM else 0

    assert not wrong((module, lines(module)) for module in MODULES if module.name not in LISTS)
