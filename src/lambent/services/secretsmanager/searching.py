"""Which secrets a listing shows, in which order, and its pages. Pure."""

from __future__ import annotations

from base64 import b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lambent.services.operation import Params
from lambent.services.secretsmanager import errors
from lambent.services.secretsmanager.records import Secret

_ORDERS: Mapping[str, Callable[[Secret], Any]] = {
    "created-date": lambda secret: secret.created,
    "last-accessed-date": lambda secret: secret.accessed,
    "last-changed-date": lambda secret: secret.changed,
    "name": lambda secret: secret.name,
}


def matches(secret: Secret, filters: Sequence[Mapping[str, Any]]) -> bool:
    """Whether all filters let a secret through; of the values of each one must fit, and `!` turns a value round."""
    return all(
        any(_fits(secret, each.get("Key", "all"), value) for value in each.get("Values") or ()) for each in filters
    )


def in_order(secrets: Sequence[Secret], params: Params) -> list[Secret]:
    """As `SortBy` and `SortOrder` say: by the time of their making, the newest first, if they say nothing."""
    ordered = sorted(secrets, key=lambda secret: secret.name)
    descending = params.get("SortOrder", "desc" if "SortBy" not in params else "asc") == "desc"
    return sorted(ordered, key=_ORDERS[params.get("SortBy", "created-date")], reverse=descending)


def page(items: Sequence[Any], params: Params, usual: int) -> tuple[Sequence[Any], dict[str, str]]:
    """The part that was asked for, and the token of the next, if there is one. Raises ApiError."""
    size, token, start = params.get("MaxResults", usual), params.get("NextToken"), 0
    if token:
        try:
            start = int(b64decode(token.encode(), b"-_", validate=True))
        except (Base64Error, ValueError):
            raise errors.bad_token() from None
    end = start + size
    more = {"NextToken": urlsafe_b64encode(str(end).encode()).decode()} if end < len(items) else {}
    return items[start:end], more


def _fits(secret: Secret, key: str, value: str) -> bool:
    if value.startswith("!"):
        return not _fits(secret, key, value[1:])
    if key == "all":
        return any(_fits(secret, one, value) for one in ("description", "name", "tag-key", "tag-value"))
    if key == "description":
        words = (secret.description or "").lower()
        return all(word in words for word in value.lower().split())
    if key == "name":
        return secret.name.startswith(value)
    if key == "tag-key":
        return any(name.startswith(value) for name in secret.tags)
    if key == "tag-value":
        return any(tag.startswith(value) for tag in secret.tags.values())
    return False  # no secret is a replica, or managed by another service
