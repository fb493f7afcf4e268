"""Segments put and traces read."""

from __future__ import annotations

import json

import pytest

from lambent.services.xray import limits
from lambent.services.xray import segments as module
from tests.unit.services.xray.conftest import World, segment, trace


async def test_there_and_back(world: World) -> None:
    await world.put(segment(1, "a", "web"), segment(1, "b", "api", 0.5, 2, parent_id="a" * 16), segment(2, "c", "x"))
    told = await world.call("BatchGetTraces", TraceIds=[trace(1), trace(9)])
    (found,) = told["Traces"]
    assert told["UnprocessedTraceIds"] == [trace(9)]
    assert (found["Id"], found["Duration"], found["LimitExceeded"]) == (trace(1), 2.5, False)
    assert [json.loads(each["Document"])["name"] for each in found["Segments"]] == ["web", "api"]
    graph = await world.call("GetTraceGraph", TraceIds=[trace(1)])
    assert {service["Name"] for service in graph["Services"]} == {"clients", "web", "api"}


async def test_what_is_no_segment_is_told_and_the_others_are_kept(world: World) -> None:
    bad = {"id": "d" * 16, "trace_id": "nonsense"}
    documents = [json.dumps(bad), json.dumps(segment(1, "a", "web")), "{"]
    told = await world.call("PutTraceSegments", TraceSegmentDocuments=documents)
    first, second = told["UnprocessedTraceSegments"]
    assert (first["Id"], first["ErrorCode"]) == ("d" * 16, "InvalidTraceId")
    assert second["ErrorCode"] == "MalformedSegment"
    assert "Id" not in second
    assert len((await world.call("BatchGetTraces", TraceIds=[trace(1)]))["Traces"]) == 1


async def test_limits(world: World) -> None:
    assert "at most 50" in await world.refused("PutTraceSegments", TraceSegmentDocuments=["{}"] * 51)
    assert "at most 5" in await world.refused("BatchGetTraces", TraceIds=["x"] * 6)
    assert await world.call("PutTelemetryRecords", TelemetryRecords=[]) == {}


async def test_large_traces_come_page_by_page(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await world.put(*(segment(number, str(number), "web") for number in range(1, 5)))
    size = len(json.dumps(segment(1, "1", "web")))
    monkeypatch.setattr(limits, "TRACE_BYTES", 2 * size)
    ids = [trace(number) for number in (4, 9, 2, 1, 3)]
    first = await world.call("BatchGetTraces", TraceIds=ids)
    assert [each["Id"] for each in first["Traces"]] == [trace(4), trace(2)]
    assert first["UnprocessedTraceIds"] == []
    last = await world.call("BatchGetTraces", TraceIds=ids, NextToken=first["NextToken"])
    assert [each["Id"] for each in last["Traces"]] == [trace(1), trace(3)]
    assert last["UnprocessedTraceIds"] == [trace(9)]
    assert "NextToken" not in last


async def test_a_trace_that_is_cut_off_says_so(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_OF_TRACE", 2)
    await world.put(segment(1, "a", "web"), segment(1, "b", "api"), segment(2, "c", "web"))
    told = await world.call("BatchGetTraces", TraceIds=[trace(1), trace(2)])
    assert [each["LimitExceeded"] for each in told["Traces"]] == [True, False]
