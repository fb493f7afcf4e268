"""Layers from their publication to their deletion."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.unit.services.lambda_.conftest import World

ARN = "arn:aws:lambda:us-east-1:000000000000:layer:"
GONE = ("ResourceNotFoundException", "The resource you requested does not exist.")


async def publish(world: World, zipped: Any, name: str = "l", text: str = "x = 1", **more: Any) -> Any:
    content = {"ZipFile": zipped(text, "python/x.py")}
    return await world.call("PublishLayerVersion", LayerName=name, Content=content, **more)


async def test_publish_and_get(world: World, zipped: Any) -> None:
    data = zipped("x = 1", "python/x.py")
    made = await publish(
        world,
        zipped,
        Description="d",
        CompatibleRuntimes=["python3.12"],
        CompatibleArchitectures=["x86_64"],
        LicenseInfo="MIT",
    )
    assert made == {
        "LayerArn": f"{ARN}l",
        "LayerVersionArn": f"{ARN}l:1",
        "Version": 1,
        "Description": "d",
        "CreatedDate": "2026-09-21T14:13:20.123+0000",
        "CompatibleRuntimes": ["python3.12"],
        "CompatibleArchitectures": ["x86_64"],
        "LicenseInfo": "MIT",
        "Content": {
            "Location": f"http://127.0.0.1:4566/code/{sha256(data).hexdigest()}",
            "CodeSha256": b64encode(sha256(data).digest()).decode(),
            "CodeSize": len(data),
        },
    }
    assert await world.call("GetLayerVersion", LayerName="l", VersionNumber=1) == made
    assert await world.call("GetLayerVersion", LayerName=f"{ARN}l", VersionNumber=1) == made
    assert await world.call("GetLayerVersionByArn", Arn=f"{ARN}l:1") == made


async def test_what_was_not_said_is_not_shown(world: World, zipped: Any) -> None:
    made = await publish(world, zipped)
    assert made["Description"] == ""
    assert not {"CompatibleRuntimes", "CompatibleArchitectures", "LicenseInfo"} & made.keys()
    empty = await publish(world, zipped, CompatibleRuntimes=[], CompatibleArchitectures=[])
    assert (empty["CompatibleRuntimes"], empty["CompatibleArchitectures"]) == ([], [])


async def test_numbers_are_never_used_twice(world: World, zipped: Any) -> None:
    for number in (1, 2):
        assert (await publish(world, zipped))["Version"] == number
        await world.call("DeleteLayerVersion", LayerName="l", VersionNumber=number)
    assert (await publish(world, zipped))["Version"] == 3


async def test_many_at_once_have_numbers_of_their_own(world: World, zipped: Any) -> None:
    made = await asyncio.gather(*(publish(world, zipped) for _ in range(8)))
    assert sorted(version["Version"] for version in made) == list(range(1, 9))


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ({"ZipFile": b"not a zip"}, "Could not unzip uploaded file."),
        ({"ZipFile": b""}, "Uploaded file must be a non-empty zip"),
        ({"S3Bucket": "b", "S3Key": "k"}, "Error occurred while GetObject. S3 Error Code: ServiceUnavailable."),
    ],
)
async def test_publish_refuses(world: World, content: dict[str, Any], text: str) -> None:
    code, message = await world.refused("PublishLayerVersion", LayerName="l", Content=content)
    assert code == "InvalidParameterValueException"
    assert message.startswith(text)
    assert await world.store.count("") == 0


@pytest.mark.parametrize("number", [0, -1])
async def test_versions_count_from_one(world: World, number: int) -> None:
    for operation in ("GetLayerVersion", "DeleteLayerVersion", "GetLayerVersionPolicy"):
        refusal = await world.refused(operation, LayerName="l", VersionNumber=number)
        assert refusal == ("InvalidParameterValueException", "Layer Version Cannot be less than 1")


async def test_what_is_not_there(world: World, zipped: Any) -> None:
    await publish(world, zipped)
    assert await world.refused("GetLayerVersion", LayerName="nobody", VersionNumber=1) == GONE
    assert await world.refused("GetLayerVersion", LayerName="l", VersionNumber=2) == GONE
    assert await world.refused("GetLayerVersionByArn", Arn=f"{ARN}l:2") == GONE
    assert await world.refused("GetLayerVersionByArn", Arn="arn:aws:lambda:::awslayer:AmazonLinux1803") == GONE
    assert (await world.call("ListLayerVersions", LayerName="nobody"))["LayerVersions"] == []
    assert await world.call("DeleteLayerVersion", LayerName="nobody", VersionNumber=1) == {}
    elsewhere = "arn:aws:lambda:eu-west-1:000000000000:layer:l"
    assert await world.refused("GetLayerVersion", LayerName=elsewhere, VersionNumber=1) == (
        "ResourceNotFoundException",
        "Layers from 'eu-west-1' are not reachable in this region ('us-east-1')",
    )


async def test_listings(world: World, zipped: Any) -> None:
    for name, runtime, architecture in (
        ("a", "python3.11", "x86_64"),
        ("a", "python3.12", "x86_64"),
        ("b", "python3.12", "arm64"),
        ("c", "python3.11", "arm64"),
        ("d", "python3.11", "arm64"),
    ):
        await publish(world, zipped, name, CompatibleRuntimes=[runtime], CompatibleArchitectures=[architecture])
    await world.call("DeleteLayerVersion", LayerName="d", VersionNumber=1)

    async def layers(**params: Any) -> list[tuple[str, int]]:
        found, page = [], {"NextMarker": ""}
        while "NextMarker" in page:
            page = await world.call("ListLayers", MaxItems=1, Marker=page["NextMarker"], **params)  # type: ignore[assignment]
            found += [(one["LayerName"], one["LatestMatchingVersion"]["Version"]) for one in page["Layers"]]
        return found

    assert await layers() == [("a", 2), ("b", 1), ("c", 1)]
    assert await layers(CompatibleRuntime="python3.11") == [("a", 1), ("c", 1)]
    assert await layers(CompatibleArchitecture="arm64") == [("b", 1), ("c", 1)]
    assert await layers(CompatibleArchitecture="arm64", CompatibleRuntime="python3.12") == [("b", 1)]


async def test_versions_are_listed_the_newest_first_and_in_pages(world: World, zipped: Any) -> None:
    for number in range(1, 13):
        await publish(world, zipped, CompatibleRuntimes=["python3.11"] if number % 2 else None)

    async def versions(**params: Any) -> list[int]:
        found, page = [], {"NextMarker": ""}
        while "NextMarker" in page:
            marker = page["NextMarker"]
            page = await world.call("ListLayerVersions", LayerName="l", MaxItems=5, Marker=marker, **params)  # type: ignore[assignment]
            found += [one["Version"] for one in page["LayerVersions"]]
        return found

    assert await versions() == list(range(12, 0, -1))
    assert await versions(CompatibleRuntime="python3.11") == [11, 9, 7, 5, 3, 1]


async def test_a_marker_of_another_listing(world: World) -> None:
    from lambent.services.lambda_ import pages

    refusal = await world.refused("ListLayerVersions", LayerName="l", Marker=pages.marker("name"))
    assert refusal[0] == "InvalidParameterValueException"
