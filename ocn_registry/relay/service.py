"""A relay's components (registry, database, intake, cache), and their health."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Gauge

from ocn_registry.cache.core import CacheOptions
from ocn_registry.cache.sync_cache import RegistryCache
from ocn_registry.client.sync_client import RegistryClient
from ocn_registry.dialects import dialect_of
from ocn_registry.errors import InvalidInput, OcnRegistryError
from ocn_registry.models import Address
from ocn_registry.portable.values import dataclass
from ocn_registry.protocol.effects import Balance, run
from ocn_registry.registry_api.api import RegistryApi
from ocn_registry.registry_api.history import HistoryLog
from ocn_registry.relay import store, views
from ocn_registry.relay.database import open_database
from ocn_registry.relay.intake import Closed, Intake
from ocn_registry.relay.journal import DatabaseJournal
from ocn_registry.relay.policy import sponsor_of
from ocn_registry.relay.problems import problem_of
from ocn_registry.transport.http_sync import HttpTransport

if TYPE_CHECKING:
    from collections.abc import Callable

    from ocn_registry.intents import SignableIntent
    from ocn_registry.models import Contract
    from ocn_registry.relay.config import Config
    from ocn_registry.signing import Signer

_STALE_S = 60.0
_UNKNOWN_DEPTH = 12  # blocks that make one final, where the network does not say
_OLD_S = 600
_ONE_REQUEST_GAS = 400_000  # the most that a request can use, with a contract's signature


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """Whether a request would be accepted and paid now.

    Attributes:
        problems: Stable names of the problems; empty if there are none.
        balance_wei: The spender's balance; `None` if unknown.
        waiting: Number of requests waiting to be sent.
        oldest_s: How long the oldest of them has been waiting, in seconds.
        block: The block of the relay's view of the registry.
    """

    problems: dict[str, str]
    balance_wei: int | None
    waiting: int
    oldest_s: int
    block: int

    @property
    def ready(self) -> bool:
        """Whether there are no problems."""
        return not self.problems

    def document(self) -> dict[str, object]:
        """Return the health as JSON."""
        return {
            "status": "ready" if self.ready else "not ready",
            "problems": self.problems,
            "balance": None if self.balance_wei is None else str(self.balance_wei),
            "waiting": self.waiting,
            "oldest": self.oldest_s,
            "block": self.block,
        }


class RelayService:
    """A relay's components."""

    def __init__(self, config: Config, *, serves: bool = True) -> None:
        """Open the files and connections of a configuration.

        Args:
            config: The relay's configuration.
            serves: Whether this process serves the API. Only then does it keep a history.

        Raises:
            InvalidInput: Requests to this registry can be replayed, or a key can't be used.
            DatabaseError: The database can't be used.
        """
        self.config = config
        deployment = config.deployment
        self.dialect = dialect_of(deployment)
        if self.dialect.limits.replayable:
            raise InvalidInput(
                f"signatures for {deployment.name} can be replayed by anybody: a relay can't "
                "serve contracts of this generation",
            )
        self._signers: dict[str, Signer] = {}
        self.database = open_database(config.database)
        self.journal = DatabaseJournal(self.database)
        self.transport = HttpTransport(deployment.rpc_urls, chain_id=deployment.chain_id)
        self.client = RegistryClient(deployment, self.transport, journal=self.journal)
        self.cache = RegistryCache(
            self._client(),
            options=CacheOptions(max_age_s=None, vouching=config.vouching if serves else None),
        )
        self.intake = Intake(
            self.client,
            self.transport,
            self.database,
            config.policy,
            lambda: self.spender_address,
            self.cache,
            _ONE_REQUEST_GAS * config.max_fee_per_gas_wei,
        )
        self.history = HistoryLog(self._client(), config.history) if serves else None
        self.registry = RegistryApi(
            self._client(), self.cache, history=self.history, payer=_Payer(self)
        )
        self.followers = 0
        self.is_ending: Callable[[], bool] = lambda: False  # whether streams should end
        self.metrics = CollectorRegistry()
        self._requests = Gauge(
            "ocn_relay_requests", "Requests by state", ["state"], registry=self.metrics
        )
        self._ready = Gauge("ocn_relay_ready", "1 when ready", registry=self.metrics)
        self._balance = Gauge(
            "ocn_relay_balance_wei", "Balance of the spender", registry=self.metrics
        )
        self._oldest = Gauge(
            "ocn_relay_oldest_waiting_seconds", "Age of the oldest waiting", registry=self.metrics
        )

    @property
    def spender(self) -> Signer:
        """The spender's key; used only by processes that send."""
        return self._signer(self.config.spender)

    @property
    def receipt_signer(self) -> Signer:
        """The key that signs receipts; used only by processes that serve the API."""
        return self._signer(self.config.receipts)

    @property
    def spender_address(self) -> Address:
        """The account that pays."""
        return self.config.spender_address or Address(self.spender.address)

    @property
    def blocks_to_finality(self) -> int:
        """How many blocks, its own included, make a block final."""
        return self.config.deployment.blocks_to_finality or _UNKNOWN_DEPTH

    def check_keys(self, *, serves: bool, sends: bool) -> None:
        """Raise `InvalidInput` if a key can't be used, before anything is started.

        Args:
            serves: Whether this process serves the API.
            sends: Whether it sends.
        """
        if serves:
            _ = self.receipt_signer
        if sends and self.spender.address != self.spender_address:
            raise InvalidInput(
                f"spender_address is {self.spender_address} and the spender's key is that of "
                f"{self.spender.address}: correct one of them",
            )

    def _signer(self, reference: str) -> Signer:
        if reference not in self._signers:
            self._signers[reference] = self.config.signer(reference)
        return self._signers[reference]

    @property
    def block_number(self) -> int:
        """Number of the block of the relay's view of the registry; 0 before the first load."""
        return self.cache.block_number or 0

    def health(self) -> Health:
        """Return whether a request would be accepted and paid now, and what prevents it."""
        problems: dict[str, str] = {}
        balance, waiting, oldest = None, 0, 0
        try:
            balance = run(iter(Balance(self.spender_address)), self.transport.perform)
            if balance < self.config.low_balance_wei:
                problems["balance"] = f"the spender {self.spender_address} is short of money"
        except OcnRegistryError as error:
            problems["chain"] = str(error)
        try:
            with self.database.reading() as transaction:
                if store.is_paused(transaction):
                    problems["paused"] = "an operator paused the relay"
                first = store.in_state(transaction, "accepted", 1)
                waiting = store.counts(transaction).get("accepted", 0)
            oldest = int(time.time()) - first[0].accepted_unix_s if first else 0
            if oldest > _OLD_S:
                problems["sender"] = f"a request has waited for {oldest} s"
        except OcnRegistryError as error:
            problems["database"] = str(error)
        age_s = self.cache.age_s
        if age_s is None or age_s > _STALE_S:
            problems["registry"] = "the view of the registry is not current"
        return Health(
            problems=problems,
            balance_wei=balance,
            waiting=waiting,
            oldest_s=oldest,
            block=self.block_number,
        )

    def measure(self) -> None:
        """Update the metrics."""
        health = self.health()
        self._ready.set(int(health.ready))
        self._oldest.set(health.oldest_s)
        if health.balance_wei is not None:
            self._balance.set(health.balance_wei)
        if "database" in health.problems:
            return
        with self.database.reading() as transaction:
            counts = store.counts(transaction)
        for state in store.STATES:  # those without requests too: they may have had some
            self._requests.labels(state).set(counts.get(state, 0))

    def close(self) -> None:
        """Stop the threads and close the connections."""
        self.intake.close()
        self.registry.close()
        if self.history is not None:
            self.history.close()
        self.cache.stop()
        self.transport.close()
        self.database.close()

    def start(self) -> None:
        """Load the registry, and follow the chain in threads.

        Raises:
            TransportError: The chain can't be reached.
        """
        self.cache.start()
        self.registry.entities()  # the index takes a second or two in a large registry
        if self.history is not None:
            self.history.start()

    def _client(self) -> RegistryClient:
        deployment = self.config.deployment
        return RegistryClient(
            deployment, HttpTransport(deployment.rpc_urls, chain_id=deployment.chain_id)
        )


class _Payer:
    """The relay's part of answers about the registry; see `registry_api.prepare.Payer`."""

    def __init__(self, service: RelayService) -> None:
        self._service = service

    def next_nonce(self, contract: Contract, account: Address) -> int | None:
        with self._service.database.reading() as transaction:
            waiting = store.live(transaction, contract.value, account)
        return waiting[-1].nonce + 1 if waiting else None

    def would_pay(self, account: Address, intent: SignableIntent) -> dict[str, object]:
        policy = self._service.config.policy
        with self._service.database.reading() as transaction:
            paused = store.is_paused(transaction)
        try:
            if paused:
                raise Closed("the relay is paused: try again later, or pay yourself")
            sponsor = sponsor_of(policy, account, intent, voucher=None, key=None)
        except OcnRegistryError as error:
            problem = problem_of(error)
            return {
                "pays": False,
                "code": problem.code,
                "detail": problem.detail,
                "vouchers": policy.vouchers,
            }
        return {"pays": True, "sponsor": str(sponsor)}

    def of_transaction(self, tx_hash: str) -> list[dict[str, object]]:
        with self._service.database.reading() as transaction:
            return [views.of_request(one) for one in store.of_transaction(transaction, tx_hash)]
