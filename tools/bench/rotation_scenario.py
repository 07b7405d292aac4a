"""The gas of rotating the key of an account that holds one of everything.

A party with 3 ids, a service, 50 agreements and a node with 1,000 attached parties moves to a new
key by a signed request, as `identity rotate` sends it: alone, and with a controller. It is compared
to the same move of an account with only 3 ids and a node.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import gas_scenarios
from gas_scenarios import V3Pair, deploy, person

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eth_account.signers.local import LocalAccount
    from gas_scenarios import Chain, Deployed

LIMIT_GAS: Final = 200_000
ATTACHED: Final = 1_000
AGREEMENTS: Final = 50
IDS: Final = 3
_IN_ONE: Final = 100  # items of an import
_URL: Final = "https://node.example.com"
_SYMBOLS: Final = b"ABCDEFGHIJ"


def measure(chain: Chain, artifacts: dict[str, dict[str, Any]]) -> dict[str, int]:
    """Return the gas of each rotation. The chain is left unchanged."""
    snapshot = chain.request("evm_snapshot")
    try:
        return {
            "a key with everything": _rotation(chain, artifacts, ATTACHED, controlled=False),
            "the same, with a controller": _rotation(chain, artifacts, ATTACHED, controlled=True),
            "3 ids and a node without parties": _rotation(chain, artifacts, 0, controlled=False),
        }
    finally:
        chain.request("evm_revert", snapshot)


def _rotation(
    chain: Chain, artifacts: dict[str, dict[str, Any]], attached: int, *, controlled: bool
) -> int:
    account, new, cold = person("rotating"), person("its new key"), person("its controller")
    pair = _filled(chain, artifacts, account, attached)
    signer = account
    if controlled:
        acceptance = pair.acceptance(cold, account, "AcceptController")
        pair.direct(account, "setController", cold.address, acceptance)
        signer = cold
    values = pair.signed_by(signer, account, "moveAccount", new.address)
    acceptance = pair.acceptance(new, account, "AcceptAccount")
    return pair.send(pair.spender, "moveAccountRaw", *values, acceptance)


def _filled(
    chain: Chain, artifacts: dict[str, dict[str, Any]], account: LocalAccount, attached: int
) -> V3Pair:
    """Import everything that the account holds."""
    owner, deployer = person("owner").address, person("deployer of v3").address
    registry = deploy(chain, artifacts["Registry"], deployer, [owner, True])
    permissions = deploy(chain, artifacts["Permissions"], deployer, [registry.address, True])
    pair = V3Pair(chain, registry, permissions)

    def fill(contract: Deployed, function: str, items: Sequence[object]) -> None:
        for start in range(0, len(items), _IN_ONE):
            data = contract.calldata(function, [items[start : start + _IN_ONE]])
            receipt = gas_scenarios.send(chain, owner, contract.address, data)
            if receipt["status"] != "0x1":
                raise gas_scenarios.WriteFailedError(function)

    def party(who: str, country: bytes, number: int) -> tuple[object, ...]:
        hundreds, rest = divmod(number, 100)
        party_id = bytes(_SYMBOLS[digit] for digit in (hundreds, *divmod(rest, 10)))
        return who, country, party_id, [0], [], [], account.address, ""

    others = [f"0x{number:040x}" for number in range(1, attached + 1)]
    fill(registry, "importNodes", [(account.address, _URL)])
    fill(registry, "importParties", [party(account.address, b"FR", n) for n in range(IDS)])
    fill(registry, "importParties", [party(who, b"DE", n) for n, who in enumerate(others)])
    if attached:
        providers = [account.address, *others[:AGREEMENTS]]
        services = [(one, "Charging", "https://example.com", [1]) for one in providers]
        fill(permissions, "importServices", services)
        agreements = [(account.address, one, [1]) for one in others[:AGREEMENTS]]
        fill(permissions, "importAgreements", agreements)
    for contract in (registry, permissions):
        gas_scenarios.send(chain, owner, contract.address, contract.calldata("closeImport", []))
    return pair
