"""A shape is one use: the reference's traits over the definition's."""

from __future__ import annotations

import pytest

from lambent.wire.model import load
from lambent.wire.shape import Traits, resolve


def test_a_reference_lays_its_traits_over_the_definition() -> None:
    table = {"Name": Traits(type="string", max=64, location_name="inner")}
    shape = resolve(Traits(shape="Name", location="header", location_name="X-Name"), table)
    assert (shape.name, shape.type, shape.traits.max) == ("Name", "string", 64)
    assert (shape.location, shape.wire_name) == ("header", "X-Name")


def test_a_definition_is_not_changed_by_its_references() -> None:
    table = {"Name": Traits(type="string")}
    resolve(Traits(shape="Name", location="uri"), table)
    assert resolve(Traits(shape="Name"), table).location is None


def test_recursive_shapes_resolve_as_deep_as_one_looks() -> None:
    value = load("dynamodb").shape("AttributeValue")
    for _ in range(50):
        value = value.members["L"].member
    assert value.name == "AttributeValue"


def test_bound_members_are_not_looked_for_in_bodies() -> None:
    shape = load("lambda").operations["CreateAlias"].input
    assert shape is not None
    assert "FunctionName" in shape.members
    assert "FunctionName" not in shape.by_wire_name


def test_the_payload_and_the_event_stream_are_named() -> None:
    operation = load("lambda").operations["InvokeWithResponseStream"]
    assert operation.input is not None and operation.output is not None
    assert operation.input.payload is not None and operation.input.payload[0] == "Payload"
    assert operation.output.event_stream is not None and operation.output.event_stream[0] == "EventStream"


@pytest.mark.parametrize(
    ("service", "name", "code", "status", "message"),
    [
        ("lambda", "ResourceNotFoundException", "ResourceNotFoundException", 404, "Message"),
        ("lambda", "InvalidParameterValueException", "InvalidParameterValueException", 400, "message"),
        ("lambda", "ServiceException", "ServiceException", 500, "Message"),
        ("iam", "NoSuchEntityException", "NoSuchEntity", 404, "message"),
        ("kms", "KMSInternalException", "KMSInternalException", 500, "message"),
        ("s3", "NoSuchBucket", "NoSuchBucket", 404, None),
    ],
)
def test_exceptions_know_code_status_and_message(
    service: str, name: str, code: str, status: int, message: str | None
) -> None:
    shape = load(service).errors[name]
    assert (shape.error_code, shape.error_status, shape.message_member) == (code, status, message)
