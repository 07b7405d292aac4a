"""A cache's metrics in Prometheus's text format.

Nothing is counted or served unless you ask for it: have your node answer `GET /metrics` with the
result of `metrics`, beside its own metrics. This is sixty lines rather than a library because the
format is that simple, and because prometheus_client wants to own the registry, process metrics and
HTTP. If you use it, register a collector over `cache.figures` instead.

Source: Prometheus, "Text-based format", version 0.0.4.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ocn_registry.cache.core import CacheCore

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def metrics(*caches: CacheCore) -> str:
    """Return the metrics of caches as text, each labelled with the name of its deployment.

    Args:
        caches: At most one for each deployment. Lookups are included if the cache counts them.
    """
    labels = [{"deployment": cache.deployment.name} for cache in caches]
    pairs = list(zip(labels, caches, strict=True))
    lines: list[str] = []

    def add(kind: str, name: str, text: str, rows: Iterable[tuple[dict[str, str], float]]) -> None:
        found = list(rows)
        if found:
            lines.append(f"# HELP ocn_registry_{name} {text}")
            lines.append(f"# TYPE ocn_registry_{name} {kind}")
            lines.extend(f"ocn_registry_{name}{_labels(of)} {value:.15g}" for of, value in found)

    known = [(of, cache) for of, cache in pairs if cache.age_s is not None]
    ages = [(of, cache.age_s or 0.0) for of, cache in known]
    add("gauge", "age_seconds", "Seconds since the cached block was the latest.", ages)
    blocks = [(of, cache.block_number or 0) for of, cache in known]
    add("gauge", "block_number", "Number of the cached block.", blocks)
    heads = [(of, cache.figures.head) for of, cache in pairs]
    add("gauge", "head_block_number", "Number of the latest block that the node reported.", heads)
    lags = [(of, cache.lag_blocks) for of, cache in pairs]
    add("gauge", "lag_blocks", "Blocks that the cache is behind the chain.", lags)
    refreshes = [(of, cache.figures.refreshes) for of, cache in pairs]
    add("counter", "refreshes_total", "Refreshes that succeeded.", refreshes)
    loads = [(of, cache.figures.loads) for of, cache in pairs]
    add("counter", "loads_total", "Full loads of the registry.", loads)
    reorganisations = [(of, cache.figures.reorganisations) for of, cache in pairs]
    add(
        "counter", "reorganisations_total", "Refreshes that undid replaced blocks.", reorganisations
    )
    changes = _by(pairs, "kind", [cache.figures.changes for cache in caches])
    add("counter", "changes_total", "Changes by kind.", changes)
    errors = _by(pairs, "error", [cache.figures.errors for cache in caches])
    add("counter", "errors_total", "Refreshes that failed, by error.", errors)
    lookups = [(of, cache.figures.lookups) for of, cache in pairs if cache.options.count_lookups]
    add("counter", "lookups_total", "Lookups, if they are counted.", lookups)
    return "".join(f"{line}\n" for line in lines)


def _by(
    pairs: list[tuple[dict[str, str], CacheCore]],
    label: str,
    figures: list[dict[str, int]],
) -> list[tuple[dict[str, str], float]]:
    return [
        (of | {label: name}, count)
        for (of, _), counts in zip(pairs, figures, strict=True)
        for name, count in sorted(counts.items())
    ]


def _labels(labels: dict[str, str]) -> str:
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items()) + "}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
