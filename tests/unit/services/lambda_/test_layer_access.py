"""Which layers a function may use, and who may read whose."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from lambent.model.errors import ApiError
from lambent.model.function import LATEST, CodePackage
from lambent.services.lambda_.layer_access import LayerAccess
from lambent.services.lambda_.layer_repository import LayerVersion, put_layer_version

if TYPE_CHECKING:
    from tests.unit.services.lambda_.conftest import World

ARN = "arn:aws:lambda:us-east-1:000000000000:layer:"
STRANGER = "111111111111"


async def publish(world: World, zipped: Any, name: str, text: str) -> str:
    """The ARN of a new version."""
    content = {"ZipFile": zipped(text, "python/shared.py")}
    made = await world.call("PublishLayerVersion", LayerName=name, Content=content)
    return str(made["LayerVersionArn"])


async def opt(world: World) -> Path:
    """The tree that `f` would have at /opt."""
    function = await world.repository.version(world.ctx(), "f", LATEST)
    assert function is not None
    tree = await world.layer_trees.tree_of(function)
    assert tree is not None
    return tree


async def test_a_function_uses_layers(world: World, zipped: Any) -> None:
    first, second = await publish(world, zipped, "a", "1"), await publish(world, zipped, "b", "2")
    made = await world.create(Layers=[first, second])
    sizes = [layer["CodeSize"] for layer in made["Layers"]]
    assert made["Layers"] == [{"Arn": first, "CodeSize": sizes[0]}, {"Arn": second, "CodeSize": sizes[1]}]
    assert all(sizes)
    await world.settled()
    assert (await opt(world) / "python/shared.py").read_text() == "2"

    changed = await world.call("UpdateFunctionConfiguration", FunctionName="f", Layers=[second, first])
    assert [layer["Arn"] for layer in changed["Layers"]] == [second, first]
    await world.settled()
    assert (await opt(world) / "python/shared.py").read_text() == "1"
    await world.call("UpdateFunctionConfiguration", FunctionName="f", Timeout=9)
    assert "Layers" in await world.settled()
    await world.call("UpdateFunctionConfiguration", FunctionName="f", Layers=[])
    assert "Layers" not in await world.settled()


async def test_the_tree_is_made_before_the_function_is_active(world: World, zipped: Any) -> None:
    arns = [await publish(world, zipped, name, name) for name in "ab"]
    await world.create(Layers=arns)
    await world.settled()
    assert len(list((world.directory / "layers").iterdir())) == 1


async def test_other_layers_make_another_version(world: World, zipped: Any) -> None:
    arn = await publish(world, zipped, "a", "1")
    await world.create()
    await world.settled()
    await world.call("PublishVersion", FunctionName="f")
    await world.call("UpdateFunctionConfiguration", FunctionName="f", Layers=[arn])
    await world.settled()
    published = await world.call("PublishVersion", FunctionName="f")
    assert (published["Version"], published["Layers"][0]["Arn"]) == ("2", arn)


async def test_a_function_keeps_layers_that_are_deleted(world: World, zipped: Any) -> None:
    arn = await publish(world, zipped, "a", "1")
    await world.create(Layers=[arn])
    await world.settled()
    await world.call("DeleteLayerVersion", LayerName="a", VersionNumber=1)
    assert (await world.settled())["Layers"][0]["Arn"] == arn
    assert (await opt(world) / "python/shared.py").read_text() == "1"
    refusal = await world.refused("UpdateFunctionConfiguration", FunctionName="f", Layers=[arn])
    assert refusal == ("InvalidParameterValueException", f"Layer version {arn} does not exist.")


@pytest.mark.parametrize(
    ("arns", "text"),
    [
        ([f"{ARN}a:1", f"{ARN}a:2"], f"{ARN}a:1 and {ARN}a:2 are versions of the same layer."),
        ([f"{ARN}a:1", f"{ARN}a:1"], f"{ARN}a:1 and {ARN}a:1 are versions of the same layer."),
        ([f"{ARN}a:9"], f"Layer version {ARN}a:9 does not exist."),
        ([f"{ARN}nobody:1"], f"Layer version {ARN}nobody:1 does not exist."),
        (["arn:aws:lambda:::awslayer:x"], "Layer version arn:aws:lambda:::awslayer:x does not exist."),
        (
            ["arn:aws:lambda:eu-west-1:000000000000:layer:a:1"],
            "Layers are not in the same region as the function. Layers are expected to be in region us-east-1.",
        ),
        ([f"{ARN}a:1"] * 6, "Cannot reference more than 5 layers."),
    ],
)
async def test_refusals(world: World, zipped: Any, arns: list[str], text: str) -> None:
    for version in "12":
        await publish(world, zipped, "a", version)
    for operation in ("CreateFunction", "UpdateFunctionConfiguration"):
        with pytest.raises(ApiError) as caught:
            if operation == "CreateFunction":
                await world.create(Layers=arns)
            else:
                await world.create()
                await world.settled()
                await world.call(operation, FunctionName="f", Layers=arns)
        assert caught.value.code == "InvalidParameterValueException"
        assert caught.value.message.endswith(text)


async def test_250_mb_with_layers(world: World, zipped: Any) -> None:
    async def layer(name: str, unpacked_size: int) -> str:
        version = LayerVersion(name, 1, CodePackage("0" * 64, 10, unpacked_size), created=0.0)
        await world.layers.commit(put_layer_version(world.ctx(), version))
        return f"{ARN}{name}:1"

    half, rest = await layer("half", 131_072_000), await layer("rest", 131_072_001)
    too_large = ("InvalidParameterValueException", "Layers consume more than the available size of 262144000 bytes")
    blobs = len(await world.code.blobs.digests())
    with pytest.raises(ApiError) as caught:
        await world.create(Layers=[half, rest])
    assert (caught.value.code, caught.value.message) == too_large
    full = await layer("full", 262_144_000 - 10)
    with pytest.raises(ApiError) as caught:
        await world.create(Layers=[full], Code={"ZipFile": zipped("x" * 11)})
    assert caught.value.message == (
        "Function code combined with layers exceeds the maximum allowed size of 262144000 bytes. The actual size is"
        " 262144001 bytes."
    )
    assert len(await world.code.blobs.digests()) == blobs

    await world.create(Code={"ZipFile": zipped("x" * 11)})
    await world.settled()
    assert await world.refused("UpdateFunctionConfiguration", FunctionName="f", Layers=[half, rest]) == too_large
    _, message = await world.refused("UpdateFunctionConfiguration", FunctionName="f", Layers=[full])
    assert message.endswith("The actual size is 262144001 bytes.")
    kept = await world.repository.kept_version(world.ctx(), "f", LATEST)
    assert kept is not None
    access = LayerAccess(world.layers)
    layers = await access.uses(world.ctx(), [full])
    from lambent.services.lambda_.repository import put_version

    await world.repository.commit(
        put_version(world.ctx(), msgspec.structs.replace(kept.value, layers=layers), expect=kept.revision)
    )
    for more in ({}, {"DryRun": True}):
        _, message = await world.refused("UpdateFunctionCode", FunctionName="f", ZipFile=zipped("x" * 12), **more)
        assert message.endswith("The actual size is 262144002 bytes.")


async def test_layers_of_others(world: World, zipped: Any) -> None:
    arn = await publish(world, zipped, "a", "1")
    stranger = world.ctx(account=STRANGER)
    denied = (
        "AccessDeniedException",
        f"User: arn:aws:iam::{STRANGER}:root is not authorized to perform: lambda:GetLayerVersion on resource: {arn}"
        " because no resource-based policy allows the lambda:GetLayerVersion action",
    )
    get = {"LayerName": arn[:-2], "VersionNumber": 1}
    assert await world.refused("GetLayerVersion", stranger, **get) == denied
    assert await world.refused("GetLayerVersionByArn", stranger, Arn=arn) == denied
    with pytest.raises(ApiError, match="AccessDenied"):
        await LayerAccess(world.layers).uses(stranger, [arn])
    await world.call(
        "AddLayerVersionPermission",
        LayerName="a",
        VersionNumber=1,
        StatementId="s",
        Action="lambda:GetLayerVersion",
        Principal=STRANGER,
    )
    assert (await world.call("GetLayerVersion", stranger, **get))["LayerVersionArn"] == arn
    assert (await world.call("GetLayerVersionByArn", stranger, Arn=arn))["LayerVersionArn"] == arn
    assert [use.arn for use in await LayerAccess(world.layers).uses(stranger, [arn])] == [arn]
    for operation, more in (
        ("PublishLayerVersion", {"LayerName": arn[:-2], "Content": {"ZipFile": zipped()}}),
        ("DeleteLayerVersion", get),
        ("ListLayerVersions", {"LayerName": arn[:-2]}),
    ):
        assert (await world.refused(operation, stranger, **more))[0] == "AccessDeniedException"


async def test_where_they_cannot_be_shown_they_are_refused(world: World, zipped: Any) -> None:
    arn = await publish(world, zipped, "a", "1")
    access = LayerAccess(world.layers, shown=False)
    assert await access.uses(world.ctx(), []) == ()
    with pytest.raises(ApiError, match="Layers are not supported by Lambent without the isolated sandbox"):
        await access.uses(world.ctx(), [arn])


async def test_lambda_insights_is_built_in_and_measures_instead_of_showing(world: World, zipped: Any) -> None:
    insights = "arn:aws:lambda:us-east-1:580247275435:layer:LambdaInsightsExtension:60"
    own = await publish(world, zipped, "a", "1")
    made = await world.create(Layers=[insights])
    assert made["Layers"] == [{"Arn": insights, "CodeSize": 0}]
    await world.settled()
    function = await world.repository.version(world.ctx(), "f", LATEST)
    assert function is not None
    assert function.measured
    assert await world.layer_trees.tree_of(function) is None
    twice = await world.refused("UpdateFunctionConfiguration", FunctionName="f", Layers=[insights, insights])
    assert twice[0] == "InvalidParameterValueException"

    await world.call("UpdateFunctionConfiguration", FunctionName="f", Layers=[insights, own])
    await world.settled()
    assert (await opt(world) / "python/shared.py").read_text() == "1"
    await world.call("UpdateFunctionConfiguration", FunctionName="f", Layers=[own])
    function = await world.repository.version(world.ctx(), "f", LATEST)
    assert function is not None
    assert not function.measured


async def test_lambda_insights_is_not_for_managed_instances(world: World) -> None:
    insights = "arn:aws:lambda:us-east-1:580247275435:layer:LambdaInsightsExtension-Arm64:8"
    with pytest.raises(ApiError) as refused:
        await LayerAccess(world.layers).uses(world.ctx(), [insights], managed=True)
    assert refused.value.message == "Lambda Insights is not supported for functions with a capacity provider."
