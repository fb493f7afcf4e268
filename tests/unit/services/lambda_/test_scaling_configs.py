"""How many environments a version on managed instances has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.services.lambda_.test_capacity_shares import create as create_provider
from tests.unit.services.lambda_.test_managed import ARN, CODE, parameters

if TYPE_CHECKING:
    from tests.unit.services.lambda_.conftest import World

PUT, GET = "PutFunctionScalingConfig", "GetFunctionScalingConfig"


@pytest.fixture
async def published(world: World) -> World:
    """A capacity provider of 20 processors, and version 1 of `f` on it, two for each environment."""
    await create_provider(world, CapacityProviderScalingConfig={"MaxVCpuCount": 20})
    await world.create(**parameters(), Publish=True)
    await world.settled("f", "1")
    return world


def figures(least: int | None, most: int | None) -> dict[str, int]:
    asked = {"MinExecutionEnvironments": least, "MaxExecutionEnvironments": most}
    return {name: figure for name, figure in asked.items() if figure is not None}


async def put(world: World, least: int | None, most: int | None) -> Any:
    config = figures(least, most)
    return (await world.call(PUT, FunctionName="f", Qualifier="1", FunctionScalingConfig=config))["FunctionState"]


async def test_what_holds_and_what_was_asked_for(published: World) -> None:
    asked = {"FunctionName": "f", "Qualifier": "1"}
    arn = {"FunctionArn": f"{ARN}:1"}
    assert await published.call(GET, **asked) == arn | {"AppliedFunctionScalingConfig": figures(3, 10)}
    for given, holds in (((5, 6), (5, 6)), ((None, 2), (2, 2)), ((12, None), (12, 12)), ((0, 1), (0, 1))):
        assert await put(published, *given) == "Active"
        assert await published.call(GET, **asked) == arn | {
            "AppliedFunctionScalingConfig": figures(*holds),
            "RequestedFunctionScalingConfig": figures(*given),
        }
        assert published.invoker.plans[f"{ARN}:1"][1:] == (*holds, 20.0)


async def test_none_at_all_deactivates(published: World) -> None:
    assert await put(published, 0, 0) == "Deactivated"
    assert published.invoker.plans[f"{ARN}:1"][1:] == (0, 0, 20.0)
    text = (
        "The operation cannot be performed at this time. The function is currently in the following state: Deactivated"
    )
    assert await published.refused("Invoke", FunctionName="f", Qualifier="1") == ("ResourceConflictException", text)
    assert await put(published, 1, 2) == "Active"
    assert published.invoker.plans[f"{ARN}:1"][1:] == (1, 2, 20.0)
    await published.call("Invoke", FunctionName="f", Qualifier="1")


async def test_refusals(published: World) -> None:
    await published.create("g", Publish=True)
    await published.settled("g", "1")

    async def refused(name: str, qualifier: str = "1", least: int = 0) -> tuple[str, str]:
        config = {"MinExecutionEnvironments": least, "MaxExecutionEnvironments": 1}
        return await published.refused(PUT, FunctionName=name, Qualifier=qualifier, FunctionScalingConfig=config)

    text = "FunctionScalingConfig is only supported for functions with a capacity provider."
    assert await refused("g") == (CODE, text)
    text = "MinExecutionEnvironments (2) must be less than or equal to MaxExecutionEnvironments (1)."
    assert await refused("f", least=2) == (CODE, text)
    missing = f"Function not found: {ARN}:$LATEST.PUBLISHED"
    assert await refused("f", "$LATEST.PUBLISHED") == ("ResourceNotFoundException", missing)


async def test_it_goes_with_its_version(published: World) -> None:
    await put(published, 1, 2)
    await published.call("DeleteFunction", FunctionName="f", Qualifier="1")
    assert await published.capacities.scaling(published.ctx(), "f", "1") is None
