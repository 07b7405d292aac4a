"""A Safe 1.3.0, the version deployed on Energy Web's chains, from its published package."""

import json
from pathlib import Path

from eth_abi import encode
from eth_account.messages import encode_typed_data

from ocn_registry.evm.keccak import selector
from ocn_registry.models import ZERO_ADDRESS, Address

SAFE = Path(__file__).parents[2] / "node_modules/@gnosis.pm/safe-contracts/build/artifacts"
_SETUP = "(address[],uint256,address,bytes,address,address,uint256,address)"


def created(devnet, path, kinds=(), values=()):
    """Deploy a published Safe contract, and return its address."""
    artifact = json.loads((SAFE / "contracts" / f"{path}.json").read_text())
    data = artifact["bytecode"] + encode(kinds, values).hex()
    receipt = devnet.request(
        "eth_sendTransactionSync", {"from": devnet.accounts[9].address, "data": data}
    )
    return Address(receipt["contractAddress"])


def new_safe(devnet, owners, threshold):
    """Deploy a Safe that needs this number of owners' signatures."""
    singleton = created(devnet, "GnosisSafe.sol/GnosisSafe")
    handler = created(
        devnet, "handler/CompatibilityFallbackHandler.sol/CompatibilityFallbackHandler"
    )
    safe = created(devnet, "proxies/GnosisSafeProxy.sol/GnosisSafeProxy", ["address"], [singleton])
    values = ([owner.address for owner in owners], threshold, ZERO_ADDRESS, b"", handler)
    data = selector(f"setup{_SETUP}") + encode(
        _SETUP[1:-1].split(","), [*values, ZERO_ADDRESS, 0, ZERO_ADDRESS]
    )
    transaction = {"from": devnet.accounts[9].address, "to": safe, "data": "0x" + data.hex()}
    assert devnet.request("eth_sendTransactionSync", transaction)["status"] == "0x1"
    return safe


def signature_of(safe, digest, owners):
    """Sign like the Safe's owners: the Safe's message around the digest, sorted by address."""
    typed = encode_typed_data(
        {"chainId": 31337, "verifyingContract": safe},
        {"SafeMessage": [{"name": "message", "type": "bytes"}]},
        {"message": digest},
    )
    in_order = sorted(owners, key=lambda owner: int(owner.address, 16))
    return b"".join(bytes(owner.sign_message(typed).signature) for owner in in_order)
