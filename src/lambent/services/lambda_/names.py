"""How callers name a function or a layer: bare name, partial or full ARN, with a qualifier in it or beside it.

Pure text work. Whether there is such a thing is the repository's to say.
"""

from __future__ import annotations

import re
from typing import Protocol

import msgspec

from lambent.context import Context
from lambent.model.function import LATEST
from lambent.services import access
from lambent.services.lambda_ import capacity_errors, errors, layer_errors, limits

_IDENTIFIER = re.compile(
    r"(?:arn:aws[a-zA-Z-]*:lambda:)?(?:(?P<region>[a-z]{2}(?:-[a-z]+)+-\d):)?(?:(?P<account>\d{12}):)?(?:function:)?"
    r"(?P<name>[a-zA-Z0-9_.-]+)(?::(?P<qualifier>\$LATEST(?:\.PUBLISHED)?|[a-zA-Z0-9_-]+))?"
)
_LAYER = re.compile(
    r"arn:aws[a-zA-Z-]*:lambda:(?P<region>[a-z0-9-]+):(?P<account>\d{12}):layer:(?P<name>[a-zA-Z0-9_-]+)"
    r"(?::(?P<number>[0-9]{1,18}))?"
)


_CAPACITY = re.compile(
    r"arn:aws[a-zA-Z-]*:lambda:(?P<region>[a-z0-9-]+):(?P<account>\d{12}):capacity-provider:(?P<name>[a-zA-Z0-9_-]+)"
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


class LayerReference(msgspec.Struct, frozen=True):
    """A layer as the caller named it: itself a Place. `number` 0: the layer as a whole."""

    account: str
    region: str
    name: str
    number: int = 0

    @property
    def arn(self) -> str:
        """The ARN, in the form that is ours."""
        return layer_arn(self, self.name, self.number)


def function_arn(at: Place, name: str, qualifier: str | None = None) -> str:
    """The ARN of a function there, with the qualifier if there is one."""
    arn = f"arn:aws:lambda:{at.region}:{at.account}:function:{name}"
    return arn if qualifier is None else f"{arn}:{qualifier}"


def layer_arn(at: Place, name: str, number: int = 0) -> str:
    """The ARN of a layer there, or of one of its versions."""
    arn = f"arn:aws:lambda:{at.region}:{at.account}:layer:{name}"
    return f"{arn}:{number}" if number else arn


def capacity_arn(at: Place, name: str) -> str:
    """The ARN of a capacity provider there."""
    return f"arn:aws:lambda:{at.region}:{at.account}:capacity-provider:{name}"


def capacity_named(ctx: Context, identifier: str, action: str) -> str:
    """The name of the capacity provider, of this account and region, that a name or an ARN means. Raises ApiError."""
    match = _CAPACITY.fullmatch(identifier)
    name = identifier if match is None else match["name"]
    if len(name) > limits.NAME_LENGTH:
        raise capacity_errors.name_invalid(name, limits.NAME_LENGTH)
    if match is not None and match["account"] != ctx.account:
        raise errors.other_account(ctx.principal.arn, action, identifier)
    if match is not None and match["region"] != ctx.region:
        raise capacity_errors.not_found(identifier)
    return name


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


def identified(at: Place, identifier: str) -> tuple[access.Place, str, str | None]:
    """Where a function is said to be, its name and its qualifier, whoever may use it; whatever names none is a name."""
    match = _IDENTIFIER.fullmatch(identifier)
    if match is None:
        return access.Place(at.account, at.region), identifier, None
    place = access.Place(match["account"] or at.account, match["region"] or at.region)
    return place, match["name"], match["qualifier"]


def unqualified(ctx: Context, identifier: str, action: str) -> str:
    """The name of the function that an operation on whole functions is about. Raises ApiError."""
    named = reference(ctx, identifier, None, action)
    if named.qualifier is not None and named.qualifier != LATEST:
        raise errors.function_only()
    return named.name


def layer_reference(at: Place, identifier: str, number: int = 0) -> LayerReference | None:
    """What the name or ARN of a layer or layer version means there, with a `number` from elsewhere in the request.

    None for ARNs of AWS's own layers, and for whatever names none.
    """
    match = _LAYER.fullmatch(identifier)
    if match is not None:
        return LayerReference(match["account"], match["region"], match["name"], number or int(match["number"] or 0))
    return None if ":" in identifier else LayerReference(at.account, at.region, identifier, number)


def layer_named(ctx: Context, identifier: str, number: int | None = None) -> LayerReference:
    """The layer that is meant, or its version `number`, in this region. Raises ApiError."""
    if number is not None and number < 1:
        raise layer_errors.number()
    named = layer_reference(ctx, identifier, number or 0)
    if named is None:
        raise errors.not_there()
    if named.region != ctx.region:
        raise layer_errors.other_region(named.region, ctx.region)
    return named


def own_layer(ctx: Context, identifier: str, action: str, number: int | None = None) -> LayerReference:
    """The same, where `action` is only for the layer's owner. Raises ApiError."""
    named = layer_named(ctx, identifier, number)
    if named.account != ctx.account:
        raise errors.other_account(ctx.principal.arn, action, named.arn)
    return named
