"""What alarms tell, and what becomes of it when it cannot be told."""

from __future__ import annotations

import json

from lambent.model.errors import ApiError
from tests.unit.services.cloudwatch.conftest import AT, TOPIC, World, until

FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:f"


async def set_off(world: World, calls: int) -> None:
    await world.call("SetAlarmState", AlarmName="a", StateValue="ALARM", StateReason="tried")

    async def told() -> bool:
        return len(world.neighbours.calls) >= calls

    await until(told)


async def acted(world: World, count: int) -> None:
    async def done() -> bool:
        return len(await actions(world)) >= count

    await until(done)


async def actions(world: World) -> list[str]:
    return [item.summary for _, item in await world.repository.history(AT, "a") if item.kind == "Action"]


async def test_topics_and_functions_are_told(world: World) -> None:
    await world.alarm(AlarmActions=[TOPIC, FUNCTION], AlarmDescription="hot")
    async with world.actions.outbox:
        await set_off(world, 2)
        await acted(world, 2)
    told = {call[1]: call for call in world.neighbours.calls}
    assert told["sns"][3]["TopicArn"] == TOPIC
    message = json.loads(told["sns"][3]["Message"])
    assert (message["AlarmName"], message["NewStateValue"], message["OldStateValue"], message["NewStateReason"]) == (
        "a",
        "ALARM",
        "INSUFFICIENT_DATA",
        "tried",
    )
    assert told["lambda"][0] == "lambda.alarms.cloudwatch.amazonaws.com"
    assert told["lambda"][3]["InvocationType"] == "Event"
    event = json.loads(told["lambda"][3]["Payload"])
    assert (event["source"], event["alarmData"]["state"]["value"]) == ("aws.cloudwatch", "ALARM")
    assert event["alarmData"]["configuration"]["description"] == "hot"
    assert sorted(await actions(world)) == [f"Successfully executed action {each}" for each in (FUNCTION, TOPIC)]


async def test_a_refusal_is_remembered(world: World) -> None:
    await world.alarm()
    world.neighbours.refuse = ApiError("AuthorizationError", "no", status=403)
    async with world.actions.outbox:
        await set_off(world, 1)
        await acted(world, 1)
    assert await actions(world) == [f"Failed to execute action {TOPIC}"]


async def test_what_may_pass_is_tried_again(world: World) -> None:
    await world.alarm()
    world.neighbours.refuse = ApiError("ServiceUnavailable", "later", status=503)
    async with world.actions.outbox:
        await set_off(world, 4)
        await acted(world, 1)
    assert len(world.neighbours.calls) == 4


async def test_switched_off_they_tell_nobody(world: World) -> None:
    await world.alarm()
    await world.call("DisableAlarmActions", AlarmNames=["a"])
    async with world.actions.outbox:
        await set_off(world, 0)
    assert await world.states() == {"a": "ALARM"}
    assert world.neighbours.calls == []
