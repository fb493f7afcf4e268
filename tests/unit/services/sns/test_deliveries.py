"""One attempt to deliver, and what came of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from lambent.model.errors import ApiError
from lambent.services.sns.audience import Member
from lambent.services.sns.deliveries import Outcome, Work
from lambent.services.sns.records import Attribute, Notice, Subscription, Topic
from tests.unit.services.sns.conftest import ACCOUNT, FUNCTION, QUEUE, TOPIC

if TYPE_CHECKING:
    from tests.unit.services.sns.conftest import World

STANDARD = Topic(name="t", account=ACCOUNT, region="us-east-1", created=1.0)
URL = "http://me:se%20cret@example.com:8080/hook?a=b"


def member(protocol: str, endpoint: str, **attributes: str) -> Member:
    made = Subscription(
        id="i",
        topic=TOPIC + "t",
        owner=ACCOUNT,
        protocol=protocol,
        endpoint=endpoint,
        state="confirmed",
        attributes=attributes,
    )
    return Member(made)


def work(world: World, **more: object) -> Work:
    notice = Notice(
        id="m-1",
        topic=TOPIC + "t",
        message="hello",
        sent=1.0,
        attributes={"a": Attribute("String.Array", "[1]")},
        trace="Root=1",
        **more,  # type: ignore[arg-type]
    )
    return world.deliveries.work(STANDARD, notice, b"")


async def test_a_function_is_invoked_by_sns_for_the_topic(world: World) -> None:
    assert await world.deliveries.deliver(work(world), member("lambda", FUNCTION + "f")) is Outcome.DELIVERED
    ((ctx, service, operation, params),) = world.neighbours.asked
    assert (service, operation, params["FunctionName"]) == ("lambda", "Invoke", FUNCTION + "f")
    assert params["InvocationType"] == "Event"
    assert json.loads(params["Payload"])["Records"][0]["Sns"]["Message"] == "hello"
    assert (ctx.principal.service, ctx.principal.source_arn) == ("sns.amazonaws.com", TOPIC + "t")
    assert (ctx.principal.source_account, ctx.trace_id) == (ACCOUNT, "Root=1")


async def test_a_queue_elsewhere(world: World) -> None:
    queue = "arn:aws:sqs:eu-west-1:111111111111:q"
    await world.deliveries.deliver(work(world, group="g"), member("sqs", queue, RawMessageDelivery="true"))
    ((ctx, _, operation, params),) = world.neighbours.asked
    assert (operation, ctx.region) == ("SendMessage", "eu-west-1")
    assert params == {
        "QueueUrl": "https://sqs.eu-west-1.amazonaws.com/111111111111/q",
        "MessageBody": "hello",
        "MessageAttributes": {"a": {"DataType": "String.Array", "StringValue": "[1]"}},
        "MessageGroupId": "g",
    }


async def test_a_fifo_queue(world: World) -> None:
    sent = work(world, group="g", deduplication="d", sequence="1")
    await world.deliveries.deliver(sent, member("sqs", QUEUE + "q.fifo"))
    params = world.neighbours.asked[0][3]
    assert (params["MessageGroupId"], params["MessageDeduplicationId"]) == ("g", "d")
    assert "MessageAttributes" not in params


async def test_an_address(world: World) -> None:
    raw = member(
        "http",
        URL,
        RawMessageDelivery="true",
        DeliveryPolicy='{"requestPolicy": {"headerContentType": "application/json"}}',
    )
    assert await world.deliveries.deliver(work(world), raw) is Outcome.DELIVERED
    assert world.web.asked == [
        (
            "POST",
            "http://example.com:8080/hook?a=b",
            {
                "x-amz-sns-message-type": "Notification",
                "x-amz-sns-message-id": "m-1",
                "x-amz-sns-topic-arn": TOPIC + "t",
                "x-amz-sns-subscription-arn": TOPIC + "t:i",
                "x-amz-sns-rawdelivery": "true",
                "User-Agent": "Amazon Simple Notification Service Agent",
                "Content-Type": "application/json",
                "X-Amzn-Trace-Id": "Root=1",
                "Authorization": "Basic bWU6c2UgY3JldA==",
            },
            b"hello",
        )
    ]
    await world.deliveries.deliver(work(world), member("http", "http://h"))
    (_, _, headers, _) = world.web.asked[1]
    assert headers["Content-Type"] == "text/plain; charset=UTF-8"
    assert "x-amz-sns-rawdelivery" not in headers
    assert world.web.last()["Message"] == "hello"


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, Outcome.DELIVERED),
        (302, Outcome.DELIVERED),
        (404, Outcome.REFUSED),
        (429, Outcome.FAILED),
        (500, Outcome.FAILED),
        (None, Outcome.FAILED),
    ],
)
async def test_what_addresses_answer(world: World, status: int | None, outcome: Outcome) -> None:
    world.web.statuses["http://h"] = [status]
    assert await world.deliveries.deliver(work(world), member("http", "http://h")) is outcome


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (ApiError("AccessDenied", "no", status=403), Outcome.REFUSED),
        (ApiError("QueueDoesNotExist", "no"), Outcome.REFUSED),
        (ApiError("ThrottlingException", "later"), Outcome.FAILED),
        (ApiError("TooManyRequestsException", "later"), Outcome.FAILED),
        (ApiError("ServiceUnavailable", "later", status=503), Outcome.FAILED),
    ],
)
async def test_what_neighbours_answer(world: World, error: ApiError, outcome: Outcome) -> None:
    world.neighbours.refusals["q"] = [error]
    assert await world.deliveries.deliver(work(world), member("sqs", QUEUE + "q")) is outcome


async def test_a_text_is_signed_once_for_all(world: World) -> None:
    sent = work(world)
    assert await sent.signature("hello") is await sent.signature("hello")
