"""Plans of ordinary writes: the payer's own intents, or requests that others signed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ocn_registry import intents
from ocn_registry.dialects import dialect_of
from ocn_registry.flows.batch import quote as quote_batch
from ocn_registry.flows.quote import quote
from ocn_registry.flows.requests import signed_in_a_row
from ocn_registry.models import Address, Contract
from ocn_registry.plans.current_entries import CurrentEntries
from ocn_registry.plans.entries import brief, controlled
from ocn_registry.plans.execute import Plan, execute, read_after, transaction
from ocn_registry.plans.exit_codes import DONE, REJECTED
from ocn_registry.plans.losses import additions_of, losses_of, party_meant
from ocn_registry.plans.unchanged import is_unchanged
from ocn_registry.plans.words import words_of
from ocn_registry.protocol.effects import run
from ocn_registry.protocol.gather import Running, gather
from ocn_registry.signing import SignedRequest, recover

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ocn_registry.client.sync_client import RegistryClient
    from ocn_registry.dialects import Step
    from ocn_registry.flows.options import WriteOptions
    from ocn_registry.intents import Intent, SignableIntent
    from ocn_registry.outcomes import Outcome, Quote
    from ocn_registry.plans.entries import Entry
    from ocn_registry.plans.execute import Console, Line
    from ocn_registry.protocol.effects import Flow
    from ocn_registry.signing import Signer


_REPEATABLE = (
    "these contracts accept a signature again and again: anybody who sees it can repeat it"
)
UNCHANGED = "note: it is listed like this already, so nothing was signed or sent"


class WriteTask:
    """The execution of a write."""

    def __init__(  # noqa: PLR0913 - all that a write has
        self,
        client: RegistryClient,
        steps: tuple[Step, ...],
        payer: Signer,
        console: Console,
        current: CurrentEntries | None = None,
        *,
        whole: bool = False,
    ) -> None:
        """Create the plan of a write.

        Args:
            client: Reaches the registry.
            steps: Intents of the payer, or requests that others signed.
            payer: Signs the transaction, and pays.
            console: Shows the plan, and asks.
            current: The entries that were read before.
            whole: Whether requests take effect all or none; otherwise independently.
        """
        self._present = current or CurrentEntries(client)
        self._client, self._steps, self._payer, self._console = client, steps, payer, console
        self._signed = tuple([step for step in steps if isinstance(step, SignedRequest)])
        self._whole = whole or len(self._signed) < len(steps)
        self._changes = [_change(step, payer.address) for step in steps]
        self._accounts = [account for account, _ in self._changes]
        self._signers = self._accounts  # until the chain tells which of them has a controller
        self._quoted: Running[Quote] | None = None

    def execute(
        self,
        options: WriteOptions,
        *,
        insist: bool,
        dry_run: bool,
        unless_unchanged: bool = False,
    ) -> int:
        """Show the plan, ask, send, and show the result.

        Args:
            options: How the transaction is priced and waited for.
            insist: Whether explicit consent is needed.
            dry_run: Whether to stop before anything is sent.
            unless_unchanged: Whether to send nothing if everything is already listed like this.

        Returns:
            The exit code.
        """
        self._read_and_quote(options)
        if unless_unchanged and all(
            is_unchanged(self._present, account, intent) for account, intent in self._changes
        ):
            who = who_of(self._accounts, self._signers, self._payer.address)
            return unchanged(self._present, self._changes, who, self._console)
        plan = Plan(
            payer=self._payer.address,
            lines=tuple(self._lines()),
            quote=self._quote,
            send=self._send,
            report=self._report,
            preview={
                "status": "dry run",
                **who_of(self._accounts, self._signers, self._payer.address),
            },
            insist=insist,
        )
        return execute(self._client, plan, self._console, options, dry_run=dry_run)

    def _read_and_quote(self, options: WriteOptions) -> None:
        """Read the listed entries and price the write, in as few requests as possible."""
        reads = [Running(self._present.reading(*change)) for change in self._changes]
        signers = [Running(self._signing(step)) for step in self._steps]
        self._quoted = Running(self._pricing(options))
        run(gather(self._quoted, *reads, *signers), self._client.transport.perform)
        for read in reads:
            read.result()
        self._signers = [signer.result() for signer in signers]

    def _signing(self, step: Step) -> Flow[Address]:
        """Return who signs a step: the payer, the account's own key, or its controller."""
        if not isinstance(step, SignedRequest):
            return self._payer.address
        own = recover(step.request.payload.digest(), step.signature) == step.account
        return step.account if own else (yield from self._present.controlling(step.account))

    def _pricing(self, options: WriteOptions) -> Flow[Quote]:
        """Simulate and price the write. Requests that would fail are left out when sending."""
        dialect, payer = dialect_of(self._client.deployment), self._payer.address
        if options.journal is None:
            options = replace(options, journal=self._client.journal)
        if len(self._signed) > 1 and not self._whole:  # each takes effect or fails independently
            return quote_batch(dialect, self._signed, payer, options)
        return quote(dialect, self._steps, payer, options)

    def _lines(self) -> Iterator[Line]:
        deployment, payer = self._client.deployment, self._payer.address
        dialect = dialect_of(deployment)
        for contract in dict.fromkeys([dialect.contract_of(intent) for _, intent in self._changes]):
            name = "Registry" if contract is Contract.REGISTRY else "Permissions"
            yield (
                "contract",
                f"{name} {dialect.address_of(contract)}, generation {deployment.dialect}",
            )
        said: set[object] = set()
        for (account, intent), signer in zip(self._changes, self._signers, strict=True):
            if (account, signer) not in said:  # several changes can be those of one account
                yield signer_line(account, signer)
            yield "change", words_of(intent)
            entry = (account, *_identity_of_entry(intent))
            if entry not in said and not isinstance(
                intent, intents.MoveAccount
            ):  # all that moves follows
                before = entry_of(self._present, intent, account)
                yield "now", "not listed" if before is None else brief(before)
            said |= {(account, signer), entry}
            yield from additions_of(self._present, account, intent)
            for loss in losses_of(self._present, account, intent):
                yield "ends", loss
        yield "spender", payer
        if self._client.limits.replayable and any(each != payer for each in self._accounts):
            yield "warning", _REPEATABLE

    def _quote(self, options: WriteOptions) -> Quote | None:
        """Simulate and price the write. Requests that would fail are left out when sending."""
        quoted, self._quoted = self._quoted, None
        if quoted is not None:  # quoted just now, together with the listed entries
            return quoted.result()
        return run(self._pricing(options), self._client.transport.perform)

    def _send(self, options: WriteOptions, quote: Quote | None) -> Outcome:
        client, payer = self._client, self._payer
        if len(self._changes) == 1:  # the entry comes with the receipt
            options = replace(options, watch=CurrentEntries(client).question(*self._changes[0]))
        if self._whole:
            return client.send(*self._steps, signer=payer, options=options, quote=quote)
        return client.submit(*self._signed, spender=payer, options=options, quote=quote)

    def _report(self, outcome: Outcome) -> tuple[Entry, int]:
        unread: list[Entry | None] = [None for _ in self._changes]
        for item in outcome.failed:
            self._console.note(f"without effect: {words_of(item.intent)}: {item.error}")
        result: Entry = {
            "status": "without effect in part" if outcome.failed else "done",
            **transaction(self._client.deployment, outcome),
            **who_of(self._accounts, self._signers, self._payer.address),
            "state": read_after(
                lambda: self._states(outcome),
                unread,
                self._console,
            ),
        }
        return result, REJECTED if outcome.failed else DONE

    def _states(self, outcome: Outcome) -> list[Entry | None]:
        after = CurrentEntries(self._client, outcome.block.number)
        if outcome.seen is not None and len(self._changes) == 1:
            after.learn(*self._changes[0], outcome.seen)
        else:
            reads = [Running(after.reading(*change)) for change in self._changes]
            run(gather(*reads), self._client.transport.perform)
            for read in reads:
                read.result()
        return [entry_of(after, intent, account) for account, intent in self._changes]


def unchanged(
    current: CurrentEntries,
    changes: Sequence[tuple[Address, Intent]],
    who: Entry,
    console: Console,
) -> int:
    """Report that a write would change nothing, and show the entries.

    Args:
        current: The entries.
        changes: The accounts and what they want.
        who: The part of the result that `who_of` returns.
        console: Shows the result.

    Returns:
        The exit code.
    """
    console.note(UNCHANGED)
    result: Entry = {
        "status": "unchanged",
        **who,
        "state": [entry_of(current, intent, account) for account, intent in changes],
    }
    console.show(result)
    return DONE


def who_of(accounts: Sequence[Address], signers: Sequence[Address], spender: Address) -> Entry:
    """Return the part of a result that says whose entries change, who signs and who pays."""
    return {"accounts": list(accounts), "signers": list(signers), "spender": spender}


def signer_line(account: Address, signer: Address) -> Line:
    """Return the line of a plan that says who signs, and for whom if it is a controller."""
    return "signer", account if signer == account else f"{signer}, the controller of {account}"


def signed_steps(
    client: RegistryClient,
    wanted: tuple[SignableIntent, ...],
    signer: Signer,
    account: Address,
) -> tuple[SignedRequest, ...]:
    """Sign several intents of an account for one transaction, with consecutive nonces."""
    dialect = dialect_of(client.deployment)
    return run(signed_in_a_row(dialect, wanted, signer, account), client.transport.perform)


def entry_of(  # noqa: PLR0911 - one for each kind of entry
    current: CurrentEntries, intent: Intent, account: Address
) -> Entry | None:
    """Return the entry that an intent changes; `None` if there is none."""
    match intent:
        case intents.SetNode() | intents.DeleteNode():
            operated = current.node(account)
            return None if operated is None else operated.to_dict()
        case (
            intents.SetParty()
            | intents.SetPartyModules()
            | intents.SetPartyWebsite()
            | intents.DeleteParty()
        ):
            listed = party_meant(current, account, intent)
            return None if listed is None else listed.to_dict()
        case intents.SetService() | intents.DeleteService():
            offered = current.service(account)
            return None if offered is None else offered.to_dict()
        case intents.CreateAgreement() | intents.RevokeAgreement():
            found = current.agreement(account, intent.provider)
            return None if found is None else found.to_dict()
        case intents.MoveAccount():
            holder = account if current.is_before else Address(intent.new_account)
            return current.holdings(holder).to_dict()
        case intents.SetController():
            return controlled(account, current.controller_of(account))
        case intents.InvalidateNonce():
            return {"nonce": current.nonce(account, intent.contract)}
        case _:
            return None


def _identity_of_entry(intent: Intent) -> tuple[object, ...]:
    """Return what identifies the entry that an intent changes, among those of its account."""
    match intent:
        case (
            intents.SetParty()
            | intents.SetPartyModules()
            | intents.SetPartyWebsite()
            | intents.DeleteParty()
        ):
            return ("party", intent.country_code, intent.party_id)
        case _:
            return (intent,)


def _change(step: Step, payer: Address) -> tuple[Address, Intent]:
    if isinstance(step, SignedRequest):
        return step.account, step.intent
    return payer, step
