"""Publishing: no-op when unchanged, preconditions, numbers never used twice."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.unit.services.lambda_.conftest import World

ARN = "arn:aws:lambda:us-east-1:000000000000:function:"


async def test_publish(world: World) -> None:
    await world.create(Description="latest")
    latest = await world.settled()
    world.clock.at += 60
    made = await world.call("PublishVersion", FunctionName="f", Description="first")
    assert (made["Version"], made["FunctionArn"], made["Description"]) == ("1", f"{ARN}f:1", "first")
    assert (made["State"], made["LastUpdateStatus"]) == ("Active", "Successful")
    assert made["LastModified"] > latest["LastModified"]
    after = await world.settled()
    assert len({made["RevisionId"], latest["RevisionId"], after["RevisionId"]}) == 3
    assert after | {"RevisionId": ""} == latest | {"RevisionId": ""}


async def test_publishing_leaves_environments_alone(world: World) -> None:
    await world.create()
    await world.settled()
    before = await world.repository.version(world.ctx(), "f", "$LATEST")
    await world.call("PublishVersion", FunctionName="f")
    after = await world.repository.version(world.ctx(), "f", "$LATEST")
    assert before is not None and after is not None
    assert after.revision_id == before.revision_id


async def test_publishing_what_has_not_changed_gives_the_same_version(world: World) -> None:
    await world.create()
    await world.settled()
    first = await world.call("PublishVersion", FunctionName="f", Description="first")
    again = await world.call("PublishVersion", FunctionName="f", Description="second")
    assert again == first


async def test_a_change_makes_the_next_version(world: World, zipped: Any) -> None:
    await world.create()
    await world.settled()
    await world.call("PublishVersion", FunctionName="f")
    await world.call("UpdateFunctionCode", FunctionName="f", ZipFile=zipped("2"))
    await world.settled()
    assert (await world.call("PublishVersion", FunctionName="f"))["Version"] == "2"
    await world.call("UpdateFunctionConfiguration", FunctionName="f", Timeout=9)
    await world.settled()
    third = await world.call("PublishVersion", FunctionName="f")
    assert (third["Version"], third["Timeout"]) == ("3", 9)
    assert (await world.settled(qualifier="1"))["Timeout"] == 3


async def test_going_back_and_forth_is_no_change(world: World) -> None:
    await world.create()
    await world.settled()
    await world.call("PublishVersion", FunctionName="f")
    for timeout in (9, 3):
        await world.call("UpdateFunctionConfiguration", FunctionName="f", Timeout=timeout)
        await world.settled()
    assert (await world.call("PublishVersion", FunctionName="f"))["Version"] == "1"


async def test_numbers_are_never_used_twice(world: World) -> None:
    await world.create()
    await world.settled()
    await world.call("PublishVersion", FunctionName="f")
    await world.call("DeleteFunction", FunctionName="f", Qualifier="1")
    assert (await world.call("PublishVersion", FunctionName="f"))["Version"] == "2"


async def test_preconditions(world: World) -> None:
    made = await world.create()
    latest = await world.settled()
    refusal = await world.refused("PublishVersion", FunctionName="f", RevisionId=made["RevisionId"])
    assert refusal == (
        "PreconditionFailedException",
        "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve"
        " the latest Revision Id",
    )
    refusal = await world.refused("PublishVersion", FunctionName="f", CodeSha256="abc")
    assert refusal == (
        "InvalidParameterValueException",
        f"CodeSHA256 (abc) is different from current CodeSHA256 in $LATEST ({latest['CodeSha256']})."
        " Please try again with the CodeSHA256 in $LATEST.",
    )
    right = {"RevisionId": latest["RevisionId"], "CodeSha256": latest["CodeSha256"]}
    assert (await world.call("PublishVersion", FunctionName="f", **right))["Version"] == "1"
    assert (await world.refused("PublishVersion", FunctionName="f", **right))[0] == "PreconditionFailedException"


async def test_not_while_pending(world: World) -> None:
    world.gate.clear()
    await world.create()
    refusal = await world.refused("PublishVersion", FunctionName="f")
    assert refusal == (
        "ResourceConflictException",
        "The operation cannot be performed at this time. The function is currently in the following state: Pending",
    )


async def test_not_what_cannot_be_run(world: World) -> None:
    world.runtimes["python3.13"] = None
    await world.create("broken", Runtime="python3.13")
    await world.settled("broken")
    await world.create()
    await world.settled()
    await world.call("UpdateFunctionConfiguration", FunctionName="f", Runtime="python3.13")
    await world.settled()
    for name in ("broken", "f"):
        code, message = await world.refused("PublishVersion", FunctionName=name)
        assert (code, message.rpartition(": ")[2]) == ("ResourceConflictException", "Failed")


async def test_two_at_once(world: World) -> None:
    await world.create()
    await world.settled()
    publish = [world.call("PublishVersion", FunctionName="f") for _ in range(4)]
    results = await asyncio.gather(*publish, return_exceptions=True)
    assert {result["Version"] for result in results if isinstance(result, dict)} == {"1"}
    listed = await world.call("ListVersionsByFunction", FunctionName="f")
    assert [version["Version"] for version in listed["Versions"]] == ["$LATEST", "1"]


async def test_list_in_order_of_numbers_and_in_pages(world: World) -> None:
    await world.create()
    await world.settled()
    for timeout in range(1, 12):
        await world.call("UpdateFunctionConfiguration", FunctionName="f", Timeout=timeout)
        await world.settled()
        await world.call("PublishVersion", FunctionName="f")
    found: list[str] = []
    page: Any = {"NextMarker": None}
    while "NextMarker" in page:
        more = {"Marker": page["NextMarker"]} if page["NextMarker"] else {}
        page = await world.call("ListVersionsByFunction", FunctionName="f", MaxItems=5, **more)
        found += [version["FunctionArn"] for version in page["Versions"]]
    assert found == [f"{ARN}f:$LATEST", *(f"{ARN}f:{number}" for number in range(1, 12))]


async def test_list_of_nothing(world: World) -> None:
    refusal = await world.refused("ListVersionsByFunction", FunctionName="f")
    assert refusal == ("ResourceNotFoundException", f"Function not found: {ARN}f")
