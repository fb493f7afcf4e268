"""Deliveries: in whose name, how often, and where what fails ends."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from lambent.model.errors import ApiError
from lambent.services.events.deliveries import Delivery, closed
from tests.unit.services.events.conftest import ARN, AT, DEAD, OTHER, QUEUE, REGION, ROLE, SEAL, event

if TYPE_CHECKING:
    from tests.unit.services.events.conftest import World

ALL = '{"source": ["shop"]}'
FUNCTION = f"arn:aws:lambda:{REGION}:000000000000:function:f"
BUSY = ApiError("TooManyRequestsException", "busy", status=429)


def dead(world: World) -> dict[str, Any]:
    """The attributes of the one dead letter."""
    (letter,) = [each for each in world.town.calls if each.params.get("QueueUrl", "").endswith("/dead")]
    assert letter.ctx.principal.service == "events.amazonaws.com"
    return {name: each["StringValue"] for name, each in letter.params["MessageAttributes"].items()}


async def test_a_function_is_invoked_for_the_rule(world: World) -> None:
    await world.rule("r", ALL, {"Arn": FUNCTION})
    await world.put(TraceHeader="Root=1-2;Lineage=1:aaaaaaaa:0")
    (call,) = world.town.calls
    assert (call.service, call.operation, call.params["InvocationType"]) == ("lambda", "Invoke", "Event")
    who = call.ctx.principal
    assert (who.service, who.source_arn, who.source_account) == (
        "events.amazonaws.com",
        f"{ARN}rule/r",
        "000000000000",
    )
    assert call.ctx.trace_id == "Root=1-2"
    assert [step.what for step in await world.told()] == ["put", "delivered"]


async def test_a_queue_elsewhere_that_keeps_order(world: World) -> None:
    arn = "arn:aws:sqs:eu-west-1:000000000000:q.fifo"
    await world.rule("r", ALL, {"Arn": arn, "SqsParameters": {"MessageGroupId": "g"}})
    await world.put()
    (call,) = world.town.calls
    assert (call.ctx.region, call.params["MessageGroupId"]) == ("eu-west-1", "g")


async def test_a_role_must_trust(world: World) -> None:
    await world.rule("r", ALL, {"Arn": QUEUE, "RoleArn": ROLE, "DeadLetterConfig": {"Arn": DEAD}})
    await world.put()
    assert world.town.calls[0].ctx.principal.role == "sender"
    world.untrusted.add(ROLE)
    await world.put()
    assert dead(world)["ERROR_CODE"] == "FAILED_TO_ASSUME_ROLE"


async def test_a_log_group_gets_a_line(world: World) -> None:
    await world.rule("r", ALL, {"Arn": f"arn:aws:logs:{REGION}:000000000000:log-group:/g:*"})
    world.town.refusing["CreateLogStream"] = BUSY  # no parameter says so: it is not refused
    await world.put()
    created, written = world.town.calls
    assert created.params == {"logGroupName": "/g", "logStreamName": "2026/09/21/events"}
    (entry,) = written.params["logEvents"]
    assert json.loads(entry["message"])["source"] == "shop"


async def test_what_may_succeed_later_is_tried_again(world: World) -> None:
    await world.rule("r", ALL, {"Arn": QUEUE})
    world.town.refusing["/q"] = BUSY
    (rule,) = await world.repository.rules(AT, "default")
    body = closed(SEAL, Delivery(rule.arn, rule.targets[0], event()))
    now = world.clock.now()
    assert await world.courier.attempt("line", body, 0, now) == now + 0.75
    assert await world.courier.attempt("line", body, 3, now) == now + 6.0
    (first, second) = await world.told("failed")
    assert (first.attempt, first.next, first.detail) == (1, now + 0.75, "THROTTLING: busy")
    assert second.attempt == 4
    world.town.refusing.clear()
    assert await world.courier.attempt("line", body, 4, now) is None


@pytest.mark.parametrize(
    ("policy", "condition", "attempts"),
    [
        ({"MaximumRetryAttempts": 2}, "MaximumRetryAttempts", "2"),
        ({"MaximumEventAgeInSeconds": 60}, "MaximumEventAgeInSeconds", "6"),
    ],
)
async def test_until_it_is_too_often_or_too_late(
    world: World, policy: dict[str, int], condition: str, attempts: str
) -> None:
    await world.rule("r", ALL, {"Arn": QUEUE, "RetryPolicy": policy, "DeadLetterConfig": {"Arn": DEAD}})
    world.town.refusing["/q'"] = BUSY
    await world.put()
    for _ in range(10):
        await world.settle()
    assert dead(world) == {
        "RULE_ARN": f"{ARN}rule/r",
        "TARGET_ARN": QUEUE,
        "ERROR_CODE": "THROTTLING",
        "ERROR_MESSAGE": "busy",
        "EXHAUSTED_RETRY_CONDITION": condition,
        "RETRY_ATTEMPTS": attempts,
    }
    assert (await world.told())[-1].what == "dead"


async def test_what_cannot_succeed_is_dead_at_once(world: World) -> None:
    await world.rule("r", ALL, {"Arn": QUEUE, "Input": '"changed"', "DeadLetterConfig": {"Arn": DEAD}})
    world.town.refusing["/q'"] = ApiError("AccessDeniedException", "no", status=403)
    await world.put()
    said = dead(world)
    assert (said["ERROR_CODE"], said["RETRY_ATTEMPTS"], "EXHAUSTED_RETRY_CONDITION" in said) == (
        "NO_PERMISSIONS",
        "0",
        False,
    )
    assert world.town.bodies(DEAD)[0]["source"] == "shop"


async def test_without_a_dead_letter_queue_it_is_dropped_and_told(world: World) -> None:
    await world.rule("r", ALL, {"Arn": QUEUE}, {"Arn": QUEUE, "DeadLetterConfig": {"Arn": DEAD}})
    world.town.refusing["sqs"] = ApiError("QueueDoesNotExist", "gone", status=400)
    await world.put()
    assert sorted(step.detail for step in await world.told("dropped")) == [
        "NO_RESOURCE: gone",
        "NO_RESOURCE: gone; dead-letter queue: gone",
    ]


async def test_an_input_path_that_finds_nothing(world: World) -> None:
    await world.rule("r", ALL, {"Arn": QUEUE, "InputPath": "$.detail.x", "DeadLetterConfig": {"Arn": DEAD}})
    await world.put()
    assert dead(world)["ERROR_CODE"] == "INVALID_JSON"


async def test_from_bus_to_bus_but_not_to_a_third(world: World) -> None:
    for bus in ("b", "c"):
        await world.call("CreateEventBus", Name=bus)
    await world.rule("to-b", ALL, {"Arn": f"{ARN}event-bus/b"})
    await world.rule(
        "to-c", ALL, {"Arn": f"{ARN}event-bus/c", "DeadLetterConfig": {"Arn": DEAD}}, {"Arn": QUEUE}, bus="b"
    )
    answer = await world.put(detail='{"n": 1}')
    await world.settle()
    forwarded = world.town.calls[0]
    assert (forwarded.operation, forwarded.ctx.principal.is_root) == ("PutEvents", True)
    (body,) = world.town.bodies()
    assert (body["id"], body["detail"]) == (answer["Entries"][0]["EventId"], {"n": 1})
    assert dead(world)["ERROR_CODE"] == "THIRD_ACCOUNT_HOP_DETECTED"


async def test_another_accounts_bus_sees_who_sent_it(world: World) -> None:
    theirs = f"arn:aws:events:eu-west-1:{OTHER}:event-bus/default"
    await world.rule("r", ALL, {"Arn": theirs})
    there = world.ctx(OTHER)
    await world.operations["PutRule"].handler(there, {"Name": "s", "EventPattern": ALL, "EventBusName": theirs})
    targets = [{"Id": "1", "Arn": f"arn:aws:sqs:eu-west-1:{OTHER}:q"}]
    await world.operations["PutTargets"].handler(there, {"Rule": "s", "EventBusName": theirs, "Targets": targets})
    await world.put()
    await world.settle()
    (body,) = world.town.bodies(f"arn:aws:sqs:eu-west-1:{OTHER}:q")
    assert (body["account"], body["region"]) == ("000000000000", REGION)
