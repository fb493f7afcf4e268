"""What can be said of a summary: CloudWatch's statistics by the names that it gives them. Pure.

A percentile is the least value that so many per cent of all do not exceed. A trimmed set takes values at its
bounds in part, so that it holds exactly the share that it names.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from lambent.observe.metrics.summary import Summary

Statistic = Callable[[Summary], float]
"""Of a summary that has at least one value."""

SIMPLE: Mapping[str, Statistic] = {
    "SampleCount": lambda summary: summary.count,
    "Average": lambda summary: summary.total / summary.count,
    "Sum": lambda summary: summary.total,
    "Minimum": lambda summary: summary.least,
    "Maximum": lambda summary: summary.most,
}

_NUMBER = r"(\d{1,2}(?:\.\d{1,10})?|100(?:\.0{1,10})?)"
_PERCENTILE = re.compile(rf"p{_NUMBER}$", re.IGNORECASE)
_SHORT = re.compile(rf"(tm|wm|tc|ts){_NUMBER}$", re.IGNORECASE)
_BOUND = r"(-?\d+(?:\.\d+)?%?)?"
_LONG = re.compile(rf"(TM|WM|TC|TS|PR)\({_BOUND}:{_BOUND}\)$", re.IGNORECASE)


def statistic(name: str) -> Statistic | None:
    """The statistic of that name (`Average`, `p99.9`, `tm90`, `TM(10%:90%)`, `IQM`, `PR(:300)`); None: no such one."""
    if name in SIMPLE:
        return SIMPLE[name]
    if name.upper() == "IQM":
        return lambda summary: _trimmed("TM", summary, _at(summary, 25), _at(summary, 75))
    if found := _PERCENTILE.match(name):
        share = float(found[1])
        return lambda summary: percentile(summary, share)
    if found := _SHORT.match(name):
        kind, share = found[1].upper(), float(found[2])
        return lambda summary: _trimmed(kind, summary, 0.0, _at(summary, share))
    if found := _LONG.match(name):
        return _between(found[1].upper(), found[2], found[3])
    return None


def percentile(summary: Summary, share: float) -> float:
    """The least value that `share` per cent do not exceed."""
    wanted = _at(summary, share)
    seen = 0.0
    for value, often in sorted(summary.marks.items()):
        seen += often
        if seen >= wanted - 1e-9:
            return min(max(value, summary.least), summary.most)
    return summary.most


def _at(summary: Summary, share: float) -> float:
    return summary.count * share / 100


def _between(kind: str, low: str | None, high: str | None) -> Statistic | None:
    if low is None and high is None:
        return None
    percents = [bound.endswith("%") for bound in (low, high) if bound]
    if len(set(percents)) > 1 or (kind == "PR" and percents[0]):
        return None
    if percents[0]:
        first, last = float((low or "0").rstrip("%")), float((high or "100").rstrip("%"))
        if not 0 <= first < last <= 100:
            return None
        return lambda summary: _trimmed(kind, summary, _at(summary, first), _at(summary, last))
    least, most = (float(bound) if bound else None for bound in (low, high))
    return lambda summary: _within(kind, summary, least, most)


def _parts(summary: Summary, first: float, last: float) -> Iterator[tuple[float, float]]:
    """(value, how often) of what lies between two ranks."""
    seen = 0.0
    for value, often in sorted(summary.marks.items()):
        inside = min(seen + often, last) - max(seen, first)
        seen += often
        if inside > 0:
            yield value, inside


def _trimmed(kind: str, summary: Summary, first: float, last: float) -> float:
    """Of the values between two ranks."""
    parts = list(_parts(summary, first, last))
    if kind == "WM":  # what lies outside counts as the value at the bound
        parts[0] = (parts[0][0], parts[0][1] + first)
        parts[-1] = (parts[-1][0], parts[-1][1] + summary.count - last)
    return _said(kind, parts)


def _within(kind: str, summary: Summary, least: float | None, most: float | None) -> float:
    """Of the values between two values: above the lower one, up to the higher one."""

    def inside(value: float) -> bool:
        return (least is None or value > least) and (most is None or value <= most)

    parts = [(value, often) for value, often in sorted(summary.marks.items()) if inside(value)]
    if kind == "PR":
        return 100 * sum(often for _, often in parts) / summary.count
    if kind == "WM":
        low = sum(often for value, often in summary.marks.items() if least is not None and value <= least)
        high = sum(often for value, often in summary.marks.items() if most is not None and value > most)
        parts += [(bound, often) for bound, often in ((least, low), (most, high)) if bound is not None and often]
    return _said(kind, parts)


def _said(kind: str, parts: list[tuple[float, float]]) -> float:
    count = sum(often for _, often in parts)
    total = sum(value * often for value, often in parts)
    if kind == "TC":
        return count
    if kind == "TS":
        return total
    return total / count if count else 0.0
