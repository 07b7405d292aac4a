"""A Safe 1.3.0 on a development chain, from the published package, and its owners' actions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coincurve import PrivateKey

from ocn_registry.evm import abi
from ocn_registry.evm.keccak import keccak256, selector
from ocn_registry.models import ZERO_ADDRESS, Address

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[2]
SAFE = ROOT / "node_modules/@gnosis.pm/safe-contracts/build/artifacts/contracts"
SETUP = "setup(address[],uint256,address,bytes,address,address,uint256,address)"
ONE_TRANSACTION = "address,uint256,bytes,uint8,uint256,uint256,uint256,address,address"
OWNERS, THRESHOLD = 3, 2


class SafeRefusedError(Exception):
    """The Safe did not do what its owners signed."""


def create(ask: Callable[..., Any], payer: Address) -> Address:
    """Deploy a Safe; two of its three owners must sign.

    Args:
        ask: Sends a request to the chain, which mines a block for each transaction.
        payer: The development account that pays.
    """
    singleton = _create(ask, payer, "GnosisSafe.sol/GnosisSafe", b"")
    proxy = "proxies/GnosisSafeProxy.sol/GnosisSafeProxy"
    safe = _create(ask, payer, proxy, abi.address(singleton))
    nobody = abi.address(ZERO_ADDRESS)
    owners = abi.items([abi.address(_address(key)) for key in _keys()])
    rest = (nobody, abi.blob(b""), nobody, nobody, abi.uint(0), nobody)
    data = selector(SETUP) + abi.join(owners, abi.uint(THRESHOLD), *rest)
    sent = {"from": payer, "to": safe, "data": "0x" + data.hex()}
    if ask("eth_sendTransactionSync", sent)["status"] != "0x1":
        raise SafeRefusedError("the Safe can't be set up")
    return safe


def execution(ask: Callable[..., Any], safe: Address, text: str) -> str:
    """Return the calldata for a transaction builder's file, signed by the owners.

    Args:
        ask: Asks the chain.
        safe: Address of the Safe.
        text: The content of the file.
    """
    content = json.loads(text)
    (step,) = content["transactions"]
    nobody = abi.address(ZERO_ADDRESS)
    fields = (
        abi.address(step["to"]),
        abi.uint(int(step["value"])),
        abi.blob(bytes.fromhex(step["data"][2:])),
        *(abi.uint(0) for _ in range(4)),
        nobody,
        nobody,
    )
    nonce = bytes.fromhex(_call(ask, safe, selector("nonce()"))[2:])
    question = selector(f"getTransactionHash({ONE_TRANSACTION},uint256)")
    digest = bytes.fromhex(_call(ask, safe, question + abi.join(*fields, nonce))[2:])
    signatures = b"".join(_signed(key, digest) for key in _keys()[:THRESHOLD])
    call = selector(f"execTransaction({ONE_TRANSACTION},bytes)")
    return "0x" + (call + abi.join(*fields, abi.blob(signatures))).hex()


def _call(ask: Callable[..., Any], to: Address, data: bytes) -> str:
    return str(ask("eth_call", {"to": to, "data": "0x" + data.hex()}, "latest"))


def _create(ask: Callable[..., Any], payer: Address, path: str, arguments: bytes) -> Address:
    artifact = json.loads((SAFE / f"{path}.json").read_text())
    data = artifact["bytecode"] + arguments.hex()
    receipt = ask("eth_sendTransactionSync", {"from": payer, "data": data})
    return Address(receipt["contractAddress"])


def _keys() -> list[PrivateKey]:
    """Return the owners' keys sorted by address: the Safe expects signatures in this order."""
    keys = [PrivateKey(keccak256(b"safe owner %d" % index)) for index in range(OWNERS)]
    return sorted(keys, key=lambda key: int(_address(key), 16))


def _address(key: PrivateKey) -> Address:
    return Address.from_bytes(keccak256(key.public_key.format(compressed=False)[1:])[12:])


def _signed(key: PrivateKey, digest: bytes) -> bytes:
    signature = key.sign_recoverable(digest, hasher=None)
    return signature[:64] + bytes([27 + signature[64]])
