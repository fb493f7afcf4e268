"""Shapes: the typed tree that a service model describes, read lazily from botocore's JSON.

A `Shape` is one *use* of a model shape: the traits of the reference (where it is bound, what it is
called on the wire) are already laid over those of the definition. Nothing here knows a protocol.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import cached_property
from typing import Any

import msgspec


class ErrorTrait(msgspec.Struct, rename="camel", frozen=True):
    """How an exception appears on the wire."""

    code: str | None = None
    http_status_code: int | None = None
    sender_fault: bool | None = None


class Traits(msgspec.Struct, rename="camel", frozen=True):
    """What the model says about a shape or about a reference to one (then `shape` names it)."""

    shape: str | None = None
    type: str | None = None
    members: dict[str, Traits] | None = None
    member: Traits | None = None
    key: Traits | None = None
    value: Traits | None = None
    location: str | None = None
    location_name: str | None = None
    query_name: str | None = None
    payload: str | None = None
    streaming: bool | None = None
    flattened: bool | None = None
    xml_attribute: bool | None = None
    xml_namespace: Any = None
    xml_order: list[str] | None = None
    result_wrapper: str | None = None
    timestamp_format: str | None = None
    jsonvalue: bool | None = None
    document: bool | None = None
    union: bool | None = None
    eventstream: bool | None = None
    event: bool | None = None
    eventpayload: bool | None = None
    eventheader: bool | None = None
    idempotency_token: bool | None = None
    host_label: bool | None = None
    required: list[str] | None = None
    enum: list[str] | None = None
    min: int | float | None = None
    max: int | float | None = None
    pattern: str | None = None
    sensitive: bool | None = None
    exception: bool | None = None
    fault: bool | None = None
    error: ErrorTrait | None = None


_REFERENCE_TRAITS = tuple(
    name
    for name in Traits.__struct_fields__
    if name not in ("shape", "type", "members", "member", "key", "value", "required", "xml_order", "exception", "error")
)


class Shape:
    """One use of a shape. `type` is structure, list, map, string, blob, timestamp, boolean,
    integer, long, float, double or character; `wire_name` is the model's `locationName`, if any.

    `members`, `member`, `key` and `value` are resolved at first use, so recursion costs nothing.
    """

    def __init__(self, name: str, traits: Traits, table: Mapping[str, Traits]) -> None:
        self.name = name
        self.traits = traits
        self.type = sys.intern(traits.type or "string")  # compared with constants again and again
        self.location = traits.location
        self.wire_name = traits.location_name
        self.flattened = bool(traits.flattened)
        self.document = bool(traits.document)
        self.timestamp_format = traits.timestamp_format
        self._table = table

    def __repr__(self) -> str:
        return f"<Shape {self.name}: {self.type}>"

    @cached_property
    def members(self) -> dict[str, Shape]:
        """Members of a structure by name, in the model's order; empty for other types."""
        return {name: resolve(ref, self._table) for name, ref in (self.traits.members or {}).items()}

    @cached_property
    def member(self) -> Shape:
        """What a list holds."""
        assert self.traits.member is not None, self.name
        return resolve(self.traits.member, self._table)

    @cached_property
    def key(self) -> Shape:
        """The keys of a map: always strings."""
        assert self.traits.key is not None, self.name
        return resolve(self.traits.key, self._table)

    @cached_property
    def value(self) -> Shape:
        """The values of a map."""
        assert self.traits.value is not None, self.name
        return resolve(self.traits.value, self._table)

    @cached_property
    def by_wire_name(self) -> dict[str, tuple[str, Shape]]:
        """Members by the name that they carry in a body: (member name, shape). Bound members are left out."""
        return {
            (shape.wire_name or name): (name, shape)
            for name, shape in self.members.items()
            if shape.location is None and not shape.traits.eventheader
        }

    @cached_property
    def payload(self) -> tuple[str, Shape] | None:
        """The member that is the whole body, if the structure has one."""
        name = self.traits.payload
        return None if name is None else (name, self.members[name])

    @cached_property
    def event_stream(self) -> tuple[str, Shape] | None:
        """The member that is a stream of events, if the structure has one."""
        return next(((name, shape) for name, shape in self.members.items() if shape.traits.eventstream), None)

    @cached_property
    def message_member(self) -> str | None:
        """The member of an exception that carries its text; its casing differs from shape to shape."""
        return next((name for name in self.members if name.lower() in ("message", "errormessage")), None)

    @property
    def error_code(self) -> str:
        """The code of an exception on the wire: the model's, else the shape's name."""
        error = self.traits.error
        return (error.code if error else None) or self.name

    @property
    def error_status(self) -> int:
        """The HTTP status of an exception: the model's, else 500 for a fault and 400 for the caller's."""
        error = self.traits.error
        if error and error.http_status_code:
            return error.http_status_code
        return 500 if self.traits.fault else 400


def resolve(reference: Traits, table: Mapping[str, Traits]) -> Shape:
    """The shape that `reference` names, with the reference's own traits over the definition's."""
    assert reference.shape is not None
    base = table[reference.shape]
    own = {name: value for name in _REFERENCE_TRAITS if (value := getattr(reference, name)) is not None}
    return Shape(reference.shape, msgspec.structs.replace(base, **own) if own else base, table)
