"""Traces summed up."""

from __future__ import annotations

import json
from typing import Any

from lambent.observe.traces.segments import parse
from lambent.services.xray.summary import Node, Traced, summed
from tests.unit.services.xray.conftest import NOW, segment, trace


def traced(*documents: dict[str, Any]) -> Traced:
    return summed(trace(1), [parse(json.dumps(document)) for document in documents])


def test_a_request_through_two_services() -> None:
    found = traced(
        segment(
            1,
            "a",
            "web",
            0,
            3,
            origin="AWS::EC2::Instance",
            user="me",
            annotations={"tenant": "x", "n": 1},
            http={"request": {"url": "http://h/p", "method": "GET"}, "response": {"status": 503}},
            fault=True,
        ),
        segment(1, "b", "api", 1, 1, parent_id="a" * 16, aws={"account_id": "7"}, annotations={"tenant": "y"}),
        segment(1, "c", "late", 2.5, 2, parent_id="b" * 16),
    )
    assert (found.start, found.duration, found.response) == (NOW, 4.5, 3)
    assert (found.fault, found.error, found.throttle, found.partial) == (True, False, False, False)
    assert found.http == {"HttpURL": "http://h/p", "HttpMethod": "GET", "HttpStatus": 503}
    web, api = Node("web", "AWS::EC2::Instance"), Node("api", "", "7")
    assert found.annotations == {"tenant": [("x", web), ("y", api)], "n": [(1, web)]}
    assert found.users == {"me": [web]}
    assert found.nodes == [web, api, Node("late", "")]
    assert found.entry == web


def test_annotations_of_subsegments_count_and_what_goes_on_is_partial() -> None:
    inner = {"id": "1" * 16, "name": "q", "start_time": NOW, "end_time": NOW, "annotations": {"k": True}}
    found = traced(segment(1, "a", "web", subsegments=[inner]) | {"end_time": None, "in_progress": True})
    assert found.partial
    assert found.annotations == {"k": [(True, Node("web", ""))]}


def test_a_subsegment_by_itself_is_no_service() -> None:
    found = traced(segment(1, "a", "web"), segment(1, "b", "SQS", type="subsegment", parent_id="a" * 16, error=True))
    assert found.nodes == [Node("web", "")]
    assert found.error
