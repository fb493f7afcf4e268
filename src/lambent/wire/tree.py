"""The walker for JSON-like trees: dicts, lists and scalars, as JSON and CBOR both give them.

It turns trees into typed values by the model and back. It does not parse or print; see `wire.body`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import Any

import msgspec

from lambent.wire.request import WireError
from lambent.wire.scalar import (
    float_or_name,
    in_range,
    malformed,
    read_blob,
    read_number,
    read_timestamp,
    timestamp_number,
    write_blob,
    write_timestamp,
)
from lambent.wire.shape import Shape

_AS_THEY_ARE = frozenset({"string", "character", "boolean", "integer", "long"})


class Fixed(dict[str, Any]):
    """A structure's members that nobody changes any more: their JSON is made once, and kept with them."""

    __slots__ = ("_made",)

    def __init__(self, members: Mapping[str, Any]) -> None:
        super().__init__(members)
        self._made: dict[Shape, msgspec.Raw] = {}

    def json(self, shape: Shape) -> msgspec.Raw:
        """The JSON of these members of `shape`."""
        made = self._made.get(shape)
        if made is None:
            made = self._made[shape] = msgspec.Raw(msgspec.json.encode(to_tree(shape, dict(self))))
        return made


def from_tree(shape: Shape, tree: Any) -> Any:
    """The typed value of a tree that is not null. Unknown members and nulls in structures are dropped.

    Raises WireError(SerializationException) in AWS's words where a type does not fit.
    """
    match shape.type:
        case "structure":
            return tree if shape.document else _structure(shape, tree)
        case "string" | "character":
            if isinstance(tree, str):
                return tree
            raise _unfit(tree, "a String")
        case "list":
            if not isinstance(tree, list):
                raise _unfit(tree, "a List")
            member = shape.member
            return [None if item is None else from_tree(member, item) for item in tree]
        case "map":
            if not isinstance(tree, dict):
                raise _unfit(tree, "a Map")
            value_shape = shape.value
            return {_key(key): None if item is None else from_tree(value_shape, item) for key, item in tree.items()}
        case "blob":
            return _blob(tree)
        case "timestamp":
            return read_timestamp(tree, shape.timestamp_format)
        case "boolean":
            if isinstance(tree, bool):
                return tree
            raise _unfit(tree, "a Boolean")
        case "integer" | "long":
            return _whole(tree, shape.type)
        case "float" | "double":
            return _real(tree, shape.type)
    raise malformed(f"Unknown type {shape.type}")


def _structure(shape: Shape, tree: Any) -> dict[str, Any]:
    if not isinstance(tree, dict):
        raise _unfit(tree, "a structure")
    known = shape.by_wire_name
    value = {}
    for key, item in tree.items():
        if item is not None and (found := known.get(key)) is not None:
            name, member = found
            value[name] = item if member.type == "string" and type(item) is str else from_tree(member, item)
    return value


def _key(key: Any) -> str:
    if isinstance(key, str):
        return key
    raise _unfit(key, "a String")


def _blob(tree: Any) -> bytes:
    if isinstance(tree, str):
        return read_blob(tree)
    if isinstance(tree, bytes):
        return tree
    raise _unfit(tree, "a Blob")


def _whole(tree: Any, kind: str) -> int:
    if isinstance(tree, float) and math.isfinite(tree):
        tree = int(tree)
    if isinstance(tree, int) and not isinstance(tree, bool) and in_range(tree):
        return tree
    raise _unfit(tree, "an Integer" if kind == "integer" else "a Long")


def _real(tree: Any, kind: str) -> float:
    if isinstance(tree, (int, float)) and not isinstance(tree, bool):
        try:
            return float(tree)
        except OverflowError:
            raise malformed("Number out of range") from None
    if tree in ("NaN", "Infinity", "-Infinity"):
        return read_number(tree, kind)
    raise _unfit(tree, "a Float" if kind == "float" else "a Double")


def _unfit(tree: Any, wanted: str) -> WireError:
    match tree:
        case bool():
            token = "TRUE_VALUE" if tree else "FALSE_VALUE"
        case str() | bytes():
            token = "STRING_VALUE"
        case int() | float() | datetime():
            token = "NUMBER_VALUE"
        case list():
            return malformed("Start of list found where not expected")
        case dict():
            return malformed("Start of structure or map found where not expected.")
        case _:
            token = "NULL_VALUE"
    if wanted in ("a List", "a Map", "a structure"):
        return malformed("Unexpected field type")
    return malformed(f"{token} can not be converted to {wanted}")


def to_tree(shape: Shape, value: Any, native: bool = False) -> Any:
    """The tree of a typed value; members that are None are left out.

    With `native` (CBOR) blobs stay bytes and timestamps datetimes; else base64 and numbers (or text,
    where the model says so), and what is `Fixed` becomes its JSON.
    Raises ValueError for a member that the model does not know: our mistake.
    """
    match shape.type:
        case "structure":
            if shape.document:
                return value
            if type(value) is Fixed and not native:
                return value.json(shape)
            plain = _plain(shape)
            if plain and type(value) is dict and plain.issuperset(value) and None not in value.values():
                return value  # nothing would change
            members = _members(shape)
            tree = {}
            for name, item in value.items():
                if item is None:
                    continue
                try:
                    wire_name, member = members[name]
                except KeyError:
                    raise ValueError(f"{shape.name} has no member {name!r}") from None
                tree[wire_name] = item if member is None else to_tree(member, item, native)
            return tree
        case "list":
            member = shape.member
            if member.type in _AS_THEY_ARE:
                return value if type(value) is list else list(value)
            return [None if item is None else to_tree(member, item, native) for item in value]
        case "map":
            value_shape = shape.value
            if type(value) is dict and value_shape.type in _AS_THEY_ARE and None not in value.values():
                return value
            return {key: to_tree(value_shape, item, native) for key, item in value.items() if item is not None}
        case "blob":
            return _bytes(value) if native else write_blob(value)
        case "timestamp":
            return _timestamp(shape, value, native)
        case "float" | "double":
            number = float(value) if isinstance(value, Decimal) else value
            return float(number) if native else float_or_name(number)
    return value


@cache
def _members(shape: Shape) -> dict[str, tuple[str, Shape | None]]:
    """Each member's name on the wire, and its shape unless its values go there as they are."""
    return {
        name: (member.wire_name or name, None if member.type in _AS_THEY_ARE else member)
        for name, member in shape.members.items()
    }


@cache
def _plain(shape: Shape) -> frozenset[str]:
    """The members that go on the wire by their own names and with their values as they are."""
    return frozenset(
        name for name, (wire_name, member) in _members(shape).items() if member is None and wire_name == name
    )


def _bytes(value: Any) -> bytes:
    return value.encode() if isinstance(value, str) else bytes(value)


def _timestamp(shape: Shape, value: Any, native: bool) -> Any:
    if native:
        if isinstance(value, datetime):
            return value if value.tzinfo else value.replace(tzinfo=UTC)
        return read_timestamp(value, None)
    if shape.timestamp_format in (None, "unixTimestamp"):
        return timestamp_number(value)
    return write_timestamp(value, shape.timestamp_format or "iso8601")
