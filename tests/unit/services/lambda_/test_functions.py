"""Create, read, list and delete functions."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.unit.services.lambda_.conftest import World

ARN = "arn:aws:lambda:us-east-1:000000000000:function:"


async def test_create_answers_pending_and_becomes_active(world: World, zipped: Any) -> None:
    world.gate.clear()
    made = await world.create(Description="d", Timeout=5, Environment={"Variables": {"A": "b"}})
    assert made == {
        "FunctionName": "f",
        "FunctionArn": f"{ARN}f",
        "Runtime": "python3.12",
        "Role": "arn:aws:iam::000000000000:role/r",
        "Handler": "app.handler",
        "CodeSize": len(zipped()),
        "CodeSha256": b64encode(sha256(zipped()).digest()).decode(),
        "Description": "d",
        "Timeout": 5,
        "MemorySize": 128,
        "LastModified": "2026-09-21T14:13:20.123+0000",
        "Version": "$LATEST",
        "TracingConfig": {"Mode": "PassThrough"},
        "RevisionId": made["RevisionId"],
        "State": "Pending",
        "StateReason": "The function is being created.",
        "StateReasonCode": "Creating",
        "PackageType": "Zip",
        "Architectures": ["x86_64"],
        "EphemeralStorage": {"Size": 512},
        "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
        "LoggingConfig": {"LogFormat": "Text", "LogGroup": "/aws/lambda/f"},
        "RuntimeVersionConfig": made["RuntimeVersionConfig"],
        "Environment": {"Variables": {"A": "b"}},
    }
    world.gate.set()
    active = await world.settled()
    assert (active["State"], active["LastUpdateStatus"]) == ("Active", "Successful")
    assert "StateReason" not in active
    assert active["RevisionId"] != made["RevisionId"]
    assert active["FunctionArn"] == f"{ARN}f:$LATEST"


async def test_create_and_publish_at_once(world: World) -> None:
    made = await world.create(Publish=True)
    assert (made["Version"], made["FunctionArn"], made["State"]) == ("1", f"{ARN}f", "Pending")
    assert (await world.settled(qualifier="1"))["State"] == "Active"
    assert (await world.settled())["State"] == "Active"


async def test_a_second_create_is_refused_and_changes_nothing(world: World) -> None:
    await world.create()
    before = await world.settled()
    refusal = await world.refused(
        "CreateFunction",
        FunctionName="f",
        Role="arn:aws:iam::000000000000:role/other",
        Runtime="python3.13",
        Handler="x.y",
        Code={"ZipFile": b"never looked at"},
    )
    assert refusal == ("ResourceConflictException", "Function already exist: f")
    assert await world.settled() == before


async def test_of_two_creates_at_once_one_wins(world: World) -> None:
    results = await asyncio.gather(*(world.create() for _ in range(5)), return_exceptions=True)
    assert sorted(type(result).__name__ for result in results) == ["ApiError"] * 4 + ["dict"]


@pytest.mark.parametrize(
    ("params", "text"),
    [
        ({"Code": {"ZipFile": b"not a zip"}}, "Could not unzip uploaded file."),
        ({"Code": {"ZipFile": b""}}, "Uploaded file must be a non-empty zip"),
        ({"Code": {}}, "Please provide a source for function code."),
        ({"Runtime": None}, "Runtime and Handler are mandatory parameters"),
        ({"Handler": None}, "Runtime and Handler are mandatory parameters"),
        ({"Runtime": "dotnet8"}, "The runtime dotnet8 is not supported by Lambent yet"),
        (
            {"Runtime": "python3.7"},
            "The runtime parameter of python3.7 is no longer supported for creating or updating",
        ),
        ({"Timeout": 901}, "'Timeout' value failed to satisfy constraint"),
        ({"MemorySize": 10241}, "'MemorySize' value failed to satisfy constraint"),
        ({"Environment": {"Variables": {"AWS_REGION": "x"}}}, "Lambda was unable to configure your environment"),
        ({"Architectures": ["arm64"]}, "The architecture arm64 (this machine is x86_64) is not supported"),
        ({"Tags": {f"k{n}": "" for n in range(51)}}, "Number of tags exceeds"),
        (
            {"VpcConfig": {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}},
            "VpcConfig is not supported by Lambent yet",
        ),
        ({"FunctionName": "f:1"}, "This operation is permitted on Lambda functions only."),
    ],
)
async def test_create_refuses(world: World, params: dict[str, Any], text: str) -> None:
    with pytest.raises(Exception) as caught:
        await world.create(**params)
    assert caught.value.code == "InvalidParameterValueException"  # type: ignore[attr-defined]
    assert caught.value.message.startswith(text)  # type: ignore[attr-defined]
    assert (await world.call("ListFunctions"))["Functions"] == []
    assert await world.store.count("") == 0


async def test_a_name_of_65_characters(world: World) -> None:
    name = "x" * 65
    with pytest.raises(Exception) as caught:
        await world.create(name)
    assert caught.value.code == "ValidationException"  # type: ignore[attr-defined]
    assert caught.value.message == (  # type: ignore[attr-defined]
        f"1 validation error detected: Value '{name}' at 'functionName' failed to satisfy constraint: Member must have"
        " length less than or equal to 64"
    )
    await world.create("x" * 64)


async def test_get_function(world: World) -> None:
    made = await world.create(Tags={"team": "a"})
    await world.settled()
    shown = await world.call("GetFunction", FunctionName="f")
    digest = sha256(world.code.blobs.path(_hex(made["CodeSha256"])).read_bytes()).hexdigest()
    assert shown["Code"] == {"RepositoryType": "S3", "Location": f"http://127.0.0.1:4566/code/{digest}"}
    assert shown["Tags"] == {"team": "a"}
    assert shown["Configuration"]["FunctionArn"] == f"{ARN}f"
    assert "Concurrency" not in shown


def _hex(encoded: str) -> str:
    from base64 import b64decode

    return b64decode(encoded).hex()


@pytest.mark.parametrize(
    "name", ["f", f"{ARN}f", "000000000000:function:f", "function:f", f"{ARN}f:$LATEST", "f:$LATEST"]
)
async def test_a_function_has_many_names(world: World, name: str) -> None:
    await world.create()
    assert (await world.call("GetFunctionConfiguration", FunctionName=name))["FunctionName"] == "f"


@pytest.mark.parametrize("operation", ["GetFunction", "GetFunctionConfiguration", "DeleteFunction"])
async def test_what_is_not_there(world: World, operation: str) -> None:
    refusal = await world.refused(operation, FunctionName="nobody")
    assert refusal == ("ResourceNotFoundException", f"Function not found: {ARN}nobody")


async def test_a_version_or_alias_that_is_not_there(world: World) -> None:
    await world.create()
    for qualifier in ("7", "live", "01", "$LATEST.PUBLISHED"):
        refusal = await world.refused("GetFunction", FunctionName="f", Qualifier=qualifier)
        assert refusal == ("ResourceNotFoundException", f"Function not found: {ARN}f:{qualifier}")


async def test_regions_are_worlds_of_their_own(world: World) -> None:
    await world.create()
    with pytest.raises(Exception, match="Function not found: arn:aws:lambda:eu-west-1:000000000000:function:f"):
        await world.call("GetFunction", world.ctx("eu-west-1"), FunctionName="f")
    assert (await world.call("ListFunctions", world.ctx("eu-west-1")))["Functions"] == []


async def test_list_functions_in_pages(world: World) -> None:
    for number in range(7):
        await world.create(f"f{number}")
    found, marker = [], None
    while True:
        page = await world.call("ListFunctions", MaxItems=3, **({"Marker": marker} if marker else {}))
        found.append([function["FunctionName"] for function in page["Functions"]])
        if (marker := page.get("NextMarker")) is None:
            break
    assert found == [["f0", "f1", "f2"], ["f3", "f4", "f5"], ["f6"]]
    left_out = {"State", "LastUpdateStatus", "RuntimeVersionConfig"}
    assert not any(left_out & function.keys() for function in page["Functions"])
    assert all(function["FunctionArn"] == f"{ARN}{function['FunctionName']}" for function in page["Functions"])


async def test_a_page_has_50_functions_at_most(world: World) -> None:
    for number in range(51):
        await world.create(f"f{number:02d}")
    page = await world.call("ListFunctions", MaxItems=10_000)
    assert len(page["Functions"]) == 50
    rest = await world.call("ListFunctions", Marker=page["NextMarker"])
    assert [function["FunctionName"] for function in rest["Functions"]] == ["f50"]
    assert "NextMarker" not in rest


async def test_list_all_versions_of_all_functions(world: World) -> None:
    await world.create("a", Publish=True)
    await world.create("b")
    found, marker = [], None
    while True:
        more = {"Marker": marker} if marker else {}
        page = await world.call("ListFunctions", FunctionVersion="ALL", MaxItems=2, **more)
        found += [function["FunctionArn"] for function in page["Functions"]]
        if (marker := page.get("NextMarker")) is None:
            break
    assert found == [f"{ARN}a:$LATEST", f"{ARN}a:1", f"{ARN}b:$LATEST"]


async def test_a_marker_that_nobody_gave_out(world: World) -> None:
    assert (await world.refused("ListFunctions", Marker="!!"))[0] == "InvalidParameterValueException"


async def test_delete(world: World) -> None:
    await world.create(Publish=True)
    await world.settled(qualifier="1")
    assert await world.call("DeleteFunction", FunctionName="f") == {"StatusCode": 204}
    assert (await world.refused("GetFunction", FunctionName="f"))[0] == "ResourceNotFoundException"
    assert (await world.refused("GetFunction", FunctionName="f", Qualifier="1"))[0] == "ResourceNotFoundException"
    assert world.invoker.retired[-1] == (f"{ARN}f", None)


async def test_version_numbers_survive_the_function(world: World) -> None:
    await world.create(Publish=True)
    await world.call("DeleteFunction", FunctionName="f")
    assert (await world.create(Publish=True))["Version"] == "2"


async def test_numbers_survive_a_function_that_came_and_went_meanwhile(world: World, zipped: Any) -> None:
    add, go_on, adding = world.code.add, asyncio.Event(), asyncio.Event()

    async def slowly(data: bytes, *, limit: int) -> Any:
        adding.set()
        await go_on.wait()
        return await add(data, limit=limit)

    world.code.add = slowly  # type: ignore[method-assign]
    slow = asyncio.create_task(world.create(Publish=True))
    await adding.wait()
    world.code.add = add  # type: ignore[method-assign]
    await world.create(Publish=True, Code={"ZipFile": zipped("other")})
    await world.call("DeleteFunction", FunctionName="f")
    go_on.set()
    assert (await slow)["Version"] == "2"


async def test_delete_one_version(world: World) -> None:
    await world.create(Publish=True)
    await world.settled(qualifier="1")
    assert await world.call("DeleteFunction", FunctionName="f", Qualifier="1") == {"StatusCode": 204}
    assert world.invoker.retired[-1] == (f"{ARN}f:1", None)
    assert (await world.refused("GetFunction", FunctionName="f:1"))[0] == "ResourceNotFoundException"
    assert await world.call("DeleteFunction", FunctionName="f:1") == {"StatusCode": 204}
    assert (await world.settled())["State"] == "Active"


@pytest.mark.parametrize("qualifier", ["01", "live", "0"])
async def test_what_is_no_version_is_not_deleted(world: World, qualifier: str) -> None:
    await world.create(Publish=True)
    refusal = await world.refused("DeleteFunction", FunctionName="f", Qualifier=qualifier)
    assert refusal == ("InvalidParameterValueException", "Deletion of aliases is not currently supported.")
    assert (await world.settled(qualifier="1"))["Version"] == "1"


async def test_latest_is_not_deleted_alone(world: World) -> None:
    await world.create()
    refusal = await world.refused("DeleteFunction", FunctionName="f", Qualifier="$LATEST")
    assert refusal == (
        "InvalidParameterValueException",
        "$LATEST version cannot be deleted without deleting the function.",
    )


async def test_delete_while_pending(world: World) -> None:
    world.gate.clear()
    await world.create()
    await world.call("DeleteFunction", FunctionName="f")
    world.gate.set()
    await world.create()
    assert (await world.settled())["State"] == "Active"
