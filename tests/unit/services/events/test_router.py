"""From events to deliveries, and schedules that fire."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lambent.model.errors import PlatformError
from lambent.services.events.names import Named
from tests.unit.services.events.conftest import ARN, AT, QUEUE, ROLE, event

if TYPE_CHECKING:
    from tests.unit.services.events.conftest import World

BUS = Named(AT, "default")


async def test_some_rules_alone(world: World) -> None:
    await world.rule("a", '{"source": ["shop"]}', {"Arn": QUEUE, "Input": '"a"'})
    await world.rule("b", '{"source": ["shop"]}', {"Arn": QUEUE, "Input": '"b"'})
    await world.router.receive(BUS, event(), [f"{ARN}rule/b"])
    await world.settle()
    assert world.town.bodies() == ["b"]


async def test_a_schedule_fires_its_rule(world: World) -> None:
    await world.call("PutRule", Name="r", ScheduleExpression="rate(1 minute)")
    await world.call("PutTargets", Rule="r", Targets=[{"Id": "1", "Arn": QUEUE}])
    (rule,) = [rule async for rule in world.repository.scheduled()]
    await world.router.fire(rule, 1_790_000_040.0)
    await world.settle()
    (body,) = world.town.bodies()
    assert body | {"id": ""} == {
        "version": "0",
        "id": "",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "000000000000",
        "time": "2026-09-21T14:14:00Z",
        "region": "us-east-1",
        "resources": [f"{ARN}rule/r"],
        "detail": {},
    }


async def test_a_rules_role_is_its_targets_role(world: World) -> None:
    await world.call("PutRule", Name="r", EventPattern='{"source": ["shop"]}', RoleArn=ROLE)
    await world.call("PutTargets", Rule="r", Targets=[{"Id": "1", "Arn": QUEUE}])
    await world.put()
    assert world.town.calls[0].ctx.principal.role == "sender"


async def test_nothing_is_taken_that_is_not_kept(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*given: object, **more: object) -> list[int]:
        raise PlatformError("the disk is full")

    await world.rule("r", '{"source": ["shop"]}', {"Arn": QUEUE})
    monkeypatch.setattr(world.queue, "put", broken)
    answer = await world.put()
    assert [each["ErrorCode"] for each in answer["Entries"]] == ["InternalFailure"]
