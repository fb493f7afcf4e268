"""Subscriptions: made, confirmed, changed, listed, ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambent.services.sns import limits
from tests.unit.services.sns.conftest import ACCOUNT, ADDRESS, FUNCTION, OTHER, QUEUE, TOPIC

if TYPE_CHECKING:
    from tests.unit.services.sns.conftest import World

URL = "https://example.com/hook"


async def attributes(world: World, arn: str) -> dict[str, str]:
    return dict((await world.call("GetSubscriptionAttributes", SubscriptionArn=arn))["Attributes"])


async def test_queues_and_functions_are_subscribed_at_once(world: World) -> None:
    topic = await world.topic()
    for endpoint in (QUEUE + "q", FUNCTION + "f"):
        arn = await world.subscribe(topic, endpoint)
        assert arn.startswith(topic + ":")
        told = await attributes(world, arn)
        assert (told["PendingConfirmation"], told["ConfirmationWasAuthenticated"]) == ("false", "true")
        assert await world.subscribe(topic, endpoint) == arn
    said = await world.refused(
        "Subscribe",
        TopicArn=topic,
        Protocol="sqs",
        Endpoint=QUEUE + "q",
        Attributes={"RawMessageDelivery": "true"},
    )
    assert said == (
        "InvalidParameter",
        "Invalid parameter: Attributes Reason: Subscription already exists with different attributes",
    )
    for params, said in (
        ({"TopicArn": TOPIC + "x", "Protocol": "sqs", "Endpoint": "q"}, ("NotFound", "Topic does not exist")),
        ({"TopicArn": topic, "Protocol": "sqs"}, ("InvalidParameter", "Invalid parameter: Endpoint")),
    ):
        assert await world.refused("Subscribe", **params) == said


async def test_an_address_confirms_by_its_token(world: World) -> None:
    topic = await world.topic()
    asked = {"TopicArn": topic, "Protocol": "https", "Endpoint": URL}
    assert await world.call("Subscribe", **asked) == {"SubscriptionArn": "pending confirmation"}
    await world.settled()
    (_, url, headers, _) = world.web.asked[0]
    sent = world.web.last()
    assert (url, headers["x-amz-sns-message-type"], sent["Type"]) == (URL, *["SubscriptionConfirmation"] * 2)
    assert sent["SubscribeURL"] == (f"{ADDRESS}/?Action=ConfirmSubscription&TopicArn={topic}&Token={sent['Token']}")
    (listed,) = (await world.call("ListSubscriptionsByTopic", TopicArn=topic))["Subscriptions"]
    assert listed == {
        "SubscriptionArn": "PendingConfirmation",
        "Owner": ACCOUNT,
        "Protocol": "https",
        "Endpoint": URL,
        "TopicArn": topic,
    }
    await world.publish(topic)
    await world.settled()
    assert len(world.web.asked) == 1
    nobody = world.ctx("")
    for token in ("x", sent["Token"][:-1] + ("0" if sent["Token"][-1] != "0" else "1"), "é" * 288):
        said = await world.refused("ConfirmSubscription", nobody, TopicArn=topic, Token=token)
        assert said == ("InvalidParameter", "Invalid parameter: Token")
    confirmed = await world.call("ConfirmSubscription", nobody, TopicArn=topic, Token=sent["Token"])
    assert await world.call("ConfirmSubscription", nobody, TopicArn=topic, Token=sent["Token"]) == confirmed
    told = await attributes(world, confirmed["SubscriptionArn"])
    assert (told["PendingConfirmation"], told["ConfirmationWasAuthenticated"]) == ("false", "false")
    assert await world.call("Subscribe", **asked) == confirmed


async def test_who_asks_again_is_asked_again(world: World) -> None:
    topic = await world.topic()
    arn = await world.subscribe(topic, URL)
    assert await world.subscribe(topic, URL) == arn
    await world.settled()
    assert len(world.web.asked) == 2


async def test_a_token_is_good_for_two_days(world: World) -> None:
    topic = await world.topic()
    arn = await world.subscribe(topic, URL)
    await world.settled()
    token = world.web.last()["Token"]
    world.clock.move(limits.TOKEN_SECONDS + 1)
    assert (await world.refused("ConfirmSubscription", TopicArn=topic, Token=token))[1] == "Invalid parameter: Token"
    assert await world.call("ListSubscriptions") == {"Subscriptions": []}
    assert (await world.refused("GetSubscriptionAttributes", SubscriptionArn=arn))[0] == "NotFound"
    assert await world.subscribe(topic, URL) == arn
    await world.settled()
    assert world.web.last()["Token"] != token


async def test_somebody_elses_queue_is_asked(world: World) -> None:
    topic = await world.topic()
    theirs = f"arn:aws:sqs:us-east-1:{OTHER}:q"
    assert (await world.call("Subscribe", TopicArn=topic, Protocol="sqs", Endpoint=theirs)) == {
        "SubscriptionArn": "pending confirmation"
    }
    await world.settled()
    assert '"Type" : "SubscriptionConfirmation"' in world.neighbours.bodies("q")[0]
    arn = await world.call(
        "Subscribe", world.ctx(OTHER), TopicArn=await world.topic("u"), Protocol="sqs", Endpoint=theirs
    )
    told = await attributes(world, arn["SubscriptionArn"])
    assert (told["Owner"], told["PendingConfirmation"]) == (OTHER, "false")


async def test_an_address_may_take_it_back(world: World) -> None:
    topic = await world.topic()
    arn = await world.address(topic, URL)
    await world.call("Unsubscribe", world.ctx(""), SubscriptionArn=arn)
    await world.call("Unsubscribe", world.ctx(""), SubscriptionArn=arn)
    await world.publish(topic)
    await world.settled()
    (sent,) = (world.web.last() for _ in world.web.asked)
    assert sent["Type"] == "UnsubscribeConfirmation"
    assert sent["Message"].startswith(f"You have chosen to deactivate subscription {arn}.\n")
    assert await world.call("ListSubscriptions") == {"Subscriptions": []}
    counts = (await world.call("GetTopicAttributes", TopicArn=topic))["Attributes"]
    assert (counts["SubscriptionsConfirmed"], counts["SubscriptionsDeleted"]) == ("0", "1")
    await world.call("ConfirmSubscription", world.ctx(""), TopicArn=topic, Token=sent["Token"])
    await world.publish(topic)
    await world.settled()
    assert world.web.last()["Type"] == "Notification"


async def test_who_may_end_it(world: World) -> None:
    topic = await world.topic()
    queue = await world.subscribe(topic, QUEUE + "q")
    assert await world.refused("Unsubscribe", world.ctx(""), SubscriptionArn=queue) == (
        "AuthorizationError",
        "Unsubscribe of this subscription requires authentication",
    )
    assert (await world.refused("Unsubscribe", world.ctx(OTHER), SubscriptionArn=queue))[0] == "AuthorizationError"
    await world.call("Unsubscribe", SubscriptionArn=queue)
    await world.call("Unsubscribe", SubscriptionArn=queue)
    await world.subscribe(topic, URL)
    await world.settled()
    arn = (
        await world.call(
            "ConfirmSubscription",
            TopicArn=topic,
            Token=world.web.last()["Token"],
            AuthenticateOnUnsubscribe="true",
        )
    )["SubscriptionArn"]
    assert (await world.refused("Unsubscribe", world.ctx(""), SubscriptionArn=arn))[0] == "AuthorizationError"
    assert (await world.refused("Unsubscribe", SubscriptionArn=topic))[1] == "Invalid parameter: SubscriptionId"


async def test_pages(world: World) -> None:
    topic = await world.topic()
    made = {await world.subscribe(topic, f"{QUEUE}{number}") for number in range(230)}
    for name, params in (("ListSubscriptions", {}), ("ListSubscriptionsByTopic", {"TopicArn": topic})):
        found, token, pages = [], None, 0
        while pages == 0 or token:
            page = await world.call(name, **params, **({"NextToken": token} if token else {}))
            found += [each["SubscriptionArn"] for each in page["Subscriptions"]]
            token, pages = page.get("NextToken"), pages + 1
        assert (set(found), len(found), pages) == (made, 230, 3)


async def test_attributes(world: World) -> None:
    arn = await world.subscribe(await world.topic(), QUEUE + "q", FilterPolicy='{"a": ["x"]}')
    told = await attributes(world, arn)
    assert (told["FilterPolicy"], told["FilterPolicyScope"]) == ('{"a": ["x"]}', "MessageAttributes")

    async def change(name: str, value: str) -> None:
        await world.call("SetSubscriptionAttributes", SubscriptionArn=arn, AttributeName=name, AttributeValue=value)

    await change("FilterPolicyScope", "MessageBody")
    await change("FilterPolicy", '{"a": {"b": ["x"]}}')
    await change("RawMessageDelivery", "true")
    assert (await attributes(world, arn))["RawMessageDelivery"] == "true"
    refused = {"SubscriptionArn": arn, "AttributeName": "FilterPolicyScope", "AttributeValue": "MessageAttributes"}
    assert await world.refused("SetSubscriptionAttributes", **refused) == (
        "InvalidParameter",
        "Invalid parameter: Filter policy scope MessageAttributes does not support nested filter policy",
    )
    await change("FilterPolicy", "")
    assert "FilterPolicyScope" not in await attributes(world, arn)
