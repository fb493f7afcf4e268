from __future__ import annotations

from tests.unit.services.pipes.conftest import ACCOUNT, ARN, FUNCTION, QUEUE, REGION, ROLE, SOURCE, World, asked


async def test_a_pipe_is_shown_as_it_was_made(world: World) -> None:
    now = world.clock.now()
    made = await world.create(Description="d", Tags={"team": "red"})
    change = {"Arn": ARN, "Name": "p", "CreationTime": now, "LastModifiedTime": now}
    assert made == change | {"DesiredState": "RUNNING", "CurrentState": "CREATING"}
    assert await world.call("DescribePipe", Name="p") == change | {
        "DesiredState": "RUNNING",
        "CurrentState": "RUNNING",
        "Description": "d",
        "Source": SOURCE,
        "SourceParameters": {},
        "Target": QUEUE,
        "RoleArn": ROLE,
        "Tags": {"team": "red"},
    }


async def test_what_is_not_there_and_what_is(world: World) -> None:
    absent = ("NotFoundException", "Pipe p does not exist.")
    for name in ("DescribePipe", "StartPipe", "StopPipe", "DeletePipe"):
        assert await world.refused(name, Name="p") == absent
    assert await world.refused("UpdatePipe", Name="p", RoleArn=ROLE) == absent
    await world.create()
    assert await world.refused("CreatePipe", **asked()) == ("ConflictException", "Pipe p already exists.")


async def test_an_update_changes_what_it_names(world: World) -> None:
    filters = {"FilterCriteria": {"Filters": [{"Pattern": '{"body": ["a"]}'}]}}
    await world.create(SourceParameters=filters | {"SqsQueueParameters": {"BatchSize": 5}}, Description="d")
    answer = await world.call(
        "UpdatePipe",
        Name="p",
        RoleArn=ROLE,
        Target=FUNCTION,
        SourceParameters={"SqsQueueParameters": {"BatchSize": 3}},
        DesiredState="STOPPED",
    )
    assert (answer["DesiredState"], answer["CurrentState"]) == ("STOPPED", "UPDATING")
    await world.rest()
    shown = await world.call("DescribePipe", Name="p")
    assert (shown["Target"], shown["Description"], shown["CurrentState"]) == (FUNCTION, "d", "STOPPED")
    assert shown["SourceParameters"] == filters | {"SqsQueueParameters": {"BatchSize": 3}}


async def test_a_pipe_in_motion_is_not_changed(world: World) -> None:
    await world.call("CreatePipe", **asked())
    assert await world.refused("StopPipe", Name="p") == (
        "ConflictException",
        "Pipe p is in state CREATING and cannot be changed now.",
    )


async def test_pages_of_pipes(world: World) -> None:
    for name in ("a", "b", "c"):
        await world.call("CreatePipe", **asked(Name=name, Target=FUNCTION if name == "b" else QUEUE))
    await world.rest()
    first = await world.call("ListPipes", Limit=2)
    assert [each["Name"] for each in first["Pipes"]] == ["a", "b"]
    rest = await world.call("ListPipes", Limit=2, NextToken=first["NextToken"])
    assert [each["Name"] for each in rest["Pipes"]] == ["c"]
    assert "NextToken" not in rest
    for given in ({"TargetPrefix": FUNCTION}, {"NamePrefix": "b"}):
        assert [each["Name"] for each in (await world.call("ListPipes", **given))["Pipes"]] == ["b"]
    for given in ({"SourcePrefix": "x"}, {"CurrentState": "STOPPED"}, {"DesiredState": "STOPPED"}):
        assert await world.call("ListPipes", **given) == {"Pipes": []}
    assert await world.refused("ListPipes", NextToken="%") == ("ValidationException", "Invalid NextToken.")


async def test_tags(world: World) -> None:
    await world.create(Tags={"a": "1"})
    await world.call("TagResource", resourceArn=ARN, tags={"b": "2"})
    await world.call("UntagResource", resourceArn=ARN, tagKeys=["a"])
    assert await world.call("ListTagsForResource", resourceArn=ARN) == {"tags": {"b": "2"}}
    many = {str(number): "" for number in range(50)}
    assert await world.refused("TagResource", resourceArn=ARN, tags=many) == (
        "ServiceQuotaExceededException",
        "The number of tags exceeds the quota of 50.",
    )
    gone = f"arn:aws:pipes:{REGION}:{ACCOUNT}:pipe/gone"
    assert (await world.refused("ListTagsForResource", resourceArn=gone))[0] == "NotFoundException"
