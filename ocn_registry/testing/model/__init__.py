"""The contracts in plain Python, short enough to read as their specification.

```python
registry = Registry(REGISTRY, 31337, owner, import_open=False, is_signed_by=check)
permissions = Permissions(PERMISSIONS, registry, import_open=False, is_signed_by=check)
call = Call("setNode", ("https://node.example",))
registry.call(Message(sender=operator, time_unix_s=now), call)
registry.get_node(operator)
```

A write returns a `Receipt` with its events, or raises the contract's error (`contract_errors`) and
changes nothing; if several things are wrong, it raises the same error as the contract. Sender,
time, addresses and chain id are arguments, and a function checks signatures: nothing here does I/O,
reads a clock or uses cryptography.

Start with `registry` and `registry_effects`, then read `permissions`; shared parts are in
`requests`, `batches`, `imports` and `rules`. A state machine compares it with the contracts on a
chain after every step of random histories (tests/property).
"""

from ocn_registry.testing.model.calls import Call, Message, Receipt
from ocn_registry.testing.model.events import (
    AccountMoved,
    AgreementMade,
    AgreementRevoked,
    CallFailed,
    ControllerSet,
    Event,
    ImportClosed,
    ImportOpened,
    NodeReserved,
    OperatorUpdate,
    OwnershipTransferred,
    OwnershipTransferStarted,
    PartyReserved,
    PartyUpdate,
    PartyWebsite,
    ServicePruned,
    ServiceUpdate,
)
from ocn_registry.testing.model.permissions import AgreementImport, Permissions, ServiceImport
from ocn_registry.testing.model.permissions_views import AgreementAsMade, ListedService
from ocn_registry.testing.model.registry import NodeImport, PartyImport, Registry
from ocn_registry.testing.model.registry_effects import Acceptance
from ocn_registry.testing.model.registry_views import NodeView, PartyView
from ocn_registry.testing.model.requests import IsSignedBy, SignedFields

__all__ = [
    "Acceptance",
    "AccountMoved",
    "AgreementAsMade",
    "AgreementImport",
    "AgreementMade",
    "AgreementRevoked",
    "Call",
    "CallFailed",
    "ControllerSet",
    "Event",
    "ImportClosed",
    "ImportOpened",
    "IsSignedBy",
    "ListedService",
    "Message",
    "NodeImport",
    "NodeReserved",
    "NodeView",
    "OperatorUpdate",
    "OwnershipTransferStarted",
    "OwnershipTransferred",
    "PartyImport",
    "PartyReserved",
    "PartyUpdate",
    "PartyView",
    "PartyWebsite",
    "Permissions",
    "Receipt",
    "Registry",
    "ServiceImport",
    "ServicePruned",
    "ServiceUpdate",
    "SignedFields",
]
