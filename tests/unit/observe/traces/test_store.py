"""Segments on disk."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from lambent.observe.traces import store as module
from lambent.observe.traces.segments import Segment, parse
from lambent.observe.traces.store import KEPT_SECONDS, TraceStore
from tests.unit.observe.traces.test_segments import TRACE, document
from tests.unit.services.lambda_.conftest import StoppedClock

OTHER = TRACE.replace("5759", "5760")


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


@pytest.fixture
async def store(tmp_path: Path, clock: StoppedClock) -> AsyncIterator[TraceStore]:
    async with TraceStore(tmp_path / "t.db", clock) as opened:
        yield opened


def segment(id_: str, at: float, trace: str = TRACE, name: str = "s") -> Segment:
    return parse(document(id=id_ * 16, trace_id=trace, start_time=at, end_time=at + 1, name=name))


async def test_a_trace_comes_back_whole(store: TraceStore, clock: StoppedClock) -> None:
    store.add("1", "r", segment("b", clock.at + 2))
    store.add("1", "r", segment("a", clock.at - 100))
    store.add("1", "r", segment("c", clock.at, OTHER))
    found = await store.traces("1", "r", clock.at - 1, clock.at + 5)
    assert {trace: [each.id[0] for each in segments] for trace, segments in found.items()} == {
        TRACE: ["a", "b"],
        OTHER: ["c"],
    }
    assert list(found) == [TRACE, OTHER]  # the newest first
    assert await store.traces("1", "other", 0, clock.at + 5) == {}
    assert list(await store.of("1", "r", [OTHER, "1-0-0"])) == [OTHER]


async def test_a_later_document_takes_the_place_of_an_earlier_one(store: TraceStore, clock: StoppedClock) -> None:
    store.add("1", "r", segment("a", clock.at))
    await store.flush()
    store.add("1", "r", segment("a", clock.at, name="later"))
    assert [each.name for each in (await store.of("1", "r", [TRACE]))[TRACE]] == ["later"]


async def test_old_ones_go(store: TraceStore, clock: StoppedClock) -> None:
    store.add("1", "r", segment("a", clock.at))
    await store.flush()
    clock.at += KEPT_SECONDS + 1
    await store.flush()
    assert await store.of("1", "r", [TRACE]) == {}


@pytest.mark.parametrize("bound", ["MOST_WAITING", "MOST_WAITING_BYTES"])
async def test_what_the_disk_does_not_keep_up_with_is_counted(
    store: TraceStore, clock: StoppedClock, monkeypatch: pytest.MonkeyPatch, bound: str
) -> None:
    monkeypatch.setattr(module, bound, 1 if bound == "MOST_WAITING" else len(segment("a", clock.at).document))
    store.add("1", "r", segment("a", clock.at))
    store.add("1", "r", segment("b", clock.at))
    assert store.dropped == 1
    assert len((await store.of("1", "r", [TRACE]))[TRACE]) == 1
