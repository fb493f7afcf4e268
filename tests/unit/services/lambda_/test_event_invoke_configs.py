"""How events are tried and where they end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lambent.invoke.asynchronous.event import EventConfig
from tests.unit.services.lambda_.conftest import ARN

if TYPE_CHECKING:
    from tests.unit.services.lambda_.conftest import World

QUEUE = "arn:aws:sqs:us-east-1:000000000000:q"


@pytest.fixture
async def world(world: World) -> World:
    """With a function `f`."""
    await world.create(DeadLetterConfig={"TargetArn": QUEUE + "dead"})
    await world.settled()
    return world


async def effective(world: World, qualifier: str | None = None) -> EventConfig:
    function = await world.repository.version(world.ctx(), "f", "$LATEST")
    assert function is not None
    return await world.api.event_configs.effective(function, qualifier)


async def test_a_life(world: World) -> None:
    absent = ("ResourceNotFoundException", f"The function {ARN}f:$LATEST doesn't have an EventInvokeConfig")
    assert await world.refused("GetFunctionEventInvokeConfig", FunctionName="f") == absent
    assert await world.refused("UpdateFunctionEventInvokeConfig", FunctionName="f", MaximumRetryAttempts=1) == absent
    put = await world.call(
        "PutFunctionEventInvokeConfig",
        FunctionName="f",
        MaximumRetryAttempts=0,
        DestinationConfig={"OnFailure": {"Destination": QUEUE}},
    )
    assert put == {
        "LastModified": world.clock.at,
        "FunctionArn": f"{ARN}f:$LATEST",
        "MaximumRetryAttempts": 0,
        "DestinationConfig": {"OnSuccess": {}, "OnFailure": {"Destination": QUEUE}},
    }
    assert await effective(world) == EventConfig(0, 21_600, on_failure=QUEUE, dead_letters=QUEUE + "dead")
    updated = await world.call("UpdateFunctionEventInvokeConfig", FunctionName="f", MaximumEventAgeInSeconds=60)
    assert updated == put | {"MaximumEventAgeInSeconds": 60}
    assert await world.call("GetFunctionEventInvokeConfig", FunctionName="f") == updated
    await world.call("PutFunctionEventInvokeConfig", FunctionName="f", MaximumRetryAttempts=2)
    assert await effective(world) == EventConfig(2, 21_600, dead_letters=QUEUE + "dead")
    await world.call("DeleteFunctionEventInvokeConfig", FunctionName="f")
    assert await world.refused("DeleteFunctionEventInvokeConfig", FunctionName="f") == absent


async def test_each_qualifier_has_its_own_and_a_page_at_a_time_shows_them(world: World) -> None:
    await world.call("PublishVersion", FunctionName="f")
    await world.settled(qualifier="1")
    await world.call("CreateAlias", FunctionName="f", Name="live", FunctionVersion="1")
    for number, qualifier in enumerate(("$LATEST", "1", "live")):
        asked = {"FunctionName": "f", "Qualifier": qualifier, "MaximumRetryAttempts": number}
        await world.call("PutFunctionEventInvokeConfig", **asked)
    assert (await effective(world, "live")).most_retries == 2
    assert (await effective(world)).most_retries == 0
    first = await world.call("ListFunctionEventInvokeConfigs", FunctionName="f", MaxItems=2)
    rest = await world.call("ListFunctionEventInvokeConfigs", FunctionName="f", Marker=first["NextMarker"])
    shown = first["FunctionEventInvokeConfigs"] + rest["FunctionEventInvokeConfigs"]
    assert [each["FunctionArn"].rpartition(":")[2] for each in shown] == ["$LATEST", "1", "live"]
    assert "NextMarker" not in rest
    await world.call("DeleteAlias", FunctionName="f", Name="live")
    await world.call("DeleteFunction", FunctionName="f", Qualifier="1")
    left = await world.call("ListFunctionEventInvokeConfigs", FunctionName="f")
    assert len(left["FunctionEventInvokeConfigs"]) == 1
    await world.call("DeleteFunction", FunctionName="f")
    assert await world.events.configs(world.ctx(), "f") == []


@pytest.mark.parametrize(
    ("params", "code", "text"),
    [
        ({"Qualifier": "7", "MaximumRetryAttempts": 0}, "ResourceNotFoundException", "The function doesn't exist."),
        ({"Qualifier": "no", "MaximumRetryAttempts": 0}, "ResourceNotFoundException", "The function doesn't exist."),
        ({}, "InvalidParameterValueException", "You must specify at least one of error handling or destination"),
        (
            {"DestinationConfig": {"OnSuccess": {"Destination": f"{ARN}f"}}},
            "InvalidParameterValueException",
            "You can't specify the function as a destination for itself.",
        ),
        (
            {"DestinationConfig": {"OnSuccess": {"Destination": "arn:aws:s3:::bucket"}}},
            "InvalidParameterValueException",
            "The provided destination config DestinationConfig(onSuccess=OnSuccess(destination=arn:aws:s3:::bucket),"
            " onFailure=null) is invalid.",
        ),
        (
            {"DestinationConfig": {"OnSuccess": {"Destination": f"{ARN}nobody"}}},
            "InvalidParameterValueException",
            f"The destination ARN {ARN}nobody is invalid.",
        ),
        (
            {"DestinationConfig": {"OnFailure": {"Destination": "arn:aws:ec2:us-east-1:000000000000:x"}}},
            "InvalidParameterValueException",
            "The provided destination config DestinationConfig(onSuccess=null,"
            " onFailure=OnFailure(destination=arn:aws:ec2:us-east-1:000000000000:x)) is invalid.",
        ),
    ],
)
async def test_what_is_refused(world: World, params: dict[str, Any], code: str, text: str) -> None:
    said = await world.refused("PutFunctionEventInvokeConfig", FunctionName="f", **params)
    assert (said[0], said[1][: len(text)]) == (code, text)


async def test_dead_letters_go_to_queues_and_topics(world: World) -> None:
    shown = await world.call("GetFunctionConfiguration", FunctionName="f")
    assert shown["DeadLetterConfig"] == {"TargetArn": QUEUE + "dead"}
    bad = {"TargetArn": "arn:aws:lambda:us-east-1:000000000000:function:g"}
    said = await world.refused("UpdateFunctionConfiguration", FunctionName="f", DeadLetterConfig=bad)
    assert said[1].endswith("is neither an Amazon SQS queue nor an Amazon SNS topic.")
    await world.call("UpdateFunctionConfiguration", FunctionName="f", DeadLetterConfig={"TargetArn": ""})
    assert "DeadLetterConfig" not in await world.settled()
