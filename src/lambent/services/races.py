"""What an operation does when somebody else's write came between its read and its own: it starts anew."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from typing import TypeVar

from lambent.context import Context
from lambent.model.errors import ApiError
from lambent.services.operation import Params, Result
from lambent.store.base import Conflict

_ATTEMPTS = 20

Resource = TypeVar("Resource")
Method = Callable[[Resource, Context, Params], Awaitable[Result]]


def again_or(lost: Callable[[], ApiError]) -> Callable[[Method[Resource]], Method[Resource]]:
    """A decorator that calls a method again, from its first read, for as long as it raises `store.base.Conflict`.

    In every race somebody wins, so this ends; after twenty defeats the caller gets what `lost` makes.
    """

    def persistently(method: Method[Resource]) -> Method[Resource]:
        @functools.wraps(method)
        async def persistent(self: Resource, ctx: Context, params: Params) -> Result:
            for _ in range(_ATTEMPTS):
                try:
                    return await method(self, ctx, params)
                except Conflict:
                    continue
            raise lost()

        return persistent

    return persistently
