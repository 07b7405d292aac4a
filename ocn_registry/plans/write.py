"""Plans of ordinary writes: intents of the payer itself, or requests that others signed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ocn_registry.dialects import dialect_of
from ocn_registry.errors import RequestRejected, Reverted
from ocn_registry.flows.gas import BATCH_GAS, item_gas
from ocn_registry.flows.price import fees
from ocn_registry.intents import (
    CreateAgreement,
    DeleteNode,
    DeleteParty,
    DeleteService,
    InvalidateNonce,
    RevokeAgreement,
    SetNode,
    SetParty,
    SetPartyModules,
    SetPartyWebsite,
    SetService,
)
from ocn_registry.models import Contract
from ocn_registry.outcomes import Quote
from ocn_registry.plans.entries import brief
from ocn_registry.plans.execute import Plan, execute, read_after, say, transaction
from ocn_registry.plans.exit_codes import DONE, REJECTED
from ocn_registry.plans.losses import additions_of, losses_of, party_meant
from ocn_registry.plans.present import Present
from ocn_registry.plans.words import words_of
from ocn_registry.protocol.effects import CodeSize, Head, all_of, run, together
from ocn_registry.signing import SignedRequest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ocn_registry.client.sync_client import RegistryClient
    from ocn_registry.dialects import Step
    from ocn_registry.flows.options import WriteOptions
    from ocn_registry.intents import Intent
    from ocn_registry.models import Address
    from ocn_registry.outcomes import Outcome
    from ocn_registry.plans.entries import Entry
    from ocn_registry.plans.execute import Console, Line
    from ocn_registry.protocol.effects import Flow
    from ocn_registry.signing import Signer


_SMALL_BLOCK = 8_000_000
_REPEATABLE = (
    "these contracts accept a signature again and again: anybody who sees it can repeat it"
)


class Writing:
    """Steps on their way into the chain."""

    def __init__(
        self,
        client: RegistryClient,
        steps: tuple[Step, ...],
        payer: Signer,
        console: Console,
        present: Present | None = None,
    ) -> None:
        """Take what is to be written.

        Args:
            client: Reaches the registry.
            steps: Intents of the payer, or requests that others signed.
            payer: Signs the transaction, and pays.
            console: Shows the plan, and asks.
            present: What was read before about the entries.
        """
        self._present = present or Present(client)
        self._client, self._steps, self._payer, self._console = client, steps, payer, console
        self._signed = tuple([step for step in steps if isinstance(step, SignedRequest)])
        self._changes = [_change(step, payer.address) for step in steps]
        self._accounts = [account for account, _ in self._changes]

    def execute(self, options: WriteOptions, *, insist: bool, dry_run: bool) -> int:
        """Show the plan, ask, send, and show the result.

        Args:
            options: How the transaction is priced and waited for.
            insist: Whether somebody has to agree explicitly.
            dry_run: Whether to stop before anything is sent.

        Returns:
            The exit code.
        """
        plan = Plan(
            payer=self._payer.address,
            lines=tuple(self._lines()),
            quote=self._quote,
            send=self._send,
            report=self._report,
            preview={
                "status": "dry run",
                "signers": self._accounts,
                "spender": self._payer.address,
            },
            insist=insist,
        )
        return execute(self._client, plan, self._console, options, dry_run=dry_run)

    def _lines(self) -> Iterator[Line]:
        here, payer = self._client.deployment, self._payer.address
        dialect = dialect_of(here)
        for contract in dict.fromkeys([dialect.contract_of(intent) for _, intent in self._changes]):
            name = "Registry" if contract is Contract.REGISTRY else "Permissions"
            yield "contract", f"{name} {dialect.address_of(contract)}, generation {here.dialect}"
        for account, intent in self._changes:
            yield "signer", account
            yield "change", words_of(intent)
            before = entry_of(self._present, intent, account)
            yield "now", "not listed" if before is None else brief(before)
            for addition in additions_of(self._present, account, intent):
                yield "adds", addition
            for loss in losses_of(self._present, account, intent):
                yield "ends", loss
        yield "spender", payer
        if self._client.limits.replayable and any(each != payer for each in self._accounts):
            yield "warning", _REPEATABLE

    def _quote(self, options: WriteOptions) -> Quote | None:
        """Simulate and price the write; requests that would fail are left out when it is sent."""
        client, payer = self._client, self._payer.address
        if len(self._steps) == 1 or len(self._signed) < len(self._steps):
            return client.quote(*self._steps, payer=payer, options=options)
        try:
            client.quote(*self._steps, payer=payer, options=options)
        except (RequestRejected, Reverted) as error:
            say(self._console, "warning", f"not all of these will take effect: {error}")
        controllers = {each: client.controller_of(each) for each in self._accounts}
        return run(batch_quote(self._signed, controllers, options), client.transport.perform)

    def _send(self, options: WriteOptions, quote: Quote | None) -> Outcome:
        client, payer = self._client, self._payer
        if not self._signed:
            return client.send(*self._steps, signer=payer, options=options, quote=quote)
        if len(self._signed) > 1 and quote is not None:
            # Their gas is reckoned in the same way when they are sent: the price is what binds.
            options = replace(options, max_fee_per_gas_wei=quote.max_fee_per_gas_wei)
            quote = None
        return client.submit(*self._signed, spender=payer, options=options, quote=quote)

    def _report(self, outcome: Outcome) -> tuple[Entry, int]:
        unread: list[Entry | None] = [None for _ in self._changes]
        for item in outcome.failed:
            self._console.note(f"without effect: {words_of(item.intent)}: {item.error}")
        result: Entry = {
            "status": "without effect in part" if outcome.failed else "done",
            **transaction(self._client.deployment, outcome),
            "signers": self._accounts,
            "spender": self._payer.address,
            "state": read_after(
                lambda: self._states(outcome.block.number),
                unread,
                self._console,
            ),
        }
        return result, REJECTED if outcome.failed else DONE

    def _states(self, block: int) -> list[Entry | None]:
        return [entry_of(self._client, intent, account, block) for account, intent in self._changes]


def entry_of(
    client: RegistryClient | Present,
    intent: Intent,
    account: Address,
    block: int | None = None,
) -> Entry | None:
    """Return the entry that an intent changes; `None` when there is none."""
    match intent:
        case SetNode() | DeleteNode():
            operated = client.node(account, block=block)
            return None if operated is None else operated.to_dict()
        case SetParty() | SetPartyModules() | SetPartyWebsite() | DeleteParty():
            present = client if isinstance(client, Present) else Present(client, block)
            listed = party_meant(present, account, intent)
            return None if listed is None else listed.to_dict()
        case SetService() | DeleteService():
            offered = client.service(account, block=block)
            return None if offered is None else offered.to_dict()
        case CreateAgreement() | RevokeAgreement():
            found = client.agreement(account, intent.provider, block=block)
            return None if found is None else found.to_dict()
        case InvalidateNonce():
            return {"nonce": client.nonce(account, intent.contract, block=block)}
        case _:
            return None


def batch_quote(
    requests: tuple[SignedRequest, ...],
    controllers: Mapping[Address, Address],
    options: WriteOptions,
) -> Flow[Quote]:
    """Return the most that many requests can cost: the gas of each is reckoned, as when sent.

    Args:
        requests: What is sent.
        controllers: Whose signature counts for each account.
        options: Price.
    """
    signers = tuple(dict.fromkeys([controllers[one.account] for one in requests]))
    head, sizes = yield from together(Head(), all_of(tuple(map(CodeSize, signers))))
    price = yield from fees(head, options)
    contracts = {signer for signer, size in zip(signers, sizes, strict=True) if size}
    gas = sum(item_gas(one, by_contract=controllers[one.account] in contracts) for one in requests)
    transactions = 1 + gas // ((head.gas_limit or _SMALL_BLOCK) * 3 // 4) + bool(contracts)
    gas += transactions * BATCH_GAS
    return Quote(
        gas=gas,
        cost_wei=gas * price.max_fee_per_gas_wei,
        transactions=transactions,
        max_fee_per_gas_wei=price.max_fee_per_gas_wei,
        tip_per_gas_wei=price.tip_per_gas_wei,
    )


def _change(step: Step, payer: Address) -> tuple[Address, Intent]:
    if isinstance(step, SignedRequest):
        return step.account, step.intent
    return payer, step
