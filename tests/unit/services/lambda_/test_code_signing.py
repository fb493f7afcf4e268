"""Code signing configurations: their life, their functions, their refusals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.unit.services.lambda_.conftest import World

PROFILE = "arn:aws:signer:us-east-1:000000000000:/signing-profiles/release/v1"
NOBODY = "arn:aws:lambda:us-east-1:000000000000:code-signing-config:csc-00000000000000000"


async def create(world: World, *profiles: str, **more: Any) -> Any:
    publishers = {"SigningProfileVersionArns": list(profiles or (PROFILE,))}
    made: Any = await world.call("CreateCodeSigningConfig", AllowedPublishers=publishers, **more)
    return made["CodeSigningConfig"]


async def test_a_life(world: World) -> None:
    made = await create(world, Description="d", Tags={"a": "1"})
    arn, given_id = made["CodeSigningConfigArn"], made["CodeSigningConfigId"]
    assert made == {
        "CodeSigningConfigId": given_id,
        "CodeSigningConfigArn": f"arn:aws:lambda:us-east-1:000000000000:code-signing-config:{given_id}",
        "Description": "d",
        "AllowedPublishers": {"SigningProfileVersionArns": [PROFILE]},
        "CodeSigningPolicies": {"UntrustedArtifactOnDeployment": "Warn"},
        "LastModified": "2026-09-21T14:13:20.123+0000",
    }
    assert await world.call("GetCodeSigningConfig", CodeSigningConfigArn=arn) == {"CodeSigningConfig": made}
    await world.call("TagResource", Resource=arn, Tags={"b": "2"})
    assert await world.call("ListTags", Resource=arn) == {"Tags": {"a": "1", "b": "2"}}
    other = PROFILE[:-1] + "2"
    updated: Any = await world.call(
        "UpdateCodeSigningConfig",
        CodeSigningConfigArn=arn,
        AllowedPublishers={"SigningProfileVersionArns": [other]},
        CodeSigningPolicies={"UntrustedArtifactOnDeployment": "Enforce"},
    )
    shown = updated["CodeSigningConfig"]
    assert shown["AllowedPublishers"] == {"SigningProfileVersionArns": [other]}
    assert (shown["Description"], shown["CodeSigningPolicies"]["UntrustedArtifactOnDeployment"]) == ("d", "Enforce")
    assert await world.call("DeleteCodeSigningConfig", CodeSigningConfigArn=arn) == {}
    missing = (
        "ResourceNotFoundException",
        f"The Lambda code signing configuration {arn} can not be found.",
    )
    for name in ("Get", "Update", "Delete"):
        assert await world.refused(f"{name}CodeSigningConfig", CodeSigningConfigArn=arn) == missing
    assert await world.refused("ListFunctionsByCodeSigningConfig", CodeSigningConfigArn=arn) == missing
    assert await world.refused("ListTags", Resource=arn) == missing


async def test_functions_that_have_it(world: World) -> None:
    arn = (await create(world))["CodeSigningConfigArn"]
    for name in ("f", "g", "h"):
        await world.create(name)
    for name in ("f", "h"):
        put = await world.call("PutFunctionCodeSigningConfig", FunctionName=name, CodeSigningConfigArn=arn)
        assert put == {"CodeSigningConfigArn": arn, "FunctionName": name}
    page: Any = await world.call("ListFunctionsByCodeSigningConfig", CodeSigningConfigArn=arn, MaxItems=1)
    rest: Any = await world.call(
        "ListFunctionsByCodeSigningConfig", CodeSigningConfigArn=arn, Marker=page["NextMarker"]
    )
    function = "arn:aws:lambda:us-east-1:000000000000:function:"
    assert page["FunctionArns"] + rest["FunctionArns"] == [f"{function}f", f"{function}h"]
    assert await world.refused("DeleteCodeSigningConfig", CodeSigningConfigArn=arn) == (
        "ResourceConflictException",
        f"The code signing configuration {arn} is used by functions. Remove it from them first.",
    )
    await world.call("DeleteFunctionCodeSigningConfig", FunctionName="f")
    assert await world.call("GetFunctionCodeSigningConfig", FunctionName="f") == {"FunctionName": "f"}
    await world.call("DeleteFunction", FunctionName="h")
    await world.call("DeleteCodeSigningConfig", CodeSigningConfigArn=arn)


async def test_nobody(world: World) -> None:
    await world.create()
    refused = await world.refused("PutFunctionCodeSigningConfig", FunctionName="f", CodeSigningConfigArn=NOBODY)
    assert refused == (
        "CodeSigningConfigNotFoundException",
        f"The code signing configuration cannot be found. Check that the provided configuration is not deleted:"
        f" {NOBODY}.",
    )
    missing = ("ResourceNotFoundException", "Function not found: arn:aws:lambda:us-east-1:000000000000:function:g")
    for name in ("Put", "Get", "Delete"):
        given = {"CodeSigningConfigArn": NOBODY} if name == "Put" else {}
        assert await world.refused(f"{name}FunctionCodeSigningConfig", FunctionName="g", **given) == missing


@pytest.mark.parametrize(
    ("profiles", "text"),
    [
        (
            ("arn:aws:signer:us-east-1:0:x",),
            "arn:aws:signer:us-east-1:0:x is not the ARN of a signing profile version.",
        ),
        ((PROFILE, PROFILE), f"The signing profile version {PROFILE} is listed more than once."),
    ],
)
async def test_refusals(world: World, profiles: tuple[str, ...], text: str) -> None:
    publishers = {"SigningProfileVersionArns": list(profiles)}
    refused = await world.refused("CreateCodeSigningConfig", AllowedPublishers=publishers)
    assert refused == ("InvalidParameterValueException", text)


async def test_pages(world: World) -> None:
    made = sorted([(await create(world))["CodeSigningConfigId"] for _ in range(3)])
    page: Any = await world.call("ListCodeSigningConfigs", MaxItems=2)
    rest: Any = await world.call("ListCodeSigningConfigs", Marker=page["NextMarker"])
    found = [each["CodeSigningConfigId"] for each in page["CodeSigningConfigs"] + rest["CodeSigningConfigs"]]
    assert found == made
    assert "NextMarker" not in rest
