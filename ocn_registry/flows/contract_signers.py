"""Ask an account's contract whether a signature is the account's (ERC-1271), like our contracts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocn_registry.errors import BadAnswer, Reverted
from ocn_registry.evm.abi import Words, blob, fixed, join
from ocn_registry.evm.keccak import selector
from ocn_registry.protocol.effects import Call

if TYPE_CHECKING:
    from ocn_registry.dialects import Dialect
    from ocn_registry.models import Address
    from ocn_registry.protocol.effects import Flow

_VALID = "isValidSignature(bytes32,bytes)"
# The gas that the contracts give a wallet, plus a transaction's base cost. A wallet that uses more
# could keep the node from answering.
_LOOK_GAS, _BYTE_GAS = 250_000 + 21_000, 16


def refusal(
    dialect: Dialect, contract: Address, digest: bytes, signature: bytes
) -> Flow[str | None]:
    """Return how a contract refuses a signature, for messages; `None` if it accepts it.

    Args:
        dialect: The dialect of the deployment.
        contract: The account, whose code is the contract.
        digest: The 32 signed bytes.
        signature: The signature, of any length.
    """
    data = selector(_VALID) + join(fixed(digest), blob(signature))
    try:
        answer = yield from Call(
            contract,
            data,
            lambda returned: Words(returned).fixed(4),
            dialect.error_of,
            gas=_LOOK_GAS + _BYTE_GAS * len(data),
        )
    except Reverted as error:
        return str(error)
    except BadAnswer:
        return "its answer is not that of ERC-1271"
    return None if answer == selector(_VALID) else f"it answered 0x{answer.hex()}"
