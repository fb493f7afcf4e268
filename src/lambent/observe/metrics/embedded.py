"""The embedded metric format: what a log line says of metrics, by CloudWatch's specification. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from lambent.observe.metrics.ages import DAY, HOUR, MINUTE
from lambent.observe.metrics.series import NO_UNIT, Dimensions

MARK = '"_aws"'
"""Lines without it say nothing."""

LINE_CHARACTERS = 1024 * 1024
NAME_CHARACTERS = 1024
DIMENSIONS, METRICS, VALUES = 30, 100, 100
"""Of a set, of a directive, of a metric."""

SERIES_OF_LINE = 1000
"""Metrics times sets of dimensions that one line may name; CloudWatch has no limit but the line's length."""

OLDEST_SECONDS, NEWEST_SECONDS = 14 * DAY, 2 * HOUR

_SCALES = ("", "Kilo", "Mega", "Giga", "Tera")
_SIZES = [f"{scale}{unit}" for unit in ("bytes", "bits") for scale in _SCALES if scale]
UNITS = frozenset(
    ["Seconds", "Microseconds", "Milliseconds", "Bytes", "Bits", "Percent", "Count", NO_UNIT, *_SIZES]
    + [f"{size}/Second" for size in ("Bytes", "Bits", "Count", *_SIZES)]
)


class Unreadable(Exception):
    """A line that says that it has metrics, and is no JSON."""


class Invalid(Exception):
    """A line whose metrics are not as the specification wants them; the text says why."""


class Drawn(msgspec.Struct, frozen=True):
    """Values of one metric; `at` in seconds since the epoch, `step` 1 or 60 seconds."""

    namespace: str
    name: str
    dimensions: Dimensions
    values: tuple[float, ...]
    unit: str
    at: float
    step: int


def drawn(text: str, now: float) -> list[Drawn]:
    """What a line says; nothing if it is not of this format. Raises Unreadable, Invalid: then none of it counts."""
    if not text.startswith("{") or MARK not in text:
        return []
    if len(text) > LINE_CHARACTERS:
        raise Invalid("the line is too long")
    try:
        root = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        raise Unreadable from None
    told = root.get("_aws")
    if not isinstance(told, dict) or "CloudWatchMetrics" not in told:
        return []
    at = _number(told.get("Timestamp"), "Timestamp") / 1000
    if not now - OLDEST_SECONDS <= at <= now + NEWEST_SECONDS:
        raise Invalid("Timestamp is too far from now")
    found: list[Drawn] = []
    for directive in _list(told["CloudWatchMetrics"], "CloudWatchMetrics"):
        for each in _directed(root, directive, at):
            if len(found) == SERIES_OF_LINE:
                raise Invalid("the line names too many metrics")
            found.append(each)
    return found


def _directed(root: Mapping[str, Any], directive: Any, at: float) -> Iterator[Drawn]:
    if not isinstance(directive, dict):
        raise Invalid("a directive is an object")
    namespace = _name(directive.get("Namespace"), "Namespace")
    if namespace.startswith("AWS/"):
        raise Invalid("namespaces that begin with AWS/ are the services' own")
    sets = [_set(root, each) for each in _list(directive.get("Dimensions"), "Dimensions")]
    if not sets:
        raise Invalid("Dimensions has at least one set")
    for metric in _list(directive.get("Metrics"), "Metrics", most=METRICS):
        if not isinstance(metric, dict):
            raise Invalid("a metric is an object")
        name = _name(metric.get("Name"), "Name")
        unit, step = metric.get("Unit", NO_UNIT), metric.get("StorageResolution", MINUTE)
        if unit not in UNITS or step not in (1, MINUTE):
            raise Invalid(f"the unit or the resolution of {name} is none")
        value = root.get(name)
        told = _list(value, name, most=VALUES) if isinstance(value, list) else [value]
        values = tuple(_number(each, name) for each in told)
        for dimensions in sets:
            yield Drawn(namespace, name, dimensions, values, unit, at, int(step))


def _set(root: Mapping[str, Any], names: Any) -> Dimensions:
    known: dict[str, str] = {}
    for each in _list(names, "a set of dimensions", most=DIMENSIONS):
        name = _name(each, "a dimension")
        known[name] = _name(root.get(name), name)
    return tuple(sorted(known.items()))


def _list(value: Any, what: str, *, most: int | None = None) -> list[Any]:
    if not isinstance(value, list) or (most is not None and len(value) > most):
        raise Invalid(f"{what} is no list" if most is None else f"{what} is no list of at most {most}")
    return value


def _name(value: Any, what: str) -> str:
    if not isinstance(value, str) or not 1 <= len(value) <= NAME_CHARACTERS:
        raise Invalid(f"{what} is no text of 1 to {NAME_CHARACTERS} characters")
    return value


def _number(value: Any, what: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Invalid(f"{what} is no number")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise Invalid(f"{what} is too large")
    return number
