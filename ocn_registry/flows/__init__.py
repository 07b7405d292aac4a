"""Operations of several steps: generators that yield effects, shared by both clients.

A module is imported when it is first used.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ocn_registry.flows import admin as admin
    from ocn_registry.flows import arguments as arguments
    from ocn_registry.flows import batch as batch
    from ocn_registry.flows import ensure as ensure
    from ocn_registry.flows import identity as identity
    from ocn_registry.flows import options as options
    from ocn_registry.flows import pending as pending
    from ocn_registry.flows import quote as quote
    from ocn_registry.flows import replace as replace
    from ocn_registry.flows import requests as requests
    from ocn_registry.flows import write as write
else:
    _MODULES = {
        *("admin", "arguments", "batch", "ensure", "identity", "options", "pending"),
        *("quote", "replace", "requests", "write"),
    }

    def __getattr__(name: str) -> object:
        """Import a module on first use, so that reads don't load what only writes need."""
        from importlib import import_module  # noqa: PLC0415 - as in the package itself

        if name not in _MODULES:
            raise AttributeError(f"module 'ocn_registry.flows' has no attribute {name!r}")
        return import_module(f"ocn_registry.flows.{name}")
