"""Segment documents: checked as X-Ray checks them, and what of them is looked at. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeGuard

import msgspec

LARGEST = 64 * 1024
"""Bytes of a document."""

_TRACE_ID = re.compile(r"1-[0-9a-f]{8}-[0-9a-f]{24}")
_ID = re.compile(r"[0-9a-f]{16}")
_NAME_LENGTH = 200
_DEEPEST = 50


class BadSegment(Exception):
    """A document that is no segment: its id if it has one, X-Ray's code, and why."""

    def __init__(self, id_: str, code: str, why: str) -> None:
        super().__init__(why)
        self.id = id_
        self.code = code


class Segment(msgspec.Struct, frozen=True):
    """A segment, or a subsegment that came by itself (`parent` names what it belongs to).

    Times in seconds since the epoch; `end` is None while it is in progress. `fields` are all of the document's.
    """

    trace_id: str
    id: str
    name: str
    start: float
    end: float | None
    parent: str | None
    separate: bool
    fields: dict[str, Any]
    document: str

    @property
    def origin(self) -> str:
        """What kind of service it is of: `AWS::Lambda::Function`, or nothing."""
        return str(self.fields.get("origin", ""))


def parse(text: str) -> Segment:
    """Raises BadSegment."""
    if len(text.encode()) > LARGEST:
        raise BadSegment("", "MessageTooLarge", f"a segment document has at most {LARGEST} bytes")
    try:
        fields = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        raise BadSegment("", "MalformedSegment", str(error)) from None
    if not isinstance(fields, dict):
        raise BadSegment("", "MalformedSegment", "a segment document is an object")
    id_ = fields.get("id")
    if not isinstance(id_, str) or not _ID.fullmatch(id_):
        raise BadSegment("", "InvalidId", "id must be 16 hexadecimal digits")
    trace_id, start, end = fields.get("trace_id"), fields.get("start_time"), fields.get("end_time")
    if not isinstance(trace_id, str) or not _TRACE_ID.fullmatch(trace_id):
        raise BadSegment(id_, "InvalidTraceId", "trace_id must be 1-8 hexadecimal digits-24 hexadecimal digits")
    name = fields.get("name")
    if not isinstance(name, str) or not 0 < len(name) <= _NAME_LENGTH:
        raise BadSegment(id_, "MissingName", f"name must have 1 to {_NAME_LENGTH} characters")
    if not _is_time(start):
        raise BadSegment(id_, "MissingStartTime", "start_time must be a number of seconds")
    in_progress = fields.get("in_progress") is True
    if not in_progress and not _is_time(end):
        raise BadSegment(id_, "MissingEndTime", "end_time must be a number of seconds, or in_progress true")
    separate = fields.get("type") == "subsegment"
    parent = fields.get("parent_id")
    if parent is not None and (not isinstance(parent, str) or not _ID.fullmatch(parent)):
        raise BadSegment(id_, "InvalidParentId", "parent_id must be 16 hexadecimal digits")
    if separate and parent is None:
        raise BadSegment(id_, "MissingParentId", "a subsegment by itself needs a parent_id")
    if not _well_formed(fields, 0):
        raise BadSegment(id_, "MalformedSegment", "subsegments must be objects with ids and names, not too deep")
    ended = float(end) if not in_progress and _is_time(end) else None
    return Segment(trace_id, id_, name, float(start), ended, parent, separate, fields, text)


def within(fields: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The subsegments of a document, and theirs."""
    for inner in fields.get("subsegments", ()):
        yield inner
        yield from within(inner)


def _is_time(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 1e11


def _well_formed(fields: Mapping[str, Any], depth: int) -> bool:
    inner = fields.get("subsegments", [])
    return (
        depth <= _DEEPEST
        and isinstance(inner, list)
        and all(
            isinstance(each, dict)
            and isinstance(each.get("id"), str)
            and isinstance(each.get("name"), str)
            and _is_time(each.get("start_time"))
            and _well_formed(each, depth + 1)
            for each in inner
        )
    )
