"""What dialects share whatever their generation: addresses, calls, and a writing part on demand."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from ocn_registry.dialects.reader import ZeroEntries
from ocn_registry.dialects.shared import address_or_none, argument, question
from ocn_registry.evm.abi import Words
from ocn_registry.models import ZERO_ADDRESS, Contract, Node, PartyId
from ocn_registry.protocol.effects import together

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias, TypeVar

    from ocn_registry.dialects.steps import Stage, Step
    from ocn_registry.dialects.writer import Writer
    from ocn_registry.errors import Reverted
    from ocn_registry.intents import Intent, SignableIntent
    from ocn_registry.models import Address
    from ocn_registry.networks import Deployment
    from ocn_registry.outcomes import Change
    from ocn_registry.protocol.calls import ContractCall
    from ocn_registry.protocol.effects import Call, Flow, Log
    from ocn_registry.signing import Request, SignedRequest

    T = TypeVar("T")
    Argument: TypeAlias = Address | PartyId | str | int


class DeployedDialect:
    """The base of the dialects; see `Dialect` for the methods."""

    def __init__(
        self,
        deployment: Deployment,
        *,
        writer: Callable[[], Writer],
        error_of: Callable[[bytes], Reverted],
    ) -> None:
        """Create the dialect for the addresses and chain of a deployment.

        Args:
            deployment: Names the contracts and their chain.
            writer: Returns the writing part. Called when it is first used: importing it takes a
                sixth of the shortest command's time.
            error_of: Returns the error that revert data stands for.
        """
        self.deployment = deployment
        self.chain_id = deployment.chain_id
        self._create_writer = writer
        self._error_of = error_of

    def address_of(self, contract: Contract) -> Address:
        """Return the address of a contract."""
        registry = contract is Contract.REGISTRY
        return self.deployment.registry if registry else self.deployment.permissions

    def error_of(self, data: bytes) -> Reverted:
        """Return the error that revert data stands for."""
        return self._error_of(data)

    # Writes

    @cached_property
    def _writer(self) -> Writer:
        return self._create_writer()

    def contract_of(self, intent: Intent) -> Contract:
        """Return the contract that an intent is for."""
        return self._writer.contract_of(intent)

    def check(self, intent: Intent) -> None:
        """Raise `InvalidInput` for an intent that the contract rejects in any state."""
        self._writer.check(intent)

    def write(
        self,
        steps: tuple[Step, ...],
        *,
        each_alone: bool,
        sender: Address | None = None,
    ) -> Call[tuple[Reverted | None, ...]]:
        """Return the call that performs these steps in one transaction."""
        return self._writer.write(steps, each_alone=each_alone, sender=sender)

    def plan(self, steps: tuple[Step, ...], sender: Address) -> Flow[tuple[Stage, ...]]:
        """Return the transactions that a write takes."""
        return self._writer.plan(steps, sender)

    def request(
        self,
        intent: SignableIntent,
        account: Address,
        *,
        nonce: int,
        deadline_unix_s: int,
    ) -> Request:
        """Return the request that an account has to sign."""
        writer = self._writer
        return writer.request(intent, account, nonce=nonce, deadline_unix_s=deadline_unix_s)

    def read_request(self, text: str | bytes) -> Request | SignedRequest:
        """Return the request in a JSON document, signed or not; reject other deployments'."""
        return self._writer.read_request(text)

    def changes(
        self,
        logs: tuple[Log, ...],
        intents: tuple[Intent, ...] = (),
    ) -> tuple[Change, ...]:
        """Return the changes in these contracts' events; events of others are skipped."""
        return self._writer.changes(logs, intents)

    def functions(self, call: ContractCall) -> tuple[str, ...]:
        """Return the names of the contract functions that a transaction called."""
        return self._writer.functions(call)

    def failures(self, logs: tuple[Log, ...]) -> dict[int, Reverted]:
        """Return why steps of a batch failed, by their index."""
        return self._writer.failures(logs)

    # Reads that all generations answer alike

    def node(self, operator: Address, block: int | None) -> Call[Node | None]:
        """Read an operator's node."""

        def decode(reader: Words) -> Node | None:
            domain = reader.text()
            there = domain and not operator.is_zero
            return Node(operator=operator, domain=domain) if there else None

        return self._registry("getNode(address)", decode, block, operator)

    def owner(self, block: int | None) -> Call[Address | None]:
        """Read the owner of the registry."""
        return self._registry("owner()", address_or_none, block)

    def zero_entries(self, block: int) -> Flow[ZeroEntries]:
        """Read the entries of the zero address."""
        node, parties, providers = yield from together(
            self._registry("getNode(address)", Words.text, block, ZERO_ADDRESS),
            self._registry("getParties()", Words.addresses, block),
            self._permissions("getProviders()", Words.addresses, block),
        )
        return ZeroEntries(node, ZERO_ADDRESS in parties, ZERO_ADDRESS in providers)

    def _registry(
        self,
        signature: str,
        decode: Callable[[Words], T],
        block: int | None,
        *arguments: Argument,
    ) -> Call[T]:
        return self._read(Contract.REGISTRY, signature, decode, block, *arguments)

    def _permissions(
        self,
        signature: str,
        decode: Callable[[Words], T],
        block: int | None,
        *arguments: Argument,
    ) -> Call[T]:
        return self._read(Contract.PERMISSIONS, signature, decode, block, *arguments)

    def _read(
        self,
        contract: Contract,
        signature: str,
        decode: Callable[[Words], T],
        block: int | None,
        *arguments: Argument,
    ) -> Call[T]:
        """Return the call of a view function.

        Args:
            contract: The contract.
            signature: The function's name and types.
            decode: Decodes the answer.
            block: Block after which to read; `None` for the latest.
            arguments: The function's arguments; an id is two of them.
        """
        kinds = [kind for kind in signature.partition("(")[2][:-1].split(",") if kind]
        values = [value for one in arguments for value in _values(one)]
        words = [argument(kind, value) for kind, value in zip(kinds, values, strict=True)]
        return question(
            self.address_of(contract),
            signature,
            tuple(words),
            decode=decode,
            refuse=self._error_of,
            block=block,
        )


def _values(value: Argument) -> tuple[str | int, ...]:
    return (value.country_code, value.party_id) if isinstance(value, PartyId) else (value,)
