"""Malformed requests of every protocol: parameters or a WireError, never anything else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lambent.wire import cbor
from lambent.wire.client import parse_error, parse_response, render_request
from lambent.wire.model import load
from lambent.wire.request import WireError, WireRequest, WireResponse
from lambent.wire.route import route, unknown_operation
from lambent.wire.server import parse_request, render_error
from lambent.wire.validate import validate, validation_message
from tests.protocol.differential import ENDPOINT, Pair

# One rich operation a protocol.
TARGETS = [
    ("lambda", "CreateFunction", "rest-json"),
    ("dynamodb", "PutItem", "json"),
    ("cloudwatch", "PutMetricAlarm", "smithy-rpc-v2-cbor"),
    ("iam", "CreateRole", "query"),
    ("ec2", "RunInstances", "ec2"),
    ("cloudfront", "CreateDistribution", "rest-xml"),
    ("s3", "PutBucketLifecycleConfiguration", "rest-xml"),
    ("sqs", "SendMessageBatch", "query"),
]
many = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@contextmanager
def only_wire_errors() -> Iterator[None]:
    try:
        yield
    except WireError as error:
        assert error.code and 400 <= error.status <= 501


def understand(service: str, request: WireRequest) -> None:
    """All that a server does with a request before it calls anything."""
    model = load(service)
    with only_wire_errors():
        match = route(model, request)
        if match is None:
            error = unknown_operation(model, request)
            render_error(model, None, model.protocol, error.code, error.message, request_id="r")
            return
        failures = validate(match.operation, parse_request(model, match, request))
        if failures:
            render_error(
                model,
                match.operation,
                match.protocol,
                "ValidationException",
                validation_message(failures),
                request_id="r",
            )


def good(service: str, name: str, protocol: str) -> WireRequest:
    pair = Pair(service, name, protocol)
    return render_request(pair.ours, pair.operation, pair.params(7, 0.7), ENDPOINT, protocol=protocol)


def with_body(request: WireRequest, body: bytes) -> WireRequest:
    return WireRequest(request.method, request.path, request.query, request.headers, body)


@pytest.mark.parametrize(("service", "name", "protocol"), TARGETS)
@many
@given(body=st.binary(max_size=200))
def test_any_body(service: str, name: str, protocol: str, body: bytes) -> None:
    understand(service, with_body(good(service, name, protocol), body))


@pytest.mark.parametrize(("service", "name", "protocol"), TARGETS)
@many
@given(data=st.data())
def test_a_good_body_with_bytes_changed(service: str, name: str, protocol: str, data: st.DataObject) -> None:
    request = good(service, name, protocol)
    body = bytearray(request.body)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(body) - 1))
        match data.draw(st.integers(0, 2)):
            case 0:
                body[at] = data.draw(st.integers(0, 255))
            case 1:
                del body[at : at + data.draw(st.integers(1, 9))]
                body = body or bytearray(b" ")
            case _:
                body[at:at] = data.draw(st.binary(min_size=1, max_size=4))
    understand(service, with_body(request, bytes(body)))


def retyped(tree: Any, data: st.DataObject) -> Any:
    """A tree with one value somewhere replaced by any other."""
    if isinstance(tree, dict) and tree and data.draw(st.booleans()):
        name = data.draw(st.sampled_from(sorted(tree)))
        return {**tree, name: retyped(tree[name], data)}
    if isinstance(tree, list) and tree and data.draw(st.booleans()):
        return [retyped(tree[0], data), *tree[1:]]
    return data.draw(values)


@many
@given(data=st.data())
def test_cbor_of_other_types(data: st.DataObject) -> None:
    request = good("cloudwatch", "PutMetricAlarm", "smithy-rpc-v2-cbor")
    tree = retyped(cbor.decode(request.body), data)
    try:
        body = cbor.encode(tree)
    except ValueError:
        return
    understand("cloudwatch", with_body(request, body))


@many
@given(method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD", "?"]), path=st.text(), query=st.text())
@pytest.mark.parametrize("service", ["lambda", "s3", "iam", "sqs", "cloudwatch", "apigateway"])
def test_any_path_and_query(service: str, method: str, path: str, query: str) -> None:
    understand(service, WireRequest(method, "/" + path, query, {}, b""))


@many
@given(
    st.dictionaries(st.sampled_from(["x-amz-target", "content-type", "smithy-protocol", "content-encoding"]), st.text())
)
def test_any_protocol_headers(headers: dict[str, str]) -> None:
    understand("cloudwatch", WireRequest("POST", "/", "", headers, b"{}"))


@many
@given(
    st.dictionaries(
        st.sampled_from(["expires", "content-length", "x-amz-object-lock-retain-until-date", "x-amz-meta-a"]), st.text()
    )
)
def test_any_bound_headers(headers: dict[str, str]) -> None:
    understand("s3", WireRequest("PUT", "/b/k", "", headers, b""))


@pytest.mark.parametrize(("service", "name", "protocol"), TARGETS)
@many
@given(status=st.sampled_from([200, 400, 500]), body=st.binary(max_size=100), type_=st.text(max_size=20))
def test_any_answer(service: str, name: str, protocol: str, status: int, body: bytes, type_: str) -> None:
    model = load(service)
    response = WireResponse(status, [("x-amzn-ErrorType", type_)], body)
    with only_wire_errors():
        parse_response(model, model.operations[name], protocol, response)
    parse_error(model, protocol, response)
