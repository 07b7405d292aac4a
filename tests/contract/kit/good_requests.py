"""One valid request of each kind, and the entries that it needs to take effect."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .contract import Contract
from .signing import Request, Requests

KINDS = (
    "SetNode",
    "DeleteNode",
    "SetParty",
    "SetPartyModules",
    "SetPartyWebsite",
    "DeleteParty",
    "MoveAccount",
    "SetController",
    "SetService",
    "DeleteService",
    "CreateAgreement",
    "RevokeAgreement",
    "InvalidateNonce of the Registry",
    "InvalidateNonce of Permissions",
)


@dataclass(frozen=True)
class GoodRequests:
    """Builds the entries that a request needs, and valid requests."""

    requests: Requests
    roles: dict[str, Any]
    prepare: dict[str, Callable[[], Any]]

    def __call__(self, kind: str, *, prepared: bool = False, **changes: Any) -> Request:
        """Return a signed request.

        Args:
            kind: One of `KINDS`.
            prepared: Whether the entries that it needs already exist.
            **changes: Fields that differ from the valid request; they are signed, too.
        """
        primary_type = kind.split(maxsplit=1)[0]
        if not prepared and primary_type in self.prepare:
            self.prepare[primary_type]()
        signer, values = self._values(primary_type)
        return self.requests(
            primary_type, signer, *values, contract=self.contract_of(kind), **changes
        )

    def contract_of(self, kind: str) -> Contract:
        """Return the contract that accepts it."""
        if kind == "InvalidateNonce of Permissions":
            return self.requests.permissions
        return self.requests.contract_of(kind.split(maxsplit=1)[0])

    def _values(self, primary_type: str) -> tuple[Any, tuple]:
        role = self.roles
        return {
            "SetNode": (role["operator"], ("https://node.example.com",)),
            "DeleteNode": (role["operator"], ()),
            "SetParty": (role["cpo"], ("DE", "CPO", [0, 1], role["operator"])),
            "SetPartyModules": (role["cpo"], ("DE", "CPO", [0, 3], [1, 6])),
            "SetPartyWebsite": (role["cpo"], ("DE", "CPO", "https://cpo.example.com")),
            "DeleteParty": (role["cpo"], ("DE", "CPO")),
            "MoveAccount": (role["cpo"], (role["third_provider"],)),
            "SetController": (role["cpo"], (role["third_provider"],)),
            "SetService": (
                role["provider"],
                ("Smart charging", "https://service.example.com", [1, 5]),
            ),
            "DeleteService": (role["provider"], ()),
            "CreateAgreement": (role["emsp"], (role["provider"], [1, 5])),
            "RevokeAgreement": (role["emsp"], (role["provider"],)),
            "InvalidateNonce": (role["cpo"], (1000,)),
        }[primary_type]


def another(kind: str, value: Any, stranger: Any) -> Any:
    """Return another value of this type that differs as little as possible."""
    if kind == "address":
        return stranger
    if kind == "string":
        text = value.decode() if isinstance(value, bytes) else value
        return text[:-1] + ("x" if text[-1].islower() else "X")
    if kind.endswith("[]"):
        return [*value[:-1], value[-1] + 1]
    return value + 1
