"""Which build of its runtime a version may get, and when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lambent.model.runtime import Runtime, RuntimeKind

if TYPE_CHECKING:
    from tests.unit.services.lambda_.conftest import World

ARN = "arn:aws:lambda:us-east-1:000000000000:function:"
GONE = (
    "RuntimeVersionDeletedException",
    "The runtime version used by your function is no longer available. Update your function to use an available runtime"
    " version or runtime alias.",
)


@pytest.fixture
async def world(world: World) -> World:
    """With a function `f`, its version 1 and an alias `live` of that."""
    await world.create()
    await world.settled()
    await world.call("PublishVersion", FunctionName="f")
    await world.call("CreateAlias", FunctionName="f", Name="live", FunctionVersion="1")
    return world


def after_an_upgrade(world: World) -> World:
    """Another server on the same data, where Python has another build."""
    second = world.after_a_crash()
    for name in second.runtimes:
        second.runtimes[name] = Runtime("python3.12", RuntimeKind.PYTHON, "3.12.99")
    return second


async def build(world: World, name: str = "f") -> str:
    return str((await world.settled(name))["RuntimeVersionConfig"]["RuntimeVersionArn"])


async def put(world: World, update: str, **more: Any) -> Any:
    return await world.call("PutRuntimeManagementConfig", FunctionName="f", UpdateRuntimeOn=update, **more)


async def test_automatic_at_first(world: World) -> None:
    shown = await world.call("GetRuntimeManagementConfig", FunctionName="f")
    assert shown == {"UpdateRuntimeOn": "Auto", "FunctionArn": f"{ARN}f:$LATEST"}
    second = after_an_upgrade(world)
    async with second.states:
        assert await build(second) != await build(world)
        await second.call("Invoke", FunctionName="f")


async def test_by_hand(world: World) -> None:
    present = await build(world)
    made = await put(world, "Manual", RuntimeVersionArn=present)
    assert made == {"UpdateRuntimeOn": "Manual", "FunctionArn": f"{ARN}f:$LATEST", "RuntimeVersionArn": present}
    assert await world.call("GetRuntimeManagementConfig", FunctionName="f", Qualifier="$LATEST") == made
    await world.call("Invoke", FunctionName="f")
    second = after_an_upgrade(world)
    async with second.states:
        assert await second.refused("Invoke", FunctionName="f") == GONE
        assert await build(second) == present
        await second.call("UpdateFunctionConfiguration", FunctionName="f", Timeout=9)
        await second.settled()
        assert await second.refused("Invoke", FunctionName="f") == GONE
        await second.call("Invoke", FunctionName="f", Qualifier="1")
        await put(second, "Auto")
        await second.call("Invoke", FunctionName="f")


async def test_with_the_next_update(world: World, zipped: Any) -> None:
    assert await put(world, "FunctionUpdate") == {"UpdateRuntimeOn": "FunctionUpdate", "FunctionArn": f"{ARN}f:$LATEST"}
    await world.call("Invoke", FunctionName="f")
    second = after_an_upgrade(world)
    async with second.states:
        assert await second.refused("Invoke", FunctionName="f") == GONE
        await second.call("UpdateFunctionCode", FunctionName="f", ZipFile=zipped("new"))
        await second.settled()
        await second.call("Invoke", FunctionName="f")


async def test_every_version_has_its_own(world: World) -> None:
    await put(world, "Manual", RuntimeVersionArn=await build(world), Qualifier="1")
    shown = await world.call("GetRuntimeManagementConfig", FunctionName="f:1")
    assert (shown["UpdateRuntimeOn"], shown["FunctionArn"]) == ("Manual", f"{ARN}f:1")
    assert (await world.call("GetRuntimeManagementConfig", FunctionName="f"))["UpdateRuntimeOn"] == "Auto"
    second = after_an_upgrade(world)
    async with second.states:
        assert await second.refused("Invoke", FunctionName="f", Qualifier="live") == GONE
        await second.call("Invoke", FunctionName="f")


async def test_it_leaves_environments_alone(world: World) -> None:
    before = await world.repository.version(world.ctx(), "f", "$LATEST")
    shown = await world.settled()
    await put(world, "FunctionUpdate")
    after = await world.repository.version(world.ctx(), "f", "$LATEST")
    assert before is not None and after is not None
    assert after.revision_id == before.revision_id
    assert (await world.settled())["RevisionId"] != shown["RevisionId"]


@pytest.mark.parametrize(
    ("params", "code", "text"),
    [
        (
            {"UpdateRuntimeOn": "Manual"},
            "InvalidParameterValueException",
            "RuntimeVersionArn must be provided when UpdateRuntimeOn is set to Manual.",
        ),
        (
            {"UpdateRuntimeOn": "Auto", "RuntimeVersionArn": "arn:x"},
            "InvalidParameterValueException",
            "RuntimeVersionArn can only be provided when UpdateRuntimeOn is set to Manual.",
        ),
        (
            {"UpdateRuntimeOn": "Manual", "RuntimeVersionArn": "arn:x"},
            "InvalidParameterValueException",
            "The runtime version arn:x is not on this machine. GetFunctionConfiguration tells which one is.",
        ),
        ({"FunctionName": "nobody"}, "ResourceNotFoundException", f"Function not found: {ARN}nobody"),
        ({"Qualifier": "9"}, "ResourceNotFoundException", f"Function not found: {ARN}f:9"),
        ({"Qualifier": "nobody"}, "ResourceNotFoundException", f"Function not found: {ARN}f:nobody"),
        (
            {"Qualifier": "live"},
            "InvalidParameterValueException",
            f"The provided function name {ARN}f:live is invalid. Aliases are not allowed.",
        ),
    ],
)
async def test_refusals(world: World, params: dict[str, Any], code: str, text: str) -> None:
    given = {"FunctionName": "f", "UpdateRuntimeOn": "Auto"} | params
    assert await world.refused("PutRuntimeManagementConfig", **given) == (code, text)


async def test_a_pin_is_for_one_runtime(world: World) -> None:
    await put(world, "Manual", RuntimeVersionArn=await build(world))
    code, text = await world.refused("UpdateFunctionConfiguration", FunctionName="f", Runtime="python3.13")
    assert code == "InvalidParameterValueException"
    assert text.startswith("The runtime of a function whose UpdateRuntimeOn is Manual cannot be changed.")
    await put(world, "FunctionUpdate")
    await world.call("UpdateFunctionConfiguration", FunctionName="f", Runtime="python3.13")
    await world.settled()
    await world.call("Invoke", FunctionName="f")
