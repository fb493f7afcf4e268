"""Options that are refused: only when they ask for something, and only real ones."""

from __future__ import annotations

from typing import Any

import pytest

from lambent.model.errors import ApiError
from lambent.services.lambda_.unsupported import REFUSED, refuse
from lambent.wire.model import load


@pytest.mark.parametrize(
    ("operation", "path"), [(operation, option.path) for operation, options in REFUSED.items() for option in options]
)
def test_every_option_is_in_the_model(operation: str, path: str) -> None:
    shape = load("lambda").operations[operation].input
    for name in path.split("."):
        assert shape is not None
        shape = shape.members[name]


@pytest.mark.parametrize(
    ("operation", "params", "text"),
    [
        ("CreateFunction", {"VpcConfig": {"SubnetIds": ["a"]}}, "VpcConfig"),
        ("CreateFunction", {"Code": {"ImageUri": "x"}}, "Code.ImageUri x"),
        ("CreateFunction", {"PackageType": "Image"}, "PackageType Image"),
        ("UpdateFunctionCode", {"S3ObjectStorageMode": "REFERENCE"}, "S3ObjectStorageMode REFERENCE"),
        (
            "PublishLayerVersion",
            {"Content": {"S3ObjectStorageMode": "REFERENCE"}},
            "Content.S3ObjectStorageMode REFERENCE",
        ),
        ("CreateCapacityProvider", {"TelemetryConfig": {"LoggingConfig": {"LogGroup": "g"}}}, "TelemetryConfig"),
        ("UpdateCapacityProvider", {"PropagateTags": {"Mode": "Explicit"}}, "PropagateTags"),
        ("ListFunctions", {"MasterRegion": "ALL"}, "MasterRegion ALL"),
    ],
)
def test_refused(operation: str, params: dict[str, Any], text: str) -> None:
    with pytest.raises(ApiError) as caught:
        refuse(operation, params)
    assert caught.value.code == "InvalidParameterValueException"
    assert caught.value.message == f"{text} is not supported by Lambent yet"


@pytest.mark.parametrize(
    ("operation", "params"),
    [
        ("CreateFunction", {"PackageType": "Zip", "Code": {"ZipFile": b"x"}, "Timeout": 3, "Publish": True}),
        ("CreateFunction", {"VpcConfig": {"SubnetIds": [], "SecurityGroupIds": [], "Ipv6AllowedForDualStack": False}}),
        ("CreateFunction", {"Code": {"S3Bucket": "b", "S3Key": "k", "S3ObjectStorageMode": "COPY"}}),
        ("PublishLayerVersion", {"Content": {"S3Bucket": "b", "S3Key": "k", "S3ObjectStorageMode": "COPY"}}),
        (
            "UpdateFunctionConfiguration",
            {"DeadLetterConfig": {"TargetArn": ""}, "KMSKeyArn": ""},
        ),
    ],
)
def test_what_asks_for_nothing_passes(operation: str, params: dict[str, Any]) -> None:
    refuse(operation, params)
