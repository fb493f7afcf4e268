"""Live tail: events as they come, as long as the server runs."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest

from lambent.services.logs import live_tail as module
from tests.unit.services.logs.conftest import ACCOUNT, REGION, World

ARN = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:g"


async def test_a_session(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_FRAME_SECONDS", 0.01)
    await world.stream()
    params = {"logGroupIdentifiers": [ARN], "logEventFilterPattern": "wanted", "logStreamNames": ["s"]}
    stream = (await world.call("StartLiveTail", **params))["responseStream"]
    async with asyncio.timeout(10), aclosing(aiter(stream)) as events:
        start = (await anext(events))["sessionStart"]
        assert start["logGroupIdentifiers"] == [ARN] and start["logStreamNames"] == ["s"]
        # From here on nothing is missed.
        await world.put("wanted 1", "other", "wanted 2")
        heard: list[str] = []
        while len(heard) < 2:
            update = (await anext(events))["sessionUpdate"]
            heard += [each["message"] for each in update["sessionResults"]]
        assert heard == ["wanted 1", "wanted 2"] and update["sessionMetadata"] == {"sampled": False}
        world.live_tail.close()
        assert [*[event async for event in events]][-1] == {
            "SessionTimeoutException": {"message": "The session has ended."}
        }
    assert len(world.store._following) == 0


async def test_what_is_refused(world: World) -> None:
    await world.stream()
    start = "StartLiveTail"
    assert (await world.refused(start, logGroupIdentifiers=["g"]))[1] == (
        "logGroupIdentifiers must be ARNs of log groups."
    )
    assert (await world.refused(start, logGroupIdentifiers=[ARN + "x"]))[0] == "ResourceNotFoundException"
    both = {"logStreamNames": ["a"], "logStreamNamePrefixes": ["a"]}
    assert "mutually exclusive" in (await world.refused(start, logGroupIdentifiers=[ARN], **both))[1]
    assert (await world.refused(start, logGroupIdentifiers=[ARN], logEventFilterPattern="{"))[0] == (
        "InvalidParameterException"
    )
