"""Answers of functions as responses, and what cannot be one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lambent.gateway.url_answers import FORBIDDEN, answer, refused

JSON = ("content-type", "application/json")


@pytest.mark.parametrize("payload", [b'{"a": 1}', b'"hello"', b"null", b"[1]", b"3"])
def test_anything_without_a_status_is_the_body(payload: bytes) -> None:
    found = answer(payload)
    assert (found.status, found.headers, found.body) == (200, [JSON], payload)


def test_nothing_is_null() -> None:
    assert answer(b"").body == b"null"


@pytest.mark.parametrize(
    ("value", "status", "headers", "body"),
    [
        ({"statusCode": 201}, 201, [JSON], b""),
        ({"statusCode": "202", "body": "a"}, 202, [JSON], b"a"),
        ({"statusCode": 204, "body": "a"}, 204, [JSON], b""),
        ({"statusCode": 200, "body": "YQ==", "isBase64Encoded": True}, 200, [JSON], b"a"),
        ({"statusCode": 200, "body": "ü"}, 200, [JSON], "ü".encode()),
        (
            {"statusCode": 200, "headers": {"Content-Type": "text/html", "X-N": 5, "X-B": True, "X-Z": None}},
            200,
            [("Content-Type", "text/html"), ("X-N", "5"), ("X-B", "true")],
            b"",
        ),
        (
            {"statusCode": 200, "cookies": ["a=1", "b=2"]},
            200,
            [JSON, ("set-cookie", "a=1"), ("set-cookie", "b=2")],
            b"",
        ),
        (
            {"statusCode": 200, "headers": {"Server": "me", "Content-Length": "7", "Transfer-Encoding": "chunked"}},
            200,
            [("x-amzn-remapped-server", "me"), ("x-amzn-remapped-content-length", "7"), JSON],
            b"",
        ),
        ({"statusCode": 200, "headers": {"X-U": "ü"}}, 200, [("X-U", "Ã¼"), JSON], b""),
    ],
)
def test_a_status_says_how_to_respond(value: Any, status: int, headers: Any, body: bytes) -> None:
    found = answer(json.dumps(value).encode())
    assert (found.status, found.headers, found.body) == (status, headers, body)


@pytest.mark.parametrize(
    "value",
    [
        {"statusCode": "x"},
        {"statusCode": None},
        {"statusCode": True},
        {"statusCode": 100},
        {"statusCode": 600},
        {"statusCode": 200, "headers": []},
        {"statusCode": 200, "headers": {"a b": "c"}},
        {"statusCode": 200, "headers": {"a": "b\r\nSet-Cookie: c"}},
        {"statusCode": 200, "headers": {"a": ["b"]}},
        {"statusCode": 200, "cookies": "a"},
        {"statusCode": 200, "cookies": ["a\n"]},
        {"statusCode": 200, "body": {"a": 1}},
        {"statusCode": 200, "body": "!", "isBase64Encoded": True},
    ],
)
def test_what_cannot_be_sent(value: Any) -> None:
    found = answer(json.dumps(value).encode())
    assert (found.status, found.headers, found.body) == (502, [JSON], b"Internal Server Error")


def test_what_is_no_json() -> None:
    assert answer(b"{").status == 502


def test_refusals_say_why() -> None:
    found = refused(403, FORBIDDEN, {"Retry-After": "1"})
    assert isinstance(found.body, bytes)
    assert json.loads(found.body) == {"Message": FORBIDDEN}
    assert found.headers == [JSON, ("Retry-After", "1")]
