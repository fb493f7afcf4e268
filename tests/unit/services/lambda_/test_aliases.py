"""Aliases: where they may point, what hangs on them, and how they share invocations out."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from lambent.clock import RandomIds
from lambent.services.lambda_.aliases import Turns, routed
from lambent.services.lambda_.repository import Alias

if TYPE_CHECKING:
    from tests.unit.services.lambda_.conftest import World

ARN = "arn:aws:lambda:us-east-1:000000000000:function:"
WEIGHTED = {"AdditionalVersionWeights": {"2": 0.25}}


@pytest.fixture
async def world(world: World) -> World:
    """With a function `f` and its versions 1 and 2."""
    await world.create()
    await world.settled()
    for timeout in (1, 2):
        await world.call("UpdateFunctionConfiguration", FunctionName="f", Timeout=timeout)
        await world.settled()
        await world.call("PublishVersion", FunctionName="f")
    return world


async def alias(world: World, name: str = "live", version: str = "1", **more: Any) -> Any:
    """A new alias of `f`."""
    return await world.call("CreateAlias", FunctionName="f", Name=name, FunctionVersion=version, **more)


async def test_a_life(world: World) -> None:
    made = await alias(world)
    shown = {"AliasArn": f"{ARN}f:live", "Name": "live", "FunctionVersion": "1", "Description": ""}
    assert made == shown | {"RevisionId": made["RevisionId"]}
    assert await world.call("GetAlias", FunctionName="f", Name="live") == made
    changed = await world.call("UpdateAlias", FunctionName="f", Name="live", Description="d", RoutingConfig=WEIGHTED)
    assert changed["RevisionId"] != made["RevisionId"]
    assert (changed["Description"], changed["RoutingConfig"]) == ("d", WEIGHTED)
    moved = await world.call("UpdateAlias", FunctionName="f", Name="live", FunctionVersion="2", RoutingConfig={})
    assert (moved["FunctionVersion"], moved["Description"], moved.get("RoutingConfig")) == ("2", "d", None)
    assert await world.call("DeleteAlias", FunctionName="f", Name="live") == {}
    assert await world.call("DeleteAlias", FunctionName="f", Name="live") == {}
    refusal = await world.refused("GetAlias", FunctionName="f", Name="live")
    assert refusal == ("ResourceNotFoundException", f"Cannot find alias arn: {ARN}f:live")


@pytest.mark.parametrize(
    ("params", "code", "text"),
    [
        (
            {"RoutingConfig": {"AdditionalVersionWeights": {"1": 0.1, "2": 0.1}}},
            "InvalidParameterValueException",
            "Number of items in AdditionalVersionWeights cannot be greater than 1",
        ),
        (
            {"FunctionVersion": "2", "RoutingConfig": WEIGHTED},
            "InvalidParameterValueException",
            "Invalid function version 2. Function version 2 is already included in routing configuration.",
        ),
        (
            {"FunctionVersion": "$LATEST", "RoutingConfig": WEIGHTED},
            "InvalidParameterValueException",
            "$LATEST is not supported for an alias pointing to more than 1 version",
        ),
        ({"FunctionVersion": "10"}, "ResourceNotFoundException", f"Function not found: {ARN}f:10"),
        (
            {"RoutingConfig": {"AdditionalVersionWeights": {"10": 0.1}}},
            "ResourceNotFoundException",
            f"Function not found: {ARN}f:10",
        ),
        ({"FunctionName": "nobody"}, "ResourceNotFoundException", f"Function not found: {ARN}nobody:1"),
        (
            {"FunctionVersion": "$LATEST.PUBLISHED"},
            "ResourceNotFoundException",
            f"Function not found: {ARN}f:$LATEST.PUBLISHED",
        ),
    ],
)
async def test_where_none_may_point(world: World, params: dict[str, Any], code: str, text: str) -> None:
    given = {"FunctionName": "f", "Name": "live", "FunctionVersion": "1"}
    assert await world.refused("CreateAlias", **(given | params)) == (code, text)
    if "FunctionName" not in params:
        await alias(world)
        assert await world.refused("UpdateAlias", **(given | params)) == (code, text)


async def test_an_alias_may_point_to_latest(world: World) -> None:
    await alias(world, version="$LATEST")
    await world.call("Invoke", FunctionName="f:live")
    assert world.invoker.invoked[-1][0].version == "$LATEST"


async def test_both_versions_have_one_role(world: World) -> None:
    await world.call("UpdateFunctionConfiguration", FunctionName="f", Role="arn:aws:iam::000000000000:role/other")
    await world.settled()
    await world.call("PublishVersion", FunctionName="f")
    params = {"RoutingConfig": {"AdditionalVersionWeights": {"3": 0.1}}}
    refusal = await world.refused("CreateAlias", FunctionName="f", Name="live", FunctionVersion="1", **params)
    assert refusal == (
        "InvalidParameterValueException",
        "Specified versions must be associated with the same execution role",
    )


async def test_both_versions_have_one_dead_letter_queue(world: World) -> None:
    queue = {"TargetArn": "arn:aws:sqs:us-east-1:000000000000:dead"}
    await world.call("UpdateFunctionConfiguration", FunctionName="f", DeadLetterConfig=queue)
    await world.settled()
    await world.call("PublishVersion", FunctionName="f")
    params = {"RoutingConfig": {"AdditionalVersionWeights": {"3": 0.1}}}
    refusal = await world.refused("CreateAlias", FunctionName="f", Name="live", FunctionVersion="1", **params)
    assert refusal == (
        "InvalidParameterValueException",
        "Specified versions must be associated with the same dead-letter queue configuration",
    )


async def test_moving_to_the_additional_version_must_clear_it(world: World) -> None:
    await alias(world, RoutingConfig=WEIGHTED)
    _, text = await world.refused("UpdateAlias", FunctionName="f", Name="live", FunctionVersion="2")
    assert text.startswith("Invalid function version 2.")


async def test_a_second_one_is_refused(world: World) -> None:
    await alias(world)
    refusal = await world.refused("CreateAlias", FunctionName="f", Name="live", FunctionVersion="2")
    assert refusal == ("ResourceConflictException", f"Alias already exists: {ARN}f:live")


async def test_revisions(world: World) -> None:
    made = await alias(world)
    first = {"FunctionName": "f", "Name": "live", "RevisionId": made["RevisionId"]}
    await world.call("UpdateAlias", Description="1", **first)
    assert await world.refused("UpdateAlias", Description="2", **first) == (
        "PreconditionFailedException",
        "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve"
        " the latest Revision Id",
    )


async def test_not_found(world: World) -> None:
    refusal = await world.refused("UpdateAlias", FunctionName="f", Name="nobody", Description="d")
    assert refusal == ("ResourceNotFoundException", f"Alias not found: {ARN}f:nobody")
    for operation, more in (("ListAliases", {}), ("DeleteAlias", {"Name": "live"})):
        refusal = await world.refused(operation, FunctionName="nobody", **more)
        assert refusal == ("ResourceNotFoundException", f"Function not found: {ARN}nobody")


async def test_an_alias_is_a_qualifier(world: World) -> None:
    await alias(world, RoutingConfig=WEIGHTED)
    shown = await world.call("GetFunction", FunctionName="f", Qualifier="live")
    assert (shown["Configuration"]["FunctionArn"], shown["Configuration"]["Version"]) == (f"{ARN}f:live", "1")
    shown = await world.call("GetFunctionConfiguration", FunctionName=f"{ARN}f:live")
    assert (shown["FunctionArn"], shown["Version"]) == (f"{ARN}f:live", "1")
    await world.call("Invoke", FunctionName="f", Qualifier="live")
    function, request = world.invoker.invoked[-1]
    assert (function.version, request.invoked_arn) == ("1", f"{ARN}f:live")


async def test_list(world: World) -> None:
    for number in range(5):
        await alias(world, f"a{number}", version="12"[number % 2])
    await alias(world, "b", RoutingConfig=WEIGHTED)
    found: list[list[str]] = []
    page: Any = {"NextMarker": None}
    while "NextMarker" in page:
        more = {"Marker": page["NextMarker"]} if page["NextMarker"] else {}
        page = await world.call("ListAliases", FunctionName="f", FunctionVersion="2", MaxItems=2, **more)
        found.append([listed["Name"] for listed in page["Aliases"]])
    assert found == [["a1", "a3"], ["b"]]
    everything = await world.call("ListAliases", FunctionName="f")
    assert [listed["Name"] for listed in everything["Aliases"]] == ["a0", "a1", "a2", "a3", "a4", "b"]


async def test_a_version_in_use_is_not_deleted(world: World) -> None:
    await alias(world, "live", RoutingConfig=WEIGHTED)
    await alias(world, "old")
    for version, users in (("1", "live, old"), ("2", "live")):
        refusal = await world.refused("DeleteFunction", FunctionName="f", Qualifier=version)
        assert refusal == (
            "ResourceConflictException",
            f"Unable to delete version because the following aliases reference it: [{users}]",
        )
    await world.call("DeleteAlias", FunctionName="f", Name="live")
    await world.call("DeleteFunction", FunctionName="f", Qualifier="2")


async def test_of_an_alias_and_the_deletion_of_its_version_one_wins(world: World) -> None:
    results = await asyncio.gather(
        alias(world, version="2"),
        world.call("DeleteFunction", FunctionName="f", Qualifier="2"),
        return_exceptions=True,
    )
    assert sorted(type(result).__name__ for result in results) == ["ApiError", "dict"]


async def test_aliases_go_with_their_function(world: World) -> None:
    await alias(world)
    await world.call("DeleteFunction", FunctionName="f")
    await world.create()
    assert (await world.refused("GetAlias", FunctionName="f", Name="live"))[0] == "ResourceNotFoundException"


@pytest.mark.parametrize("weight", [0.0, 0.05, 0.3, 0.5, 0.9, 1.0])
@pytest.mark.parametrize("seed", range(3))
def test_weights_are_honoured(weight: float, seed: int) -> None:
    """Far within one percentage point over 10,000 choices; the same ones for the same seed."""
    shared = Alias("live", "1", "r", weights={"2": weight})

    def chosen(seed: int) -> list[str]:
        ids, turns = RandomIds(seed=seed), Turns()
        return [routed(shared, lambda: turns.next("arn", ids.fraction)) for _ in range(10_000)]

    first = chosen(seed)
    assert abs(first.count("2") / 10_000 - weight) < 0.001
    assert first == chosen(seed)


def test_each_alias_has_its_own_turns() -> None:
    turns = Turns()
    first = [turns.next(arn, lambda: 0.0) for arn in "abab"]
    assert first[:2] == [first[0]] * 2
    assert first[2:] == [first[2]] * 2
    assert first[0] != first[2]


def test_without_weights_nothing_is_drawn() -> None:
    assert routed(Alias("live", "7", "r"), lambda: 1 / 0) == "7"
