"""Reading and following a function's log."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lambent.model.errors import ApiError
from lambent.observe.logs import LogStore
from lambent.services.lambda_.logs import FunctionLogs, LogLine

if TYPE_CHECKING:
    from tests.unit.services.lambda_.conftest import World

AT = ("000000000000", "us-east-1")


@pytest.fixture
async def store(world: World, tmp_path: Path) -> AsyncIterator[LogStore]:
    async with LogStore(tmp_path / "logs", world.clock) as opened:
        yield opened


async def texts(logs: FunctionLogs, function: str, start_ms: int | None = None) -> list[str]:
    return [line.message async for line in await logs.lines(*AT, function, start_ms, False)]


@pytest.mark.parametrize("name", ["f", "arn:aws:lambda:us-east-1:000000000000:function:f:1", "f:1"])
async def test_read(world: World, store: LogStore, name: str) -> None:
    await world.create()
    store.stream(*AT, "/aws/lambda/f", "s").write(1000, "one")
    store.stream(*AT, "/aws/lambda/f", "t").write(2000, "two")
    store.stream(*AT, "/aws/lambda/g", "t").write(2000, "other")
    logs = FunctionLogs(world.repository, store)
    assert await texts(logs, name) == ["one", "two"]
    assert await texts(logs, name, 1500) == ["two"]


async def test_a_group_of_the_functions_own(world: World, store: LogStore) -> None:
    await world.create(LoggingConfig={"LogGroup": "shared"})
    store.stream(*AT, "shared", "s").write(1000, "one")
    assert await texts(FunctionLogs(world.repository, store), "f") == ["one"]


async def test_no_line_yet(world: World, store: LogStore) -> None:
    await world.create()
    assert await texts(FunctionLogs(world.repository, store), "f") == []


async def test_the_log_outlives_the_function(world: World, store: LogStore) -> None:
    store.stream(*AT, "/aws/lambda/gone", "s").write(1000, "one")
    logs = FunctionLogs(world.repository, store)
    assert await texts(logs, "gone") == ["one"]
    with pytest.raises(ApiError, match="Function not found: arn:aws:lambda:us-east-1:000000000000:function:nobody"):
        await texts(logs, "nobody")


async def test_follow_until_closed(world: World, store: LogStore) -> None:
    await world.create()
    stream = store.stream(*AT, "/aws/lambda/f", "s")
    stream.write(1000, "past")
    logs = FunctionLogs(world.repository, store)
    lines = await logs.lines(*AT, "f", None, True)
    assert await anext(lines) == LogLine(1000, "past", "s")
    coming = asyncio.ensure_future(anext(lines))
    stream.write(2000, "news")
    assert (await coming).message == "news"
    waiting = asyncio.ensure_future(anext(lines, None))
    await asyncio.sleep(0)
    logs.close()
    assert await waiting is None


async def test_follow_ends_with_the_store(world: World, store: LogStore) -> None:
    await world.create()
    lines = await FunctionLogs(world.repository, store).lines(*AT, "f", None, True)
    waiting = asyncio.ensure_future(anext(lines, None))
    store.stream(*AT, "/aws/lambda/f", "s").write(1000, "one")
    assert (await waiting).message == "one"  # type: ignore[union-attr]
    waiting = asyncio.ensure_future(anext(lines, None))
    await store.__aexit__(None, None, None)
    assert await waiting is None
