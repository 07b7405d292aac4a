"""Measure a registry for a whole continent: the cost of writes, and which views still answer.

    python tools/bench/scale.py           20,000 parties, 1,000 nodes, 1,000 services; a few minutes
    python tools/bench/scale.py --note    ... and the result in docs/scale-figures.md

It runs on Anvil with London rules. Nine of ten parties are imported, 100 in a transaction. The
others list themselves: half of them directly, half by signed requests, 50 in a `tryMulticall`.
Initial costs are those of a registry with 8 parties, 16 nodes and 6 services.
"""

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
NOTE = ROOT / "docs" / "scale-figures.md"
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "property")]

import scale_lists as lists  # noqa: E402 - beside this script
from coincurve import PrivateKey  # noqa: E402
from histories.chain import (  # type: ignore[import-not-found]  # noqa: E402 - what tests share
    CHAIN_ID,
    Chain,
    RpcError,
    Transaction,
)
from histories.people import digest  # type: ignore[import-not-found]  # noqa: E402

from ocn_registry.deploy.artifacts import artifact  # noqa: E402
from ocn_registry.deploy.devnet import ACCOUNTS  # noqa: E402
from ocn_registry.evm.keccak import keccak256  # noqa: E402
from ocn_registry.models import Address  # noqa: E402
from ocn_registry.testing.codec import encode  # noqa: E402
from ocn_registry.testing.model import Call, SignedFields  # noqa: E402
from ocn_registry.testing.wire import ContractInterface  # noqa: E402

OWNER = ACCOUNTS[0].address
CALL_GAS = 50_000_000
FAR = 2**256 - 1
# The number of zero bytes in a signature varies, and each is 12 gas cheaper than another byte.
SIGNATURE_GAS = 60
BIG = (20_000, 1_000, 1_000)
# The same remainders by six and by eight as the big one: six ids share a slot, and eight nodes.
SMALL = (8, 16, 6)
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
SYMBOLS = LETTERS + "0123456789"

INTERFACES = {name: ContractInterface(name) for name in ("Registry", "Permissions")}


def key(index: int) -> PrivateKey:
    """Return the key of a person."""
    return PrivateKey(keccak256(b"scale %d" % index))


def address(index: int) -> Address:
    """Return the address of a person."""
    return address_of(key(index))


def address_of(private_key: PrivateKey) -> Address:
    """Return the address of a key."""
    public = private_key.public_key.format(compressed=False)
    return Address.from_bytes(keccak256(public[1:])[12:])


def identity(index: int) -> tuple[str, str]:
    """Return the id of a party, country by country."""
    country, rest = divmod(index, len(SYMBOLS) ** 3)
    first, rest = divmod(rest, len(SYMBOLS) ** 2)
    second, third = divmod(rest, len(SYMBOLS))
    return "A" + LETTERS[country], SYMBOLS[first] + SYMBOLS[second] + SYMBOLS[third]


class WriteFailedError(Exception):
    """A write had no effect, so the measurement is meaningless."""


@dataclass
class Registered:
    """Both contracts, filled and with the import closed."""

    chain: Chain
    parties: int
    nodes: int
    services: int
    addresses: dict[str, Address] = field(default_factory=dict)
    people: list[Address] = field(default_factory=list)
    largest_list: int = 0

    def __post_init__(self) -> None:
        """Deploy the contracts, and fill them."""
        self.people = [address(index) for index in range(self.parties + 100)]
        self.addresses["Registry"] = self._create("Registry", OWNER)
        self.addresses["Permissions"] = self._create("Permissions", self.addresses["Registry"])
        imported = self.parties * 9 // 10 if self.parties > SMALL[0] else self.parties
        self._import("Registry", "importNodes", [self._node(n) for n in range(self.nodes)])
        self._import("Registry", "importParties", [self._party(n) for n in range(imported)])
        services = [(self.people[n], "Charging", "", (1, 2)) for n in range(self.services)]
        self._import("Permissions", "importServices", services)
        for name in self.addresses:
            self.send(name, OWNER, Call("closeImport"))
        half = (self.parties - imported) // 2
        for start in range(imported, imported + half, 50):
            self._list_directly(range(start, min(start + 50, imported + half)))
        for start in range(imported + half, self.parties, 50):
            self._list_signed(range(start, min(start + 50, self.parties)))
        if self.ask("Registry", Call("partyCount")) != self.parties:
            raise WriteFailedError("not all parties are listed")

    def _create(self, name: str, first: Address) -> Address:
        code = artifact("v3", name).bytecode + encode("(address,bool)", (first, True))
        created = self.mine([Transaction(OWNER, None, code)])[0].created
        return Address(created)

    def _node(self, index: int) -> tuple[Address, str]:
        return self.people[index], f"https://node-{index:05}.example"

    def _party(self, index: int) -> tuple[Any, ...]:
        operator = self.people[index % self.nodes]
        return self.people[index], *identity(index), (0, 1), (), (), operator, ""

    def _import(self, name: str, function: str, items: list[Any]) -> None:
        calls = [Call(function, (items[n : n + 100],)) for n in range(0, len(items), 100)]
        for start in range(0, len(calls), 10):
            self.send_all([(name, OWNER, call) for call in calls[start : start + 10]])

    def _list_directly(self, indexes: range) -> None:
        self.fund(*[self.people[index] for index in indexes])
        self.send_all(
            [
                (
                    "Registry",
                    self.people[index],
                    Call("setParty", (*self._party(index)[1:4], *self._operator(index))),
                )
                for index in indexes
            ]
        )

    def _operator(self, index: int) -> tuple[Address]:
        return (self.people[index % self.nodes],)

    def _list_signed(self, indexes: range) -> None:
        items = tuple(self.signed(index) for index in indexes)
        self.send("Registry", OWNER, Call("tryMulticall", (items,)))

    def signed(self, index: int) -> Call:
        """Return the signed request with which a party lists itself."""
        values = (self.people[index], *self._party(index)[1:4], *self._operator(index), 0, FAR)
        fields = SignedFields(
            name="OCN Registry",
            chain_id=CHAIN_ID,
            contract=self.addresses["Registry"],
            primary_type="SetParty",
            values=values,
        )
        signature = key(index).sign_recoverable(digest(fields), hasher=None)
        return Call("setPartyRaw", (*values, signature[:64] + bytes([27 + signature[64]])))

    def acceptance(self, kind: str, accepting: PrivateKey, account: Address) -> tuple[Any, ...]:
        """Return the acceptance that a new key or a controller signs."""
        values = (address_of(accepting), account, 0, FAR)
        fields = SignedFields(
            name="OCN Registry",
            chain_id=CHAIN_ID,
            contract=self.addresses["Registry"],
            primary_type=kind,
            values=values,
        )
        signature = accepting.sign_recoverable(digest(fields), hasher=None)
        return (*values[2:], signature[:64] + bytes([27 + signature[64]]))

    def fund(self, *accounts: Address) -> None:
        """Fund an account for transactions."""
        self.chain.batch(*[("anvil_setBalance", account, hex(10**20)) for account in accounts])

    def mine(self, transactions: list[Transaction]) -> list[Any]:
        """Mine transactions in one block. All must succeed."""
        mined: list[Any] = self.chain.mine(transactions, self.chain.time + 1, [])[0]
        failed = [one.output.hex() for one in mined if not one.succeeded]
        if failed:
            raise WriteFailedError(failed)
        return mined

    def send_all(self, calls: list[tuple[str, Address, Call]]) -> list[int]:
        """Mine calls in one block, and return the gas of each."""
        mined = self.mine(
            [
                Transaction(sender, self.addresses[name], INTERFACES[name].calldata(call))
                for name, sender, call in calls
            ]
        )
        return [one.gas_used for one in mined]

    def send(self, name: str, sender: Address, call: Call) -> int:
        """Mine one call in a block, and return its gas."""
        return self.send_all([(name, sender, call)])[0]

    def ask(self, name: str, call: Call, gas: int = CALL_GAS) -> Any:  # noqa: ANN401 - what it returns
        """Call a view; raise `RpcError` if it needs more gas."""
        data = "0x" + INTERFACES[name].calldata(call).hex()
        question = {"to": self.addresses[name], "data": data, "gas": hex(gas)}
        answer = self.chain.request("eth_call", question, "latest")
        return INTERFACES[name].result_of(call, bytes.fromhex(answer[2:]))


def writes(registered: Registered) -> dict[str, int]:
    """Return the cost of each kind of write, with the same accounts, texts and ids at any size."""
    registry, permissions = "Registry", "Permissions"
    new = [Address.from_bytes(keccak256(b"newcomer %d" % index)[:20]) for index in range(6)]
    one, two, three, *_ = new
    people = registered.people
    registered.fund(*new, *people[:6])
    middle = people[2]
    operator, other_operator = people[:2]
    cold, fresh, other_fresh = [PrivateKey(keccak256(b"fresh key %d" % n)) for n in range(3)]

    def moved(account: Address, new: PrivateKey) -> Call:
        acceptance = registered.acceptance("AcceptAccount", new, account)
        return Call("moveAccount", (address_of(new), acceptance))

    def signed(index: int) -> Call:
        # After those that run nodes, even if they outnumber the parties.
        return registered.signed(registered.parties + SMALL[1] + index)

    steps: list[tuple[str, str, Address, Call]] = [
        ("setNode", registry, one, Call("setNode", ("https://new.example",))),
        ("setNode, new URL", registry, one, Call("setNode", ("https://newer.example",))),
        ("setParty", registry, one, Call("setParty", ("ZZ", "ONE", (0,), operator))),
        ("setParty, other operator", registry, one, Call("setParty", ("ZZ", "ONE", (0,), one))),
        ("setPartyModules", registry, one, Call("setPartyModules", ((0, 1), (2,)))),
        ("setParty, further id", registry, one, Call("setParty", ("ZZ", "TWO", (0,), one))),
        (
            *("setPartyWebsite", registry, one),
            Call("setPartyWebsite", ("ZZ", "TWO", "https://www.new.example")),
        ),
        ("setPartyRaw", registry, OWNER, signed(0)),
        ("setParty, second", registry, two, Call("setParty", ("ZZ", "TRI", (0,), operator))),
        ("setService", permissions, one, Call("setService", ("Charging", "", (3,)))),
        ("setService, permissions", permissions, one, Call("setService", ("Charging", "", (4,)))),
        ("createAgreement", permissions, two, Call("createAgreement", (one,))),
        ("createAgreement, second", permissions, two, Call("createAgreement", (people[0],))),
        ("revokeAgreement", permissions, two, Call("revokeAgreement", (one,))),
        ("deleteService of another", permissions, middle, Call("deleteService")),
        ("deleteParty, not the last", registry, middle, Call("deleteParty")),
        ("deleteNode, not the last", registry, middle, Call("deleteNode")),
        ("adminDeleteParty", registry, OWNER, Call("adminDeleteParty", identity(3))),
        (
            *("adminReserveParty, held by another", registry, OWNER),
            Call("adminReserveParty", (*identity(4), three)),
        ),
        ("adminDeleteOperator", registry, OWNER, Call("adminDeleteOperator", (people[3],))),
        ("invalidateNonce", registry, three, Call("invalidateNonce", (7,))),
        ("moveAccount, two ids and a node", registry, one, moved(one, fresh)),
        ("moveAccount, an operator", registry, other_operator, moved(other_operator, other_fresh)),
        (
            *("setController", registry, two),
            Call(
                "setController",
                (address_of(cold), registered.acceptance("AcceptController", cold, two)),
            ),
        ),
    ]
    return {name: registered.send(contract, who, call) for name, contract, who, call in steps}


def pages(registered: Registered, size: int) -> list[tuple[str, int, int, float]]:
    """Read all pages of all lists. Return entries, gas of the most expensive page, and seconds."""
    found = []
    for name, view, count in (
        ("Registry", "nodes", registered.nodes),
        ("Registry", "parties", registered.parties),
        ("Permissions", "services", registered.services),
    ):
        start = time.monotonic()
        read = [registered.ask(name, Call(view, (n, size))) for n in range(0, count, size)]
        seconds = time.monotonic() - start
        ends = (0, max(0, count - size))
        gas = max(gas_of(registered, name, Call(view, (end, size))) for end in ends)
        found.append((view, sum(map(len, read)), gas, seconds))
    return found


def gas_of(registered: Registered, name: str, call: Call) -> int:
    """Return the least gas with which a view answers."""
    return least(lambda gas: answers(registered.ask, name, call, gas), 21_000, 900_000_000)


def least(good: Callable[[int], bool], low: int, high: int) -> int:
    """Find the smallest number that passes, to within a thousandth."""
    while high - low > max(1, low // 1000):
        middle = (low + high) // 2
        low, high = (low, middle) if good(middle) else (middle, high)
    return high


def answers(function: Callable[..., object], *arguments: object) -> bool:
    """Return whether a call answers."""
    try:
        function(*arguments)
    except RpcError:
        return False
    return True


def main() -> int:
    """Fill a registry, measure, and print the tables. Return 1 if a write costs more at the end."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--note", action="store_true", help=f"write {NOTE.relative_to(ROOT)}")
    options = parser.parse_args()
    chain = Chain()
    try:
        small = Registered(chain, *SMALL)
        start = time.monotonic()
        big = Registered(chain, *BIG)
        filled = f"Filled in {time.monotonic() - start:.0f} s."
        reads = [(size, *row) for size in (100, 500) for row in pages(big, size)]
        providers_gas = gas_of(big, "Permissions", Call("getProviders"))
        before, after = writes(small), writes(big)
        limits = lists.limits(chain, big.services, providers_gas)
    finally:
        chain.close()
    text = report(before, after, reads, limits)
    print(filled, text, sep="\n\n")
    if options.note:
        NOTE.parent.mkdir(exist_ok=True)
        # The section on the cache is written by scale_cache.py.
        _, title, cache = NOTE.read_text().partition("\n## A cache of a large registry\n")
        page = f"# Scale: measured figures\n\n{_written()} {filled}\n\n{text}\n"
        NOTE.write_text(page + title + cache)
    return int(any(after[name] > before[name] + SIGNATURE_GAS for name in before))


def _written() -> str:
    today = datetime.now(tz=UTC).date().isoformat()
    return (
        f"Written by `make scale` ({today}); `tools/bench/scale.py` describes how the figures are "
        "measured."
    )


def report(
    before: dict[str, int],
    after: dict[str, int],
    reads: list[tuple[int, str, int, int, float]],
    limits: list[tuple[str, str, str]],
) -> str:
    """Write the three tables."""
    parties, nodes, services = BIG
    rows = [
        f"| {name} | {gas:,} | {after[name]:,} | {after[name] - gas:+,} |"
        for name, gas in before.items()
    ]
    return "\n".join(
        [
            "## Gas of a write",
            "",
            f"At the beginning: {SMALL[0]} parties, {SMALL[1]} nodes, {SMALL[2]} services.",
            f"At the end: {parties:,}, {nodes:,} and {services:,}.",
            "",
            "| write | at the beginning | at the end | difference |",
            "|---|--:|--:|--:|",
            *rows,
            "",
            "## Pages",
            "",
            "| list | entries per page | entries | gas of a page | time for all pages |",
            "|---|--:|--:|--:|--:|",
            *[
                f"| `{view}` | {size} | {entries:,} | {gas:,} | {seconds:.2f} s |"
                for size, view, entries, gas, seconds in reads
            ],
            "",
            "## The longest lists that views without pages return in a call of 50,000,000 gas",
            "",
            "| view | v1's published bytecode | ours |",
            "|---|--:|--:|",
            *[f"| `{view}` | {v1} | {ours} |" for view, v1, ours in limits],
            "",
            "Found by binary search on the chain. *About* marks a value that is extrapolated",
            "from the services above.",
            "Views with pages work at any length.",
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
