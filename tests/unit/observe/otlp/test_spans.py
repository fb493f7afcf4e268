"""Segments as spans."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lambent.observe.otlp import spans
from lambent.observe.otlp.spans import Services, request
from lambent.observe.traces.segments import Segment, parse

TRACE = "1-58406520-a006649127e371903a2de979"


def segment(**changes: Any) -> Segment:
    fields = {"trace_id": TRACE, "id": "a" * 16, "name": "f", "start_time": 1.5, "end_time": 2.25}
    return parse(json.dumps(fields | changes))


def test_a_segment_and_what_is_in_it() -> None:
    inner = {"id": "b" * 16, "name": "S3", "start_time": 1.75, "end_time": 2.0, "namespace": "aws", "fault": True}
    told = segment(
        origin="AWS::Lambda::Function",
        parent_id="c" * 16,
        annotations={"paid": 7, "ok": True, "who": "ann", "x": [1]},
        http={"response": {"status": 200}},
        subsegments=[inner, {"id": "odd", "name": "left out", "start_time": 1.0}],
    )
    (resource,) = request([("1", "r", told)], Services())["resourceSpans"]
    assert resource["resource"]["attributes"][0] == {"key": "service.name", "value": {"stringValue": "f"}}
    outer, within = resource["scopeSpans"][0]["spans"]
    assert outer["traceId"] == within["traceId"] == "58406520a006649127e371903a2de979"
    assert (outer["spanId"], outer["parentSpanId"], outer["kind"]) == ("a" * 16, "c" * 16, 2)
    assert (outer["startTimeUnixNano"], outer["endTimeUnixNano"]) == ("1500000000", "2250000000")
    assert "status" not in outer
    assert outer["attributes"] == [
        {"key": "http.response.status_code", "value": {"intValue": "200"}},
        {"key": "aws.xray.origin", "value": {"stringValue": "AWS::Lambda::Function"}},
        {"key": "paid", "value": {"intValue": "7"}},
        {"key": "ok", "value": {"boolValue": True}},
        {"key": "who", "value": {"stringValue": "ann"}},
    ]
    assert (within["parentSpanId"], within["kind"], within["status"]) == ("a" * 16, 3, {"code": 2})


def names(services: Services, *segments: Segment) -> list[str]:
    """The service of each, by what is sent."""
    found = request([("1", "r", each) for each in segments], services)["resourceSpans"]
    of = {
        span["spanId"]: each["resource"]["attributes"][0]["value"]["stringValue"]
        for each in found
        for span in each["scopeSpans"][0]["spans"]
    }
    return [of[each.id] for each in segments]


def alone(id_: str, parent: str) -> Segment:
    return segment(id=id_ * 16, name="inner", type="subsegment", parent_id=parent * 16)


def test_what_came_by_itself_is_of_the_segment_that_its_parents_lead_to() -> None:
    services = Services()
    assert names(services, alone("c", "b"), alone("b", "a"), segment(), alone("d", "e")) == ["f", "f", "f", "lambent"]
    assert names(services, alone("2", "c")) == ["f"]  # what was known stays known
    assert names(services, alone("3", "4"), alone("4", "3")) == ["lambent", "lambent"]  # a ring


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spans, "REMEMBERED", 1)
    services = Services()
    names(services, segment(), segment(id="9" * 16))
    assert names(services, alone("b", "a")) == ["lambent"]
    assert names(services, alone("b", "9")) == ["f"]


def test_ids_that_nobody_can_name_are_not_remembered() -> None:
    services = Services()
    inner = [{"id": id_, "name": "x", "start_time": 1.0} for id_ in ("i" * 60_000, "b" * 16)]
    assert names(services, segment(subsegments=inner)) == ["f"]
    assert {*services._names} == {"a" * 16, "b" * 16}
