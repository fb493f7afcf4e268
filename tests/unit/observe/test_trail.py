"""The audit trail on disk."""

from __future__ import annotations

import asyncio
import json
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from lambent.observe import trail as module
from lambent.observe.trail import Trail, TrailFiles
from tests.unit.services.lambda_.conftest import StoppedClock

DAY = 86_400.0


def event(number: int, account: str = "1") -> dict[str, Any]:
    return {"requestID": f"r{number}", "recipientAccountId": account}


class Numbered:
    """An event as a trail takes it."""

    def __init__(self, number: int, account: str = "1") -> None:
        self._event = event(number, account)

    def line(self) -> bytes:
        return json.dumps(self._event).encode() + b"\n"


async def test_the_newest_first_and_only_ones_own(tmp_path: Path) -> None:
    clock = StoppedClock()
    async with Trail(TrailFiles(tmp_path / "trail"), clock) as trail:
        for number in range(3):
            trail.record(Numbered(number))
            trail.record(Numbered(number, "2"))
            await trail.flush()
            clock.at += DAY
        assert [each["requestID"] for each in await trail.events("1", limit=2)] == ["r2", "r1"]
        assert await trail.events("2", limit=9, request_id="r1") == [event(1, "2")]
        assert await trail.events("3", limit=9) == []
    files = sorted((tmp_path / "trail").iterdir())
    assert len(files) == 3
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


async def test_what_was_recorded_is_there_after_a_stop(tmp_path: Path) -> None:
    async with Trail(TrailFiles(tmp_path), StoppedClock()) as trail:
        trail.record(Numbered(1))
    assert list(TrailFiles(tmp_path).newest_first()) == [event(1)]


async def test_a_stop_gives_up_nothing_that_waits_for_a_thread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FLUSH_SECONDS", 0)
    gate, loop = threading.Event(), asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(1))
    busy = loop.run_in_executor(None, gate.wait)
    trail = Trail(TrailFiles(tmp_path), StoppedClock())
    await trail.__aenter__()
    trail.record(Numbered(1))
    for _ in range(10):
        await asyncio.sleep(0)
    assert trail._writing.locked()
    stopping = asyncio.create_task(trail.__aexit__(None, None, None))
    for _ in range(3):
        await asyncio.sleep(0)
    gate.set()
    await asyncio.gather(busy, stopping)
    assert list(TrailFiles(tmp_path).newest_first()) == [event(1)]


async def test_many_at_once_are_in_order(tmp_path: Path) -> None:
    async with Trail(TrailFiles(tmp_path), StoppedClock()) as trail:
        for number in range(150):
            trail.record(Numbered(number))
        assert [each["requestID"] for each in await trail.events("1", limit=150)] == [
            f"r{n}" for n in range(149, -1, -1)
        ]


async def test_what_cannot_be_spelled_is_said_and_harms_no_other(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken:
        def line(self) -> bytes:
            raise ValueError("unspeakable")

    async with Trail(TrailFiles(tmp_path), StoppedClock()) as trail:
        for told in (Numbered(1), Broken(), Numbered(2)):
            trail.record(told)
        assert [each["requestID"] for each in await trail.events("1", limit=9)] == ["r2", "r1"]
    assert "an event could not be written into the audit trail" in caplog.text


def test_torn_lines_are_passed_over(tmp_path: Path) -> None:
    files = TrailFiles(tmp_path)
    files.append("2026-01-01", b'{"a": 1}\n{"b": 2')
    assert list(files.newest_first()) == [{"a": 1}]


def test_old_days_go(tmp_path: Path) -> None:
    files = TrailFiles(tmp_path, days=2)
    for day in ("2026-01-01", "2026-01-02", "2026-01-03", "2026-01-04"):
        files.append(day, b"{}\n")
    assert sorted(path.stem for path in tmp_path.iterdir()) == ["2026-01-02", "2026-01-03", "2026-01-04"]


async def test_a_flood_fills_neither_memory_nor_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "PENDING_BYTES", 3 * len(Numbered(0).line()))
    monkeypatch.setattr(module, "DAY_BYTES", 200)
    async with Trail(TrailFiles(tmp_path), StoppedClock()) as trail:
        for number in range(5):
            trail.record(Numbered(number))
        await trail.flush()
        assert "lost 2 events: more came than could be written" in caplog.text
        for number in range(3):
            trail.record(Numbered(number))
        await trail.flush()
        assert "lost 3 events: [Errno 27] the day's file is full" in caplog.text
        assert len(await trail.events("1", limit=9)) == 3
