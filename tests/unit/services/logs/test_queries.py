"""Queries: begun, watched, stopped; a regular expression that never ends harms nobody."""

from __future__ import annotations

from typing import Any

import pytest

from lambent.services.logs import limits
from tests.unit.services.logs.conftest import World, soon

ENDLESS = "filter @message like /(a+)+b/"


async def start(world: World, query: str, **params: Any) -> str:
    given: dict[str, Any] = {
        "logGroupName": "g",
        "startTime": world.now // 1000 - 60,
        "endTime": world.now // 1000 + 60,
        "queryString": query,
    }
    return str((await world.call("StartQuery", **{**given, **params}))["queryId"])


async def ended(world: World, query: str) -> dict[str, Any]:
    asked = world.operations["GetQueryResults"].handler.__self__._asked  # type: ignore[attr-defined]
    await soon(lambda: asked[query].ended_ms)
    return dict(await world.call("GetQueryResults", queryId=query))


async def test_a_query(world: World) -> None:
    await world.stream()
    await world.put('{"n": 1}', '{"n": 2}', "other")
    query = await start(world, "stats sum(n) as s")
    told = await ended(world, query)
    assert (told["status"], told["results"]) == ("Complete", [[{"field": "s", "value": "3"}]])
    assert told["statistics"]["recordsScanned"] == 3.0 and told["statistics"]["logGroupsScanned"] == 1.0
    (shown,) = (await world.call("DescribeQueries", logGroupName="g", status="Complete"))["queries"]
    assert (shown["queryId"], shown["queryString"]) == (query, "stats sum(n) as s")
    assert (await world.refused("StopQuery", queryId=query))[1] == "Query has already ended."


async def test_what_never_ends_is_stopped_or_ends_in_time(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await world.stream()
    await world.put("a" * 60)
    query = await start(world, ENDLESS)
    assert (await world.call("StopQuery", queryId=query)) == {"success": True}
    assert (await ended(world, query))["status"] == "Cancelled"
    monkeypatch.setattr(limits, "QUERY_SECONDS", 1.0)
    assert (await ended(world, await start(world, ENDLESS)))["status"] in ("Timeout", "Failed")


async def test_pointers_and_fields(world: World) -> None:
    await world.stream()
    await world.put('{"a": {"b": 1}}', "x")
    found = await world.call("GetLogGroupFields", logGroupName="g")
    percent = {each["name"]: each["percent"] for each in found["logGroupFields"]}
    assert (percent["@message"], percent["a.b"]) == (100, 50)
    told = await ended(world, await start(world, "fields a.b | filter ispresent(a.b)"))
    (pointer,) = [each["value"] for each in told["results"][0] if each["field"] == "@ptr"]
    record = (await world.call("GetLogRecord", logRecordPointer=pointer))["logRecord"]
    assert (record["a.b"], record["@message"], record["@logStream"]) == ("1", '{"a": {"b": 1}}', "s")


async def test_what_is_refused(world: World) -> None:
    await world.stream()
    with pytest.raises(Exception, match=r"MalformedQueryException: Invalid query: there is no command nope\."):
        await start(world, "nope")
    with pytest.raises(Exception, match=r"Query's start date must be before its end date\."):
        await start(world, "", startTime=5, endTime=4)
    with pytest.raises(Exception, match="queryLanguage SQL is not supported by Lambent"):
        await start(world, "", queryLanguage="SQL")
    with pytest.raises(Exception, match="Exactly one of logGroupName, logGroupNames"):
        await start(world, "", logGroupNames=["g"])
    assert (await world.refused("GetQueryResults", queryId="x"))[1] == "The specified query does not exist."
