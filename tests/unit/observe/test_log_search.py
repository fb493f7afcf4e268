"""Pages of events: every event once, in order, both ways, whatever the sizes."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from lambent.observe import log_files, log_search, log_segments
from lambent.observe.log_files import Group, LogFiles
from lambent.observe.log_lines import Found, needle_of
from lambent.observe.log_search import Page, Wanted, page

GROUP = Group("1", "here", "g")


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LogFiles:
    """Three streams of some segments, one of them packed, whose times overlap and do not always grow."""
    monkeypatch.setattr(log_segments, "BLOCK_BYTES", 500)
    monkeypatch.setattr(log_files, "SEGMENT_BYTES", 3000)
    made, random = LogFiles(tmp_path), Random(1)
    for stream in "abc":
        for n in range(20):
            made.append(GROUP, stream, [(n * 10 + random.randrange(25), f"{stream}{n}.{k}") for k in range(5)])
    made.pack()
    return made


def walk(files: LogFiles, wanted: Wanted, limit: int, *, newest: bool = False) -> list[Found]:
    found: list[Found] = []
    beyond = None
    for _ in range(500):
        told: Page = page(files, GROUP, files.streams(GROUP), wanted, limit=limit, beyond=beyond, newest=newest)
        assert len(told.events) <= limit
        found = told.events + found if newest else found + told.events
        beyond = told.next
        if beyond is None:
            return found
    raise AssertionError("it does not end")


@pytest.mark.parametrize("limit", [7, 100, 10_000])
@pytest.mark.parametrize("newest", [False, True])
@pytest.mark.parametrize("scan", [600, 10**9])
def test_every_event_once_in_order(
    files: LogFiles, monkeypatch: pytest.MonkeyPatch, limit: int, newest: bool, scan: int
) -> None:
    monkeypatch.setattr(log_search, "SCAN_BYTES", scan)
    found = walk(files, Wanted(), limit, newest=newest)
    assert found == sorted(found)
    assert sorted(each.message for each in found) == sorted(
        f"{stream}{n}.{k}" for stream in "abc" for n in range(20) for k in range(5)
    )


@pytest.mark.parametrize("newest", [False, True])
def test_what_is_wanted(files: LogFiles, newest: bool) -> None:
    every = walk(files, Wanted(), 1000)
    wanted = Wanted(100, 200, lambda text: text.endswith(".3"), needle_of(".3"))
    found = walk(files, wanted, 4, newest=newest)
    assert found == [each for each in every if 100 <= each.timestamp_ms < 200 and each.message.endswith(".3")]
    assert found


def test_pages_are_no_larger_than_a_megabyte(tmp_path: Path) -> None:
    files = LogFiles(tmp_path)
    files.append(GROUP, "s", [(n, "x" * 400_000) for n in range(6)])
    first = page(files, GROUP, ["s"], Wanted(), limit=100)
    assert len(first.events) == 2 and first.next is not None
    assert [each.timestamp_ms for each in walk(files, Wanted(), 100)] == list(range(6))


def test_one_large_event_is_a_page(tmp_path: Path) -> None:
    files = LogFiles(tmp_path)
    files.append(GROUP, "s", [(1, "x" * 2_000_000), (2, "y")])
    assert [len(each.message) for each in walk(files, Wanted(), 100)] == [2_000_000, 1]


def test_nothing(tmp_path: Path) -> None:
    assert page(LogFiles(tmp_path), GROUP, [], Wanted(), limit=1) == Page([], None)
