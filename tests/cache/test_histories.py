"""Random histories of both generations: at every block the cache is what the chain says.

Blocks are rolled back, the RPC node drops out in the middle of a round, and the cache is closed and
started from its file, at random. The operations of the third generation are those of the contracts'
own state machine (`tests/property/histories`).
"""

import copy
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from following_chain import Follower
from histories.chain import CHAIN_ID, Chain, Transaction
from histories.machine import machine_in
from histories.people import ADDRESSES, KEYS, PEOPLE
from histories.run import world
from histories.values import IDS, MODULES, NAMES, PERMISSIONS, ROLES, URLS
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)

from ocn_registry import deployments
from ocn_registry.abi import artifact
from ocn_registry.keccak import selector
from ocn_registry.models import ZERO_ADDRESS, Address
from ocn_registry.testing.codec import encode

HISTORIES = 20
STEPS = 40
_SETTINGS = settings(
    backend="each history anew",  # see histories.run
    database=None,
    deadline=None,
    phases=[Phase.generate],  # to shrink a history takes minutes
    max_examples=HISTORIES,
    stateful_step_count=STEPS,
    suppress_health_check=list(HealthCheck),
    print_blob=True,
)


def sometimes(data, one_in):
    return data.draw(st.integers(0, one_in - 1)) == one_in - 1


class Following:
    """What both machines do beside writing: follow, fail, go back, start anew."""

    def follow(self, deployment):
        self.folder = TemporaryDirectory()
        self.follower = Follower(
            deployment,
            Path(self.folder.name) / "cache.sqlite",
            depth=20,
            chunk_blocks=3,
        )
        self.follower.catch_up()
        self.follower.compare(ADDRESSES)

    def check(self, data):
        if sometimes(data, 4):
            return  # several blocks are followed at once
        fails_in = data.draw(st.integers(0, 6)) if sometimes(data, 5) else None
        if sometimes(data, 8):
            self.follower.restart()
        self.follower.catch_up(fails_in)
        self.follower.compare(ADDRESSES)

    def teardown(self):
        if hasattr(self, "follower"):
            self.follower.close()
            self.folder.cleanup()


def third_generation(world_):
    class Histories(Following, machine_in(world_)):
        """Histories of our contracts, in which blocks are taken back."""

        @initialize(data=st.data())
        def deploy(self, data):
            super().deploy(data=data)
            pair = self.history.pair
            local = deployments.built_in("local")
            self.past = []
            self.follow(
                replace(
                    local,
                    chain_id=CHAIN_ID,
                    registry=pair.registry,
                    permissions=pair.permissions,
                    rpc_urls=(world_.chain.anvil.url,),
                )
            )

        def _block(self, data, *draws):
            here = self.history
            kept = {id(here.world): here.world, id(here.pair): here.pair}
            self.past.append((world_.chain.snapshot(), copy.deepcopy(here, kept)))
            super()._block(data, *draws)
            self.check(data)

        @rule(data=st.data())
        def chain_goes_back(self, data):
            if self.past:
                back = data.draw(st.integers(1, min(6, len(self.past))))
                snapshot, self.history = self.past[-back]
                del self.past[-back:]
                world_.chain.revert(snapshot)

    return Histories


def test_cache_is_what_our_contracts_say_at_every_block():
    with world() as here:
        run_state_machine_as_test(third_generation(here), settings=_SETTINGS)
    enough(Follower.seen)


def enough(seen):
    """Tell whether histories were wild enough to mean anything."""
    kinds = ("NodeSet", "NodeDeleted", "PartySet", "PartyDeleted", "ServiceSet", "ServiceDeleted")
    counts = {kind: seen[kind] for kind in (*kinds, "AgreementMade", "AgreementEnded")}
    counts |= {kind: seen[kind] for kind in ("RpcUnavailable", "reorganisations", "restarts")}
    assert min(counts.values()) >= 3, counts
    assert seen["comparisons"] >= HISTORIES * 5, seen
    seen.clear()


class First:
    """v1's contracts on a chain where blocks are made by command."""

    def __init__(self):
        self.chain = Chain()
        for address in PEOPLE:
            self.chain.request("anvil_setBalance", address, hex(10**24))
        self.owner = PEOPLE[0]
        self.registry = self._create(artifact("v1", "Registry").bytecode)
        code = artifact("v1", "Permissions").bytecode + encode("(address)", (self.registry,))
        self.permissions = self._create(code)
        self._snapshot = self.chain.snapshot()

    def _create(self, code):
        mined, _ = self.chain.mine([Transaction(self.owner, None, code)], self.chain.time + 1, [])
        assert mined[0].created
        return mined[0].created

    def begin(self):
        self.chain.revert(self._snapshot)
        self._snapshot = self.chain.snapshot()

    def deployment(self):
        return replace(
            deployments.built_in("local-v1"),
            chain_id=CHAIN_ID,
            registry=self.registry,
            permissions=self.permissions,
            rpc_urls=(self.chain.anvil.url,),
        )


_ID = "bytes2,bytes3"
# Each write and what it takes; those that end in Raw are given a signature that gives nobody, which
# v1 takes for the zero address's.
REGISTRY = {
    "setNode": "string",
    "deleteNode": "",
    "setParty": f"{_ID},uint8[],address",
    "setPartyModules": "uint8[],uint8[]",
    "deleteParty": "",
    "adminDeleteOperator": "address",
    "adminDeleteParty": _ID,
    "setNodeRaw": "address,string",
    "setPartyRaw": f"address,{_ID},uint8[],address",
}
PERMISSIONS_ = {
    "setService": "string,string,uint256[]",
    "deleteService": "",
    "createAgreement": "address",
    "revokeAgreement": "address",
    "setServiceRaw": "string,string,uint256[]",
}


def first_generation(first):  # noqa: C901 - a case for each type of argument
    class Histories(Following, RuleBasedStateMachine):
        """Histories of v1's contracts: anybody writes anything, much of which is refused."""

        @initialize()
        def begin(self):
            first.begin()
            self.past = []
            self.follow(first.deployment())

        @rule(data=st.data())
        def block(self, data):
            self.past.append(first.chain.snapshot())
            some = [self._draw(data) for _ in range(data.draw(st.integers(1, 12)))]
            first.chain.mine(some, first.chain.time + 1, [])
            self.check(data)

        @rule(data=st.data())
        def chain_goes_back(self, data):
            if self.past:
                back = data.draw(st.integers(1, min(6, len(self.past))))
                first.chain.revert(self.past[-back])
                del self.past[-back:]

        def _draw(self, data):
            one_of = lambda values: data.draw(st.sampled_from(list(values)))  # noqa: E731
            writes = one_of([REGISTRY, REGISTRY, PERMISSIONS_])
            # Mostly what builds something up.
            build = ["setNode", "setParty"] if writes is REGISTRY else ["setService"]
            name = one_of(
                build
                if writes is REGISTRY
                else [*build, "createAgreement"]
                if data.draw(st.booleans())
                else writes
            )
            sender = first.owner if name.startswith("admin") else one_of(PEOPLE)
            values = []
            identity = one_of(IDS)
            for kind in writes[name].split(",") if writes[name] else ():
                match kind:
                    case "string":
                        values.append(one_of(URLS if "Node" in name else NAMES))
                    case "bytes2" | "bytes3":
                        values.append(identity[kind == "bytes3"].encode())
                    case "uint8[]":
                        values.append(one_of(ROLES if name == "setParty" else MODULES))
                    case "uint256[]":
                        values.append(one_of(PERMISSIONS))
                    case "address":
                        values.append(
                            ZERO_ADDRESS
                            if name.endswith("Raw") and not values
                            else one_of([*KEYS, ADDRESSES[-2]])
                        )
            types = writes[name]
            if name.endswith("Raw"):
                types += ",uint8,bytes32,bytes32"
                values += [0, bytes(32), bytes(32)]
            data_ = selector(f"{name}({types})") + encode(f"({types})", tuple(values))
            to = first.registry if writes is REGISTRY else first.permissions
            return Transaction(Address(sender), to, data_)

    return Histories


@pytest.fixture(scope="module")
def first():
    made = First()
    yield made
    made.chain.close()


def test_cache_is_what_v1_says_at_every_block(first):
    run_state_machine_as_test(first_generation(first), settings=_SETTINGS)
    enough(Follower.seen)
