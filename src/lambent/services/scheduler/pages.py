"""Tokens of listings: the name behind which the next page starts."""

from __future__ import annotations

from base64 import b64decode, urlsafe_b64encode
from binascii import Error as Base64Error

from lambent.services.operation import Params
from lambent.services.scheduler import errors, limits


def size(params: Params) -> int:
    """How many items the caller gets."""
    return int(params.get("MaxResults") or limits.PAGE)


def position(params: Params) -> str:
    """What the caller's token says; empty without one. Raises ApiError."""
    try:
        return b64decode((params.get("NextToken") or "").encode(), b"-_", validate=True).decode()
    except (Base64Error, ValueError):
        raise errors.bad_token() from None


def token(name: str) -> str:
    """For the page behind `name`."""
    return urlsafe_b64encode(name.encode()).decode()
