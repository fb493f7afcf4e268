"""Several secrets at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.unit.services.secretsmanager.conftest import World


async def test_named_ones(world: World) -> None:
    for name in ("a", "b"):
        await world.call("CreateSecret", Name=name, SecretString=name)
    world.forbidden = {"b"}
    found = await world.call("BatchGetSecretValue", SecretIdList=["a", "b", "c"])
    assert [each["SecretString"] for each in found["SecretValues"]] == ["a"]
    assert [(each["SecretId"], each["ErrorCode"]) for each in found["Errors"]] == [
        ("b", "AccessDeniedException"),
        ("c", "ResourceNotFoundException"),
    ]


async def test_those_that_filters_let_through_page_by_page(world: World) -> None:
    for name in ("p/1", "p/2", "q"):
        await world.call("CreateSecret", Name=name, SecretString=name)
    filters = [{"Key": "name", "Values": ["p/"]}]
    first = await world.call("BatchGetSecretValue", Filters=filters, MaxResults=1)
    rest = await world.call("BatchGetSecretValue", Filters=filters, NextToken=first["NextToken"])
    assert [each["Name"] for each in [*first["SecretValues"], *rest["SecretValues"]]] == ["p/1", "p/2"]
    assert "NextToken" not in rest


async def test_refusals(world: World) -> None:
    one = "You must include Filters or SecretIdList, but not both."
    assert (await world.refused("BatchGetSecretValue"))[1] == one
    assert (await world.refused("BatchGetSecretValue", SecretIdList=["a"], MaxResults=1))[1] == (
        "MaxResults and NextToken can only be used with Filters."
    )


async def test_passwords_differ(world: World) -> None:
    drawn = {(await world.call("GetRandomPassword"))["RandomPassword"] for _ in range(5)}
    assert len(drawn) == 5
    assert {len(each) for each in drawn} == {32}
