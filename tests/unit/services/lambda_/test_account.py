"""GetAccountSettings tells what is true."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.unit.services.lambda_.conftest import World


async def test_limits_and_usage(world: World, zipped: Any) -> None:
    limit = {
        "TotalCodeSize": 80_530_636_800,
        "CodeSizeUnzipped": 262_144_000,
        "CodeSizeZipped": 52_428_800,
        "ConcurrentExecutions": 1000,
        "UnreservedConcurrentExecutions": 1000,
    }
    nothing = {"TotalCodeSize": 0, "FunctionCount": 0}
    assert await world.call("GetAccountSettings") == {"AccountLimit": limit, "AccountUsage": nothing}

    data = zipped("x = 1")
    for name in "fgh":
        await world.create(name, Code={"ZipFile": data}, Publish=name == "f")
    for name, reserved in (("f", 100), ("g", 5)):
        await world.call("PutFunctionConcurrency", FunctionName=name, ReservedConcurrentExecutions=reserved)
    shown = await world.call("GetAccountSettings")
    assert shown["AccountLimit"] == limit | {"UnreservedConcurrentExecutions": 895}
    assert shown["AccountUsage"] == {"TotalCodeSize": 4 * len(data), "FunctionCount": 3}

    await world.call("DeleteFunctionConcurrency", FunctionName="f")
    await world.call("DeleteFunction", FunctionName="g")
    shown = await world.call("GetAccountSettings")
    assert shown["AccountLimit"] == limit
    assert shown["AccountUsage"] == {"TotalCodeSize": 3 * len(data), "FunctionCount": 2}
    elsewhere = await world.call("GetAccountSettings", world.ctx("eu-west-1"))
    assert elsewhere["AccountUsage"] == nothing
