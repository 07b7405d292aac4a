"""The relay's own errors as HTTP problems; `registry_api.problems` lists all codes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocn_registry.errors import InsufficientFunds, JournalError
from ocn_registry.registry_api import problems
from ocn_registry.relay.committing import Conflict
from ocn_registry.relay.intake import Closed, NotWaiting, TooMany
from ocn_registry.relay.policy import NotSponsored
from ocn_registry.relay.quotas import QuotaExceeded
from ocn_registry.relay.sessions import DatabaseError

if TYPE_CHECKING:
    from ocn_registry.errors import OcnRegistryError
    from ocn_registry.registry_api.problems import Problem

# The first matching class applies.
_BY_CLASS: tuple[tuple[type[OcnRegistryError], str], ...] = (
    (NotSponsored, "not_sponsored"),
    (QuotaExceeded, "quota_exceeded"),
    (Conflict, "nonce_in_use"),
    (TooMany, "too_many_waiting"),
    (NotWaiting, "not_waiting"),
    (Closed, "closed"),
    (InsufficientFunds, "closed"),
    (JournalError, "database_unavailable"),
    (DatabaseError, "database_unavailable"),
)


def problem_of(error: OcnRegistryError) -> Problem:
    """Return the HTTP problem for an error."""
    problem = problems.problem_of(error, _BY_CLASS)
    if isinstance(error, InsufficientFunds):
        problem.detail = "the relay is out of money: try again later, or pay yourself"
    if isinstance(error, QuotaExceeded):
        problem.more["limit"] = error.limit
        if error.resets_unix_s is not None:
            problem.more["resets"] = error.resets_unix_s
    return problem
