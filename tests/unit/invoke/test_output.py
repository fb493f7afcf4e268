"""Pipes in, log events out; what was written before a drain is logged by it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator

import pytest

from lambent.invoke.output import TAIL_BYTES, Output


class Sink:
    def __init__(self) -> None:
        self.events: list[tuple[int, str]] = []

    def write(self, timestamp_ms: int, message: str) -> None:
        self.events.append((timestamp_ms, message))

    @property
    def texts(self) -> list[str]:
        return [text for _, text in self.events]


class Clock:
    def now(self) -> float:
        return 12.3456

    def monotonic(self) -> float:
        return 0.0

    async def sleep(self, seconds: float) -> None:
        return None


async def logged(sink: Sink, count: int) -> None:
    """Wait until so many events have come, however long the machine takes."""
    async with asyncio.timeout(10):
        for _ in iter(lambda: len(sink.events) == count, True):
            await asyncio.sleep(0.005)


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    read, write = os.pipe()
    os.set_blocking(read, False)
    yield read, write
    for descriptor in (read, write):
        try:
            os.close(descriptor)
        except OSError:
            continue


async def test_what_is_not_wanted_is_told_to_listeners_alone(pipe: tuple[int, int], world) -> None:
    sink, heard = Sink(), list[str]()
    output = Output(sink, Clock())
    output.attach([pipe[0]], heard.extend, lambda event: event != "two")
    output.start_tail()
    os.write(pipe[1], b"one\ntwo\nthree\n")
    output.drain()
    assert sink.texts == ["one", "three"] and heard == ["one", "two", "three"]
    assert output.take_tail() == b"one\nthree\n"
    output.detach()


async def test_what_is_written_is_logged_without_being_asked(pipe: tuple[int, int], world) -> None:
    sink = Sink()
    output = Output(sink, Clock())
    output.attach([pipe[0]])
    os.write(pipe[1], b"one\ntwo\nthree")
    await world.quiet()
    assert sink.events == [(12345, "one"), (12345, "two")]
    output.drain()
    assert sink.texts == ["one", "two", "three"]
    output.detach()


async def test_a_drain_sees_all_that_was_written_before_it(pipe: tuple[int, int]) -> None:
    sink = Sink()
    output = Output(sink, Clock())
    output.attach([pipe[0]])
    os.write(pipe[1], b"x" * 50 + b"\n")
    os.write(pipe[1], b"unfinished")
    output.drain()
    assert sink.texts == ["x" * 50, "unfinished"]
    output.detach()


async def test_detaching_reads_what_is_left_and_closes(pipe: tuple[int, int]) -> None:
    sink = Sink()
    output = Output(sink, Clock())
    output.attach([pipe[0]])
    os.write(pipe[1], b"last words")
    os.close(pipe[1])
    output.detach()
    output.detach()
    output.drain()
    assert sink.texts == ["last words"]
    with pytest.raises(OSError):
        os.fstat(pipe[0])


async def test_a_pipe_that_ended_is_not_read_again_and_again(pipe: tuple[int, int], world, monkeypatch) -> None:
    reads: list[int] = []
    real = os.read

    def counting(descriptor: int, size: int) -> bytes:
        reads.append(descriptor)
        return real(descriptor, size)

    monkeypatch.setattr(os, "read", counting)
    output = Output(Sink(), Clock())
    output.attach([pipe[0]])
    os.close(pipe[1])
    await world.quiet()
    assert reads.count(pipe[0]) == 1
    output.detach()


async def test_a_tail_is_the_end_of_what_came_since_it_was_asked_for() -> None:
    output = Output(Sink(), Clock())
    output.write(["before"], 1.0)
    output.start_tail()
    output.write(["after", "more"], 1.0)
    assert output.take_tail() == b"after\nmore\n"
    output.start_tail()
    output.write(["é" * 4000, "end"], 1.0)
    tail = output.take_tail()
    assert len(tail) == TAIL_BYTES
    assert tail.endswith("é\nend\n".encode())
    assert output.take_tail() == b""


async def test_what_a_function_forges_is_marked_and_what_the_platform_writes_is_not(pipe: tuple[int, int]) -> None:
    sink = Sink()
    output = Output(sink, Clock())
    output.attach([pipe[0]])
    output.write(["REPORT RequestId: 1"], 5.0)
    os.write(pipe[1], b"REPORT RequestId: 2\nhello\n")
    output.drain()
    output.detach()
    assert [(at > 0, text) for at, text in sink.events] == [
        (True, "REPORT RequestId: 1"),
        (False, "REPORT RequestId: 2"),
        (True, "hello"),
    ]


async def test_a_flood_does_not_hold_the_loop_for_ever(pipe: tuple[int, int], monkeypatch) -> None:
    turns: list[int] = []

    def endless(descriptor: int, size: int) -> bytes:
        turns.append(descriptor)
        return b"y\n" * (size // 2)

    output = Output(Sink(), Clock())
    output.attach([pipe[0]])
    os.write(pipe[1], b"y\n")
    monkeypatch.setattr(os, "read", endless)
    output.drain()
    assert len(turns) == 8
    monkeypatch.undo()
    output.detach()


async def test_a_function_that_floods_its_log_is_made_to_wait(pipe: tuple[int, int], world) -> None:
    sink = Sink()
    output = Output(sink, Clock())
    output.attach([pipe[0]])
    os.write(pipe[1], b"\n" * 40_000)
    await world.quiet()
    assert len(sink.events) == 16 * 1024
    await logged(sink, 40_000)
    output.detach()


async def test_a_function_that_floods_its_log_with_long_lines_is_made_to_wait_too(pipe: tuple[int, int], world) -> None:
    sink = Sink()
    output = Output(sink, Clock())
    output.attach([pipe[0]])
    os.write(pipe[1], (b"x" * 16_383 + b"\n") * 4)
    await world.quiet()
    assert len(sink.events) == 1
    await logged(sink, 4)
    output.detach()


async def test_detaching_ends_a_pause(pipe: tuple[int, int], world) -> None:
    sink = Sink()
    output = Output(sink, Clock())
    output.attach([pipe[0]])
    os.write(pipe[1], b"\n" * 20_000)
    await world.quiet()
    output.detach()
    assert len(sink.events) == 20_000
    await asyncio.sleep(0.1)


async def test_a_listener_is_told_what_comes_through_its_pipes_only(pipe: tuple[int, int]) -> None:
    read, write = pipe
    sink, heard = Sink(), []
    output = Output(sink, Clock())
    output.attach([read], heard.extend)
    os.write(write, b"one\ntwo")
    output.drain()
    output.write(["the platform's"], 1.0)
    output.detach()
    assert heard == ["one", "two"]
    assert sink.texts == ["one", "two", "the platform's"]
