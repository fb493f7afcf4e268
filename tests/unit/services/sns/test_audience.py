"""Who listens to a topic."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from lambent.services.sns.audience import Member
from lambent.services.sns.records import Attribute, Notice, Subscription
from tests.unit.services.sns.conftest import QUEUE, TOPIC

if TYPE_CHECKING:
    from tests.unit.services.sns.conftest import World


def member(state: str = "confirmed", protocol: str = "sqs", **attributes: str) -> Member:
    return Member(
        Subscription(id="i", topic="t", owner="1", protocol=protocol, endpoint="e", state=state, attributes=attributes)
    )


def notice(message: str = "m", **variants: str) -> Notice:
    return Notice(
        id="i", topic="t", message=message, sent=1.0, variants=variants, attributes={"a": Attribute("String", "x")}
    )


def test_what_it_wants() -> None:
    assert member().wants(notice())
    assert not member("pending").wants(notice())
    assert member(FilterPolicy='{"a": ["x"]}').wants(notice())
    assert not member(FilterPolicy='{"a": ["y"]}').wants(notice())
    of_body = {"FilterPolicy": '{"a": ["x"]}', "FilterPolicyScope": "MessageBody"}
    assert not member(**of_body).wants(notice())
    assert member(**of_body).wants(notice("{}", sqs='{"a": "x"}'))
    assert not member(protocol="lambda", **of_body).wants(notice("{}", sqs='{"a": "x"}'))


def test_where_it_leads() -> None:
    assert (member().dead_letters, member().raw, member().addressed) == (None, False, False)
    made = member(protocol="https", RawMessageDelivery="true", RedrivePolicy='{"deadLetterTargetArn": "arn"}')
    assert (made.dead_letters, made.raw, made.addressed) == ("arn", True, True)
    assert made.delivery('{"http": {"defaultThrottlePolicy": {"maxReceivesPerSecond": 3}}}').rate == 3


async def test_changes_are_seen_one_by_one(world: World) -> None:
    topic = await world.topic()
    first = await world.subscribe(topic, QUEUE + "a")
    before = dict(await world.audience.of(topic))
    second = await world.subscribe(topic, QUEUE + "b")
    assert {TOPIC + "t:" + number for number in await world.audience.of(topic)} == {first, second}
    for number, known in before.items():
        assert (await world.audience.of(topic))[number] is known
    policy = json.dumps({"a": ["y"]})
    asked = {"AttributeName": "FilterPolicy", "AttributeValue": policy}
    await world.call("SetSubscriptionAttributes", SubscriptionArn=first, **asked)
    wanting = [each.subscription.arn for each in (await world.audience.of(topic)).values() if each.wants(notice())]
    assert wanting == [second]
    await world.call("Unsubscribe", SubscriptionArn=second)
    assert list(await world.audience.of(topic)) == [first.rpartition(":")[2]]
