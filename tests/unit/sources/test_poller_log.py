"""The system log of a mapping: which lines are said, where, in which words."""

from __future__ import annotations

import json

import pytest

from lambent.clock import MovableClock
from lambent.model.event_source import EventSourceMapping
from lambent.sources.poller_log import PollerLog, nowhere
from tests.unit.sources.test_kafka_events import mapping


class Book:
    def __init__(self) -> None:
        self.lines: list[tuple[str, int, dict[str, object]]] = []

    async def write(self, mapping: EventSourceMapping, stream: str, timestamp_ms: int, line: str) -> None:
        self.lines.append((stream, timestamp_ms, json.loads(line)))


@pytest.mark.parametrize(
    ("level", "said"), [("", []), ("WARN", ["WARN"]), ("INFO", ["INFO", "WARN"]), ("DEBUG", ["DEBUG", "INFO", "WARN"])]
)
async def test_the_level_decides(level: str, said: list[str]) -> None:
    book = Book()
    config = {"LoggingConfig": {"SystemLogLevel": level}} if level else {}
    log = PollerLog(mapping(**config), book.write, MovableClock())
    await log.debug("d")
    await log.info("i")
    await log.warn("w")
    assert [line["level"] for _, _, line in book.lines] == said


async def test_a_line_says_who_when_and_what() -> None:
    book, clock = Book(), MovableClock()
    clock.move(1_790_000_000.25 - clock.now())
    said = mapping(LoggingConfig={"SystemLogLevel": "INFO"})
    await PollerLog(said, book.write, clock).info("Polling begins", topic="t")
    ((stream, at, line),) = book.lines
    assert stream == f"2026/09/21/{said.uuid}"
    assert line == {
        "timestamp": "2026-09-21T14:13:20.250Z",
        "level": "INFO",
        "message": "Polling begins",
        "eventSourceMappingArn": said.arn,
        "functionArn": said.function_arn,
        "topic": "t",
    }
    assert at == 1_790_000_000_250
    await PollerLog(said, nowhere, clock).info("nobody reads this")
