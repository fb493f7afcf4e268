"""Requests as events of payload format 2.0."""

from __future__ import annotations

from typing import Any

import pytest

from lambent.context import Principal
from lambent.gateway.url_events import event
from lambent.http.message import Origin, Request
from lambent.model.function_url import FunctionUrl

URL = FunctionUrl("a" * 32, "123456789012", "us-east-1", "f", "", "NONE", 1.0, 1.0)
HOST = f"{'a' * 32}.lambda-url.us-east-1.localhost"
ORIGIN = Origin(client=("10.0.0.9", 5), server=("127.0.0.1", 4566))


def made(
    target: str = "/", headers: tuple[tuple[str, str], ...] = (), body: bytes = b"", caller: Principal | None = None
) -> Any:
    fields = (("Host", f"{HOST}:4566"), *headers)
    request = Request.of("POST", target, fields, body, ORIGIN)
    return event(
        URL, request, body, path=request.path, caller=caller, request_id="r", trace_id="Root=1", now=1583348638.39
    )


def test_to_the_letter() -> None:
    headers = (("User-Agent", "curl"), ("X-A", "1"), ("X-A", "2"), ("Cookie", "a=b; c=d"), ("X-Forwarded-For", "evil"))
    assert made("/my%20path?a=1&b=x%20y&a=2&c", (*headers, ("Content-Type", "text/plain")), b"hello") == {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": "/my%20path",
        "rawQueryString": "a=1&b=x%20y&a=2&c",
        "cookies": ["a=b", "c=d"],
        "headers": {
            "host": f"{HOST}:4566",
            "user-agent": "curl",
            "x-a": "1,2",
            "content-type": "text/plain",
            "x-amzn-trace-id": "Root=1",
            "x-forwarded-for": "10.0.0.9",
            "x-forwarded-port": "4566",
            "x-forwarded-proto": "http",
        },
        "queryStringParameters": {"a": "1,2", "b": "x y", "c": ""},
        "requestContext": {
            "accountId": "anonymous",
            "apiId": "a" * 32,
            "domainName": HOST,
            "domainPrefix": "a" * 32,
            "http": {
                "method": "POST",
                "path": "/my%20path",
                "protocol": "HTTP/1.1",
                "sourceIp": "10.0.0.9",
                "userAgent": "curl",
            },
            "requestId": "r",
            "routeKey": "$default",
            "stage": "$default",
            "time": "04/Mar/2020:19:03:58 +0000",
            "timeEpoch": 1583348638390,
        },
        "body": "hello",
        "isBase64Encoded": False,
    }


def test_what_is_not_there_is_not_shown() -> None:
    assert not {"cookies", "queryStringParameters", "body"} & made().keys()


def test_who_signed_is_told_and_how_is_not() -> None:
    caller = Principal("123456789012", "arn:aws:iam::123456789012:user/u", "AKIA", user="u")
    headers = (("Authorization", "AWS4 x"), ("X-Amz-Security-Token", "t"), ("X-Amz-Date", "d"))
    found = made(headers=headers, caller=caller)
    assert {"authorization", "x-amz-security-token"} & found["headers"].keys() == set()
    assert found["headers"]["x-amz-date"] == "d"
    assert found["requestContext"]["accountId"] == "123456789012"
    assert found["requestContext"]["authorizer"] == {
        "iam": {
            "accessKey": "AKIA",
            "accountId": "123456789012",
            "callerId": "AKIA",
            "cognitoIdentity": None,
            "principalOrgId": None,
            "userArn": "arn:aws:iam::123456789012:user/u",
            "userId": "AKIA",
        }
    }
    assert made(headers=headers)["headers"]["authorization"] == "AWS4 x"


@pytest.mark.parametrize(
    ("kind", "body", "expected", "in_base64"),
    [
        ("application/json; charset=utf-8", b"{}", "{}", False),
        ("application/problem+json", b"{}", "{}", False),
        ("image/svg+xml", b"<svg/>", "<svg/>", False),
        ("text/html", "ü".encode(), "ü", False),
        ("text/html", b"\xff", "/w==", True),
        ("application/x-www-form-urlencoded", b"a=b", "YT1i", True),
        ("image/png", b"a", "YQ==", True),
        ("", b"a", "YQ==", True),
    ],
)
def test_bodies(kind: str, body: bytes, expected: str, in_base64: bool) -> None:
    found = made(headers=(("Content-Type", kind),) if kind else (), body=body)
    assert (found["body"], found["isBase64Encoded"]) == (expected, in_base64)


def test_a_compressed_text_is_none() -> None:
    found = made(headers=(("Content-Type", "text/plain"), ("Content-Encoding", "gzip")), body=b"a")
    assert found["isBase64Encoded"]
