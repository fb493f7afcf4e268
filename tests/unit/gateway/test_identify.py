"""Which service, region and operation a request means."""

from __future__ import annotations

from typing import Any

import pytest

from lambent.gateway import sigv4
from lambent.gateway.dispatch import Service, Services
from lambent.gateway.identify import (
    asked_operation,
    by_path,
    identify,
    likely_protocol,
    match,
    not_identified,
    region_of,
)
from lambent.gateway.refusals import UNDETERMINED, Refusal, Refused
from lambent.http.message import Request
from lambent.services.access import PlainAccess
from lambent.wire.model import load
from lambent.wire.request import WireRequest

LAMBDA = Service(load("lambda"), {}, PlainAccess("lambda"))
MICROVMS = Service(load("lambda-microvms"), {}, PlainAccess("lambda-microvms"))
DYNAMODB = Service(load("dynamodb"), {}, PlainAccess("dynamodb"))
IAM = Service(load("iam"), {}, PlainAccess("iam"))
SERVICES = Services([MICROVMS, LAMBDA, DYNAMODB, IAM])
TARGET = [("X-Amz-Target", "DynamoDB_20120810.ListTables")]


async def meant(request: Request) -> str:
    claim = sigv4.read_claim(request) if "authorization" in request.headers else None
    service = identify(request, claim, SERVICES)
    if service is None:
        raise await not_identified(request, claim)
    return service.model.service


async def test_by_the_scope_of_the_signature(sign: Any) -> None:
    assert await meant(sign("GET", "/", service="dynamodb")) == "dynamodb"
    assert await meant(sign("POST", "/", b"Action=ListUsers", service="iam")) == "iam"


async def test_services_that_share_a_signing_name_are_told_apart_by_the_path(sign: Any) -> None:
    assert await meant(sign("GET", "/2015-03-31/functions")) == "lambda"
    uri = next(op.uri for op in MICROVMS.model.operations.values() if op.method == "GET" and "{" not in op.uri)
    assert await meant(sign("GET", uri)) == "lambda-microvms"


@pytest.mark.parametrize(
    ("request_", "service"),
    [
        (Request.of("POST", "/", [("Host", "localhost"), *TARGET]), "dynamodb"),
        (Request.of("GET", "/2015-03-31/functions", [("Host", "lambda.eu-west-1.amazonaws.com:443")]), "lambda"),
        (Request.of("GET", "/2015-03-31/functions/x", [("Host", "localhost:4566")]), "lambda"),
    ],
)
async def test_unsigned(request_: Request, service: str) -> None:
    assert await meant(request_) == service


async def test_a_service_that_is_not_served_is_named(sign: Any) -> None:
    request = sign("POST", "/", b"{}", {"X-Amz-Target": "AmazonSQS.SendMessage"}, service="sqs")
    with pytest.raises(Refused) as caught:
        await meant(request)
    assert caught.value.refusal is Refusal.UNKNOWN_OPERATION
    assert caught.value.message == "The operation SendMessage of the service sqs is not supported by Lambent yet."


async def test_nothing_that_anybody_knows(sign: Any) -> None:
    for request in (sign("GET", "/", service="nonsense"), Request.of("GET", "/favicon.ico", [("Host", "localhost")])):
        with pytest.raises(Refused) as caught:
            await meant(request)
        assert (caught.value.refusal, caught.value.message) == (Refusal.DENIED, UNDETERMINED)


def test_region(sign: Any) -> None:
    signed = sign("GET", "/", region="ap-south-1")
    assert region_of(signed, sigv4.read_claim(signed), "us-east-1") == "ap-south-1"
    host = Request.of("GET", "/", [("Host", "lambda.us-gov-west-1.amazonaws.com")])
    assert region_of(host, None, "us-east-1") == "us-gov-west-1"
    assert region_of(Request.of("GET", "/", [("Host", "localhost")]), None, "us-east-1") == "us-east-1"


@pytest.mark.parametrize(
    ("request_", "operation", "protocol"),
    [
        (Request.of("POST", "/", [*TARGET]), "ListTables", "json"),
        (Request.of("GET", "/?Action=ListUsers&Version=1"), "ListUsers", "query"),
        (
            Request.of("POST", "/", [("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")]),
            None,
            "query",
        ),
        (
            Request.of("POST", "/service/S/operation/Do", [("Smithy-Protocol", "rpc-v2-cbor")]),
            "Do",
            "smithy-rpc-v2-cbor",
        ),
        (Request.of("GET", "/x"), None, "rest-json"),
    ],
)
def test_what_the_head_says(request_: Request, operation: str | None, protocol: str) -> None:
    assert (asked_operation(request_), likely_protocol(request_, None)) == (operation, protocol)


def test_s3_speaks_xml(sign: Any) -> None:
    request = sign("GET", "/bucket", service="s3")
    assert likely_protocol(request, sigv4.read_claim(request)) == "rest-xml"


def test_match_without_a_body() -> None:
    found = match(LAMBDA.model, WireRequest("GET", "/2015-03-31/functions", "", {}))
    assert found is not None
    assert found.operation.name == "ListFunctions"
    assert match(IAM.model, WireRequest("POST", "/", "", {})) is None


PATHS = [
    ("GET", "/2015-03-31/functions/f"),
    ("GET", "/2015-03-31/functions/f%3A1/"),
    ("GET", "/2015-03-31/functions"),
    ("POST", "/2015-03-31/functions/f/invocations"),
    ("DELETE", "/2015-03-31/functions/f"),
    ("GET", "/nowhere"),
    ("POST", "/"),
    ("GET", "/2015-03-31/functions/" + "f" * 600),
]


@pytest.mark.parametrize("query", ["", "?list-type=2&Qualifier=1"])
@pytest.mark.parametrize(("method", "path"), PATHS)
@pytest.mark.parametrize("service", ["lambda", "dynamodb", "iam", "unknown"])
@pytest.mark.parametrize("services", [SERVICES, Services([LAMBDA, DYNAMODB, IAM])])
def test_what_the_path_tells_is_what_the_whole_request_tells(
    sign: Any, services: Services, service: str, method: str, path: str, query: str
) -> None:
    request = sign(method, path + query, service=service)
    claim = sigv4.read_claim(request)
    found = by_path(request, claim, services)
    if found is not None:
        assert found[0] is identify(request, claim, services)
        assert found[1] == match(found[0].model, WireRequest(method, path, query[1:], request.headers))


def test_what_has_more_names_is_not_told_by_the_path(sign: Any) -> None:
    alone = Services([LAMBDA, DYNAMODB, IAM])
    request = sign("GET", "/2015-03-31/functions/f")
    claim = sigv4.read_claim(request)
    assert by_path(request, claim, alone) is not None
    assert by_path(request, None, alone) is None
    assert by_path(request, claim, SERVICES) is None  # two services sign as lambda
    request = sign("POST", "/", service="dynamodb")
    assert by_path(request, sigv4.read_claim(request), alone) is None
    request = sign("GET", "/2015-03-31/functions/" + "f" * 600)
    assert by_path(request, claim, alone) is None
