"""Look up the outcomes of open actions in the owner's log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocn_registry.errors import Reverted, TransactionReplaced
from ocn_registry.flows.confirmation import wait
from ocn_registry.flows.options import WriteOptions
from ocn_registry.models import Address
from ocn_registry.plans.owner import has_no_end, is_whole, logged_outcome
from ocn_registry.plans.owner_log import ENDED, FAILED, IN_PART, settle
from ocn_registry.protocol.effects import TransactionCount, run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ocn_registry.client.sync_client import RegistryClient
    from ocn_registry.plans.entries import Entry


def settled(
    client: RegistryClient,
    path: Path,
    action: Entry,
    note: Callable[[str], None],
) -> Entry:
    """Return an action of the log with its outcome, looked up on the chain if necessary.

    Args:
        client: Reaches the registry.
        path: The log. The outcome is added to it.
        action: The action, which may already have its outcome.
        note: Called with a sentence about an action whose outcome is still unknown.
    """
    tx_hash = action.get("transaction")
    if not has_no_end(action, client.deployment) or not isinstance(tx_hash, str):
        return action
    try:
        _check_nonce(client, action, tx_hash)
        outcome = client.transactions.outcome_of(tx_hash)
    except (Reverted, TransactionReplaced) as error:
        return settle(path, action, FAILED, error=str(error))
    if outcome is None:
        note(f"{tx_hash} is not in a block: it may still be waiting, or was never sent")
        return action
    without_error = {key: value for key, value in action.items() if key != "error"}
    whole = is_whole(action.get("what"), action.get("account"), outcome)
    return settle(path, without_error, ENDED if whole else IN_PART, **logged_outcome(outcome))


def _check_nonce(client: RegistryClient, action: Entry, tx_hash: str) -> None:
    """Raise `TransactionReplaced` if another transaction has finally used the nonce."""
    who, nonce, perform = action.get("who"), action.get("nonce"), client.transport.perform
    if not isinstance(who, str) or not isinstance(nonce, int):
        return
    sender = Address(who)
    if perform(TransactionCount(sender, pending=False)) > nonce:
        run(wait((tx_hash,), nonce, sender, WriteOptions()), perform)
