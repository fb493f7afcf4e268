"""The fan-out: to whom, in which order, and what becomes of failures."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from lambent.model.errors import ApiError
from tests.unit.services.sns.conftest import FUNCTION, QUEUE

if TYPE_CHECKING:
    from tests.unit.services.sns.conftest import World

GONE = ApiError("QueueDoesNotExist", "no")
BUSY = ApiError("ServiceUnavailable", "later", status=503)
DEAD = json.dumps({"deadLetterTargetArn": QUEUE + "dead"})


async def test_to_all_who_want_it(world: World) -> None:
    topic = await world.topic()
    await world.subscribe(topic, QUEUE + "all")
    await world.subscribe(topic, QUEUE + "some", FilterPolicy='{"n": [{"numeric": [">", 1]}]}')
    await world.subscribe(topic, FUNCTION + "f")
    await world.address(topic, "http://h")
    for number in "12":
        await world.publish(topic, number, MessageAttributes={"n": {"DataType": "Number", "StringValue": number}})
    await world.until(lambda: len(world.neighbours.asked) == 5 and len(world.web.asked) == 2)
    assert sorted(world.neighbours.messages("all")) == ["1", "2"]
    assert world.neighbours.messages("some") == ["2"]
    await world.settled()
    assert await world.waiting() == 0


async def test_each_protocol_its_own_text(world: World) -> None:
    topic = await world.topic()
    await world.subscribe(topic, QUEUE + "q")
    await world.subscribe(topic, FUNCTION + "f")
    await world.publish(topic, '{"default": "d", "sqs": "for queues"}', MessageStructure="json")
    await world.until(lambda: len(world.neighbours.asked) == 2)
    assert world.neighbours.messages("q") == ["for queues"]
    ((_, _, _, params),) = [each for each in world.neighbours.asked if each[1] == "lambda"]
    assert json.loads(params["Payload"])["Records"][0]["Sns"]["Message"] == "d"


async def test_what_is_refused_goes_to_the_dead_letters(world: World) -> None:
    topic = await world.topic()
    await world.subscribe(topic, QUEUE + "gone", RedrivePolicy=DEAD)
    world.neighbours.refusals = {"gone": [GONE, GONE], "dead": [BUSY]}
    await world.publish(topic, "one")
    await world.until(lambda: world.neighbours.messages("dead") == ["one"])
    await world.settled()
    assert await world.waiting() == 0
    await world.publish(topic, "two")
    await world.until(lambda: len(world.neighbours.messages("dead")) == 2)


async def test_without_dead_letters_it_is_dropped(world: World) -> None:
    topic = await world.topic()
    await world.subscribe(topic, QUEUE + "gone")
    world.neighbours.refusals = {"gone": [GONE]}
    await world.publish(topic)
    await world.until(lambda: not world.neighbours.refusals["gone"])
    await world.settled()
    assert (await world.waiting(), world.neighbours.asked) == (0, [])


async def test_what_fails_is_tried_again_on_the_schedule_of_queues(world: World) -> None:
    topic = await world.topic()
    await world.subscribe(topic, QUEUE + "q")
    world.neighbours.refusals = {"q": [BUSY] * 6}
    await world.publish(topic)
    await world.until(lambda: len(world.neighbours.refusals["q"]) == 2)  # the first, and three retries at once
    await world.settled()
    assert len(world.neighbours.refusals["q"]) == 2
    await world.after(1.1)
    await world.until(lambda: len(world.neighbours.refusals["q"]) == 1)
    await world.after(1.1)
    await world.until(lambda: len(world.neighbours.refusals["q"]) == 0)
    assert world.neighbours.asked == []
    await world.after(1.1)
    await world.until(lambda: len(world.neighbours.asked) == 1)


async def test_an_address_that_fails_is_tried_thrice_more_and_given_up(world: World) -> None:
    topic = await world.topic()
    await world.address(topic, "http://h", RedrivePolicy=DEAD)
    world.web.statuses["http://h"] = [500, None, 503, 500]
    await world.publish(topic, "m")
    await world.until(lambda: len(world.web.asked) == 1)
    await world.settled()
    for tried in (2, 3, 4):
        assert len(world.web.asked) == tried - 1
        await world.after(20.1)
        await world.until(lambda tried=tried: len(world.web.asked) == tried)  # type: ignore[misc]
        await world.settled()
    await world.until(lambda: world.neighbours.messages("dead") == ["m"])
    await world.settled()
    assert await world.waiting() == 0


async def test_what_many_wait_for_lies_there_once(world: World) -> None:
    topic = await world.topic()
    for number in range(3):
        await world.address(topic, f"http://{number}")
        world.web.statuses[f"http://{number}"] = [500]
    await world.publish(topic, "x" * 100_000)
    await world.until(lambda: len(world.web.asked) == 3)
    await world.settled()
    assert await world.ledger.letters() == 1
    lines = [name for name in await world.queues[0].names() if name.startswith("p/")]
    bodies = [await world.queues[0].take(name, limit=9, now=1e12, lease=0.0) for name in lines]
    assert [len(message.body) < 1000 for messages in bodies for message in messages] == [True] * 3


async def test_a_letter_goes_when_all_have_it(world: World) -> None:
    topic = await world.topic()
    for number in range(2):
        await world.address(topic, f"http://{number}")
    world.web.statuses["http://1"] = [500]
    await world.publish(topic)
    await world.until(lambda: len(world.web.asked) == 2)
    await world.settled()
    assert await world.ledger.letters() == 1
    await world.after(20.1)
    await world.until(lambda: len(world.web.asked) == 3)
    await world.settled()
    assert (await world.ledger.letters(), await world.waiting()) == (0, 0)


async def test_who_is_gone_meanwhile_gets_nothing(world: World) -> None:
    topic = await world.topic()
    arn = await world.address(topic, "http://h")
    world.web.statuses["http://h"] = [500]
    await world.publish(topic)
    await world.until(lambda: len(world.web.asked) == 1)
    await world.settled()
    await world.call("Unsubscribe", SubscriptionArn=arn)
    await world.settled()
    await world.after(20.1)
    assert [each[2]["x-amz-sns-message-type"] for each in world.web.asked] == [
        "Notification",
        "UnsubscribeConfirmation",
    ]
    assert await world.waiting() == 0


async def test_an_address_is_called_only_so_often(world: World) -> None:
    topic = await world.topic()
    await world.address(topic, "http://h", DeliveryPolicy='{"throttlePolicy": {"maxReceivesPerSecond": 1}}')
    for number in range(3):
        await world.publish(topic, str(number))
    await world.until(lambda: len(world.web.asked) == 1)
    await world.settled()
    assert len(world.web.asked) == 1
    await world.after(1)
    await world.until(lambda: len(world.web.asked) == 2)
    await world.after(1)
    await world.until(lambda: len(world.web.asked) == 3)


async def test_groups_keep_their_order_though_one_subscription_fails(world: World) -> None:
    topic = await world.topic("t.fifo")
    await world.subscribe(topic, QUEUE + "weak.fifo", RawMessageDelivery="true")
    await world.subscribe(topic, QUEUE + "strong.fifo", RawMessageDelivery="true")
    world.neighbours.refusals = {"weak.fifo": [BUSY] * 5}
    for number in range(6):
        await world.publish(topic, f"g{number}", MessageGroupId="g", MessageDeduplicationId=str(number))
    await world.until(lambda: len(world.neighbours.bodies("strong.fifo")) == 6)
    assert world.neighbours.bodies("strong.fifo") == [f"g{number}" for number in range(6)]
    for _ in range(3):
        await world.after(1.1)
    await world.until(lambda: len(world.neighbours.bodies("weak.fifo")) == 6)
    assert world.neighbours.bodies("weak.fifo") == [f"g{number}" for number in range(6)]
    await world.settled()
    assert await world.waiting() == 0


async def test_what_is_wrong_with_us_does_not_bring_the_message_to_others_again(world: World) -> None:
    topic = await world.topic()
    await world.subscribe(topic, QUEUE + "a")
    await world.subscribe(topic, QUEUE + "b")
    world.neighbours.refusals = {"a": [ValueError("ours")] * 2}  # type: ignore[list-item]
    await world.publish(topic)
    await world.until(lambda: len(world.neighbours.asked) == 2)
    assert (len(world.neighbours.bodies("a")), len(world.neighbours.bodies("b"))) == (1, 1)
