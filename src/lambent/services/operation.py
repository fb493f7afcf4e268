"""How a method becomes an AWS operation: a mark on the method, collected from plain objects.

No registry and no import side effects: `app.py` makes the resources and hands their operations to the
gateway. An operation that no method carries needs no code: the gateway refuses it by name.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Any, TypeVar

import msgspec

from lambent.context import Context

Params = dict[str, Any]
"""An operation's input as the codec parsed it; what the request left out is absent."""

Result = Mapping[str, Any]
"""An operation's output, members by their names in the model."""


class Reply(dict[str, Any]):
    """A Result that can carry response headers which the model does not know."""

    headers: Mapping[str, str] = MappingProxyType({})


Handler = Callable[[Context, Params], Awaitable[Result]]
Method = TypeVar("Method", bound=Callable[..., Awaitable[Result]])

_MARK = "__lambent_operation__"


class TooLong(msgspec.Struct, frozen=True):
    """What the caller of an operation reads whose body is longer than `body_limit`."""

    code: str
    message: str


class Mark(msgspec.Struct, frozen=True):
    """What the gateway needs to know of an operation before it may call it.

    `body_limit` in bytes, None for the server's own. `too_long` is how a longer body is refused.
    `precheck` sees the parameters before the model's constraints do, for the few that AWS words its
    own way; it raises ApiError.
    """

    name: str
    body_limit: int | None = None
    too_long: TooLong | None = None
    precheck: Callable[[Params], None] | None = None


class Operation(msgspec.Struct, frozen=True):
    """An operation that can be called."""

    mark: Mark
    handler: Handler


def operation(
    name: str,
    *,
    body_limit: int | None = None,
    too_long: TooLong | None = None,
    precheck: Callable[[Params], None] | None = None,
) -> Callable[[Method], Method]:
    """Mark `async def method(self, ctx, params) -> result` as the AWS operation `name`."""

    def mark(method: Method) -> Method:
        setattr(method, _MARK, Mark(name, body_limit, too_long, precheck))
        return method

    return mark


def marks(resource: type) -> list[Mark]:
    """The operations that a class carries, in the order of its source."""
    return [getattr(member, _MARK) for member in vars(resource).values() if hasattr(member, _MARK)]


def operations(*resources: object) -> dict[str, Operation]:
    """The operations of some objects, by name. Raises ValueError if two carry the same."""
    found: dict[str, Operation] = {}
    for resource in resources:
        for attribute, member in vars(type(resource)).items():
            mark = getattr(member, _MARK, None)
            if mark is None:
                continue
            if mark.name in found:
                raise ValueError(f"two methods carry the operation {mark.name}")
            found[mark.name] = Operation(mark, getattr(resource, attribute))
    return found
