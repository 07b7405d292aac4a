"""The whole registry in memory, for software that looks up every message; see `RegistryCache`."""

from __future__ import annotations

from ocn_registry.cache.async_cache import AsyncRegistryCache
from ocn_registry.cache.core import CacheOptions, Figures, Subscriber
from ocn_registry.cache.metrics import metrics
from ocn_registry.cache.questions import Questions, Snapshot
from ocn_registry.cache.sync_cache import RegistryCache
from ocn_registry.cache.updates import AgreementEnded, Cause, Difference, Update

__all__ = [
    "AgreementEnded",
    "AsyncRegistryCache",
    "CacheOptions",
    "Cause",
    "Difference",
    "Figures",
    "Questions",
    "RegistryCache",
    "Snapshot",
    "Subscriber",
    "Update",
    "metrics",
]
