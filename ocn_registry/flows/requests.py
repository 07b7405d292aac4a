"""Signed requests: prepare, sign, parse and check them before anyone pays."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from ocn_registry.errors import (
    InvalidInput,
    NonceMismatch,
    RequestExpired,
    SignatureMismatch,
    UnsupportedByDialect,
)
from ocn_registry.flows.arguments import (
    check_intent,
    check_number,
    check_signed,
    check_signer,
)
from ocn_registry.flows.contract_signers import refusal
from ocn_registry.foreign.text import shown
from ocn_registry.foreign.times import date
from ocn_registry.intents import DeleteParty, SetController, SetParty, SetPartyModules
from ocn_registry.models import Contract
from ocn_registry.protocol.effects import CodeSize, Head, Local, UnixTime, all_of, together
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
    from ocn_registry.errors import RequestRejected
    from ocn_registry.intents import SignableIntent
    from ocn_registry.models import Address
    from ocn_registry.protocol.effects import Flow
    from ocn_registry.signing import AnySigner, Request

_DAY_S = 24 * 60 * 60
_MOST_TRIED = 100  # requests in one simulation, whose gas nodes limit


def prepare(
    dialect: Dialect,
    intent: SignableIntent,
    account: Address,
    nonce: int | None,
    deadline_unix_s: int | None,
) -> Flow[Request]:
    """Return the request that an account has to sign for an intent.

    Args:
        dialect: The dialect of the deployment.
        intent: The change.
        account: The account whose entry changes.
        nonce: The nonce; `None` for the account's next one at the contract.
        deadline_unix_s: The deadline, in Unix seconds; `None` for an hour from now.

    Raises:
        InvalidInput: The intent can't be signed, or the deadline is past or too far away.
        UnsupportedByDialect: A nonce or deadline is given, but the contracts have none.
        PartyNotFound: The account has no id.
        SeveralIds: The intent has to name one of the account's ids.
    """
    check_intent(intent)
    check_number(nonce, "nonce")
    check_number(deadline_unix_s, "deadline (Unix seconds)")
    if not intent.signable:  # without a type checker, it can be any value
        raise InvalidInput(
            f"{type(intent).__name__} can't be signed for a spender: the owner sends it itself",
        )
    dialect.check(intent)
    intent = yield from _with_id(dialect, intent, account)
    if dialect.limits.replayable:
        if nonce is not None or deadline_unix_s is not None:
            raise UnsupportedByDialect(
                "requests to these contracts have no nonce and no deadline, so a signature is "
                "valid forever: leave both out",
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
            f"the deadline {shown(deadline_unix_s)} is not within the next "
            f"{MAX_LIFETIME_S // _DAY_S} days: give one between {now} ({date(now)}) and "
            f"{now + MAX_LIFETIME_S}, in Unix seconds",
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
    """Return the intent with its id filled in: signed requests always name the id."""
    if (
        not dialect.limits.has_many_ids
        or not isinstance(intent, SetPartyModules | DeleteParty)
        or intent.country_code is not None
    ):
        return intent
    parties = yield from dialect.parties_of(account, None)
    from ocn_registry.contract_errors import PartyNotFound, SeveralIds  # noqa: PLC0415 - 50 classes

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
    """Return a signed request for an intent; see `prepare`.

    Args:
        dialect: The dialect of the deployment.
        intent: The change.
        signer: The account's key, or its controller's.
        nonce: The nonce; `None` for the account's next one at the contract.
        deadline_unix_s: The deadline, in Unix seconds; `None` for an hour from now.
        account: The account whose entry changes; `None` for the signer.
    """
    check_signer(signer)
    account = signer.address if account is None else account
    if account != signer.address and not dialect.limits.has_controllers:
        dialect.check(SetController(controller=signer.address))
    request = yield from prepare(dialect, intent, account, nonce, deadline_unix_s)
    return (yield from signed_by(request, signer))


def signed_in_a_row(
    dialect: Dialect,
    intents: tuple[SignableIntent, ...],
    signer: AnySigner,
    account: Address,
) -> Flow[tuple[SignedRequest, ...]]:
    """Return signed requests for one transaction: consecutive nonces, the same deadline.

    Args:
        dialect: The dialect of the deployment.
        intents: The changes, all in one contract.
        signer: The account's key, or its controller's.
        account: The account whose entries change.
    """
    signed: list[SignedRequest] = []
    for intent in _with_ids_of_the_row(dialect, intents):
        first = signed[0] if signed and not dialect.limits.replayable else None
        nonce = None if first is None else first.nonce + len(signed)
        deadline = None if first is None else first.deadline_unix_s
        signed.append((yield from sign(dialect, intent, signer, nonce, deadline, account)))
    return tuple(signed)


def _with_ids_of_the_row(
    dialect: Dialect, intents: tuple[SignableIntent, ...]
) -> tuple[SignableIntent, ...]:
    """Fill in the id of modules that follow a registration: by then it is the current one."""
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
    """Return a request with the signer's signature, without checking who signed."""
    payload = request.payload
    task: Local[bytes] = Local(lambda: signer.sign(payload))
    return request.signed((yield from task), signer=signer.address)


def read(dialect: Dialect, text: str | bytes) -> Request:
    """Return the request in a JSON document, without its signature if it has one.

    Raises:
        InvalidInput: The document is not a request, or it is for another chain or contract.
    """
    found = dialect.read_request(text)
    return found.request if isinstance(found, SignedRequest) else found


def read_signed(dialect: Dialect, text: str | bytes) -> SignedRequest:
    """Return the signed request in a JSON document; its signature is not checked.

    Raises:
        InvalidInput: The document is not a signed request, or it is for another chain or contract.
    """
    found = dialect.read_request(text)
    if isinstance(found, SignedRequest):
        return found
    raise InvalidInput("the request is not signed: have its account sign it first")


def verify(dialect: Dialect, requests: tuple[SignedRequest, ...]) -> Flow[None]:
    """Check signed requests, and raise the first error found; see `checks`."""
    for request, one in zip(requests, (yield from checks(dialect, requests)), strict=True):
        if one.error is not None:
            from ocn_registry.flows.mistakes import explained  # noqa: PLC0415 - for errors only

            raise (yield from explained(dialect, request, one.error, one.contracts))


def tried(dialect: Dialect, requests: tuple[SignedRequest, ...]) -> Flow[None]:
    """Check signed requests, simulate them on the current state, and raise the first error found.

    The requests for a contract are simulated together, in the given order.

    Args:
        dialect: The dialect of the deployment.
        requests: The signed requests; those of an account in nonce order.
    """
    from ocn_registry.contract_errors import InvalidNonce  # noqa: PLC0415 - 50 classes

    yield from verify(dialect, requests)
    steps = yield from respelled(dialect, requests)
    most = _MOST_TRIED if dialect.limits.has_batches else 1
    for contract in Contract:
        same = [
            one
            for one in steps
            if isinstance(one, SignedRequest) and dialect.contract_of(one.intent) is contract
        ]
        for start in range(0, len(same), most):
            part = tuple(same[start : start + most])
            for error in (yield from dialect.write(part, each_alone=len(part) > 1)):
                # Nonces are right; this is the next request of an account in the part before.
                if error is not None and not (start and isinstance(error, InvalidNonce)):
                    raise error


def respelled(dialect: Dialect, steps: tuple[Step, ...]) -> Flow[tuple[Step, ...]]:
    """Return steps with the signatures of controllers in canonical form.

    Account signatures are converted when a request is parsed. Only the chain knows an account's
    controller, and it is asked only if a signature has another form.

    Args:
        dialect: The dialect of the deployment.
        steps: Intents, and requests that others signed.
    """
    made = list(steps)
    for place, step in enumerate(steps):
        if isinstance(step, SignedRequest) and is_odd(step.signature):
            controller = yield from dialect.controller(step.account, None)
            made[place] = step.request.signed(step.signature, signer=controller)
    return tuple(made)


class Checked(NamedTuple):
    """The result of checking a signed request.

    Attributes:
        error: The error found; `None` for a valid request.
        contracts: The contracts that have to check a signature of it (ERC-1271): the account or its
            controller, and whoever accepts.
    """

    error: RequestRejected | None
    contracts: tuple[Address, ...] = ()

    @property
    def by_contract(self) -> bool:
        """Return whether a contract has to check a signature."""
        return bool(self.contracts)


def checks(
    dialect: Dialect,
    requests: tuple[SignedRequest, ...],
) -> Flow[tuple[Checked, ...]]:
    """Check deadline, nonce and signature of signed requests, in the contract's order.

    Args:
        dialect: The dialect of the deployment.
        requests: The signed requests; those of an account in nonce order.
    """
    for each in requests:
        check_signed(each)
    keys = [(request.account, dialect.contract_of(request.intent)) for request in requests]
    accounts = tuple(dict.fromkeys(keys))
    found: list[Checked] = []
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
            error = accepted.error
            found[place] = Checked(None, found[place].contracts + accepted.contracts)
        found[place] = found[place]._replace(error=error)
    return tuple(found)


def _acceptance(
    dialect: Dialect,
    request: SignedRequest,
    now_unix_s: int,
) -> Flow[Checked]:
    """Check the acceptance of a request that needs one. Controllers can't accept for an account.

    The contract needs none if the new account itself sends the move. That is not enough here: a
    spender that sends other people's requests would be given an account unasked.
    """
    needed = acceptance_of(request.intent, request.account)
    if needed is None:
        return Checked(None)
    accepted = request.request.acceptance
    if not isinstance(accepted, SignedRequest):
        return Checked(SignatureMismatch(needed[0], None))
    if accepted.deadline_unix_s < now_unix_s:
        return Checked(RequestExpired(accepted.deadline_unix_s, now_unix_s))
    expected = yield from dialect.nonce(accepted.account, Contract.REGISTRY, None)
    if accepted.nonce != expected:
        return Checked(NonceMismatch(accepted.account, expected, accepted.nonce))
    return (yield from _signature(dialect, accepted, accepted.account))


def _signature(dialect: Dialect, request: SignedRequest, signer: Address) -> Flow[Checked]:
    digest = request.request.payload.digest()
    recovered = yield from Local(lambda: recover(digest, request.signature))
    if recovered == signer:
        return Checked(None)
    controlled = None if signer == request.account else request.account
    if not dialect.limits.has_contract_signers or not (yield from CodeSize(signer)):
        return Checked(SignatureMismatch(signer, recovered, controlled=controlled))
    answered = yield from refusal(dialect, signer, digest, request.signature)
    if answered is None:
        return Checked(None, (signer,))
    mismatch = SignatureMismatch(signer, recovered, controlled=controlled, refused=answered)
    return Checked(mismatch, (signer,))
