"""The client's direction, beyond what the differential suite holds it to."""

from __future__ import annotations

import pytest

from lambent.wire.client import parse_error, parse_response, render_request
from lambent.wire.model import load
from lambent.wire.request import WireError, WireResponse
from lambent.wire.server import render_error, render_response

LAMBDA = load("lambda")


def test_an_invocation() -> None:
    params = {"FunctionName": "a/b", "Payload": b"{}", "Qualifier": "1", "LogType": "Tail", "TenantId": None}
    request = render_request(LAMBDA, LAMBDA.operations["Invoke"], params, "http://127.0.0.1:4566/base/")
    assert (request.method, request.path) == ("POST", "/base/2015-03-31/functions/a%2Fb/invocations")
    assert (request.query, request.body) == ("Qualifier=1", b"{}")
    assert dict(request.headers.items()) == {
        "host": "127.0.0.1:4566",
        "x-amz-log-type": "Tail",
        "content-length": "2",
    }


def test_tokens_are_made_where_they_are_missing() -> None:
    operation = load("ec2").operations["RunInstances"]
    asked = render_request(load("ec2"), operation, {"MinCount": 1}, "http://x", token=lambda: "t-1")
    assert b"ClientToken=t-1" in asked.body
    asked = render_request(load("ec2"), operation, {"ClientToken": "mine"}, "http://x", token=lambda: "t-1")
    assert b"ClientToken=mine" in asked.body
    assert b"ClientToken" not in render_request(load("ec2"), operation, {}, "http://x").body


def test_mistakes_of_the_caller_are_told() -> None:
    with pytest.raises(ValueError, match="FunctionName is required"):
        render_request(LAMBDA, LAMBDA.operations["Invoke"], {}, "http://x")
    with pytest.raises(ValueError, match="no member Name"):
        render_request(LAMBDA, LAMBDA.operations["Invoke"], {"Name": "f"}, "http://x")


def test_aws_wants_some_hosts_prefixed() -> None:
    logs, s3 = load("logs"), load("s3")
    tail = render_request(logs, logs.operations["StartLiveTail"], {}, "https://logs.x", prefix_host=True)
    assert tail.headers.get("host") == "stream-logs.x"
    assert render_request(logs, logs.operations["StartLiveTail"], {}, "http://x").headers.get("host") == "x"
    write = s3.operations["WriteGetObjectResponse"]
    params = {"RequestRoute": "r-1", "RequestToken": "t"}
    assert render_request(s3, write, params, "https://s3.x", prefix_host=True).headers.get("host") == "r-1.s3.x"
    with pytest.raises(ValueError, match="RequestRoute"):
        render_request(s3, write, params | {"RequestRoute": "evil/"}, "https://s3.x", prefix_host=True)


def test_an_rpc_stream_begins_with_the_other_members() -> None:
    kinesis = load("kinesis")
    operation = kinesis.operations["SubscribeToShard"]
    event = {"SubscribeToShardEvent": {"ContinuationSequenceNumber": "1", "Records": [], "MillisBehindLatest": 0}}
    response = render_response(kinesis, operation, "json", {"EventStream": [event]}, "r")
    assert list(parse_response(kinesis, operation, "json", response)["EventStream"]) == [event]
    assert list(parse_response(kinesis, operation, "json", WireResponse(200, []))["EventStream"]) == []


def test_a_stream_is_read_as_it_comes() -> None:
    operation = LAMBDA.operations["InvokeWithResponseStream"]
    events = [{"PayloadChunk": {"Payload": b"a"}}, {"InvokeComplete": {"LogResult": "x"}}]
    response = render_response(LAMBDA, operation, "rest-json", {"EventStream": events}, "r")
    result = parse_response(LAMBDA, operation, "rest-json", response)
    assert next(result["EventStream"]) == events[0]
    assert list(result["EventStream"]) == events[1:]


@pytest.mark.parametrize(
    ("service", "protocol", "code", "fields"),
    [
        ("lambda", "rest-json", "TooManyRequestsException", {"retryAfterSeconds": "1"}),
        ("kms", "json", "NotFoundException", {}),
        ("iam", "query", "NoSuchEntity", {}),
        ("ec2", "ec2", "InvalidVpcID.NotFound", {}),
        ("s3", "rest-xml", "NoSuchKey", {}),
        ("cloudwatch", "smithy-rpc-v2-cbor", "ResourceNotFound", {}),
    ],
)
def test_errors_are_understood(service: str, protocol: str, code: str, fields: dict[str, str]) -> None:
    model = load(service)
    response = render_error(model, None, protocol, code, "why", request_id="r", fields=fields)
    found, message, more = parse_error(model, protocol, response)
    assert (found, message) == (code, "why")
    assert fields.items() <= more.items()


@pytest.mark.parametrize("protocol", ["rest-json", "json", "query", "rest-xml", "smithy-rpc-v2-cbor"])
@pytest.mark.parametrize("body", [b"", b"<html>Bad Gateway</html>", b"\xff\xfe", b"[1]", b"{", b"null"])
def test_an_error_that_says_nothing_is_its_status(protocol: str, body: bytes) -> None:
    code, _, fields = parse_error(LAMBDA, protocol, WireResponse(502, [], body))
    assert (code, fields) == ("502", {})


def test_a_broken_answer_is_an_error() -> None:
    with pytest.raises(WireError):
        parse_response(LAMBDA, LAMBDA.operations["ListFunctions"], "rest-json", WireResponse(200, [], b"{"))


def test_an_empty_answer_is_an_empty_result() -> None:
    for service, operation in [("lambda", "ListFunctions"), ("kms", "ListKeys"), ("iam", "GetUser")]:
        model = load(service)
        assert parse_response(model, model.operations[operation], model.protocol, WireResponse(200, [])) == {}
