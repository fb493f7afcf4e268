"""What browsers are told."""

from __future__ import annotations

from typing import Any

import pytest

from lambent.gateway.cors import preflight, with_rules
from lambent.http.message import Request, Response

ALL = {
    "AllowOrigins": ["*"],
    "AllowMethods": ["*"],
    "AllowHeaders": ["*"],
    "ExposeHeaders": ["x-a", "x-b"],
    "MaxAge": 9,
}
SOME = {"AllowOrigins": ["https://a.example", "http://*"], "AllowMethods": ["GET", "PUT"], "AllowHeaders": ["x-c"]}


def request(origin: str | None = "https://a.example", method: str = "OPTIONS", **more: str) -> Request:
    headers = [("Access-Control-Request-Method", "PUT")] if method == "OPTIONS" else []
    headers += [] if origin is None else [("Origin", origin)]
    return Request.of(method, "/", [*headers, *((name.replace("_", "-"), value) for name, value in more.items())])


@pytest.mark.parametrize(
    ("cors", "asked", "expected"),
    [
        (
            ALL,
            request(access_control_request_headers="x-q"),
            {"allow-origin": "*", "allow-methods": "GET,PUT,HEAD,POST,PATCH,DELETE", "allow-headers": "x-q"}
            | {"max-age": "9"},
        ),
        (
            SOME | {"AllowCredentials": True},
            request(),
            {"allow-origin": "https://a.example", "allow-methods": "GET,PUT", "allow-headers": "x-c"}
            | {"allow-credentials": "true"},
        ),
        (SOME, request("http://any.example"), {"allow-origin": "http://any.example", "allow-methods": "GET,PUT"}),
        (SOME, request("https://b.example"), {}),
        ({"AllowMethods": ["GET"]}, request(), {}),
        (ALL | {"AllowCredentials": True}, request(), {"allow-origin": "https://a.example"}),
    ],
)
def test_questions(cors: Any, asked: Request, expected: dict[str, str]) -> None:
    found = preflight(cors, asked)
    assert found is not None
    assert found.status == 200
    shown = {name.removeprefix("access-control-"): value for name, value in found.headers}
    assert expected.items() <= shown.items()
    assert bool(shown) is bool(expected)
    assert shown.get("vary") == ("Origin" if expected else None)


@pytest.mark.parametrize("asked", [request(None), request(method="GET")])
def test_what_is_no_question(asked: Request) -> None:
    assert preflight(ALL, asked) is None
    assert preflight({}, request()) is None


def test_the_rules_replace_the_functions_own() -> None:
    response = Response(201, [("Access-Control-Allow-Origin", "https://evil"), ("x-a", "1")], b"b")
    found = with_rules(ALL, request(method="GET"), response)
    assert (found.status, found.body) == (201, b"b")
    assert found.headers == [
        ("x-a", "1"),
        ("access-control-allow-origin", "*"),
        ("vary", "Origin"),
        ("access-control-expose-headers", "x-a,x-b"),
    ]
    assert with_rules(ALL, request(None, "GET"), response).headers == [("x-a", "1")]
    assert with_rules({}, request(method="GET"), response) is response
