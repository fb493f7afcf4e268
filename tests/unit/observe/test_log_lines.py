"""Events as lines: there and back, by a needle, with what is torn passed over."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lambent.observe.log_lines import (
    Found,
    LogEvent,
    decoded,
    dropped,
    encoded,
    found,
    made,
    needle_of,
    span,
    when_made,
)

TEXTS = st.text(max_size=20).filter(lambda text: text.isprintable() or "\n" in text)


def every(data: bytes, **more: object) -> list[Found]:
    return list(found(data, 100, "s", start_ms=0, end_ms=10**15, **more))  # type: ignore[arg-type]


def test_a_line_says_when_it_came_if_it_was_sent() -> None:
    data = encoded([(5, "a")]) + encoded([(6, "b\tc")], 9)
    assert data == b'5\t"a"\n6@9\t"b\\tc"\n'
    assert every(data) == [Found(5, "s", 100, 5, "a"), Found(6, "s", 106, 9, "b\tc")]
    assert list(decoded(data.splitlines(), "s")) == [LogEvent(5, "a", "s", 5), LogEvent(6, "b\tc", "s", 9)]


def test_when_a_stream_was_made_is_no_event() -> None:
    data = made(7) + encoded([(8, "x")])
    assert [each.message for each in every(data)] == ["x"]
    assert [each.message for each in decoded(data.splitlines(), "s")] == ["x"]
    assert (when_made(data), when_made(b'8\t"x"'), when_made(b"")) == (7, 8, None)


def test_what_a_function_forged_is_told_apart() -> None:
    data = encoded([(-5, "REPORT"), (6, "x")])
    assert [(each.timestamp_ms, each.ingested_ms, each.forged) for each in every(data)] == [(5, 5, True), (6, 6, False)]
    assert [each.timestamp_ms for each in decoded(data.splitlines(), "s")] == [5, 6]
    assert (span(data), when_made(data)) == ((5, 6, 2), 5)


def test_only_what_matches() -> None:
    data = encoded([(n, str(n)) for n in range(10)])
    assert [each.message for each in every(data, matches=lambda text: text > "7")] == ["8", "9"]


def test_times_bound_the_events() -> None:
    data = encoded([(n, "x") for n in range(10)])
    assert [each.timestamp_ms for each in found(data, 0, "s", start_ms=3, end_ms=6)] == [3, 4, 5]


@pytest.mark.parametrize("torn", [b"", b"x", b'1\t{"a":1}', b'1\t"cut', b"\xff\t", b'1@x\t"a"'])
def test_what_is_torn_is_passed_over(torn: bytes) -> None:
    data = encoded([(1, "one")]) + torn + b"\n" + encoded([(2, "two")])
    assert [each.message for each in every(data)] == ["one", "two"]


@settings(max_examples=50, deadline=None)
@given(st.lists(TEXTS, max_size=10), st.text(min_size=1, max_size=3))
def test_a_needle_finds_every_line_that_has_it(texts: list[str], part: str) -> None:
    data = encoded([(n, text) for n, text in enumerate(texts)])
    wanted = {number for number, text in enumerate(texts) if part in text}
    assert wanted <= {each.timestamp_ms for each in every(data, needle=needle_of(part))}
    assert {each.timestamp_ms for each in every(data)} == set(range(len(texts)))


def test_span() -> None:
    assert span(b"") == (0, -1, 0)
    assert span(made(1) + encoded([(5, "a"), (3, "b")]) + encoded([(9, "c")], 2)) == (3, 9, 3)


def test_what_is_said_of_lost_lines() -> None:
    assert dropped(0, 3, 100, in_json=False) == "[lambent] 3 log lines were dropped here: the disk did not keep up"
    assert dropped(1500, 3, 100, in_json=True) == (
        '{"time":"1970-01-01T00:00:01.500Z","type":"platform.logsDropped","record":{"droppedBytes":100,'
        '"droppedRecords":3,"reason":"The disk did not keep up."}}'
    )
