"""What Prometheus is told, as OTLP's metrics. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from lambent.observe.otlp.spans import Tree, attributes
from lambent.observe.prometheus.exposition import Family, Sample

_CUMULATIVE = 2


def request(families: Iterable[Family], begun: float, now: float) -> Tree:
    """The body for `/v1/metrics`: figures as of `now` that have been counted since `begun`, seconds since the epoch."""
    times = {"startTimeUnixNano": str(int(begun * 1e9)), "timeUnixNano": str(int(now * 1e9))}
    metrics = [_metric(family, times) for family in families]
    return {
        "resourceMetrics": [
            {
                "resource": {"attributes": attributes({"service.name": "lambent"})},
                "scopeMetrics": [{"scope": {"name": "lambent"}, "metrics": metrics}],
            }
        ]
    }


def _metric(family: Family, times: Tree) -> Tree:
    told: Tree = {"name": family.name, "description": family.help}
    if family.kind == "histogram":
        points = [{**times, **point} for point in _histograms(family.samples)]
        return told | {"histogram": {"aggregationTemporality": _CUMULATIVE, "dataPoints": points}}
    points = [{**times, "attributes": attributes(labels), "asDouble": value} for _, labels, value in family.samples]
    if family.kind == "gauge":
        return told | {"gauge": {"dataPoints": points}}
    return told | {"sum": {"aggregationTemporality": _CUMULATIVE, "isMonotonic": True, "dataPoints": points}}


def _histograms(samples: Iterable[Sample]) -> Iterator[Tree]:
    """One for each run of samples that ends with its count."""
    bounds: list[float] = []
    counts: list[int] = []
    total: Any = 0.0
    for suffix, labels, value in samples:
        if suffix == "_bucket":
            counts.append(int(value) - sum(counts))
            if labels["le"] != "+Inf":
                bounds.append(float(labels["le"]))
        elif suffix == "_sum":
            total = value
        else:
            yield {
                "attributes": attributes(labels),
                "count": str(int(value)),
                "sum": total,
                "bucketCounts": [str(count) for count in counts],
                "explicitBounds": bounds,
            }
            bounds, counts = [], []
