"""Groups: made, listed, kept for a time, deleted."""

from __future__ import annotations

import pytest

from lambent.observe.log_names import Group
from lambent.services.logs import limits
from tests.unit.services.logs.conftest import ACCOUNT, REGION, World, soon


async def names(world: World, **params: object) -> list[str]:
    return [each["logGroupName"] for each in (await world.call("DescribeLogGroups", **params))["logGroups"]]


async def test_a_group(world: World) -> None:
    await world.call("CreateLogGroup", logGroupName="/a/b", tags={"k": "v"})
    (shown,) = (await world.call("DescribeLogGroups"))["logGroups"]
    assert shown == {
        "logGroupName": "/a/b",
        "creationTime": world.now,
        "metricFilterCount": 0,
        "arn": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/a/b:*",
        "logGroupArn": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/a/b",
        "storedBytes": 0,
        "logGroupClass": "STANDARD",
        "deletionProtectionEnabled": False,
    }
    assert await world.refused("CreateLogGroup", logGroupName="/a/b") == (
        "ResourceAlreadyExistsException",
        "The specified log group already exists",
    )


async def test_listings(world: World) -> None:
    for name in ("/aws/lambda/a", "/aws/lambda/B", "other"):
        await world.call("CreateLogGroup", logGroupName=name)
    assert await names(world, logGroupNamePrefix="/aws/lambda") == ["/aws/lambda/B", "/aws/lambda/a"]
    assert await names(world, logGroupNamePattern="LAMBDA/b") == ["/aws/lambda/B"]
    assert await names(world, logGroupIdentifiers=["other"]) == ["other"]
    page = await world.call("DescribeLogGroups", limit=2)
    assert await names(world, limit=2, nextToken=page["nextToken"]) == ["other"]
    assert await world.refused("DescribeLogGroups", logGroupNamePrefix="a", logGroupNamePattern="b") == (
        "InvalidParameterException",
        "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.",
    )
    found = await world.call("ListLogGroups", logGroupNamePattern="^oth|bda/a")
    assert [each["logGroupName"] for each in found["logGroups"]] == ["/aws/lambda/a", "other"]


async def test_deleting_frees_everything(world: World) -> None:
    await world.stream()
    await world.put("x" * 1000)
    await world.call("PutRetentionPolicy", logGroupName="g", retentionInDays=1)
    assert list(world.root.rglob("*.log"))
    await world.call("DeleteLogGroup", logGroupName="g")
    assert await names(world) == []
    await soon(lambda: not list(world.root.rglob("*.log")))
    await world.stream()
    (shown,) = (await world.call("DescribeLogGroups"))["logGroups"]
    assert "retentionInDays" not in shown
    assert await world.messages() == []
    assert await world.refused("DeleteLogGroup", logGroupName="none") == (
        "ResourceNotFoundException",
        "The specified log group does not exist.",
    )


async def test_a_protected_group_stays(world: World) -> None:
    await world.call("CreateLogGroup", logGroupName="g", deletionProtectionEnabled=True)
    assert (await world.refused("DeleteLogGroup", logGroupName="g"))[0] == "ValidationException"
    await world.call("PutLogGroupDeletionProtection", logGroupIdentifier="g", deletionProtectionEnabled=False)
    await world.call("DeleteLogGroup", logGroupName="g")


async def test_what_a_function_writes_makes_its_group(world: World) -> None:
    world.store.stream(ACCOUNT, REGION, "/aws/lambda/f", "s").write(world.now, "hello")
    assert await names(world) == ["/aws/lambda/f"]
    await world.call("DeleteLogGroup", logGroupName="/aws/lambda/f")
    assert await names(world) == []
    assert await world.store.ask(lambda files: files.made(Group(ACCOUNT, REGION, "/aws/lambda/f"))) is None


async def test_retention(world: World) -> None:
    await world.call("CreateLogGroup", logGroupName="g")
    assert await world.refused("PutRetentionPolicy", logGroupName="g", retentionInDays=2) == (
        "InvalidParameterException",
        "The retention period of 2 days is not one that log groups can have.",
    )
    await world.call("PutRetentionPolicy", logGroupName="g", retentionInDays=7)
    assert (await world.call("DescribeLogGroups"))["logGroups"][0]["retentionInDays"] == 7
    await world.call("DeleteRetentionPolicy", logGroupName="g")
    assert "retentionInDays" not in (await world.call("DescribeLogGroups"))["logGroups"][0]


@pytest.mark.parametrize(
    ("params", "text"),
    [
        ({"logGroupClass": "DELIVERY"}, "logGroupClass DELIVERY is not supported by Lambent: there is one kind of log"),
        ({"kmsKeyId": "k"}, "kmsKeyId is not supported by Lambent: events are not encrypted"),
        ({"tags": {"aws:x": "y"}}, "Tag keys must not begin with aws:"),
    ],
)
async def test_what_is_refused(world: World, params: dict[str, object], text: str) -> None:
    code, said = await world.refused("CreateLogGroup", logGroupName="g", **params)
    assert code == "InvalidParameterException" and said.startswith(text)


async def test_there_is_an_end_to_groups(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "GROUPS", 2)
    for name in ("a", "b"):
        await world.call("CreateLogGroup", logGroupName=name)
    assert await world.refused("CreateLogGroup", logGroupName="c") == (
        "LimitExceededException",
        "Resource limit exceeded: log groups.",
    )
    await world.call("DeleteLogGroup", logGroupName="a")
    await world.call("CreateLogGroup", logGroupName="c")
