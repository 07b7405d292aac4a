"""Prepare a change: the payload to sign, a description in words, and the side effects.

`typedData` is exactly the payload that a wallet signs and displays. `payers` lists who could pay
for the transaction: a relay, or the account itself, with its call, encoded and decoded.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Protocol, cast

from ocn_registry.errors import InvalidInput
from ocn_registry.foreign.times import moment
from ocn_registry.intents import MoveAccount, SetController
from ocn_registry.models import Address
from ocn_registry.plans.current_entries import CurrentEntries
from ocn_registry.plans.losses import additions_of, losses_of
from ocn_registry.plans.words import words_of
from ocn_registry.protocol.calls import ContractCall
from ocn_registry.protocol.effects import CodeSize, run
from ocn_registry.registry_api.intents import read_intent
from ocn_registry.signing import SignedRequest, acceptance_of

if TYPE_CHECKING:
    from ocn_registry.cache.questions import Snapshot
    from ocn_registry.client.sync_client import RegistryClient
    from ocn_registry.dialects import Dialect, Step
    from ocn_registry.intents import SignableIntent
    from ocn_registry.models import Agreement, Contract, Node, Party, Service
    from ocn_registry.protocol.effects import Call
    from ocn_registry.registry_api.pages import Object
    from ocn_registry.signing import Request

_MOST_ENDS = 50
_MOST_NUMBER = (1 << 53) - 1


class Payer(Protocol):
    """A relay's part of answers: what it would pay for, and what it has accepted."""

    def next_nonce(self, contract: Contract, account: Address) -> int | None:
        """Return the nonce after an account's waiting requests; `None` if there are none."""
        ...

    def would_pay(self, account: Address, intent: SignableIntent) -> Object:
        """Return whether a request would be paid without a voucher or an API key, and why not."""
        ...

    def of_transaction(self, tx_hash: str) -> list[Object]:
        """Return the relay's requests in a transaction."""
        ...


class _Listed(CurrentEntries):
    """The listed entries, from memory: reading through a client would fetch whole lists."""

    def __init__(self, client: RegistryClient, now: Snapshot) -> None:
        super().__init__(client)
        self._now = now

    def node(self, account: str) -> Node | None:  # type: ignore[explicit-override]  # typing.override needs Python 3.12
        return self._now.node(account)

    def parties_of(self, account: str) -> tuple[Party, ...]:  # type: ignore[explicit-override]  # typing.override needs Python 3.12
        return self._now.parties_of(account)

    def service(self, account: str) -> Service | None:  # type: ignore[explicit-override]  # typing.override needs Python 3.12
        return self._now.service(account)

    def agreements(self, user: str) -> tuple[Agreement, ...]:  # type: ignore[explicit-override]  # typing.override needs Python 3.12
        return self._now.agreements(user)

    def parties(self, *, operator: str) -> tuple[Party, ...]:  # type: ignore[explicit-override]  # typing.override needs Python 3.12
        return self._now.parties(operator=operator)


class Preparer:
    """Prepares requests to a registry."""

    def __init__(self, client: RegistryClient, dialect: Dialect, payer: Payer | None) -> None:
        """Create it from its parts.

        Args:
            client: Reads nonces and controllers, and simulates.
            dialect: The generation of the contracts.
            payer: The relay that serves this; `None` without one.
        """
        self._client, self._dialect, self._payer = client, dialect, payer

    def prepare(self, body: Object, now: Snapshot) -> Object:
        """Return the payload to sign, and its description.

        Args:
            body: `account` and `intent`, optionally with `nonce` and `deadline`; or `request`, a
                document that was prepared elsewhere.
            now: The listed entries.

        Raises:
            InvalidInput: The body has another form.
            Reverted: The contract would reject the change now.
            TransportError: The chain can't be reached.
        """
        if set(body) == {"request"}:
            found = self._read(body["request"])
            return self._prepared(found.intent, found.account, found, now)
        if unknown := set(body) - {"account", "intent", "nonce", "deadline"}:
            raise InvalidInput(f"{min(unknown)[:50]!r} is not a member of this body: remove it")
        account = Address(cast("str", body.get("account")))
        intent = read_intent(body.get("intent"), self._client, now, account)
        self._dialect.check(intent)
        request = None
        if not self._dialect.limits.replayable:
            contract = self._dialect.contract_of(intent)
            nonce = _number(body, "nonce")
            if nonce is None and self._payer is not None:
                nonce = self._payer.next_nonce(contract, account)
            request = self._client.prepare(
                intent, account, nonce=nonce, deadline_unix_s=_number(body, "deadline")
            )
        return self._prepared(intent, account, request, now)

    def calldata(self, document: object) -> Object:
        """Return the transaction for a signed request, for anyone who wants to pay for it.

        Raises:
            InvalidInput: The document is not a signed request for this registry.
        """
        found = self._read(document)
        if not isinstance(found, SignedRequest):
            raise InvalidInput("the request is not signed: have its account sign it first")
        return self._transaction(found, found.request)

    def _read(self, document: object) -> Request | SignedRequest:
        return self._dialect.read_request(json.dumps(document))

    def _prepared(
        self,
        intent: SignableIntent,
        account: Address,
        found: Request | SignedRequest | None,
        now: Snapshot,
    ) -> Object:
        signer = self._client.controller_of(account) if self._has_controllers else account
        by_contract = run(iter(CodeSize(signer)), self._client.transport.perform) > 0
        accepting = acceptance_of(intent, account)
        if accepting is None and signer == account:
            call: Call[object] = self._dialect.write((intent,), each_alone=False, sender=account)
            run(iter(call), self._client.transport.perform)
        current = _Listed(self._client, now)
        request = found.request if isinstance(found, SignedRequest) else found
        contract = self._dialect.contract_of(intent)
        return {
            "account": account,
            "signer": signer,
            "signerIsContract": by_contract,
            "words": words_of(intent),
            "ends": list(losses_of(current, account, intent))[:_MOST_ENDS],
            "adds": list(additions_of(current, account, intent))[:_MOST_ENDS],
            "network": self._client.deployment.name,
            "chainId": self._dialect.chain_id,
            "contract": self._dialect.address_of(contract),
            "nonce": None if request is None else request.nonce,
            "deadline": None if request is None else request.deadline_unix_s,
            "until": None if request is None else moment(request.deadline_unix_s),
            "signed": isinstance(found, SignedRequest),
            "digest": None if request is None else _digest(request),
            "typedData": None if request is None else _typed_data(request),
            "request": None if found is None else found.document(),
            "acceptance": self._acceptance(request),
            "payers": {
                "relay": None
                if self._payer is None or request is None
                else self._payer.would_pay(account, intent),
                "self": self._own_call(intent, account, signer),
            },
        }

    @property
    def _has_controllers(self) -> bool:
        return self._dialect.limits.has_controllers

    def _acceptance(self, request: Request | None) -> Object | None:
        acceptance = None if request is None else request.acceptance
        if acceptance is None:
            return None
        plain = acceptance.request if isinstance(acceptance, SignedRequest) else acceptance
        return {
            "account": plain.account,
            "words": words_of(plain.intent),
            "signed": isinstance(acceptance, SignedRequest),
            "digest": _digest(plain),
            "typedData": _typed_data(plain),
        }

    def _own_call(self, intent: SignableIntent, account: Address, signer: Address) -> Object | None:
        """Return the call that the account itself could send; `None` if it can't."""
        if signer != account or isinstance(intent, MoveAccount | SetController):
            return None
        return self._transaction(intent, None)

    def _transaction(self, step: Step, request: Request | None) -> Object:
        call = self._dialect.write((step,), each_alone=False)
        seen = ContractCall(sender=Address("0x" + "00" * 20), to=call.to, data=call.data)
        intent = step.intent if isinstance(step, SignedRequest) else step
        return {
            "chainId": self._dialect.chain_id,
            "to": call.to,
            "data": "0x" + call.data.hex(),
            "value": "0x0",
            "function": next(iter(self._dialect.functions(seen)), None),
            "words": words_of(intent),
            "arguments": None if request is None else _typed_data(request)["message"],
        }


def _number(body: Object, name: str) -> int | None:
    value = body.get(name)
    if value is None:
        return None
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MOST_NUMBER:
        return value
    raise InvalidInput(f"{name} is not a valid number: use one from 0 to {_MOST_NUMBER}")


def _digest(request: Request) -> str:
    return "0x" + request.payload.digest().hex()


def _typed_data(request: Request) -> Object:
    """Return the argument of `eth_signTypedData_v4`, with a numeric chain id, as wallets expect."""
    document = dict(request.payload.document())
    domain = cast("Object", document["domain"])
    return {**document, "domain": {**domain, "chainId": int(str(domain["chainId"]))}}
