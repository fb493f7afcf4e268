"""Attempts at targets: what they are called with, how often, and what a dead letter says."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from lambent.model.errors import ApiError, PlatformError
from tests.unit.services.scheduler.conftest import ACCOUNT, LETTERS, REGION, ROLE, World

FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:work"
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:news"
BUS = f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/main"
ARN = f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule/default/tick"
AT = "at(2026-11-28T12:30:00)"


def refusing(error: ApiError, queue: str = "work") -> Callable[[str, str, Mapping[str, Any]], Mapping[str, Any]]:
    def answer(service: str, operation: str, params: Mapping[str, Any]) -> Mapping[str, Any]:
        if params["QueueUrl"].endswith(f"/{queue}"):
            raise error
        return {}

    return answer


async def called(world: World, **target: Any) -> tuple[str, str, dict[str, Any]]:
    await world.create(AT, Target=target)
    await world.move(1800)
    (call,) = world.neighbours.calls
    return call


async def test_a_function_is_invoked_asynchronously_in_the_role(world: World) -> None:
    text = json.dumps({"at": "<aws.scheduler.scheduled-time>", "try": "<aws.scheduler.attempt-number>"})
    assert await called(world, Arn=FUNCTION, Input=text) == (
        "lambda",
        "Invoke",
        {
            "FunctionName": FUNCTION,
            "InvocationType": "Event",
            "Payload": b'{"at": "2026-11-28T12:30:00Z", "try": "1"}',
        },
    )
    assert world.neighbours.contexts[0].principal.arn.startswith(f"arn:aws:sts::{ACCOUNT}:assumed-role/scheduler/")


async def test_without_input_a_function_gets_a_scheduled_event(world: World) -> None:
    _, _, params = await called(world, Arn=FUNCTION, Input=None)
    event = json.loads(params["Payload"])
    assert len(event.pop("id")) == 36
    assert event == {
        "version": "0",
        "detail-type": "Scheduled Event",
        "source": "aws.scheduler",
        "account": ACCOUNT,
        "time": "2026-11-28T12:30:00Z",
        "region": REGION,
        "resources": [ARN],
        "detail": "{}",
    }


async def test_a_bus_gets_an_event(world: World) -> None:
    parameters = {"DetailType": "tick", "Source": "clock"}
    _, operation, params = await called(
        world, Arn=BUS, EventBridgeParameters=parameters, Input='{"of": "<aws.scheduler.schedule-arn>"}'
    )
    assert operation == "PutEvents"
    assert params["Entries"] == [
        {
            "EventBusName": BUS,
            "Source": "clock",
            "DetailType": "tick",
            "Detail": f'{{"of": "{ARN}"}}',
            "Resources": [ARN],
        }
    ]


async def test_a_topic_and_a_fifo_queue(world: World) -> None:
    assert (await called(world, Arn=TOPIC, Input="hello"))[1:] == ("Publish", {"TopicArn": TOPIC, "Message": "hello"})
    world.neighbours.calls.clear()
    fifo = f"arn:aws:sqs:{REGION}:{ACCOUNT}:work.fifo"
    await world.create(
        "rate(1 hour)", "fifo", Target={"Arn": fifo, "Input": "x", "SqsParameters": {"MessageGroupId": "g"}}
    )
    await world.rest()
    assert world.neighbours.calls[0][2]["MessageGroupId"] == "g"


async def test_a_universal_target_is_any_call(world: World) -> None:
    given = {"QueueUrl": "https://sqs/000000000000/work", "MessageBody": "<aws.scheduler.execution-id>"}
    service, operation, params = await called(
        world, Arn="arn:aws:scheduler:::aws-sdk:sqs:sendMessage", Input=json.dumps(given)
    )
    assert (service, operation) == ("sqs", "SendMessage")
    assert params["QueueUrl"] == "https://sqs/000000000000/work"
    assert len(params["MessageBody"]) == 16


async def test_what_may_pass_is_tried_again(world: World) -> None:
    world.neighbours.answer = refusing(ApiError("ServiceUnavailable", "not now", status=503))
    await world.create(AT, Target={"Input": "<aws.scheduler.attempt-number>"})
    await world.move(1800)
    for pause in (1, 2, 4, 8):
        await world.move(pause - 0.5)
        before = len(world.bodies())
        await world.move(0.5)
        assert len(world.bodies()) == before + 1
    world.neighbours.answer = lambda service, operation, params: {}
    await world.move(16)
    await world.move(86_400)
    assert world.bodies() == ["1", "2", "3", "4", "5", "6"]


async def test_185_attempts_take_about_a_day(world: World) -> None:
    world.neighbours.answer = refusing(ApiError("ServiceUnavailable", "not now", status=503))
    await world.create(AT, Target={"DeadLetterConfig": {"Arn": LETTERS}})
    await world.move(1800)
    moved = 0
    while not world.bodies("letters"):
        await world.move(480)
        moved += 480
    assert len(world.bodies()) in range(180, 187)
    assert 86_400 - 3 * 480 <= moved <= 86_400 + 3 * 480


async def test_a_dead_letter_tells_what_happened(world: World) -> None:
    world.neighbours.answer = refusing(ApiError("InternalFailure", "down", status=500))
    policy = {"MaximumRetryAttempts": 1, "MaximumEventAgeInSeconds": 60}
    await world.create(AT, Target={"DeadLetterConfig": {"Arn": LETTERS}, "RetryPolicy": policy})
    await world.move(1800)
    await world.move(1)
    assert await world.sent(1, "letters") == ["2026-11-28T12:30:00Z"]
    attributes = world.neighbours.calls[-1][2]["MessageAttributes"]
    assert len(attributes.pop("EXECUTION_ID")["StringValue"]) == 16
    assert {name: value["StringValue"] for name, value in attributes.items()} == {
        "ERROR_CODE": "InternalFailure",
        "ERROR_MESSAGE": "down",
        "EXHAUSTED_RETRY_CONDITION": "MaximumRetryAttempts",
        "IS_PAYLOAD_TRUNCATED": "false",
        "RETRY_ATTEMPTS": "1",
        "SCHEDULED_TIME": "2026-11-28T12:30:00Z",
        "SCHEDULE_ARN": ARN,
        "TARGET_ARN": f"arn:aws:sqs:{REGION}:{ACCOUNT}:work",
    }


async def test_an_event_grows_too_old(world: World) -> None:
    world.neighbours.answer = refusing(ApiError("InternalFailure", "down", status=500))
    policy = {"MaximumRetryAttempts": 185, "MaximumEventAgeInSeconds": 60}
    await world.create(AT, Target={"DeadLetterConfig": {"Arn": LETTERS}, "RetryPolicy": policy})
    for _ in range(70):
        await world.move(30)
    attributes = world.neighbours.calls[-1][2]["MessageAttributes"]
    assert attributes["EXHAUSTED_RETRY_CONDITION"]["StringValue"] == "MaximumEventAgeInSeconds"


async def test_what_is_wrong_stays_wrong(world: World) -> None:
    world.neighbours.answer = refusing(ApiError("QueueDoesNotExist", "The specified queue does not exist.", status=400))
    await world.create(AT, Target={"DeadLetterConfig": {"Arn": LETTERS}}, ActionAfterCompletion="DELETE")
    await world.move(1800)
    await world.sent(1, "letters")
    attributes = world.neighbours.calls[-1][2]["MessageAttributes"]
    assert attributes["RETRY_ATTEMPTS"]["StringValue"] == "0"
    assert "EXHAUSTED_RETRY_CONDITION" not in attributes
    assert (await world.refused("GetSchedule", Name="tick"))[0] == "ResourceNotFoundException"


async def test_a_dead_letter_is_not_given_up_at_once(world: World) -> None:
    def answer(service: str, operation: str, params: Mapping[str, Any]) -> Mapping[str, Any]:
        raise ApiError("InternalFailure", "down", status=500)

    world.neighbours.answer = answer
    await world.create(AT, Target={"DeadLetterConfig": {"Arn": LETTERS}, "RetryPolicy": {"MaximumRetryAttempts": 0}})
    await world.move(1800)
    for seconds in (1, 10, 60, 600):
        await world.move(seconds)
    assert (len(world.bodies()), len(world.bodies("letters"))) == (1, 4)
    assert world.neighbours.contexts[-1].principal.arn.endswith("/dead-letter")
    assert ROLE in world.trusted


async def test_a_fault_of_ours_may_pass(world: World) -> None:
    def broken(service: str, operation: str, params: Mapping[str, Any]) -> Mapping[str, Any]:
        raise PlatformError("the disk is full")

    world.neighbours.answer = broken
    await world.create(AT)
    await world.move(1800)
    world.neighbours.answer = lambda service, operation, params: {}
    await world.move(1)
    assert len(world.bodies()) == 2
    await world.move(86_400)
    assert len(world.bodies()) == 2


async def test_a_role_that_no_longer_trusts_the_scheduler(world: World) -> None:
    await world.create(AT)
    world.trusted.clear()
    await world.move(1800)
    assert world.neighbours.calls == []
