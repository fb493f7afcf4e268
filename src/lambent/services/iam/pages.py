"""Pages of listings: `MaxItems`, `Marker`, `IsTruncated`."""

from __future__ import annotations

from base64 import b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from lambent.services.iam import errors, limits
from lambent.services.operation import Params

Item = TypeVar("Item")


def page(
    params: Params, member: str, items: Sequence[Item], name: Callable[[Item], str], show: Callable[[Item], Any]
) -> dict[str, Any]:
    """The part of `items` (in any order) that the caller asked for, shown under `member`. Raises ApiError."""
    size = min(int(params.get("MaxItems", limits.PAGE)), limits.PAGE_AT_MOST)
    after = _position(params.get("Marker"))
    ordered = sorted(items, key=lambda item: name(item).lower())
    rest = ordered if after is None else [item for item in ordered if name(item).lower() > after]
    result: dict[str, Any] = {member: [show(item) for item in rest[:size]], "IsTruncated": len(rest) > size}
    if len(rest) > size:
        result["Marker"] = urlsafe_b64encode(name(rest[size - 1]).lower().encode()).decode()
    return result


def _position(marker: str | None) -> str | None:
    if not marker:
        return None
    try:
        return b64decode(marker.encode(), b"-_", validate=True).decode()
    except (Base64Error, ValueError):
        raise errors.bad_marker() from None
