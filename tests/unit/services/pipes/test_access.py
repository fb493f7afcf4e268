from __future__ import annotations

from lambent.services.access import UNGUARDED, Need, Place
from tests.unit.services.pipes.conftest import ACCOUNT, ARN, REGION, ROLE, World, asked

AT = Place(ACCOUNT, REGION)


async def test_needs(world: World) -> None:
    own, passing = await world.access.needs("CreatePipe", AT, asked(Tags={"Team": "red"}))
    assert own == Need("pipes:CreatePipe", ARN, ACCOUNT, {"aws:requesttag/team": ("red",), "aws:tagkeys": ["Team"]})
    assert passing == Need("iam:PassRole", ROLE, ACCOUNT, {"iam:passedtoservice": ("pipes.amazonaws.com",)})
    assert await world.access.needs("StopPipe", AT, {"Name": "p"}) == (Need("pipes:StopPipe", ARN, ACCOUNT),)
    assert (await world.access.needs("ListPipes", AT, {}))[0].resource == "*"
    (untag,) = await world.access.needs("UntagResource", AT, {"resourceArn": ARN, "tagKeys": ["Team"]})
    assert untag == Need("pipes:UntagResource", ARN, ACCOUNT, {"aws:tagkeys": ["Team"]})


async def test_tags_of_a_pipe_count(world: World) -> None:
    await world.create(Tags={"Team": "red"})
    assert (await world.access.guard(Need("", ARN, ACCOUNT))).tags == {"Team": "red"}
    assert await world.access.guard(Need("", ARN + "x", ACCOUNT)) is UNGUARDED
    assert await world.access.guard(Need("", "*", ACCOUNT)) is UNGUARDED
