"""Read a registry into rows, at one block: all of it, or the entries that events name."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, TypeVar

from ocn_registry.events.draft import Draft
from ocn_registry.events.state import (
    AccountRow,
    Consent,
    ConsentsRow,
    Moment,
    NodeRow,
    PartyRow,
    ServiceRow,
    State,
    bits_of,
    id_of,
    key_of,
)
from ocn_registry.flows.events import ChainMoved
from ocn_registry.models import Address, PartyId
from ocn_registry.outcomes import (
    AgreementMade,
    AgreementRevoked,
    NodeDeleted,
    NodeSet,
    PartyDeleted,
    PartySet,
    ServiceDeleted,
    ServiceSet,
)
from ocn_registry.portable.values import dataclass
from ocn_registry.protocol.effects import BlockAt, Together, all_of, together

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ocn_registry.dialects import Dialect
    from ocn_registry.events.fold import Fold
    from ocn_registry.events.state import Member
    from ocn_registry.models import Agreement, BlockRef, Party, Service
    from ocn_registry.outcomes import Change
    from ocn_registry.protocol.effects import Answer, AnyEffect, Flow

T = TypeVar("T")

# One question for the block goes with this many others. A node that accepts fewer in a request gets
# 512, 256, 128 or 64, so each request contains one and proves that its node has the block.
_WITH_BLOCK = 63
_AT_ONCE = 8 * _WITH_BLOCK


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """Parties and services that were read because no event has revealed their numbers."""

    parties: tuple[Party | None, ...]
    services: tuple[Service | None, ...]

    @staticmethod
    def read(dialect: Dialect, fold: Fold, head: BlockRef) -> Flow[Numbers]:
        """Read the numbers that a fold lacks, at a block."""
        accounts, providers = fold.unknown()
        parties, services = yield from together(
            all_of(tuple([dialect.party(account, head.number) for account in accounts])),
            all_of(tuple([dialect.service(one, head.number) for one in providers])),
        )
        return Numbers(parties=parties, services=services)


@dataclass(frozen=True, slots=True)
class Touched:
    """The accounts whose entries to read again, and when parties changed."""

    operators: set[Address] = field(default_factory=set[Address])
    parties: dict[Address, Moment] = field(default_factory=dict[Address, Moment])
    providers: set[Address] = field(default_factory=set[Address])
    users: set[Address] = field(default_factory=set[Address])
    ids: dict[PartyId, Moment] = field(default_factory=dict[PartyId, Moment])


def touched_by(changes: Iterable[tuple[Change, Moment]]) -> Touched:
    """Return the accounts whose entries a list of changes concerns.

    A party's service and agreements come and go with it, without an event.
    """
    touched = Touched()
    for change, when in changes:
        match change:
            case NodeSet():
                touched.operators.add(change.node.operator)
            case NodeDeleted():
                touched.operators.add(change.operator)
            case PartySet() | PartyDeleted():
                touched.parties[change.address] = when
                touched.providers.add(change.address)
                touched.users.add(change.address)
                touched.ids[change.id] = when
            case ServiceSet() | ServiceDeleted():
                touched.providers.add(change.provider)
            case AgreementMade() | AgreementRevoked():
                touched.users.add(change.user)
            case _:
                pass
    return touched


def of_block(block: BlockRef, flow: Flow[T]) -> Flow[T]:
    """Perform a flow of reads, and check with each answer that the node has the block.

    Several nodes can share a URL. One that lags, or is on a branch that will be abandoned, answers
    a question about a block number for another block.

    Args:
        block: The block.
        flow: Reads at the block's number.

    Raises:
        Moved: An answer was for another block.
    """
    try:
        effect = next(flow)
        while True:
            parts = effect.parts if isinstance(effect, Together) else (effect,)
            answers = yield from _with_block(parts, block)
            effect = flow.send(answers if isinstance(effect, Together) else answers[0])
    except StopIteration as done:
        result: T = done.value
        return result
    finally:
        flow.close()


def _with_block(parts: tuple[AnyEffect, ...], block: BlockRef) -> Flow[tuple[Answer, ...]]:
    groups: list[Together[tuple[Answer, ...]]] = [
        Together((*parts[start : start + _WITH_BLOCK], BlockAt(block.number)))
        for start in range(0, len(parts), _WITH_BLOCK)
    ]
    answers: list[Answer] = []
    for *some, there in (yield from all_of(tuple(groups))):
        if there != block:
            raise ChainMoved("the chain moved while it was read")
        answers += some
    return tuple(answers)


def read_all(dialect: Dialect, at: BlockRef) -> Flow[State]:
    """Read the whole registry at a block.

    The time of a party's last change is not read: it counts as changed at this block.
    """
    nodes = yield from dialect.nodes(at.number)
    parties = yield from dialect.parties(at.number)
    services = yield from dialect.services(at.number)
    users = tuple(dict.fromkeys([party.address for party in parties]))
    agreements = yield from dialect.agreements_of(users, at.number)
    keys = yield from _keys(dialect, parties, at.number)
    draft = Draft(State(block=at))
    for node in nodes:
        draft.nodes.put(draft.number_of(node.operator), NodeRow(node.operator, node.domain))
    _put_parties(
        draft, dict(zip(keys, parties, strict=True)), Moment(at.number, at.timestamp_unix_s)
    )
    for service in services:
        _put_service(draft, service.provider, service)
    for row in _by_user(draft, agreements).values():
        draft.consents.put(_member(draft, row.user), row)
    return draft.finish(at)


def read_again(
    dialect: Dialect,
    touched: Touched,
    draft: Draft,
    state: State,
    at: BlockRef,
) -> Flow[None]:
    """Read entries as they stand at a block.

    Args:
        dialect: The dialect of the deployment.
        touched: The accounts.
        draft: Where to put them.
        state: The previous state. The former holder of an id that changed hands is read too.
        at: The block.
    """
    for key, row in state.parties.items():
        when = touched.ids.get(id_of(key))
        if when is not None:
            touched.parties.setdefault(row.account, when)
    yield from _read_nodes(dialect, touched, draft, at)
    yield from _read_parties(dialect, touched, draft, state, at)
    for some in _groups(touched.providers):
        services = yield from all_of(tuple([dialect.service(one, at.number) for one in some]))
        for provider, service in zip(some, services, strict=True):
            _put_service(draft, provider, service)
    if touched.users:
        agreements = yield from dialect.agreements_of(tuple(touched.users), at.number)
        consents = _by_user(draft, agreements)
        for user in touched.users:
            draft.consents.put(_member(draft, user), consents.get(user))


def _read_nodes(dialect: Dialect, touched: Touched, draft: Draft, at: BlockRef) -> Flow[None]:
    for some in _groups(touched.operators):
        nodes = yield from all_of(tuple([dialect.node(one, at.number) for one in some]))
        for operator, node in zip(some, nodes, strict=True):
            domain = None if node is None else node.domain
            draft.nodes.put(draft.number_of(operator), NodeRow(operator, domain))


def _read_parties(
    dialect: Dialect,
    touched: Touched,
    draft: Draft,
    state: State,
    at: BlockRef,
) -> Flow[None]:
    there: list[Party] = []
    for some in _groups(touched.parties):
        parties = yield from all_of(tuple([dialect.party(one, at.number) for one in some]))
        there += [party for party in parties if party is not None]
    keys = yield from _keys(dialect, there, at.number)
    for account in touched.parties:
        former = state.accounts.get(account)
        draft.accounts.put(account, None)
        for key in () if former is None else former.ids:
            draft.parties.put(key, None)
    for key, party in zip(keys, there, strict=True):
        _put_parties(draft, {key: party}, touched.parties[party.address])


def _keys(dialect: Dialect, parties: Iterable[Party], block: int) -> Flow[list[str]]:
    """Return the keys of parties; where one is ambiguous, look up who holds the id."""
    some = list(parties)
    if dialect.limits.has_memberships:
        return [key_of(party.id) for party in some]
    keys: list[str] = []
    for start in range(0, len(some), _AT_ONCE):
        asked = some[start : start + _AT_ONCE]
        holders = yield from all_of(tuple([dialect.party(party.id, block) for party in asked]))
        for party, holder in zip(asked, holders, strict=True):
            holds = holder is not None and holder.address == party.address
            keys.append(key_of(party.id) if holds else f"{key_of(party.id)} {party.address}")
    return keys


def _put_parties(draft: Draft, parties: dict[str, Party], when: Moment) -> None:
    ids: dict[Address, list[str]] = {}
    for key, party in parties.items():
        draft.parties.put(
            key,
            PartyRow(
                party.address,
                bits_of(party.roles),
                bits_of(party.modules_sender),
                bits_of(party.modules_receiver),
                draft.number_of(party.operator),
                party.website,
                when,
            ),
        )
        account = draft.accounts.get(party.address)
        if account is None:
            member = party.address if party.membership is None else party.membership
            account = AccountRow(party.address, (key,), member, party.membership)
            draft.accounts.put(party.address, account)
        else:
            others = ids.setdefault(party.address, list(account.ids))
            others.insert(0 if party.current else len(others), key)
    for address, keys in ids.items():
        account = draft.accounts.get(address)
        if account is not None:
            draft.accounts.put(address, account._replace(ids=tuple(keys)))


def _put_service(draft: Draft, provider: Address, service: Service | None) -> None:
    row = None
    if service is not None:
        row = ServiceRow(
            provider,
            service.name,
            service.url,
            service.permissions,
            service.version,
            key_of(service.id),
        )
    draft.services.put(_member(draft, provider), row)


def _member(draft: Draft, account: Address) -> Member:
    found = draft.accounts.get(account)
    return account if found is None else found.member


def _by_user(draft: Draft, agreements: tuple[Agreement, ...]) -> dict[Address, ConsentsRow]:
    lists: dict[Address, list[Consent]] = {}
    for one in agreements:
        made = Consent(_member(draft, one.provider), one.version)
        lists.setdefault(one.user, []).append(made)
    return {user: ConsentsRow(user, tuple(consents)) for user, consents in lists.items()}


def _groups(addresses: Iterable[Address]) -> list[tuple[Address, ...]]:
    some = tuple(addresses)
    return [some[start : start + _AT_ONCE] for start in range(0, len(some), _AT_ONCE)]
