"""Tags of buses and rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.services.events.conftest import ARN, BUS

if TYPE_CHECKING:
    from tests.unit.services.events.conftest import World


@pytest.mark.parametrize("arn", [BUS, f"{ARN}rule/r"])
async def test_added_and_taken_away(world: World, arn: str) -> None:
    await world.rule("r", '{"source": ["x"]}')
    tags = [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]
    await world.call("TagResource", ResourceARN=arn, Tags=tags)
    await world.call("UntagResource", ResourceARN=arn, TagKeys=["a"])
    assert await world.call("ListTagsForResource", ResourceARN=arn) == {"Tags": tags[1:]}


async def test_what_is_not_there(world: World) -> None:
    for arn in (f"{ARN}rule/x", f"{ARN}event-bus/x", f"{ARN}archive/x"):
        assert await world.refused("ListTagsForResource", ResourceARN=arn) == (
            "ResourceNotFoundException",
            f"Resource {arn} does not exist.",
        )


async def test_fifty(world: World) -> None:
    many = [{"Key": str(number), "Value": ""} for number in range(51)]
    assert (await world.refused("TagResource", ResourceARN=BUS, Tags=many))[0] == "LimitExceededException"
