"""Operations: every write of both contracts, valid and invalid in every way.

A draw looks at the model, so that most of what is tried makes sense; and each value is sometimes
one that does not.
"""

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ocn_registry.models import ZERO_ADDRESS, Address
from ocn_registry.testing.model import Call, Permissions, Registry, SignedFields

from .people import ADDRESSES, KEYS, OWNER, PEOPLE, digest, sign
from .values import (
    ACCEPTANCE_FAULTS,
    ADMIN,
    BAD_COUNTRIES,
    BAD_MODULES,
    BAD_NAMES,
    BAD_PARTY_IDS,
    BAD_PERMISSIONS,
    BAD_ROLES,
    BAD_URLS,
    BATCHES,
    FAULTS,
    GARBAGE,
    IDS,
    IMPORTS,
    INTENTS,
    KINDS,
    MAX,
    MODULES,
    NAMES,
    OWNERSHIP,
    PERMISSIONS,
    ROLES,
    SAME_SHAPE,
    SHORT,
    SPOILT,
    URLS,
    VIEWS,
)

Contract = Registry | Permissions


@dataclass(frozen=True)
class Operation:
    """A transaction: sender, contract and calldata; with `value` it always fails."""

    contract: Contract
    call: Call
    sender: Address
    value: int = 0

    def __repr__(self) -> str:
        value = f", value={self.value}" if self.value else ""
        return f"{self.contract.name}.{self.call} by {self.sender[:6]}{value}"


def rarely(draw: Any, one_in: int) -> bool:
    """Decide for something unusual; shrinks to what is usual."""
    return draw(st.integers(0, one_in - 1)) == one_in - 1


def mostly(good: Any, bad: Any, one_in: int = 10) -> SearchStrategy[Any]:
    """Choose a valid value, or sometimes an invalid one."""
    good, bad = st.sampled_from(good), st.sampled_from(bad)
    return st.integers(0, one_in - 1).flatmap(lambda n: bad if n == one_in - 1 else good)


@dataclass
class Draws:
    """Draws operations for both contracts in their present state.

    Attributes:
        draw: Hypothesis's.
        now: Time of the block that is being made.
        sent: Signed calls that were sent before.
        ahead: Requests of each signer and contract that wait before this one in the same batch.
        batch_sender: Whose the direct writes are, within a batch.
        fault_one_in: How many requests are signed for one that has a fault.
    """

    draw: Any
    registry: Registry
    permissions: Permissions
    now: int
    sent: list[tuple[Contract, Call]]
    ahead: Counter[tuple[str, Address]] = field(default_factory=Counter)
    batch_sender: Address | None = None
    fault_one_in: int = 4

    def address(self) -> Address:
        return self.draw(st.sampled_from(ADDRESSES))

    def person(self) -> Address:
        return self.draw(st.sampled_from(PEOPLE))

    def _likely(self, likely: list[Any]) -> Any:
        """Choose a plausible account, or sometimes any address."""
        if likely and not rarely(self.draw, 6):
            return self.draw(st.sampled_from(likely))
        return self.address()

    def operator(self) -> Address:
        return self._likely(list(self.registry.get_node_operators()))

    def party(self) -> Address:
        return self._likely(list(self.registry.get_parties()))

    def provider(self) -> Address:
        return self._likely(list(self.permissions.get_providers()))

    def held(self, account: Address) -> tuple[str, str]:
        """Choose an id: mostly one that the account holds."""
        parties = self.registry.parties_of(account)
        if not parties or rarely(self.draw, 6):
            return self.identity()
        party = self.draw(st.sampled_from(parties))
        return party.country_code, party.party_id

    def key(self) -> Address:
        """Choose a new key or a controller: mostly one that has nothing and can sign."""
        state = self.registry.state
        blank = [one for one in PEOPLE if one not in state.accounts]
        return self._likely(blank or list(PEOPLE))

    def identity(self) -> tuple[str, str]:
        reserved = list(self.registry.state.reserved)
        if reserved and rarely(self.draw, 3):
            kept = self.draw(st.sampled_from(reserved))
            return kept.country_code, kept.party_id
        countries, parties = zip(*IDS, strict=True)
        return (
            self.draw(mostly(countries, BAD_COUNTRIES, 20)),
            self.draw(mostly(parties, BAD_PARTY_IDS, 20)),
        )

    def url(self) -> str:
        reserved = list(self.registry.state.reserved_hosts)
        if reserved and rarely(self.draw, 3):
            return self.draw(st.sampled_from(reserved))
        return self.draw(mostly(URLS, BAD_URLS, 7))

    def permissions_of(self, provider: Address) -> tuple[int, ...]:
        """Choose permissions to agree to: mostly those that the service needs."""
        needed = self.permissions.get_service(provider)[-1]
        if not needed or rarely(self.draw, 5):
            return self.draw(mostly(PERMISSIONS, BAD_PERMISSIONS))
        return needed[::-1]

    def fields(self, primary_type: str, account: Address) -> tuple[Any, ...]:
        """Draw the fields of a request, and the arguments of the direct function."""
        draw_fields = {
            "SetNode": lambda _: (self.url(),),
            "SetParty": self._party,
            "SetPartyModules": lambda one: (*self.held(one), self._modules(), self._modules()),
            "SetPartyWebsite": lambda one: (*self.held(one), self._website()),
            "DeleteParty": self.held,
            "MoveAccount": lambda _: (self.key(),),
            "SetController": self._controller,
            "SetService": self._service,
            "CreateAgreement": self._agreement,
            "RevokeAgreement": self._revocation,
        }.get(primary_type)
        return draw_fields(account) if draw_fields else ()

    def _modules(self) -> tuple[int, ...]:
        return self.draw(mostly(MODULES, BAD_MODULES))

    def _website(self) -> str:
        return self.draw(mostly(["", *URLS], BAD_URLS, 7))

    def _controller(self, account: Address) -> tuple[Address]:
        none = [account, ZERO_ADDRESS]
        return (self.draw(st.sampled_from(none)) if rarely(self.draw, 3) else self.key(),)

    def acceptance(
        self, primary_type: str, accepting: Address, account: Address
    ) -> tuple[int, int, bytes]:
        """Draw an acceptance: mostly valid, or else with one fault."""
        registry = self.registry
        ahead = self.ahead[registry.name, accepting]
        nonce, deadline = registry.nonces(accepting) + ahead, self.now + 60
        signer, accepted = accepting, account
        fault = self.draw(mostly(["none"], ACCEPTANCE_FAULTS, 8))
        match fault:
            case "none":
                self.ahead[registry.name, accepting] += 1
            case "other nonce":
                nonce += 1
            case "too late":
                deadline = self.now - 1
            case "other signer":
                signer = self.person()
            case "other account":
                accepted = self.person()
            case "other type":
                primary_type = SAME_SHAPE[primary_type]
            case "none at all":
                return (0, 0, b"")
        fields = SignedFields(
            name=registry.name,
            chain_id=registry.chain_id,
            contract=registry.address,
            primary_type=primary_type,
            values=(accepting, accepted, nonce, deadline),
        )
        return nonce, deadline, sign(signer, digest(fields))

    def _accepted(self, primary_type: str, account: Address, other: Address) -> tuple[Any, ...]:
        """Draw the last argument of the functions that take an acceptance."""
        accepts = {"MoveAccount": "AcceptAccount", "SetController": "AcceptController"}
        if primary_type not in accepts:
            return ()
        return (self.acceptance(accepts[primary_type], other, account),)

    def _party(self, account: Address) -> tuple[Any, ...]:
        identity = self.held(account) if self.draw(st.booleans()) else self.identity()
        return *identity, self.draw(mostly(ROLES, BAD_ROLES)), self.operator()

    def _service(self, account: Address) -> tuple[Any, ...]:
        draw = self.draw
        texts = draw(mostly(NAMES, BAD_NAMES)), draw(mostly(["", *URLS], BAD_URLS, 6))
        needed = self.permissions.get_service(account)[-1]
        if needed and draw(st.booleans()):
            return *texts, needed[::-1]
        return *texts, draw(mostly(PERMISSIONS, BAD_PERMISSIONS, 6))

    def _agreement(self, _account: Address) -> tuple[Any, ...]:
        provider = self.provider()
        return provider, self.permissions_of(provider)

    def _revocation(self, account: Address) -> tuple[Any, ...]:
        return (self._likely(list(self.permissions.get_user_agreements_by_address(account))),)

    def new_nonce(self, current: int) -> int:
        raises = mostly([1, 2, 65_536], [0, -1, 65_537, MAX - current], 5)
        return max(0, current + self.draw(raises))

    def direct(self, contract: Contract, primary_type: str) -> Operation:
        """Draw a write of the sender's own."""
        sender = self.batch_sender or self.likely_sender(primary_type)
        name = primary_type[0].lower() + primary_type[1:]
        if primary_type == "InvalidateNonce":
            arguments = (self.new_nonce(contract.nonces(sender)),)
        else:
            arguments = self.fields(primary_type, sender)
        if primary_type in SHORT:
            longer, left_out = SHORT[primary_type]
            whole = self.draw(st.booleans())
            name, arguments = (longer, arguments) if whole else (name, left_out(arguments))
        if arguments:
            arguments += self._accepted(primary_type, sender, arguments[0])
        value = 1 if rarely(self.draw, 40) else 0
        return Operation(contract, Call(name, arguments), sender, value)

    def likely_sender(self, primary_type: str) -> Address:
        """Choose a person to whom the write makes sense."""
        registry, permissions = self.registry, self.permissions
        parties = registry.get_parties()
        likely = {
            "DeleteNode": registry.get_node_operators(),
            "SetPartyModules": parties,
            "SetPartyWebsite": parties,
            "DeleteParty": parties,
            "MoveAccount": (*parties, *registry.get_node_operators()),
            "SetService": parties,
            "DeleteService": permissions.get_providers(),
            "CreateAgreement": parties,
            "RevokeAgreement": [
                one for one in parties if permissions.get_user_agreements_by_address(one)
            ],
        }.get(primary_type, [])
        people = [person for person in likely if person in PEOPLE]
        if people and not rarely(self.draw, 5):
            return self.draw(st.sampled_from(people))
        return self.person()

    def signed(
        self,
        contract: Contract,
        primary_type: str,
        identity: tuple[str, str] | None = None,
    ) -> Call:
        """Draw a signed request: mostly valid, or else with one fault."""
        account = self.likely_sender(primary_type)
        nonce = contract.nonces(account) + self.ahead[contract.name, account]
        deadline = self.draw(mostly([self.now, self.now + 3600, MAX], [self.now - 1, 0]))
        if primary_type == "InvalidateNonce":
            values = (account, self.new_nonce(nonce), nonce, deadline)
        else:
            fields = self.fields(primary_type, account)
            values = (account, *(identity or ()), *fields[len(identity or ()) :], nonce, deadline)
        good = SignedFields(
            name=contract.name,
            chain_id=contract.chain_id,
            contract=contract.address,
            primary_type=primary_type,
            values=values,
        )
        fault = self.draw(mostly(["none"], FAULTS, self.fault_one_in))
        self.ahead[contract.name, account] += fault == "none"
        controller = self.registry.controller_of(account)
        sent, signed, signer = self._with_fault(fault, good, controller)
        signature = sign(signer, digest(signed))
        if fault in SPOILT and (signer in KEYS or fault == "cut"):
            signature = SPOILT[fault](signature)
        accepted = self._accepted(primary_type, account, values[1])
        name = primary_type[0].lower() + primary_type[1:]
        return Call(f"{name}Raw", (*sent, signature, *accepted))

    def _with_fault(  # noqa: PLR0911 - one for each fault
        self, fault: str, good: SignedFields, signer: Address
    ) -> tuple[tuple[Any, ...], SignedFields, Address]:
        """Return the sent values, the signed data and the signer."""
        draw, values = self.draw, good.values
        *_, nonce, deadline = values
        match fault:
            case "other signer":
                return values, good, draw(st.sampled_from([values[0], *PEOPLE]))
            case "other nonce":
                raised = max(0, nonce + draw(st.sampled_from([-1, 1, 2**32])))
                values = (*values[:-2], raised, deadline)
                return values, replace(good, values=values), signer
            case "nonce not signed":
                return values, replace(good, values=(*values[:-2], nonce + 1, deadline)), signer
            case "deadline not signed":
                return values, replace(good, values=(*values[:-1], self.now + 1)), signer
            case "other account":
                other = draw(st.sampled_from([*ADDRESSES, good.contract]))
                return (other, *values[1:]), good, signer
            case "other chain":
                return values, replace(good, chain_id=good.chain_id + 1), signer
            case "other contract":
                registry = good.name == Registry.name
                other = self.permissions if registry else self.registry
                changes = [{"name": other.name}, {"contract": other.address}]
                return values, replace(good, **draw(st.sampled_from(changes))), signer
            case "other type" if good.primary_type in SAME_SHAPE:
                other_type = SAME_SHAPE[good.primary_type]
                return values, replace(good, primary_type=other_type), signer
        return values, good, signer

    def owners(self, *, administration: bool) -> Operation:
        """Draw a write of the owner: about others' entries, or about the ownership."""
        draw, registry, permissions = self.draw, self.registry, self.permissions
        owner, pending = registry.owner(), registry.pending_owner()
        call = draw(st.sampled_from(ADMIN if administration else OWNERSHIP))
        sender = owner if owner != ZERO_ADDRESS and not rarely(draw, 5) else self.person()
        contract: Contract = registry
        arguments: tuple[Any, ...] = ()
        match call:
            case "adminDeleteOperator":
                arguments = (self.operator(),)
            case "adminDeleteParty":
                arguments = self.identity()
            case "adminReserveParty":
                arguments = (*self.identity(), self.address())
            case "adminReserveNode":
                arguments = (self.url(), self.address())
            case "transferOwnership":
                arguments = (draw(st.sampled_from([OWNER, *ADDRESSES])),)
            case "acceptOwnership" if pending != ZERO_ADDRESS and not rarely(draw, 4):
                sender = pending
            case "closeImport":
                contract = draw(st.sampled_from([registry, permissions]))
            case "renounceOwnership" if not rarely(draw, 5):
                # Rarely, since no owner's function succeeds afterwards.
                sender = self.person()
        return Operation(contract, Call(call, arguments), sender)

    def imports(self, what: str | None = None) -> Operation:
        """Draw an import, of up to three entries or of too many."""
        draw = self.draw
        call = what or draw(st.sampled_from(IMPORTS))
        owner = self.registry.owner()
        sender = owner if owner != ZERO_ADDRESS and not rarely(draw, 8) else self.person()
        contract = self.registry if call in {"Nodes", "Parties"} else self.permissions
        items = tuple(getattr(self, f"_import_{call}")() for _ in range(draw(st.integers(0, 3))))
        if items and rarely(draw, 6):
            items = items[:1] * draw(st.sampled_from([101, 100]))
        return Operation(contract, Call(f"import{call}", (items,)), sender)

    def _import_Nodes(self) -> tuple[Any, ...]:  # noqa: N802 - the contract's name
        return self.operator() if rarely(self.draw, 3) else self.address(), self.url()

    def _import_Parties(self) -> tuple[Any, ...]:  # noqa: N802
        identity, operator = self.identity(), self.operator()
        roles, sets = self.draw(mostly(ROLES, BAD_ROLES)), mostly(MODULES, BAD_MODULES)
        party = self.party() if rarely(self.draw, 3) else self.address()
        return party, *identity, roles, self.draw(sets), self.draw(sets), operator, self._website()

    def _import_Services(self) -> tuple[Any, ...]:  # noqa: N802
        return self.party(), *self.fields("SetService", ZERO_ADDRESS)

    def _import_Agreements(self) -> tuple[Any, ...]:  # noqa: N802
        provider = self.provider()
        return self.party(), provider, self.permissions_of(provider)

    def any_of(self, contract: Contract) -> Operation:  # noqa: PLR0911 - one for each kind
        """Draw any write to a contract, except a batch."""
        draw = self.draw
        kind = draw(st.sampled_from(KINDS))
        if kind == "direct":
            return self.direct(contract, draw(st.sampled_from(INTENTS[contract.name])))
        if kind == "owners":
            what = draw(st.sampled_from(["administers", "hands over", "imports"]))
            operation = (
                self.imports()
                if what == "imports"
                else self.owners(administration=what == "administers")
            )
            if operation.contract is contract:
                return operation
        if kind == "replay" and (calls := [call for to, call in self.sent if to is contract]):
            return Operation(contract, draw(st.sampled_from(calls)), self.person())
        if kind == "prune" and contract is self.permissions:
            return self.prune()
        if kind == "view":
            view = draw(st.sampled_from(VIEWS[contract.name]))
            return Operation(contract, view, self.person())
        if kind == "garbage":
            return Operation(contract, self.garbage(), self.person())
        intent = draw(st.sampled_from(INTENTS[contract.name]))
        return Operation(contract, self.signed(contract, intent), self.person())

    def prune(self) -> Operation:
        """Draw the clearing of a slot: mostly of a service that has ended."""
        members, providers = self.registry.state.members, self.permissions.state.providers
        ended = [place for place, one in enumerate(providers) if one not in members]
        places = [0, 1, len(providers), MAX]
        index = self.draw(mostly(ended or places, places, 4))
        return Operation(self.permissions, Call("pruneService", (index,)), self.person())

    def garbage(self) -> Call:
        """Draw calldata that no function accepts."""
        return Call("", (self.draw(st.sampled_from(GARBAGE)),))

    def batch(self, contract: Contract) -> Operation:
        """Draw a batch, sometimes with a nested batch."""
        draw, name = self.draw, self.draw(st.sampled_from(BATCHES))
        owner = self.registry.owner()
        self.batch_sender = self.person() if owner not in PEOPLE or draw(st.booleans()) else owner
        self.fault_one_in = 30 if name == "multicall" else 4
        items = [self.any_of(contract).call for _ in range(draw(st.integers(0, 5)))]
        if rarely(draw, 12):
            nested = Call(draw(st.sampled_from(BATCHES)), (tuple(items[:1]),))
            items.insert(draw(st.integers(0, len(items))), nested)
        return Operation(contract, Call(name, (tuple(items),)), self.batch_sender)

    def comes_back(self) -> list[Operation]:
        """Draw a party that gives up an id, or adds one, and what it takes up again."""
        draw, registry, permissions = self.draw, self.registry, self.permissions
        people = [person for person in registry.get_parties() if person in PEOPLE]
        if not people:
            return [self.direct(registry, "SetParty")]
        person = draw(st.sampled_from(people))
        current, operator = self.held(person), registry.get_operator_by_address(person)[0]
        identity = draw(st.sampled_from([current, *IDS]))
        calls = [Call("setParty", (*identity, (0,), operator))]
        if draw(st.booleans()):
            calls.insert(0, Call("deletePartyOf", current))
        later: list[Call] = []
        *_, name, url, needed = permissions.get_service(person)
        if needed and draw(st.booleans()):
            later.append(Call("setService", (name, url, needed)))
        if draw(st.booleans()):
            later.append(Call("createAgreement", (self.provider(),)))
        return [
            *[Operation(registry, call, person) for call in calls],
            *[Operation(permissions, call, person) for call in later],
        ]

    def reassign(self) -> Operation:
        """Draw a batch in which the owner hands an id to another, who signed for it."""
        registry, owner = self.registry, self.registry.owner()
        if not registry.state.listed or owner not in PEOPLE:
            return self.batch(registry)
        party = self.draw(st.sampled_from(registry.state.listed))
        identity = (party.country_code, party.party_id)
        request = self.signed(registry, "SetParty", identity)
        freed = self.draw(
            st.sampled_from(
                [
                    Call("adminDeleteParty", identity),
                    Call("adminReserveParty", (*identity, request.arguments[0])),
                ]
            )
        )
        return Operation(registry, Call("multicall", ((freed, request),)), owner)
