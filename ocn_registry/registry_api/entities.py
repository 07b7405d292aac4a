"""Entries in the API's JSON form: v1's form, with additions for the explorer."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from ocn_registry.models import Address
from ocn_registry.plans import entries
from ocn_registry.portable.forms import unix_s
from ocn_registry.registry_api.problems import Problem

if TYPE_CHECKING:
    from ocn_registry.cache.questions import Snapshot
    from ocn_registry.events.state import Moment, State
    from ocn_registry.models import Agreement, Node, Party, Service, Vouching
    from ocn_registry.registry_api.history import HistoryLog
    from ocn_registry.registry_api.index import RegistryIndex
    from ocn_registry.registry_api.pages import Object


ID_CHARACTERS = 5


def key_parts(key: str) -> tuple[str, str]:
    """Return country code and party id of a party's key."""
    return key[:2], key[2:ID_CHARACTERS]


class Entities:
    """The entries of a state, as JSON."""

    def __init__(
        self, now: Snapshot, index: RegistryIndex, history: HistoryLog | None = None
    ) -> None:
        """Create it for a state.

        Args:
            now: A snapshot of the state.
            index: Its index.
            history: The registry's history, which tells when nodes and services changed.
        """
        self.now, self.index, self._history = now, index, history
        self.state: State = index.state

    def changes_of_nodes(self) -> LastChanges:
        """Return when each operator's node last changed."""
        return LastChanges(self._history, "NodeSet")

    def changes_of_services(self) -> LastChanges:
        """Return when each provider's service last changed; a new key is a change."""
        return LastChanges(self._history, "ServiceSet", "AccountMoved")

    def party_at(self, key: str) -> Object:
        """Return the party with a key."""
        row = self.state.parties.get(key)
        assert row is not None  # noqa: S101 - keys come from the index of this state
        party = self.state.party(key, row)
        # Longer keys occur with first-generation contracts, which list some ids twice.
        checked = self.now.party(*key_parts(key)) if len(key) == ID_CHARACTERS else None
        return self.party(checked or party, self.state.changed(key, row))

    def listed(self, party: Party) -> Object:
        """Return a listed party."""
        key = self.state.find(party.id)
        assert key is not None  # noqa: S101 - it is listed
        return self.party_at(key)

    def party(self, party: Party, changed: Moment) -> Object:
        """Return a party."""
        return {
            **party.to_dict(),
            "website": party.website,
            "current": party.current,
            "membership": party.membership,
            "changed": {"block": changed.block_number, "time": changed.timestamp_unix_s},
            "vouched": _vouched(party.vouched),
        }

    def brief(self, account: Address) -> Object:
        """Return an account's address, and its current id if it has one."""
        row = self.state.accounts.get(account)
        key = None if row is None else row.ids[0]
        return {
            "address": account,
            "countryCode": None if key is None else key_parts(key)[0],
            "partyId": None if key is None else key_parts(key)[1],
        }

    def node_at(self, number: int) -> Object:
        """Return the node with a number."""
        row = self.state.nodes.get(number)
        assert row is not None  # noqa: S101 - numbers come from the index of this state
        node = self.now.node(row.operator)
        assert node is not None  # noqa: S101 - the same
        return self.node(node, number)

    def node(self, node: Node, number: int) -> Object:
        """Return a node, with the number of parties reached through it."""
        return {
            **node.to_dict(),
            "parties": len(self.index.at_node.get(number, ())),
            "vouched": _vouched(node.vouched),
        }

    def service_of(self, provider: Address) -> Object | None:
        """Return the service of a provider; `None` if it offers none."""
        service = self.state.service(provider)
        return None if service is None else self.service(service)

    def service(self, service: Service) -> Object:
        """Return a service, with its number of users."""
        return {
            **service.to_dict(),
            "version": service.version,
            "users": len(self.index.users_of(service.provider)),
        }

    def agreement(self, agreement: Agreement) -> Object:
        """Return an agreement in force: both sides, and its permissions."""
        service = self.state.service(agreement.provider)
        return {
            "user": self.brief(agreement.user),
            "provider": self.brief(agreement.provider),
            "service": None if service is None else service.name,
            "permissions": []
            if service is None
            else list(entries.permission_names(service.permissions)),
            "version": agreement.version,
        }


def _vouched(found: Vouching | None) -> Object | None:
    return None if found is None else found.to_dict()


class LastChanges:
    """When the entries of some accounts last changed, as far as the history has been read."""

    def __init__(self, history: HistoryLog | None, *kinds: str) -> None:
        """Look it up.

        Args:
            history: The registry's history.
            kinds: The changes that count.

        Raises:
            Problem: There is no history.
        """
        if history is None:
            raise Problem("not_found", "no history is kept here: sort in another way")
        self.complete = history.complete
        """Whether the whole history has been read; what has not been read has no time."""
        self._found: dict[Address, Object] = {}
        for event in history.of_kind(*kinds):
            account = Address(_account(event))
            if account not in self._found:
                moment = unix_s(str(event["time"]), "time")
                self._found[account] = {"block": event["blockNumber"], "time": moment}

    def of(self, account: Address) -> Object | None:
        """Return block and time of an account's last change; `None` if it has not been read."""
        return self._found.get(account)

    def order(self, account: Address) -> int:
        """Return what sorts accounts, the latest change first."""
        found = self.of(account)
        return 0 if found is None else -cast("int", found["block"])


def _account(event: Object) -> str:
    """Return the account whose entry an event is about."""
    node = cast("Object | None", event.get("node"))
    if node is not None:
        return str(node["operator"])
    return str(event.get("provider") or event["newAccount"])
