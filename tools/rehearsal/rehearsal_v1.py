"""Fill v1's published contracts on a development chain with awkward data, or with many entries.

Everything is written with the contracts' own functions, from impersonated accounts, and is the same
every time. The tests of the migration use it, too.
"""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from ocn_registry.evm import abi
from ocn_registry.evm.keccak import keccak256, selector
from ocn_registry.models import ZERO_ADDRESS, Address
from ocn_registry.signing import KeySigner

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ocn_registry.networks import Deployment

VOLTA = 73799  # the chain id of a similar chain
BLOCK_GAS = 8_000_000
URL = "https://node.example"
PEOPLE = (
    *("node", "shouting", "moved", "gone", "endless"),
    *("cpo", "emsp", "provider", "changer", "leaver", "stranded", "returned"),
    *("lower", "odd", "renamed"),
)
SYMBOLS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
_GAS = 1_500_000
_PRICE_WEI = 10**9
_TOGETHER = 500
_TIMEOUT_S = 120.0
_FAR_GAS_LIMIT = 2_000_000_000
# v, r, s that recover to the zero address.
_NOBODYS = (abi.uint(0), bytes(32), bytes(32))


class NotFilledError(Exception):
    """The chain rejects a transaction."""


class Write(NamedTuple):
    """A call of one of v1's contracts."""

    sender: Address
    contract: Address
    signature: str
    arguments: tuple[bytes | abi.Tail, ...] = ()


@dataclass(frozen=True)
class Crowd:
    """The number of entries of each kind."""

    nodes: int
    parties: int
    services: int
    agreements: int


class Filling:
    """v1's contracts, which any account can write to."""

    def __init__(self, rpc_url: str, deployment: Deployment) -> None:
        """Name the contracts' addresses and their chain."""
        self.registry = deployment.registry
        self.permissions = deployment.permissions
        host = rpc_url.removeprefix("http://")
        self._line = http.client.HTTPConnection(host, timeout=_TIMEOUT_S)

    def close(self) -> None:
        """Close the connection."""
        self._line.close()

    def ask(self, *requests: tuple[Any, ...]) -> list[Any]:
        """Send several requests in one."""
        body = [
            {"jsonrpc": "2.0", "id": place, "method": method, "params": params}
            for place, (method, *params) in enumerate(requests)
        ]
        headers = {"Content-Type": "application/json"}
        self._line.request("POST", "/", json.dumps(body), headers)
        answers = {one["id"]: one for one in json.loads(self._line.getresponse().read())}
        for answer in answers.values():
            if "error" in answer:
                raise NotFilledError(answer["error"])
        return [answers[place]["result"] for place in range(len(requests))]

    def fund(self, *accounts: Address) -> None:
        """Fund an account for transactions."""
        self.ask(*[("anvil_setBalance", account, hex(10**20)) for account in accounts])

    def one_by_one(self, writes: Sequence[Write]) -> None:
        """Mine each transaction in a block of its own."""
        self.ask(("anvil_autoImpersonateAccount", True))
        for write in writes:
            (receipt,) = self.ask(("eth_sendTransactionSync", _transaction(write, _PRICE_WEI)))
            _hold([write], [receipt])
        self.ask(("anvil_autoImpersonateAccount", False))

    def together(self, writes: Sequence[Write]) -> None:
        """Mine transactions in few large blocks, in this order; see `limit`."""
        self.limit(_FAR_GAS_LIMIT)
        self.ask(("anvil_autoImpersonateAccount", True), ("evm_setAutomine", False))
        for start in range(0, len(writes), _TOGETHER):
            some = writes[start : start + _TOGETHER]
            senders = list({write.sender: None for write in some})
            counts = self.ask(*[("eth_getTransactionCount", one, "latest") for one in senders])
            nonces = dict(zip(senders, [int(count, 16) for count in counts], strict=True))
            sends: list[tuple[str, dict[str, str]]] = []
            for place, write in enumerate(some):
                # Transactions in a block are ordered by price.
                fields = _transaction(write, _PRICE_WEI + len(some) - place)
                fields["nonce"] = hex(nonces[write.sender])
                nonces[write.sender] += 1
                sends.append(("eth_sendTransaction", fields))
            hashes = self.ask(*sends)
            self.ask(("evm_mine",))
            _hold(some, self.ask(*[("eth_getTransactionReceipt", one) for one in hashes]))
        self.ask(("evm_setAutomine", True), ("anvil_autoImpersonateAccount", False))

    def limit(self, block_gas: int) -> None:
        """Set the gas limit of blocks from now on."""
        self.ask(("evm_setBlockGasLimit", hex(block_gas)))
        self.ask(("evm_mine",))

    def node(self, who: Address, url: str) -> Write:
        """Set a node."""
        return Write(who, self.registry, "setNode(string)", (abi.text(url),))

    def party(self, who: Address, country: bytes, party: bytes, operator: Address) -> Write:
        """Set a party, with the role CPO."""
        arguments = (
            abi.fixed(country),
            abi.fixed(party),
            abi.uints([0]),
            abi.address(operator),
        )
        return Write(who, self.registry, "setParty(bytes2,bytes3,uint8[],address)", arguments)

    def modules(self, who: Address, sender: list[int], receiver: list[int]) -> Write:
        """Set the modules of a party."""
        arguments = (abi.uints(sender), abi.uints(receiver))
        return Write(who, self.registry, "setPartyModules(uint8[],uint8[])", arguments)

    def service(self, who: Address, name: bytes, url: str, permissions: list[int]) -> Write:
        """Set a service."""
        arguments = (abi.blob(name), abi.text(url), abi.uints(permissions))
        return Write(who, self.permissions, "setService(string,string,uint256[])", arguments)

    def agree(self, user: Address, provider: Address) -> Write:
        """Agree to a service."""
        arguments = (abi.address(provider),)
        return Write(user, self.permissions, "createAgreement(address)", arguments)

    def awkward(self) -> dict[str, KeySigner]:
        """Fill the contracts with every state that they allow, and return the accounts."""
        who = {name: _signer(name) for name in PEOPLE}
        self.fund(*[signer.address for signer in who.values()])
        at = {name: signer.address for name, signer in who.items()}
        self.one_by_one(
            [
                self.node(at["node"], URL),
                self.node(at["shouting"], "HTTPS://Shout.Example/"),
                self.node(at["moved"], "https://old.example"),
                self.node(at["moved"], "https://new.example"),
                self.node(at["gone"], "https://gone.example"),
                self.node(at["endless"], "https://" + "endless." * 40 + "example"),
                *self._parties(at),
                *self._nobodys(at["node"]),
                *self._services(at),
            ]
        )
        return who

    def _parties(self, at: dict[str, Address]) -> list[Write]:
        listed = [
            self.party(at[name], b"DE", party_id, at[operator])
            for name, party_id, operator in (
                ("cpo", b"CPO", "node"),
                ("emsp", b"EMS", "moved"),
                ("provider", b"SVC", "node"),
                ("changer", b"CHG", "shouting"),
                ("leaver", b"LEA", "node"),
                ("stranded", b"STR", "gone"),
                ("returned", b"RET", "node"),
            )
        ]
        return [
            *listed,
            self.modules(at["emsp"], [6], [0]),
            Write(at["gone"], self.registry, "deleteNode()"),
            Write(at["returned"], self.registry, "deleteParty()"),
            self.party(at["returned"], b"DE", b"RET", at["node"]),
            self.party(at["lower"], b"de", b"cpo", at["node"]),
            self.party(at["odd"], b"\xff\x00", b"\x1b[\x00", at["node"]),
            self.party(at["renamed"], b"DE", b"AAA", at["node"]),
            self.party(at["renamed"], b"DE", b"BBB", at["node"]),
        ]

    def _services(self, at: dict[str, Address]) -> list[Write]:
        revoke = "revokeAgreement(address)"
        return [
            self.service(at["provider"], b"Roaming", "https://s.example", [3, 1]),
            self.service(at["changer"], b"Changing", "", [1]),
            self.service(at["leaver"], b"Leaving", "", [1]),
            self.service(at["returned"], b"\xff\xfe", "", [2]),
            self.service(at["cpo"], b"line\nbreak", "", [7, 7]),
            self.service(at["stranded"], b"Query", "https://Query.Example/?id=1", [1]),
            *[
                self.agree(at[user], at[provider])
                for user in ("cpo", "emsp")
                for provider in ("provider", "changer", "leaver")
            ],
            self.agree(at["emsp"], at["cpo"]),
            self.agree(at["emsp"], at["stranded"]),
            Write(at["cpo"], self.permissions, revoke, (abi.address(at["provider"]),)),
            self.service(at["changer"], b"Changing", "", [1, 2]),
            self.agree(at["provider"], at["changer"]),
            Write(at["leaver"], self.permissions, "deleteService()"),
        ]

    def _nobodys(self, sender: Address) -> list[Write]:
        """List the zero address, by invalid signatures."""
        zero = abi.address(ZERO_ADDRESS)
        return [
            Write(
                sender,
                self.registry,
                "setNodeRaw(address,string,uint8,bytes32,bytes32)",
                (zero, abi.text("https://evil.example"), *_NOBODYS),
            ),
            Write(
                sender,
                self.registry,
                "setPartyRaw(address,bytes2,bytes3,uint8[],address,uint8,bytes32,bytes32)",
                (
                    zero,
                    abi.fixed(b"ZZ"),
                    abi.fixed(b"ZZZ"),
                    abi.uints([0]),
                    abi.address(sender),
                    *_NOBODYS,
                ),
            ),
            Write(
                sender,
                self.permissions,
                "setServiceRaw(string,string,uint256[],uint8,bytes32,bytes32)",
                (abi.text("all"), abi.text(""), abi.uints([0]), *_NOBODYS),
            ),
        ]

    def crowd(self, crowd: Crowd) -> None:
        """Fill the contracts with ordinary entries, in few large blocks; see `limit`."""
        people = [_person(index) for index in range(max(crowd.nodes, crowd.parties))]
        for start in range(0, len(people), _TOGETHER):
            self.fund(*people[start : start + _TOGETHER])
        self.together(
            [
                *[
                    self.node(people[index], f"https://node{index}.example.org")
                    for index in range(crowd.nodes)
                ],
                *[
                    self.party(people[index], b"NO", _party_id(index), people[index % crowd.nodes])
                    for index in range(crowd.parties)
                ],
                *[
                    self.modules(people[index], [0, 3, 4], [2, 6])
                    for index in range(0, crowd.parties, 5)
                ],
                *[
                    self.service(
                        people[index],
                        b"Service number %d" % index,
                        f"https://s{index}.example.org",
                        [1, 5, 9],
                    )
                    for index in range(crowd.services)
                ],
                *[
                    self.agree(
                        people[crowd.parties - 1 - index // 2],
                        people[(index * 7) % crowd.services],
                    )
                    for index in range(crowd.agreements)
                ],
            ]
        )


def _signer(name: str) -> KeySigner:
    return KeySigner.from_key("0x" + keccak256(b"awkward " + name.encode()).hex())


def _person(index: int) -> Address:
    return Address.from_bytes(keccak256(b"rehearsal %d" % index)[:20])


def _party_id(index: int) -> bytes:
    first, rest = divmod(index, len(SYMBOLS) ** 2)
    second, third = divmod(rest, len(SYMBOLS))
    return (SYMBOLS[first] + SYMBOLS[second] + SYMBOLS[third]).encode()


def _transaction(write: Write, price_wei: int) -> dict[str, str]:
    return {
        "from": write.sender,
        "to": write.contract,
        "data": "0x" + (selector(write.signature) + abi.join(*write.arguments)).hex(),
        "gas": hex(_GAS),
        "gasPrice": hex(price_wei),
    }


def _hold(writes: Sequence[Write], receipts: Sequence[dict[str, str] | None]) -> None:
    for write, receipt in zip(writes, receipts, strict=True):
        if receipt is None or receipt["status"] != "0x1":
            raise NotFilledError(f"{write.signature} of {write.sender} failed")
