"""Pages of a listing that is in memory: a token says how many were told already. Pure."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import TypeVar

from lambent.services.cloudwatch import errors

T = TypeVar("T")


def page(items: Sequence[T], token: str | None, size: int) -> tuple[Sequence[T], str | None]:
    """The page that a token asks for, and the token of the next one if there is one. Raises ApiError: no such token."""
    start = 0
    if token:
        try:
            start = int(base64.b64decode(token, validate=True))
        except (ValueError, binascii.Error):
            raise errors.bad_token() from None
        if start < 0:
            raise errors.bad_token()
    end = start + size
    more = base64.b64encode(str(end).encode()).decode() if end < len(items) else None
    return items[start:end], more
