"""Subscription requests: what is accepted, and what is said of everything else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lambent.runtime_api.telemetry_records import Category
from lambent.runtime_api.telemetry_render import Schema
from lambent.runtime_api.telemetry_subscriptions import (
    Api,
    Buffering,
    HttpDestination,
    Invalid,
    Subscription,
    TcpDestination,
    parse,
)

HTTP = {"protocol": "HTTP", "URI": "http://sandbox.localdomain:8080"}


def body(**changes: Any) -> bytes:
    """A request; None removes a member."""
    request = {"schemaVersion": "2022-12-13", "types": ["platform"], "destination": HTTP, **changes}
    return json.dumps({name: value for name, value in request.items() if value is not None}).encode()


def wrong(api: Api, request: bytes) -> str:
    """What is said of a bad request."""
    with pytest.raises(Invalid) as error:
        parse(api, request)
    return str(error.value)


def test_everything_by_default() -> None:
    assert parse(Api.TELEMETRY, body()) == Subscription(
        Api.TELEMETRY,
        Schema.TELEMETRY_2022_12_13,
        (Category.PLATFORM,),
        Buffering(1_000, 262_144, 1_000),
        HttpDestination(8080),
    )
    logs = parse(Api.LOGS, body(schemaVersion=None))
    assert (logs.schema, logs.buffering.max_items) == (Schema.LOGS_2020_08_15, 10_000)


def test_everything_said() -> None:
    request = body(
        schemaVersion="2021-03-18",
        types=["function", "extension", "platform", "function"],
        buffering={"maxItems": 10_000, "maxBytes": 1_048_576, "timeoutMs": 25},
        destination={"protocol": "HTTP", "URI": "http://sandbox:1/a/b?c=d", "method": "PUT", "encoding": "JSON"},
    )
    assert parse(Api.LOGS, request) == Subscription(
        Api.LOGS,
        Schema.LOGS_2021_03_18,
        (Category.FUNCTION, Category.EXTENSION, Category.PLATFORM),
        Buffering(10_000, 1_048_576, 25),
        HttpDestination(1, "/a/b?c=d", "PUT", "sandbox"),
    )
    assert parse(Api.TELEMETRY, request.replace(b"2021-03-18", b"2025-01-29")).destination == HttpDestination(
        1, "/a/b?c=d", "POST", "sandbox"
    )
    tcp = parse(Api.TELEMETRY, body(destination={"protocol": "TCP", "port": 65_535}))
    assert tcp.destination == TcpDestination(65_535)


@pytest.mark.parametrize("schema", ["2022-07-01", "2022-12-13", "2025-01-29"])
def test_schemas_of_the_telemetry_api(schema: str) -> None:
    assert parse(Api.TELEMETRY, body(schemaVersion=schema)).schema == schema
    assert wrong(Api.LOGS, body(schemaVersion=schema)) == "schemaVersion should be one of [2020-08-15, 2021-03-18]"


def test_all_that_is_wrong_is_said_at_once() -> None:
    request = body(types=[], destination={"protocol": "HTTP", "URI": "http://sandbox.localdomain"})
    assert wrong(Api.TELEMETRY, request) == "URI port is not provided; types should not be empty"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"schemaVersion": None}, "schemaVersion is not provided"),
        ({"schemaVersion": 7}, "schemaVersion should be one of [2022-07-01, 2022-12-13, 2025-01-29]"),
        ({"types": "platform"}, "types should not be empty"),
        ({"types": ["platform", "x" * 100]}, f"types should be among [platform, function, extension], not {'x' * 64}"),
        ({"types": [["platform"]]}, "types should be among [platform, function, extension], not ['platform']"),
        ({"destination": None}, "destination is not provided"),
        ({"destination": {}}, "protocol should be one of [HTTP, TCP]"),
        ({"destination": {"protocol": "UDP"}}, "protocol should be one of [HTTP, TCP]"),
        ({"destination": {"protocol": "HTTP"}}, "URI is not provided"),
        ({"destination": {"protocol": "HTTP", "URI": 5}}, "URI is not provided"),
        ({"destination": {"protocol": "HTTP", "URI": "http://[x"}}, "URI is not valid"),
        ({"destination": {"protocol": "HTTP", "URI": "http://sandbox:99999/"}}, "URI is not valid"),
        ({"destination": {"protocol": "HTTP", "URI": "http://sandbox:0/"}}, "URI port should be between 1 and 65535"),
        ({"destination": {"protocol": "HTTP", "URI": "https://sandbox:1/"}}, "URI scheme should be http"),
        ({"destination": {"protocol": "HTTP", "URI": "http://127.0.0.1:1"}}, "URI host should be sandbox.localdomain"),
        ({"destination": {"protocol": "HTTP", "URI": "http://evil:1"}}, "URI host should be sandbox.localdomain"),
        ({"destination": {"protocol": "HTTP", "URI": "http://sandbox:1/a b"}}, "URI path is not valid"),
        ({"destination": {"protocol": "HTTP", "URI": "http://sandbox:1/ü"}}, "URI path is not valid"),
        ({"destination": {"protocol": "HTTP", "URI": "http://sandbox:9001"}}, "port 9001 is reserved"),
        ({"destination": {"protocol": "TCP"}}, "port is not provided"),
        ({"destination": {"protocol": "TCP", "port": "80"}}, "port should be between 1 and 65535"),
        ({"destination": {"protocol": "TCP", "port": True}}, "port should be between 1 and 65535"),
        ({"destination": {"protocol": "TCP", "port": 65_536}}, "port should be between 1 and 65535"),
        ({"destination": {"protocol": "TCP", "port": 9001}}, "port 9001 is reserved"),
        ({"buffering": []}, "buffering should be an object"),
        ({"buffering": {"maxItems": 999}}, "maxItems should be between 1000 and 10000"),
        ({"buffering": {"maxItems": 10_001}}, "maxItems should be between 1000 and 10000"),
        ({"buffering": {"maxBytes": 262_143}}, "maxBytes should be between 262144 and 1048576"),
        ({"buffering": {"timeoutMs": 24}}, "timeoutMs should be between 25 and 30000"),
        ({"buffering": {"timeoutMs": 100.5}}, "timeoutMs should be between 25 and 30000"),
    ],
)
def test_bad_requests(changes: dict[str, Any], message: str) -> None:
    assert wrong(Api.TELEMETRY, body(**changes)) == message


def test_methods_of_the_logs_api() -> None:
    request = body(schemaVersion=None, destination={**HTTP, "method": "GET", "encoding": "XML"})
    assert wrong(Api.LOGS, request) == "method should be one of [POST, PUT]; encoding should be JSON"


def test_a_path_cannot_break_out_of_its_request() -> None:
    for rest, target in [("\r\nX:1", "/aX:1"), ("?b\nc", "/a?bc")]:
        request = body(destination={"protocol": "HTTP", "URI": f"http://sandbox.localdomain:1/a{rest}"})
        assert parse(Api.TELEMETRY, request).destination == HttpDestination(1, target)


@pytest.mark.parametrize("request_body", [b"", b"{", b"\xff", b"[" * 50_000, b'{"a":' * 50_000])
def test_what_is_no_json(request_body: bytes) -> None:
    assert wrong(Api.TELEMETRY, request_body).startswith("request body is not valid JSON")


@pytest.mark.parametrize("request_body", [b"null", b"[]", b'"x"', b"1"])
def test_what_is_no_object(request_body: bytes) -> None:
    assert wrong(Api.TELEMETRY, request_body) == "request body should be an object"
