"""Values in queries: texts, numbers, nothing; how they compare and how they are shown. Pure."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from typing import Any

import msgspec

from lambent.services.logs.insights.malformed import Malformed

_PERIOD = re.compile(r"(\d+)([a-z]+)")
_UNITS = {
    **dict.fromkeys(("ms", "millisecond", "milliseconds"), 1),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1000),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), 60_000),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), 3_600_000),
    **dict.fromkeys(("d", "day", "days"), 86_400_000),
    **dict.fromkeys(("w", "week", "weeks"), 7 * 86_400_000),
}


class Moment(float):
    """Milliseconds since the epoch, shown as a time."""


def number(value: Any) -> float | None:
    """A number, or a text that is one."""
    if isinstance(value, (int, float)):
        return float(value)
    if isinstance(value, str):
        try:
            found = float(value)
        except ValueError:
            return None
        return found if math.isfinite(found) and "_" not in value else None
    return None


def text(value: Any) -> str | None:
    """A value as it is shown; None for nothing."""
    if value is None:
        return None
    if isinstance(value, Moment):
        return datetime.fromtimestamp(value / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(round(value, 10))
    return msgspec.json.encode(value).decode() if isinstance(value, (dict, list)) else str(value)


def true(value: Any) -> bool:
    """Whether a value counts as yes."""
    return value is not None and value not in (False, 0, "", "0", "false")


def order(value: Any) -> tuple[int, float, str]:
    """A key for sorting: nothing first, then numbers, then texts."""
    if value is None:
        return 0, 0.0, ""
    found = number(value)
    return (1, found, "") if found is not None else (2, 0.0, str(value))


def equal(left: Any, right: Any) -> bool:
    """Whether two values are the same: as numbers if both are."""
    if left is None or right is None:
        return False
    one, other = number(left), number(right)
    if one is not None and other is not None:
        return one == other
    return text(left) == text(right)


def less(left: Any, right: Any) -> bool:
    """Whether the first comes before the other; never with nothing."""
    if left is None or right is None:
        return False
    one, other = number(left), number(right)
    if one is not None and other is not None:
        return one < other
    return str(text(left)) < str(text(right))


def period(word: str) -> int:
    """Milliseconds of `5m`. Raises Malformed."""
    match = _PERIOD.fullmatch(word)
    if match is None or match[2] not in _UNITS or not int(match[1]):
        raise Malformed(f"{word} is not a period of time")
    return int(match[1]) * _UNITS[match[2]]
