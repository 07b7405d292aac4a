"""Roles, contracts and builders. Every test finds both contracts new and empty.

Ape snapshots the chain before each test and reverts it after (see `tools/ocn_registry_pytest.py`);
what is deployed here is deployed once, before the first.
"""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

_HERE = Path(__file__).resolve().parent
# Test folders are no packages (pytest's importlib mode), so what tests share is put on the path.
sys.path[:0] = [str(_HERE), str(_HERE.parent.parent / "scripts")]

from gas_scenarios import HttpChain  # noqa: E402
from kit.contract import Contract, Receipt  # noqa: E402
from kit.signing import DIRECT, Requests  # noqa: E402


@dataclass(frozen=True)
class Role:
    """An account by the part it plays."""

    name: str
    address: str
    key: str

    def __repr__(self) -> str:
        return self.name


_ROLES = (
    "owner",
    "operator",
    "other_operator",
    "third_operator",
    "cpo",
    "emsp",
    "provider",
    "other_provider",
    "third_provider",
    "spender",
    "stranger",
)


def _role_fixture(name: str) -> Callable[..., Role]:
    @pytest.fixture(scope="session", name=name)
    def role(roles: dict[str, Role]) -> Role:
        return roles[name]

    return role


for _name in _ROLES:
    globals()[f"{_name}_role"] = _role_fixture(_name)


@pytest.fixture(scope="session")
def roles(accounts: Any) -> dict[str, Role]:
    """Anvil's own accounts, which it signs for, by the part they play."""
    return {
        name: Role(name, accounts[index].address, accounts[index].private_key)
        for index, name in enumerate(_ROLES)
    }


@pytest.fixture(scope="session")
def rpc(chain: Any) -> Iterator[HttpChain]:
    """A connection of our own to the Anvil that Ape started."""
    address = urlsplit(chain.provider.uri)
    connection = HttpChain(address.hostname, address.port)
    yield connection
    connection.close()


@dataclass(frozen=True)
class Pair:
    """Both contracts."""

    registry: Contract
    permissions: Contract


@pytest.fixture(scope="session")
def deploy(project: Any, accounts: Any, rpc: HttpChain) -> Callable[..., Pair]:
    """Deploy both contracts, through Ape."""

    def deploy(*, import_open: bool) -> Pair:
        owner = accounts[_ROLES.index("owner")]
        registry = project.Registry.deploy(owner, import_open, sender=owner)
        permissions = project.Permissions.deploy(registry.address, import_open, sender=owner)
        return Pair(*(_contract(rpc, instance) for instance in (registry, permissions)))

    return deploy


def _contract(rpc: HttpChain, instance: Any) -> Contract:
    abi = [entry.model_dump(mode="json", by_alias=True) for entry in instance.contract_type.abi]
    return Contract(rpc, str(instance.address), abi)


@pytest.fixture(scope="session")
def open_pair(deploy: Callable[..., Pair]) -> Pair:
    """Both contracts, taking everybody's writes."""
    return deploy(import_open=False)


@pytest.fixture(scope="session")
def importing_pair(deploy: Callable[..., Pair]) -> Pair:
    """Both contracts with the import open."""
    return deploy(import_open=True)


@pytest.fixture(scope="session", autouse=True)
def _deployed_before_the_first_test(open_pair: Pair, importing_pair: Pair) -> None:
    """Keep what the session shares out of what a test's isolation takes back."""


@pytest.fixture(scope="session")
def registry(open_pair: Pair) -> Contract:
    return open_pair.registry


@pytest.fixture(scope="session")
def permissions(open_pair: Pair) -> Contract:
    return open_pair.permissions


@pytest.fixture(scope="session")
def signed_request(open_pair: Pair) -> Requests:
    """Builds a signed request: `signed_request("SetNode", operator, url, deadline=0)`."""
    return Requests(open_pair.registry, open_pair.permissions)


@dataclass(frozen=True)
class Door:
    """One of the two ways to write: by the signer's own transaction, or by signed request."""

    requests: Requests
    spender: Role
    is_raw: bool

    def __call__(self, primary_type: str, signer: Role, *values: Any) -> Receipt:
        if self.is_raw:
            return self.requests(primary_type, signer, *values).send(self.spender)
        contract = self.requests.contract_of(primary_type)
        values = tuple(
            value.encode() if primary_type == "SetParty" and isinstance(value, str) else value
            for value in values
        )
        return contract.functions[DIRECT[primary_type]](*values, sender=signer)

    def __repr__(self) -> str:
        return "raw" if self.is_raw else "direct"


@pytest.fixture(params=["direct", "raw"])
def write(request: pytest.FixtureRequest, signed_request: Requests, spender: Role) -> Door:
    """Write through either door: `write("SetNode", operator, url)`."""
    return Door(signed_request, spender, request.param == "raw")
