"""Results as responses, by protocol."""

from __future__ import annotations

from typing import Any

import pytest

from lambent.wire.frames import CONTENT_TYPE, MessageDecoder
from lambent.wire.model import load
from lambent.wire.request import WireResponse
from lambent.wire.server import render_response


def render(service: str, operation: str, result: dict[str, Any], protocol: str | None = None) -> WireResponse:
    model = load(service)
    return render_response(model, model.operations[operation], protocol or model.protocol, result, "rid")


def text(response: WireResponse) -> str:
    assert isinstance(response.body, bytes)
    return response.body.decode().partition("\n")[2] or response.body.decode()


def test_invoke_answers_with_the_payload_itself() -> None:
    response = render(
        "lambda",
        "Invoke",
        {"StatusCode": 200, "Payload": b'{"a":1}', "ExecutedVersion": "$LATEST", "FunctionError": "Unhandled"},
    )
    assert response == WireResponse(
        200,
        [
            ("x-amzn-RequestId", "rid"),
            ("X-Amz-Function-Error", "Unhandled"),
            ("X-Amz-Executed-Version", "$LATEST"),
            ("Content-Type", "application/json"),
        ],
        b'{"a":1}',
    )


@pytest.mark.parametrize(("result", "status"), [({"StatusCode": 202}, 202), ({"StatusCode": 204}, 204), ({}, 200)])
def test_the_status_is_the_results_or_the_models(result: dict[str, Any], status: int) -> None:
    response = render("lambda", "Invoke", result)
    assert (response.status, response.body, response.header("content-type")) == (status, b"", None)


def test_statuses_of_the_model() -> None:
    assert render("lambda", "CreateFunction", {"FunctionName": "f"}).status == 201
    deleted = render("lambda", "DeleteAlias", {})
    assert (deleted.status, deleted.body, deleted.header("content-type")) == (204, b"", None)


def test_structured_answers_are_json() -> None:
    response = render("lambda", "GetFunctionConfiguration", {"FunctionName": "f", "Timeout": None, "CodeSize": 5})
    assert response.body == b'{"FunctionName":"f","CodeSize":5}'
    assert response.header("content-type") == "application/json"
    assert render("lambda", "ListFunctions", {}).body == b"{}"


@pytest.mark.parametrize(
    ("service", "operation"),
    [("lambda", "ListFunctions"), ("lambda", "Invoke"), ("kms", "ListKeys"), ("iam", "GetUser")],
)
def test_an_unknown_member_is_our_mistake(service: str, operation: str) -> None:
    with pytest.raises(ValueError, match="no member"):
        render(service, operation, {"Nonsense": 1})


def test_json_answers() -> None:
    response = render("kms", "ListKeys", {"Keys": [{"KeyId": "k"}], "Truncated": False})
    assert response.body == b'{"Keys":[{"KeyId":"k"}],"Truncated":false}'
    assert response.header("content-type") == "application/x-amz-json-1.1"
    nothing = render("kms", "EnableKey", {})
    assert (nothing.status, nothing.body) == (200, b"")


def test_query_answers_are_wrapped() -> None:
    assert text(render("sts", "GetCallerIdentity", {"Account": "1", "Arn": "a&b"})) == (
        '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>'
        "<Account>1</Account><Arn>a&amp;b</Arn></GetCallerIdentityResult>"
        "<ResponseMetadata><RequestId>rid</RequestId></ResponseMetadata></GetCallerIdentityResponse>"
    )
    assert text(render("iam", "DeleteUser", {})) == (
        '<DeleteUserResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/">'
        "<ResponseMetadata><RequestId>rid</RequestId></ResponseMetadata></DeleteUserResponse>"
    )


def test_ec2_answers_are_not() -> None:
    assert text(render("ec2", "DescribeVpcs", {"Vpcs": [{"VpcId": "v", "IsDefault": True}]})) == (
        '<DescribeVpcsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15"><requestId>rid</requestId>'
        "<vpcSet><item><vpcId>v</vpcId><isDefault>true</isDefault></item></vpcSet></DescribeVpcsResponse>"
    )


def test_s3_answers() -> None:
    located = render("s3", "GetBucketLocation", {"LocationConstraint": "eu-west-1"})
    assert text(located) == (
        '<LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/">eu-west-1</LocationConstraint>'
    )
    assert located.header("x-amz-request-id") == "rid"
    put = render("s3", "PutObject", {"ETag": '"e"'})
    assert (put.body, put.header("etag")) == (b"", '"e"')
    got = render("s3", "GetObject", {"Body": b"x", "ContentType": "image/png", "Metadata": {"a": "b"}})
    assert (got.body, got.header("content-type"), got.header("x-amz-meta-a")) == (b"x", "image/png", "b")
    policy = render("s3", "GetBucketPolicy", {"Policy": "{}"})
    assert policy.body == b"{}"


def test_cbor_answers_name_their_protocol() -> None:
    response = render("cloudwatch", "ListMetrics", {"NextToken": "t"})
    assert response.header("smithy-protocol") == "rpc-v2-cbor"
    assert response.header("content-type") == "application/cbor"
    assert response.body == b"\xa1\x69NextToken\x61t"


def test_streams_are_frames() -> None:
    events = [{"PayloadChunk": {"Payload": b"a"}}, {"InvokeComplete": {}}]
    response = render("lambda", "InvokeWithResponseStream", {"EventStream": iter(events), "ExecutedVersion": "1"})
    assert response.header("content-type") == CONTENT_TYPE
    assert response.header("x-amz-executed-version") == "1"
    assert not isinstance(response.body, bytes)
    messages = MessageDecoder().feed(b"".join(response.body))  # type: ignore[arg-type]
    assert [message.headers[":event-type"] for message in messages] == ["PayloadChunk", "InvokeComplete"]
    shard = render("kinesis", "SubscribeToShard", {"EventStream": []})
    (first,) = MessageDecoder().feed(b"".join(shard.body))  # type: ignore[arg-type]
    assert first.headers[":event-type"] == "initial-response"
