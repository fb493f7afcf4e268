"""Bodies in each protocol's format."""

from __future__ import annotations

import pytest

from lambent.wire.body import content_type, read_body, read_json, write_body
from lambent.wire.model import load
from lambent.wire.request import WireError

ALIAS = load("lambda").shape("AliasConfiguration")


@pytest.mark.parametrize("protocol", ["rest-json", "json", "smithy-rpc-v2-cbor", "rest-xml"])
def test_a_value_survives_every_format(protocol: str) -> None:
    value = {"Name": "é", "RoutingConfig": {"AdditionalVersionWeights": {"2": 0.5}}}
    assert read_body(protocol, ALIAS, write_body(protocol, ALIAS, value)) == value


@pytest.mark.parametrize(
    "body", [b"{", b"{'a': 1}", b"\xff", b'{"a": NaN}', b"[" * 100_000, b'{"a": "\\ud800"}', b"", b"{} x"]
)
def test_what_is_no_json_is_refused(body: bytes) -> None:
    with pytest.raises(WireError) as caught:
        read_json(body)
    assert caught.value.code == "SerializationException"


def test_a_null_document_is_an_empty_one() -> None:
    assert read_body("rest-json", ALIAS, b"null") == {}


@pytest.mark.parametrize(
    ("service", "protocol", "type_"),
    [
        ("lambda", "rest-json", "application/json"),
        ("kms", "json", "application/x-amz-json-1.1"),
        ("sqs", "json", "application/x-amz-json-1.0"),
        ("cloudwatch", "smithy-rpc-v2-cbor", "application/cbor"),
        ("s3", "rest-xml", "application/xml"),
        ("ec2", "ec2", "text/xml;charset=UTF-8"),
        ("iam", "query", "text/xml"),
    ],
)
def test_types(service: str, protocol: str, type_: str) -> None:
    assert content_type(load(service), protocol) == type_
