"""Plans of the owner's actions, each recorded in the owner's log."""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from ocn_registry.deploy.handover import safe_batch
from ocn_registry.dialects import dialect_of
from ocn_registry.errors import InvalidInput, Reverted, TransactionReplaced
from ocn_registry.flows.requests import verify
from ocn_registry.foreign.strict_json import is_object
from ocn_registry.outcomes import PartyDeleted, PartySet
from ocn_registry.plans import entries
from ocn_registry.plans.execute import Plan, execute, read_after, say, transaction, within
from ocn_registry.plans.exit_codes import DONE, REJECTED
from ocn_registry.plans.network import network_lines
from ocn_registry.plans.owner_log import (
    ENDED,
    FAILED,
    IN_PART,
    SIGNED,
    UNKNOWN,
    LoggedAction,
    LoggingSigner,
    actions,
)
from ocn_registry.portable.values import dataclass
from ocn_registry.protocol.effects import CodeSize, Head, run
from ocn_registry.signing import SignedRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from pathlib import Path

    from ocn_registry.client.sync_client import RegistryClient
    from ocn_registry.dialects import Step
    from ocn_registry.flows.options import WriteOptions
    from ocn_registry.models import Address
    from ocn_registry.networks import Deployment
    from ocn_registry.outcomes import Outcome, Quote
    from ocn_registry.plans.entries import Entry
    from ocn_registry.plans.execute import Console, Line
    from ocn_registry.protocol.effects import HeadBlock
    from ocn_registry.signing import Signer


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerAction:
    """An action of the owner.

    Attributes:
        name: Its name on the command line.
        says: Description for people.
        reason: The reason; empty if none is needed.
        account: The account whose entry it concerns.
        before: The current entry.
        quote: Simulates and prices it with an account as the sender.
        send: Sends it.
        read: Reads the entry at a block.
        steps: Its steps, if a Safe can execute it from a file.
        only_if_same: Whether to refuse it if the entry has changed since it was shown.
        losses: Its side effects.
        is_done: Whether the action would change nothing, so that nothing has to be sent.
    """

    name: str
    says: str
    reason: str
    account: Address
    before: Entry | None
    quote: Callable[[Address, WriteOptions], Quote]
    send: Callable[[Signer, WriteOptions], Outcome]
    read: Callable[[int], Entry | None]
    steps: tuple[Step, ...] = ()
    only_if_same: bool = False
    losses: tuple[str, ...] = ()
    is_done: bool = False


def has_no_end(action: Entry, deployment: Deployment) -> bool:
    """Return whether an action in this registry has no outcome in the log."""
    this = (action.get("chainId"), action.get("contract")) == (
        deployment.chain_id,
        deployment.registry,
    )
    return this and action.get("status") in {SIGNED, UNKNOWN}


def is_whole(name: object, account: object, outcome: Outcome, state: Entry | None = None) -> bool:
    """Return whether an action took full effect; a reassigned id must have its new holder.

    Args:
        name: Name of the action.
        account: The account that it concerns.
        outcome: The outcome of its transaction.
        state: The entry afterwards, the only evidence if someone else sent the claim early.
    """
    if name == "delete-party":
        return not hit_instead(account, outcome)
    changes = [each for each in outcome.changes if isinstance(each, PartySet)]
    held = state is not None and state.get("address") == account
    return name != "reassign" or held or any(each.address == account for each in changes)


def hit_instead(account: object, outcome: Outcome) -> list[Address]:
    """Return the accounts that a deletion hit instead of the intended one."""
    deleted = [each.address for each in outcome.changes if isinstance(each, PartyDeleted)]
    return [] if account in deleted else deleted


class OwnerTask:
    """The execution of an owner's action."""

    def __init__(
        self,
        client: RegistryClient,
        action: OwnerAction,
        log: Path,
        console: Console,
    ) -> None:
        """Create the plan of an owner's action.

        Args:
            client: Reaches the registry.
            action: The action.
            log: The owner's log.
            console: Shows the plan, and asks.
        """
        self._client, self._action, self._log, self._console = client, action, log, console

    def execute(self, owner: Signer, options: WriteOptions, *, dry_run: bool) -> int:
        """Show the plan, ask, log the intention, send it, and log the outcome.

        If the action would change nothing, only say so.

        Returns:
            The exit code.
        """
        action = self._action
        if action.is_done:
            self._console.note(
                "note: it is reserved like this already, so nothing was signed or sent"
            )
            said = _described(action, owner.address)
            self._console.show({"status": "unchanged", **said, "state": action.before})
            return DONE
        plan = Plan(
            payer=owner.address,
            lines=tuple(self._lines(owner.address)),
            quote=lambda options: action.quote(owner.address, options),
            send=lambda options, quote: self._send(owner, options, quote),
            report=lambda sent: self._report(owner.address, *sent),
            preview={"status": "dry run"} | _described(action, owner.address),
        )
        return execute(self._client, plan, self._console, options, dry_run=dry_run)

    def write_safe_file(self, *, dry_run: bool) -> str:
        """Show the plan, and return the file for a Safe that owns the registry.

        Raises:
            InvalidInput: The owner is not a contract.
        """
        client, action, perform = self._client, self._action, self._client.transport.perform
        safe = client.owner.address()
        if safe is None or not perform(CodeSize(safe)):
            raise InvalidInput(
                f"the owner of the registry, {safe}, is not a Safe: give its key as --signer",
            )
        for label, text in (*network_lines(client.deployment), *self._lines(safe)):
            say(self._console, label, text)
        dialect = dialect_of(client.deployment)
        signed = tuple([step for step in action.steps if isinstance(step, SignedRequest)])
        run(verify(dialect, signed), perform)  # not tried alone: a step before may make room
        perform(replace(dialect.write(action.steps, each_alone=False, sender=safe), sender=safe))
        # Several independent steps: see `flows.admin.reassign`.
        call = dialect.write(action.steps, each_alone=len(action.steps) > 1, sender=safe)
        if not dry_run:
            self._begin(safe)
            self._console.note(
                "load this into the Safe's transaction builder, and note its transaction in your "
                "log",
            )
        now = int(time.time())
        return safe_batch(client.deployment, safe, action.says, call, now).rstrip("\n")

    def _lines(self, owner: Address) -> Iterator[Line]:
        deployment, action = self._client.deployment, self._action
        yield "contract", f"Registry {deployment.registry}, generation {deployment.dialect}"
        yield "signer", owner
        yield "change", action.says
        yield (
            "now",
            "not listed" if action.before is None else entries.brief(_present_state(action.before)),
        )
        for loss in action.losses:
            yield "ends", loss
        if action.reason:
            yield "reason", action.reason
        yield "log", str(self._log)
        if left := [each for each in actions(self._log) if has_no_end(each, deployment)]:
            yield (
                "warning",
                f"{len(left)} logged actions have no outcome: run ocn-registry owner log --settle",
            )

    def _begin(self, owner: Address) -> LoggedAction:
        """Log the intention, and the registry."""
        deployment = self._client.deployment
        place: Entry = {
            "network": deployment.name,
            "chainId": deployment.chain_id,
            "contract": deployment.registry,
        }
        return LoggedAction(self._log, place | _described(self._action, owner))

    def _send(
        self, owner: Signer, options: WriteOptions, quote: Quote | None
    ) -> tuple[LoggedAction, Outcome]:
        action = self._action
        if quote is not None and quote.sent_before is not None:  # only its outcome is missing
            logged = self._begin(owner.address)
            logged.note(SIGNED, transaction=quote.sent_before, nonce=quote.waiting[0])
            with self._logged_failure(logged):
                sent = self._client.transactions.await_outcome(quote.sent_before, options=options)
                return logged, sent
        if action.only_if_same:
            head: HeadBlock = self._client.transport.perform(Head())
            if action.read(head.ref.number) != action.before:
                raise InvalidInput(
                    "the entry has changed since it was shown, so nothing was sent: look again",
                )
        logged = self._begin(owner.address)
        with self._logged_failure(logged):
            return logged, action.send(LoggingSigner(owner, logged), within(options, quote))

    def _report(
        self,
        owner: Address,
        logged: LoggedAction,
        outcome: Outcome,
    ) -> tuple[Entry, int]:
        action, block = self._action, outcome.block.number
        for item in outcome.failed:
            name = type(item.intent).__name__
            self._console.note(f"without effect: {name}: {item.error}")
        for other in hit_instead(action.account, outcome) if action.name == "delete-party" else ():
            self._console.note(
                f"warning: another account held the id by then, and {other} lost it: if it is "
                f"theirs, return it with `owner reserve {other} -c CC PID`",
            )
        state = read_after(lambda: action.read(block), None, self._console)
        whole = is_whole(action.name, action.account, outcome, state)
        status = ENDED if whole else IN_PART
        self._log_end(logged, status, **logged_outcome(outcome))
        result: Entry = {
            "status": status,
            **_described(action, owner),
            **transaction(self._client.deployment, outcome),
            "state": state,
            "log": str(self._log),
        }
        return result, DONE if whole else REJECTED

    def _log_end(self, logged: LoggedAction, status: str, **known: object) -> None:
        """Log the outcome. It is reported even if logging fails."""
        try:
            logged.note(status, **known)
        except InvalidInput as error:
            self._console.note(
                f"warning: {error}; write this down yourself: {status} {json.dumps(known)}",
            )

    @contextmanager
    def _logged_failure(self, logged: LoggedAction) -> Generator[None, None, None]:
        try:
            yield
        except BaseException as error:
            known: Entry = {"error": str(error) or type(error).__name__}
            if getattr(error, "tx_hash", None) is not None:
                known["transaction"] = error.tx_hash  # type: ignore[attr-defined]  # just looked
            ended = isinstance(error, (Reverted, TransactionReplaced)) or not logged.is_signed
            self._log_end(logged, FAILED if ended else UNKNOWN, **known)
            raise


def logged_outcome(outcome: Outcome) -> Entry:
    """Return the log's form of an outcome."""
    return {
        "transaction": outcome.tx_hash,
        "blockNumber": outcome.block.number,
        "blockHash": outcome.block.hash,
        "changes": [change.to_dict() for change in outcome.changes],
    }


def _described(action: OwnerAction, owner: Address) -> Entry:
    return {
        "who": owner,
        "what": action.name,
        "account": action.account,
        "says": action.says,
        "reason": action.reason,
        "before": action.before,
    }


def _present_state(before: Entry) -> Entry:
    """Return the present state for one line: of an ownership, without the block it was read at."""
    opens = before.get("importOpen")
    if not is_object(opens):
        return before
    named = ", ".join([contract for contract, is_open in opens.items() if is_open])
    shown = {key: before[key] for key in ("owner", "pendingOwner") if before.get(key)}
    return shown | {"import": f"open for {named}" if named else "closed"}
