"""With 100,000 parties, no answer is too large, and a block costs only its changes."""

import json

import pytest

from ocn_registry import Address
from ocn_registry.cache.questions import Snapshot
from ocn_registry.events.state import (
    AccountRow,
    Consent,
    ConsentsRow,
    Moment,
    NodeRow,
    PartyRow,
    ServiceRow,
    State,
)
from ocn_registry.events.tables import Table
from ocn_registry.models import BlockRef
from ocn_registry.networks import built_in
from ocn_registry.registry_api import index
from ocn_registry.registry_api.api import RegistryApi

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
LONG = "https://" + "x" * 200 + ".example.org"


def account(number):
    return Address.from_bytes(number.to_bytes(20))


def registry(parties, nodes=50):
    ids = [
        a + b + c + d + "X" for a in LETTERS[:10] for b in LETTERS for c in LETTERS for d in LETTERS
    ][:parties]
    moment = Moment(5, 1_700_000_000)
    listed = {
        key: PartyRow(account(place + 1), 1 << place % 7, 0x3FF, 0x3FF, place % nodes, LONG, moment)
        for place, key in enumerate(ids)
    }
    operators = {number: account(1_000_000 + number) for number in range(nodes)}
    return State(
        block=BlockRef(number=9, hash="0x" + "22" * 32, timestamp_unix_s=1_700_000_000),
        nodes=Table({n: NodeRow(each, f"{LONG}/{n}") for n, each in operators.items()}),
        operators=Table({each: n for n, each in operators.items()}),
        parties=Table(listed),
        accounts=Table(
            {row.account: AccountRow(row.account, (key,), n + 1, n + 1)
             for n, (key, row) in enumerate(listed.items())}
        ),
        services=Table({1: ServiceRow(account(1), "S" * 100, LONG, tuple(range(17)), 1, ids[0])}),
        consents=Table(
            {n + 1: ConsentsRow(account(n + 1), (Consent(1, 1),)) for n in range(1, parties)}
        ),
    )  # fmt: skip


class Known:
    """A cache with a fixed state."""

    deployment = built_in("local")
    age_s, block_number, lag_blocks = 0.0, 9, 0

    def __init__(self, state):
        self.state = state
        self.block = state.block
        self.options = type("Options", (), {"poll_s": 5.0})

    def snapshot(self):
        return Snapshot(self.state)

    def subscribe(self, _):
        return lambda: None


@pytest.fixture(scope="module")
def large():
    return registry(100_000)


@pytest.fixture(scope="module")
def api(large):
    from ocn_registry import RegistryClient  # noqa: PLC0415 - beside its use
    from ocn_registry.transport.http_sync import HttpTransport  # noqa: PLC0415 - the same

    cache = Known(large)
    client = RegistryClient(cache.deployment, HttpTransport(["http://127.0.0.1:9"]))
    return RegistryApi(client, cache)


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/v1/overview", {}),
        ("/v1/countries", {}),
        ("/v1/search", {"q": "ABX"}),
        ("/v1/search", {"q": "https"}),
        ("/v1/parties", {"limit": "500"}),
        ("/v1/parties", {"limit": "500", "role": "CPO", "module": "cdrs", "sort": "changed"}),
        ("/v1/parties", {"limit": "500", "q": "a", "format": "csv"}),
        ("/v1/parties", {"limit": "500", "country": "AB"}),
        ("/v1/nodes", {"limit": "500", "sort": "parties"}),
        ("/v1/services", {"limit": "500"}),
        ("/v1/agreements", {"limit": "500", "provider": account(1)}),
    ],
)
def test_no_answer_is_larger_than_200_kilobytes(api, path, query):
    reply = api.answer("GET", path, list(query.items()))
    assert reply.status == 200
    assert len(reply.body) < 200_000


def test_pages_contain_every_party_once(api):
    seen, offset = [], 0
    while offset is not None and len(seen) < 3_000:
        reply = api.answer("GET", "/v1/parties", [("offset", str(offset)), ("limit", "500")])
        result = json.loads(reply.body)
        seen += [(one["countryCode"], one["partyId"]) for one in result["parties"]]
        offset = result["next"]
    assert seen == sorted(set(seen))
    assert result["total"] == 100_000


def test_index_of_the_next_block_reads_only_changed_parties(large, monkeypatch):
    first = index.RegistryIndex.of(large)
    seen = []
    real = index.text_of
    monkeypatch.setattr(index, "text_of", lambda key, row: seen.append(key) or real(key, row))
    row = large.parties.get("AAAAX")
    moved = PartyRow(*row)._replace(node=7, roles=2)
    from dataclasses import replace  # noqa: PLC0415 - one use

    parties = large.parties.edited({"AAAAX": moved, "AAABX": None, "ZZZZZ": moved})
    following = index.RegistryIndex.of(replace(large, parties=parties), first)
    anew = index.RegistryIndex.of(replace(large, parties=parties))
    assert seen[:2] == ["AAAAX", "ZZZZZ"] or seen[:2] == ["ZZZZZ", "AAAAX"]
    assert following.keys == anew.keys
    assert following.at_node == anew.at_node
    assert following.kinds == anew.kinds
    assert following.texts == anew.texts
    assert len(seen) == 2 + 100_000
