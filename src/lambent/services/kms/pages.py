"""Pages of listings: `Limit`, `Marker`, `NextMarker`, `Truncated`."""

from __future__ import annotations

from base64 import b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from lambent.services.kms import errors, limits
from lambent.services.operation import Params

Item = TypeVar("Item")


def size(params: Params, usual: int = limits.PAGE) -> int:
    """How many items the caller gets."""
    return min(int(params.get("Limit", usual)), limits.PAGE_AT_MOST)


def position(params: Params) -> str:
    """The name behind which the page starts; empty for the first. Raises ApiError."""
    marker = params.get("Marker")
    if not marker:
        return ""
    try:
        return b64decode(marker.encode(), b"-_", validate=True).decode()
    except (Base64Error, ValueError):
        raise errors.bad_marker() from None


def shown(
    member: str, items: Sequence[Item], count: int, name: Callable[[Item], str], show: Callable[[Item], Any]
) -> dict[str, Any]:
    """The first `count` of items; there are more if there are more."""
    result: dict[str, Any] = {member: [show(item) for item in items[:count]], "Truncated": len(items) > count}
    if len(items) > count:
        result["NextMarker"] = urlsafe_b64encode(name(items[count - 1]).encode()).decode()
    return result


def page(
    params: Params, member: str, items: Sequence[Item], name: Callable[[Item], str], show: Callable[[Item], Any]
) -> dict[str, Any]:
    """The part of all `items` that the caller asked for, in the order of their names."""
    after = position(params)
    rest = [item for item in sorted(items, key=name) if not after or name(item) > after]
    return shown(member, rest, size(params), name, show)
