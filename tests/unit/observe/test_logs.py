"""The log store: never in the way, nothing lost that can be kept, followers miss nothing."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import threading
import time
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

import pytest

from lambent.clock import MovableClock
from lambent.model.errors import PlatformError
from lambent.observe import log_files, log_stream
from lambent.observe import logs as logs_module
from lambent.observe.log_files import Group, LogEvent, LogFiles
from lambent.observe.log_permits import Permits
from lambent.observe.logs import LogStore, LogStream

WHERE = ("000000000000", "us-east-1", "/aws/lambda/f")


@pytest.fixture
async def logs(tmp_path: Path) -> AsyncIterator[LogStore]:
    async with LogStore(tmp_path, MovableClock()) as logs:
        yield logs


class SlowFiles:
    """Holds every append until it may go on, like a disk that has much to do."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.reached = threading.Event()
        self._turns = threading.Semaphore(0)
        self._append = LogFiles.append
        monkeypatch.setattr(LogFiles, "append", lambda *arguments: self.append(*arguments))

    def append(self, files: LogFiles, group: Group, stream: str, lines: Iterable[tuple[int, str]]) -> None:
        self.reached.set()
        assert self._turns.acquire(timeout=10)
        self._append(files, group, stream, lines)

    def let(self, appends: int = 1000) -> None:
        """Let so many appends go on."""
        self._turns.release(appends)


def messages(events: Iterable[LogEvent]) -> list[str]:
    return [event.message for event in events]


async def follows(logs: LogStore) -> None:
    """Wait until someone has begun to follow."""
    async with asyncio.timeout(10):
        while not len(logs._following):
            await asyncio.to_thread(lambda: None)


async def take(follower: AsyncIterator[LogEvent], count: int) -> list[str]:
    async with asyncio.timeout(10):
        return [(await anext(follower)).message for _ in range(count)]


async def test_what_is_written_is_read(logs: LogStore) -> None:
    one, two = logs.stream(*WHERE, "one"), logs.stream(*WHERE, "two")
    one.write(1, "a")
    two.write(2, "b\nc")
    one.write(3, "d")
    assert await logs.read(*WHERE) == [
        LogEvent(1, "a", "one", 1),
        LogEvent(2, "b\nc", "two", 2),
        LogEvent(3, "d", "one", 3),
    ]
    assert messages(await logs.read(*WHERE, start_ms=2, limit=1)) == ["d"]
    assert await logs.groups(*WHERE[:2]) == ["/aws/lambda/f"]
    assert await logs.streams(*WHERE) == ["one", "two"]
    assert await logs.read("1", "here", "other") == []


async def test_lines_reach_the_file_by_themselves(logs: LogStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs_module, "FLUSH_SECONDS", 0.01)
    slow = SlowFiles(monkeypatch)
    logs.stream(*WHERE, "s").write(1, "x")
    assert await asyncio.to_thread(slow.reached.wait, 10)
    slow.let()


async def test_much_is_written_at_once_and_little_waits(logs: LogStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs_module, "FLUSH_SECONDS", 1000.0)
    slow = SlowFiles(monkeypatch)
    stream = logs.stream(*WHERE, "s")
    stream.write(1, "little")
    for _ in range(10):
        await asyncio.sleep(0)
    assert not slow.reached.is_set()
    stream.write(2, "x" * log_stream.FLUSH_BYTES)
    assert await asyncio.to_thread(slow.reached.wait, 10)
    slow.let()


async def test_the_loop_goes_on_while_the_disk_is_slow(logs: LogStore, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = SlowFiles(monkeypatch)
    stream = logs.stream(*WHERE, "s")
    stream.write(1, "before")
    flushing = asyncio.create_task(logs.flush())
    await asyncio.to_thread(slow.reached.wait, 10)
    for n in range(1000):
        stream.write(2, f"meanwhile {n}")
    assert not flushing.done()
    slow.let()
    await flushing
    assert messages(await logs.read(*WHERE)) == messages(await logs.read(*WHERE, limit=1000))
    assert len(await logs.read(*WHERE, limit=2000)) == 1001


async def test_what_is_written_during_a_flush_still_counts_as_waiting(
    logs: LogStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = SlowFiles(monkeypatch)
    stream = logs.stream(*WHERE, "s")
    stream.write(1, "before")
    before = logs.buffered
    flushing = asyncio.create_task(logs.flush())
    await asyncio.to_thread(slow.reached.wait, 10)
    stream.write(2, "meanwhile")
    assert logs.buffered > before
    slow.let(1)
    await flushing
    assert 0 < logs.buffered <= before + 10
    slow.let()
    await logs.flush()
    assert logs.buffered == 0


async def test_what_a_slow_disk_cannot_take_is_dropped_counted_and_told(
    logs: LogStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = SlowFiles(monkeypatch)
    logs.capacity = 1500
    stream, other = logs.stream(*WHERE, "s"), logs.stream(*WHERE, "t")
    for n in range(10):
        stream.write(1, f"{n}" + "x" * 199)
    assert stream.dropped == 7
    other.write(1, "x" * 1000)
    assert other.dropped == 1
    slow.let()
    events = await logs.read(*WHERE)
    assert [event.message[0] for event in events[:3]] == ["0", "1", "2"]
    assert messages(events[3:]) == ["[lambent] 7 log lines were dropped here: the disk did not keep up"]
    assert abs(events[3].timestamp_ms / 1000 - time.time()) < 60
    assert logs.buffered == 0
    stream.write(9**9, "again")
    assert messages(await logs.read(*WHERE, limit=2))[0] == "again"
    assert len(await logs.read(*WHERE)) == 5


async def test_streams_that_flood_leave_room_for_those_that_do_not(
    logs: LogStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = SlowFiles(monkeypatch)
    floods = [logs.stream(*WHERE, f"flood-{number}") for number in range(8)]
    quiet = logs.stream(*WHERE, "quiet")

    def rain() -> None:
        for _ in range(200):
            for flood in floods:
                flood.write(1, "x" * 100_000)
        quiet.write(1, "here")

    rain()
    flushing = asyncio.create_task(logs.flush())
    await asyncio.to_thread(slow.reached.wait, 10)
    rain()  # while the first one is on its way to the disk
    assert all(flood.dropped for flood in floods)
    assert quiet.dropped == 0
    slow.let()
    await flushing
    assert [event.message for event in await logs.read(*WHERE, limit=10_000)].count("here") == 2


async def test_a_disk_that_refuses_costs_the_lines_and_nothing_else(
    logs: LogStore, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*arguments: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    stream = logs.stream(*WHERE, "s")
    with monkeypatch.context() as patch:
        patch.setattr(LogFiles, "append", full)
        stream.write(1, "lost")
        await logs.flush()
    assert (stream.dropped, logs.buffered) == (1, 0)
    assert "1 lines of log stream s were lost" in caplog.text and "No space left" in caplog.text
    stream.write(2, "kept")
    assert messages(await logs.read(*WHERE))[0] == "kept"
    assert "1 log lines were dropped" in messages(await logs.read(*WHERE))[1]


async def test_a_log_that_cannot_be_read_is_a_platform_error(logs: LogStore, tmp_path: Path) -> None:
    (tmp_path / "000000000000/us-east-1/%2Faws%2Flambda%2Ff/s.log").mkdir(parents=True)
    with pytest.raises(PlatformError, match="cannot read logs"):
        await logs.read(*WHERE)


async def test_leaving_writes_what_waits_and_later_lines_are_dropped(tmp_path: Path) -> None:
    async with LogStore(tmp_path, MovableClock()) as logs:
        stream = logs.stream(*WHERE, "s")
        stream.write(1, "last words")
    stream.write(2, "too late")
    assert (stream.dropped, logs.buffered) == (1, 0)
    assert messages(await logs.read(*WHERE)) == ["last words"]
    async with LogStore(tmp_path, MovableClock()) as again:
        assert messages(await again.read(*WHERE)) == ["last words"]


async def test_lines_written_while_leaving_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = SlowFiles(monkeypatch)
    async with LogStore(tmp_path, MovableClock()) as logs:
        stream = logs.stream(*WHERE, "s")
        stream.write(1, "first")
        flushing = asyncio.create_task(logs.flush())
        await asyncio.to_thread(slow.reached.wait, 10)
        stream.write(2, "second")
        slow.let()
    await flushing
    assert messages(await logs.read(*WHERE)) == ["first", "second"]


async def test_who_gives_up_waiting_for_a_flush_harms_nobody(logs: LogStore, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = SlowFiles(monkeypatch)
    logs.stream(*WHERE, "s").write(1, "x")
    flushing = asyncio.create_task(logs.flush())
    await asyncio.to_thread(slow.reached.wait, 10)
    flushing.cancel()
    slow.let()
    assert messages(await logs.read(*WHERE)) == ["x"]
    assert logs.buffered == 0


async def test_following_begins_with_what_there_is_and_misses_nothing(logs: LogStore) -> None:
    stream = logs.stream(*WHERE, "s")
    for n in range(5):
        stream.write(n, f"old {n}")
    async with contextlib.aclosing(logs.follow(*WHERE, limit=2)) as follower:
        assert await take(follower, 2) == ["old 3", "old 4"]
        stream.write(10, "new")
        assert await take(follower, 1) == ["new"]
        logs.stream(*WHERE, "another").write(11, "of a new stream")
        assert await take(follower, 1) == ["of a new stream"]
        logs.stream("1", "here", "group", "other").write(12, "elsewhere")
        await logs.flush()
        stream.write(13, "end")
        assert await take(follower, 1) == ["end"]


async def test_following_from_now_tells_nothing_old(logs: LogStore) -> None:
    stream = logs.stream(*WHERE, "s")
    stream.write(1, "old")
    async with contextlib.aclosing(logs.follow(*WHERE)) as follower:
        first = asyncio.create_task(take(follower, 1))
        await follows(logs)
        stream.write(2, "new")
        assert await first == ["new"]
    assert len(logs._following) == 0


async def test_a_follower_of_nothing_hears_of_the_first_stream(logs: LogStore) -> None:
    async with contextlib.aclosing(logs.follow(*WHERE, limit=10)) as follower:
        first = asyncio.create_task(take(follower, 1))
        await follows(logs)
        logs.stream(*WHERE, "s").write(2, "first")
        assert await first == ["first"]


async def test_followers_under_fire_hear_each_line_once_in_order(tmp_path: Path) -> None:
    heard: list[list[str]] = []

    async def listen(limit: int) -> None:
        async with contextlib.aclosing(logs.follow(*WHERE, limit=limit)) as follower:
            heard.append([event.message async for event in follower])

    async def shout(stream: LogStream) -> None:
        for n in range(400):
            stream.write(n, f"{stream.name} {n} " + "x" * 300)
            if n % 7 == 0:
                await asyncio.sleep(0)

    async with asyncio.TaskGroup() as group, LogStore(tmp_path, MovableClock()) as logs:
        shouting = [group.create_task(shout(logs.stream(*WHERE, name))) for name in "abc"]
        for _ in range(3):
            group.create_task(listen(10**6))
            await logs.flush()
        await asyncio.gather(*shouting)
    assert len(heard) == 3
    for lines in heard:
        for name in "abc":
            assert [line.split()[1] for line in lines if line[0] == name] == [str(n) for n in range(400)]


async def test_leaving_ends_followers_after_the_last_line(tmp_path: Path) -> None:
    async with LogStore(tmp_path, MovableClock()) as logs:
        follower = logs.follow(*WHERE)
        first = asyncio.create_task(take(follower, 1))
        await follows(logs)
        stream = logs.stream(*WHERE, "s")
        stream.write(1, "one")
        assert await first == ["one"]
        stream.write(2, "two")
    assert [event.message async for event in follower] == ["two"]


GROUP = Group(*WHERE)


async def test_what_is_put_is_there_when_that_returns(logs: LogStore, monkeypatch: pytest.MonkeyPatch) -> None:
    grew: list[str] = []
    unwatch = logs.watch(lambda group, stream: grew.append(stream))
    assert await logs.put(GROUP, "s", [(1, "a"), (2, "b")])
    assert messages(await logs.look(LogFiles.newest, GROUP, start_ms=None, limit=9)) == ["a", "b"]
    assert (grew, logs.buffered) == (["s"], 0)
    unwatch()
    monkeypatch.setattr(logs, "capacity", 100)
    assert not await logs.put(GROUP, "s", [(3, "x" * 100)])

    def full(*arguments: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(LogFiles, "append_durably", full)
    with pytest.raises(PlatformError, match=r"cannot store logs: .*No space left"):
        await logs.put(GROUP, "s", [(3, "x")])
    assert (grew, logs.buffered) == (["s"], 0)


async def test_lines_of_a_role_that_may_not_are_not_kept(tmp_path: Path) -> None:
    async def judge(group: Group, role: str, there: bool) -> bool:
        return role == "good"

    async with LogStore(tmp_path, MovableClock(), Permits(judge, MovableClock())) as logs:
        for role in ("good", "bad", ""):
            logs.stream(*WHERE, f"s {role}", role).write(1, role)
        assert messages(await logs.read(*WHERE)) == ["", "good"]
        assert logs.buffered == 0


def packed(root: Path) -> list[Path]:
    return list(root.rglob("*.gz"))


async def test_a_follower_hears_each_line_once_while_files_are_ended_and_packed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_files, "SEGMENT_BYTES", 2000)
    heard: list[str] = []

    async def listen() -> None:
        async with contextlib.aclosing(logs.follow(*WHERE)) as follower:
            async for event in follower:
                heard.append(event.message)

    async with asyncio.TaskGroup() as group, LogStore(tmp_path, MovableClock()) as logs:
        group.create_task(listen())
        await follows(logs)
        stream = logs.stream(*WHERE, "s")
        for turn in range(40):
            for n in range(5):
                stream.write(turn, f"{turn}.{n} " + "x" * 50)
            await logs.flush()
    assert [each.split()[0] for each in heard] == [f"{turn}.{n}" for turn in range(40) for n in range(5)]
    assert packed(tmp_path)
    async with LogStore(tmp_path, MovableClock()) as again:
        assert len(await again.read(*WHERE)) == 200


async def test_removed_groups_have_gone_for_followers_and_may_come_again(logs: LogStore) -> None:
    stream = logs.stream(*WHERE, "s")
    stream.write(1, "old " * 1000)
    async with contextlib.aclosing(logs.follow(*WHERE, limit=9)) as follower:
        assert len(await take(follower, 1)) == 1
        await logs.change(LogFiles.remove_group, GROUP)
        assert await logs.groups(*WHERE[:2]) == []
        stream.write(2, "new")
        assert await take(follower, 1) == ["new"]


async def test_what_environments_write_is_copied_and_what_is_put_is_not(logs: LogStore) -> None:
    copied: list[tuple[str, str, list[tuple[int, str]]]] = []
    logs.copy(lambda group, stream, lines: copied.append((group.name, stream, lines)))
    logs.stream(*WHERE, "one").write(1, "a")
    assert await logs.put(Group(*WHERE), "two", [(2, "b")])
    await logs.flush()
    assert copied == [(WHERE[2], "one", [(1, "a")])]
