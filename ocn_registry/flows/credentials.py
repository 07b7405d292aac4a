"""Read the parties in an OCPI credentials object.

Source: OCPI 2.2.1, section 7.3 (`Credentials`, `CredentialsRole`, `BusinessDetails`); OCPI 2.1.1,
section 7.2 (one party, without a role).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocn_registry.errors import InvalidInput
from ocn_registry.foreign.arguments import listed
from ocn_registry.foreign.files import read_bytes
from ocn_registry.foreign.limits import CREDENTIALS_FILE
from ocn_registry.foreign.strict_json import is_list, is_object, parse_json
from ocn_registry.foreign.text import shown
from ocn_registry.foreign.urls import same_url
from ocn_registry.intents import WantedParty
from ocn_registry.models import PartyId, Role, any_of, named

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_ROLES = {role.name: role for role in named(Role)}


def wanted_parties(
    credentials: Mapping[str, object] | Sequence[Mapping[str, object]],
    operator: str,
    roles: Iterable[Role] | None = None,
) -> tuple[WantedParty, ...]:
    """Return the parties of an OCPI credentials object, each id once with all its roles.

    Args:
        credentials: The parsed JSON object, or the list in its `roles`.
        operator: Address of the operator whose node reaches them.
        roles: The roles of the party in an object of OCPI 2.1.1, which names none.

    A website is normalized to the form that can be listed, if both mean the same.

    Raises:
        InvalidInput: The value is not such an object, a role does not exist, or `roles` are missing
            or given where the object names them.
    """
    found_roles: dict[PartyId, set[Role]] = {}
    websites: dict[PartyId, str] = {}
    for entry in _entries(credentials, roles):
        party, role, website = _entry(entry)
        found_roles.setdefault(party, set()).add(role)
        if website:
            websites.setdefault(party, website)
    return tuple(
        [
            WantedParty(
                country_code=party.country_code,
                party_id=party.party_id,
                roles=tuple(sorted(found)),
                operator=operator,
                website=websites.get(party),
            )
            for party, found in found_roles.items()
        ],
    )


def _entries(whole: object, roles: Iterable[Role] | None) -> list[object]:
    """Return the roles in credentials, each an object."""
    if is_object(whole) and "roles" not in whole and "party_id" in whole:
        given = () if roles is None else listed(roles, "roles")
        if not given:
            raise InvalidInput(
                "the credentials are of OCPI 2.1.1, which name no role: give the roles as well"
            )
        return [whole | {"role": role.name} for role in any_of(Role, given) or ()]
    if roles is not None:
        raise InvalidInput("the credentials name their roles: leave the roles out")
    entries = whole.get("roles") if is_object(whole) else whole
    if not is_list(entries) or not entries:
        raise InvalidInput("the credentials have no roles: give an OCPI credentials object")
    return entries


def _entry(entry: object) -> tuple[PartyId, Role, str | None]:
    if not is_object(entry):
        raise InvalidInput(f"{shown(entry)} is not a role of OCPI credentials: give an object")
    country_code, party_id, role = (
        entry.get(name) for name in ("country_code", "party_id", "role")
    )
    if not isinstance(country_code, str) or not isinstance(party_id, str):
        raise InvalidInput("a role of the credentials has no country_code or no party_id: add it")
    if not isinstance(role, str) or role not in _ROLES:
        raise InvalidInput(
            f"{shown(role)} is not a valid role of credentials: use one of {', '.join(_ROLES)}; "
            "OTHER stands for roles that the registry has no number for",
        )
    details = entry.get("business_details")
    website = details.get("website") if is_object(details) else None
    return (
        PartyId(country_code, party_id).folded,
        _ROLES[role],
        same_url(website) if isinstance(website, str) else None,
    )


def read_credentials(path: str) -> dict[str, object]:
    """Return the OCPI credentials object in a file, also from a response with it as `data`.

    Args:
        path: The file, JSON.

    Raises:
        InvalidInput: The file can't be read, or is not a JSON object.
    """
    content = read_bytes(path, CREDENTIALS_FILE.max_bytes, what="credentials file")
    try:
        whole = parse_json(content, CREDENTIALS_FILE)
    except ValueError as error:
        raise InvalidInput(
            f"the credentials file {shown(path)} is not valid JSON: {shown(str(error))}",
        ) from None
    if is_list(whole):  # only the roles
        whole = {"roles": whole}
    if is_object(whole) and "roles" not in whole and is_object(whole.get("data")):
        whole = whole["data"]
    if not is_object(whole):
        raise InvalidInput(f"the credentials file {shown(path)} is not a JSON object")
    return whole
