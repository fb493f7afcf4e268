"""Requests, responses and their fields."""

from __future__ import annotations

import asyncio

import pytest

from lambent.http.message import Headers, Origin, Request, Response


def test_names_are_lower_case_and_repeats_are_joined_and_kept_apart() -> None:
    headers = Headers.of([("X-A", "1"), ("Host", "h"), ("x-a", "2"), ("X-a", "3")])
    assert headers.get("x-a") == "1, 2, 3"
    assert headers.all("x-a") == ["1", "2", "3"]
    assert headers.all("host") == ["h"]
    assert headers.all("absent") == []
    assert list(headers.items()) == [("x-a", "1, 2, 3"), ("host", "h")]
    assert headers.get("absent") is None
    assert headers.get("absent", "else") == "else"


def test_an_empty_value_is_a_value() -> None:
    headers = Headers.of([("a", ""), ("a", "")])
    assert headers.all("a") == ["", ""]
    assert headers["a"] == ", "


@pytest.mark.parametrize(
    ("target", "path", "query"),
    [("/a%20b?x=1&y", "/a%20b", "x=1&y"), ("/", "/", ""), ("/?", "/", ""), ("/a?b?c", "/a", "b?c")],
)
def test_a_target_falls_into_path_and_query(target: str, path: str, query: str) -> None:
    request = Request.of("GET", target)
    assert (request.target, request.path, request.query) == (target, path, query)


async def test_a_request_by_hand_is_complete() -> None:
    request = Request.of("PUT", "/", [("A", "b")], b"body", Origin("https", ("192.0.2.1", 2)))
    assert request.content_length == 4
    assert await request.read() == b"body"
    assert request.trailers == {}
    assert (request.scheme, request.client, request.server) == ("https", ("192.0.2.1", 2), None)
    assert request.headers["a"] == "b"


async def test_read_uses_the_server_s_limit_unless_told() -> None:
    def request() -> Request:
        return Request.of("PUT", "/", body=b"abcd", origin=Origin(body_bytes=3))

    with pytest.raises(Exception, match="longer than 3 bytes"):
        await request().read()
    assert await request().read(4) == b"abcd"
    assert [piece async for piece in request().stream()] == [b"abcd"]


async def test_disconnected_is_done_when_the_client_goes_before_or_after_it_was_asked_for() -> None:
    early, late = Request.of("GET", "/"), Request.of("GET", "/")
    waiting = early.disconnected
    assert not waiting.done()
    early.lose()
    late.lose()
    await asyncio.wait_for(asyncio.gather(waiting, late.disconnected), 1)
    early.lose()


def test_two_responses_do_not_share_their_headers() -> None:
    one, other = Response(), Response()
    one.headers.append(("a", "b"))
    assert other.headers == []
    assert (other.status, other.body, other.trailers) == (200, b"", None)
