"""Addresses of functions: their life, their refusals, and what goes with the function."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.unit.services.lambda_.conftest import World

ARN = "arn:aws:lambda:us-east-1:000000000000:function:f"
CORS = {"AllowOrigins": ["https://a.example", "https://*", "*"], "AllowMethods": ["GET", "*"], "MaxAge": 5}
MISSING = ("ResourceNotFoundException", "The resource you requested does not exist.")


@pytest.fixture
async def world(world: World) -> World:
    """With a function `f` and its alias `live`."""
    await world.create(Publish=True)
    await world.settled("f", "1")
    await world.call("CreateAlias", FunctionName="f", Name="live", FunctionVersion="1")
    return world


async def create(world: World, **params: Any) -> Any:
    return await world.call("CreateFunctionUrlConfig", **({"FunctionName": "f", "AuthType": "NONE"} | params))


async def test_a_life(world: World) -> None:
    made = await create(world, Cors=CORS)
    address = made["FunctionUrl"]
    assert address.endswith(".lambda-url.us-east-1.localhost:4566/")
    moment = "2026-09-21T14:13:20.123Z"
    assert made == {
        "FunctionUrl": address,
        "FunctionArn": ARN,
        "AuthType": "NONE",
        "Cors": CORS,
        "CreationTime": moment,
        "InvokeMode": "BUFFERED",
    }
    shown = made | {"LastModifiedTime": moment}
    assert await world.call("GetFunctionUrlConfig", FunctionName=ARN) == shown
    world.clock.at += 1
    updated = await world.call(
        "UpdateFunctionUrlConfig", FunctionName="f", AuthType="AWS_IAM", InvokeMode="RESPONSE_STREAM"
    )
    shown |= {"AuthType": "AWS_IAM", "InvokeMode": "RESPONSE_STREAM", "LastModifiedTime": "2026-09-21T14:13:21.123Z"}
    assert updated == shown
    without = await world.call("UpdateFunctionUrlConfig", FunctionName="f", Cors={})
    assert "Cors" not in without
    assert await world.call("DeleteFunctionUrlConfig", FunctionName="f") == {}
    for name in ("Get", "Update", "Delete"):
        assert await world.refused(f"{name}FunctionUrlConfig", FunctionName="f") == MISSING
    assert (await create(world))["FunctionUrl"] != address


async def test_a_function_and_its_aliases_each_have_one(world: World) -> None:
    await create(world, Qualifier="live")
    await create(world)
    conflict = (
        "ResourceConflictException",
        f"Failed to create function url config for [functionArn = {ARN}:live]. Error message:  FunctionUrlConfig exists"
        " for this Lambda function",
    )
    refused = await world.refused("CreateFunctionUrlConfig", FunctionName="f", Qualifier="live", AuthType="NONE")
    assert refused == conflict
    page = await world.call("ListFunctionUrlConfigs", FunctionName="f", MaxItems=1)
    rest = await world.call("ListFunctionUrlConfigs", FunctionName="f", Marker=page["NextMarker"])
    assert [each["FunctionArn"] for each in page["FunctionUrlConfigs"]] == [ARN]
    assert [each["FunctionArn"] for each in rest["FunctionUrlConfigs"]] == [f"{ARN}:live"]
    assert "NextMarker" not in rest


async def test_they_go_with_what_they_lead_to(world: World) -> None:
    await create(world, Qualifier="live")
    await create(world)
    await world.call("DeleteAlias", FunctionName="f", Name="live")
    assert await world.refused("GetFunctionUrlConfig", FunctionName="f:live") == MISSING
    await world.call("DeleteFunction", FunctionName="f")
    assert await world.refused("GetFunctionUrlConfig", FunctionName="f") == MISSING
    nobody = ("ResourceNotFoundException", "Function does not exist")
    assert await world.refused("ListFunctionUrlConfigs", FunctionName="f") == nobody
    assert [record.key for record in await world.store.list("urls/")] == []


@pytest.mark.parametrize(
    ("params", "code", "text"),
    [
        ({"FunctionName": "g"}, "ResourceNotFoundException", "Function does not exist"),
        ({"Qualifier": "dead"}, "ResourceNotFoundException", "Function does not exist"),
        (
            {"Cors": {"AllowMethods": ["OPTION"]}},
            "InvalidParameterValueException",
            "Value OPTION at 'cors.allowMethods' must be one of [GET, PUT, HEAD, POST, PATCH, DELETE, *].",
        ),
        (
            {"Cors": {"AllowOrigins": ["example.com"]}},
            "InvalidParameterValueException",
            "Value example.com at 'cors.allowOrigins' must be *, or a scheme and a host with an optional port, such as"
            " https://www.example.com.",
        ),
    ],
)
async def test_refusals(world: World, params: dict[str, Any], code: str, text: str) -> None:
    given = {"FunctionName": "f", "AuthType": "NONE"} | params
    assert await world.refused("CreateFunctionUrlConfig", **given) == (code, text)
    assert (await world.call("ListFunctionUrlConfigs", FunctionName="f"))["FunctionUrlConfigs"] == []


async def test_tenants_have_no_address(world: World) -> None:
    await world.create("t", TenancyConfig={"TenantIsolationMode": "PER_TENANT"})
    assert await world.refused("CreateFunctionUrlConfig", FunctionName="t", AuthType="NONE") == (
        "InvalidParameterValueException",
        "Function URL is not supported for functions with tenant isolation mode",
    )
