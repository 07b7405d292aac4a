"""The plan to leave: delete everything that an account has.

Services are in a separate contract, so it can take two transactions. The service is deleted first,
which frees its slot in the list immediately.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ocn_registry.flows.identity import everything_given_up
from ocn_registry.outcomes import Outcome
from ocn_registry.plans.current_entries import CurrentEntries
from ocn_registry.plans.execute import Plan, execute, read_after, say, transaction
from ocn_registry.plans.exit_codes import DONE
from ocn_registry.plans.losses import losses_of_leaving
from ocn_registry.plans.write import signed_steps, signer_line, who_of

if TYPE_CHECKING:
    from ocn_registry.client.sync_client import RegistryClient
    from ocn_registry.dialects import Step
    from ocn_registry.flows.options import WriteOptions
    from ocn_registry.models import Address
    from ocn_registry.outcomes import Quote
    from ocn_registry.plans.entries import Entry
    from ocn_registry.plans.execute import Console
    from ocn_registry.signing import Signer


class LeaveTask:
    """The deletion of everything that an account has."""

    def __init__(
        self,
        client: RegistryClient,
        account: Address,
        signer: Signer,
        payer: Signer,
        console: Console,
    ) -> None:
        """Create the plan of an account that leaves.

        Args:
            client: Reaches the registry.
            account: The account.
            signer: Its key, or its controller's.
            payer: Signs the transactions and pays.
            console: Shows the plan, and asks.
        """
        self._client, self._account, self._console = client, account, console
        self._signer, self._payer = signer, payer
        self._quotes: list[Quote] = []
        self._groups: list[tuple[Step, ...]] = []

    def execute(self, options: WriteOptions, *, dry_run: bool) -> int:
        """Show the plan, ask, send, and show the result.

        Args:
            options: How the transactions are priced and waited for.
            dry_run: Whether to stop before anything is sent.

        Returns:
            The exit code.
        """
        current = CurrentEntries(self._client)
        had = current.holdings(self._account)
        groups = everything_given_up(had, self._client.limits)
        who = who_of([self._account], [self._signer.address], self._payer.address)
        if not groups:
            self._console.note("note: this account has nothing listed, so nothing was sent")
            state: list[Entry] = [had.to_dict()]
            self._console.show({"status": "unchanged", **who, "state": state})
            return DONE
        direct = self._payer.address == self._account
        self._groups = [
            group if direct else signed_steps(self._client, group, self._signer, self._account)
            for group in groups
        ]
        plan = Plan(
            payer=self._payer.address,
            lines=(
                signer_line(self._account, self._signer.address),
                ("change", "delete everything that it has"),
                *[("ends", loss) for loss in losses_of_leaving(current, had)],
                ("spender", self._payer.address),
            ),
            quote=self._quote,
            send=self._send,
            report=lambda outcome: (self._reported(outcome, who), DONE),
            preview={"status": "dry run", **who},
        )
        return execute(self._client, plan, self._console, options, dry_run=dry_run)

    def _quote(self, options: WriteOptions) -> Quote:
        payer = self._payer.address
        self._quotes = [
            self._client.quote(*steps, payer=payer, options=options) for steps in self._groups
        ]
        first = self._quotes[0]
        return replace(
            first,
            gas=sum(one.gas for one in self._quotes),
            cost_wei=sum(one.cost_wei for one in self._quotes),
            transactions=sum(one.transactions for one in self._quotes),
            sent_before=None,
            ready=None,
        )

    def _send(self, options: WriteOptions, quote: Quote | None) -> Outcome:
        del quote  # the sum of the quotes
        parts: list[Outcome] = []
        for steps, quoted in zip(self._groups, self._quotes, strict=True):
            # The first quote's data about the payer is outdated for the next one.
            bound = quoted if not parts else replace(quoted, ready=None)
            parts.append(
                self._client.send(*steps, signer=self._payer, options=options, quote=bound),
            )
            if len(parts) < len(self._groups):
                say(self._console, "done", f"{len(parts)} of {len(self._groups)} transactions")
        return Outcome.joined(parts)

    def _reported(self, outcome: Outcome, who: Entry) -> Entry:
        unread: list[Entry | None] = [None]
        block = outcome.block.number
        after = read_after(
            lambda: [self._client.identity.holdings(self._account, block=block).to_dict()],
            unread,
            self._console,
        )
        where = transaction(self._client.deployment, outcome)
        return {"status": "done", **where, **who, "state": after}
