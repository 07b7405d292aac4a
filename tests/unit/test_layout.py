"""Imports point one way, and modules stay small: the table here refuses the rest."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "ocn_registry"

# What each part may import of this package. A part is a module or a folder right below
# `ocn_registry/`; what is not listed may import everything.
BELOW = {
    "text": set(),
    "keccak": set(),
    "rlp": set(),
    "strict_json": set(),
    "errors": {"text"},
    "contract_errors": {"text", "errors"},
    "models": {"text", "keccak", "errors"},
    "effects": {"keccak", "errors", "models"},
    "intents": {"text", "errors", "models"},
    "outcomes": {"errors", "models", "intents"},
    "deployments": {"text", "errors", "models"},
    "abi": {"text", "errors", "models"},
    "signing": {"text", "strict_json", "keccak", "errors", "models", "effects", "intents"},
    "turns": {"errors", "models", "effects", "intents", "outcomes"},
    "transport": {"text", "strict_json", "keccak", "rlp", "errors", "models", "effects", "turns"},
    "forwarding": {"text", "errors", "models"},
    "replay": {"errors", "models", "outcomes"},
    "notary": {"text", "strict_json", "keccak", "errors", "models", "signing"},
}
BELOW["dialects"] = BELOW["signing"] | {"contract_errors", "outcomes", "signing", "deployments"}
BELOW["flows"] = BELOW["dialects"] | {"dialects", "turns", "forwarding"}
BELOW["client"] = BELOW["flows"] | {"flows", "transport"}
BELOW["async_client"] = BELOW["client"]
BELOW["network"] = BELOW["client"] | {"client", "async_client"}
BELOW["cache"] = BELOW["client"] | {"client", "async_client", "replay"}
BELOW["migration"] = BELOW["client"] | {"client", "async_client"}
BELOW["verification"] = BELOW["flows"] | {"abi", "transport"}
BELOW["deployment_record"] = {"text", "errors"}
BELOW["chain_rules"] = {"errors", "effects", "transport"}
BELOW["creating"] = BELOW["verification"] | {"deployment_record", "flows", "rlp"}
BELOW["deploying"] = BELOW["creating"] | {"creating", "verification", "chain_rules"}
BELOW["handover"] = BELOW["flows"] | {"flows"}
BELOW["timelock"] = BELOW["handover"] | {"handover"}
BELOW["cli"] = BELOW["network"] | {
    "abi",
    "network",
    "devnet",
    "anvil",
    "handover",
    "timelock",
    "verification",
    "migration",
}

# Which part may import a library of others.
LIBRARIES = {
    "web3": {"transport"},
    "eth_account": {"signing", "notary"},
    "eth_keys": {"signing", "notary"},
    "eth_abi": set(),
    "eth_utils": {"signing", "notary"},
    "ape": set(),
    "rich": {"cli"},
    "argparse": {"cli"},
    "getpass": {"cli"},
    "shutil": {"cli", "anvil"},
    "urllib3": {"transport"},
    "aiohttp": {"transport"},
    "Crypto": {"keccak"},
    "brotli": {"notary"},
    "sqlite3": {"cache"},
    "typing_extensions": set(),
}
# Which parts may know the generations of the contracts by name.
GENERATIONS = {"dialects", "deployments", "abi", "devnet", "testing"}
LINES_ALARM = 400
# Nothing but one short entry after the other, mostly documentation.
LISTS = {"contract_errors.py", "client.py", "async_client.py"}

MODULES = sorted(PACKAGE.rglob("*.py"))


def part_of(module):
    return module.relative_to(PACKAGE).parts[0].removesuffix(".py")


def name_of(module):
    return str(module.relative_to(PACKAGE))


CORE = [module for module in MODULES if part_of(module) in BELOW]


def imported(module, *, at_module_level=False):
    tree = ast.parse(module.read_text())
    nodes = tree.body if at_module_level else ast.walk(tree)
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports name the whole path"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("module", CORE, ids=name_of)
def test_imports_point_one_way(module):
    part = part_of(module)
    own = {
        name.split(".")[1]
        for name in imported(module)
        if name.startswith("ocn_registry.") and name != "ocn_registry.__version__"
    }
    assert own - {part} <= BELOW[part]


@pytest.mark.parametrize("module", MODULES, ids=name_of)
def test_libraries_stay_where_they_belong(module):
    for name in imported(module):
        allowed = LIBRARIES.get(name.split(".")[0])
        assert allowed is None or part_of(module) in allowed, name


@pytest.mark.parametrize("module", MODULES, ids=name_of)
def test_slow_libraries_are_imported_where_they_are_used(module):
    slow = {"web3", "eth_account", "eth_keys", "eth_utils", "ape"}
    roots = {name.split(".")[0] for name in imported(module, at_module_level=True)}
    assert not roots & slow


@pytest.mark.parametrize(
    "module",
    [module for module in MODULES if part_of(module) not in GENERATIONS],
    ids=name_of,
)
def test_generations_are_known_to_dialects_alone(module):
    texts = {
        node.value
        for node in ast.walk(ast.parse(module.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert not texts & {"v1", "v3"}


@pytest.mark.parametrize("module", CORE, ids=name_of)
def test_any_is_in_one_place(module):
    names = {name for name in imported(module) if name.startswith("typing.")}
    assert "typing.Any" not in names or name_of(module) == "effects.py"


@pytest.mark.parametrize(
    "module",
    [module for module in MODULES if module.name not in LISTS],
    ids=name_of,
)
def test_modules_stay_small(module):
    assert len(module.read_text().splitlines()) <= LINES_ALARM
