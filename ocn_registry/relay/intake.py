"""Accept requests: parse them, check them against chain and policy, and commit them.

A request counts as accepted once it is committed to disk. The id of a request is the
digest that its account signed, so submitting the same document again has no effect.
"""

from __future__ import annotations

import hashlib
import time
from typing import TYPE_CHECKING

from ocn_registry.dialects import dialect_of
from ocn_registry.errors import OcnRegistryError, SignatureMismatch
from ocn_registry.flows.gas import item_gas
from ocn_registry.intents import SetParty
from ocn_registry.relay import store
from ocn_registry.relay.checks import Checker
from ocn_registry.relay.committing import Committer, Conflict, Decision
from ocn_registry.relay.documents import withdrawal
from ocn_registry.relay.policy import NotSponsored, Sponsor, demands_of, is_leaving, sponsor_of
from ocn_registry.relay.store import Accepted
from ocn_registry.signing import recover

if TYPE_CHECKING:
    from collections.abc import Callable

    from ocn_registry.cache.sync_cache import RegistryCache
    from ocn_registry.client.sync_client import RegistryClient
    from ocn_registry.models import Address
    from ocn_registry.relay.documents import Voucher
    from ocn_registry.relay.policy import Policy
    from ocn_registry.relay.sessions import Database
    from ocn_registry.signing import SignedRequest
    from ocn_registry.transport import Transport

_STALE_S = 15.0
_CLOCKS_S = 600  # how far the clocks of a client and this machine may be apart


class TooMany(OcnRegistryError):
    """The account has too many waiting requests."""


class NotWaiting(OcnRegistryError):
    """The request can no longer be withdrawn: it was sent, or has ended."""


class Closed(OcnRegistryError):
    """The relay accepts no requests: it is paused, or can't pay."""


class Intake:
    """Accepts requests; methods may be called from any thread."""

    def __init__(  # noqa: PLR0913, PLR0917 - what accepting needs
        self,
        client: RegistryClient,
        transport: Transport,
        database: Database,
        policy: Policy,
        spender: Callable[[], Address],
        cache: RegistryCache | None = None,
        least_wei: int = 0,
    ) -> None:
        """Start the threads that check and commit.

        Args:
            client: Reaches the registry.
            transport: The client's way to the chain.
            database: Stores the requests.
            policy: Decides which requests are paid.
            spender: Returns the account that pays. Requests are simulated with it as the sender.
            cache: The registry in memory.
            least_wei: What the spender has to have, so that anything is accepted.
        """
        self._client = client
        self._dialect = dialect_of(client.deployment)
        self._database = database
        self._policy = policy
        self._cache = cache
        self._checker = Checker(self._dialect, transport, spender, least_wei)
        self._committer = Committer(database)

    def close(self) -> None:
        """Commit the submitted requests, and stop."""
        self._checker.close()
        self._committer.close()

    def accept(
        self,
        text: str | bytes,
        *,
        voucher: Voucher | None = None,
        key: str | None = None,
    ) -> Decision:
        """Accept a signed request, or raise the reason for rejecting it.

        Args:
            text: The signed document, in JSON.
            voucher: An operator's voucher, if one was sent with it.
            key: An API key, if one was sent with it.

        Returns:
            The stored request; the same one if it was accepted before.

        Raises:
            InvalidInput: The text is not a signed request for this registry, or its deadline is
                more than 30 days ahead.
            RequestRejected: The contract would reject the deadline, the nonce or the signature.
            Reverted: The contract would reject the request.
            NotSponsored: The request has no sponsor.
            QuotaExceeded: A quota is exhausted.
            Conflict: Another pending request has its nonce.
            TooMany: The account has too many waiting requests.
            Closed: The relay is paused.
            TransportError: The chain can't be reached.
            DatabaseError: The database can't be used.
        """
        signed = self._client.read_signed_request(text)
        now_unix_s = int(time.time())
        signed.request.check_deadline(now_unix_s + _CLOCKS_S)  # else it could wait for ever
        request_id = id_of(signed)
        contract = str(self._dialect.contract_of(signed.intent).name).lower()
        with self._database.reading() as transaction:
            now = store.situation(transaction, request_id, contract, signed.account)
        if now.known is not None:
            return Decision(request=now.known, new=False)
        if now.is_paused:
            raise Closed("the relay is paused: try again later, or pay yourself")
        waiting = now.live
        for one in waiting:
            if one.nonce == signed.nonce:
                expired = one.state == "accepted" and one.deadline_unix_s < now_unix_s
                raise Conflict(signed.account, signed.nonce, has_expired=expired)
        if now.waiting >= self._policy.waiting_per_account:
            raise TooMany(
                f"{now.waiting} requests of {signed.account} are waiting: send more when they are "
                "done",
            )
        sponsor = self._sponsor(signed, voucher, key)
        by_contract = self._check(signed, waiting)
        gas = item_gas(signed, by_contract=by_contract)
        accepted = Accepted(
            id=request_id,
            contract=contract,
            account=signed.account,
            nonce=signed.nonce,
            deadline_unix_s=signed.deadline_unix_s,
            kind=type(signed.intent).__name__,
            document=signed.to_json(),
            by_contract=by_contract,
            sponsor=str(sponsor),
            accepted_unix_s=now_unix_s,
            gas_reserved=gas,
        )
        demands = demands_of(
            self._policy,
            sponsor,
            signed.intent,
            new_id=self._is_new_id(signed),
            gas=gas,
            now_unix_s=now_unix_s,
        )
        return self._committer.commit(accepted, demands)

    def withdraw(
        self, request_id: str, *, signature: bytes | None = None, key: str | None = None
    ) -> Accepted | None:
        """Withdraw a request that has not been sent yet.

        Anyone who has the document can still send it until its deadline; only its account can
        cancel it for good. It stays counted as a request; the gas
        that it reserved is free again.

        Args:
            request_id: The request's id.
            signature: Signature of `documents.withdrawal` by the key that signed the request.
            key: The API key that it was submitted with, in place of a signature.

        Returns:
            The request as it is now; `None` if there is none.

        Raises:
            SignatureMismatch: Another key signed.
            NotSponsored: The API key did not sponsor the request.
            NotWaiting: The request was sent, or has ended.
            DatabaseError: The database can't be used.
        """
        with self._database.reading() as transaction:
            request = store.find(transaction, request_id)
        if request is None:
            return None
        if key is not None:
            sponsor = self._by_key(key)
            if sponsor is None or str(sponsor) != request.sponsor:
                raise NotSponsored("the API key did not sponsor this request: use the one that did")
        else:
            signed = self._client.read_signed_request(request.document)
            signer = recover(signed.request.payload.digest(), signed.signature)
            payload = withdrawal(self._client.deployment, request.id)
            given = recover(payload.digest(), signature or b"")
            if given is None or given != signer:
                raise SignatureMismatch(str(signer or request.account), given)
        with self._database.transaction() as transaction:
            moved = store.move(transaction, request.id, "withdrawn", since=("accepted",))
            now = store.find(transaction, request.id)
        if not moved and (now is None or now.state != "withdrawn"):
            raise NotWaiting(
                f"request {request.id} is {now.state if now else 'gone'} and can't be withdrawn: "
                "cancel it on the chain, if its nonce is still free",
            )
        return now

    def _check(self, signed: SignedRequest, waiting: tuple[Accepted, ...]) -> bool:
        """Check a request on the chain, and return whether a contract signed it."""
        before = tuple(
            [
                self._client.read_signed_request(one.document)
                for one in waiting
                if one.nonce < signed.nonce
            ]
        )
        contracts = self._checker.check(signed, before)
        for one in contracts:
            if one not in self._policy.contracts:
                raise NotSponsored(
                    f"the contract {one} signs for {signed.account}, and this relay pays for those "
                    "on its list only: ask the relay, or pay yourself",
                )
        return bool(contracts)

    def _sponsor(self, signed: SignedRequest, voucher: Voucher | None, key: str | None) -> Sponsor:
        by_voucher = None if voucher is None else self._by_voucher(signed, voucher)
        return sponsor_of(
            self._policy,
            signed.account,
            signed.intent,
            voucher=by_voucher,
            key=None if key is None else self._by_key(key),
        )

    def _by_voucher(self, signed: SignedRequest, voucher: Voucher) -> Sponsor:
        deployment = self._client.deployment
        if voucher.account != signed.account:
            raise NotSponsored(f"the voucher is for {voucher.account}, not for {signed.account}")
        if voucher.deadline_unix_s < time.time():
            raise NotSponsored("the voucher has expired: ask the operator for a new one")
        controller = self._client.controller_of(voucher.operator)
        if not voucher.is_signed_for(deployment, controller):
            whose = "" if controller == voucher.operator else f"{controller}, the controller of "
            raise NotSponsored(
                f"the voucher is not signed by {whose}{voucher.operator} for this registry: ask "
                "the operator for a new one",
            )
        if voucher.operator in self._policy.denied or not self._runs_node(voucher.operator):
            raise NotSponsored(f"{voucher.operator} does not run a node: its vouchers don't count")
        return Sponsor(
            via="voucher",
            name=voucher.operator,
            requests_per_day=self._policy.requests_per_day,
            gas_per_day=self._policy.gas_per_day,
            voucher=voucher.name(deployment),
            requests_in_all=voucher.requests,
        )

    def _by_key(self, key: str) -> Sponsor | None:
        with self._database.reading() as transaction:
            rows = transaction.run(
                "SELECT name, requests_per_day, gas_per_day FROM api_key "
                "WHERE digest = ? AND revoked = 0",
                digest_of_key(key),
            )
        if not rows:
            raise NotSponsored("the API key is not valid here: ask the relay for a new one")
        name, limit, gas = rows[0]
        return Sponsor(
            via="key",
            name=str(name),
            requests_per_day=int(limit or 0),
            gas_per_day=self._policy.gas_per_day if gas is None else int(gas),
        )

    def _is_new_id(self, signed: SignedRequest) -> bool:
        intent = signed.intent
        if not isinstance(intent, SetParty) or is_leaving(intent):
            return False
        known = self._in_memory() or self._client
        return known.party(intent.country_code, intent.party_id) is None

    def _runs_node(self, operator: Address) -> bool:
        """Return whether an operator runs a node; ask the chain if the cache has none."""
        known = self._in_memory()
        return (known is not None and known.node(operator) is not None) or (
            self._client.node(operator) is not None
        )

    def _in_memory(self) -> RegistryCache | None:
        """Return the registry in memory, if it is current."""
        cache = self._cache
        if cache is None or cache.age_s is None or cache.age_s > _STALE_S:
            return None
        return cache


def id_of(signed: SignedRequest) -> str:
    """Return the id of a request: the digest that its account signed."""
    return "0x" + signed.request.payload.digest().hex()


def digest_of_key(key: str) -> str:
    """Return the stored form of an API key. Keys are random, so a plain hash is enough."""
    return hashlib.sha256(key.encode()).hexdigest()
