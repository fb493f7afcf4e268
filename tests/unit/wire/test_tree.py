"""JSON-like trees by the model: types are held to, unknown members fall away."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from lambent.wire.body import write_body
from lambent.wire.model import load
from lambent.wire.request import WireError
from lambent.wire.shape import Shape
from lambent.wire.tree import Fixed, from_tree, to_tree

CREATE = load("lambda").shape("CreateFunctionRequest")


def test_values_are_typed_and_unknown_members_dropped() -> None:
    tree = {
        "FunctionName": "f",
        "Timeout": 3,
        "Code": {"ZipFile": "UEs="},
        "Publish": True,
        "Runtime": None,
        "Unknown": 1,
        "Environment": {"Variables": {"A": "b"}},
        "Layers": ["x"],
    }
    assert from_tree(CREATE, tree) == {
        "FunctionName": "f",
        "Timeout": 3,
        "Code": {"ZipFile": b"PK"},
        "Publish": True,
        "Environment": {"Variables": {"A": "b"}},
        "Layers": ["x"],
    }


@pytest.mark.parametrize(
    ("tree", "text"),
    [
        ({"FunctionName": 5}, "NUMBER_VALUE can not be converted to a String"),
        ({"FunctionName": True}, "TRUE_VALUE can not be converted to a String"),
        ({"FunctionName": {}}, "Start of structure or map found where not expected."),
        ({"FunctionName": []}, "Start of list found where not expected"),
        ({"Timeout": "3"}, "STRING_VALUE can not be converted to an Integer"),
        ({"Timeout": False}, "FALSE_VALUE can not be converted to an Integer"),
        ({"Timeout": 1 << 70}, "NUMBER_VALUE can not be converted to an Integer"),
        ({"Publish": "true"}, "STRING_VALUE can not be converted to a Boolean"),
        ({"Layers": "x"}, "Unexpected field type"),
        ({"Environment": []}, "Start of list found where not expected"),
        ({"Code": {"ZipFile": "%"}}, "Invalid base64 data"),
        ([], "Start of list found where not expected"),
        ("x", "Unexpected field type"),
    ],
)
def test_a_wrong_type_is_told_in_aws_words(tree: Any, text: str) -> None:
    with pytest.raises(WireError) as caught:
        from_tree(CREATE, tree)
    assert (caught.value.code, caught.value.message) == ("SerializationException", text)


def test_whole_floats_are_integers() -> None:
    assert from_tree(CREATE, {"Timeout": 3.0}) == {"Timeout": 3}


def test_timestamps_are_numbers_in_json_and_datetimes_in_cbor() -> None:
    shape = load("logs").operations["DescribeLogGroups"].output
    alarm = load("cloudwatch").shape("MetricAlarm")
    assert shape is not None
    moment = datetime(2024, 1, 1, tzinfo=UTC)
    assert to_tree(alarm, {"StateUpdatedTimestamp": moment}) == {"StateUpdatedTimestamp": 1704067200}
    assert to_tree(alarm, {"StateUpdatedTimestamp": 1704067200}, native=True) == {"StateUpdatedTimestamp": moment}
    assert to_tree(alarm, {"StateUpdatedTimestamp": moment.replace(tzinfo=None)}, native=True) == {
        "StateUpdatedTimestamp": moment
    }


def test_nones_are_left_out_and_numbers_made_plain() -> None:
    tree = to_tree(
        load("lambda").shape("AliasRoutingConfiguration"), {"AdditionalVersionWeights": {"2": Decimal("0.5")}}
    )
    assert tree == {"AdditionalVersionWeights": {"2": 0.5}}
    assert to_tree(CREATE, {"FunctionName": "f", "Role": None}) == {"FunctionName": "f"}


def test_a_member_that_the_model_does_not_know_is_our_mistake() -> None:
    with pytest.raises(ValueError, match="CreateFunctionRequest has no member 'Functionname'"):
        to_tree(CREATE, {"Functionname": "f"})


def test_documents_pass_as_they_are() -> None:
    document = next(
        shape
        for name in load("bedrock-runtime")._raw.shapes
        if (shape := load("bedrock-runtime").shape(name)).document and shape.type == "structure"
    )
    assert isinstance(document, Shape)
    anything = {"a": [1, None, {"b": 2.5}]}
    assert from_tree(document, anything) is anything
    assert to_tree(document, anything) is anything


def test_lists_may_hold_nulls() -> None:
    layers = CREATE.members["Layers"]
    assert from_tree(layers, ["a", None]) == ["a", None]
    assert to_tree(layers, ["a", None]) == ["a", None]


def test_fixed_members_are_made_into_json_once_and_are_the_same() -> None:
    shape = load("lambda").shape("GetFunctionResponse")
    members = {"FunctionName": "f", "MemorySize": 128, "Layers": [{"Arn": "a", "CodeSize": 1}], "KMSKeyArn": None}
    fixed = Fixed(members)
    tags = {"Tags": {"a": "b"}}
    body = write_body("rest-json", shape, {"Configuration": fixed, **tags})
    assert body == write_body("rest-json", shape, {"Configuration": members, **tags})
    configuration = shape.members["Configuration"]
    assert to_tree(configuration, fixed) is to_tree(configuration, fixed)
    assert write_body("rest-json", configuration, fixed) == write_body("rest-json", configuration, members)


def test_fixed_members_keep_their_forms_apart() -> None:
    metric = load("cloudwatch").shape("MetricDatum")
    fixed = Fixed({"MetricName": "m", "Timestamp": 1.5, "Value": 1.0})
    assert bytes(to_tree(metric, fixed)) == b'{"MetricName":"m","Timestamp":1.5,"Value":1.0}'
    assert to_tree(metric, fixed, native=True)["Timestamp"] == datetime(1970, 1, 1, 0, 0, 1, 500_000, tzinfo=UTC)
    other = load("cloudwatch").shape("Dimension")
    with pytest.raises(ValueError, match="Dimension has no member"):
        to_tree(other, fixed)


@pytest.mark.parametrize(
    "value",
    [
        {"RepositoryType": "S3", "Location": "http://x"},
        {"RepositoryType": "S3", "Location": None},
        {},
        Fixed({"RepositoryType": "S3"}),
    ],
)
def test_plain_values_go_as_they_are_without_what_is_null(value: dict[str, Any]) -> None:
    shape = load("lambda").shape("FunctionCodeLocation")
    expected = {name: item for name, item in value.items() if item is not None}
    assert to_tree(shape, value, native=True) == expected
    assert msgspec.json.decode(write_body("rest-json", shape, value)) == expected


def test_an_unknown_member_is_our_mistake_also_among_plain_ones() -> None:
    with pytest.raises(ValueError, match="FunctionCodeLocation has no member 'Place'"):
        to_tree(load("lambda").shape("FunctionCodeLocation"), {"RepositoryType": "S3", "Place": "x"})


@pytest.mark.parametrize("native", [False, True])
def test_plain_lists_and_maps(native: bool) -> None:
    configuration = load("lambda").shape("FunctionConfiguration")
    value = {
        "Architectures": ("x86_64", None),
        "Environment": {"Variables": {"A": "b", "C": None}},
        "VpcConfig": {"SubnetIds": ["a"]},
        "Layers": [{"Arn": "x", "CodeSize": 2, "SigningJobArn": None}],
    }
    assert to_tree(configuration, value, native=native) == {
        "Architectures": ["x86_64", None],
        "Environment": {"Variables": {"A": "b"}},
        "VpcConfig": {"SubnetIds": ["a"]},
        "Layers": [{"Arn": "x", "CodeSize": 2}],
    }
