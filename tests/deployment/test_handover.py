"""The registry goes to a Safe or to a key in two steps, and each step is checked."""

import json
from pathlib import Path

import pytest
from eth_abi import encode
from eth_account import Account

from ocn_registry import KeySigner
from ocn_registry.effects import run
from ocn_registry.errors import InvalidInput
from ocn_registry.flows.writes import WriteOptions
from ocn_registry.handover import NotHandedOver, accept, accepted, offer, safe_file
from ocn_registry.keccak import selector
from ocn_registry.models import ZERO_ADDRESS, Address

SAFE = Path(__file__).parents[2] / "node_modules/@gnosis.pm/safe-contracts/build/artifacts"
SETUP = "(address[],uint256,address,bytes,address,address,uint256,address)"
ONE_TRANSACTION = "address,uint256,bytes,uint8,uint256,uint256,uint256,address,address"
OPTIONS = WriteOptions()


@pytest.fixture
def create(fresh):
    def create(path, kinds=(), values=()):
        artifact = json.loads((SAFE / "contracts" / f"{path}.json").read_text())
        data = artifact["bytecode"] + encode(kinds, values).hex()
        transaction = {"from": fresh.accounts[9].address, "data": data}
        return Address(fresh.request("eth_sendTransactionSync", transaction)["contractAddress"])

    return create


@pytest.fixture
def safe_owners():
    return sorted((Account.create() for _ in range(3)), key=lambda one: int(one.address, 16))


@pytest.fixture
def safe(create, fresh, safe_owners):
    """Make a Safe 1.3.0; two of three sign."""
    singleton = create("GnosisSafe.sol/GnosisSafe")
    safe = create("proxies/GnosisSafeProxy.sol/GnosisSafeProxy", ["address"], [singleton])
    values = ([owner.address for owner in safe_owners], 2, ZERO_ADDRESS, b"", ZERO_ADDRESS)
    data = selector(f"setup{SETUP}") + encode(
        SETUP[1:-1].split(","), [*values, ZERO_ADDRESS, 0, ZERO_ADDRESS]
    )
    assert send(fresh, safe, data)["status"] == "0x1"
    return safe


def send(devnet, to, data):
    transaction = {"from": devnet.accounts[9].address, "to": to, "data": "0x" + data.hex()}
    return devnet.request("eth_sendTransactionSync", transaction)


def execute(devnet, safe, signers, text):
    """Do what the file says, as the Safe's owners do with the transaction builder."""
    (step,) = json.loads(text)["transactions"]
    data = bytes.fromhex(step["data"][2:])
    fields = [step["to"], int(step["value"]), data, 0, 0, 0, 0, ZERO_ADDRESS, ZERO_ADDRESS]
    kinds = ONE_TRANSACTION.split(",")
    ask = selector(f"getTransactionHash({ONE_TRANSACTION},uint256)")
    ask += encode([*kinds, "uint256"], [*fields, 0])
    digest = devnet.request("eth_call", {"to": safe, "data": "0x" + ask.hex()}, "latest")
    signed = [bytes(one.unsafe_sign_hash(digest).signature) for one in signers]
    call = selector(f"execTransaction({ONE_TRANSACTION},bytes)")
    call += encode([*kinds, "bytes"], [*fields, b"".join(signed)])
    return send(devnet, safe, call)


@pytest.fixture
def owner(fresh):
    return KeySigner.from_key(fresh.accounts[0].private_key)


@pytest.fixture
def deployment(fresh):
    return fresh.deployment()


def test_safe_accepts_by_the_file(fresh, transport, deployment, owner, safe, safe_owners):
    run(offer(deployment, safe, owner, OPTIONS), transport.perform)
    with pytest.raises(NotHandedOver, match="offered to"):
        run(accepted(deployment, safe), transport.perform)
    text = run(safe_file(deployment, safe), transport.perform)
    content = json.loads(text)
    assert (content["version"], content["chainId"]) == ("1.0", "73799")
    assert content["transactions"][0]["to"] == deployment.registry
    assert execute(fresh, safe, safe_owners[:2], text)["status"] == "0x1"
    run(accepted(deployment, safe), transport.perform)


def test_key_accepts_when_that_was_allowed(fresh, transport, deployment, owner):
    heir = KeySigner.from_key(fresh.accounts[1].private_key)
    with pytest.raises(InvalidInput, match="no code"):
        run(offer(deployment, heir.address, owner, OPTIONS), transport.perform)
    with pytest.raises(NotHandedOver, match="offer it first"):
        run(accept(deployment, heir, OPTIONS), transport.perform)
    run(offer(deployment, heir.address, owner, OPTIONS, without_code=True), transport.perform)
    run(accept(deployment, heir, OPTIONS), transport.perform)
    run(accepted(deployment, heir.address), transport.perform)
    with pytest.raises(NotHandedOver, match="can't offer it"):
        run(offer(deployment, deployment.permissions, owner, OPTIONS), transport.perform)


def test_file_is_for_the_safe_that_it_was_offered_to(transport, deployment, owner, safe):
    with pytest.raises(NotHandedOver, match="offer it first"):
        run(safe_file(deployment, safe), transport.perform)
    run(offer(deployment, safe, owner, OPTIONS), transport.perform)
    with pytest.raises(NotHandedOver):
        run(safe_file(deployment, deployment.permissions), transport.perform)
