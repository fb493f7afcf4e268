"""How callers name a function: bare name, partial or full ARN, with a qualifier in it or beside it.

Pure text work. Whether such a function exists is the repository's to say.
"""

from __future__ import annotations

import re
from typing import Protocol

import msgspec

from lambent.context import Context
from lambent.model.function import LATEST
from lambent.services.lambda_ import errors, limits

_IDENTIFIER = re.compile(
    r"(?:arn:aws[a-zA-Z-]*:lambda:)?(?:(?P<region>[a-z]{2}(?:-[a-z]+)+-\d):)?(?:(?P<account>\d{12}):)?(?:function:)?"
    r"(?P<name>[a-zA-Z0-9_.-]+)(?::(?P<qualifier>\$LATEST|[a-zA-Z0-9_-]+))?"
)


class Place(Protocol):
    """An account in a region: a request's context, or a function version."""

    @property
    def account(self) -> str: ...

    @property
    def region(self) -> str: ...


class Reference(msgspec.Struct, frozen=True):
    """A function as the caller named it. `qualifier` None: the caller named the function as a whole."""

    name: str
    qualifier: str | None = None


def function_arn(at: Place, name: str, qualifier: str | None = None) -> str:
    """The ARN of a function there, with the qualifier if there is one."""
    arn = f"arn:aws:lambda:{at.region}:{at.account}:function:{name}"
    return arn if qualifier is None else f"{arn}:{qualifier}"


def reference(ctx: Context, identifier: str, qualifier: str | None, action: str) -> Reference:
    """What `FunctionName` and `Qualifier` mean together; `action` is for the refusal of other accounts.

    The identifier has passed the model's pattern. Raises ApiError.
    """
    if ":" not in identifier:
        if len(identifier) > limits.NAME_LENGTH:
            raise errors.name_too_long(identifier, limits.NAME_LENGTH)
        return Reference(identifier, qualifier or None)
    match = _IDENTIFIER.fullmatch(identifier)
    if match is None:
        raise errors.function_not_found(function_arn(ctx, identifier))
    name, own = match["name"], match["qualifier"]
    if len(name) > limits.NAME_LENGTH:
        raise errors.name_too_long(identifier, limits.NAME_LENGTH)
    if qualifier and own and own != qualifier:
        raise errors.qualifier_mismatch()
    if match["region"] is not None and match["region"] != ctx.region:
        raise errors.other_region(match["region"], ctx.region)
    if match["account"] is not None and match["account"] != ctx.account:
        arn = f"arn:aws:lambda:{ctx.region}:{match['account']}:function:{name}"
        raise errors.other_account(ctx.principal.arn, action, arn)
    return Reference(name, qualifier or own or None)


def unqualified(ctx: Context, identifier: str, action: str) -> str:
    """The name of the function that an operation on whole functions is about. Raises ApiError."""
    named = reference(ctx, identifier, None, action)
    if named.qualifier is not None and named.qualifier != LATEST:
        raise errors.function_only()
    return named.name
