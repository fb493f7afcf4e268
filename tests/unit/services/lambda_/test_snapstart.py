"""SnapStart through the operations: who may have it, and the states of a version that is captured."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from lambent.invoke.base import InitFailure
from lambent.invoke.template import Unfit
from lambent.model.errors import ApiError, PlatformError
from lambent.sandbox.snapshot import Snapshot, blank
from tests.unit.sandbox.test_snapshot import Launcher

if TYPE_CHECKING:
    from tests.unit.services.lambda_.conftest import World

ON = {"SnapStart": {"ApplyOn": "PublishedVersions"}}


@pytest.mark.parametrize(
    ("params", "text"),
    [
        ({"Runtime": "python3.11"}, "python3.11 is not supported for SnapStart enabled functions."),
        ({"Runtime": "nodejs22.x"}, "nodejs22.x is not supported for SnapStart enabled functions."),
        ({"Runtime": "provided.al2023"}, "provided.al2023 is not supported for SnapStart enabled functions."),
        (
            {"EphemeralStorage": {"Size": 513}},
            "Ephemeral storage greater than 512 MB is not supported for SnapStart enabled functions.",
        ),
        (
            {"TenancyConfig": {"TenantIsolationMode": "PER_TENANT"}},
            "SnapStart is not supported for functions with tenant isolation mode",
        ),
        (
            {
                "Runtime": "python3.13",
                "MemorySize": 4096,
                "CapacityProviderConfig": {
                    "LambdaManagedInstancesCapacityProviderConfig": {"CapacityProviderArn": "a"}
                },
            },
            "SnapStart is not supported for functions with a capacity provider.",
        ),
    ],
)
async def test_functions_that_may_not_have_it(world: World, params: dict[str, Any], text: str) -> None:
    with pytest.raises(ApiError) as caught:
        await world.create(**{**ON, **params})
    assert (caught.value.code, caught.value.message) == ("InvalidParameterValueException", text)
    if not {"TenancyConfig", "CapacityProviderConfig"} & params.keys():
        await world.create(**params)
        await world.settled()
        with pytest.raises(ApiError, match=r"SnapStart enabled functions\."):
            await world.call("UpdateFunctionConfiguration", FunctionName="f", **ON)


async def test_a_published_version_is_pending_until_it_is_captured(world: World) -> None:
    world.snapshots.outcome = snapshot = Snapshot(blank(), Launcher())
    await world.create(**ON)
    latest = await world.settled()
    assert latest["SnapStart"] == {"ApplyOn": "PublishedVersions", "OptimizationStatus": "Off"}
    assert world.snapshots.made_of == []
    shown = await world.call("PublishVersion", FunctionName="f")
    assert (shown["State"], shown["StateReasonCode"]) == ("Pending", "Creating")
    done = await world.settled(qualifier="1")
    assert (done["State"], done["SnapStart"]["OptimizationStatus"]) == ("Active", "On")
    [captured] = world.snapshots.made_of
    assert (captured.version, captured.revision_id) == ("1", done["RevisionId"])
    snapshot.close()


async def test_one_that_cannot_be_captured_is_active_all_the_same(world: World) -> None:
    world.snapshots.outcome = Unfit("runs 2 threads")
    await world.create(Publish=True, **ON)
    done = await world.settled(qualifier="1")
    assert (done["State"], done["SnapStart"]["OptimizationStatus"]) == ("Active", "Off")


@pytest.mark.parametrize(
    ("outcome", "code", "reason"),
    [
        (
            InitFailure("FunctionError.InitTimeout", "It took too long."),
            "FunctionError.InitTimeout",
            "It took too long.",
        ),
        (PlatformError("no memory"), "InternalError", "The snapshot of the function could not be made."),
    ],
)
async def test_one_that_fails(world: World, outcome: Any, code: str, reason: str) -> None:
    world.snapshots.outcome = outcome
    await world.create(Publish=True, **ON)
    done = await world.settled(qualifier="1")
    assert (done["State"], done["StateReasonCode"], done["StateReason"]) == ("Failed", code, reason)
    assert (await world.settled())["State"] == "Active"


async def test_it_is_turned_off(world: World) -> None:
    await world.create(**ON)
    await world.settled()
    await world.call("UpdateFunctionConfiguration", FunctionName="f", SnapStart={"ApplyOn": "None"})
    assert (await world.settled())["SnapStart"]["ApplyOn"] == "None"
    await world.call("UpdateFunctionConfiguration", FunctionName="f", Description="else")
    await world.settled()
    assert (await world.call("PublishVersion", FunctionName="f"))["State"] == "Active"
    assert world.snapshots.made_of == []


async def test_the_snapshot_of_a_version_deleted_meanwhile_is_thrown_away(world: World) -> None:
    await world.create(**ON)
    await world.settled()
    world.gate.clear()
    await world.call("PublishVersion", FunctionName="f")
    await world.call("DeleteFunction", FunctionName="f")
    world.gate.set()
    for _ in range(1000):
        if world.snapshots.forgotten:
            break
        await asyncio.sleep(0.001)
    assert [version.version for version in world.snapshots.forgotten] == ["1"]


async def test_provisioned_concurrency_excludes_it(world: World) -> None:
    await world.create(Publish=True, **ON)
    await world.settled(qualifier="1")
    with pytest.raises(ApiError) as caught:
        await world.call(
            "PutProvisionedConcurrencyConfig", FunctionName="f", Qualifier="1", ProvisionedConcurrentExecutions=1
        )
    assert caught.value.message == "Provisioned Concurrency is not supported for SnapStart enabled functions."
