"""Groups."""

from __future__ import annotations

from tests.unit.services.xray.conftest import World


async def test_made_told_changed_deleted(world: World) -> None:
    made = (await world.call("CreateGroup", GroupName="g", FilterExpression="fault"))["Group"]
    assert made["GroupARN"].startswith("arn:aws:xray:us-east-1:000000000000:group/g/")
    assert made["InsightsConfiguration"] == {"InsightsEnabled": False, "NotificationsEnabled": False}
    assert await world.call("GetGroup", GroupARN=made["GroupARN"]) == {"Group": made}
    changed = (await world.call("UpdateGroup", GroupName="g", FilterExpression="error"))["Group"]
    assert changed["FilterExpression"] == "error"
    assert (await world.call("GetGroups"))["Groups"] == [changed]
    await world.call("DeleteGroup", GroupName="g")
    assert (await world.call("GetGroups"))["Groups"] == []


async def test_what_is_refused(world: World) -> None:
    await world.call("CreateGroup", GroupName="g")
    assert await world.refused("CreateGroup", GroupName="g") == "Group with name g already exists."
    assert "Invalid filter" in await world.refused("CreateGroup", GroupName="h", FilterExpression="(")
    insights = {"InsightsEnabled": True}
    assert "there are no insights" in await world.refused("CreateGroup", GroupName="h", InsightsConfiguration=insights)
    assert await world.refused("GetGroup", GroupName="h") == "Group with name h does not exist."
    assert await world.refused("GetGroup") == "Exactly one of GroupName and GroupARN must be given."
    for number in range(24):
        await world.call("CreateGroup", GroupName=f"g{number}")
    assert await world.refused("CreateGroup", GroupName="one") == "There may be at most 25 groups."
