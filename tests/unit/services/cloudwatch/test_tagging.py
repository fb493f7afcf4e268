"""Tags."""

from __future__ import annotations

import pytest

from tests.unit.services.cloudwatch.conftest import World
from tests.unit.services.cloudwatch.test_dashboards import BODY

ALARM = "arn:aws:cloudwatch:us-east-1:000000000000:alarm:a"
DASHBOARD = "arn:aws:cloudwatch::000000000000:dashboard/d"


@pytest.mark.parametrize("arn", [ALARM, DASHBOARD])
async def test_added_taken_away_listed(world: World, arn: str) -> None:
    await world.alarm(Tags=[{"Key": "old", "Value": "1"}])
    await world.call("PutDashboard", DashboardName="d", DashboardBody=BODY, Tags=[{"Key": "old", "Value": "1"}])
    await world.call("TagResource", ResourceARN=arn, Tags=[{"Key": "new", "Value": "2"}])
    await world.call("UntagResource", ResourceARN=arn, TagKeys=["old"])
    assert await world.call("ListTagsForResource", ResourceARN=arn) == {"Tags": [{"Key": "new", "Value": "2"}]}


@pytest.mark.parametrize("arn", ["x", ALARM, DASHBOARD, "arn:aws:cloudwatch:us-east-1:000000000000:nothing:a"])
async def test_what_is_not_there(world: World, arn: str) -> None:
    refused = await world.refused("ListTagsForResource", ResourceARN=arn)
    assert refused == ("ResourceNotFoundException", f"Unknown resource {arn}.")
