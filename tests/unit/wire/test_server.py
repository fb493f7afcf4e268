"""Requests to parameters."""

from __future__ import annotations

import gzip
from typing import Any

import pytest

from lambent.wire import cbor
from lambent.wire.model import load
from lambent.wire.request import WireError, WireRequest
from lambent.wire.route import route
from lambent.wire.server import parse_request


def parse(service: str, request: WireRequest) -> dict[str, Any]:
    match = route(load(service), request)
    assert match is not None
    return parse_request(load(service), match, request)


def post(path: str, body: bytes = b"", query: str = "", **headers: str) -> WireRequest:
    return WireRequest("POST", path, query, {name.replace("_", "-"): v for name, v in headers.items()}, body)


INVOKE = "/2015-03-31/functions/f/invocations"


def test_invoke_is_headers_query_and_raw_bytes() -> None:
    request = post(
        INVOKE, b'{"a": not json', "Qualifier=%24LATEST", x_amz_invocation_type="Event", x_amz_log_type="Tail"
    )
    assert parse("lambda", request) == {
        "FunctionName": "f",
        "InvocationType": "Event",
        "LogType": "Tail",
        "Qualifier": "$LATEST",
        "Payload": b'{"a": not json',
    }


def test_an_empty_payload_is_absent_unless_it_must_be_there() -> None:
    assert parse("lambda", post(INVOKE)) == {"FunctionName": "f"}
    assert parse("lambda", post("/2014-11-13/functions/f/invoke-async")) == {"FunctionName": "f", "InvokeArgs": b""}
    assert parse("s3", WireRequest("PUT", "/b/k", "", {})) == {"Bucket": "b", "Key": "k", "Body": b""}


def test_an_empty_body_is_no_members() -> None:
    assert parse("lambda", post("/2015-03-31/functions")) == {}
    assert parse("lambda", post("/2015-03-31/functions", b"{}")) == {}


@pytest.mark.parametrize("body", [b"{", b"[]", b'"x"', b'{"FunctionName": 1}', b"\xff", b'{"Code":{"ZipFile":"!"}}'])
def test_a_body_that_does_not_fit_is_a_serialization_exception(body: bytes) -> None:
    with pytest.raises(WireError) as caught:
        parse("lambda", post("/2015-03-31/functions", body))
    assert (caught.value.code, caught.value.status) == ("SerializationException", 400)


def test_a_body_nested_beyond_reason_is_refused() -> None:
    depth = 5000
    body = b'{"TableName":"t","Item":{"a":' + b'{"L":[' * depth + b'{"S":"x"}' + b"]}" * depth + b"}}"
    with pytest.raises(WireError):
        parse("dynamodb", post("/", body, x_amz_target="DynamoDB_20120810.PutItem"))


def test_xml_bodies() -> None:
    body = b"<Delete><Object><Key>a</Key></Object><Object><Key>b</Key></Object><Quiet>true</Quiet></Delete>"
    assert parse("s3", post("/b", body, "delete")) == {
        "Bucket": "b",
        "Delete": {"Objects": [{"Key": "a"}, {"Key": "b"}], "Quiet": True},
    }
    with pytest.raises(WireError) as caught:
        parse("s3", post("/b", b"<Delete>", "delete"))
    assert caught.value.code == "MalformedXML"


def test_text_payloads() -> None:
    policy = WireRequest("PUT", "/b", "policy", {}, '{"é":1}'.encode())
    assert parse("s3", policy)["Policy"] == '{"é":1}'
    with pytest.raises(WireError):
        parse("s3", WireRequest("PUT", "/b", "policy", {}, b"\xff"))


def test_faults_in_forms_have_the_dialects_name() -> None:
    with pytest.raises(WireError) as caught:
        parse("iam", post("/", b"Action=ListUsers&MaxItems=many"))
    assert caught.value.code == "MalformedInput"
    with pytest.raises(WireError) as caught:
        parse("ec2", post("/", b"Action=RunInstances&MinCount=many"))
    assert caught.value.code == "InvalidParameterValue"


FORM = "application/x-www-form-urlencoded"
CLOUDWATCH = "/service/GraniteServiceVersion20100801/operation/PutMetricData"


def put_metrics(body: bytes, **headers: str) -> dict[str, Any]:
    return parse("cloudwatch", post(CLOUDWATCH, body, smithy_protocol="rpc-v2-cbor", **headers))


def test_compressed_bodies_are_inflated_where_the_model_allows_them() -> None:
    body = cbor.encode({"Namespace": "n"})
    assert put_metrics(gzip.compress(body), content_encoding="gzip") == {"Namespace": "n"}
    assert put_metrics(body) == {"Namespace": "n"}


def test_compressed_forms_are_read_too() -> None:
    request = post("/", gzip.compress(b"Action=PutMetricData&Namespace=n"), content_encoding="gzip", content_type=FORM)
    assert parse("cloudwatch", request) == {"Namespace": "n"}


def test_compression_elsewhere_is_not_understood() -> None:
    with pytest.raises(WireError):
        parse("lambda", post("/2015-03-31/functions", gzip.compress(b"{}"), content_encoding="gzip"))


def test_operations_without_input_have_no_parameters() -> None:
    operation = next(op for op in load("iam").operations.values() if op.input is None)
    assert parse("iam", post("/", f"Action={operation.name}&X=1".encode())) == {}


def test_streams_towards_us_are_refused_plainly() -> None:
    with pytest.raises(WireError) as caught:
        parse("lexv2-runtime", post("/bots/b/botAliases/a/botLocales/l/sessions/s/conversation"))
    assert caught.value.status == 501
