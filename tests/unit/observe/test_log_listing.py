"""Listings of files: remembered, added to, made anew; no writer waits for one."""

from __future__ import annotations

import os
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lambent.observe import log_files, log_listing
from lambent.observe.log_files import LogFiles
from lambent.observe.log_names import Group
from lambent.observe.log_segments import Piece

GROUP = Group("1", "r", "g")


@pytest.fixture
def files(tmp_path: Path) -> LogFiles:
    return LogFiles(tmp_path)


class Looks:
    """Counts how often a directory is read, and does something while it is."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        self.meanwhile: Callable[[], object] = lambda: None
        self._look = os.listdir
        monkeypatch.setattr(log_listing.os, "listdir", self.look)

    def look(self, path: Any) -> list[str]:
        self.count += 1
        found = self._look(path)
        meanwhile, self.meanwhile = self.meanwhile, lambda: None
        meanwhile()
        return found


def test_new_streams_are_added_without_another_look(files: LogFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = Looks(monkeypatch)
    for number in range(50):
        files.make_stream(GROUP, f"s{number:02d}", 1)
        assert len(files.streams(GROUP)) == number + 1
    assert files.has(GROUP, "s49") and not files.has(GROUP, "s50")
    assert looks.count == 1


def test_what_is_made_while_others_look_is_seen(files: LogFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    files.append(GROUP, "before", [(1, "a")])
    looks = Looks(monkeypatch)
    looks.meanwhile = lambda: files.append(GROUP, "meanwhile", [(2, "b")])
    assert files.streams(GROUP) == ["before", "meanwhile"]
    assert looks.count == 1


def test_what_gets_another_name_while_others_look_is_looked_at_again(
    files: LogFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_files, "SEGMENT_BYTES", 100)
    files.append(GROUP, "s", [(1, "x" * 50)])
    looks = Looks(monkeypatch)
    looks.meanwhile = lambda: (files.append(GROUP, "s", [(1, "x" * 50)]), files.append(GROUP, "s", [(2, "y")]))
    pieces = files.pieces(GROUP)["s"]
    assert [piece.name.count(".log.") for piece in pieces] == [1, 0]
    assert pieces[1].start == pieces[0].end
    assert [each.message for each in files.newest(GROUP, start_ms=None, limit=1)] == ["y"]


def test_a_file_that_begins_again_is_looked_at_again(files: LogFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = Looks(monkeypatch)
    files.append(GROUP, "s", [(1, "a")])
    files.streams(GROUP)
    files.listing.added(GROUP, "s", Piece("d", "s.log", 0, None, False))
    assert (files.streams(GROUP), looks.count) == (["s"], 2)


def test_only_some_streams_are_remembered(files: LogFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_listing, "STREAMS", 10)
    groups = [Group("1", "r", f"g{number}") for number in range(3)]
    for group in groups:
        for number in range(6):
            files.append(group, f"s{number}", [(1, "a")])
    looks = Looks(monkeypatch)
    for group in (*groups, groups[2], groups[0]):
        assert len(files.streams(group)) == 6
    assert looks.count == 4  # all but the last but one, which was still known


def test_groups_are_named_without_a_look_into_each(files: LogFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ["/aws/lambda/f", "a~b", "long" * 100, "x?y"]
    for name in names:
        files.make_group(Group("1", "r", name), 1)
    read: list[Path] = []
    original = Path.read_text
    monkeypatch.setattr(Path, "read_text", lambda path: (read.append(path), original(path))[1])
    assert files.groups("1", "r") == sorted(names)
    assert len(read) == 3
    assert files.groups("1", "nowhere") == []


def test_a_stream_costs_little_while_it_is_remembered(files: LogFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"2026%2F11%2F28%2F[$LATEST]{number:032x}.log" for number in range(20_000)]
    monkeypatch.setattr(log_listing.os, "listdir", lambda path: [*names])
    tracemalloc.start()
    found = files.pieces(GROUP)
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(found) == len(names)
    assert used / len(names) < 700  # a million streams: less than a gigabyte, once
