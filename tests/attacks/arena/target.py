"""The target: a Registry and its Permissions, of either generation, with the same methods.

Attacks use the names of the direct functions. `direct` and `submit` are writes of honest accounts,
which must succeed. `strike` and `strike_as` are the attacker's move, which raises `Refused` if the
contract refuses it.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from eth_abi.abi import decode, encode
from eth_account import Account
from eth_account.messages import encode_defunct, encode_typed_data
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak
from kit.contract import Contract, Receipt, Reverted, abi_type, id_of, plain
from kit.signing import TYPES

from .chain import Arena
from .people import OWNER, SPENDER, Person

_ABI = Path(__file__).resolve().parents[3] / "ocn_registry" / "deploy" / "artifacts"
_ERROR_WITH_TEXT = bytes.fromhex("08c379a0")
# Later than every block of a test, and four bytes long like every deadline of this century.
DEADLINE = 4_000_000_000


# Requests about a party name one of its ids.
_NAMES_ID = ("setPartyModules", "deleteParty")
_TAKES_ACCEPTANCE = ("moveAccount", "setController")
# A function from name, fields and message of typed data to the same three.
Typed = Callable[[str, list, dict], tuple[str, list, dict]]


class Refused(Exception):
    """The contract refused the attacking move with this error."""

    def __init__(self, name: str, *values: Any) -> None:
        super().__init__(name, *values)
        self.name = name
        self.values = plain(values)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Refused) and (self.name, self.values) == (other.name, other.values)

    def __hash__(self) -> int:
        return hash(self.name)

    def __repr__(self) -> str:
        return f"refused by {self.name}{self.values}"


def refusal(reverted: Reverted) -> Refused:
    """Return a revert as a refusal; v1's reasons are texts."""
    if reverted.data[:4] == _ERROR_WITH_TEXT:
        return Refused("Error", *decode(["string"], reverted.data[4:]))
    return Refused(reverted.name, *reverted.values)


@dataclass(frozen=True)
class Signed:
    """A signed request on its way to a spender.

    Attributes:
        function: Name of the direct function that does the same.
        signer: The account named as the signer.
        values: The direct function's arguments.
        signature: r, s, v.
        nonce: None if the contract has no nonces; the same holds for the deadline.
        acceptance: Nonce, deadline and signature of the account that accepts a move or a
        controller.
    """

    function: str
    signer: Person
    values: tuple[Any, ...]
    signature: bytes = b""
    nonce: int | None = None
    deadline: int | None = None
    acceptance: tuple[int, int, bytes] = (0, 0, b"")

    def but(self, **changes: Any) -> "Signed":
        """Return a changed request with the same signature."""
        return replace(self, **changes)


@dataclass(frozen=True)
class Blueprint:
    """Contracts to deploy.

    Attributes:
        generation: "v1" or "v3".
        artifacts: ABI and creation bytecode, by the contract's name.
        typed: How a faulty copy hashes typed data, if that is part of the fault.
    """

    generation: str
    artifacts: dict[str, Any]
    typed: Typed | None = None

    def build(self, arena: Arena) -> "Target":
        """Deploy them on the chain of the attack."""
        target = V1(self, arena) if self.generation == "v1" else V3(self, arena)
        return target.deploy()


def published(generation: str) -> Blueprint:
    """Return the contracts as published: v1's in its npm package, ours in this one."""
    return Blueprint(
        generation,
        {
            name: json.loads((_ABI / generation / f"{name}.json").read_text())
            for name in ("Registry", "Permissions")
        },
    )


@dataclass
class Target:
    """A Registry and its Permissions on a chain."""

    blueprint: Blueprint
    arena: Arena
    is_there: bool = False
    registry: Contract = field(init=False)
    permissions: Contract = field(init=False)

    @property
    def chain(self) -> Any:
        return self.arena.there if self.is_there else self.arena.here

    @property
    def is_v1(self) -> bool:
        return self.blueprint.generation == "v1"

    def deploy(self, *, import_open: bool = False) -> "Target":
        raise NotImplementedError

    def elsewhere(self) -> "Target":
        """Deploy the same on the other chain, where it gets the same addresses."""
        return type(self)(self.blueprint, self.arena, is_there=True).deploy()

    def another(self, *, import_open: bool = False) -> "Target":
        """Deploy the same on the same chain once more."""
        return type(self)(self.blueprint, self.arena).deploy(import_open=import_open)

    def _create(self, name: str, *arguments: Any) -> Contract:
        artifact = self.blueprint.artifacts[name]
        inputs = next((e["inputs"] for e in artifact["abi"] if e["type"] == "constructor"), [])
        code = artifact["bytecode"] + encode([abi_type(i) for i in inputs], plain(arguments)).hex()
        creation = {"from": OWNER.address, "data": code, "gas": hex(15_000_000)}
        receipt = self.chain.request("eth_sendTransactionSync", creation)
        if receipt["status"] != "0x1":
            contract = Contract(self.chain, "", artifact["abi"])
            raise contract.receipt(receipt).error or AssertionError(receipt)
        return Contract(
            self.chain, to_checksum_address(receipt["contractAddress"]), artifact["abi"]
        )

    def contract_of(self, function: str) -> Contract:
        """Return the contract that has this function; the Registry where both do."""
        return self.registry if function in self.registry.functions else self.permissions

    def calldata(self, function: str, *values: Any) -> bytes:
        function, values = self._as_here(function, values)
        return self.contract_of(function).functions[function].calldata(*values)

    def raw_calldata(self, signed: Signed) -> bytes:
        """Return the calldata with which a spender sends a signed request."""
        name = f"{signed.function}Raw"
        return self.contract_of(name).functions[name].calldata(*self._raw_values(signed))

    def direct(self, who: Person, function: str, *values: Any) -> Receipt:
        """Send a direct write."""
        contract = self.contract_of(self._as_here(function, values)[0])
        return contract.send(self.calldata(function, *values), sender=who)

    def submit(self, signed: Signed, sender: Person = SPENDER, **transaction: Any) -> Receipt:
        """Let a spender send a signed request."""
        contract = self.contract_of(f"{signed.function}Raw")
        return contract.send(self.raw_calldata(signed), sender=sender, **transaction)

    def read(self, view: str, *values: Any) -> Any:
        return self.contract_of(view).functions[view].call(*values)

    def strike(self, signed: Signed, sender: Person = SPENDER) -> Receipt:
        """Send a signed request that should be refused.

        Raises:
            Refused: It was not.
        """
        try:
            return self.submit(signed, sender)
        except Reverted as reverted:
            raise refusal(reverted) from reverted

    def strike_as(self, who: Person, function: str, *values: Any) -> Receipt:
        """Send a direct write that should be refused.

        Raises:
            Refused: It was not.
        """
        try:
            return self.direct(who, function, *values)
        except Reverted as reverted:
            raise refusal(reverted) from reverted

    def strike_with(self, contract: Contract, data: bytes, sender: Person, **options: Any) -> None:
        """Send calldata that should be refused.

        Raises:
            Refused: It was not.
        """
        transaction = contract.transaction(data, sender=sender, **options)
        answer = self.chain.request("eth_sendTransactionSync", transaction)
        if answer["status"] != "0x1":
            raise refusal(contract.receipt(answer).error)

    def strike_to_create(self, name: str, *arguments: Any) -> Contract:
        """Deploy one of the contracts, which should not be possible.

        Raises:
            Refused: It is not.
        """
        try:
            return self._create(name, *arguments)
        except Reverted as reverted:
            raise refusal(reverted) from reverted

    def in_one_block(self, *writes: tuple) -> list[Receipt]:
        """Mine direct writes, as arguments of `direct`, in one block and in this order."""
        chain = self.chain
        chain.request("evm_setAutomine", False)
        hashes = []
        for place, (who, function, *values) in enumerate(writes):
            contract = self.contract_of(self._as_here(function, tuple(values))[0])
            data = self.calldata(function, *values)
            transaction = contract.transaction(data, sender=who, gas=2_000_000)
            # Anvil orders transactions by price.
            transaction["gasPrice"] = hex(10**10 - place * 10**8)
            hashes.append((contract, chain.request("eth_sendTransaction", transaction)))
        chain.request("evm_mine")
        chain.request("evm_setAutomine", True)
        receipts = [
            contract.receipt(chain.request("eth_getTransactionReceipt", number))
            for contract, number in hashes
        ]
        assert len({receipt.block_number for receipt in receipts}) == 1
        return receipts

    def strike_in_one_block(self, *writes: tuple) -> list[Receipt]:
        """Mine direct writes in one block, the last of which should be refused.

        Raises:
            Refused: It was not.
        """
        *before, last = receipts = self.in_one_block(*writes)
        assert all(receipt.status for receipt in before)
        if last.error is not None:
            raise refusal(last.error)
        return receipts

    @property
    def now(self) -> int:
        return int(self.chain.request("eth_getBlockByNumber", "latest", False)["timestamp"], 16)

    def wait(self, seconds: int) -> None:
        """Advance the time."""
        self.chain.request("evm_setNextBlockTimestamp", hex(self.now + seconds))
        self.chain.request("evm_mine")

    def sign(self, who: Person, function: str, *values: Any, **changes: Any) -> Signed:
        raise NotImplementedError

    def named(self, party_id: tuple[bytes, bytes], *values: Any) -> tuple[Any, ...]:
        raise NotImplementedError

    def _as_here(self, function: str, values: Sequence[Any]) -> tuple[str, tuple[Any, ...]]:
        return function, tuple(values)

    def _raw_values(self, signed: Signed) -> tuple[Any, ...]:
        raise NotImplementedError


class V1(Target):
    """The first generation: personal-sign over packed values, without nonce and deadline."""

    def named(self, party_id: tuple[bytes, bytes], *values: Any) -> tuple[Any, ...]:
        """Return the signed values, without the id: an account has only one."""
        del party_id
        return values

    # Their signed form does not name the signer: it is whatever ecrecover returns.
    _WITHOUT_SIGNER = frozenset({"setService", "createAgreement", "revokeAgreement"})

    def deploy(self, *, import_open: bool = False) -> "V1":
        assert not import_open
        self.registry = self._create("Registry")
        self.permissions = self._create("Permissions", self.registry.address)
        return self

    def sign(self, who: Person, function: str, *values: Any, **changes: Any) -> Signed:
        """Sign as v1's library does, which has none of the changes."""
        del changes
        _, values = self._as_here(function, values)
        signer = () if function in self._WITHOUT_SIGNER else (who,)
        return Signed(function, who, values, personal_signature(who, *signer, *values))

    def _as_here(self, function: str, values: Sequence[Any]) -> tuple[str, tuple[Any, ...]]:
        """Drop the permissions from an agreement: v1's agreements do not name them."""
        if function in {"createAgreement", "createAgreementTo"}:
            return "createAgreement", tuple(values[:1])
        return function, tuple(values)

    def _raw_values(self, signed: Signed) -> tuple[Any, ...]:
        signer = () if signed.function in self._WITHOUT_SIGNER else (signed.signer,)
        r, s, v = signed.signature[:32], signed.signature[32:64], signed.signature[64]
        return (*signer, *signed.values, v, r, s)


def personal_signature(who: Person, *values: Any) -> bytes:
    """Sign as v1's library does: personal-sign over the hash of the packed values."""
    message = encode_defunct(keccak(b"".join(_packed(value) for value in values)))
    return bytes(Account.sign_message(message, who.key).signature)


def _packed(value: Any) -> bytes:
    """Return a value as abi.encodePacked does; items of lists take a word each."""
    if isinstance(value, Person):
        return bytes.fromhex(value.address[2:])
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, bytes):
        return value
    return b"".join(number.to_bytes(32, "big") for number in value)


class V3(Target):
    """This project's contracts."""

    def deploy(self, *, import_open: bool = False) -> "V3":
        self.registry = self._create("Registry", OWNER, import_open)
        self.permissions = self._create("Permissions", self.registry.address, import_open)
        return self

    def named(self, party_id: tuple[bytes, bytes], *values: Any) -> tuple[Any, ...]:
        """Return the signed values, with the id first: an account can have several."""
        return (*party_id, *values)

    def sign(self, who: Person, function: str, *values: Any, **changes: Any) -> Signed:
        """Sign a request that is valid except for the changes: `nonce`, `deadline`, `key`,
        `contract`.

        A request about a party that names no id is about the signer's current one.
        """
        contract = changes.pop("contract", None) or self.contract_of(f"{function}Raw")
        if function in _NAMES_ID and (not values or not isinstance(values[0], bytes)):
            values = (*id_of(self.registry, who), *values)
        key = changes.pop("key", who.key)
        nonce = contract.functions["nonces"].call(who)
        signed = Signed(function, who, tuple(values), b"", nonce, DEADLINE).but(**changes)
        message = Account.sign_message(self._typed(signed, contract), key)
        return signed.but(signature=bytes(message.signature))

    def _typed(self, signed: Signed, contract: Contract) -> Any:
        primary_type = signed.function[0].upper() + signed.function[1:]
        fields = TYPES[primary_type]
        values = (signed.signer, *signed.values, signed.nonce, signed.deadline)
        message = {
            f["name"]: _typed_value(f["type"], value)
            for f, value in zip(fields, values, strict=True)
        }
        if self.blueprint.typed is not None:
            primary_type, fields, message = self.blueprint.typed(primary_type, fields, message)
        is_registry = contract.address == self.registry.address
        domain = {
            "name": "OCN Registry" if is_registry else "OCN Permissions",
            "version": "3",
            "chainId": int(self.chain.request("eth_chainId"), 16),
            "verifyingContract": contract.address,
        }
        return encode_typed_data(domain, {primary_type: fields}, message)

    def accept(self, function: str, who: Person, account: Person, **changes: Any) -> tuple:
        """Return the acceptance of a new account or a controller, valid except for the changes."""
        signed = self.sign(who, function, account, contract=self.registry, **changes)
        return signed.nonce, signed.deadline, signed.signature

    def move(self, account: Person, new: Person, **changes: Any) -> Signed:
        """Sign a valid move, with its acceptance; changes are those of `sign`."""
        accepted = self.accept("acceptAccount", new, account)
        return self.sign(account, "moveAccount", new, **changes).but(acceptance=accepted)

    def controlled(self, account: Person, controller: Person, **changes: Any) -> Signed:
        """Sign the naming of a controller, with its acceptance; changes are those of `sign`."""
        accepted = self.accept("acceptController", controller, account)
        return self.sign(account, "setController", controller, **changes).but(acceptance=accepted)

    def _raw_values(self, signed: Signed) -> tuple[Any, ...]:
        accepted = (signed.acceptance,) if signed.function in _TAKES_ACCEPTANCE else ()
        request = (signed.signer, *signed.values, signed.nonce, signed.deadline)
        return (*request, signed.signature, *accepted)


def _typed_value(kind: str, value: Any) -> Any:
    if kind == "string" and isinstance(value, bytes):
        return value.decode()
    return list(value) if kind.endswith("[]") else plain(value)
