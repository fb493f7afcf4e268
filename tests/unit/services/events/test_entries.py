"""PutEvents and TestEventPattern."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from lambent.services.events import limits
from tests.unit.services.events.conftest import ARN, OTHER, QUEUE, event

if TYPE_CHECKING:
    from tests.unit.services.events.conftest import World


async def test_an_event_reaches_the_rules_that_it_finds(world: World) -> None:
    await world.rule("paid", '{"detail": {"state": ["paid"]}}', {"Arn": QUEUE})
    await world.rule("sent", '{"detail": {"state": ["sent"]}}', {"Arn": QUEUE})
    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    answer = await world.put(detail='{"state": "paid", "sum": 1.50}', Time=moment, Resources=["a"])
    assert answer["FailedEntryCount"] == 0
    assert world.town.bodies() == [
        {
            "version": "0",
            "id": answer["Entries"][0]["EventId"],
            "detail-type": "order",
            "source": "shop",
            "account": "000000000000",
            "time": "2026-01-02T03:04:05Z",
            "region": "us-east-1",
            "resources": ["a"],
            "detail": {"state": "paid", "sum": 1.5},
        }
    ]
    assert '"detail":{"state":"paid","sum":1.50}}' in world.town.calls[0].params["MessageBody"]


async def test_entries_fail_one_by_one(world: World) -> None:
    given: dict[str, Any] = {"Source": "s", "DetailType": "d", "Detail": "{}"}
    entries = [
        given,
        {**given, "Source": ""},
        {"Source": "s", "Detail": "{}"},
        {"Source": "s", "DetailType": "d"},
        {**given, "Detail": "[]"},
        {**given, "Detail": '{"a":' * 5000 + "1" + "}" * 5000},
        {**given, "Source": "aws.ec2"},
        {**given, "EventBusName": "nowhere"},
        given,
    ]
    answer = await world.call("PutEvents", Entries=entries)
    assert answer["FailedEntryCount"] == 7
    assert [each.get("ErrorCode") for each in answer["Entries"]] == [
        None,
        "InvalidArgument",
        "InvalidArgument",
        "InvalidArgument",
        "MalformedDetail",
        "MalformedDetail",
        "NotAuthorizedForSourceException",
        "ResourceNotFoundException",
        None,
    ]


async def test_the_size_of_all_entries(world: World) -> None:
    entry = {"Source": "s" * 10, "DetailType": "d" * 10, "Detail": "{}", "Resources": ["é"], "Time": None}
    entry["Detail"] = json.dumps({"x": "y" * (limits.ENTRIES_BYTES - 20 - 2 - 14 - 9)})
    assert (await world.call("PutEvents", Entries=[{**entry, "Time": datetime.now(UTC)}]))["FailedEntryCount"] == 0
    entry["Source"] = "s" * 11
    assert await world.refused("PutEvents", Entries=[{**entry, "Time": datetime.now(UTC)}]) == (
        "ValidationException",
        "Total size of the entries in the request is over the limit.",
    )


async def test_names_are_of_the_callers_account(world: World) -> None:
    await world.call("CreateEventBus", Name="b")
    ctx = msgspec.structs.replace(world.ctx(OTHER), account="000000000000")
    entry = {"Source": "s", "DetailType": "d", "Detail": "{}"}
    answer = await world.call(
        "PutEvents", ctx, Entries=[{**entry, "EventBusName": f"{ARN}event-bus/b"}, {**entry, "EventBusName": "b"}]
    )
    assert [each.get("ErrorCode") for each in answer["Entries"]] == [None, "ResourceNotFoundException"]
    assert [step.bus for step in await world.told("put")] == [f"{ARN}event-bus/b"]


async def test_an_event_that_was_sent_on_stays_what_it_was(world: World) -> None:
    await world.rule("all", '{"source": ["aws.x"]}', {"Arn": QUEUE})
    ctx, sent = world.ctx(), event(source="aws.x", account=OTHER, came_by="arn:aws:events:us-east-1:1:rule/r")
    with world.forwarding.lend(ctx.request_id, sent):
        await world.call("PutEvents", ctx, Entries=[{"Source": "aws.x", "DetailType": "order", "Detail": "{}"}])
    await world.settle()
    assert world.town.bodies() == [json.loads(sent.encoded())]


async def test_global_endpoints_are_refused(world: World) -> None:
    assert (await world.refused("PutEvents", EndpointId="a.b", Entries=[]))[1] == (
        "EndpointId is not supported by Lambent: there are no global endpoints."
    )


WHOLE = json.dumps(json.loads(event().encoded()))


async def test_what_a_pattern_says(world: World) -> None:
    assert await world.call("TestEventPattern", EventPattern='{"source": ["shop"]}', Event=WHOLE) == {"Result": True}
    assert await world.call("TestEventPattern", EventPattern='{"source": ["x"]}', Event=WHOLE) == {"Result": False}


@pytest.mark.parametrize(
    ("pattern", "given", "code"),
    [
        ("{}", WHOLE, "InvalidEventPatternException"),
        ('{"a": [1]}', "x", "ValidationException"),
        ('{"a": [1]}', '{"id": "1"}', "ValidationException"),
    ],
)
async def test_what_it_cannot_say(world: World, pattern: str, given: str, code: str) -> None:
    assert (await world.refused("TestEventPattern", EventPattern=pattern, Event=given))[0] == code
