"""The pollers of all mappings: begun, changed, ended, and begun again when they break."""

from __future__ import annotations

import asyncio
import logging

import msgspec
import pytest

from lambent.clock import MovableClock
from lambent.model.event_source import EventSourceMapping, MappingState, SourceKind
from lambent.sources.base import SourceFailed, SourceRefused
from lambent.sources.polling import Polling

HERE = ("000000000000", "us-east-1")
ON = EventSourceMapping("u1", *HERE, SourceKind.SQS, "f", "", "arn:q", True, MappingState.ENABLED, 1.0)
OFF = msgspec.structs.replace(ON, enabled=False)


class Diary:
    """A source that writes down what is asked of it, and takes a while to stop."""

    def __init__(self) -> None:
        self.events: list[str] = []
        self.breaks = 0
        self.failure: Exception = RuntimeError("a pipe burst")
        self.linger = asyncio.Event()
        self.linger.set()

    async def probe(self, mapping: EventSourceMapping, run_seconds: int) -> None:
        raise SourceRefused(f"{mapping.uuid} {run_seconds}")

    async def poll(self, mapping: EventSourceMapping, stop: asyncio.Event) -> None:
        self.events.append(f"begin {mapping.uuid} {mapping.generation}")
        if self.breaks:
            self.breaks -= 1
            raise self.failure
        await stop.wait()
        await self.linger.wait()
        self.events.append(f"end {mapping.uuid} {mapping.generation}")


async def turns() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_a_change_waits_for_what_was_read_before() -> None:
    source = Diary()
    async with Polling({SourceKind.SQS: source}, MovableClock()) as polling:
        assert polling.kinds == {SourceKind.SQS}
        await polling.apply(ON)
        await turns()
        source.linger.clear()
        change = asyncio.create_task(polling.apply(msgspec.structs.replace(ON, generation=1)))
        await turns()
        assert source.events == ["begin u1 0"]
        source.linger.set()
        await change
        await turns()
        assert source.events == ["begin u1 0", "end u1 0", "begin u1 1"]
        await polling.apply(OFF)
        assert source.events[-1] == "end u1 1"
        await polling.apply(OFF)
        await polling.apply(msgspec.structs.replace(ON, uuid="u2"))
        await turns()
    assert source.events[-1] == "begin u2 0"
    assert len(asyncio.all_tasks()) == 1


async def test_probing_asks_the_source_and_strangers_are_not_read() -> None:
    async with Polling({SourceKind.SQS: Diary()}, MovableClock()) as polling:
        with pytest.raises(SourceRefused, match="u1 9"):
            await polling.probe(ON, 9)
        await polling.apply(msgspec.structs.replace(ON, kind=SourceKind.MQ))
    assert len(asyncio.all_tasks()) == 1


async def test_one_that_breaks_is_begun_again(caplog: pytest.LogCaptureFixture) -> None:
    source, clock = Diary(), MovableClock()
    source.breaks = 1
    with caplog.at_level(logging.ERROR):
        async with Polling({SourceKind.SQS: source}, clock) as polling:
            await polling.apply(ON)
            await turns()
            clock.move(5)
            await turns()
            assert source.events == ["begin u1 0"] * 2
    assert "the poller of arn:aws:lambda:us-east-1:000000000000:event-source-mapping:u1 broke" in caplog.text


@pytest.mark.parametrize(
    ("failure", "result"),
    [(SourceFailed("down", "PROBLEM: down"), "PROBLEM: down"), (SourceRefused("No secret."), "PROBLEM: No secret.")],
)
async def test_a_source_that_cannot_be_read_now_says_so_until_it_can(failure: Exception, result: str) -> None:
    source, clock = Diary(), MovableClock()
    source.breaks, source.failure = 1, failure
    async with Polling({SourceKind.SQS: source}, clock) as polling:
        assert polling.last_result("u1") == "No records processed"
        await polling.apply(ON)
        await turns()
        assert polling.last_result("u1") == result
        clock.move(5)
        await turns()
        assert source.events == ["begin u1 0"] * 2
        polling.tell("u1", "OK")
        assert polling.last_result("u1") == "OK"
        await polling.apply(OFF)
        assert polling.last_result("u1") == "No records processed"


async def test_a_mapping_that_cannot_be_opened_is_not_read_until_it_can() -> None:
    source, clock, locked = Diary(), MovableClock(), True

    async def opened(mapping: EventSourceMapping) -> EventSourceMapping:
        if locked:
            raise SourceFailed("no key", "PROBLEM: no key")
        return msgspec.structs.replace(mapping, generation=7)

    async with Polling({SourceKind.SQS: source}, clock, opened) as polling:
        await polling.apply(ON)
        await turns()
        assert (source.events, polling.last_result("u1")) == ([], "PROBLEM: no key")
        locked = False
        clock.move(5.1)
        await turns()
        assert source.events == ["begin u1 7"]


async def test_a_change_does_not_wait_for_the_next_attempt() -> None:
    source = Diary()
    source.breaks = 1
    async with Polling({SourceKind.SQS: source}, MovableClock()) as polling:
        await polling.apply(ON)
        await turns()
        await polling.apply(msgspec.structs.replace(ON, generation=1))
        await turns()
        assert source.events == ["begin u1 0", "begin u1 1"]
