"""The API's endpoints, without a web framework.

Every answer except live changes comes from one state of the registry in memory, names the state's
block, and stays below 200 KB. For live changes, see `stream` in `registry_api.changes`.
"""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING, TypeAlias, cast

from ocn_registry.dialects import dialect_of
from ocn_registry.errors import InvalidInput, OcnRegistryError
from ocn_registry.foreign.strict_json import parse_json
from ocn_registry.foreign.text import shown
from ocn_registry.models import Address, Contract, PartyId
from ocn_registry.protocol.effects import ReceiptOf, run
from ocn_registry.registry_api import overview
from ocn_registry.registry_api.changes import ChangeLog
from ocn_registry.registry_api.entities import Entities
from ocn_registry.registry_api.index import RegistryIndex
from ocn_registry.registry_api.lists import LISTS
from ocn_registry.registry_api.openapi import document
from ocn_registry.registry_api.pages import PAGE, QueryParameters, block_of, cut, json_of
from ocn_registry.registry_api.prepare import Preparer
from ocn_registry.registry_api.problems import MAX_BODY_BYTES, Problem, Reply, problem_of
from ocn_registry.registry_api.routing import way

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ocn_registry.cache.sync_cache import RegistryCache
    from ocn_registry.client.sync_client import RegistryClient
    from ocn_registry.registry_api.history import HistoryLog
    from ocn_registry.registry_api.pages import Object
    from ocn_registry.registry_api.prepare import Payer

_MOST_EVENTS, _LATEST = 200, 10
_HASH = re.compile(r"0x[0-9a-fA-F]{64}")


class RegistryApi:
    """Answers questions about a registry; thread-safe."""

    def __init__(
        self,
        client: RegistryClient,
        cache: RegistryCache,
        *,
        history: HistoryLog | None = None,
        payer: Payer | None = None,
    ) -> None:
        """Create an API from its parts. The caller starts and closes them.

        Args:
            client: Reads what the cache does not hold: nonces, controllers, receipts.
            cache: The registry in memory, started.
            history: The registry's history; with `None`, questions about it are answered with
                `not_found`.
            payer: The relay that serves this; `None` without one.
        """
        self._client, self._cache, self._history = client, cache, history
        self._payer = payer
        self._preparer = Preparer(client, dialect_of(client.deployment), payer)
        self._lock = threading.Lock()
        self._index: RegistryIndex | None = None
        self.changes = ChangeLog(cache)

    def close(self) -> None:
        """End the subscription to the cache."""
        self.changes.close()

    def answer(
        self, method: str, path: str, query: Sequence[tuple[str, str]] = (), body: bytes = b""
    ) -> Reply:
        """Return the answer to a question. Errors are answers too.

        Args:
            method: The HTTP method.
            path: The decoded path below the API's root, such as `/v1/nodes`.
            query: Decoded names and values of the parameters.
            body: The body, at most 64 KB of it.
        """
        try:
            return self._answer(method, path, query, body)
        except Problem as problem:
            return problem.reply()
        except OcnRegistryError as error:
            return problem_of(error).reply()

    def _answer(
        self, method: str, path: str, query: Sequence[tuple[str, str]], body: bytes
    ) -> Reply:
        for pattern, (wanted, handler) in ROUTES.items():
            names = _matched(pattern, path)
            if names is None:
                continue
            if method not in {wanted, "HEAD" if wanted == "GET" else wanted}:
                raise Problem(
                    "method_not_allowed",
                    f"{wanted} is the only method here",
                    headers={"Allow": wanted},
                )
            found = handler(self, Question(QueryParameters(query), names, body))
            return found if isinstance(found, Reply) else Reply(body=json_of(found))
        raise Problem("not_found", "there is no such path: the paths are in /v1/openapi.json")

    def entities(self) -> Entities:
        """Return the entries of the current state, with its index."""
        now = self._cache.snapshot()
        state = now.state
        with self._lock:
            self._index = index = RegistryIndex.of(state, self._index)
        return Entities(now, index, self._history)

    # The endpoints

    def chain(self, asked: Question) -> Object:
        """Return the identity of the registry, and how current its view is."""
        asked.query.done()
        return overview.chain(self._cache)

    def overview(self, asked: Question) -> Object:
        """Return the start page: state of the chain, counts, countries, nodes and news."""
        asked.query.done()
        of = self.entities()
        return {
            "chain": overview.chain(self._cache),
            "counts": overview.counts(of.index),
            "countries": overview.countries(of.index),
            "circles": overview.circles(of),
            "latest": self._events(None, None, _LATEST)["events"] if self._history else [],
        }

    def countries(self, asked: Question) -> Object:
        """Return the countries, with the number of parties in each."""
        asked.query.done()
        of = self.entities()
        return {
            "block": block_of(of.state.block),
            "countries": overview.countries(of.index),
        }

    def search(self, asked: Question) -> Object:
        """Return the entries that match a text."""
        text = asked.query.text("q")
        asked.query.done()
        if text is None:
            raise InvalidInput("q is missing: give the text to look for")
        of = self.entities()
        return {"block": block_of(of.state.block), **overview.search(of, text)}

    def node(self, asked: Question) -> Object:
        """Return one node."""
        asked.query.done()
        of, operator = self.entities(), Address(asked.names["operator"])
        number = of.state.operators.get(operator)
        if number is None or of.now.node(operator) is None:
            raise Problem("not_found", f"{operator} runs no node: check the address")
        return {"block": block_of(of.state.block), "node": of.node_at(number)}

    def party(self, asked: Question) -> Object:
        """Return one party, with its account's service and agreements."""
        asked.query.done()
        of = self.entities()
        key = of.state.find(PartyId(asked.names["country"], asked.names["party"]))
        row = None if key is None else of.state.parties.get(key)
        if key is None or row is None:
            raise Problem("not_found", "no such party is in the registry: check its id")
        return {
            "block": block_of(of.state.block),
            "party": of.party_at(key),
            "others": [
                {"countryCode": one.id.country_code, "partyId": one.id.party_id}
                for one in of.now.parties_of(row.account)
                if of.state.find(one.id) != key
            ],
            **self._sides(of, row.account),
        }

    def _sides(self, of: Entities, account: Address) -> Object:
        agreements, more = cut(of.state.agreements(account), of.agreement, 0, PAGE)
        return {
            "service": of.service_of(account),
            "agreements": agreements,
            "moreAgreements": more is not None,
        }

    def service(self, asked: Question) -> Object:
        """Return one service."""
        asked.query.done()
        of, provider = self.entities(), Address(asked.names["provider"])
        found = of.service_of(provider)
        if found is None:
            raise Problem("not_found", f"{provider} offers no service: check the address")
        return {
            "block": block_of(of.state.block),
            "service": found,
            "provider": of.brief(provider),
        }

    def account(self, asked: Question) -> Object:
        """Return an account's entries, its signer and its nonces."""
        asked.query.done()
        of, account = self.entities(), Address(asked.names["account"])
        limits = self._client.limits
        signer = self._client.controller_of(account) if limits.has_controllers else account
        number = of.state.operators.get(account)
        parties, more = cut(of.now.parties_of(account), of.listed, 0, PAGE)
        return {
            "block": block_of(of.state.block),
            "account": account,
            "controller": None if signer == account else signer,
            "node": None if number is None or of.now.node(account) is None else of.node_at(number),
            "parties": parties,
            "moreParties": more is not None,
            **self._sides(of, account),
            "nonces": None
            if limits.replayable
            else {one.value: str(self._client.nonce(account, one)) for one in Contract},
        }

    def history(self, asked: Question) -> Object:
        """Return events, the latest first: all, or those of an address or a party."""
        account, party = asked.query.address("account"), asked.query.party("party")
        before = asked.query.number("before", (1 << 53) - 1)
        limit = max(asked.query.number("limit", 50, _MOST_EVENTS), 1)
        asked.query.done()
        if account is not None and party is not None:
            raise InvalidInput("account and party are given: give one of them")
        name = None if party is None else f"{party.country_code}{party.party_id}"
        return self._events(account or name, before, limit)

    def _events(self, name: str | None, before: int | None, limit: int) -> Object:
        history = self._history
        if history is None:
            raise Problem("not_found", "no history is kept here: ask the chain's explorer")
        rows = history.page(name=name, before=before, limit=limit + 1)
        shown_rows, _ = cut(rows, lambda row: {"place": row[0], **row[1]}, 0, limit)
        more = len(shown_rows) < len(rows)
        return {
            "complete": history.complete,
            "readTo": history.read_to,
            "before": shown_rows[-1]["place"] if more and shown_rows else None,
            "events": shown_rows,
        }

    def transaction(self, asked: Question) -> Object:
        """Return the outcome of a transaction."""
        asked.query.done()
        tx_hash = asked.names["hash"].lower()
        if not _HASH.fullmatch(tx_hash):
            raise InvalidInput(f"{shown(tx_hash)} is not the hash of a transaction: check it")
        receipt = run(iter(ReceiptOf(tx_hash)), self._client.transport.perform)
        history, payer = self._history, self._payer
        events = [] if history is None else history.of_transaction(tx_hash, _MOST_EVENTS)
        requests = [] if payer is None else payer.of_transaction(tx_hash)
        if receipt is None and not events and not requests:
            raise Problem("not_found", "the chain knows no such transaction: check its hash")
        shown_events, more = cut(events, dict, 0, _MOST_EVENTS)
        return {
            "hash": tx_hash,
            "block": None if receipt is None else receipt.block_number,
            "succeeded": None if receipt is None else receipt.succeeded,
            "gasUsed": None if receipt is None else receipt.gas_used,
            "events": shown_events,
            "moreEvents": more is not None,
            "requests": requests[:PAGE],
        }

    def route(self, asked: Question) -> Object:
        """Return the route of a message from one party to another."""
        query = asked.query
        sender, receiver = query.party("from"), query.party("to")
        module, interface = query.text("module"), query.text("interface")
        query.done()
        if sender is None or receiver is None:
            raise InvalidInput("from and to are needed: give two ids such as DE-ABC")
        return way(
            self.entities(), sender, receiver, module or "locations", interface or "receiver"
        )

    def prepare(self, asked: Question) -> Object:
        """Return the payload to sign for a change."""
        asked.query.done()
        return self._preparer.prepare(_object(asked.body), self._cache.snapshot())

    def calldata(self, asked: Question) -> Object:
        """Return the transaction for a signed request."""
        asked.query.done()
        return self._preparer.calldata(_object(asked.body))


class Question:
    """A question: its parameters, the values in its path, and its body."""

    def __init__(self, query: QueryParameters, names: dict[str, str], body: bytes) -> None:
        """Create it from its parts."""
        self.query, self.names, self.body = query, names, body


Handler: TypeAlias = "Callable[[RegistryApi, Question], Reply | Object]"


def _list(name: str) -> Handler:
    def answer(api: RegistryApi, asked: Question) -> Reply:
        return LISTS[name].answer(api.entities(), asked.query)

    return answer


# Each path with its method and its handler.
ROUTES: dict[str, tuple[str, Handler]] = {
    "/v1/openapi.json": ("GET", lambda _, __: document()),
    "/v1/chain": ("GET", RegistryApi.chain),
    "/v1/overview": ("GET", RegistryApi.overview),
    "/v1/countries": ("GET", RegistryApi.countries),
    "/v1/search": ("GET", RegistryApi.search),
    **{f"/v1/{name}": ("GET", _list(name)) for name in LISTS},
    "/v1/nodes/{operator}": ("GET", RegistryApi.node),
    "/v1/parties/{country}/{party}": ("GET", RegistryApi.party),
    "/v1/services/{provider}": ("GET", RegistryApi.service),
    "/v1/accounts/{account}": ("GET", RegistryApi.account),
    "/v1/history": ("GET", RegistryApi.history),
    "/v1/transactions/{hash}": ("GET", RegistryApi.transaction),
    "/v1/route": ("GET", RegistryApi.route),
    "/v1/prepare": ("POST", RegistryApi.prepare),
    "/v1/calldata": ("POST", RegistryApi.calldata),
}


def _matched(pattern: str, path: str) -> dict[str, str] | None:
    """Return the values in a path that matches a pattern; `None` if it does not match."""
    parts, given = pattern.split("/"), path.split("/")
    if len(parts) != len(given):
        return None
    names: dict[str, str] = {}
    for part, value in zip(parts, given, strict=True):
        if part.startswith("{"):
            names[part.strip("{}")] = value
        elif part != value:
            return None
    return names


def _object(body: bytes) -> Object:
    if len(body) > MAX_BODY_BYTES:
        raise Problem("too_large", f"the body is larger than {MAX_BODY_BYTES} bytes: shorten it")
    try:
        whole = parse_json(body)
    except (ValueError, InvalidInput):
        raise Problem("invalid_request", "the body is not valid JSON: check it") from None
    if not isinstance(whole, dict):
        raise Problem("invalid_request", "the body is not a JSON object: check it")
    return cast("Object", whole)
