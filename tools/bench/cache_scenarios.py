"""Measure the cache: lookups, loads, events and memory, compared with what it saves.

Both sides of a comparison take turns in the same run, and the best round of each counts. Memory is
measured after every party was looked up once.
"""

from __future__ import annotations

import tempfile
import time
import tracemalloc
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from speed_scenarios import PARTIES, ROUNDS, V1_PARTIES, CountingTransport, Speed, party, send

from ocn_registry import RegistryCache, RegistryClient
from ocn_registry.cache.questions import Snapshot
from ocn_registry.deploy.artifacts import artifact
from ocn_registry.dialects import dialect_of
from ocn_registry.events.draft import Draft
from ocn_registry.events.fold import Fold
from ocn_registry.events.state import Moment, State
from ocn_registry.evm.keccak import topic
from ocn_registry.intents import ImportServices, SetService
from ocn_registry.models import Address, BlockRef, Node, PartyId, Permission, Role, Service
from ocn_registry.outcomes import NodeSet, PartySet
from ocn_registry.protocol.effects import Logs
from ocn_registry.transport.jsonrpc import answer_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from ocn_registry.deploy.devnet import Devnet
    from ocn_registry.networks import Deployment

SIZES: Final = (10_000, 100_000)
_PROCESSED: Final = 150
_GAS: Final = 1_000_000
_PARTY_UPDATE: Final = "PartyUpdate(bytes2,bytes3,address,uint8[],uint8[],uint8[],address)"
_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_BLOCK: Final = BlockRef(number=1, hash="0x" + "00" * 32, timestamp_unix_s=1)
_WHEN: Final = Moment(_BLOCK.number, _BLOCK.timestamp_unix_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The figures. Times are in seconds for one operation.

    Attributes:
        route: A route from the cache, compared to a dict with the same keys.
        event: Decoding and applying an event, compared to web3.py's decoding alone.
        load_s: Loading all parties from the chain, while there are no services.
        file: Loading them and all agreements from the file, compared to the chain.
        requests: Number of HTTP requests of the load.
        v1_requests: The same for v1's contracts, for each 1,000 parties.
        memory_bytes: Memory for each party, by the number of parties.
    """

    route: Speed
    event: Speed
    load_s: float
    file: Speed
    requests: int
    v1_requests: float
    memory_bytes: dict[int, float]


def measure(devnet: Devnet) -> Figures:
    """Measure on a chain on which the contracts of both generations are filled."""
    memory = {size: _memory(size) for size in SIZES}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "cache.sqlite"
        # Parties alone, as v1's library reads them; then with services, so agreements are read too.
        load_s, _, _ = _loads(devnet.deployment(), file)
        _offer(devnet)
        whole_s, file_s, requests = _loads(devnet.deployment(), file)
        client = RegistryClient(devnet.deployment(), _transport(devnet.deployment()))
        with RegistryCache(client, file=file) as cache:
            route = _route(cache)
        client.close()
    return Figures(
        route=route,
        event=_events(devnet),
        load_s=load_s,
        file=Speed(ours_s=file_s, other_s=whole_s),
        requests=requests,
        v1_requests=_v1_requests(devnet.v1_deployment()),
        memory_bytes=memory,
    )


def _offer(devnet: Devnet) -> None:
    """Offer a service in each: without services, agreements are not read."""
    ours, v1s = dialect_of(devnet.deployment()), dialect_of(devnet.v1_deployment())
    provider = party(0)
    service = Service(
        provider=provider.address,
        id=provider.id,
        name="",
        url="",
        permissions=(Permission.FORWARD_ALL,),
    )
    owner = devnet.accounts[0].address
    send(devnet, owner, ours, ImportServices(services=[service]), _GAS)
    listed = Address(f"0x{1 << 32:040x}")  # the first of v1's parties
    send(devnet, listed, v1s, SetService(permissions=service.permissions), _GAS)
    devnet.request("evm_mine")  # on a busy machine, the answer arrives before the block
    for dialect, who in ((ours, provider.address), (v1s, listed)):
        call = dialect.service(who, None)
        data = devnet.request("eth_call", {"to": call.to, "data": "0x" + call.data.hex()})
        if call.decode(bytes.fromhex(cast("str", data)[2:])) is None:
            raise ValueError("there is no service")


def _transport(deployment: Deployment) -> CountingTransport:
    return CountingTransport(deployment.rpc_urls, chain_id=deployment.chain_id)


def _loads(deployment: Deployment, file: Path) -> tuple[float, float, int]:
    """Load from the chain and start from the file, in turns."""
    chain: list[float] = []
    saved: list[float] = []
    requests = 0
    for _ in range(ROUNDS):
        transport = _transport(deployment)
        client = RegistryClient(deployment, transport)
        cache = RegistryCache(client)
        chain.append(_timed(cache.refresh))
        requests = transport.requests
        file.unlink(missing_ok=True)
        with RegistryCache(client, file=file) as first:
            first.refresh()
        started = time.perf_counter()
        with RegistryCache(client, file=file) as again:
            saved.append(time.perf_counter() - started)
            if len(again.parties()) != PARTIES:
                raise ValueError("the file does not keep all parties")
        client.close()
    return min(chain), min(saved), requests


def _v1_requests(deployment: Deployment) -> float:
    transport = _transport(deployment)
    cache = RegistryCache(RegistryClient(deployment, transport))
    cache.refresh()
    if len(cache.parties()) != V1_PARTIES:
        raise ValueError("not all of v1's parties are there")
    transport.close()
    return transport.requests / V1_PARTIES * 1000


def _route(cache: RegistryCache) -> Speed:
    ids = [(party.id.country_code, party.id.party_id) for party in cache.parties()]
    table = {key: cache.route(*key) for key in ids}
    route = cache.route

    def ours() -> None:
        for country_code, party_id in ids:
            route(country_code, party_id)

    def bare() -> None:
        for country_code, party_id in ids:
            table[country_code, party_id]

    rounds = [(_timed(ours), _timed(bare)) for _ in range(3 * ROUNDS)]
    return Speed(
        ours_s=min(one for one, _ in rounds) / len(ids),
        other_s=min(one for _, one in rounds) / len(ids),
    )


def _events(devnet: Devnet) -> Speed:
    """Decode and apply the events that listed all parties; let web3.py decode some of them."""
    from hexbytes import HexBytes  # noqa: PLC0415 - only here
    from web3 import Web3  # noqa: PLC0415 - 1.4 s
    from web3.datastructures import AttributeDict  # noqa: PLC0415

    deployment = devnet.deployment()
    dialect = dialect_of(deployment)
    head = int(cast("str", devnet.request("eth_blockNumber")), 16)
    asked = Logs((deployment.registry, deployment.permissions), 0, head)
    query = {"address": deployment.registry, "fromBlock": "0x0", "toBlock": hex(head)}
    raw_logs = cast("list[dict[str, Any]]", devnet.request("eth_getLogs", query))
    logs = answer_of(asked, raw_logs)
    parties = [log for log in raw_logs if log["topics"][0] == topic(_PARTY_UPDATE)]
    if len(parties) < PARTIES:
        raise ValueError("not all parties have an event")

    def ours() -> None:
        draft = Draft(State(block=_BLOCK))
        fold = Fold(draft)
        for change in dialect.changes(logs):
            fold.apply(change, _WHEN)
        draft.finish(_BLOCK)

    event = (
        Web3()
        .eth.contract(
            address=cast("Any", deployment.registry),
            abi=artifact(deployment.dialect, "Registry").abi,
        )
        .events.PartyUpdate()
    )
    records = [
        AttributeDict(
            log
            | {key: int(log[key], 16) for key in ("blockNumber", "logIndex", "transactionIndex")}
            | {key: HexBytes(log[key]) for key in ("data", "blockHash", "transactionHash")}
            | {"topics": [HexBytes(topic) for topic in log["topics"]]},
        )
        for log in parties[:_PROCESSED]
    ]

    def theirs() -> None:
        for record in records:
            event.process_log(cast("Any", record))

    rounds = [(_timed(ours), _timed(theirs)) for _ in range(ROUNDS)]
    return Speed(
        ours_s=min(one for one, _ in rounds) / len(logs),
        other_s=min(one for _, one in rounds) / len(records),
    )


def _memory(parties: int) -> float:
    """Return the memory for each party of a state with so many parties and 100 nodes."""
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    state = _state(parties)
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    if len(state.routes) != parties:
        raise ValueError("not all parties were asked for")
    return (after - before) / parties


def _state(parties: int) -> State:
    draft = Draft(State(block=_BLOCK))
    fold = Fold(draft)
    operators = [Address.from_bytes((1 + number).to_bytes(20, "little")) for number in range(100)]
    for place, one in enumerate(operators):
        node = Node(operator=one, domain=f"https://node-{place}.example.com:8080")
        fold.apply(NodeSet(node=node), _WHEN)
    for number in range(parties):
        change = PartySet(
            address=Address.from_bytes((1 + number).to_bytes(20, "big")),
            id=_id(number),
            roles=(Role.CPO, Role.EMSP),
            modules_sender=(),
            modules_receiver=(),
            operator=operators[number % len(operators)],
        )
        fold.apply(change, _WHEN)
    snapshot = Snapshot(draft.finish(_BLOCK))
    for number in range(parties):
        found = _id(number)
        snapshot.route(found.country_code, found.party_id)
    return snapshot._state()  # noqa: SLF001 - weighed, not used


def _id(number: int) -> PartyId:
    text = ""
    for _ in range(5):
        number, letter = divmod(number, len(_LETTERS))
        text = _LETTERS[letter] + text
    return PartyId(text[:2], text[2:])


def _timed(task: Callable[[], object]) -> float:
    started = time.perf_counter()
    task()
    return time.perf_counter() - started
