"""Topics: made, found, changed, tagged, deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.unit.services.sns.conftest import ADDRESS, QUEUE, TOPIC

if TYPE_CHECKING:
    from tests.unit.services.sns.conftest import World

TAGS = [{"Key": "a", "Value": "1"}]


async def test_made_once(world: World) -> None:
    assert await world.topic() == await world.topic() == TOPIC + "t"
    await world.call("SetTopicAttributes", TopicArn=TOPIC + "t", AttributeName="DisplayName", AttributeValue="T")
    assert await world.topic(DisplayName="T") == TOPIC + "t"
    assert await world.refused("CreateTopic", Name="t", Attributes={"DisplayName": "U"}) == (
        "InvalidParameter",
        "Invalid parameter: Attributes Reason: Topic already exists with different attributes",
    )
    assert await world.refused("CreateTopic", Name="t", Tags=TAGS) == (
        "InvalidParameter",
        "Invalid parameter: Tags Reason: Topic already exists with different tags",
    )
    assert (await world.refused("CreateTopic", Name="no name"))[1] == "Invalid parameter: Topic Name"
    assert (
        "DataProtectionPolicy Reason: not supported"
        in (await world.refused("CreateTopic", Name="u", DataProtectionPolicy="{}"))[1]
    )


async def test_what_it_tells(world: World) -> None:
    topic = await world.topic("t.fifo", ContentBasedDeduplication="true")
    await world.subscribe(topic, QUEUE + "q")
    told = (await world.call("GetTopicAttributes", TopicArn=topic))["Attributes"]
    expected = {
        "TopicArn": topic,
        "FifoTopic": "true",
        "ContentBasedDeduplication": "true",
        "FifoThroughputScope": "Topic",
        "SubscriptionsConfirmed": "1",
        "SubscriptionsPending": "0",
        "SubscriptionsDeleted": "0",
    }
    assert expected.items() <= told.items()
    standard = await world.topic()
    await world.subscribe(standard, ADDRESS)
    told = (await world.call("GetTopicAttributes", TopicArn=standard))["Attributes"]
    assert (told["SubscriptionsPending"], "FifoTopic" in told) == ("1", False)
    assert await world.refused("GetTopicAttributes", TopicArn=TOPIC + "x") == ("NotFound", "Topic does not exist")


async def test_what_it_is_told(world: World) -> None:
    topic = await world.topic()
    asked = {"TopicArn": topic, "AttributeName": "DeliveryPolicy"}
    await world.call("SetTopicAttributes", **asked, AttributeValue='{"http":{"defaultHealthyRetryPolicy":{}}}')
    assert "DeliveryPolicy" in (await world.call("GetTopicAttributes", TopicArn=topic))["Attributes"]
    await world.call("SetTopicAttributes", **asked, AttributeValue="")
    assert "DeliveryPolicy" not in (await world.call("GetTopicAttributes", TopicArn=topic))["Attributes"]
    for name in ("FifoTopic", "ContentBasedDeduplication", "Else"):
        said = await world.refused("SetTopicAttributes", TopicArn=topic, AttributeName=name, AttributeValue="true")
        assert said == ("InvalidParameter", "Invalid parameter: AttributeName")


async def test_pages(world: World) -> None:
    made = [await world.topic(f"t{number:03}") for number in range(150)]
    first = await world.call("ListTopics")
    second = await world.call("ListTopics", NextToken=first["NextToken"])
    assert [each["TopicArn"] for page in (first, second) for each in page["Topics"]] == made
    assert "NextToken" not in second


async def test_tags(world: World) -> None:
    topic = await world.topic()
    await world.call("TagResource", ResourceArn=topic, Tags=[*TAGS, {"Key": "b", "Value": "2"}])
    await world.call("UntagResource", ResourceArn=topic, TagKeys=["a", "none"])
    assert await world.call("ListTagsForResource", ResourceArn=topic) == {"Tags": [{"Key": "b", "Value": "2"}]}
    many = [{"Key": str(number), "Value": ""} for number in range(50)]
    assert (await world.refused("TagResource", ResourceArn=topic, Tags=many))[0] == "TagLimitExceeded"
    for name, more in (
        ("ListTagsForResource", {}),
        ("TagResource", {"Tags": TAGS}),
        ("UntagResource", {"TagKeys": []}),
    ):
        said = await world.refused(name, ResourceArn=TOPIC + "x", **more)
        assert said == ("ResourceNotFound", "Resource does not exist")


async def test_gone_with_its_subscriptions(world: World) -> None:
    topic = await world.topic()
    arn = await world.subscribe(topic, QUEUE + "q")
    await world.publish(topic)
    await world.settled()
    await world.call("DeleteTopic", TopicArn=topic)
    await world.call("DeleteTopic", TopicArn=topic)
    assert await world.refused("Publish", TopicArn=topic, Message="m") == ("NotFound", "Topic does not exist")
    assert (await world.refused("GetSubscriptionAttributes", SubscriptionArn=arn))[0] == "NotFound"
    assert await world.call("ListSubscriptions") == {"Subscriptions": []}
    await world.publish(await world.topic())
    await world.settled()
    assert len(world.neighbours.asked) == 1
