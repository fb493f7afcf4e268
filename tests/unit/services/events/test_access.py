"""What calls need, and what buses say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lambent.services.access import UNGUARDED, Need
from lambent.services.events.access import EventsAccess
from tests.unit.services.events.conftest import ACCOUNT, ARN, AT, BUS, OTHER, QUEUE, ROLE

if TYPE_CHECKING:
    from tests.unit.services.events.conftest import World

THEIRS = f"arn:aws:events:eu-west-1:{OTHER}:event-bus/b"


@pytest.mark.parametrize(
    ("operation", "params", "account", "resource"),
    [
        ("CreateEventBus", {"Name": "b"}, ACCOUNT, f"{ARN}event-bus/b"),
        ("DescribeEventBus", {}, ACCOUNT, BUS),
        ("DescribeEventBus", {"Name": THEIRS}, OTHER, THEIRS),
        ("PutPermission", {"EventBusName": "b"}, ACCOUNT, f"{ARN}event-bus/b"),
        ("PutRule", {"Name": "r"}, ACCOUNT, f"{ARN}rule/r"),
        ("PutRule", {"Name": "r", "EventBusName": THEIRS}, OTHER, f"arn:aws:events:eu-west-1:{OTHER}:rule/b/r"),
        ("ListTargetsByRule", {"Rule": "r", "EventBusName": "b"}, ACCOUNT, f"{ARN}rule/b/r"),
        ("ListRules", {}, ACCOUNT, "*"),
        ("TestEventPattern", {}, ACCOUNT, "*"),
        ("CreateArchive", {"ArchiveName": "a"}, ACCOUNT, f"{ARN}archive/a"),
        ("CancelReplay", {"ReplayName": "p"}, ACCOUNT, f"{ARN}replay/p"),
        ("TagResource", {"ResourceARN": f"{ARN}rule/r"}, ACCOUNT, f"{ARN}rule/r"),
        ("PutRule", {"Name": 5, "EventBusName": 7}, ACCOUNT, "*"),
    ],
)
async def test_needs(world: World, operation: str, params: Any, account: str, resource: str) -> None:
    (need,) = await EventsAccess(world.repository).needs(operation, AT, params)
    assert (need.action, need.account, need.resource) == (f"events:{operation}", account, resource)


async def test_events_need_every_bus_that_they_go_to(world: World) -> None:
    entries = [
        {"Source": "s", "DetailType": "d"},
        {"Source": "t", "EventBusName": "default"},
        {"EventBusName": THEIRS},
        None,
    ]
    assert await EventsAccess(world.repository).needs("PutEvents", AT, {"Entries": entries}) == [
        Need("events:PutEvents", BUS, ACCOUNT, {"events:source": ("s", "t"), "events:detail-type": ("d",)}),
        Need("events:PutEvents", THEIRS, OTHER, {}),
    ]
    assert await EventsAccess(world.repository).needs("PutEvents", AT, {}) == [Need("events:PutEvents", "*", ACCOUNT)]


async def test_roles_must_be_passed(world: World) -> None:
    targets = [{"Arn": QUEUE, "RoleArn": ROLE}, {"Arn": QUEUE, "RoleArn": ROLE}]
    first, second = await EventsAccess(world.repository).needs("PutTargets", AT, {"Rule": "r", "Targets": targets})
    assert first.keys == {"events:targetarn": (QUEUE, QUEUE), "events:creatoraccount": (ACCOUNT,)}
    assert second == Need("iam:PassRole", ROLE, ACCOUNT, {"iam:passedtoservice": ("events.amazonaws.com",)})


async def test_what_a_rule_is_about_and_who_made_it(world: World) -> None:
    access = EventsAccess(world.repository)
    given = {"Name": "r", "EventPattern": '{"source": ["x", {"prefix": "y"}], "detail-type": ["d"]}'}
    (need,) = await access.needs("PutRule", AT, given)
    assert need.keys == {
        "events:creatoraccount": (ACCOUNT,),
        "events:source": ("x",),
        "events:detail-type": ("d",),
    }
    await world.call("PutRule", world.ctx(OTHER), Name="r", EventPattern='{"a": ["b"]}', EventBusName=BUS)
    for params in ({"Name": "r"}, {"Name": "r", "EventPattern": "{"}):
        (need,) = await access.needs("PutRule", AT, params)
        assert need.keys == {"events:creatoraccount": (OTHER,)}


async def test_a_buss_policy_speaks_of_its_rules_too(world: World) -> None:
    access = EventsAccess(world.repository)
    await world.rule("r", '{"a": ["b"]}')
    assert (await access.guard(Need("events:PutEvents", BUS, ACCOUNT))).policy is None
    await world.call("PutPermission", Action="events:PutEvents", Principal=OTHER, StatementId="s")
    await world.call("TagResource", ResourceARN=f"{ARN}rule/r", Tags=[{"Key": "k", "Value": "v"}])
    assert (await access.guard(Need("events:PutEvents", BUS, ACCOUNT))).policy is not None
    guarded = await access.guard(Need("events:PutRule", f"{ARN}rule/r", ACCOUNT))
    assert (guarded.policy is not None, guarded.tags) == (True, {"k": "v"})
    for resource in ("*", f"{ARN}archive/a", f"{ARN}event-bus/x"):
        assert await access.guard(Need("events:X", resource, ACCOUNT)) == UNGUARDED
