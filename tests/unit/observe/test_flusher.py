"""Flushing behind the caller's back."""

from __future__ import annotations

import asyncio

import pytest

from lambent.model.errors import PlatformError
from lambent.observe.flusher import Flusher


async def test_once_for_all_that_came_meanwhile_and_once_at_the_end() -> None:
    flushed = asyncio.Event()
    count = 0

    async def flush() -> None:
        nonlocal count
        count += 1
        flushed.set()

    async with Flusher(flush, 0.0, "things") as flusher:
        flusher.wake()
        flusher.wake()
        await flushed.wait()
        assert count == 1
    assert count == 2


async def test_a_failure_is_told_and_the_next_is_tried(caplog: pytest.LogCaptureFixture) -> None:
    results = iter([PlatformError("the disk is full"), None, None])
    tried = asyncio.Event()

    async def flush() -> None:
        tried.set()
        if (result := next(results)) is not None:
            raise result

    async with Flusher(flush, 0.0, "things") as flusher:
        for _ in range(2):
            tried.clear()
            flusher.wake()
            await tried.wait()
    assert [record.message for record in caplog.records] == ["things were lost: the disk is full"]


async def test_what_a_flush_has_taken_is_not_given_up_at_the_end() -> None:
    waiting, written = ["a"], list[str]()
    taken, gate = asyncio.Event(), asyncio.Event()

    async def flush() -> None:
        batch = waiting.copy()
        waiting.clear()
        taken.set()
        if batch:
            await gate.wait()
        written.extend(batch)

    flusher = Flusher(flush, 0.0, "things")
    await flusher.__aenter__()
    flusher.wake()
    await taken.wait()
    ending = asyncio.create_task(flusher.__aexit__(None, None, None))
    await asyncio.sleep(0)
    gate.set()
    await ending
    assert written == ["a"]
