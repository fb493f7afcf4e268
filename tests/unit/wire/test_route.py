"""Requests find their operations."""

from __future__ import annotations

import pytest

from lambent.wire.model import load
from lambent.wire.request import WireRequest
from lambent.wire.route import Match, _at_path, protocol_of, route, unknown_operation


def rest(service: str, method: str, path: str, query: str = "", **headers: str) -> Match | None:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return route(load(service), WireRequest(method, path, query, named))


@pytest.mark.parametrize(
    ("method", "path", "query", "operation", "labels"),
    [
        ("POST", "/2015-03-31/functions/hello/invocations", "", "Invoke", {"FunctionName": "hello"}),
        ("POST", "/2015-03-31/functions", "", "CreateFunction", {}),
        ("GET", "/2015-03-31/functions/", "", "ListFunctions", {}),
        ("GET", "/2015-03-31/functions/a%3Ab", "", "GetFunction", {"FunctionName": "a:b"}),
        ("GET", "/2015-03-31/functions/arn:aws:lambda:x", "", "GetFunction", {"FunctionName": "arn:aws:lambda:x"}),
        ("GET", "/2018-10-31/layers", "", "ListLayers", {}),
        ("GET", "/2018-10-31/layers", "find=LayerVersion&Arn=x", "GetLayerVersionByArn", {}),
        ("GET", "/2018-10-31/layers", "find=LayerVersion", "GetLayerVersionByArn", {}),
        ("GET", "/2019-09-30/functions/f/provisioned-concurrency", "", "GetProvisionedConcurrencyConfig", None),
        (
            "GET",
            "/2019-09-30/functions/f/provisioned-concurrency",
            "List=ALL",
            "ListProvisionedConcurrencyConfigs",
            {"FunctionName": "f"},
        ),
        ("DELETE", "/2017-03-31/tags/arn%3Ax%2Fy", "tagKeys=a", "UntagResource", {"Resource": "arn:x/y"}),
    ],
)
def test_lambda_paths(method: str, path: str, query: str, operation: str, labels: dict[str, str] | None) -> None:
    match = rest("lambda", method, path, query)
    assert match is not None
    assert match.operation.name == operation
    assert labels is None or match.labels == labels


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PATCH", "/2015-03-31/functions"),
        ("POST", "/2015-03-31/functions//invocations"),
        ("GET", "/"),
        ("GET", ""),
        ("GET", "*"),
        ("POST", "/2015-03-31/functions/f/invocations/more"),
        ("GET", "/" + "a/" * 5000),
    ],
)
def test_other_paths_are_nothing(method: str, path: str) -> None:
    assert rest("lambda", method, path) is None


@pytest.mark.parametrize(
    ("method", "path", "query", "headers", "operation"),
    [
        ("GET", "/", "", {}, "ListBuckets"),
        ("GET", "/b", "", {}, "ListObjects"),
        ("GET", "/b/", "", {}, "ListObjects"),
        ("GET", "/b", "list-type=2&prefix=x", {}, "ListObjectsV2"),
        ("GET", "/b", "versioning", {}, "GetBucketVersioning"),
        ("GET", "/b", "versioning=", {}, "GetBucketVersioning"),
        ("GET", "/b", "notification", {}, "GetBucketNotificationConfiguration"),
        ("GET", "/b", "analytics", {}, "ListBucketAnalyticsConfigurations"),
        ("GET", "/b", "analytics&id=1", {}, "GetBucketAnalyticsConfiguration"),
        ("GET", "/b/k", "", {}, "GetObject"),
        ("GET", "/b/k", "uploadId=1", {}, "ListParts"),
        ("GET", "/b/k", "partNumber=1", {}, "GetObject"),
        ("PUT", "/b/k", "", {}, "PutObject"),
        ("PUT", "/b/k", "", {"x_amz_copy_source": "/a/b"}, "CopyObject"),
        ("PUT", "/b/k", "partNumber=1&uploadId=2", {}, "UploadPart"),
        ("PUT", "/b/k", "partNumber=1&uploadId=2", {"x_amz_copy_source": "/a/b"}, "UploadPartCopy"),
        ("POST", "/b", "delete", {}, "DeleteObjects"),
        ("DELETE", "/b/k", "tagging", {}, "DeleteObjectTagging"),
        ("HEAD", "/b/k", "", {}, "HeadObject"),
    ],
)
def test_s3_is_told_apart_by_query_and_headers(
    method: str, path: str, query: str, headers: dict[str, str], operation: str
) -> None:
    match = rest("s3", method, path, query, **headers)
    assert match is not None
    assert match.operation.name == operation


@pytest.mark.parametrize("key", ["a", "a/b/c", "a//b", "dir/", "a/./b/../c"])
def test_greedy_labels_take_the_rest(key: str) -> None:
    match = rest("s3", "GET", f"/b/{key}")
    assert match is not None
    assert match.labels == {"Bucket": "b", "Key": key}


def test_a_greedy_label_may_be_followed_by_more() -> None:
    match = rest("s3control", "GET", "/v20180820/mrap/instances/a/b/policy", x_amz_account_id="1")
    assert match is not None
    assert (match.operation.name, match.labels) == ("GetMultiRegionAccessPointPolicy", {"name": "a/b"})


def test_the_sdks_hint_counts_but_is_not_needed() -> None:
    for hint, operation in [("CopyObject", "CopyObject"), ("PutObject", "PutObject"), ("Nonsense", "PutObject")]:
        match = rest("s3", "PUT", "/b/k", f"x-id={hint}")
        assert match is not None and match.operation.name == operation


def test_json_names_its_operation() -> None:
    dynamodb = load("dynamodb")
    for target, found in [
        ("DynamoDB_20120810.GetItem", True),
        ("DynamoDB_20120810.Nope", False),
        ("Other.GetItem", False),
        ("", False),
    ]:
        request = WireRequest("POST", "/", "", {"x-amz-target": target}, b"{}")
        assert (route(dynamodb, request) is not None) is found


def test_forms_name_their_operation_in_body_or_query() -> None:
    iam = load("iam")
    body = route(iam, WireRequest("POST", "/", "", {}, b"Action=GetUser&Version=2010-05-08&UserName=a%20b"))
    query = route(iam, WireRequest("GET", "/", "Action=GetUser&UserName=a+b", {}))
    assert body is not None and query is not None
    assert body.form is not None and query.form is not None
    assert body.operation is query.operation is iam.operations["GetUser"]
    assert body.form["UserName"] == query.form["UserName"] == "a b"


@pytest.mark.parametrize(
    ("headers", "body", "protocol"),
    [
        ({"smithy-protocol": "rpc-v2-cbor"}, b"", "smithy-rpc-v2-cbor"),
        ({"x-amz-target": "GraniteServiceVersion20100801.ListMetrics"}, b"{}", "json"),
        ({"content-type": "application/x-www-form-urlencoded; charset=utf-8"}, b"Action=ListMetrics", "query"),
    ],
)
def test_cloudwatch_is_spoken_to_in_three_ways(headers: dict[str, str], body: bytes, protocol: str) -> None:
    path = "/service/GraniteServiceVersion20100801/operation/ListMetrics" if "cbor" in protocol else "/"
    match = route(load("cloudwatch"), WireRequest("POST", path, "", headers, body))
    assert match is not None
    assert (match.operation.name, match.protocol) == ("ListMetrics", protocol)


def test_a_get_with_an_action_is_a_query() -> None:
    assert protocol_of(load("sqs"), WireRequest("GET", "/", "Action=ListQueues", {})) == "query"
    assert protocol_of(load("sqs"), WireRequest("POST", "/", "", {})) == "json"


@pytest.mark.parametrize(
    ("service", "request_", "code", "status", "text"),
    [
        ("lambda", WireRequest("GET", "/x", "", {}), "UnknownOperationException", 404, "GET /x"),
        ("iam", WireRequest("POST", "/", "", {}, b"Action=Fly&Version=1"), "InvalidAction", 400, "operation Fly"),
        ("iam", WireRequest("POST", "/", "", {}, b"A=1"), "MissingAction", 400, "Action"),
        ("kms", WireRequest("POST", "/", "", {"x-amz-target": "T.Fly"}), "UnknownOperationException", 400, "T.Fly"),
        ("s3", WireRequest("PATCH", "/b", "", {}), "MethodNotAllowed", 405, "not allowed"),
    ],
)
def test_what_is_unknown_is_named(service: str, request_: WireRequest, code: str, status: int, text: str) -> None:
    assert route(load(service), request_) is None
    error = unknown_operation(load(service), request_)
    assert (error.code, error.status) == (code, status)
    assert text in error.message


def test_a_long_path_finds_its_operation_and_is_not_remembered() -> None:
    misses = _at_path.cache_info().misses
    match = rest("s3", "GET", "/bucket/" + "k" * 1000)
    assert match is not None
    assert match.labels == {"Bucket": "bucket", "Key": "k" * 1000}
    assert _at_path.cache_info().misses == misses


def test_labels_of_one_match_are_not_those_of_the_next() -> None:
    first = rest("lambda", "GET", "/2015-03-31/functions/a%3Ab")
    assert first is not None
    with pytest.raises(TypeError):
        first.labels["FunctionName"] = "changed"  # type: ignore[index]
    again = rest("lambda", "GET", "/2015-03-31/functions/a%3Ab")
    assert again is not None
    assert again.labels == {"FunctionName": "a:b"}
