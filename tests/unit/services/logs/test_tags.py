"""Tags, by both families of operations."""

from __future__ import annotations

from tests.unit.services.logs.conftest import ACCOUNT, REGION, World

ARN = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:g"


async def test_both_ways(world: World) -> None:
    await world.call("CreateLogGroup", logGroupName="g", tags={"a": "1"})
    await world.call("TagResource", resourceArn=ARN, tags={"b": "2"})
    await world.call("TagLogGroup", logGroupName="g", tags={"c": "3"})
    assert (await world.call("ListTagsLogGroup", logGroupName="g"))["tags"] == {"a": "1", "b": "2", "c": "3"}
    await world.call("UntagResource", resourceArn=f"{ARN}:*", tagKeys=["a", "x"])
    await world.call("UntagLogGroup", logGroupName="g", tags=["b"])
    assert (await world.call("ListTagsForResource", resourceArn=ARN))["tags"] == {"c": "3"}


async def test_what_is_refused(world: World) -> None:
    await world.call("CreateLogGroup", logGroupName="g")
    assert (await world.refused("TagResource", resourceArn="g", tags={}))[1] == "g is not the ARN of a log group."
    assert (await world.refused("TagResource", resourceArn=ARN + "2", tags={}))[0] == "ResourceNotFoundException"
    assert (await world.refused("TagResource", resourceArn=ARN, tags={"aws:a": ""}))[1] == (
        "Tag keys must not begin with aws:"
    )
    assert await world.refused("TagResource", resourceArn=ARN, tags={str(n): "" for n in range(51)}) == (
        "TooManyTagsException",
        "A log group can have at most 50 tags.",
    )
