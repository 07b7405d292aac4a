"""Several steps as one: generators that yield effects. Each module is imported when it is used."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ocn_registry.flows import ensuring as ensuring
    from ocn_registry.flows import owning as owning
    from ocn_registry.flows import quoting as quoting
    from ocn_registry.flows import replacing as replacing
    from ocn_registry.flows import requests as requests
    from ocn_registry.flows import writes as writes
else:
    _MODULES = {
        "ensuring",
        "owning",
        "quoting",
        "replacing",
        "requests",
        "writes",
    }

    def __getattr__(name: str) -> object:
        """Import a module when it is first used: who reads starts without what writes."""
        from importlib import import_module  # noqa: PLC0415 - as in the package itself

        if name not in _MODULES:
            raise AttributeError(f"module 'ocn_registry.flows' has no attribute {name!r}")
        return import_module(f"ocn_registry.flows.{name}")
