"""What people try: every write of both contracts, right and wrong in every way.

A draw looks at the model, so that most of what is tried makes sense; and each value is sometimes
one that does not.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from ocn_registry.keccak import selector
from ocn_registry.models import ZERO_ADDRESS, Address
from ocn_registry.testing.model import Call, Permissions, Registry, SignedFields

from .people import ADDRESSES, KEYS, OWNER, PEOPLE, digest, mirrored, sign

Contract = Registry | Permissions
MAX = 2**256 - 1

IDS = [("DE", "ABC"), ("DE", "1E2"), ("FR", "ABC"), ("FR", "007")]
BAD_COUNTRIES = ["de", "D1", "\0\0", "A\xff", "[A", "A@"]
BAD_PARTY_IDS = ["abc", "A-C", "AB\0", "\0\0\0", "A:A", "/00"]
URLS = [
    "https://a.example",
    "http://b.example:8080/ocn/v2",
    "https://[::1]/x~_%20",
    "https://a.example.of.a.domain.beyond.31.bytes",
    "https://" + "c" * 247,
]
BAD_URLS = [
    "",
    "https:/",
    "http://",
    "https://",
    "ftp://a",
    "https://A.example",
    "https://a.example/",
    "https://a.example.",
    "https://a b",
    "https://.a",
    "https://a\udcff",
    "https://ä",
    "https://" + "c" * 248,
    "httpt://a",
    "https",
]
NAMES = ["", "Charging", "Käse ⚡ 🔌", "x" * 100, "\u00a0", "ü" * 50, "\ufeff\u2028"]
BAD_NAMES = ["\0", "ab\x1f", "\x7f", "ok\x85", "x" * 101, "ab\udcff", "\udced\udca0\udc80", "é\udcc3"]
ROLES = [(0,), (1, 0), (6, 6, 2), (0, 1, 2, 3, 4, 5, 6)]
BAD_ROLES = [(), (7,), (0, 255), (256,), (MAX,)]
MODULES = [(), (0,), (6, 3, 3), (1, 2), (6, 5, 4, 3, 2, 1, 0)]
BAD_MODULES = [(7,), (0, 255), (256,)]
PERMISSIONS = [(0,), (1, 2), (2, 1, 1), (63, 3), (16,)]
BAD_PERMISSIONS = [(), (64,), (0, MAX)]


@dataclass(frozen=True)
class Operation:
    """A transaction: whose, to which contract, what; with `value` it fails whatever it is."""

    contract: Contract
    call: Call
    sender: Address
    value: int = 0

    def __repr__(self) -> str:
        value = f", value={self.value}" if self.value else ""
        return f"{self.contract.name}.{self.call} by {self.sender[:6]}{value}"


def rarely(draw: Any, one_in: int) -> bool:
    """Decide for something unusual; shrinks to what is usual."""
    return draw(st.integers(0, one_in - 1)) == one_in - 1


def mostly(good: Any, bad: Any, one_in: int = 10) -> SearchStrategy[Any]:
    """Choose a good value, or sometimes a bad one."""
    good, bad = st.sampled_from(good), st.sampled_from(bad)
    return st.integers(0, one_in - 1).flatmap(lambda n: bad if n == one_in - 1 else good)


@dataclass
class Draws:
    """Draws operations for both contracts in their present state.

    Attributes:
        draw: Hypothesis's.
        now: Time of the block that is being made.
        sent: Signed calls that were sent before.
        ahead: Requests of each signer and contract that wait before this one in the same batch.
    """

    draw: Any
    registry: Registry
    permissions: Permissions
    now: int
    sent: list[tuple[Contract, Call]]
    ahead: Counter[tuple[str, Address]] = field(default_factory=Counter)

    def address(self) -> Address:
        return self.draw(st.sampled_from(ADDRESSES))

    def person(self) -> Address:
        return self.draw(st.sampled_from(PEOPLE))

    def _likely(self, likely: list[Any]) -> Any:
        """Choose one that makes sense now, or else any address."""
        if likely and not rarely(self.draw, 6):
            return self.draw(st.sampled_from(likely))
        return self.address()

    def operator(self) -> Address:
        return self._likely(self.registry.state.operators)

    def party(self) -> Address:
        return self._likely(self.registry.state.listed)

    def provider(self) -> Address:
        return self._likely(self.permissions.state.providers)

    def identity(self) -> tuple[str, str]:
        countries, parties = zip(*IDS, strict=True)
        return (
            self.draw(mostly(countries, BAD_COUNTRIES, 20)),
            self.draw(mostly(parties, BAD_PARTY_IDS, 20)),
        )

    def url(self) -> str:
        return self.draw(mostly(URLS, BAD_URLS))

    def permissions_of(self, provider: Address) -> tuple[int, ...]:
        """Choose permissions to agree to: mostly those that the service needs."""
        service = self.permissions.state.services.get(provider)
        if service is None or rarely(self.draw, 5):
            return self.draw(mostly(PERMISSIONS, BAD_PERMISSIONS))
        return service.permissions[::-1]

    def fields(self, primary_type: str, account: Address) -> tuple[Any, ...]:
        """Draw what a request says, and what the direct function takes."""
        draw = self.draw
        match primary_type:
            case "SetNode":
                return (self.url(),)
            case "SetParty":
                country_code, party_id = self.identity()
                roles = draw(mostly(ROLES, BAD_ROLES))
                return country_code, party_id, roles, self.operator()
            case "SetPartyModules":
                sets = mostly(MODULES, BAD_MODULES)
                return draw(sets), draw(sets)
            case "SetService":
                name, url = draw(mostly(NAMES, BAD_NAMES)), draw(mostly(["", *URLS], BAD_URLS))
                return name, url, draw(mostly(PERMISSIONS, BAD_PERMISSIONS))
            case "CreateAgreement":
                provider = self.provider()
                return provider, self.permissions_of(provider)
            case "RevokeAgreement":
                consents = list(self.permissions.state.consented_to.get(account, ()))
                return (self._likely(consents),)
            case "InvalidateNonce":
                raise AssertionError(primary_type)
            case _:
                return ()

    def new_nonce(self, present: int) -> int:
        raises = mostly([1, 2, 65_536], [0, -1, 65_537, MAX - present], 5)
        return max(0, present + self.draw(raises))

    def direct(self, contract: Contract, primary_type: str) -> Operation:
        """Draw a write of the sender's own."""
        sender = self.likely_sender(primary_type)
        name = primary_type[0].lower() + primary_type[1:]
        if primary_type == "InvalidateNonce":
            arguments = (self.new_nonce(contract.nonces(sender)),)
        else:
            arguments = self.fields(primary_type, sender)
        if primary_type == "CreateAgreement":
            whatever = self.draw(st.booleans())
            name, arguments = (name, arguments[:1]) if whatever else (name + "To", arguments)
        value = 1 if rarely(self.draw, 40) else 0
        return Operation(contract, Call(name, arguments), sender, value)

    def likely_sender(self, primary_type: str) -> Address:
        """Choose a person to whom the write makes sense."""
        registry, permissions = self.registry.state, self.permissions.state
        likely = {
            "DeleteNode": registry.operators,
            "SetPartyModules": registry.listed,
            "DeleteParty": registry.listed,
            "SetService": registry.listed,
            "DeleteService": permissions.providers,
            "CreateAgreement": registry.listed,
            "RevokeAgreement": [user for user, _ in permissions.consents],
        }.get(primary_type, [])
        people = [person for person in likely if person in PEOPLE]
        if people and not rarely(self.draw, 5):
            return self.draw(st.sampled_from(people))
        return self.person()

    def signed(self, contract: Contract, primary_type: str) -> Call:
        """Draw a signed request: mostly good, or else with one thing wrong."""
        draw = self.draw
        account = self.likely_sender(primary_type)
        nonce = contract.nonces(account) + self.ahead[contract.name, account]
        deadline = draw(mostly([self.now, self.now + 3600, MAX], [self.now - 1, 0]))
        if primary_type == "InvalidateNonce":
            values = (account, self.new_nonce(nonce), nonce, deadline)
        else:
            values = (account, *self.fields(primary_type, account), nonce, deadline)
        fault = draw(mostly(["none"], FAULTS, 4))
        signer, signed_values, name, chain_id, address = (
            account,
            values,
            contract.name,
            contract.chain_id,
            contract.address,
        )
        signed_type = primary_type
        match fault:
            case "other signer":
                signer = draw(st.sampled_from(PEOPLE))
            case "other nonce":
                values = signed_values = (*values[:-2], max(0, nonce + draw(RAISES)), deadline)
            case "nonce not signed":
                signed_values = (*values[:-2], nonce + 1, deadline)
            case "deadline not signed":
                signed_values = (*values[:-1], self.now + 1)
            case "other account":
                values = (draw(st.sampled_from([*ADDRESSES, address])), *values[1:])
            case "other chain":
                chain_id += 1
            case "other contract":
                other = self.permissions if contract is self.registry else self.registry
                name, address = draw(
                    st.sampled_from([(other.name, address), (name, other.address)]),
                )
            case "other type" if primary_type in SAME_SHAPE:
                signed_type = SAME_SHAPE[primary_type]
        signed_fields = SignedFields(
            name=name,
            chain_id=chain_id,
            contract=address,
            primary_type=signed_type,
            values=signed_values,
        )
        signature = sign(signer, digest(signed_fields))
        if fault in SPOILT and (account in KEYS or fault == "cut"):
            signature = SPOILT[fault](signature)
        self.ahead[contract.name, account] += fault == "none"
        return Call(primary_type[0].lower() + primary_type[1:] + "Raw", (*values, signature))

    def owners(self) -> Operation:
        """Draw a write of the owner's."""
        draw, registry, permissions = self.draw, self.registry, self.permissions
        owner, pending = registry.owner(), registry.pending_owner()
        call = draw(st.sampled_from(OWNERS))
        sender = owner if owner != ZERO_ADDRESS and not rarely(draw, 5) else self.person()
        contract: Contract = registry
        arguments: tuple[Any, ...] = ()
        match call:
            case "adminDeleteOperator":
                arguments = (self.operator(),)
            case "adminDeleteParty":
                arguments = self.identity()
            case "transferOwnership":
                arguments = (draw(st.sampled_from([OWNER, *ADDRESSES])),)
            case "acceptOwnership" if pending != ZERO_ADDRESS and not rarely(draw, 4):
                sender = pending
            case "closeImport":
                contract = draw(st.sampled_from([registry, permissions]))
            case "renounceOwnership" if not rarely(draw, 8):
                # Once in a while: after it no owner's function succeeds any more.
                sender = self.person()
        return Operation(contract, Call(call, arguments), sender)

    def imports(self) -> Operation:
        """Draw an import, of up to three entries or of too many."""
        draw = self.draw
        call = draw(st.sampled_from(["Nodes", "Parties", "Services", "Agreements"]))
        owner = self.registry.owner()
        sender = owner if owner != ZERO_ADDRESS and not rarely(draw, 8) else self.person()
        contract = self.registry if call in {"Nodes", "Parties"} else self.permissions
        items = tuple(getattr(self, f"_import_{call}")() for _ in range(draw(st.integers(0, 3))))
        if items and rarely(draw, 12):
            items = items[:1] * draw(st.sampled_from([101, 100]))
        return Operation(contract, Call(f"import{call}", (items,)), sender)

    def _import_Nodes(self) -> tuple[Any, ...]:  # noqa: N802 - the contract's name
        return self.address(), self.url()

    def _import_Parties(self) -> tuple[Any, ...]:  # noqa: N802
        identity, operator = self.identity(), self.operator()
        roles, sets = self.draw(mostly(ROLES, BAD_ROLES)), mostly(MODULES, BAD_MODULES)
        return self.address(), *identity, roles, self.draw(sets), self.draw(sets), operator

    def _import_Services(self) -> tuple[Any, ...]:  # noqa: N802
        return self.party(), *self.fields("SetService", ZERO_ADDRESS)

    def _import_Agreements(self) -> tuple[Any, ...]:  # noqa: N802
        provider = self.provider()
        return self.party(), provider, self.permissions_of(provider)

    def any_of(self, contract: Contract) -> Operation:
        """Draw any write to a contract that is no batch."""
        draw = self.draw
        kind = draw(st.sampled_from(["signed", "direct", "owners", "replay", "view", "garbage"]))
        if kind == "direct":
            return self.direct(contract, draw(st.sampled_from(INTENTS[contract.name])))
        if kind == "owners":
            operation = self.imports() if draw(st.booleans()) else self.owners()
            if operation.contract is contract:
                return operation
        if kind == "replay" and (calls := [call for to, call in self.sent if to is contract]):
            return Operation(contract, draw(st.sampled_from(calls)), self.person())
        if kind == "view":
            return Operation(contract, draw(st.sampled_from(VIEWS[contract.name])), self.person())
        if kind == "garbage":
            return Operation(contract, self.garbage(), self.person())
        intent = draw(st.sampled_from(INTENTS[contract.name]))
        return Operation(contract, self.signed(contract, intent), self.person())

    def garbage(self) -> Call:
        """Draw calldata that no function takes."""
        return Call("", (self.draw(st.sampled_from(GARBAGE)),))

    def batch(self, contract: Contract) -> Operation:
        """Draw a batch; an item that is a batch itself is drawn too."""
        draw = self.draw
        one = self.any_of(contract)
        items = [one.call]
        for _ in range(draw(st.integers(0, 4))):
            items.append(self.any_of(contract).call)
        if rarely(draw, 8):
            nested = Call(draw(st.sampled_from(BATCHES)), (tuple(items[:1]),))
            items.insert(draw(st.integers(0, len(items))), nested)
        name = draw(st.sampled_from(BATCHES))
        return Operation(contract, Call(name, (tuple(items),)), one.sender)


RAISES = st.sampled_from([-1, 1, 2**32, -(2**32)])
FAULTS = [
    "other signer",
    "other nonce",
    "nonce not signed",
    "deadline not signed",
    "other account",
    "other chain",
    "other contract",
    "other type",
    "high s",
    "low v",
    "cut",
    "long",
    "compact",
    "zero",
    "none at all",
    "random",
]
SPOILT = {
    "high s": mirrored,
    "low v": lambda signature: signature[:64] + bytes([signature[64] - 27]),
    "cut": lambda signature: signature[:-1],
    "long": lambda signature: signature + b"\0",
    "compact": lambda signature: signature[:32]
    + bytes([signature[32] | (signature[64] - 27) << 7])
    + signature[33:64],
    "zero": lambda _signature: bytes(65),
    "none at all": lambda _signature: b"",
    "random": lambda _signature: bytes(range(64)) + b"\x1b",
}
# Requests with the same fields: the signature of one is tried for the other.
SAME_SHAPE = {
    "DeleteNode": "DeleteParty",
    "DeleteParty": "DeleteNode",
    "DeleteService": "DeleteNode",
}
INTENTS = {
    "OCN Registry": [
        "SetNode",
        "SetParty",
        "SetPartyModules",
        "DeleteNode",
        "DeleteParty",
        "InvalidateNonce",
    ],
    "OCN Permissions": [
        "SetService",
        "CreateAgreement",
        "RevokeAgreement",
        "DeleteService",
        "InvalidateNonce",
    ],
}
OWNERS = [
    "adminDeleteOperator",
    "adminDeleteParty",
    "transferOwnership",
    "acceptOwnership",
    "closeImport",
    "renounceOwnership",
]
BATCHES = ["multicall", "tryMulticall"]
VIEWS = {
    "OCN Registry": [Call("getParties"), Call("parties", (0, MAX)), Call("owner")],
    "OCN Permissions": [Call("providers", (0,)), Call("services", (0, MAX)), Call("registry")],
}
GARBAGE = [
    b"",
    b"\xac",
    b"\xff" * 4,
    selector("setNode(string)"),
    selector("setNode(string)") + b"\xff" * 64,
    selector("setNode(string)") + bytes(31) + b"\x20" + bytes(31) + b"\x02",
    selector("adminDeleteOperator(address)") + b"\xff" * 32,
    selector("setService(string,string,uint256[])") + bytes(31),
    selector("createAgreement(address)") + b"\1" + bytes(31),
]
