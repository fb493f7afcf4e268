"""Rendering heads, and what must not get into them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambent.http.head import Head, HeadError, date_line, status_line, trailer_section

DATE = date_line(0)


def rendered(status: int, fields: list[tuple[str, str]], framing: str = "content-length: 0\r\n") -> bytes:
    return Head(status, fields, DATE).render(framing)


def test_a_head_is_status_date_fields_as_spelled_and_framing() -> None:
    assert rendered(404, [("x-amzn-RequestId", "1-2"), ("x-amzn-RequestId", "3")]) == (
        b"HTTP/1.1 404 Not Found\r\ndate: Thu, 01 Jan 1970 00:00:00 GMT\r\n"
        b"x-amzn-RequestId: 1-2\r\nx-amzn-RequestId: 3\r\ncontent-length: 0\r\n\r\n"
    )


def test_a_status_without_a_phrase_has_none() -> None:
    assert rendered(299, []).startswith(b"HTTP/1.1 299 \r\n")


@pytest.mark.parametrize("status", [0, 99, 100, 101, 199, 1000, -200])
def test_a_status_that_is_not_final_is_refused(status: int) -> None:
    with pytest.raises(HeadError):
        status_line(status)
    with pytest.raises(HeadError):
        Head(status, [], DATE)


def test_a_handler_s_date_takes_the_place_of_ours() -> None:
    assert rendered(200, [("Date", "yesterday")]).count(b"ate: ") == 1


def test_a_declared_length_and_a_wish_to_close_are_noted_and_not_sent() -> None:
    head = Head(200, [("Content-Length", "7"), ("Connection", "Close"), ("content-length", "7")], DATE)
    assert (head.length, head.close) == (7, True)
    assert head.render("") == b"HTTP/1.1 200 OK\r\n" + DATE.encode() + b"\r\n"
    assert not Head(200, [("connection", "keep-alive")], DATE).close


@pytest.mark.parametrize(
    "field",
    [
        ("a", "b\r\nc: d"),
        ("a", "b\nc"),
        ("a", "b\rc"),
        ("a", "b\0"),
        ("a", "\u20ac"),
        ("a\r\nb", "c"),
        ("a:", "c"),
        ("a b", "c"),
        ("", "c"),
        ("\xe9", "c"),
        ("transfer-encoding", "chunked"),
        ("Content-Length", "-1"),
        ("Content-Length", "1_0"),
        ("Content-Length", "\u0661"),
        ("Content-Length", ""),
    ],
)
def test_a_field_that_would_break_the_message_is_refused(field: tuple[str, str]) -> None:
    with pytest.raises(HeadError):
        rendered(200, [field])
    with pytest.raises(HeadError):
        trailer_section([field])


def test_two_lengths_that_differ_are_refused() -> None:
    with pytest.raises(HeadError):
        Head(200, [("content-length", "1"), ("content-length", "2")], DATE)


def test_trailers_are_fields_and_an_empty_line() -> None:
    assert trailer_section([]) == b"\r\n"
    assert trailer_section([("a", "1"), ("b", "\xff")]) == b"a: 1\r\nb: \xff\r\n\r\n"
    for name in ("Content-Length", "connection", "Date"):
        with pytest.raises(HeadError):
            trailer_section([(name, "1")])


@given(st.lists(st.tuples(st.text(max_size=8), st.text(max_size=12)), max_size=4))
def test_whatever_is_rendered_has_a_line_for_each_field(fields: list[tuple[str, str]]) -> None:
    try:
        data = rendered(200, fields, "")
    except HeadError:
        return
    plain = [name for name, _ in fields if name.lower() not in ("content-length", "connection", "date")]
    dates = max(1, sum(name.lower() == "date" for name, _ in fields))
    assert data.endswith(b"\r\n\r\n")
    assert data.count(b"\n") == data.count(b"\r") == len(plain) + 2 + dates
