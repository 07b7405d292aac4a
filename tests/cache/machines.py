"""Random histories of both generations, which caches follow.

The operations of the third generation are those of the contracts' own state machine
(`tests/property/histories`).
"""

import copy
from dataclasses import replace

import histories.run  # it makes the backend known
from histories.chain import CHAIN_ID, Chain, Transaction
from histories.machine import machine_in
from histories.people import ADDRESSES, KEYS, PEOPLE
from histories.values import IDS, MODULES, NAMES, PERMISSIONS, ROLES, URLS
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from ocn_registry import networks
from ocn_registry.deploy.artifacts import artifact
from ocn_registry.evm.keccak import selector
from ocn_registry.models import ZERO_ADDRESS, Address
from ocn_registry.testing.codec import encode

# One in so many blocks replaces others.
GOES_BACK = 4


def histories(count, steps, **changes):
    """Return the settings for so many histories, without shrinking, which takes minutes."""
    return settings(
        backend="each history anew",  # see histories.run
        database=None,
        deadline=None,
        phases=[Phase.generate],
        max_examples=count,
        stateful_step_count=steps,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
        **changes,
    )


def sometimes(data, one_in):
    return data.draw(st.integers(0, one_in - 1)) == one_in - 1


def third_generation(world_, following):
    """Run histories of our contracts in which blocks are rolled back.

    Args:
        world_: Where they happen.
        following: What is done besides writing: `follow` at the start, `check` after each block.
    """

    class Histories(following, machine_in(world_)):
        @initialize(data=st.data())
        def deploy(self, data):
            super().deploy(data=data)
            pair = self.history.pair
            local = networks.built_in("local")
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
            if self.past and sometimes(data, GOES_BACK):
                back = data.draw(st.integers(1, min(4, len(self.past))))
                snapshot, self.history = self.past[-back]
                del self.past[-back:]
                world_.chain.revert(snapshot)
            here = self.history
            kept = {id(here.world): here.world, id(here.pair): here.pair}
            self.past.append((world_.chain.snapshot(), copy.deepcopy(here, kept)))
            super()._block(data, *draws)
            self.check(data)

    return Histories


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
            networks.built_in("local-v1"),
            chain_id=CHAIN_ID,
            registry=self.registry,
            permissions=self.permissions,
            rpc_urls=(self.chain.anvil.url,),
        )


_ID = "bytes2,bytes3"
# Each write and its arguments; those that end in Raw get an invalid signature, which v1 takes for
# that of the zero address.
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


def first_generation(first, following):  # noqa: C901 - a case for each type of argument
    """Run histories of v1's contracts with random writes, many of which are refused."""

    class Histories(following, RuleBasedStateMachine):
        @initialize()
        def begin(self):
            first.begin()
            self.past = []
            self.follow(first.deployment())

        @rule(data=st.data())
        def block(self, data):
            if self.past and sometimes(data, GOES_BACK):
                back = data.draw(st.integers(1, min(4, len(self.past))))
                first.chain.revert(self.past[-back])
                del self.past[-back:]
            self.past.append(first.chain.snapshot())
            some = [self._draw(data) for _ in range(data.draw(st.integers(1, 12)))]
            first.chain.mine(some, first.chain.time + 1, [])
            self.check(data)

        def _draw(self, data):
            one_of = lambda values: data.draw(st.sampled_from(list(values)))  # noqa: E731
            writes = one_of([REGISTRY, REGISTRY, PERMISSIONS_])
            # Mostly writes that add entries.
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
