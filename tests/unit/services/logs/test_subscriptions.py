"""Subscription filters: what may be put."""

from __future__ import annotations

from typing import Any

import pytest

from lambent.model.errors import ApiError
from tests.unit.services.logs.conftest import ACCOUNT, REGION, World

FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:f"
GOOD = {"logGroupName": "g", "filterName": "n", "filterPattern": "", "destinationArn": FUNCTION}


async def test_put_and_told_and_deleted(world: World) -> None:
    await world.stream()
    await world.call("PutSubscriptionFilter", **GOOD)
    service, operation, params, principal = world.outside.calls[0]
    assert (service, operation, params) == ("lambda", "Invoke", {"FunctionName": FUNCTION, "InvocationType": "DryRun"})
    assert principal.service == "logs.amazonaws.com"
    assert principal.source_arn == f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:g:*"
    shown = {
        "filterName": "n",
        "logGroupName": "g",
        "filterPattern": "",
        "destinationArn": FUNCTION,
        "distribution": "ByLogStream",
        "creationTime": world.now,
    }
    found = await world.call("DescribeSubscriptionFilters", logGroupName="g")
    assert found["subscriptionFilters"] == [shown]
    await world.call("DeleteSubscriptionFilter", logGroupName="g", filterName="n")
    assert (await world.refused("DeleteSubscriptionFilter", logGroupName="g", filterName="n"))[0] == (
        "ResourceNotFoundException"
    )


@pytest.mark.parametrize(
    ("params", "text"),
    [
        ({"destinationArn": "arn:aws:kinesis:x:1:stream/s"}, "is not supported by Lambent: events are sent to Lambda"),
        ({"destinationArn": "arn:aws:firehose:x:1:y"}, "is not supported by Lambent: events are sent to Lambda"),
        ({"roleArn": "r"}, "destinationArn for vendor lambda cannot be used with roleArn"),
        ({"filterPattern": "{"}, "Invalid filter pattern"),
        ({"emitSystemFields": ["x"]}, "emitSystemFields is not supported by Lambent"),
    ],
)
async def test_what_is_refused(world: World, params: dict[str, Any], text: str) -> None:
    await world.stream()
    code, said = await world.refused("PutSubscriptionFilter", **{**GOOD, **params})
    assert code == "InvalidParameterException" and text in said


async def test_a_function_that_cannot_be_called(world: World) -> None:
    await world.stream()
    world.outside.answers = [ApiError("AccessDeniedException", "no")]
    assert (await world.refused("PutSubscriptionFilter", **GOOD))[1] == (
        "Could not execute the lambda function. Make sure you have given CloudWatch Logs permission to execute your"
        " function."
    )


async def test_few_a_group(world: World) -> None:
    await world.stream()
    for name in ("a", "b", "a"):
        await world.call("PutSubscriptionFilter", **{**GOOD, "filterName": name})
    assert await world.refused("PutSubscriptionFilter", **{**GOOD, "filterName": "c"}) == (
        "LimitExceededException",
        "Resource limit exceeded: subscription filters.",
    )
