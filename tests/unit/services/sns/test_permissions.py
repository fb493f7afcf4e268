"""A topic's policy, a statement at a time."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.unit.services.sns.conftest import OTHER

if TYPE_CHECKING:
    from tests.unit.services.sns.conftest import World


async def statements(world: World, topic: str) -> list[Any]:
    attributes = (await world.call("GetTopicAttributes", TopicArn=topic))["Attributes"]
    return list(json.loads(attributes["Policy"])["Statement"])


async def test_there_and_gone(world: World) -> None:
    topic = await world.topic()
    asked = {"TopicArn": topic, "Label": "a", "AWSAccountId": [OTHER], "ActionName": ["Publish", "Subscribe"]}
    await world.call("AddPermission", **asked)
    assert (await statements(world, topic))[1:] == [
        {
            "Sid": "a",
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{OTHER}:root"},
            "Action": ["SNS:Publish", "SNS:Subscribe"],
            "Resource": topic,
        }
    ]
    assert await world.refused("AddPermission", **asked) == (
        "InvalidParameter",
        "Invalid parameter: Statement already exists",
    )
    await world.call("RemovePermission", TopicArn=topic, Label="a")
    await world.call("RemovePermission", TopicArn=topic, Label="a")
    assert [each["Sid"] for each in await statements(world, topic)] == ["__default_statement_ID"]


async def test_what_makes_no_sense(world: World) -> None:
    asked = {"TopicArn": await world.topic(), "Label": "a"}
    for accounts, actions, said in (
        ([OTHER], ["Fly"], "Policy statement action out of service scope!"),
        ([OTHER], [], "Policy statement action out of service scope!"),
        (["me"], ["Publish"], "AWSAccountId"),
    ):
        refused = await world.refused("AddPermission", **asked, AWSAccountId=accounts, ActionName=actions)
        assert refused == ("InvalidParameter", f"Invalid parameter: {said}")
    for number in range(19):
        await world.call("AddPermission", **asked | {"Label": str(number)}, AWSAccountId=[OTHER], ActionName=["*"])
    refused = await world.refused("AddPermission", **asked, AWSAccountId=[OTHER], ActionName=["*"])
    assert refused[1] == "Invalid parameter: Policy Error: too many statements"
