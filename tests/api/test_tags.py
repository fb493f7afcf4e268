"""Tags of functions through boto3."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

Create = Callable[..., dict[str, Any]]


def refused(call: Callable[..., Any], **params: Any) -> tuple[int, str, str]:
    """Status, code and text of a refusal."""
    with pytest.raises(ClientError) as caught:
        call(**params)
    response = caught.value.response
    error = response["Error"]
    return response["ResponseMetadata"]["HTTPStatusCode"], error["Code"], error["Message"]


def test_a_life(aws: Any, create: Create, name: str) -> None:
    arn = create(name, Tags={"team": "a", "of": "b/c d=e"})["FunctionArn"]
    assert aws.list_tags(Resource=arn)["Tags"] == {"team": "a", "of": "b/c d=e"}
    tagged = aws.tag_resource(Resource=arn, Tags={"team": "ä", "stage": "dev"})
    assert tagged["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert aws.list_tags(Resource=arn)["Tags"] == {"team": "ä", "of": "b/c d=e", "stage": "dev"}
    untagged = aws.untag_resource(Resource=arn, TagKeys=["team", "of", "nobody"])
    assert untagged["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert aws.get_function(FunctionName=name)["Tags"] == {"stage": "dev"}


def test_refusals(aws: Any, create: Create, name: str) -> None:
    arn = create(name, Publish=True)["FunctionArn"]
    for qualifier in ("$LATEST", "1", "live"):
        assert refused(aws.tag_resource, Resource=f"{arn}:{qualifier}", Tags={"a": "b"}) == (
            400,
            "InvalidParameterValueException",
            "Tags on function aliases and versions are not supported. Please specify a function ARN.",
        )
    assert refused(aws.list_tags, Resource=f"{arn}-nobody") == (
        404,
        "ResourceNotFoundException",
        f"Function not found: {arn}-nobody",
    )
    assert refused(aws.tag_resource, Resource=arn, Tags={"a?": "b"})[:2] == (400, "ValidationException")
    assert refused(aws.list_tags, Resource="nobody")[:2] == (400, "ValidationException")
    assert refused(aws.tag_resource, Resource=arn, Tags={f"k{n}": "v" for n in range(51)}) == (
        400,
        "InvalidParameterValueException",
        "Number of tags exceeds resource tag limit of 50.",
    )
    assert aws.list_tags(Resource=arn)["Tags"] == {}
