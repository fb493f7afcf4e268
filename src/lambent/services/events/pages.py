"""Pages of listings: `Limit`, `NextToken`."""

from __future__ import annotations

from base64 import b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from lambent.services.events import errors, limits
from lambent.services.operation import Params, Result

Item = TypeVar("Item")


def page(
    params: Params, member: str, items: Iterable[Item], name: Callable[[Item], str], show: Callable[[Item], Any]
) -> Result:
    """The part of all `items`, in the order of their names, that the caller asked for. Raises ApiError."""
    after, size = _position(params), int(params.get("Limit", limits.PAGE))
    rest = [item for item in sorted(items, key=name) if not after or name(item) > after]
    result: dict[str, Any] = {member: [show(item) for item in rest[:size]]}
    if len(rest) > size:
        result["NextToken"] = urlsafe_b64encode(name(rest[size - 1]).encode()).decode()
    return result


def _position(params: Params) -> str:
    token = params.get("NextToken")
    if not token:
        return ""
    try:
        return b64decode(token.encode(), b"-_", validate=True).decode()
    except (Base64Error, ValueError):
        raise errors.bad_token() from None
