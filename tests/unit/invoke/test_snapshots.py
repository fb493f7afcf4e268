"""Which snapshots there are: made once, lost, given up, thrown away."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from lambent.invoke.base import InitFailure
from lambent.invoke.snapshots import Snapshots
from lambent.invoke.template import Outcome, Unfit
from lambent.invoke.witness import NoLedger
from lambent.model.errors import PlatformError
from lambent.model.function import FunctionVersion
from lambent.sandbox.snapshot import Snapshot, blank
from tests.unit.sandbox.test_snapshot import Launcher


class Maker:
    """Makes snapshots of what it is asked for, or gives `outcome`; waits for `gate`."""

    def __init__(self) -> None:
        self.launcher = Launcher()
        self.outcome: Outcome | Exception | None = None
        self.made: list[str] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self, function: FunctionVersion) -> Outcome:
        self.made.append(function.version)
        await self.gate.wait()
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return Snapshot(blank(), self.launcher) if self.outcome is None else self.outcome


@pytest.fixture
def maker() -> Maker:
    return Maker()


@pytest.fixture
async def snapshots(maker: Maker) -> Any:
    snapshots = Snapshots(maker, NoLedger(), latest=False)
    yield snapshots
    await snapshots.close()


@pytest.fixture
def version(function: Any) -> Any:
    return lambda number="1", **changes: function(
        version=number,
        arn=f"arn:aws:lambda:us-east-1:000000000000:function:f:{number}",
        **{"snap_start": True, "optimized": True, **changes},
    )


async def test_it_is_made_once_for_all_who_wait(maker: Maker, snapshots: Snapshots, version: Any) -> None:
    maker.gate.clear()
    waiting = [asyncio.ensure_future(snapshots.obtain(version())) for _ in range(5)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    maker.gate.set()
    found = {await each for each in waiting[1:]}
    assert found == {await snapshots.obtain(version())}
    assert maker.made == ["1"]
    assert snapshots.holds(version())


async def test_to_whom_it_applies(snapshots: Snapshots, maker: Maker, version: Any) -> None:
    assert snapshots.applies(version())
    assert not snapshots.applies(version(snap_start=False))
    assert not snapshots.applies(version("$LATEST"))
    assert Snapshots(maker, NoLedger(), latest=True).applies(version("$LATEST"))
    assert await snapshots.obtain(version(optimized=False)) is None
    assert maker.made == []


async def test_one_whose_launcher_has_died_is_made_again(maker: Maker, snapshots: Snapshots, version: Any) -> None:
    first = await snapshots.obtain(version())
    maker.launcher.alive = False
    maker.launcher = Launcher()
    second = await snapshots.obtain(version())
    assert first is not second
    assert second is not None and second.usable
    assert maker.made == ["1", "1"]


async def test_what_cannot_be_captured_is_tried_once(
    maker: Maker, snapshots: Snapshots, version: Any, caplog: pytest.LogCaptureFixture
) -> None:
    maker.outcome = Unfit("runs 2 threads")
    assert [await snapshots.obtain(version()) for _ in range(3)] == [None] * 3
    assert maker.made == ["1"]
    assert "function:f:1 runs 2 threads" in caplog.text


@pytest.mark.parametrize("outcome", [PlatformError("no memory"), InitFailure("FunctionError.InitTimeout", "…")])
async def test_what_failed_is_tried_again(
    maker: Maker, snapshots: Snapshots, version: Any, outcome: Any, caplog: pytest.LogCaptureFixture
) -> None:
    maker.outcome = outcome
    assert await snapshots.obtain(version()) is None
    maker.outcome = None
    assert await snapshots.obtain(version()) is not None
    assert maker.made == ["1", "1"]


async def test_one_that_nothing_can_be_restored_from_is_given_up(
    maker: Maker, snapshots: Snapshots, version: Any, caplog: pytest.LogCaptureFixture
) -> None:
    snapshot = await snapshots.obtain(version())
    snapshots.give_up(version(), "segmentation fault")
    assert await snapshots.obtain(version()) is None
    assert (maker.made, snapshot is not None and snapshot.usable) == (["1"], False)
    assert "cannot be restored: segmentation fault" in caplog.text
    snapshots.give_up(version("2"), "never made")
    assert await snapshots.obtain(version("2")) is not None


async def test_one_that_was_lost_is_not_given_up(maker: Maker, snapshots: Snapshots, version: Any) -> None:
    await snapshots.obtain(version())
    maker.launcher.alive = False
    snapshots.give_up(version(), "the launcher died")
    maker.launcher = Launcher()
    assert await snapshots.obtain(version()) is not None


async def test_retiring_keeps_one_revision(maker: Maker, snapshots: Snapshots, version: Any) -> None:
    kept, old = version("1", revision_id="new"), version("2", revision_id="old")
    for each in (kept, old):
        await snapshots.obtain(each)
    snapshots.retire("arn:aws:lambda:us-east-1:000000000000:function:f", "new")
    assert (snapshots.holds(kept), snapshots.holds(old)) == (True, False)
    snapshots.retire(kept.arn, None)
    assert not snapshots.holds(kept)


async def test_when_memory_is_short_the_one_used_longest_ago_goes(snapshots: Snapshots, version: Any) -> None:
    for number in ("1", "2", "1"):
        await snapshots.obtain(version(number))
    snapshots.relieve()
    assert (snapshots.holds(version("1")), snapshots.holds(version("2"))) == (True, False)
    snapshots.relieve()
    snapshots.relieve()
    assert not snapshots.holds(version("1"))


async def test_the_end_stops_what_is_being_made(maker: Maker, version: Any) -> None:
    snapshots = Snapshots(maker, NoLedger(), latest=False)
    maker.gate.clear()
    waiting = asyncio.ensure_future(snapshots.obtain(version()))
    await asyncio.sleep(0)
    await snapshots.close()
    assert await waiting is None


async def test_who_waits_for_one_that_is_retired_goes_on_without(
    maker: Maker, snapshots: Snapshots, version: Any, caplog: pytest.LogCaptureFixture
) -> None:
    maker.gate.clear()
    waiting = asyncio.ensure_future(snapshots.obtain(version()))
    settling = asyncio.ensure_future(snapshots.made(version()))
    await asyncio.sleep(0)
    snapshots.retire(version().arn, None)
    assert await waiting is None
    with pytest.raises(PlatformError, match="not wanted any more"):
        await settling


async def test_one_that_is_stopped_is_waited_for_at_the_end(maker: Maker, version: Any) -> None:
    cleared = asyncio.Event()

    async def make(function: FunctionVersion) -> Outcome:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0.01)
            cleared.set()
        raise AssertionError

    snapshots = Snapshots(make, NoLedger(), latest=False)
    waiting = asyncio.ensure_future(snapshots.obtain(version()))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    snapshots.retire(version().arn, None)
    await snapshots.close()
    assert cleared.is_set()
    assert await waiting is None


class Account:
    """A ledger that remembers."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def kept(self, function: FunctionVersion) -> None:
        self.told.append(f"kept {function.version}")

    def gone(self, arn: str) -> None:
        self.told.append(f"gone {arn.rpartition(':')[2]}")


async def test_account_is_kept_of_versions_that_have_one(maker: Maker, version: Any) -> None:
    account = Account()
    snapshots = Snapshots(maker, account, latest=True)
    await snapshots.made(version("1"))
    await snapshots.made(version("$LATEST"))
    maker.outcome = Unfit("runs 2 threads")
    await snapshots.made(version("2"))
    snapshots.resume(version("3"))
    snapshots.forget(version("1"))  # for its memory: the version is still there
    snapshots.retire(version("1").arn, "another revision")
    snapshots.retire(version("1").arn, None)
    await snapshots.close()
    assert account.told == ["kept 1", "kept 3", "gone 1"]
