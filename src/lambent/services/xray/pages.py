"""Pages of a listing that is in memory. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from lambent.services.xray import errors

T = TypeVar("T")


def page(items: Sequence[T], token: str | None, size: int) -> tuple[Sequence[T], dict[str, Any]]:
    """The page that a token asks for, and `NextToken` if there is another. Raises ApiError: no such token."""
    if token is not None and not token.isdecimal():
        raise errors.invalid("Invalid NextToken.")
    start = int(token or 0)
    end = start + size
    return items[start:end], {"NextToken": str(end)} if end < len(items) else {}
