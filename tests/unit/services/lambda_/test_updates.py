"""UpdateFunctionCode and UpdateFunctionConfiguration, and who answers meanwhile."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from lambent.model.errors import ApiError

if TYPE_CHECKING:
    from tests.unit.services.lambda_.conftest import World

ARN = "arn:aws:lambda:us-east-1:000000000000:function:"


@pytest.fixture
async def function(world: World) -> dict[str, Any]:
    """A function `f`, Active."""
    await world.create(Environment={"Variables": {"A": "1"}}, Description="d")
    return dict(await world.settled())


@pytest.mark.usefixtures("function")
async def test_code(world: World, zipped: Any) -> None:
    world.gate.clear()
    world.clock.at += 60
    changed = await world.call("UpdateFunctionCode", FunctionName="f", ZipFile=zipped("new"))
    assert (changed["State"], changed["LastUpdateStatus"]) == ("Active", "InProgress")
    assert changed["LastUpdateStatusReason"] == "The function is being created."
    assert changed["LastUpdateStatusReasonCode"] == "Creating"
    assert (changed["FunctionArn"], changed["Version"]) == (f"{ARN}f", "$LATEST")
    world.gate.set()
    done = await world.settled()
    assert (done["CodeSha256"], done["LastUpdateStatus"]) == (changed["CodeSha256"], "Successful")
    assert done["LastModified"] == changed["LastModified"]
    assert "LastUpdateStatusReason" not in done
    assert world.invoker.retired[-1] == (f"{ARN}f:$LATEST", done["RevisionId"])


async def test_the_old_code_answers_until_the_new_is_there(world: World, function: dict[str, Any], zipped: Any) -> None:
    world.gate.clear()
    await world.call("UpdateFunctionCode", FunctionName="f", ZipFile=zipped("new"))
    await world.call("Invoke", FunctionName="f")
    assert world.invoker.invoked[-1][0].revision_id == function["RevisionId"]
    world.gate.set()
    done = await world.settled()
    await world.call("Invoke", FunctionName="f")
    assert world.invoker.invoked[-1][0].revision_id == done["RevisionId"]


async def test_the_old_code_answers_after_an_update_that_failed(world: World, function: dict[str, Any]) -> None:
    world.runtimes["python3.13"] = None
    for _ in range(2):
        await world.call("UpdateFunctionConfiguration", FunctionName="f", Runtime="python3.13")
        failed = await world.settled()
        assert (failed["State"], failed["LastUpdateStatus"]) == ("Active", "Failed")
        assert failed["LastUpdateStatusReasonCode"] == "InvalidRuntime"
        await world.call("Invoke", FunctionName="f")
        assert world.invoker.invoked[-1][0].revision_id == function["RevisionId"]
    await world.call("UpdateFunctionConfiguration", FunctionName="f", Runtime="python3.12")
    done = await world.settled()
    assert done["LastUpdateStatus"] == "Successful"
    await world.call("Invoke", FunctionName="f")
    assert world.invoker.invoked[-1][0].revision_id == done["RevisionId"]


async def test_a_function_that_never_could_be_run_is_mended_by_an_update(world: World) -> None:
    world.runtimes["python3.13"] = None
    await world.create(Runtime="python3.13")
    failed = await world.settled()
    assert (failed["State"], failed["StateReasonCode"]) == ("Failed", "InvalidRuntime")
    assert (await world.refused("Invoke", FunctionName="f"))[1].endswith("following state: Failed")
    changed = await world.call("UpdateFunctionConfiguration", FunctionName="f", Runtime="python3.12")
    assert changed["State"] == "Pending"
    done = await world.settled()
    assert (done["State"], done["LastUpdateStatus"]) == ("Active", "Successful")
    assert "StateReason" not in done


@pytest.mark.usefixtures("function")
async def test_code_and_publish(world: World, zipped: Any) -> None:
    made = await world.call("UpdateFunctionCode", FunctionName="f", ZipFile=zipped("new"), Publish=True)
    assert (made["Version"], made["FunctionArn"], made["State"]) == ("1", f"{ARN}f:1", "Pending")
    assert (await world.settled(qualifier="1"))["State"] == "Active"
    assert (await world.settled())["LastUpdateStatus"] == "Successful"
    again = await world.call("UpdateFunctionCode", FunctionName="f", ZipFile=zipped("new"), Publish=True)
    assert again["Version"] == "1"


async def test_dry_run_changes_nothing(world: World, function: dict[str, Any], zipped: Any) -> None:
    tried = await world.call("UpdateFunctionCode", FunctionName="f", ZipFile=zipped("new"), DryRun=True)
    assert tried["CodeSha256"] != function["CodeSha256"]
    assert await world.settled() == function
    assert len(await world.code.blobs.digests()) == 1
    refusal = await world.refused("UpdateFunctionCode", FunctionName="f", ZipFile=b"no zip", DryRun=True)
    assert refusal[0] == "InvalidParameterValueException"


async def test_configuration_changes_what_is_named(world: World, function: dict[str, Any]) -> None:
    await world.call("UpdateFunctionConfiguration", FunctionName="f", MemorySize=256, EphemeralStorage={"Size": 1024})
    done = await world.settled()
    varies = ("MemorySize", "EphemeralStorage", "RevisionId", "LastModified")
    assert (done["MemorySize"], done["EphemeralStorage"]) == (256, {"Size": 1024})
    assert {k: v for k, v in done.items() if k not in varies} == {k: v for k, v in function.items() if k not in varies}


@pytest.mark.usefixtures("function")
async def test_variables_are_replaced_as_a_whole(world: World) -> None:
    await world.call("UpdateFunctionConfiguration", FunctionName="f", Environment={"Variables": {"B": "2"}})
    assert (await world.settled())["Environment"] == {"Variables": {"B": "2"}}
    await world.call("UpdateFunctionConfiguration", FunctionName="f", Environment={"Variables": {}})
    assert "Environment" not in await world.settled()


async def test_revision(world: World, function: dict[str, Any], zipped: Any) -> None:
    for operation, params in (
        ("UpdateFunctionCode", {"ZipFile": zipped("2")}),
        ("UpdateFunctionConfiguration", {"Timeout": 4}),
    ):
        refusal = await world.refused(operation, FunctionName="f", RevisionId="old", **params)
        assert refusal == (
            "PreconditionFailedException",
            "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to"
            " retrieve the latest Revision Id",
        )
    assert await world.settled() == function
    await world.call("UpdateFunctionConfiguration", FunctionName="f", Timeout=4, RevisionId=function["RevisionId"])


async def test_not_while_pending(world: World, zipped: Any) -> None:
    world.gate.clear()
    await world.create()
    for operation, params in (("UpdateFunctionCode", {"ZipFile": zipped()}), ("UpdateFunctionConfiguration", {})):
        refusal = await world.refused(operation, FunctionName="f", **params)
        assert refusal == (
            "ResourceConflictException",
            "The operation cannot be performed at this time. The function is currently in the following state: Pending",
        )


@pytest.mark.usefixtures("function")
async def test_not_while_another_update_is_in_progress(world: World) -> None:
    world.gate.clear()
    await world.call("UpdateFunctionConfiguration", FunctionName="f", Timeout=4)
    refusal = await world.refused("UpdateFunctionConfiguration", FunctionName="f", Timeout=5)
    assert refusal == (
        "ResourceConflictException",
        f"The operation cannot be performed at this time. An update is in progress for resource: {ARN}f",
    )


@pytest.mark.usefixtures("function")
async def test_of_many_updates_at_once_one_wins(world: World) -> None:
    updates = [world.call("UpdateFunctionConfiguration", FunctionName="f", Timeout=n) for n in (4, 5, 6)]
    results = await asyncio.gather(*updates, return_exceptions=True)
    won = [result for result in results if isinstance(result, dict)]
    assert len(won) == 1
    assert all(isinstance(r, ApiError) and r.code == "ResourceConflictException" for r in results if r not in won)
    assert (await world.settled())["Timeout"] == won[0]["Timeout"]


@pytest.mark.usefixtures("function")
@pytest.mark.parametrize(
    ("operation", "params", "text"),
    [
        ("UpdateFunctionCode", {"ZipFile": b"x"}, "Could not unzip uploaded file."),
        ("UpdateFunctionCode", {}, "Please provide a source for function code."),
        ("UpdateFunctionCode", {"S3Bucket": "b", "S3Key": "k"}, "Error occurred while GetObject."),
        ("UpdateFunctionCode", {"Architectures": ["arm64"]}, "The architecture arm64"),
        ("UpdateFunctionConfiguration", {"Runtime": "go1.x"}, "The runtime parameter of go1.x is no longer"),
        ("UpdateFunctionConfiguration", {"Layers": ["arn:x"]}, "Layer version arn:x does not exist."),
        ("UpdateFunctionConfiguration", {"Environment": {"Variables": {"_HANDLER": "x"}}}, "Lambda was unable"),
        (
            "UpdateFunctionConfiguration",
            {"LoggingConfig": {"LogFormat": "Text", "SystemLogLevel": "INFO"}},
            "ApplicationLogLevel and SystemLogLevel can only be set",
        ),
    ],
)
async def test_refusals_change_nothing(world: World, operation: str, params: dict[str, Any], text: str) -> None:
    before = await world.settled()
    code, message = await world.refused(operation, FunctionName="f", **params)
    assert code == "InvalidParameterValueException"
    assert message.startswith(text)
    assert await world.settled() == before


@pytest.mark.parametrize("operation", ["UpdateFunctionCode", "UpdateFunctionConfiguration"])
async def test_nobody(world: World, zipped: Any, operation: str) -> None:
    params = {"ZipFile": zipped()} if operation == "UpdateFunctionCode" else {}
    refusal = await world.refused(operation, FunctionName="f", **params)
    assert refusal == ("ResourceNotFoundException", f"Function not found: {ARN}f")
    refusal = await world.refused(operation, FunctionName="f:1", **params)
    assert refusal[1].startswith("This operation is permitted on Lambda functions only.")
