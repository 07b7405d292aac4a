"""The route of a message from one party to another and to services, step by step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocn_registry.forwarding import interface_of, module_of, permissions_for
from ocn_registry.models import Interface
from ocn_registry.plans.entries import permission_names
from ocn_registry.registry_api.pages import block_of

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from ocn_registry.events.state import PartyRow, State
    from ocn_registry.models import Address, PartyId, Permission
    from ocn_registry.registry_api.entities import Entities
    from ocn_registry.registry_api.pages import Object


def way(of: Entities, sender: PartyId, receiver: PartyId, module: str, interface: str) -> Object:
    """Return the route of a message, as steps with a code and a sentence each.

    Args:
        of: The entries.
        sender: Id of the sender.
        receiver: Id of the receiver.
        module: The OCPI module, such as `tokens`.
        interface: The addressed interface.

    Returns:
        `reached` says whether the message arrives; `forwarded` lists the services of the sender's
        agreements, and whether each receives the message too.

    Raises:
        InvalidInput: Module or interface is not valid.
    """
    matching = permissions_for(module, interface)
    addressed = interface_of(interface)
    message = _Message(of.state)
    first = message.end("sender", sender)
    second = message.end("receiver", receiver)
    if first is not None and second is not None:
        message.between(first, second)
        message.modules(second, receiver, module, addressed)
    return {
        "block": block_of(of.state.block),
        "from": str(sender),
        "to": str(receiver),
        "module": module.lower(),
        "interface": addressed.value,
        "reached": message.arrives,
        "steps": message.steps,
        "permissions": [permission.name for permission in sorted(matching)],
        "forwarded": []
        if first is None
        else _forwarded(of, sender, first.account, matching, addressed),
    }


class _Message:
    """The route of a message, built step by step."""

    def __init__(self, state: State) -> None:
        self._state = state
        self.steps: list[Object] = []
        self.arrives = True

    def _add(self, code: str, text: str, **more: object) -> None:
        self.steps.append({"code": code, "text": text, **more})

    def end(self, which: str, party: PartyId) -> PartyRow | None:
        key = self._state.find(party)
        row = None if key is None else self._state.parties.get(key)
        if row is None:
            self.arrives = False
            self._add(f"{which}_unknown", f"{party} is not in the registry.")
            return None
        node = self._state.node_of(row)
        entry = {"operator": node.operator, "url": node.domain}
        if node.domain is None:
            self.arrives = False
            text = f"{party} names the operator {node.operator}, who runs no node."
            self._add(f"{which}_unreachable", text, node=entry)
        elif which == "sender":
            self._add(which, f"{party} hands the message to its node, {node.domain}.", node=entry)
        else:
            self._add(which, f"{party} is reached through the node {node.domain}.", node=entry)
        return row

    def between(self, first: PartyRow, second: PartyRow) -> None:
        one, other = self._state.node_of(first), self._state.node_of(second)
        if one.domain is None or other.domain is None:
            return
        if one.operator == other.operator:
            self._add("same_node", "Both parties use the same node: the message stays there.")
        else:
            text = f"{one.domain} signs the message and hands it to {other.domain}."
            self._add("between_nodes", text)

    def modules(self, row: PartyRow, party: PartyId, name: str, addressed: Interface) -> None:
        module = module_of(name)
        if module is None:
            self._add("own_module", f"The registry has no number for the module {name.lower()}.")
            return
        bits = row.sender if addressed is Interface.SENDER else row.receiver
        if bits >> module & 1:
            self._add("module_listed", f"{party} lists this interface among its modules.")
        else:
            self._add(
                "module_not_listed",
                f"{party} does not list the {addressed.value} interface of {name.lower()}; nodes "
                "deliver the message all the same.",
            )


def _forwarded(
    of: Entities,
    sender: PartyId,
    account: Address,
    matching: AbstractSet[Permission],
    addressed: Interface,
) -> list[Object]:
    found: list[Object] = []
    for consent, service in of.state.in_force(account):
        by = permission_names([one for one in service.permissions if one in matching])
        text = (
            f"The service of {service.account} gets the message too: {sender} agreed to "
            f"{', '.join(map(str, by))}."
            if by
            else f"The service of {service.account} does not get the message: none of its "
            f"permissions is for the {addressed.value} interface of this module."
        )
        found.append(
            {
                "provider": of.brief(service.account),
                "name": service.name,
                "version": consent.version,
                "gets": bool(by),
                "by": list(by),
                "text": text,
            }
        )
    return found
