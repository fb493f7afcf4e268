"""The reserve around the stock: what is prepared when, what happens to what dies, and that nothing is left running."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from lambent.model.errors import PlatformError
from lambent.sandbox import reserve as module
from lambent.sandbox.launcher import Plan
from lambent.sandbox.reserve import Reserve, available_memory
from lambent.sandbox.stock import Sizes

SIZES = Sizes(least=2, most=2, total=2, retry_seconds=0)
PLENTY = 1 << 40
PLAN = Plan("/python", "/", None, "Text")


class Child:
    """A prepared environment, as far as the reserve sees it."""

    def __init__(self) -> None:
        self.alive = True
        self.killed = False

    async def kill(self) -> None:
        self.killed = True


class Maker:
    """Makes children, or fails."""

    def __init__(self) -> None:
        self.made: list[Child] = []
        self.failures: list[Exception] = []
        self.news = asyncio.Event()

    async def __call__(self, plan: Plan) -> Any:
        self.news.set()
        if self.failures:
            raise self.failures.pop()
        self.made.append(Child())
        return self.made[-1]

    async def until(self, count: int) -> None:
        """Wait until that many were made, and are in the reserve."""
        async with asyncio.timeout(5):
            while len(self.made) < count:
                self.news.clear()
                await self.news.wait()
        await asyncio.sleep(0)


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CALM_SECONDS", 0.0)


@pytest.fixture
def maker() -> Maker:
    return Maker()


async def test_what_is_warmed_can_be_taken_and_is_replaced(maker: Maker) -> None:
    reserve = Reserve(maker, SIZES, lambda: PLENTY)
    assert reserve.take(PLAN) is None
    await maker.until(2)
    assert reserve.take(PLAN) is maker.made[1]
    await maker.until(3)
    await reserve.close()
    assert not any(child.killed for child in maker.made)  # they are their maker's


async def test_dead_children_are_not_given_but_ended(maker: Maker) -> None:
    reserve = Reserve(maker, SIZES, lambda: PLENTY)
    reserve.warm(PLAN)
    await maker.until(2)
    maker.made[0].alive = maker.made[1].alive = False
    assert reserve.take(PLAN) is None
    await maker.until(4)
    assert [child.killed for child in maker.made] == [True, True, False, False]
    await reserve.close()


async def test_it_looks_for_the_dead_and_for_memory(maker: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.001)
    memory = PLENTY
    reserve = Reserve(maker, SIZES, lambda: memory)
    reserve.warm(PLAN)
    await maker.until(2)
    maker.made[0].alive = False
    await maker.until(3)
    assert maker.made[0].killed
    memory = 0
    async with asyncio.timeout(5):
        while not all(child.killed for child in maker.made):  # noqa: ASYNC110 - a timer of its own
            await asyncio.sleep(0.001)
    await reserve.close()


@pytest.mark.parametrize("failure", [PlatformError("no room"), RuntimeError("bug")])
async def test_a_failure_is_logged_and_tried_again(
    maker: Maker, failure: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    maker.failures = [failure]
    reserve = Reserve(maker, SIZES, lambda: PLENTY)
    reserve.warm(PLAN)
    await maker.until(2)
    assert "could be prepared" in caplog.text
    await reserve.close()


async def test_after_a_start_it_waits_until_the_machine_is_calm_but_not_for_ever(
    maker: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CALM_SECONDS", 1000.0)
    monkeypatch.setattr(module, "LONGEST_CALM_SECONDS", 0.02)
    began = asyncio.get_running_loop().time()
    reserve = Reserve(maker, SIZES, lambda: PLENTY)
    reserve.take(PLAN)
    await maker.until(1)
    assert asyncio.get_running_loop().time() - began >= 0.02
    await reserve.close()


async def test_closing_stops_what_is_being_prepared(maker: Maker) -> None:
    started = asyncio.Event()
    stopped = asyncio.Event()

    async def endless(plan: Plan) -> Any:
        started.set()
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            stopped.set()

    reserve = Reserve(endless, SIZES, lambda: PLENTY)
    reserve.warm(PLAN)
    await started.wait()
    await reserve.close()
    assert stopped.is_set()
    reserve.warm(PLAN)
    assert reserve.take(PLAN) is None


def test_the_kernels_estimate_is_read_in_bytes(tmp_path: Path) -> None:
    (tmp_path / "meminfo").write_text("MemTotal:  100 kB\nMemAvailable:  3 kB\n")
    assert available_memory(tmp_path / "meminfo") == 3072
    (tmp_path / "meminfo").write_text("MemTotal:  100 kB\n")
    with pytest.raises(PlatformError, match="does not tell"):
        available_memory(tmp_path / "meminfo")
    assert available_memory() > 0
