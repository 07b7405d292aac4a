"""What the migration of a large registry takes: transactions, gas, and the cost at 100 wei.

    python scripts/rehearsal_numbers.py           200 nodes, 5,000 parties, 100 services, 1,000
                                                  agreements; some minutes
    python scripts/rehearsal_numbers.py --tenth   a tenth of each

One Anvil of London rules with Volta's chain id and blocks of 8,000,000 gas, and on it v1's
published bytecode and new contracts that take imports. The exit status is 1 when a party costs more
than 80,000 gas, or anything differs at the end.
"""

from __future__ import annotations

import argparse
import sys
import time
from itertools import pairwise
from typing import TYPE_CHECKING, cast

from ocn_registry import KeySigner, connect, migration
from ocn_registry.anvil import DevnetError
from ocn_registry.devnet import Devnet
from ocn_registry.dialects import words
from ocn_registry.keccak import keccak256, selector
from ocn_registry.models import Address

if TYPE_CHECKING:
    from ocn_registry.outcomes import Outcome

BLOCK_GAS = 8_000_000
PARTY_GAS = 80_000
PRICE_WEI = 100
VOLTA = 73799
SIZES = (200, 5_000, 100, 1_000)
SYMBOLS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
KINDS = {
    "ImportNodes": "nodes",
    "ImportParties": "parties",
    "ImportServices": "services",
    "ImportAgreements": "agreements",
}


def person(index: int) -> Address:
    """Give the address of a person."""
    return Address.from_bytes(keccak256(b"rehearsal %d" % index)[:20])


def party_id(index: int) -> bytes:
    """Give a party id of a country."""
    first, rest = divmod(index, len(SYMBOLS) ** 2)
    second, third = divmod(rest, len(SYMBOLS))
    return (SYMBOLS[first] + SYMBOLS[second] + SYMBOLS[third]).encode()


def fill(devnet: Devnet, nodes: int, parties: int, services: int, agreements: int) -> None:
    """Fill v1's contracts by their own functions."""
    here = devnet.v1_deployment()
    devnet.request("anvil_autoImpersonateAccount", True)  # noqa: FBT003 - JSON-RPC

    def send(sender: Address, to: Address, signature: str, *arguments: bytes | words.Tail) -> None:
        data = selector(signature) + words.join(*arguments)
        sent = {"from": sender, "to": to, "data": "0x" + data.hex(), "gas": hex(1_500_000)}
        receipt = cast("dict[str, str]", devnet.request("eth_sendTransactionSync", sent))
        if receipt["status"] != "0x1":
            raise DevnetError(f"{signature} of {sender} failed")

    for index in range(max(nodes, parties)):
        devnet.request("anvil_setBalance", person(index), hex(10**18))
    for index in range(nodes):
        url = words.text(f"https://node{index}.example.org")
        send(person(index), here.registry, "setNode(string)", url)
    for index in range(parties):
        send(
            person(index),
            here.registry,
            "setParty(bytes2,bytes3,uint8[],address)",
            words.fixed(b"DE"),
            words.fixed(party_id(index)),
            words.uints([index % 7]),
            words.address(person(index % nodes)),
        )
    for index in range(0, parties, 5):
        modules = (words.uints([0, 3, 4]), words.uints([2, 6]))
        send(person(index), here.registry, "setPartyModules(uint8[],uint8[])", *modules)
    for index in range(services):
        send(
            person(index),
            here.permissions,
            "setService(string,string,uint256[])",
            words.text(f"Service number {index}"),
            words.text(f"https://s{index}.example.org"),
            words.uints([1, 5, 9]),
        )
    for index in range(agreements):
        user, provider = person(parties - 1 - index // 2), person((index * 7) % services)
        to = here.permissions
        send(user, to, "createAgreement(address)", words.address(provider))
    devnet.request("anvil_autoImpersonateAccount", False)  # noqa: FBT003 - JSON-RPC


def told(outcomes: tuple[Outcome, ...]) -> dict[str, list[Outcome]]:
    """Sort transactions by what they imported."""
    found: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        name = type(outcome.items[0].intent).__name__
        found.setdefault(KINDS.get(name, "closing"), []).append(outcome)
    return found


def main() -> int:
    """Fill, migrate, and print the figures; 1 when one of them is not as promised."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--tenth", action="store_true", help="a tenth of each")
    nodes, parties, services, agreements = [
        size // (10 if parser.parse_args().tenth else 1) for size in SIZES
    ]
    times = [time.monotonic()]
    with Devnet(
        with_v1=True, import_open=True, block_gas_limit=BLOCK_GAS, chain_id=VOLTA
    ) as devnet:
        fill(devnet, nodes, parties, services, agreements)
        times.append(time.monotonic())
        owner = KeySigner.from_key(devnet.accounts[0].private_key)
        with connect(devnet.v1_deployment()) as old:
            taken = migration.snapshot(old)
        times.append(time.monotonic())
        with connect(devnet.deployment()) as new:
            plan = migration.plan_for(new, taken)
            outcomes = migration.import_into(new, plan, signer=owner, max_gas=BLOCK_GAS)
            times.append(time.monotonic())
            different = migration.differences(new, plan)
            outcomes += migration.close_import(new, plan, signer=owner)
            times.append(time.monotonic())
    counts = {
        "nodes": len(plan.nodes),
        "parties": len(plan.parties),
        "services": len(plan.services),
        "agreements": len(plan.agreements),
    }
    print("| what | entries | transactions | gas | gas of an entry | most gas of one |")
    print("|---|--:|--:|--:|--:|--:|")
    each = 0
    for kind, some in told(outcomes).items():
        gas, count = sum(outcome.gas_used for outcome in some), counts.get(kind, len(some))
        each = gas // count if kind == "parties" else each
        most = max(outcome.gas_used for outcome in some)
        print(f"| {kind} | {count:,} | {len(some)} | {gas:,} | {gas // count:,} | {most:,} |")
    gas = sum(outcome.gas_used for outcome in outcomes)
    print(f"| all | {sum(counts.values()):,} | {len(outcomes)} | {gas:,} | | |")
    spent = [f"{end - start:.1f} s" for start, end in pairwise(times)]
    print(f"\nCost at {PRICE_WEI} wei per gas: {gas * PRICE_WEI:,} wei (10^18 are 1 EWT).")
    print(f"Filled in {spent[0]}, snapshot {spent[1]}, import {spent[2]}, compared {spent[3]}.")
    print(f"Left out: {len(plan.left_out)}. Different at the end: {len(different)}.")
    whole = tuple(counts.values()) == (nodes, parties, services, agreements)
    return int(not whole or each > PARTY_GAS or bool(different))


if __name__ == "__main__":
    sys.exit(main())
