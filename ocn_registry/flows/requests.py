"""Preparing a request, and looking at a signed one before anything is paid for it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from ocn_registry.contract_errors import PartyNotFound, SeveralIds
from ocn_registry.errors import (
    BadAnswer,
    InvalidInput,
    NonceMismatch,
    RequestExpired,
    Reverted,
    SignatureMismatch,
    UnsupportedByDialect,
)
from ocn_registry.evm.abi import Words, blob, fixed, join
from ocn_registry.evm.keccak import selector
from ocn_registry.foreign.text import shown
from ocn_registry.intents import DeleteParty, SetParty, SetPartyModules
from ocn_registry.models import Contract
from ocn_registry.protocol.effects import Call, CodeSize, Head, Local, UnixTime, all_of, together
from ocn_registry.signing import (
    DEFAULT_LIFETIME_S,
    MAX_LIFETIME_S,
    SignedRequest,
    acceptance_of,
    is_odd,
    recover,
)

if TYPE_CHECKING:
    from ocn_registry.dialects import Dialect, Step
    from ocn_registry.errors import (
        RequestRejected,
    )
    from ocn_registry.intents import SignableIntent
    from ocn_registry.models import Address
    from ocn_registry.protocol.effects import Flow
    from ocn_registry.signing import AnySigner, Request

_VALID = "isValidSignature(bytes32,bytes)"  # ERC-1271
_DAY_S = 24 * 60 * 60


def prepare(
    dialect: Dialect,
    intent: SignableIntent,
    account: Address,
    nonce: int | None,
    deadline_unix_s: int | None,
) -> Flow[Request]:
    """Say what an account has to sign.

    Args:
        dialect: How the contracts are spoken to.
        intent: What is to change.
        account: Whose entry it is.
        nonce: The nonce; `None` for the account's next one at the contract.
        deadline_unix_s: The deadline; `None` for an hour from now.
    """
    if not intent.signable:  # a caller without a type checker may give any
        raise InvalidInput(
            f"{type(intent).__name__} can't be signed for a spender: the owner sends it itself",
        )
    dialect.check(intent)
    intent = yield from _with_id(dialect, intent, account)
    if dialect.limits.replayable:
        if nonce is not None or deadline_unix_s is not None:
            raise UnsupportedByDialect(
                "these contracts know no nonce and no deadline, and take a signature for ever: "
                "leave both out",
            )
        return dialect.request(intent, account, nonce=0, deadline_unix_s=0)
    now = yield from UnixTime()
    if nonce is None:
        nonce, head = yield from together(
            dialect.nonce(account, dialect.contract_of(intent), None),
            Head(),
        )
        now = max(now, head.ref.timestamp_unix_s)
    if deadline_unix_s is None:
        deadline_unix_s = now + DEFAULT_LIFETIME_S
    if not now <= deadline_unix_s <= now + MAX_LIFETIME_S:
        raise InvalidInput(
            f"the deadline {shown(deadline_unix_s)} is not within {MAX_LIFETIME_S // _DAY_S} days "
            f"from now, which is {now} (Unix seconds): give one that is",
        )
    request = dialect.request(intent, account, nonce=nonce, deadline_unix_s=deadline_unix_s)
    needed = acceptance_of(intent, account)
    if needed is None or request.acceptance is not None:
        return request
    accepting, acceptance = needed
    unsigned = dialect.request(
        acceptance,
        accepting,
        nonce=(yield from dialect.nonce(accepting, Contract.REGISTRY, None)),
        deadline_unix_s=deadline_unix_s,
    )
    return replace(request, acceptance=unsigned)


def _with_id(dialect: Dialect, intent: SignableIntent, account: Address) -> Flow[SignableIntent]:
    """Name the id that an intent means: a signature always does, where accounts have several."""
    if (
        not dialect.limits.has_many_ids
        or not isinstance(intent, SetPartyModules | DeleteParty)
        or intent.country_code is not None
    ):
        return intent
    parties = yield from dialect.parties_of(account, None)
    if not parties:
        raise PartyNotFound(account)
    first, *others = parties
    if others and isinstance(intent, DeleteParty):
        raise SeveralIds(account, len(parties))
    meant = first.id
    return replace(intent, country_code=meant.country_code, party_id=meant.party_id)


def sign(  # noqa: PLR0913, PLR0917 - what a request is made of
    dialect: Dialect,
    intent: SignableIntent,
    signer: AnySigner,
    nonce: int | None,
    deadline_unix_s: int | None,
    account: Address | None = None,
) -> Flow[SignedRequest]:
    """Prepare a request and sign it; see `prepare`.

    Args:
        dialect: How the contracts are spoken to.
        intent: What is to change.
        signer: Signs: the account itself, or its controller.
        nonce: The nonce; `None` for the account's next one at the contract.
        deadline_unix_s: The deadline; `None` for an hour from now.
        account: Whose entry it is; `None` for the signer's own.
    """
    whose = signer.address if account is None else account
    request = yield from prepare(dialect, intent, whose, nonce, deadline_unix_s)
    return (yield from signed_by(request, signer))


def signed_in_a_row(
    dialect: Dialect,
    intents: tuple[SignableIntent, ...],
    signer: AnySigner,
    account: Address,
) -> Flow[tuple[SignedRequest, ...]]:
    """Sign several intents for one transaction: each has the nonce after the one before.

    Args:
        dialect: How the contracts are spoken to.
        intents: What is to change; one contract's.
        signer: Signs: the account itself, or its controller.
        account: Whose entry it is.
    """
    signed: list[SignedRequest] = []
    for intent in _with_ids_of_the_row(dialect, intents):
        first = signed[0] if signed and not dialect.limits.replayable else None
        nonce = None if first is None else first.nonce + len(signed)
        deadline = None if first is None else first.deadline_unix_s
        request = yield from sign(dialect, intent, signer, nonce, deadline, account)
        signed.append(request)
    return tuple(signed)


def _with_ids_of_the_row(
    dialect: Dialect, intents: tuple[SignableIntent, ...]
) -> tuple[SignableIntent, ...]:
    """Name the id that modules mean which follow a registration: by then it is the current one."""
    if not dialect.limits.has_many_ids:
        return intents
    current: SetParty | None = None
    found: list[SignableIntent] = []
    for intent in intents:
        one = intent
        if isinstance(one, SetParty):
            current = one
        elif isinstance(one, SetPartyModules) and one.party_id is None and current is not None:
            one = replace(one, country_code=current.country_code, party_id=current.party_id)
        found.append(one)
    return tuple(found)


def signed_by(request: Request, signer: AnySigner) -> Flow[SignedRequest]:
    """Sign a request, whoever the signer is to its account."""
    payload = request.payload
    task: Local[bytes] = Local(lambda: signer.sign(payload))
    return request.signed((yield from task), signer=signer.address)


def verify(dialect: Dialect, requests: tuple[SignedRequest, ...]) -> Flow[None]:
    """Look at signed requests, and raise what is wrong with the first bad one."""
    for error in (yield from look(dialect, requests)):
        if error is not None:
            raise error


def respelled(dialect: Dialect, steps: tuple[Step, ...]) -> Flow[tuple[Step, ...]]:
    """Make the signatures of controllers canonical, as those of accounts were when they were read.

    Only the chain knows a controller, and is asked only about signatures in another form.

    Args:
        dialect: Generation of the contracts.
        steps: Intents, and requests that others signed.
    """
    made = list(steps)
    for place, step in enumerate(steps):
        if isinstance(step, SignedRequest) and is_odd(step.signature):
            controller = yield from dialect.controller(step.account, None)
            made[place] = step.request.signed(step.signature, signer=controller)
    return tuple(made)


class Look(NamedTuple):
    """What a look at a signed request found.

    Attributes:
        error: What is wrong with it; `None` if nothing is.
        by_contract: Whether a contract has to check its signature.
    """

    error: RequestRejected | None
    by_contract: bool


def look(
    dialect: Dialect,
    requests: tuple[SignedRequest, ...],
) -> Flow[tuple[RequestRejected | None, ...]]:
    """Return what is wrong with each of several signed requests; see `looked_at`."""
    return tuple([one.error for one in (yield from looked_at(dialect, requests))])


def looked_at(
    dialect: Dialect,
    requests: tuple[SignedRequest, ...],
) -> Flow[tuple[Look, ...]]:
    """Check signed requests: deadline, nonce and signature, in the contract's order.

    Several requests of one account are expected in the order of their nonces.

    Args:
        dialect: Generation of the contracts.
        requests: What was signed.
    """
    keys = [(request.account, dialect.contract_of(request.intent)) for request in requests]
    accounts = tuple(dict.fromkeys(keys))
    found: list[Look] = []
    if dialect.limits.replayable or not requests:
        for request in requests:
            one = yield from _signature(dialect, request, request.account)
            found.append(one)
        return tuple(found)
    head, controllers, nonces = yield from together(
        Head(),
        all_of(tuple([dialect.controller(account, None) for account, _ in accounts])),
        all_of(tuple([dialect.nonce(account, contract, None) for account, contract in accounts])),
    )
    signers = dict(zip(accounts, controllers, strict=True))
    for given, key in zip(requests, keys, strict=True):
        request = given.request.signed(given.signature, signer=signers[key])
        one = yield from _signature(dialect, request, signers[key])
        found.append(one)
    expected: dict[tuple[Address, Contract], int] = dict(zip(accounts, nonces, strict=True))
    for place, (request, key) in enumerate(zip(requests, keys, strict=True)):
        error = found[place].error
        if request.deadline_unix_s < head.ref.timestamp_unix_s:
            error = RequestExpired(request.deadline_unix_s, head.ref.timestamp_unix_s)
        elif request.nonce != expected[key]:
            error = NonceMismatch(request.account, expected[key], request.nonce)
        elif error is None:
            expected[key] += 1
            accepted = yield from _acceptance(dialect, request, head.ref.timestamp_unix_s)
            error = None if accepted is None else accepted.error
        found[place] = found[place]._replace(error=error)
    return tuple(found)


def _acceptance(
    dialect: Dialect,
    request: SignedRequest,
    now_unix_s: int,
) -> Flow[Look | None]:
    """Check the acceptance in a request, if it is signed: only the accepting account can sign."""
    accepted = request.request.acceptance
    if not isinstance(accepted, SignedRequest):
        return None
    if accepted.deadline_unix_s < now_unix_s:
        return Look(RequestExpired(accepted.deadline_unix_s, now_unix_s), by_contract=False)
    expected = yield from dialect.nonce(accepted.account, Contract.REGISTRY, None)
    if accepted.nonce != expected:
        mismatch = NonceMismatch(accepted.account, expected, accepted.nonce)
        return Look(mismatch, by_contract=False)
    return (yield from _signature(dialect, accepted, accepted.account))


def _signature(dialect: Dialect, request: SignedRequest, signer: Address) -> Flow[Look]:
    digest = request.request.payload.digest()
    recovered = yield from Local(lambda: recover(digest, request.signature))
    if recovered == signer:
        return Look(None, by_contract=False)
    mismatch = SignatureMismatch(signer, recovered)
    if not dialect.limits.has_contract_signers or not (yield from CodeSize(signer)):
        return Look(mismatch, by_contract=False)
    data = selector(_VALID) + join(fixed(digest), blob(request.signature))
    try:
        accepted = yield from Call(signer, data, lambda answer: Words(answer).fixed(4))
    except (Reverted, BadAnswer):
        return Look(mismatch, by_contract=True)
    return Look(None if accepted == selector(_VALID) else mismatch, by_contract=True)
