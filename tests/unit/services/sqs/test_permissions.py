"""A queue's policy, a statement at a time."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.unit.services.sqs.conftest import World


async def statements(world: World, url: str) -> list[Any]:
    found = await world.call("GetQueueAttributes", QueueUrl=url, AttributeNames=["Policy"])
    return list(json.loads(found["Attributes"]["Policy"])["Statement"]) if found else []


async def test_a_life(world: World) -> None:
    url = await world.queue()
    asked = {"QueueUrl": url, "AWSAccountIds": ["111111111111"], "Actions": ["SendMessage"]}
    await world.call("AddPermission", **asked, Label="a")
    await world.call("AddPermission", **{**asked, "Actions": ["*", "ReceiveMessage"]}, Label="b")
    first, second = await statements(world, url)
    assert first == {
        "Sid": "a",
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::111111111111:root"},
        "Action": "SQS:SendMessage",
        "Resource": "arn:aws:sqs:us-east-1:000000000000:q",
    }
    assert second["Action"] == ["SQS:*", "SQS:ReceiveMessage"]
    assert (await world.refused("AddPermission", **asked, Label="a"))[1].endswith("Reason: Already exists.")
    assert (await world.refused("AddPermission", **{**asked, "Actions": ["Fly"]}, Label="c"))[0] == (
        "InvalidParameterValue"
    )
    await world.call("RemovePermission", QueueUrl=url, Label="a")
    assert await world.refused("RemovePermission", QueueUrl=url, Label="a") == (
        "InvalidParameterValue",
        "Value a for parameter Label is invalid. Reason: can't find label.",
    )
    await world.call("RemovePermission", QueueUrl=url, Label="b")
    assert await statements(world, url) == []
