"""Measure the gas of each write, on a chain at London rules; for `make bench` and for the tests.

    python tools/bench/gas_scenarios.py  print the table: v3, its ceiling, and v1 on the same inputs

The scenarios are written once and run against a `Pair` of contracts: v3's, or v1's where v1 has the
function. Keys, deployer, deadline and inputs are fixed, so that the figures of one bytecode are the
same in every run, to the unit of gas.

Entries are the second of their kind or later, with a URL of at most 31 bytes. Listing a party is
the mean of six in a row, because six parties share one slot of the list. A party changes its
operator with 2 roles and no modules, and leaves with 1 role and 3 + 3 modules.
"""

import contextlib
import http.client
import itertools
import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any, Final, Protocol, TypeAlias, cast

from eth_abi.abi import encode as encode_abi
from eth_abi.packed import encode_packed
from eth_account import Account
from eth_account.messages import encode_defunct, encode_typed_data
from eth_account.signers.local import LocalAccount
from eth_utils.crypto import keccak
from ocn_registry_ports import free_port
from typing_extensions import override

ROOT: Final = Path(__file__).resolve().parents[2]
V1_DEFINITIONS: Final = (
    ROOT / "node_modules" / "@shareandcharge" / "ocn-registry" / "contract.defs.prod.json"
)

# The most gas that v3 may use for each scenario.
CEILINGS_GAS: Final[dict[str, int]] = {
    "setNode": 112_000,
    "setNodeRaw": 120_000,
    "setNode, new URL": 64_000,
    "deleteNode": 75_000,
    "setParty, 1 role": 96_000,
    "setParty, 2 roles": 96_000,
    "setPartyRaw": 105_000,
    "setParty, further id": 80_000,
    "setParty, further id in a new slot": 98_000,
    "setParty, id that is not current, of 12": 58_000,
    "setParty, other operator": 43_000,
    "setPartyModules": 50_000,
    "setPartyModulesRaw": 62_000,
    "setPartyWebsite": 65_000,
    "deleteParty": 50_000,
    "setService": 135_000,
    "setServiceRaw, first request": 175_000,
    "createAgreement, 1st": 88_000,
    "createAgreement, 2nd": 70_000,
    "createAgreementRaw, 1st": 119_000,
    "revokeAgreement, last": 43_000,
    "revokeAgreement, other": 49_000,
    "deleteService, last": 49_000,
    "deleteService, other": 58_000,
    "pruneService": 56_000,
    "moveAccount, one id": 85_000,
    "moveAccountRaw, one id": 93_000,
    "moveAccount, with a node": 92_000,
    "moveAccountRaw, with a controller": 115_000,
    "moveAccount, 64 ids": 1_250_000,
    "setController": 86_000,
    "setControllerRaw": 77_000,
    "adminReserveParty": 55_000,
    "adminReserveParty, held by another": 66_000,
    "setPartyRaw, each of 50 by multicall": 76_000,
    "setPartyRaw, each of 50 by tryMulticall": 76_000,
}

# A registration by signed request must be this much cheaper in a batch of 50 than alone.
# (A node saves the 21,000 and a few cold slots: its own slots are most of its cost.)
BATCH_SIZE: Final = 50
BATCH_SAVING_GAS: Final = 23_000
BATCHED: Final[dict[str, str]] = {
    "setPartyRaw, each of 50 by multicall": "setPartyRaw",
    "setPartyRaw, each of 50 by tryMulticall": "setPartyRaw",
}

# Far in the future, and four bytes long like every deadline of this century: calldata is priced by
# its bytes that are not zero.
DEADLINE_UNIX_S: Final = 4_000_000_000

# Any JSON value, depending on the method.
Json: TypeAlias = Any

_GAS_LIMIT: Final = 15_000_000
_NAME_20: Final = "Smart charging, Ltd."
_URL_30: Final = "https://smart-charging.example"
_PERMISSIONS: Final = [1, 2, 5]
_SENDER_MODULES: Final = [0, 3, 4]
_RECEIVER_MODULES: Final = [1, 2, 6]


class Chain(Protocol):
    """A development chain: any object that answers JSON-RPC."""

    def request(self, method: str, *params: object) -> Json:
        """Return the result of one request; raise if the answer is an error."""


class JsonRpcError(Exception):
    """The chain answered a request with an error."""

    def __init__(self, method: str, error: dict[str, Any]) -> None:
        """Create the error from the `code`, `message` and `data` of the chain's answer."""
        super().__init__(f"{method}: {error.get('message')}")
        self.code = error.get("code")
        self.message = error.get("message", "")
        self.data = error.get("data")


class HttpChain:
    """JSON-RPC over one connection: a transaction and its receipt take half a millisecond."""

    def __init__(self, host: str, port: int) -> None:
        """Create a client, which connects with the first request."""
        self._connection = http.client.HTTPConnection(host, port, timeout=60)
        self._ids = itertools.count(1)

    def request(self, method: str, *params: object) -> Json:
        """Return the result of one request.

        Raises:
            JsonRpcError: The answer is an error.
        """
        body = {"jsonrpc": "2.0", "id": next(self._ids), "method": method, "params": params}
        headers = {"Content-Type": "application/json"}
        self._connection.request("POST", "/", json.dumps(body), headers)
        answer = json.loads(self._connection.getresponse().read())
        if "error" in answer:
            raise JsonRpcError(method, answer["error"])
        return answer["result"]

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


@contextlib.contextmanager
def london_anvil() -> Iterator[HttpChain]:
    """Run Anvil with London rules on a free port."""
    port = free_port()
    command = shutil.which("anvil") or "anvil"
    arguments = ["--port", str(port), "--hardfork", "london", "--silent"]
    with subprocess.Popen([command, *arguments]) as anvil:  # noqa: S603 - our own Anvil, no shell
        try:
            for _ in range(4_800):
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                    break
                time.sleep(0.05)
            chain = HttpChain("127.0.0.1", port)
            yield chain
            chain.close()
        finally:
            anvil.terminate()


def person(name: str) -> LocalAccount:
    """Return the account of a name: its key is derived from the name."""
    account: LocalAccount = Account.from_key(keccak(text=f"ocn-registry: {name}"))
    return account


def send(chain: Chain, sender: str, to: str | None, data: bytes) -> dict[str, Any]:
    """Send a transaction from any address, which gets the ether it needs. Return its receipt."""
    chain.request("anvil_setBalance", sender, hex(10**24))
    chain.request("anvil_impersonateAccount", sender)
    transaction = {"from": sender, "data": "0x" + data.hex(), "gas": hex(_GAS_LIMIT)}
    if to is not None:
        transaction["to"] = to
    receipt = mined(chain, transaction)
    chain.request("anvil_stopImpersonatingAccount", sender)
    return receipt


def mined(chain: Chain, transaction: dict[str, Any]) -> dict[str, Any]:
    """Send a transaction and return its receipt, even shortly after an `evm_revert`.

    Anvil removes mined transactions from its pool a little after it reports the block. If the block
    was reverted in between, a new transaction with the same sender and nonce is removed, too; then
    it is sent again. (`eth_sendTransactionSync` would wait 30 s in vain.)

    Raises:
        WriteFailedError: It was not mined within 30 s.
    """
    tx_hash = chain.request("eth_sendTransaction", transaction)
    end = time.monotonic() + 30
    while time.monotonic() < end:
        receipt: dict[str, Any] | None = chain.request("eth_getTransactionReceipt", tx_hash)
        if receipt is not None:
            return receipt
        if chain.request("eth_getTransactionByHash", tx_hash) is None:
            tx_hash = chain.request("eth_sendTransaction", transaction)
        time.sleep(0.001)
    raise WriteFailedError(tx_hash)


class WriteFailedError(Exception):
    """A write of a scenario had no effect, so its gas is meaningless."""


def _types(inputs: Sequence[dict[str, Any]]) -> list[str]:
    return [_type(item) for item in inputs]


def _type(item: dict[str, Any]) -> str:
    kind: str = item["type"]
    if kind.startswith("tuple"):
        return f"({','.join(_types(item['components']))}){kind.removeprefix('tuple')}"
    return kind


@dataclass(frozen=True, slots=True)
class Deployed:
    """One contract on the chain."""

    address: str
    functions: dict[str, dict[str, Any]]

    def calldata(self, function: str, values: Sequence[Any]) -> bytes:
        """Return the calldata of a call."""
        types = _types(self.functions[function]["inputs"])
        selector = keccak(text=f"{function}({','.join(types)})")[:4]
        return selector + encode_abi(types, values)


def deploy(
    chain: Chain, artifact: dict[str, Any], deployer: str, arguments: Sequence[Any]
) -> Deployed:
    """Deploy a contract.

    Args:
        chain: The chain.
        artifact: Holds `abi` and `bytecode`.
        deployer: The address that sends the transaction.
        arguments: Arguments of the constructor.

    Raises:
        WriteFailedError: The constructor reverted.
    """
    types = [t for e in artifact["abi"] if e["type"] == "constructor" for t in _types(e["inputs"])]
    code = bytes.fromhex(artifact["bytecode"].removeprefix("0x"))
    receipt = send(chain, deployer, None, code + encode_abi(types, arguments))
    if receipt["status"] != "0x1":
        raise WriteFailedError("deployment")
    functions = {e["name"]: e for e in artifact["abi"] if e["type"] == "function"}
    return Deployed(receipt["contractAddress"], functions)


class Pair:
    """A Registry and its Permissions on a chain, and how to write to them.

    Args:
        chain: Their chain.
        registry: The Registry.
        permissions: The Permissions.
    """

    batches = False

    def __init__(self, chain: Chain, registry: Deployed, permissions: Deployed) -> None:
        """See the class."""
        self.chain = chain
        self.registry = registry
        self.permissions = permissions
        self.spender = person("spender").address

    def contract_of(self, function: str) -> Deployed:
        """Return the one of the two contracts that has this function."""
        return self.registry if function in self.registry.functions else self.permissions

    def send(self, sender: str, function: str, *values: object) -> int:
        """Send a write as `sender` and return the gas it used.

        Raises:
            WriteFailedError: It reverted.
        """
        contract = self.contract_of(function)
        receipt = send(self.chain, sender, contract.address, contract.calldata(function, values))
        if receipt["status"] != "0x1":
            raise WriteFailedError(function)
        return int(receipt["gasUsed"], 16)

    def direct(self, signer: LocalAccount, function: str, *values: object) -> int:
        """Send a direct write and return the gas it used."""
        return self.send(signer.address, function, *values)

    def raw(self, signer: LocalAccount, function: str, *values: object) -> int:
        """Send a signed write with the spender, and return its gas."""
        name = f"{function}Raw"
        return self.send(self.spender, name, *self.raw_values(signer, function, *values))

    def raw_values(self, signer: LocalAccount, function: str, *values: object) -> Sequence[Any]:
        """Return all the arguments of the signed form of a write."""
        raise NotImplementedError


class V3Pair(Pair):
    """This project's contracts."""

    batches = True

    @override
    def raw_values(self, signer: LocalAccount, function: str, *values: object) -> Sequence[Any]:
        """Sign typed data whose fields are the arguments of the function, in order."""
        return self.signed_by(signer, signer, function, *values)

    def signed_by(
        self, controller: LocalAccount, account: LocalAccount, function: str, *values: object
    ) -> Sequence[Any]:
        """Return the arguments of a signed write about an account, up to the signature."""
        contract = self.contract_of(f"{function}Raw")
        inputs = contract.functions[f"{function}Raw"]["inputs"]
        names = [item["name"] for item in inputs]
        inputs = inputs[: names.index("signature")]
        all_values = (account.address, *values, self._nonce(contract, account), DEADLINE_UNIX_S)
        fields = [
            (item["name"], "string" if isinstance(value, bytes) else item["type"])
            for item, value in zip(inputs, all_values, strict=True)
        ]
        primary_type = function[0].upper() + function[1:]
        signature = self._sign(controller, contract, primary_type, fields, all_values)
        return (*all_values, signature)

    def acceptance(
        self, accepting: LocalAccount, account: LocalAccount, primary_type: str
    ) -> Sequence[Any]:
        """Return the acceptance that an account signs to take over or control another."""
        names = {"AcceptAccount": "newAccount", "AcceptController": "controller"}
        terms = (self._nonce(self.registry, accepting), DEADLINE_UNIX_S)
        fields = [(names[primary_type], "address"), ("account", "address")]
        fields += [("nonce", "uint256"), ("deadline", "uint256")]
        values = (accepting.address, account.address, *terms)
        return (*terms, self._sign(accepting, self.registry, primary_type, fields, values))

    def _sign(
        self,
        signer: LocalAccount,
        contract: Deployed,
        primary_type: str,
        fields: Sequence[tuple[str, str]],
        values: Sequence[Any],
    ) -> bytes:
        domain = {
            "name": "OCN Registry" if contract is self.registry else "OCN Permissions",
            "version": "3",
            "chainId": int(self.chain.request("eth_chainId"), 16),
            "verifyingContract": contract.address,
        }
        types = {primary_type: [{"name": name, "type": kind} for name, kind in fields]}
        message = {
            name: value.decode() if isinstance(value, bytes) else value
            for (name, _), value in zip(fields, values, strict=True)
        }
        return bytes(signer.sign_message(encode_typed_data(domain, types, message)).signature)

    def _nonce(self, contract: Deployed, signer: LocalAccount) -> int:
        data = "0x" + contract.calldata("nonces", [signer.address]).hex()
        return int(self.chain.request("eth_call", {"to": contract.address, "data": data}), 16)


class V1Pair(Pair):
    """The first generation: personal-sign over the packed values, with no nonce and no deadline."""

    @override
    def raw_values(self, signer: LocalAccount, function: str, *values: object) -> Sequence[Any]:
        """Sign what v1's library signs: the signer first, except where v1 omits it."""
        packed = (
            b"" if function in {"setService", "createAgreement"} else self._pack(signer.address)
        )
        packed += b"".join(self._pack(value) for value in values)
        signed = signer.sign_message(encode_defunct(keccak(packed)))
        r, s = (number.to_bytes(32, "big") for number in (signed.r, signed.s))
        names = [
            i["name"]
            for i in self.contract_of(f"{function}Raw").functions[f"{function}Raw"]["inputs"]
        ]
        first = [signer.address] if names[0] in {"operator", "party"} else []
        return (*first, *values, signed.v, r, s)

    def _pack(self, value: object) -> bytes:
        if isinstance(value, bytes):
            return value
        if isinstance(value, str):
            is_address = value.startswith("0x")
            return encode_packed(["address" if is_address else "string"], [value])
        return b"".join(number.to_bytes(32, "big") for number in cast("list[int]", value))


def deploy_v3(chain: Chain, artifacts: dict[str, dict[str, Any]]) -> V3Pair:
    """Deploy this project's contracts from the artifacts `Registry` and `Permissions`."""
    deployer = person("deployer of v3").address
    registry = deploy(chain, artifacts["Registry"], deployer, [person("owner").address, False])
    arguments = [registry.address, False]
    return V3Pair(chain, registry, deploy(chain, artifacts["Permissions"], deployer, arguments))


def deploy_v1(chain: Chain) -> V1Pair:
    """Deploy v1's contracts from the bytecode of its npm package."""
    artifacts = json.loads(V1_DEFINITIONS.read_text())
    deployer = person("deployer of v1").address
    registry = deploy(chain, artifacts["Registry"], deployer, [])
    arguments = [registry.address]
    return V1Pair(chain, registry, deploy(chain, artifacts["Permissions"], deployer, arguments))


def measure(pair: Pair) -> dict[str, int]:
    """Return the gas of each scenario by its name; batches only if the contracts have them.

    The contracts must be new. Entries are added to them.
    """
    gas: dict[str, int] = {}
    for part in (_measure_nodes, _measure_parties, _measure_permissions):
        gas |= part(pair)
    if isinstance(pair, V3Pair):
        gas |= _measure_further_ids(pair) | _measure_moves(pair)
        gas |= _measure_controllers(pair) | _measure_owner(pair)
        gas |= _measure_batches(pair)
    return gas


def measure_v3(chain: Chain, artifacts: dict[str, dict[str, Any]]) -> dict[str, int]:
    """Return the gas of each scenario on this project's contracts. The chain is left unchanged."""
    return _isolated(chain, lambda: measure(deploy_v3(chain, artifacts)))


def measure_v1(chain: Chain) -> dict[str, int]:
    """Return the gas of each scenario that v1 has. The chain is left unchanged."""
    return _isolated(chain, lambda: measure(deploy_v1(chain)))


def _isolated(chain: Chain, run: Callable[[], dict[str, int]]) -> dict[str, int]:
    snapshot = chain.request("evm_snapshot")
    try:
        return run()
    finally:
        chain.request("evm_revert", snapshot)


def _party_id(number: int) -> bytes:
    return f"{number:03d}".encode()


def _measure_nodes(pair: Pair) -> dict[str, int]:
    gas: dict[str, int] = {}
    first, second, third, fourth = (person(f"operator {n}") for n in range(4))
    pair.direct(first, "setNode", "https://node-0.example.com:8080")
    gas["setNode"] = pair.direct(second, "setNode", "https://node-1.example.com:8080")
    gas["setNodeRaw"] = pair.raw(third, "setNode", "https://node-2.example.com:8080")
    pair.direct(fourth, "setNode", "https://node-3.example.com:8080")
    gas["setNode, new URL"] = pair.direct(second, "setNode", "https://node-4.example.com:8080")
    # Not the last entry of the list, which is cheaper to delete.
    gas["deleteNode"] = pair.direct(second, "deleteNode")
    return gas


def _measure_parties(pair: Pair) -> dict[str, int]:
    gas: dict[str, int] = {}
    operator, other_operator = person("operator 0").address, person("operator 3").address
    numbers = itertools.count()

    def listed(roles: Sequence[int], write: Callable[..., int]) -> int:
        number = next(numbers)
        signer = person(f"party {number}")
        return write(signer, "setParty", b"DE", _party_id(number), roles, operator)

    def mean_of_six(roles: Sequence[int], write: Callable[..., int]) -> int:
        return round(fmean(listed(roles, write) for _ in range(6)))

    listed([0], pair.direct)
    gas["setParty, 1 role"] = mean_of_six([0], pair.direct)
    gas["setParty, 2 roles"] = mean_of_six([0, 1], pair.direct)
    gas["setPartyRaw"] = mean_of_six([0], pair.raw)

    values = (b"DE", _party_id(7), [0, 1], other_operator)
    gas["setParty, other operator"] = pair.direct(person("party 7"), "setParty", *values)
    modules = (_SENDER_MODULES, _RECEIVER_MODULES)
    gas["setPartyModules"] = pair.direct(person("party 2"), "setPartyModules", *modules)
    named = (b"DE", _party_id(3), *modules) if isinstance(pair, V3Pair) else modules
    gas["setPartyModulesRaw"] = pair.raw(person("party 3"), "setPartyModules", *named)
    gas["deleteParty"] = pair.direct(person("party 2"), "deleteParty")
    return gas


def _measure_permissions(pair: Pair) -> dict[str, int]:
    gas: dict[str, int] = {}
    providers = [person(f"party {number}") for number in range(5, 8)]
    first_user, user, raw_user = (person(f"party {number}") for number in range(8, 11))
    service = (_NAME_20, _URL_30, _PERMISSIONS)
    pair.direct(person("party 11"), "setService", *service)
    # Two of them share a slot of the list: this is the mean of one that takes a new slot and one
    # that does not.
    both = [pair.direct(provider, "setService", *service) for provider in providers[:2]]
    gas["setService"] = round(fmean(both))
    gas["setServiceRaw, first request"] = pair.raw(providers[2], "setService", *service)

    addresses = [provider.address for provider in providers]
    pair.direct(first_user, "createAgreement", addresses[0])
    gas["createAgreement, 1st"] = pair.direct(user, "createAgreement", addresses[0])
    gas["createAgreement, 2nd"] = pair.direct(user, "createAgreement", addresses[1])
    pair.direct(user, "createAgreement", addresses[2])
    agreed = (addresses[0], _PERMISSIONS) if pair.batches else (addresses[0],)
    gas["createAgreementRaw, 1st"] = pair.raw(raw_user, "createAgreement", *agreed)
    gas["revokeAgreement, last"] = pair.direct(user, "revokeAgreement", addresses[2])
    gas["revokeAgreement, other"] = pair.direct(user, "revokeAgreement", addresses[0])
    gas["deleteService, last"] = pair.direct(providers[2], "deleteService")
    gas["deleteService, other"] = pair.direct(providers[0], "deleteService")
    if isinstance(pair, V3Pair):
        pair.direct(person("party 12"), "setService", *service)
        pair.direct(providers[1], "deleteParty")
        gas["pruneService"] = pair.direct(user, "pruneService", 1)
    return gas


def _register(pair: Pair, account: LocalAccount, ids: int, country: bytes) -> None:
    operator = person("operator 0").address
    for number in range(ids):
        pair.direct(account, "setParty", country, _party_id(number), [0], operator)


def _measure_further_ids(pair: V3Pair) -> dict[str, int]:
    gas: dict[str, int] = {}
    account, operator = person("platform"), person("operator 0").address
    _register(pair, person("before the platform"), 1, b"FQ")
    costs = []
    for number in range(13):
        values = (b"FR", _party_id(number), [0], operator)
        costs.append(pair.direct(account, "setParty", *values))
    # The account's list of other ids has six to a slot: the 2nd and the 8th id take a new one. So
    # has the list of all ids; the account before this one keeps those two apart.
    gas["setParty, further id"] = round(fmean([*costs[2:7], costs[8]]))
    gas["setParty, further id in a new slot"] = costs[7]
    twelfth = (b"FR", _party_id(10), [0, 1], operator)
    pair.direct(account, "deletePartyOf", b"FR", _party_id(12))
    gas["setParty, id that is not current, of 12"] = pair.direct(account, "setParty", *twelfth)
    website = (b"FR", _party_id(0), "https://www.example.com/charge")
    gas["setPartyWebsite"] = pair.direct(account, "setPartyWebsite", *website)
    return gas


def _measure_moves(pair: V3Pair) -> dict[str, int]:
    gas: dict[str, int] = {}
    new_keys = (person(f"new key {number}") for number in itertools.count())

    def move(account: LocalAccount) -> int:
        new = next(new_keys)
        acceptance = pair.acceptance(new, account, "AcceptAccount")
        return pair.direct(account, "moveAccount", new.address, acceptance)

    def move_raw(account: LocalAccount, controller: LocalAccount) -> int:
        new = next(new_keys)
        acceptance = pair.acceptance(new, account, "AcceptAccount")
        values = pair.signed_by(controller, account, "moveAccount", new.address)
        return pair.send(pair.spender, "moveAccountRaw", *values, acceptance)

    one, one_raw, controlled, many = (person(f"moving {number}") for number in range(4))
    for account, ids, country in ((one, 1, b"AA"), (one_raw, 1, b"AB"), (controlled, 1, b"AC")):
        _register(pair, account, ids, country)
    _register(pair, many, 64, b"AD")
    gas["moveAccount, one id"] = move(one)
    gas["moveAccountRaw, one id"] = move_raw(one_raw, one_raw)
    node = person("moving node")
    pair.direct(node, "setNode", "https://moving-node.example.com")
    _register(pair, node, 1, b"AE")
    gas["moveAccount, with a node"] = move(node)
    cold = person("cold key")
    acceptance = pair.acceptance(cold, controlled, "AcceptController")
    pair.direct(controlled, "setController", cold.address, acceptance)
    gas["moveAccountRaw, with a controller"] = move_raw(controlled, cold)
    gas["moveAccount, 64 ids"] = move(many)
    return gas


def _measure_controllers(pair: V3Pair) -> dict[str, int]:
    gas: dict[str, int] = {}
    account, cold, other_cold = (person(name) for name in ("hot key", "cold", "other cold"))
    _register(pair, account, 1, b"BA")
    acceptance = pair.acceptance(cold, account, "AcceptController")
    gas["setController"] = pair.direct(account, "setController", cold.address, acceptance)
    acceptance = pair.acceptance(other_cold, account, "AcceptController")
    values = pair.signed_by(cold, account, "setController", other_cold.address)
    gas["setControllerRaw"] = pair.send(pair.spender, "setControllerRaw", *values, acceptance)
    return gas


def _measure_owner(pair: V3Pair) -> dict[str, int]:
    gas: dict[str, int] = {}
    owner, holder = person("owner"), person("rightful holder").address
    thief = person("thief")
    _register(pair, thief, 1, b"CA")
    pair.direct(owner, "adminReserveParty", b"CB", b"AAA", holder)
    gas["adminReserveParty"] = pair.direct(owner, "adminReserveParty", b"CB", b"AAB", holder)
    stolen = (b"CA", _party_id(0))
    name = "adminReserveParty, held by another"
    gas[name] = pair.direct(owner, "adminReserveParty", *stolen, holder)
    return gas


def _measure_batches(pair: Pair) -> dict[str, int]:
    operator = person("operator 0").address
    gas: dict[str, int] = {}
    numbers = itertools.count(100)
    for batch in ("multicall", "tryMulticall"):
        nodes, parties = [], []
        for _ in range(BATCH_SIZE):
            number = next(numbers)
            signer = person(f"batched {number}")
            domain = f"https://node-{number}.example.com:80"
            nodes.append(pair.raw_values(signer, "setNode", domain))
            values = (b"DE", _party_id(number), [0], operator)
            parties.append(pair.raw_values(signer, "setParty", *values))
        for function, calls in (("setPartyRaw", parties), ("setNodeRaw", nodes)):
            # A signer's requests for both have the same nonce: send the second on a copy of the
            # chain.
            snapshot = pair.chain.request("evm_snapshot")
            items = [pair.registry.calldata(function, values) for values in calls]
            name = f"{function}, each of {BATCH_SIZE} by {batch}"
            gas[name] = round(pair.send(pair.spender, batch, items) / BATCH_SIZE)
            pair.chain.request("evm_revert", snapshot)
    return gas


def main() -> int:
    """Print the table. Return 1 if a figure is above its ceiling."""
    sys.path.append(str(ROOT / "tools" / "build"))
    from build_abi import compiled_contracts  # noqa: PLC0415 - found by the line above

    with london_anvil() as chain:
        v3, v1 = measure_v3(chain, compiled_contracts()), measure_v1(chain)
    missed = 0
    print(f"{'':44}{'v3':>9}{'ceiling':>11}{'room':>8}{'v1':>9}")
    for name, gas in v3.items():
        ceiling = CEILINGS_GAS.get(name)
        if name in BATCHED:
            saving = v3[BATCHED[name]] - BATCH_SAVING_GAS
            ceiling = saving if ceiling is None else min(ceiling, saving)
        room = "" if ceiling is None else ceiling - gas
        missed += ceiling is not None and gas > ceiling
        print(f"{name:44}{gas:9}{ceiling or '':>11}{room:>8}{v1.get(name, ''):>9}")
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
