"""Shared by the tests of the cache: a chain that fails on command, and the comparison with it."""

from collections import Counter
from typing import ClassVar

from ocn_registry import RegistryClient
from ocn_registry.cache import CacheOptions, RegistryCache
from ocn_registry.errors import RpcUnavailable, TransportError
from ocn_registry.flows import questions
from ocn_registry.protocol.effects import Head, run
from ocn_registry.transport.http_sync import HttpTransport


class Flaky:
    """A transport that fails once, at the n-th effect."""

    def __init__(self, deployment):
        self._inner = HttpTransport(deployment.rpc_urls, chain_id=deployment.chain_id)
        self.fails_in = None
        self.asked = []

    def perform(self, effect):
        self.asked.append(effect)
        if self.fails_in is not None:
            self.fails_in -= 1
            if self.fails_in < 0:
                self.fails_in = None
                raise RpcUnavailable("the test has cut the line")
        return self._inner.perform(effect)

    def close(self):
        self._inner.close()


class Follower:
    """A cache, a copy that a subscriber keeps, and the chain read directly."""

    seen: ClassVar = Counter()

    def __init__(self, deployment, file, **options):
        self.deployment, self.file = deployment, file
        self.options = CacheOptions(**options)
        self.transport = Flaky(deployment)
        self.client = RegistryClient(deployment, self.transport)
        self.copy = {}
        self.cache = None
        self.restart()

    def restart(self):
        if self.cache is not None:
            self._count()
            self.seen["restarts"] += 1
            self.cache.close()
        self.cache = self._open()
        self.cache.subscribe(self._keep)

    def _open(self):
        return RegistryCache(self.client, file=self.file, options=self.options)

    def close(self):
        self._count()
        self.cache.close()
        self.transport.close()

    def _count(self):
        figures = self.cache.figures
        self.seen.update(figures.changes)
        self.seen.update(figures.errors)
        self.seen["reorganisations"] += figures.reorganisations
        self.seen["loads"] += figures.loads

    def _keep(self, update):  # noqa: C901 - one case for each kind of change
        for change in update.changes:
            name = type(change).__name__
            match name:
                case "NodeSet":
                    self.copy["node", change.node.operator] = change.node.domain
                case "NodeDeleted":
                    del self.copy["node", change.operator]
                case "PartySet":
                    self.copy["party", change.address, change.id] = change
                case "PartyDeleted":
                    del self.copy["party", change.address, change.id]
                    self.copy.pop(("website", change.address, change.id), None)
                case "PartyWebsiteSet":
                    self.copy["website", change.address, change.id] = change.website
                case "ServiceSet":
                    self.copy["service", change.provider] = change
                case "ServiceDeleted":
                    del self.copy["service", change.provider]
                case "AgreementMade":
                    assert ("agreement", change.user, change.provider) not in self.copy
                    self.copy["agreement", change.user, change.provider] = change
                case "AgreementEnded":
                    del self.copy["agreement", change.user, change.provider]

    def catch_up(self, fails_in=None):
        """Refresh until the latest block is known, with a fault in between."""
        head = None
        self.transport.fails_in = fails_in
        for _ in range(8):
            try:
                self.cache.refresh()
                head = int(self.client.transport.perform(Head()).ref.number)
                if self.cache.block_number == head:
                    break
            except TransportError:
                self.transport.fails_in = None
        self.transport.fails_in = None
        assert self.cache.block_number == head

    def compare(self, users):
        """Compare every answer with the chain, read directly at the same block."""
        self.seen["comparisons"] += 1
        cache, client, block = self.cache, self.client, self.cache.block_number
        nodes, parties = client.nodes(block=block), client.parties(block=block)
        services = client.services(block=block)
        same(cache.nodes(), nodes)
        same(cache.parties(), parties)
        same(cache.services(), services)
        agreed = []
        for user in users:
            agreements = client.agreements(user, block=block)
            same(cache.agreements(user), agreements)
            agreed += agreements
        for party in parties:
            ids = party.id.country_code, party.id.party_id
            route = run(questions.route(client._dialect, party.id, block), self.transport.perform)
            assert cache.route(*ids) == route
            if route is None:
                self.seen["parties without their id"] += 1
                continue
            assert (route.operator, route.domain) == (party.operator, party.operator_domain)
            assert cache.party(*ids) == party
            if party.current:
                assert cache.party(party.address) == party
            assert party in cache.parties_of(party.address)
            assert cache.is_mine(*ids, operator=party.operator)
            assert cache.agreements(*ids) == cache.agreements(party.address)
        by_kind = {
            "node": {(node.operator, node.domain) for node in nodes},
            "party": {(party.address, party.id) for party in parties},
            "service": {service.provider for service in services},
            "agreement": {(one.user, one.provider) for one in agreed},
        }
        result = {
            "node": {(key[1], value) for key, value in self.copy.items() if key[0] == "node"},
            "party": {key[1:] for key in self.copy if key[0] == "party"},
            "service": {key[1] for key in self.copy if key[0] == "service"},
            "agreement": {key[1:] for key in self.copy if key[0] == "agreement"},
        }
        assert result == by_kind
        for party in parties:
            assert self.copy.get(("website", party.address, party.id)) == party.website
            copied = self.copy["party", party.address, party.id]
            assert (copied.id, copied.roles, copied.operator) == (
                party.id,
                party.roles,
                party.operator,
            )
            assert copied.modules_sender == party.modules_sender
            assert copied.modules_receiver == party.modules_receiver
        for service in services:
            copied = self.copy["service", service.provider]
            assert (copied.name, copied.url, copied.permissions) == (
                service.name,
                service.url,
                service.permissions,
            )


def numbers(one):
    """Return fields that value comparison ignores but that must be equal here."""
    names = ("membership", "current", "version")
    return tuple(getattr(one, name, None) for name in names)


def same(got, due):
    assert sorted(map(repr, got)) == sorted(map(repr, due))
    assert sorted(map(repr, map(numbers, got))) == sorted(map(repr, map(numbers, due)))
