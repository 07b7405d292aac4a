"""Deployment arguments and their checks, and the bytecode on the chain."""

import pytest
from eth_abi.abi import encode
from eth_utils.address import to_checksum_address
from gas_scenarios import JsonRpcError, mined
from kit.contract import ZERO_ADDRESS, Contract, abi_type, event, plain
from kit.solidity import deploy as deploy_bytecode

CODE_LIMIT = 24_576
NEWER_THAN_LONDON = {
    0x49: "BLOBHASH",
    0x4A: "BLOBBASEFEE",
    0x5C: "TLOAD",
    0x5D: "TSTORE",
    0x5E: "MCOPY",
    0x5F: "PUSH0",
}
PUSH1, PUSH32 = 0x60, 0x7F
NAMES = ["Registry", "Permissions"]


@pytest.fixture
def created(rpc, artifacts, owner):
    """Deploy a contract in a call, and return its error."""

    def created(name, *arguments):
        found = artifacts[name]
        inputs = next(e["inputs"] for e in found["abi"] if e["type"] == "constructor")
        data = found["bytecode"] + encode([abi_type(i) for i in inputs], plain(arguments)).hex()
        try:
            rpc.request("eth_call", {"from": owner.address, "data": data}, "latest")
        except JsonRpcError as error:
            contract = Contract(rpc, ZERO_ADDRESS, found["abi"])
            return contract.reverted(bytes.fromhex(error.data[2:]))
        return None

    return created


def test_registry_needs_an_owner(created):
    error = created("Registry", ZERO_ADDRESS, False)

    assert (error.name, error.values) == ("OwnableInvalidOwner", (ZERO_ADDRESS,))


@pytest.mark.parametrize("address", [ZERO_ADDRESS, "0x" + "00" * 19 + "01", "0x" + "ab" * 20])
def test_permissions_need_a_registry_with_code(created, address):
    error = created("Permissions", address, False)

    expected = ("NotAContract", (to_checksum_address(address),))
    assert (error.name, error.values) == expected


def test_permissions_refuse_an_account(created, owner):
    error = created("Permissions", owner, False)

    assert (error.name, error.values) == ("NotAContract", (owner.address,))


@pytest.mark.parametrize("import_open", [True, False])
def test_valid_arguments_are_accepted(created, registry, cpo, import_open):
    assert created("Registry", cpo, import_open) is None
    assert created("Permissions", registry, import_open) is None


def test_owner_need_not_be_the_deployer(rpc, artifacts, stranger, cpo):
    registry = deploy_bytecode(rpc, artifacts["Registry"], stranger, cpo, False)

    assert registry.owner() == cpo.address


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("import_open", [True, False])
def test_open_import_is_announced(rpc, artifacts, registry, stranger, name, import_open):
    first = stranger if name == "Registry" else registry

    contract = deploy_bytecode(rpc, artifacts[name], stranger, first, import_open)

    logs = rpc.request("eth_getLogs", {"fromBlock": "0x0", "address": contract.address})
    announced = [contract._event(log) for log in logs]
    assert (event("ImportOpened") in announced) is import_open
    assert contract.importOpen() is import_open


@pytest.mark.parametrize("name", ["registry", "permissions"])
def test_nothing_is_payable(open_pair, stranger, rpc, name):
    contract = getattr(open_pair, name)
    writes = [e for e in contract.abi if e["type"] == "function"]
    assert writes

    for entry in writes:
        assert entry["stateMutability"] != "payable", entry["name"]
    assert not [e for e in contract.abi if e["type"] in {"receive", "fallback"}]
    plain_transfer = contract.send(b"", sender=stranger, value=1, check=False)
    assert plain_transfer.status == 0
    assert int(rpc.request("eth_getBalance", contract.address, "latest"), 16) == 0


def test_value_is_refused_by_each_write(open_pair, stranger):
    for contract in (open_pair.registry, open_pair.permissions):
        for name, function in contract.functions.items():
            if function.abi["stateMutability"] == "nonpayable":
                data = function.selector + bytes(32 * 8)
                receipt = contract.send(data, sender=stranger, value=1, check=False)
                assert (receipt.status, receipt.error.data) == (0, b""), name
                assert receipt.gas_used < 25_000, name  # refused at once


def test_unknown_function_is_refused(open_pair, stranger):
    for contract in (open_pair.registry, open_pair.permissions):
        for data in (b"", b"\x01", bytes.fromhex("deadbeef")):
            assert contract.send(data, sender=stranger, check=False).status == 0


@pytest.mark.parametrize("name", NAMES)
def test_code_is_within_the_limit(artifacts, name):
    size = len(bytes.fromhex(artifacts[name]["deployedBytecode"][2:]))

    assert size < CODE_LIMIT


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("key", ["bytecode", "deployedBytecode"])
def test_no_opcode_is_newer_than_london(artifacts, name, key):
    code = bytes.fromhex(artifacts[name][key][2:])
    code = code[: -2 - int.from_bytes(code[-2:], "big")]  # without the compiler's metadata

    found = set()
    at = 0
    while at < len(code):
        found.add(code[at])
        at += 1 + (code[at] - PUSH1 + 1 if PUSH1 <= code[at] <= PUSH32 else 0)

    assert not {NEWER_THAN_LONDON[op] for op in found & set(NEWER_THAN_LONDON)}


def test_chain_has_london_rules(rpc, stranger):
    """Otherwise, these tests would run on a chain with other rules than Energy Web's."""
    with_push0 = {"from": stranger.address, "data": "0x5f5ff3", "gas": "0x100000"}
    receipt = mined(rpc, with_push0)

    assert receipt["status"] == "0x0"
