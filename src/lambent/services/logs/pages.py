"""Pages of listings: `limit` and `nextToken`, which is the name behind which the next page starts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from lambent.services.logs import limits
from lambent.services.logs.names import read_token, token
from lambent.services.operation import Params, Result

Item = TypeVar("Item")


def page(
    params: Params,
    member: str,
    items: Sequence[Item],
    name: Callable[[Item], str],
    show: Callable[[Item], Any] = lambda item: item,
    *,
    size: str = "limit",
    usual: int = limits.PAGE,
) -> Result:
    """The part of all `items` that the caller asked for, in the order of their names. Raises ApiError."""
    after = read_token(params["nextToken"], str) if params.get("nextToken") else ""
    rest = [item for item in sorted(items, key=name) if not after or name(item) > after]
    shown = rest[: params.get(size, usual)]
    result: dict[str, Any] = {member: [show(item) for item in shown]}
    if len(shown) < len(rest) and shown:
        result["nextToken"] = token(name(shown[-1]))
    return result
