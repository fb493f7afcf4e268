"""Values, versions and staging labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.unit.services.secretsmanager.conftest import AT, DAY

if TYPE_CHECKING:
    from tests.unit.services.secretsmanager.conftest import World

ONE, TWO, THREE = "1" * 32, "2" * 32, "3" * 32


async def stages(world: World) -> dict[str, list[str]]:
    return dict((await world.call("DescribeSecret", SecretId="a")).get("VersionIdsToStages", {}))


async def test_versions_follow_each_other(world: World) -> None:
    await world.call("CreateSecret", Name="a", SecretString="one", ClientRequestToken=ONE)
    put = await world.call("PutSecretValue", SecretId="a", SecretBinary=b"two", ClientRequestToken=TWO)
    assert (put["VersionId"], put["VersionStages"]) == (TWO, ["AWSCURRENT"])
    assert (await world.call("GetSecretValue", SecretId="a"))["SecretBinary"] == b"two"
    assert await world.text("a", VersionStage="AWSPREVIOUS") == "one"
    assert await world.text("a", VersionId=ONE) == "one"
    updated = await world.call("UpdateSecret", SecretId="a", SecretString="three", ClientRequestToken=THREE)
    assert updated["VersionId"] == THREE
    assert await stages(world) == {TWO: ["AWSPREVIOUS"], THREE: ["AWSCURRENT"]}
    versions = (await world.call("ListSecretVersionIds", SecretId="a"))["Versions"]
    assert [each["VersionId"] for each in versions] == [THREE, TWO]
    every = (await world.call("ListSecretVersionIds", SecretId="a", IncludeDeprecated=True))["Versions"]
    assert [each["VersionId"] for each in every] == [THREE, TWO, ONE]
    assert all(each["LastAccessedDate"] == world.clock.now() // DAY * DAY for each in every[1:])


async def test_the_same_token_again(world: World) -> None:
    await world.call("CreateSecret", Name="a")
    first = await world.call("PutSecretValue", SecretId="a", SecretString="x", ClientRequestToken=ONE)
    assert await world.call("PutSecretValue", SecretId="a", SecretString="x", ClientRequestToken=ONE) == first
    assert await world.refused("PutSecretValue", SecretId="a", SecretString="y", ClientRequestToken=ONE) == (
        "ResourceExistsException",
        "You can't modify an existing version, you can only create a new version.",
    )


async def test_the_first_version_is_current_whatever_it_is_called(world: World) -> None:
    await world.call("CreateSecret", Name="a")
    await world.call("PutSecretValue", SecretId="a", SecretString="x", VersionStages=["MINE"], ClientRequestToken=ONE)
    await world.call("PutSecretValue", SecretId="a", SecretString="y", VersionStages=["MINE"], ClientRequestToken=TWO)
    assert await stages(world) == {ONE: ["AWSCURRENT"], TWO: ["MINE"]}


async def test_moving_a_label(world: World) -> None:
    await world.call("CreateSecret", Name="a", SecretString="x", ClientRequestToken=ONE)
    await world.call("PutSecretValue", SecretId="a", SecretString="y", VersionStages=["NEXT"], ClientRequestToken=TWO)

    async def move(stage: str, **params: str) -> None:
        await world.call("UpdateSecretVersionStage", SecretId="a", VersionStage=stage, **params)

    async def refused(stage: str, **params: str) -> str:
        return (await world.refused("UpdateSecretVersionStage", SecretId="a", VersionStage=stage, **params))[1]

    assert await refused("AWSCURRENT", MoveToVersionId=TWO) == (
        f"The parameter RemoveFromVersionId can't be empty. Staging label AWSCURRENT is currently attached to version"
        f" {ONE}, so you must explicitly reference that version in RemoveFromVersionId."
    )
    assert (await refused("AWSCURRENT", RemoveFromVersionId=ONE)).startswith("You can only move staging label")
    assert (await refused("NEXT", RemoveFromVersionId=ONE)) == f"Staging label NEXT isn't attached to version {ONE}."
    assert (await refused("NEXT")) == "You must provide RemoveFromVersionId or MoveToVersionId."
    assert (await refused("NEXT", MoveToVersionId=THREE)).endswith(f"for VersionId: {THREE}")
    await move("AWSCURRENT", RemoveFromVersionId=ONE, MoveToVersionId=TWO)
    assert await stages(world) == {ONE: ["AWSPREVIOUS"], TWO: ["NEXT", "AWSCURRENT"]}
    await move("NEXT", RemoveFromVersionId=TWO)
    assert await stages(world) == {ONE: ["AWSPREVIOUS"], TWO: ["AWSCURRENT"]}


async def test_what_is_not_there(world: World) -> None:
    await world.call("CreateSecret", Name="a")
    assert (await world.refused("GetSecretValue", SecretId="a")) == (
        "ResourceNotFoundException",
        "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT",
    )
    await world.call("PutSecretValue", SecretId="a", SecretString="x", ClientRequestToken=ONE)
    assert (await world.refused("GetSecretValue", SecretId="a", VersionId=TWO))[1].endswith(f"for VersionId: {TWO}")
    said = (await world.refused("GetSecretValue", SecretId="a", VersionId=ONE, VersionStage="X"))[1]
    assert said.startswith("You provided a VersionStage that is not associated to the provided VersionId.")
    assert (await world.refused("PutSecretValue", SecretId="a"))[1] == (
        "You must provide either SecretString or SecretBinary."
    )


async def test_a_description_alone_makes_no_version(world: World) -> None:
    await world.call("CreateSecret", Name="a", SecretString="x", ClientRequestToken=ONE)
    assert "VersionId" not in await world.call("UpdateSecret", SecretId="a", Description="new")
    assert (await world.call("DescribeSecret", SecretId="a"))["Description"] == "new"
    await world.call("UpdateSecret", SecretId="a", Description="newer", SecretString="y", ClientRequestToken=TWO)
    assert (await world.call("DescribeSecret", SecretId="a"))["Description"] == "newer"
    assert list(await stages(world)) == [ONE, TWO]


async def test_old_versions_go_with_their_values_which_nobody_reads_on_the_disk(world: World) -> None:
    await world.call("CreateSecret", Name="a", SecretString="open sesame")
    for _ in range(101):
        await world.call("PutSecretValue", SecretId="a", SecretString="open sesame")
    kept = await world.repository.secret(AT, "a")
    assert kept is not None
    assert len(kept.secret.versions) == 100
    records = await world.store.list("", limit=1000)
    assert len(records) == 101
    assert not [record for record in records if b"sesame" in record.value]
