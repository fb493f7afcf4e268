"""What calls of SNS need."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lambent.services.access import UNGUARDED, Need, Place
from lambent.services.sns.access import SnsAccess
from tests.unit.services.sns.conftest import ACCOUNT, OTHER, TOPIC

if TYPE_CHECKING:
    from tests.unit.services.sns.conftest import World

AT = Place(ACCOUNT, "us-east-1")
THEIRS = f"arn:aws:sns:us-east-1:{OTHER}:t"


@pytest.mark.parametrize(
    ("operation", "params", "action", "resource", "account"),
    [
        ("CreateTopic", {"Name": "t"}, "CreateTopic", TOPIC + "t", ACCOUNT),
        ("Publish", {"TopicArn": THEIRS}, "Publish", THEIRS, OTHER),
        ("Publish", {"TargetArn": TOPIC + "t"}, "Publish", TOPIC + "t", ACCOUNT),
        ("PublishBatch", {"TopicArn": TOPIC + "t"}, "Publish", TOPIC + "t", ACCOUNT),
        ("Publish", {"PhoneNumber": "+1"}, "Publish", "*", ACCOUNT),
        ("Publish", {"TopicArn": "x"}, "Publish", "*", ACCOUNT),
        ("TagResource", {"ResourceArn": TOPIC + "t"}, "TagResource", TOPIC + "t", ACCOUNT),
        ("Unsubscribe", {"SubscriptionArn": TOPIC + "t:1"}, "Unsubscribe", "*", ACCOUNT),
        ("ListTopics", {}, "ListTopics", "*", ACCOUNT),
    ],
)
async def test_needs(
    world: World, operation: str, params: dict[str, Any], action: str, resource: str, account: str
) -> None:
    (need,) = await SnsAccess(world.repository).needs(operation, AT, params)
    assert (need.action, need.resource, need.account) == (f"sns:{action}", resource, account)


async def test_conditions_of_subscribers(world: World) -> None:
    asked = {"TopicArn": TOPIC + "t", "Protocol": "https", "Endpoint": "https://h"}
    (need,) = await SnsAccess(world.repository).needs("Subscribe", AT, asked)
    assert need.keys == {"sns:protocol": ("https",), "sns:endpoint": ("https://h",)}


async def test_whoever_brings_a_token_need_not_say_who_they_are(world: World) -> None:
    access, nowhere = SnsAccess(world.repository), Place("", "us-east-1")
    assert await access.needs("ConfirmSubscription", nowhere, {"TopicArn": TOPIC + "t"}) == ()
    assert await access.needs("Unsubscribe", nowhere, {}) == ()
    assert len(await access.needs("Publish", nowhere, {"TopicArn": TOPIC + "t"})) == 1


async def test_a_topics_policy(world: World) -> None:
    topic = await world.topic()
    access, need = SnsAccess(world.repository), Need("sns:Publish", TOPIC + "t", ACCOUNT)
    usual = (await access.guard(need)).policy
    assert usual is not None
    assert len(list(usual.about("sns:publish", TOPIC + "t", {}.get))) == 0
    owned = {"aws:sourceowner": (ACCOUNT,)}
    assert len(list(usual.about("sns:publish", TOPIC + "t", owned.get))) == 1
    await world.call("AddPermission", TopicArn=topic, Label="a", AWSAccountId=[OTHER], ActionName=["Publish"])
    policy = (await access.guard(need)).policy
    assert policy is not None
    assert len(list(policy.about("sns:publish", TOPIC + "t", {}.get))) == 1
    assert await access.guard(Need("sns:Publish", TOPIC + "none", ACCOUNT)) is UNGUARDED
    assert await access.guard(Need("sns:ListTopics", "*", ACCOUNT)) is UNGUARDED
