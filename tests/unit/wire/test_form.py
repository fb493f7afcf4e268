"""Forms of the query and EC2 protocols, both ways."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

import pytest

from lambent.wire.form import encode_form, from_form, read_form, to_form
from lambent.wire.model import load
from lambent.wire.request import WireError
from lambent.wire.shape import Shape


def shape_of(service: str, operation: str) -> Shape:
    shape = load(service).operations[operation].input
    assert shape is not None
    return shape


CASES: list[tuple[str, str, str, dict[str, str], dict[str, Any]]] = [
    (
        "iam",
        "CreateUser",
        "query",
        {"UserName": "u", "Tags.member.1.Key": "a", "Tags.member.1.Value": "b", "Tags.member.2.Key": "c"},
        {"UserName": "u", "Tags": [{"Key": "a", "Value": "b"}, {"Key": "c"}]},
    ),
    (
        "sns",
        "Publish",
        "query",
        {
            "Message": "m",
            "MessageAttributes.entry.1.Name": "n",
            "MessageAttributes.entry.1.Value.DataType": "Binary",
            "MessageAttributes.entry.1.Value.BinaryValue": "AP8=",
        },
        {"Message": "m", "MessageAttributes": {"n": {"DataType": "Binary", "BinaryValue": b"\x00\xff"}}},
    ),
    (
        "sns",
        "CreateTopic",
        "query",
        {"Name": "t", "Attributes.entry.1.key": "k", "Attributes.entry.1.value": "v"},
        {"Name": "t", "Attributes": {"k": "v"}},
    ),
    (
        "ec2",
        "RunInstances",
        "ec2",
        {
            "ImageId": "i",
            "MinCount": "1",
            "SecurityGroupId.1": "a",
            "SecurityGroupId.2": "b",
            "BlockDeviceMapping.1.DeviceName": "/dev/x",
            "BlockDeviceMapping.1.Ebs.Encrypted": "true",
        },
        {
            "ImageId": "i",
            "MinCount": 1,
            "SecurityGroupIds": ["a", "b"],
            "BlockDeviceMappings": [{"DeviceName": "/dev/x", "Ebs": {"Encrypted": True}}],
        },
    ),
]


@pytest.mark.parametrize(("service", "operation", "dialect", "form", "value"), CASES)
def test_forms_spell_values_both_ways(
    service: str, operation: str, dialect: str, form: dict[str, str], value: dict[str, Any]
) -> None:
    shape = shape_of(service, operation)
    assert from_form(shape, form, dialect) == value
    assert to_form(shape, value, dialect) == form


def test_an_empty_list_is_said_in_query_and_not_in_ec2() -> None:
    users = shape_of("iam", "TagUser")
    assert to_form(users, {"Tags": []}, "query") == {"Tags": ""}
    assert from_form(users, {"Tags": ""}, "query") == {"Tags": []}
    assert to_form(shape_of("ec2", "RunInstances"), {"SecurityGroupIds": []}, "ec2") == {}


def test_lists_are_in_the_order_of_their_numbers() -> None:
    form = {"SecurityGroupId.10": "c", "SecurityGroupId.9": "b", "SecurityGroupId.001": "a"}
    assert from_form(shape_of("ec2", "RunInstances"), form, "ec2") == {"SecurityGroupIds": ["a", "b", "c"]}


def test_what_the_model_does_not_know_is_passed_over() -> None:
    form = {"Action": "CreateUser", "Version": "1", "UserName": "u", "Other.1.X": "y"}
    assert from_form(shape_of("iam", "CreateUser"), form, "query") == {"UserName": "u"}


@pytest.mark.parametrize(
    "form",
    [
        {"Tags.member.one.Key": "a"},
        {"Tags.member.-1.Key": "a"},
        {"Tags.member.²": "a"},
        {"UserName.Deep": "a"},
        {"Tags.member.1.Key.x": "a"},
        {"A" + ".a" * 70: "b"},
        {f"Tags.member.{'9' * 5000}.Key": "b"},
    ],
)
def test_a_form_of_another_shape_is_refused(form: dict[str, str]) -> None:
    with pytest.raises(WireError):
        from_form(shape_of("iam", "CreateUser"), form, "query")


def test_a_map_entry_without_a_key_is_refused() -> None:
    with pytest.raises(WireError):
        from_form(shape_of("sns", "CreateTopic"), {"Name": "t", "Attributes.entry.1.value": "v"}, "query")


def test_a_body_is_read_as_a_form() -> None:
    assert read_form(b"A=1&B=a+b%26&C=&A=2") == {"A": "2", "B": "a b&", "C": ""}
    assert read_form(b"") == {}
    for body in (b"A=\xff", b"&".join([b"a=1"] * 100_001), b"A=%ff"):
        with pytest.raises(WireError) as caught:
            read_form(body)
        assert caught.value.code == "MalformedQueryString"


def test_what_is_encoded_decodes() -> None:
    form = {"A.1": "a b&c=d+é", "B": ""}
    assert dict(parse_qsl(encode_form(form).decode(), keep_blank_values=True)) == form
