"""To have an entry as wanted: look at what is listed, and write only what differs.

Whoever runs the same script again, not knowing how far it came, pays nothing for what is done. The
look and the write are apart: an entry that another process changes in between is set all the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocn_registry.errors import OcnRegistryError, PartlyDone
from ocn_registry.flows import write
from ocn_registry.flows.requests import sign
from ocn_registry.intents import SetPartyModules
from ocn_registry.models import Address, PartyId
from ocn_registry.outcomes import Ensured, Outcome

if TYPE_CHECKING:
    from ocn_registry.dialects import Dialect, Step
    from ocn_registry.flows.options import WriteOptions
    from ocn_registry.intents import SetNode, SetParty, SetService, SignableIntent
    from ocn_registry.models import Module, Party
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
    wanted: SetParty,
    sender: tuple[Module, ...] | None,
    receiver: tuple[Module, ...] | None,
    signer: AnySigner,
    spender: AnySigner | None,
    options: WriteOptions,
) -> Flow[Ensured]:
    """Have the signer listed as a party like this; see `node`.

    Args:
        dialect: How the contracts are spoken to.
        wanted: What shall be listed.
        sender: Modules whose sender interface it has; `None` leaves those that are listed.
        receiver: Modules whose receiver interface it has; `None` leaves those that are listed.
        signer: Whose entry it is.
        spender: Who pays, for requests of the signer; `None` for the signer itself.
        options: Price and patience.
    """
    dialect.check(wanted)
    found = yield from dialect.party(signer.address, None)
    modules = SetPartyModules(
        sender=sender if sender is not None else found.modules_sender if found else (),
        receiver=receiver if receiver is not None else found.modules_receiver if found else (),
    )
    steps: tuple[SignableIntent, ...] = ()
    if found is None or not _is(found, wanted):
        steps = (wanted,)
    # Where a signed update takes the modules off, they are signed anew.
    kept = found is not None and (
        not steps or spender is None or dialect.limits.signed_updates_keep_the_rest
    )
    listed = (found.modules_sender, found.modules_receiver) if found and kept else ((), ())
    if tuple(map(set, listed)) != (set(modules.sender), set(modules.receiver)):
        steps += (modules,)
    return (yield from _written(dialect, steps, signer, spender, options, new=found is None))


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
) -> Flow[Ensured]:
    if not intents:
        return Ensured(status="unchanged")
    steps: tuple[Step, ...] = intents
    if spender is not None:
        steps = yield from _signed(dialect, intents, signer)
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


def _signed(
    dialect: Dialect,
    intents: tuple[SignableIntent, ...],
    signer: AnySigner,
) -> Flow[tuple[Step, ...]]:
    """Sign several intents for one transaction: each has the nonce after the one before."""
    first = yield from sign(dialect, intents[0], signer, None, None)
    signed: list[Step] = [first]
    for place, intent in enumerate(intents[1:], start=1):
        nonce, deadline = (
            (None, None)
            if dialect.limits.replayable
            else (first.nonce + place, first.deadline_unix_s)
        )
        signed.append((yield from sign(dialect, intent, signer, nonce, deadline)))
    return tuple(signed)
