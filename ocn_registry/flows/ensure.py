"""Ensure that entries are as wanted: read what is listed, and write only what differs.

A script that runs again pays nothing for what is already done. Reading and writing are two steps:
if another process changes an entry in between, it is overwritten.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from ocn_registry.errors import InvalidInput, OcnRegistryError, PartlyDone, UnsupportedByDialect
from ocn_registry.flows import write
from ocn_registry.flows.requests import signed_in_a_row
from ocn_registry.foreign.text import shown
from ocn_registry.intents import SetParty, SetPartyModules, SetPartyWebsite, WantedParty
from ocn_registry.models import Address, PartyId
from ocn_registry.outcomes import Ensured, EnsuredParties, Outcome

if TYPE_CHECKING:
    from ocn_registry.dialects import Dialect, Step
    from ocn_registry.flows.options import WriteOptions
    from ocn_registry.intents import SetNode, SetService, SignableIntent
    from ocn_registry.models import Party
    from ocn_registry.protocol.effects import Flow
    from ocn_registry.signing import AnySigner


def node(
    dialect: Dialect,
    wanted: SetNode,
    signer: AnySigner,
    spender: AnySigner | None,
    options: WriteOptions,
) -> Flow[Ensured]:
    """List the signer's node under a URL, if it is not listed there yet.

    Args:
        dialect: The dialect of the deployment.
        wanted: The node as it should be listed.
        signer: The account whose node it is.
        spender: The account that pays for a request of the signer; `None` for the signer itself.
        options: How the transaction is priced and waited for.
    """
    dialect.check(wanted)
    found = yield from dialect.node(signer.address, None)
    steps = () if found and found.domain == wanted.domain else (wanted,)
    return (yield from _written(dialect, steps, signer, spender, options, new=found is None))


def service(
    dialect: Dialect,
    wanted: SetService,
    signer: AnySigner,
    spender: AnySigner | None,
    options: WriteOptions,
) -> Flow[Ensured]:
    """Offer the signer's service as wanted, if it differs; see `node`."""
    dialect.check(wanted)
    found = yield from dialect.service(signer.address, None)
    same = found is not None and (
        (found.name, found.url, set(found.permissions))
        == (wanted.name, wanted.url, set(wanted.permissions))
    )
    steps = () if same else (wanted,)
    return (yield from _written(dialect, steps, signer, spender, options, new=found is None))


def party(  # noqa: PLR0913, PLR0917 - what a party is, and who sets it
    dialect: Dialect,
    wanted: WantedParty,
    signer: AnySigner,
    spender: AnySigner | None,
    options: WriteOptions,
    account: Address | None = None,
) -> Flow[Ensured]:
    """List an account as a party, and write only what differs; see `parties`.

    A further id is added; the account's other ids stay.
    """
    done = yield from parties(dialect, (wanted,), signer, spender, options, account)
    return Ensured(status=done.statuses[wanted.id], outcome=done.outcome)


def parties(  # noqa: PLR0913, PLR0917 - what parties are, and who sets them
    dialect: Dialect,
    wanted: tuple[WantedParty, ...],
    signer: AnySigner,
    spender: AnySigner | None,
    options: WriteOptions,
    account: Address | None = None,
) -> Flow[EnsuredParties]:
    """List an account as parties, and write only what differs.

    Everything is sent in one transaction, if the contracts have batches. Other ids of the account
    are left alone.

    Args:
        dialect: The dialect of the deployment.
        wanted: The parties as they should be listed; each id once.
        signer: The account's key, or its controller's.
        spender: The account that pays for requests; `None` for the signer.
        options: How the transaction is priced and waited for.
        account: The account whose parties they are; `None` for the signer.

    Raises:
        InvalidInput: An id is given twice.
        UnsupportedByDialect: The contracts list one id for each account, and several are given.
        PartlyDone: A later transaction failed after an earlier one took effect.
    """
    if account is None:
        account = signer.address
    for one in wanted:
        if not isinstance(one, WantedParty):  # pyright: ignore[reportUnnecessaryIsInstance] - callers without a checker
            raise InvalidInput(f"{shown(one)} is not a wanted party: give WantedParty(...)")
    if len({one.id for one in wanted}) != len(wanted):
        raise InvalidInput("an id is given twice: give each id once, with all its roles")
    if len(wanted) > 1 and not dialect.limits.has_many_ids:
        raise UnsupportedByDialect(
            "these contracts list one id for each account, and a further one replaces it: use a "
            "separate key for each id",
        )
    held = yield from dialect.parties_of(account, None)
    signs = spender is not None or account != signer.address
    statuses: dict[PartyId, Literal["unchanged", "created", "updated"]] = {}
    steps: list[SignableIntent] = []
    for one in wanted:
        present = _listed_party(dialect, held, one.id)
        differing = _differing(dialect, one, present, signs=signs)
        steps += differing
        statuses[one.id] = "created" if present is None else "updated" if differing else "unchanged"
    written = yield from _written(
        dialect, tuple(steps), signer, spender, options, new=False, account=account
    )
    return EnsuredParties(
        statuses=statuses,
        left_alone=tuple([one.id for one in held if one.id not in statuses])
        if dialect.limits.has_many_ids
        else (),
        outcome=written.outcome,
    )


def _differing(
    dialect: Dialect,
    wanted: WantedParty,
    found: Party | None,
    *,
    signs: bool,
) -> list[SignableIntent]:
    """Return the writes that change the listed party into the wanted one."""
    party = SetParty(
        country_code=wanted.country_code,
        party_id=wanted.party_id,
        roles=wanted.roles,
        operator=wanted.operator,
    )
    dialect.check(party)
    steps: list[SignableIntent] = []
    if found is None or not _is_listed_as(found, party):
        steps.append(party)
    sender, receiver = wanted.modules_sender, wanted.modules_receiver
    names_id = dialect.limits.has_many_ids
    modules = SetPartyModules(
        country_code=wanted.country_code if names_id else None,
        party_id=wanted.party_id if names_id else None,
        sender=sender if sender is not None else found.modules_sender if found else (),
        receiver=receiver if receiver is not None else found.modules_receiver if found else (),
    )
    # If a signed update removes the modules, they are set again.
    kept = found is not None and (
        not steps or not signs or dialect.limits.signed_updates_keep_the_rest
    )
    listed = (found.modules_sender, found.modules_receiver) if found and kept else ((), ())
    if tuple(map(set, listed)) != (set(modules.sender), set(modules.receiver)):
        steps.append(modules)
    present = (found.website if found else None) or ""
    if wanted.website is not None and wanted.website != present:
        website = SetPartyWebsite(
            country_code=wanted.country_code,
            party_id=wanted.party_id,
            website=wanted.website,
        )
        dialect.check(website)
        steps.append(website)
    return steps


def _listed_party(dialect: Dialect, held: tuple[Party, ...], wanted: PartyId) -> Party | None:
    """Return the listed party that an id updates: its own, or the one that it replaces."""
    if not dialect.limits.has_many_ids:
        return held[0] if held else None
    return next((party for party in held if party.id == wanted), None)


def _is_listed_as(found: Party, wanted: SetParty) -> bool:
    return (found.id, set(found.roles), found.operator) == (
        PartyId(wanted.country_code, wanted.party_id),
        set(wanted.roles),
        Address(wanted.operator),
    )


def _written(  # noqa: PLR0913 - what a write is made of
    dialect: Dialect,
    intents: tuple[SignableIntent, ...],
    signer: AnySigner,
    spender: AnySigner | None,
    options: WriteOptions,
    *,
    new: bool,
    account: Address | None = None,
) -> Flow[Ensured]:
    if not intents:
        return Ensured(status="unchanged")
    account_address = signer.address if account is None else account
    steps: tuple[Step, ...] = intents
    if spender is not None or account_address != signer.address:
        steps = yield from signed_in_a_row(dialect, intents, signer, account_address)
    batches = (steps,) if dialect.limits.has_batches else tuple([(step,) for step in steps])
    parts: list[Outcome] = []
    for batch in batches:
        try:
            parts.append((yield from write.send(dialect, batch, spender or signer, options)))
        except OcnRegistryError as error:
            if not parts:
                raise
            hashes = tuple([part.tx_hash for part in parts])
            raise PartlyDone(error, hashes, restored=False) from error
    return Ensured(status="created" if new else "updated", outcome=Outcome.joined(parts))
