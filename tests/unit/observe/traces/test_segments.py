"""Segment documents: what is one, and what is not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lambent.observe.traces.segments import LARGEST, BadSegment, parse, within

TRACE = "1-5759e988-bd862e3fe1be46a994272793"
WHOLE: dict[str, Any] = {
    "trace_id": TRACE,
    "id": "53995c3f42cd8ad8",
    "name": "api",
    "start_time": 1.5,
    "end_time": 2.5,
}


def document(**changes: Any) -> str:
    return json.dumps({key: value for key, value in (WHOLE | changes).items() if value is not None})


def test_a_whole_one() -> None:
    inner = {"id": "a" * 16, "name": "x", "start_time": 1.0, "subsegments": [{"id": "b", "name": "y", "start_time": 1}]}
    segment = parse(document(origin="AWS::Lambda", subsegments=[inner]))
    assert (segment.trace_id, segment.name, segment.start, segment.end) == (TRACE, "api", 1.5, 2.5)
    assert (segment.origin, segment.parent, segment.separate) == ("AWS::Lambda", None, False)
    assert [part["name"] for part in within(segment.fields)] == ["x", "y"]


def test_one_in_progress_and_one_by_itself() -> None:
    assert parse(document(end_time=None, in_progress=True)).end is None
    alone = parse(document(type="subsegment", parent_id="c" * 16))
    assert (alone.separate, alone.parent) == (True, "c" * 16)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{", "MalformedSegment"),
        ("[]", "MalformedSegment"),
        (document(id="xyz"), "InvalidId"),
        (document(trace_id="1-2-3"), "InvalidTraceId"),
        (document(name=""), "MissingName"),
        (document(start_time=None), "MissingStartTime"),
        (document(start_time=True), "MissingStartTime"),
        (document(end_time=None), "MissingEndTime"),
        (document(parent_id="x"), "InvalidParentId"),
        (document(type="subsegment"), "MissingParentId"),
        (document(subsegments=[1]), "MalformedSegment"),
        (document(subsegments=[{"id": "a", "name": "b"}]), "MalformedSegment"),
        (document(metadata="x" * LARGEST), "MessageTooLarge"),
    ],
)
def test_what_is_none(text: str, code: str) -> None:
    with pytest.raises(BadSegment) as bad:
        parse(text)
    assert bad.value.code == code
