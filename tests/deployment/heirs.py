"""A Safe and a timelock as published, and the actions of their owners."""

import json
import subprocess
from functools import cache
from pathlib import Path

from eth_abi import encode

from ocn_registry.evm.keccak import selector
from ocn_registry.models import ZERO_ADDRESS, Address

ROOT = Path(__file__).parents[2]
SAFE = ROOT / "node_modules/@gnosis.pm/safe-contracts/build/artifacts"
SETUP = "(address[],uint256,address,bytes,address,address,uint256,address)"
ONE_TRANSACTION = "address,uint256,bytes,uint8,uint256,uint256,uint256,address,address"
TIMELOCK = "@openzeppelin/contracts/governance/TimelockController.sol"
DELAY_S = 3600


def created(devnet, code, kinds=(), values=()):
    """Create a contract from its bytecode and the constructor's arguments."""
    data = "0x" + code.removeprefix("0x") + encode(kinds, values).hex()
    transaction = {"from": devnet.accounts[9].address, "data": data}
    return Address(devnet.request("eth_sendTransactionSync", transaction)["contractAddress"])


def safe_contract(devnet, path, kinds=(), values=()):
    """Create one of Safe's contracts."""
    artifact = json.loads((SAFE / "contracts" / f"{path}.json").read_text())
    return created(devnet, artifact["bytecode"], kinds, values)


@cache
def timelock_code():
    """Compile OpenZeppelin's timelock for London rules, with the compiler of our contracts."""
    question = {
        "language": "Solidity",
        "sources": {"Timelock.sol": {"content": f'import "{TIMELOCK}";'}},
        "settings": {
            "evmVersion": "london",
            "optimizer": {"enabled": True, "runs": 200},
            "outputSelection": {TIMELOCK: {"TimelockController": ["evm.bytecode.object"]}},
        },
    }
    roots = ["--base-path", ROOT, "--include-path", ROOT / "node_modules"]
    answer = subprocess.run(
        [ROOT / "tools" / "solc" / "solc-v0.8.30", "--standard-json", *roots],
        input=json.dumps(question),
        capture_output=True,
        text=True,
        check=True,
    )
    contract = json.loads(answer.stdout)["contracts"][TIMELOCK]["TimelockController"]
    return contract["evm"]["bytecode"]["object"]


def timelock(devnet, proposer, executor=ZERO_ADDRESS):
    """Deploy a timelock with a proposer and an executor (the zero address: anyone)."""
    kinds = ["uint256", "address[]", "address[]", "address"]
    values = [DELAY_S, [proposer], [executor], ZERO_ADDRESS]
    return created(devnet, timelock_code(), kinds, values)


def pass_time(devnet, seconds):
    devnet.request("evm_increaseTime", seconds)
    devnet.request("evm_mine")


def safe_of(devnet, owners):
    """Deploy a Safe 1.3.0 that needs two of these owners' signatures."""
    singleton = safe_contract(devnet, "GnosisSafe.sol/GnosisSafe")
    proxy = "proxies/GnosisSafeProxy.sol/GnosisSafeProxy"
    safe = safe_contract(devnet, proxy, ["address"], [singleton])
    values = ([owner.address for owner in owners], 2, ZERO_ADDRESS, b"", ZERO_ADDRESS)
    data = selector(f"setup{SETUP}") + encode(
        SETUP[1:-1].split(","), [*values, ZERO_ADDRESS, 0, ZERO_ADDRESS]
    )
    assert send(devnet, safe, data)["status"] == "0x1"
    return safe


def send(devnet, to, data):
    transaction = {"from": devnet.accounts[9].address, "to": to, "data": "0x" + data.hex()}
    return devnet.request("eth_sendTransactionSync", transaction)


def execute(devnet, safe, signers, text, nonce=0):
    """Execute the file, like the Safe's owners with the transaction builder."""
    (step,) = json.loads(text)["transactions"]
    data = bytes.fromhex(step["data"][2:])
    fields = [step["to"], int(step["value"]), data, 0, 0, 0, 0, ZERO_ADDRESS, ZERO_ADDRESS]
    kinds = ONE_TRANSACTION.split(",")
    ask = selector(f"getTransactionHash({ONE_TRANSACTION},uint256)")
    ask += encode([*kinds, "uint256"], [*fields, nonce])
    digest = devnet.request("eth_call", {"to": safe, "data": "0x" + ask.hex()}, "latest")
    signed = [bytes(one.unsafe_sign_hash(digest).signature) for one in signers]
    call = selector(f"execTransaction({ONE_TRANSACTION},bytes)")
    call += encode([*kinds, "bytes"], [*fields, b"".join(signed)])
    return send(devnet, safe, call)
