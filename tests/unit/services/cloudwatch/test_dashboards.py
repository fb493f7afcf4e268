"""Dashboards."""

from __future__ import annotations

import pytest

from tests.unit.services.cloudwatch.conftest import World

BODY = '{"widgets":[{"type":"text","properties":{"markdown":"hello"}}]}'


async def test_put_read_listed_deleted(world: World) -> None:
    for name in ("a-1", "a-2", "b"):
        assert await world.call("PutDashboard", DashboardName=name, DashboardBody=BODY) == {
            "DashboardValidationMessages": []
        }
    assert await world.call("GetDashboard", DashboardName="b") == {
        "DashboardArn": "arn:aws:cloudwatch::000000000000:dashboard/b",
        "DashboardBody": BODY,
        "DashboardName": "b",
    }
    listed = (await world.call("ListDashboards", DashboardNamePrefix="a"))["DashboardEntries"]
    assert [(each["DashboardName"], each["Size"]) for each in listed] == [("a-1", len(BODY)), ("a-2", len(BODY))]
    assert (await world.refused("DeleteDashboards", DashboardNames=["a-1", "x"]))[1] == "Dashboard x does not exist"
    assert len((await world.call("ListDashboards"))["DashboardEntries"]) == 3
    await world.call("DeleteDashboards", DashboardNames=["a-1", "a-2", "b", "b"])
    assert (await world.refused("GetDashboard", DashboardName="b"))[0] == "DashboardNotFoundError"


@pytest.mark.parametrize(
    "body",
    [
        "{",
        "[]",
        "{}",
        '{"widgets":1}',
        '{"widgets":[1]}',
        '{"widgets":[{"type":"pie","properties":{}}]}',
        '{"widgets":[{"type":"text"}]}',
        '{"widgets":[]}' + " " * 2**20,
    ],
)
async def test_what_is_no_dashboard(world: World, body: str) -> None:
    refused = await world.refused("PutDashboard", DashboardName="d", DashboardBody=body)
    assert refused == ("DashboardInvalidInputError", "The field DashboardBody must be a valid JSON object")


@pytest.mark.parametrize("name", ["", "a b", "x" * 256])
async def test_names(world: World, name: str) -> None:
    assert (await world.refused("PutDashboard", DashboardName=name, DashboardBody=BODY))[1].endswith(
        "for field DashboardName contains invalid characters."
    )
