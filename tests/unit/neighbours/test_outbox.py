"""The outbox over both queues, with a clock that is moved by hand and attempts that do as they are told."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

import pytest

from lambent.clock import MovableClock
from lambent.model.errors import PlatformError
from lambent.neighbours.outbox import Outbox
from lambent.queue.memory import MemoryQueue
from lambent.queue.sqlite import SqliteQueue

Answer = Callable[[str, bytes, int], float | None]


class World:
    """An outbox whose attempts are written down as (line, body, attempts before)."""

    def __init__(self, places: int = 4, places_a_line: int = 2) -> None:
        self.clock = MovableClock()
        self.tried: list[tuple[str, bytes, int]] = []
        self.since: list[float] = []
        self.answer: Answer = lambda line, body, before: None
        self.gate = asyncio.Event()
        self.gate.set()
        self.running: list[str] = []
        self.places, self.places_a_line = places, places_a_line

    async def attempt(self, line: str, body: bytes, before: int, since: float) -> float | None:
        self.running.append(line)
        try:
            await self.gate.wait()
        finally:
            self.running.remove(line)
        self.tried.append((line, body, before))
        self.since.append(since)
        return self.answer(line, body, before)

    @contextlib.asynccontextmanager
    async def opened(self, path: Path | None = None) -> AsyncIterator[Outbox]:
        queue = MemoryQueue() if path is None else SqliteQueue(path)
        async with (
            queue,
            Outbox(queue, self.attempt, self.clock, places=self.places, places_a_line=self.places_a_line) as outbox,
        ):
            yield outbox

    async def until(self, tried: int) -> None:
        """Until that many attempts were made, whatever threads have to do for it."""
        await when(lambda: len(self.tried) >= tried)

    async def empty(self, outbox: Outbox, *lines: str) -> None:
        await when(lambda: not any(outbox.holds(line) for line in lines))


async def when(true: Callable[[], bool]) -> None:
    """Turn the loop, and let threads work, until something is true."""
    async with asyncio.timeout(10):
        while not true():
            await asyncio.to_thread(int)


async def settled() -> None:
    for _ in range(60):
        await asyncio.sleep(0)


async def test_work_is_tried_once_and_gone() -> None:
    world = World()
    async with world.opened() as outbox:
        await outbox.put("a", [b"1", b"2"])
        assert outbox.holds("a")
        await world.empty(outbox, "a")
    assert sorted(world.tried) == [("a", b"1", 0), ("a", b"2", 0)]


async def test_work_is_tried_again_when_it_is_due_and_not_before() -> None:
    world = World()
    start = world.clock.now()
    world.answer = lambda line, body, before: None if before else start + 100
    async with world.opened() as outbox:
        await outbox.put("a", [b"1"])
        await settled()
        assert world.tried == [("a", b"1", 0)]
        world.clock.move(90)
        await settled()
        assert len(world.tried) == 1
        world.clock.move(11)
        await world.empty(outbox, "a")
    assert world.tried == [("a", b"1", 0), ("a", b"1", 1)]
    assert world.since[0] == world.since[1] == pytest.approx(start, abs=5)


async def test_work_for_later_waits() -> None:
    world = World()
    async with world.opened() as outbox:
        await outbox.put("a", [b"late"], at=world.clock.now() + 50)
        await outbox.put("a", [b"now"])
        await settled()
        assert world.tried == [("a", b"now", 0)]
        world.clock.move(51)
        await world.empty(outbox, "a")
    assert world.tried[1:] == [("a", b"late", 0)]


async def test_a_line_has_its_places_and_others_are_not_delayed() -> None:
    world = World(places=3, places_a_line=2)
    world.gate.clear()
    async with world.opened() as outbox:
        await outbox.put("many", [b"%d" % number for number in range(1000)])
        await settled()
        assert world.running == ["many", "many"]
        await outbox.put("one", [b"first"])
        await outbox.put("two", [b"first"])
        await settled()
        assert sorted(world.running) == ["many", "many", "one"]  # three places there are, of all lines
        world.gate.set()
        await world.empty(outbox, "many", "one", "two")
    firsts = [world.tried.index((line, b"first", 0)) for line in ("one", "two")]
    assert max(firsts) < 20, "a million of another line stood before them"
    assert len(world.tried) == 1002


async def test_what_raises_is_tried_again_after_longer_and_longer() -> None:
    world = World()

    def fail(line: str, body: bytes, before: int) -> float | None:
        if before < 2:
            raise ValueError("ours")
        return None

    world.answer = fail
    async with world.opened() as outbox:
        await outbox.put("a", [b"1"])
        await settled()
        world.clock.move(1.1)
        await settled()
        assert len(world.tried) == 2
        world.clock.move(1.1)
        await settled()
        assert len(world.tried) == 2
        world.clock.move(1)
        await world.empty(outbox, "a")
    assert [before for _, _, before in world.tried] == [0, 1, 2]


async def test_a_restart_takes_up_what_was_begun_and_keeps_what_waits_waiting(tmp_path: Path) -> None:
    world = World()
    later = world.clock.now() + 1000
    world.answer = lambda line, body, before: later
    async with world.opened(tmp_path / "q") as outbox:
        await outbox.put("deferred", [b"d"])
        await world.until(1)
        async with asyncio.timeout(10):
            while await outbox._queue.next_visible("deferred") != later:
                await asyncio.to_thread(int)  # until the deferral is on the disk
        world.gate.clear()
        await outbox.put("begun", [b"b"])
        await when(lambda: bool(world.running))
    world.gate.set()
    world.answer = lambda line, body, before: None
    async with world.opened(tmp_path / "q") as outbox:
        await world.empty(outbox, "begun")
        assert world.tried == [("deferred", b"d", 0), ("begun", b"b", 1)]
        world.clock.move(1001)
        await world.empty(outbox, "deferred")
    assert world.tried[2:] == [("deferred", b"d", 1)]


@pytest.mark.parametrize("backend", ["memory", "sqlite"])
async def test_a_line_of_one_place_keeps_its_order_whatever_fails(backend: str, tmp_path: Path) -> None:
    world = World(places_a_line=1)
    start = world.clock.now()
    world.answer = lambda line, body, before: start + 10 if (body, before) == (b"1", 0) else None
    async with world.opened(tmp_path / "q" if backend == "sqlite" else None) as outbox:
        await outbox.put("a", [b"1", b"2"])
        await world.until(1)
        await outbox.put("a", [b"3"])
        await outbox.put("b", [b"1"], at=start + 5)
        await outbox.put("c", [b"free"])
        await world.until(2)
        await settled()
        assert world.tried == [("a", b"1", 0), ("c", b"free", 0)]
        world.clock.move(11)
        await world.empty(outbox, "a", "b")
    assert [(body, before) for line, body, before in world.tried if line == "a"] == [
        (b"1", 0),
        (b"1", 1),
        (b"2", 0),
        (b"3", 0),
    ]
    assert all(since < start + 8 for since in world.since)


async def test_order_outlives_a_restart(tmp_path: Path) -> None:
    world = World(places_a_line=1)
    world.answer = lambda line, body, before: world.clock.now() + 1000
    async with world.opened(tmp_path / "q") as outbox:
        await outbox.put("a", [b"%d" % number for number in range(3)])
        await world.until(1)
    world.answer = lambda line, body, before: None
    async with world.opened(tmp_path / "q") as outbox:
        await outbox.put("a", [b"3"])
        await world.empty(outbox, "a")
    assert [body for _, body, _ in world.tried] == [b"0", b"0", b"1", b"2", b"3"]


async def test_a_store_that_fails_for_a_while_loses_nothing() -> None:
    class Weak(MemoryQueue):
        failures = 2

        async def ack(self, queue: str, messages: Sequence[object]) -> int:
            if self.failures:
                self.failures -= 1
                raise PlatformError("disk full")
            return await super().ack(queue, messages)  # type: ignore[arg-type]

    world = World()
    async with Outbox(Weak(), world.attempt, world.clock, places=1) as outbox:
        await outbox.put("a", [b"1"])
        await settled()
        for _ in range(2):
            world.clock.move(1.1)
            await settled()
        assert not outbox.holds("a")
    assert world.tried == [("a", b"1", 0)]


async def test_closing_ends_every_task() -> None:
    world = World()
    world.gate.clear()
    async with world.opened() as outbox:
        await outbox.put("a", [b"1", b"2"])
        await settled()
        assert world.running == ["a", "a"]
    assert world.running == []
