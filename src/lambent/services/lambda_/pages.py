"""Pages of listings: how long one is, and the opaque marker that leads to the next. Pure."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error

import msgspec

from lambent.services.lambda_ import errors, limits
from lambent.services.operation import Params


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
