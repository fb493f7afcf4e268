"""Log files: format, tails, torn lines, names."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lambent.observe import log_files, log_listing
from lambent.observe.log_files import Group, LogEvent, LogFiles

GROUP = Group("000000000000", "us-east-1", "/aws/lambda/f")
STREAM = "2026/11/20/[$LATEST]" + "0" * 32


@pytest.fixture
def files(tmp_path: Path) -> LogFiles:
    return LogFiles(tmp_path)


def path(root: Path, stream: str = STREAM) -> Path:
    return root / "000000000000/us-east-1/%2Faws%2Flambda%2Ff" / (stream.replace("/", "%2F") + ".log")


def messages(files: LogFiles, limit: int = 100, start_ms: int | None = None) -> list[str]:
    return [event.message for event in files.newest(GROUP, start_ms=start_ms, limit=limit)]


def test_one_line_an_event(files: LogFiles, tmp_path: Path) -> None:
    files.append(GROUP, STREAM, [(1700000000000, "START"), (1700000000001, 'tab\t"quote"\nnew line\r\x1b é')])
    files.append(GROUP, STREAM, [(1700000000002, "")])
    assert path(tmp_path).read_bytes() == (
        b'1700000000000\t"START"\n1700000000001\t"tab\\t\\"quote\\"\\nnew line\\r\\u001b \xc3\xa9"\n1700000000002\t""\n'
    )
    assert stat.S_IMODE(path(tmp_path).stat().st_mode) == 0o600
    assert files.newest(GROUP, start_ms=None, limit=2) == [
        LogEvent(1700000000001, 'tab\t"quote"\nnew line\r\x1b é', STREAM, 1700000000001),
        LogEvent(1700000000002, "", STREAM, 1700000000002),
    ]


def test_what_no_file_can_hold_is_replaced(files: LogFiles) -> None:
    files.append(GROUP, STREAM, [(1, "a\ud800b")])
    assert messages(files) == ["a?b"]


def test_nothing_is_there_at_first(files: LogFiles) -> None:
    assert messages(files) == [] and files.streams(GROUP) == [] and files.sizes(GROUP) == {}
    assert files.groups("000000000000", "us-east-1") == []


def test_streams_are_merged_by_time_and_keep_their_own_order(files: LogFiles) -> None:
    files.append(GROUP, "b", [(1, "b1"), (3, "b3"), (3, "b3 again"), (9, "b9")])
    files.append(GROUP, "a", [(2, "a2"), (3, "a3"), (10, "a10")])
    assert messages(files) == ["b1", "a2", "a3", "b3", "b3 again", "b9", "a10"]
    assert messages(files, limit=3) == ["b3 again", "b9", "a10"]
    assert messages(files, limit=0) == []
    assert messages(files, start_ms=3, limit=3) == ["b3 again", "b9", "a10"]
    assert messages(files, start_ms=10) == ["a10"]
    assert messages(files, start_ms=11) == []


@pytest.mark.parametrize("limit", [1, 2, 7, 1000, 5000])
def test_the_end_of_a_long_file(files: LogFiles, limit: int) -> None:
    files.append(GROUP, STREAM, [(n, f"{n} " + "x" * (n % 300)) for n in range(3000)])
    files.append(GROUP, STREAM, [(3000, "y" * 200_000), (3001, "last")])
    found = files.newest(GROUP, start_ms=None, limit=limit)
    assert [event.timestamp_ms for event in found] == list(range(max(0, 3002 - limit), 3002))
    assert found[-1].message == "last"


def test_reading_on(files: LogFiles) -> None:
    files.append(GROUP, STREAM, [(1, "one")])
    position = files.sizes(GROUP)[STREAM]
    assert files.since(GROUP, STREAM, position) == ([], position)
    files.append(GROUP, STREAM, [(2, "two"), (3, "x" * 500_000), (4, "four")])
    seen: list[LogEvent] = []
    while True:
        events, position = files.since(GROUP, STREAM, position)
        if not events:
            break
        seen += events
    assert [(event.timestamp_ms, len(event.message)) for event in seen] == [(2, 3), (3, 500_000), (4, 4)]
    assert position == files.sizes(GROUP)[STREAM]


def test_a_torn_end_is_passed_over_and_ended_by_the_next_append(files: LogFiles, tmp_path: Path) -> None:
    files.append(GROUP, STREAM, [(1, "whole")])
    with path(tmp_path).open("ab") as file:
        file.write(b'2\t"to')
    assert messages(files) == ["whole"]
    events, position = files.since(GROUP, STREAM, 0)
    assert [event.message for event in events] == ["whole"]
    files.append(GROUP, STREAM, [(3, "after")])
    assert messages(files) == ["whole", "after"]
    events, _ = files.since(GROUP, STREAM, position)
    assert [event.message for event in events] == ["after"]


@pytest.mark.parametrize("line", [b"", b"x", b"x\ty", b'1\t{"a":1}', b'\t"a"', b'1 "a"', b"1\t\xff", b'\xff\t"a"'])
def test_a_line_that_is_none_is_passed_over(files: LogFiles, tmp_path: Path, line: bytes) -> None:
    files.append(GROUP, STREAM, [(1, "before")])
    with path(tmp_path).open("ab") as file:
        file.write(line + b"\n")
    files.append(GROUP, STREAM, [(3, "after")])
    assert messages(files) == ["before", "after"]


@pytest.mark.parametrize(
    "name", ["/aws/lambda/f", "a%2Fb", "a/b", "..", ".", "%", "#_-", "a" * 512, "/" * 512, "a" * 511 + "b", "é" * 100]
)
def test_any_name_names_one_group_and_is_given_back(files: LogFiles, tmp_path: Path, name: str) -> None:
    group = Group("1", "here", name)
    files.append(group, "..", [(1, "x")])
    assert files.groups("1", "here") == [name]
    assert files.streams(group) == [".."]
    assert [event.message for event in files.newest(group, start_ms=None, limit=1)] == ["x"]
    [written] = list(tmp_path.rglob("*.log"))
    assert written.parent.parent == tmp_path / "1" / "here"


def test_long_names_that_begin_alike_are_different_groups(files: LogFiles) -> None:
    names = sorted("a" * 511 + end for end in "xyz")
    for name in names:
        files.append(Group("1", "here", name), "s", [(1, name)])
    assert files.groups("1", "here") == names
    assert [event.message for event in files.newest(Group("1", "here", names[1]), start_ms=None, limit=9)] == [names[1]]


def test_accounts_and_regions_are_apart(files: LogFiles) -> None:
    files.append(Group("1", "here", "g"), "s", [(1, "x")])
    assert files.groups("1", "there") == files.groups("2", "here") == []


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 2**53), st.text(max_size=30)), max_size=20), st.integers(0, 25), st.integers(0, 5)
)
def test_what_is_appended_is_read(
    tmp_path_factory: pytest.TempPathFactory, events: list[tuple[int, str]], limit: int, cut: int
) -> None:
    files = LogFiles(tmp_path_factory.mktemp("logs"))
    files.append(GROUP, STREAM, events[:cut])
    files.append(GROUP, STREAM, events[cut:])
    tail = events[max(0, len(events) - limit) :] if limit else []
    expected = [(time, text) for time, text in sorted(tail, key=lambda event: event[0])]
    found = files.newest(GROUP, start_ms=None, limit=limit)
    assert [(event.timestamp_ms, event.message) for event in found] == expected


def fill(files: LogFiles, count: int, first: int = 0) -> None:
    for n in range(first, first + count):
        files.append(GROUP, STREAM, [(n, f"{n} " + "x" * 300)])


def test_long_files_are_ended_and_packed(files: LogFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_files, "SEGMENT_BYTES", 3000)
    fill(files, 30)
    before = files.stored(GROUP)[STREAM]
    assert len(files.unpacked) == 3
    again = LogFiles(tmp_path)
    again.recover()
    assert len(again.unpacked) == 3  # what a killed server had not packed yet
    while again.pack():
        pass
    assert again.stored(GROUP)[STREAM] < before / 2
    fill(again, 5, first=30)
    assert [message.split()[0] for message in messages(again)] == [str(n) for n in range(35)]
    assert [message.split()[0] for message in messages(again, limit=12)] == [str(n) for n in range(23, 35)]
    position, seen = 0, []
    while True:
        events, position = again.since(GROUP, STREAM, position)
        if not events:
            break
        seen += [event.timestamp_ms for event in events]
    assert (seen, position) == (list(range(35)), again.sizes(GROUP)[STREAM])


def test_another_process_reads_while_files_are_ended(
    files: LogFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_files, "SEGMENT_BYTES", 3000)
    monkeypatch.setattr(log_listing, "_SETTLED_NS", 1_000_000)
    reader = LogFiles(tmp_path, foreign=True)
    fill(files, 5)
    pieces = reader.opened(GROUP, STREAM)
    found = [next(pieces)[0].start]
    fill(files, 30, first=5)
    files.pack()
    found += [piece.start for piece, *_ in pieces]
    assert found == [piece.start for piece in files.pieces(GROUP)[STREAM]]


def test_what_has_expired_goes(files: LogFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_files, "SEGMENT_BYTES", 3000)
    fill(files, 25)
    files.pack()
    files.append(GROUP, "other", [(1, "old")])
    assert files.expire(GROUP, 12) == 2  # a file, and the other stream
    assert files.streams(GROUP) == [STREAM]
    assert [int(message.split()[0]) for message in messages(files)] == list(range(10, 25))
    assert files.expire(GROUP, 1000) == 2
    assert (files.streams(GROUP), list(tmp_path.rglob("*.idx"))) == ([], [])


def test_groups_and_streams_without_events(files: LogFiles) -> None:
    assert files.made(GROUP) is None
    files.make_group(GROUP, 7)
    files.make_stream(GROUP, STREAM, 9)
    assert (files.made(GROUP), files.head(GROUP, STREAM), messages(files)) == (7, 9, [])
    assert files.places() == [GROUP[:2]]
    files.remove_stream(GROUP, STREAM)
    assert files.streams(GROUP) == []
    files.remove_group(GROUP)
    assert files.made(GROUP) is None


def test_a_group_that_was_removed_goes_in_its_own_time(files: LogFiles, tmp_path: Path) -> None:
    for text in ("first", "second"):
        files.append(GROUP, STREAM, [(1, text)])
        assert messages(files) == [text]
        files.remove_group(GROUP)
        assert (files.streams(GROUP), files.groups(*GROUP[:2])) == ([], [])
    assert len([*tmp_path.rglob("*.log")]) == 2
    again = LogFiles(tmp_path)  # the server was killed
    again.recover()
    assert (again.clear(), again.clear(), again.clear()) == (True, True, False)
    assert not [*tmp_path.rglob("*.log")]
