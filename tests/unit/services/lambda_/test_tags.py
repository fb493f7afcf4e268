"""Tags of functions."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.unit.services.lambda_.conftest import World

ARN = "arn:aws:lambda:us-east-1:000000000000:function:"


@pytest.fixture
async def world(world: World) -> World:
    """With a function `f`, tagged."""
    await world.create(Tags={"a": "1"})
    await world.settled()
    return world


async def tags(world: World) -> Any:
    found = (await world.call("ListTags", Resource=f"{ARN}f"))["Tags"]
    shown = (await world.call("GetFunction", FunctionName="f")).get("Tags", {})
    assert found == shown
    return found


async def test_a_life(world: World) -> None:
    assert await tags(world) == {"a": "1"}
    await world.call("TagResource", Resource=f"{ARN}f", Tags={"a": "2", "b": "3", "c": ""})
    assert await tags(world) == {"a": "2", "b": "3", "c": ""}
    await world.call("UntagResource", Resource=f"{ARN}f", TagKeys=["a", "nobody"])
    assert await tags(world) == {"b": "3", "c": ""}
    await world.call("UntagResource", Resource=f"{ARN}f", TagKeys=["b", "c"])
    assert await tags(world) == {}


async def test_many_at_once_all_stay(world: World) -> None:
    every = {f"k{number}": str(number) for number in range(10)}
    await asyncio.gather(
        *(world.call("TagResource", Resource=f"{ARN}f", Tags={key: value}) for key, value in every.items())
    )
    assert await tags(world) == {"a": "1"} | every


@pytest.mark.parametrize(
    ("params", "code", "text"),
    [
        (
            {"Tags": {f"k{number}": "" for number in range(50)}},
            "InvalidParameterValueException",
            "Number of tags exceeds resource tag limit of 50.",
        ),
        (
            {"Tags": {"aws:x": ""}},
            "InvalidParameterValueException",
            "System tags cannot be added/updated by requester",
        ),
        ({"Tags": {}}, "InvalidParameterValueException", "An error occurred and the request cannot be processed."),
        ({"Resource": f"{ARN}nobody"}, "ResourceNotFoundException", f"Function not found: {ARN}nobody"),
        (
            {"Resource": f"{ARN}f:1"},
            "InvalidParameterValueException",
            "Tags on function aliases and versions are not supported. Please specify a function ARN.",
        ),
        (
            {"Resource": f"{ARN}f:$LATEST"},
            "InvalidParameterValueException",
            "Tags on function aliases and versions are not supported. Please specify a function ARN.",
        ),
        (
            {"Resource": "arn:aws:lambda:us-east-1:000000000000:code-signing-config:csc-0123456789abcdef0"},
            "ResourceNotFoundException",
            "The Lambda code signing configuration"
            " arn:aws:lambda:us-east-1:000000000000:code-signing-config:csc-0123456789abcdef0 can not be found.",
        ),
        (
            {"Resource": "arn:aws:lambda:us-east-1:000000000000:layer:l"},
            "ResourceNotFoundException",
            "The resource you requested does not exist.",
        ),
        (
            {"Resource": "arn:aws:lambda:eu-west-1:000000000000:function:f"},
            "ResourceNotFoundException",
            "Functions from 'eu-west-1' are not reachable in this region ('us-east-1')",
        ),
    ],
)
async def test_refusals(world: World, params: dict[str, Any], code: str, text: str) -> None:
    given = {"Resource": f"{ARN}f", "Tags": {"b": ""}} | params
    assert await world.refused("TagResource", **given) == (code, text)
    if "Resource" in params:
        assert await world.refused("ListTags", Resource=given["Resource"]) == (code, text)
        assert await world.refused("UntagResource", Resource=given["Resource"], TagKeys=["a"]) == (code, text)
    assert await tags(world) == {"a": "1"}


async def test_not_while_an_update_is_in_progress(world: World) -> None:
    world.gate.clear()
    await world.call("UpdateFunctionConfiguration", FunctionName="f", Timeout=9)
    busy = (
        "ResourceConflictException",
        f"The operation cannot be performed at this time. An update is in progress for resource: {ARN}f",
    )
    assert await world.refused("TagResource", Resource=f"{ARN}f", Tags={"b": ""}) == busy
    assert await world.refused("UntagResource", Resource=f"{ARN}f", TagKeys=["a"]) == busy
