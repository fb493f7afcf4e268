"""Queries that are kept."""

from __future__ import annotations

from tests.unit.services.logs.conftest import World


async def test_put_told_changed_deleted(world: World) -> None:
    made = await world.call("PutQueryDefinition", name="b", queryString="fields @message", logGroupNames=["g"])
    known = made["queryDefinitionId"]
    await world.call("PutQueryDefinition", name="a", queryString="limit 1")
    await world.call("PutQueryDefinition", name="c", queryString="limit 2", queryDefinitionId=known)
    found = (await world.call("DescribeQueryDefinitions"))["queryDefinitions"]
    assert [(each["name"], each["queryString"], each["logGroupNames"]) for each in found] == [
        ("a", "limit 1", []),
        ("c", "limit 2", []),
    ]
    assert (await world.call("DescribeQueryDefinitions", queryDefinitionNamePrefix="c"))["queryDefinitions"] == found[
        1:
    ]
    assert await world.call("DeleteQueryDefinition", queryDefinitionId=known) == {"success": True}
    assert (await world.refused("DeleteQueryDefinition", queryDefinitionId=known))[1] == (
        "The specified query definition does not exist."
    )


async def test_what_is_refused(world: World) -> None:
    assert (await world.refused("PutQueryDefinition", name="a", queryString="nope"))[1] == (
        "Invalid query: there is no command nope."
    )
    assert (await world.refused("PutQueryDefinition", name="a", queryString="", queryDefinitionId="x"))[0] == (
        "ResourceNotFoundException"
    )
    assert (
        "parameters is not supported"
        in (await world.refused("PutQueryDefinition", name="a", queryString="", parameters=[{"name": "x"}]))[1]
    )
