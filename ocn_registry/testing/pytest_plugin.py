"""The pytest plugin for node software: the fixture `ocn`, a ready registry.

It is installed with the package and does nothing until a test asks for the fixture; `kit` has an
example. The registry is in memory, which takes milliseconds, or on Anvil: `pytest
--ocn-chain=anvil`, or `ocn_chain = "anvil"` in pytest's settings. `auto` uses Anvil if it is
installed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ocn_registry.testing.kit import RegistryKit

_CHAINS = ("memory", "anvil", "auto")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that says where the registry is."""
    group = parser.getgroup("ocn-registry")
    text = "where the registry of the fixture ocn is: memory (default), anvil, or auto"
    group.addoption("--ocn-chain", choices=_CHAINS, default=None, help=text)
    parser.addini("ocn_chain", text, default="memory")


@pytest.fixture
def ocn(pytestconfig: pytest.Config) -> Iterator[RegistryKit]:
    """Return an empty registry, in which nodes and parties take one line each."""
    from ocn_registry.deploy.anvil import DevnetError  # noqa: PLC0415 - only for tests that ask
    from ocn_registry.testing.kit import RegistryKit  # noqa: PLC0415

    chain = pytestconfig.getoption("ocn_chain") or pytestconfig.getini("ocn_chain")
    if chain not in _CHAINS:
        raise pytest.UsageError(f"ocn_chain is {chain!r}: give one of {', '.join(_CHAINS)}")
    if chain == "memory":
        kit = RegistryKit.in_memory()
    else:
        try:
            kit = RegistryKit.on_anvil()
        except DevnetError:
            if chain == "anvil":
                raise
            kit = RegistryKit.in_memory()
    yield kit
    kit.close()
