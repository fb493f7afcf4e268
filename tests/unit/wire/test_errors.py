"""Errors as AWS sends them: status, casing, envelope, places of fields."""

from __future__ import annotations

from typing import Any

import pytest

from lambent.wire import cbor
from lambent.wire.model import load
from lambent.wire.request import WireResponse
from lambent.wire.server import render_error


def refuse(service: str, code: str, protocol: str | None = None, **more: Any) -> WireResponse:
    model = load(service)
    return render_error(model, None, protocol or model.protocol, code, "why", request_id="rid", **more)


def text(response: WireResponse) -> str:
    assert isinstance(response.body, bytes)
    return response.body.decode().partition("\n")[2] or response.body.decode()


@pytest.mark.parametrize(
    ("code", "status", "body"),
    [
        ("ResourceNotFoundException", 404, '{"Message":"why","Type":"User"}'),
        ("InvalidParameterValueException", 400, '{"message":"why","Type":"User"}'),
        ("ServiceException", 500, '{"Message":"why","Type":"Service"}'),
        ("RequestTooLargeException", 413, '{"message":"why","Type":"User"}'),
        ("InvalidZipFileException", 502, '{"Message":"why","Type":"Service"}'),
        ("ValidationException", 400, '{"message":"why"}'),
        ("AccessDeniedException", 400, '{"Message":"why"}'),
    ],
)
def test_lambda_errors(code: str, status: int, body: str) -> None:
    response = refuse("lambda", code)
    assert (response.status, text(response)) == (status, body)
    assert response.header("x-amzn-errortype") == code
    assert response.header("content-type") == "application/json"
    assert response.header("x-amzn-requestid") == "rid"


def test_fields_go_where_the_model_says() -> None:
    response = refuse(
        "lambda",
        "TooManyRequestsException",
        fields={"retryAfterSeconds": "1", "Reason": "ReservedFunctionConcurrentInvocationLimitExceeded"},
    )
    assert response.status == 429
    assert response.header("Retry-After") == "1"
    assert text(response) == (
        '{"message":"why","Reason":"ReservedFunctionConcurrentInvocationLimitExceeded","Type":"User"}'
    )


def test_a_status_given_wins() -> None:
    assert refuse("lambda", "AccessDeniedException", status=403).status == 403


def test_json_errors_name_their_type() -> None:
    assert text(refuse("kms", "NotFoundException")) == '{"__type":"NotFoundException","message":"why"}'
    assert refuse("kms", "KMSInternalException").status == 500


def test_query_errors() -> None:
    response = refuse("iam", "NoSuchEntityException")
    assert response.status == 404
    assert text(response) == (
        '<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error><Type>Sender</Type>'
        "<Code>NoSuchEntity</Code><Message>why</Message></Error><RequestId>rid</RequestId></ErrorResponse>"
    )
    assert "<Type>Receiver</Type>" in text(refuse("iam", "ServiceFailure"))


def test_ec2_errors() -> None:
    assert text(refuse("ec2", "InvalidVpcID.NotFound")) == (
        "<Response><Errors><Error><Code>InvalidVpcID.NotFound</Code><Message>why</Message></Error></Errors>"
        "<RequestID>rid</RequestID></Response>"
    )


def test_s3_errors_have_no_wrapper() -> None:
    response = refuse("s3", "NoSuchBucket", fields={"BucketName": "b&c"})
    assert response.status == 404
    assert text(response) == (
        "<Error><Code>NoSuchBucket</Code><Message>why</Message><BucketName>b&amp;c</BucketName>"
        "<RequestId>rid</RequestId><HostId>rid</HostId></Error>"
    )


def test_cbor_errors_have_absolute_types_and_the_old_code() -> None:
    response = refuse("cloudwatch", "InvalidParameterValueException")
    assert isinstance(response.body, bytes)
    assert cbor.decode(response.body) == {
        "__type": "com.amazonaws.cloudwatch#InvalidParameterValueException",
        "message": "why",
    }
    assert response.header("x-amzn-query-error") == "InvalidParameterValue;Sender"
    assert response.header("smithy-protocol") == "rpc-v2-cbor"


def test_the_same_error_in_the_services_other_protocol() -> None:
    assert "<Code>InvalidParameterValue</Code>" in text(refuse("cloudwatch", "InvalidParameterValueException", "query"))


def test_of_two_errors_with_one_code_the_operations_own_is_meant() -> None:
    for service in ("elbv2", "cloudformation", "iam"):
        model = load(service)
        for operation in model.operations.values():
            for name in operation.error_names:
                shape = model.errors[name]
                response = render_error(model, operation, model.protocol, shape.error_code, "why", request_id="r")
                assert response.status == shape.error_status, (service, operation.name, name)


def test_fields_that_no_model_knows_pass_in_an_unknown_error() -> None:
    assert text(refuse("lambda", "Odd", fields={"x": 1})) == '{"message":"why","x":1}'
