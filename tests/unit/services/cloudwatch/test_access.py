"""What calls need."""

from __future__ import annotations

from typing import Any

import pytest

from lambent.services.access import UNGUARDED, Need
from lambent.services.cloudwatch.access import CloudWatchAccess
from tests.unit.services.cloudwatch.conftest import ACCOUNT, AT, World

ALARM = f"arn:aws:cloudwatch:us-east-1:{ACCOUNT}:alarm:"
DASHBOARD = f"arn:aws:cloudwatch::{ACCOUNT}:dashboard/"


@pytest.mark.parametrize(
    ("operation", "params", "resources"),
    [
        ("PutMetricData", {"Namespace": "x"}, ["*"]),
        ("GetMetricData", {}, ["*"]),
        ("PutMetricAlarm", {"AlarmName": "a"}, [f"{ALARM}a"]),
        ("DeleteAlarms", {"AlarmNames": ["a", "b"]}, [f"{ALARM}a", f"{ALARM}b"]),
        ("DescribeAlarms", {}, ["*"]),
        ("GetDashboard", {"DashboardName": "d"}, [f"{DASHBOARD}d"]),
        ("DeleteDashboards", {"DashboardNames": ["d", "e"]}, [f"{DASHBOARD}d", f"{DASHBOARD}e"]),
        ("TagResource", {"ResourceARN": f"{ALARM}a"}, [f"{ALARM}a"]),
    ],
)
async def test_needs(world: World, operation: str, params: dict[str, Any], resources: list[str]) -> None:
    needs = await CloudWatchAccess(world.repository).needs(operation, AT, params)
    assert [(need.action, need.resource) for need in needs] == [(f"cloudwatch:{operation}", each) for each in resources]


async def test_tags_of_what_is_there(world: World) -> None:
    access = CloudWatchAccess(world.repository)
    await world.alarm(Tags=[{"Key": "k", "Value": "v"}])
    assert (await access.guard(Need("x", f"{ALARM}a", ACCOUNT))).tags == {"k": "v"}
    for resource in (f"{ALARM}b", f"{DASHBOARD}d", "*"):
        assert await access.guard(Need("x", resource, ACCOUNT)) is UNGUARDED
