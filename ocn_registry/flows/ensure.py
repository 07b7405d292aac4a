"""To have an entry as wanted: look at what is listed, and write only what differs.

Whoever runs the same script again, not knowing how far it came, pays nothing for what is done. The
look and the write are apart: an entry that another process changes in between is set all the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from ocn_registry.errors import InvalidInput, OcnRegistryError, PartlyDone, UnsupportedByDialect
from ocn_registry.flows import write
from ocn_registry.flows.requests import signed_in_a_row
from ocn_registry.intents import SetParty, SetPartyModules, SetPartyWebsite
from ocn_registry.models import Address, PartyId
from ocn_registry.outcomes import Ensured, EnsuredParties, Outcome

if TYPE_CHECKING:
    from ocn_registry.dialects import Dialect, Step
    from ocn_registry.flows.options import WriteOptions
    from ocn_registry.intents import SetNode, SetService, SignableIntent, WantedParty
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
    """Have the signer's node listed under a URL.

    Args:
        dialect: How the contracts are spoken to.
        wanted: What shall be listed.
        signer: Whose entry it is.
        spender: Who pays, for a request of the signer; `None` for the signer itself.
        options: Price and patience.
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
    """Have the signer's service offered like this; see `node`."""
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
    """Have an account listed as a party like this; see `parties`.

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
    """Have an account listed as these parties, and write only what differs.

    All of it goes into one transaction, where the contracts take several writes at once. Ids that
    the account holds and that are not wanted stay as they are.

    Args:
        dialect: How the contracts are spoken to.
        wanted: What shall be listed; each id once.
        signer: The account's key, or its controller.
        spender: Who pays, for requests; `None` for the signer.
        options: Price and patience.
        account: Whose parties; `None` for the signer's.
    """
    whose = signer.address if account is None else account
    if len({one.id for one in wanted}) != len(wanted):
        raise InvalidInput("an id is wanted twice: give each id once, with all its roles")
    if len(wanted) > 1 and not dialect.limits.has_many_ids:
        raise UnsupportedByDialect(
            "these contracts list one id for each account, and a further one replaces it: use a "
            "key of its own for each id",
        )
    held = yield from dialect.parties_of(whose, None)
    signs = spender is not None or whose != signer.address
    statuses: dict[PartyId, Literal["unchanged", "created", "updated"]] = {}
    steps: list[SignableIntent] = []
    for one in wanted:
        present = _found(dialect, held, one.id)
        differing = _differing(dialect, one, present, signs=signs)
        steps += differing
        statuses[one.id] = "created" if present is None else "updated" if differing else "unchanged"
    written = yield from _written(
        dialect, tuple(steps), signer, spender, options, new=False, account=whose
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
    """Return the writes that make a party of what is listed for it."""
    party = SetParty(
        country_code=wanted.country_code,
        party_id=wanted.party_id,
        roles=wanted.roles,
        operator=wanted.operator,
    )
    dialect.check(party)
    steps: list[SignableIntent] = []
    if found is None or not _is(found, party):
        steps.append(party)
    sender, receiver = wanted.modules_sender, wanted.modules_receiver
    names_id = dialect.limits.has_many_ids
    modules = SetPartyModules(
        country_code=wanted.country_code if names_id else None,
        party_id=wanted.party_id if names_id else None,
        sender=sender if sender is not None else found.modules_sender if found else (),
        receiver=receiver if receiver is not None else found.modules_receiver if found else (),
    )
    # Where a signed update takes the modules off, they are signed anew.
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


def _found(dialect: Dialect, held: tuple[Party, ...], wanted: PartyId) -> Party | None:
    """Return the party that an id updates: itself, or the one that it replaces."""
    if not dialect.limits.has_many_ids:
        return held[0] if held else None
    return next((party for party in held if party.id == wanted), None)


def _is(found: Party, wanted: SetParty) -> bool:
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
    whose = signer.address if account is None else account
    steps: tuple[Step, ...] = intents
    if spender is not None or whose != signer.address:
        steps = yield from signed_in_a_row(dialect, intents, signer, whose)
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
