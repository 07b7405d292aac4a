"""Moving the entries of a registry to new contracts, or keeping them in a file.

```python
taken = migration.snapshot(old)
migration.save(taken, "registry.json")
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocn_registry.dialects import dialect_of
from ocn_registry.effects import run
from ocn_registry.migration.files import digest_of, from_json, load, save, to_json
from ocn_registry.migration.reasons import Kind, LeftOut, Why
from ocn_registry.migration.snapshot import Consent, Snapshot
from ocn_registry.migration.taking import take

if TYPE_CHECKING:
    from ocn_registry.client import RegistryClient

__all__ = [
    "Consent",
    "Kind",
    "LeftOut",
    "Snapshot",
    "Why",
    "digest_of",
    "from_json",
    "load",
    "save",
    "snapshot",
    "to_json",
]


def snapshot(client: RegistryClient, *, block: int | None = None) -> Snapshot:
    """Read all that a registry lists, at one block.

    Args:
        client: Reads the registry, of any generation.
        block: Number of the block; `None` for the latest. Take one that is final.

    Raises:
        InvalidInput: There is no such block.
        TransportError: The chain can't be asked, or the block was replaced meanwhile.
    """
    first = client.deployment.start_block or 0
    return run(take(dialect_of(client.deployment), block, first), client.transport.perform)
