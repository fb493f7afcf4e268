"""Pages of listings: how long one is, the opaque marker that leads to the next, and what a filter leaves."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Awaitable, Callable
from typing import TypeVar

import msgspec

from lambent.services.lambda_ import errors, limits
from lambent.services.operation import Params

_AT_ONCE = 200

Item = TypeVar("Item")


def size(params: Params) -> int:
    """How many items the caller gets: `MaxItems`, and never more than the service's page."""
    return min(int(params.get("MaxItems", limits.PAGE)), limits.PAGE)


def marker(*position: str) -> str:
    """The marker of the page after `position` (texts that `position_of` gives back)."""
    return urlsafe_b64encode(msgspec.msgpack.encode(position)).decode()


def position_of(params: Params, length: int) -> tuple[str, ...]:
    """Where the page starts: `length` texts, or an empty tuple for the first page. Raises ApiError."""
    given = params.get("Marker")
    if not given:
        return ()
    try:
        position = msgspec.msgpack.decode(urlsafe_b64decode(given.encode()), type=tuple[str, ...])
    except (Base64Error, ValueError, msgspec.DecodeError):
        raise errors.bad_marker() from None
    if len(position) != length or not all(position):
        raise errors.bad_marker()
    return position


async def matching(
    more: Callable[[str, int], Awaitable[list[Item]]],
    *,
    after: str,
    key: Callable[[Item], str],
    matches: Callable[[Item], bool],
    count: int,
) -> list[Item]:
    """The first `count` items behind `after` that match, or all that there are.

    `more(after, limit)` gives items in the order of their `key`.
    """
    found: list[Item] = []
    while len(found) < count:
        page = await more(after, _AT_ONCE)
        found += [item for item in page if matches(item)]
        if len(page) < _AT_ONCE:
            break
        after = key(page[-1])
    return found[:count]
