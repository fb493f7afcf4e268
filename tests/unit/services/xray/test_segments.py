"""Segments put and traces read."""

from __future__ import annotations

import json

from tests.unit.services.xray.conftest import World, segment, trace


async def test_there_and_back(world: World) -> None:
    await world.put(segment(1, "a", "web"), segment(1, "b", "api", 0.5, 2, parent_id="a" * 16), segment(2, "c", "x"))
    told = await world.call("BatchGetTraces", TraceIds=[trace(1), trace(9)])
    (found,) = told["Traces"]
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
