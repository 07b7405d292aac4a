"""Roles, contracts and builders. Every test finds both contracts new and empty."""

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

_HERE = Path(__file__).resolve().parent
# Test folders are not packages (pytest's importlib mode), so what tests share is put on the path.
_TOOLS = _HERE.parent.parent / "tools"
sys.path[:0] = [str(_HERE), str(_TOOLS / "bench"), str(_TOOLS / "build")]

from build_abi import compiled_contracts  # noqa: E402
from gas_scenarios import HttpChain  # noqa: E402
from kit.contract import Contract, Receipt  # noqa: E402
from kit.good_requests import GoodRequests  # noqa: E402
from kit.signing import DIRECT, Requests  # noqa: E402


@dataclass(frozen=True)
class Role:
    """An account with a role."""

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
    """Anvil's own accounts, for which it signs, by role."""
    return {
        name: Role(name, accounts[index].address, accounts[index].private_key)
        for index, name in enumerate(_ROLES)
    }


@pytest.fixture(scope="session")
def rpc(chain: Any) -> Iterator[HttpChain]:
    """Our own connection to the Anvil that Ape started."""
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
def artifacts() -> dict[str, dict[str, Any]]:
    """The contracts as published, compiled now.

    Ape gives the sources other names, with which the optimizer makes different code for
    Permissions. The tests have to test the published code.
    """
    return compiled_contracts()


@pytest.fixture(scope="session")
def deploy(
    artifacts: dict[str, dict[str, Any]], accounts: Any, rpc: HttpChain
) -> Callable[..., Pair]:
    """Deploy both contracts, through Ape."""
    # Loaded by Ape when it starts; earlier, a warning of its dependencies ends the run.
    from ape.contracts import ContractContainer  # noqa: PLC0415
    from ethpm_types import ContractType  # noqa: PLC0415

    def deploy_one(name: str, *arguments: Any) -> Contract:
        artifact = artifacts[name]
        contract_type = ContractType.model_validate(
            {
                "contractName": name,
                "abi": artifact["abi"],
                "deploymentBytecode": {"bytecode": artifact["bytecode"]},
            }
        )
        owner = accounts[_ROLES.index("owner")]
        instance = owner.deploy(ContractContainer(contract_type), *arguments)
        return Contract(rpc, str(instance.address), artifact["abi"])

    def deploy(*, import_open: bool) -> Pair:
        owner = accounts[_ROLES.index("owner")].address
        registry = deploy_one("Registry", owner, import_open)
        return Pair(registry, deploy_one("Permissions", registry.address, import_open))

    return deploy


@pytest.fixture(scope="session")
def open_pair(deploy: Callable[..., Pair]) -> Pair:
    """Both contracts, accepting everybody's writes."""
    return deploy(import_open=False)


@pytest.fixture(scope="session")
def importing_pair(deploy: Callable[..., Pair]) -> Pair:
    """Both contracts with the import open."""
    return deploy(import_open=True)


@pytest.fixture(autouse=True)
def _function_isolation(rpc: HttpChain, open_pair: Pair, importing_pair: Pair) -> Iterator[None]:
    """Revert the changes of a test to the chain, but not the shared deployments.

    Replaces Ape's fixture of this name, which sends a dozen requests per test.
    """
    before = rpc.request("evm_snapshot")
    yield
    rpc.request("evm_revert", before)


@pytest.fixture(scope="session")
def registry(open_pair: Pair) -> Contract:
    return open_pair.registry


@pytest.fixture(scope="session")
def permissions(open_pair: Pair) -> Contract:
    return open_pair.permissions


@pytest.fixture(scope="session")
def signed_request(open_pair: Pair) -> Requests:
    """Build a signed request: `signed_request("SetNode", operator, url, deadline=0)`."""
    return Requests(open_pair.registry, open_pair.permissions)


@dataclass(frozen=True)
class Door:
    """A way to write: by the signer's own transaction, or by signed request."""

    requests: Requests
    spender: Role
    is_raw: bool

    def __call__(
        self, primary_type: str, signer: Role, *values: Any, contract: Contract | None = None
    ) -> Receipt:
        contract = contract or self.requests.contract_of(primary_type)
        if self.is_raw:
            request = self.requests(primary_type, signer, *values, contract=contract)
            return request.send(self.spender)
        return contract.functions[DIRECT[primary_type]](*values, sender=signer)

    def __repr__(self) -> str:
        return "raw" if self.is_raw else "direct"


@pytest.fixture(params=["direct", "raw"])
def write(request: pytest.FixtureRequest, signed_request: Requests, spender: Role) -> Door:
    """Write through either door: `write("SetNode", operator, url)`."""
    return Door(signed_request, spender, request.param == "raw")


URLS = {
    "operator": "https://node.example.com/ocn",
    "other_operator": "https://other.example.com",
    "third_operator": "http://third.example.com:8080",
}
IDS = {
    "cpo": (b"DE", b"CPO"),
    "emsp": (b"DE", b"EMS"),
    "provider": (b"AT", b"SP1"),
    "other_provider": (b"AT", b"SP2"),
    "third_provider": (b"AT", b"SP3"),
    "stranger": (b"FR", b"STR"),
}


@pytest.fixture
def listed_node(registry: Contract) -> Callable[..., str]:
    """List a node: `listed_node(operator)` returns its URL."""

    def listed_node(operator: Role, url: str | None = None) -> str:
        url = url or URLS[operator.name]
        registry.setNode(url, sender=operator)
        return url

    return listed_node


@pytest.fixture
def listed_party(
    registry: Contract, listed_node: Callable[..., str], operator: Role
) -> Callable[..., tuple[bytes, bytes]]:
    """List a party, at the node of `operator`: `listed_party(cpo)` returns its id."""

    def listed_party(
        party: Role,
        party_id: tuple[bytes, bytes] | None = None,
        *,
        roles: Sequence[int] = (0,),
        modules: tuple[Sequence[int], Sequence[int]] | None = None,
        at: Role = operator,
    ) -> tuple[bytes, bytes]:
        party_id = party_id or IDS[party.name]
        if not registry.getNode(at):
            listed_node(at)
        registry.setParty(*party_id, roles, at, sender=party)
        if modules:
            registry.setPartyModules(*modules, sender=party)
        return party_id

    return listed_party


@pytest.fixture
def listed_service(
    registry: Contract, permissions: Contract, listed_party: Callable[..., Any]
) -> Callable[..., int]:
    """List a service and its provider: `listed_service(provider)` returns its version."""

    def listed_service(
        provider: Role,
        needs: Sequence[int] = (1, 5),
        name: str = "Smart charging",
        url: str = "https://service.example.com",
    ) -> int:
        if not registry.membershipOf(provider):
            listed_party(provider)
        permissions.setService(name, url, needs, sender=provider)
        return permissions.serviceVersion(provider)

    return listed_service


@pytest.fixture
def agreed(
    registry: Contract, permissions: Contract, listed_party: Callable[..., Any], listed_service: Any
) -> Callable[..., None]:
    """Return a function that lists user and service, and agrees: `agreed(emsp, provider)`."""

    def agreed(user: Role, provider: Role) -> None:
        if not registry.membershipOf(user):
            listed_party(user)
        if not permissions.serviceVersion(provider):
            listed_service(provider)
        permissions.createAgreement(provider, sender=user)

    return agreed


@pytest.fixture
def at_time(rpc: HttpChain) -> Callable[[int], None]:
    """Set the time of the next block, in seconds from the latest one; return it."""

    def at_time(seconds_from_now: int) -> int:
        block = rpc.request("eth_getBlockByNumber", "latest", False)
        now = int(block["timestamp"], 16)
        rpc.request("evm_setNextBlockTimestamp", now + seconds_from_now)
        return now + seconds_from_now

    return at_time


@pytest.fixture
def one_block(rpc: HttpChain) -> Callable[..., list[Receipt]]:
    """Mine several writes in one block, in their order: `one_block((contract, data, sender))`."""

    def one_block(*writes: tuple[Contract, bytes, Role]) -> list[Receipt]:
        rpc.request("evm_setAutomine", False)
        try:
            hashes = [
                rpc.request(
                    "eth_sendTransaction", contract.transaction(data, sender=sender, gas=1_000_000)
                )
                for contract, data, sender in writes
            ]
            rpc.request("evm_mine")
        finally:
            rpc.request("evm_setAutomine", True)
        receipts = [
            contract.receipt(rpc.request("eth_getTransactionReceipt", tx_hash))
            for (contract, _, _), tx_hash in zip(writes, hashes, strict=True)
        ]
        assert len({receipt.block_number for receipt in receipts}) == 1
        assert all(receipt.status for receipt in receipts), [r.error for r in receipts]
        return receipts

    return one_block


@pytest.fixture
def good_request(
    signed_request: Requests,
    roles: dict[str, Role],
    listed_node: Any,
    listed_party: Any,
    listed_service: Any,
    agreed: Any,
) -> GoodRequests:
    """Build a valid request of each kind, and the entries that it needs."""

    def prepare_agreement() -> None:
        listed_party(roles["emsp"])
        listed_service(roles["provider"])

    prepare = {
        "DeleteNode": lambda: listed_node(roles["operator"]),
        "SetParty": lambda: listed_node(roles["operator"]),
        "SetPartyModules": lambda: listed_party(roles["cpo"]),
        "SetPartyWebsite": lambda: listed_party(roles["cpo"]),
        "DeleteParty": lambda: listed_party(roles["cpo"]),
        "MoveAccount": lambda: listed_party(roles["cpo"]),
        "SetService": lambda: listed_party(roles["provider"]),
        "DeleteService": lambda: listed_service(roles["provider"]),
        "CreateAgreement": prepare_agreement,
        "RevokeAgreement": lambda: agreed(roles["emsp"], roles["provider"]),
    }
    return GoodRequests(signed_request, roles, prepare)
