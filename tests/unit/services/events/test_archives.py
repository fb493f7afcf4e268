"""Archives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.services.events.conftest import ARN, BUS, OTHER

if TYPE_CHECKING:
    from tests.unit.services.events.conftest import World


async def count(world: World, name: str = "a") -> int:
    return int((await world.call("DescribeArchive", ArchiveName=name))["EventCount"])


async def test_it_keeps_what_matches(world: World) -> None:
    made = await world.call(
        "CreateArchive", ArchiveName="a", EventSourceArn=BUS, EventPattern='{"source": ["shop"]}', RetentionDays=3
    )
    assert made == {"ArchiveArn": f"{ARN}archive/a", "State": "ENABLED", "CreationTime": world.clock.now()}
    answer = await world.put()
    await world.put(source="bank")
    shown = await world.call("DescribeArchive", ArchiveName="a")
    assert (shown["EventCount"], shown["RetentionDays"], shown["EventPattern"]) == (1, 3, '{"source": ["shop"]}')
    assert shown["SizeBytes"] > 100
    found = await world.shelf.following(
        (await world.repository.rules(*_default()))[0].archive or "", first=0, last=2e9, behind=(0, 0), limit=9
    )
    assert [each.event.id for each in found] == [answer["Entries"][0]["EventId"]]


def _default() -> Any:
    from tests.unit.services.events.conftest import AT

    return AT, "default"


async def test_changed_listed_and_deleted(world: World) -> None:
    await world.call("CreateArchive", ArchiveName="a", EventSourceArn=BUS, Description="d")
    await world.put()
    await world.call("UpdateArchive", ArchiveName="a", EventPattern='{"source": ["bank"]}', RetentionDays=1)
    await world.put()
    await world.put(source="bank")
    assert await count(world) == 2
    (listed,) = (await world.call("ListArchives", EventSourceArn=BUS, NamePrefix="a"))["Archives"]
    assert (listed["ArchiveName"], listed["EventCount"], listed["State"]) == ("a", 2, "ENABLED")
    assert (await world.call("ListArchives", EventSourceArn=f"{BUS}x"))["Archives"] == []
    assert (await world.call("ListArchives", State="DISABLED"))["Archives"] == []
    await world.call("DeleteArchive", ArchiveName="a")
    assert (await world.call("ListRules"))["Rules"] == []
    await world.call("CreateArchive", ArchiveName="a", EventSourceArn=BUS)
    assert await count(world) == 0


@pytest.mark.parametrize(
    ("given", "code", "text"),
    [
        ({"ArchiveName": "a"}, "ResourceAlreadyExistsException", "Archive a already exists."),
        (
            {"EventSourceArn": f"{ARN}event-bus/x"},
            "ResourceNotFoundException",
            "Event bus x does not exist.",
        ),
        (
            {"EventSourceArn": BUS.replace("000000000000", OTHER)},
            "ValidationException",
            "Parameter EventSourceArn is not valid. Reason: Must contain an event bus ARN of this account and region.",
        ),
        (
            {"EventPattern": "{"},
            "InvalidEventPatternException",
            "Event pattern is not valid. Reason: Invalid JSON",
        ),
        (
            {"KmsKeyIdentifier": "k"},
            "ValidationException",
            "KmsKeyIdentifier is not supported by Lambent: what lies on disk is not encrypted with keys of KMS.",
        ),
    ],
)
async def test_refusals(world: World, given: dict[str, Any], code: str, text: str) -> None:
    await world.call("CreateArchive", ArchiveName="a", EventSourceArn=BUS)
    assert await world.refused("CreateArchive", **{"ArchiveName": "b", "EventSourceArn": BUS} | given) == (code, text)


async def test_what_is_not_there(world: World) -> None:
    for operation in ("DescribeArchive", "UpdateArchive", "DeleteArchive"):
        assert await world.refused(operation, ArchiveName="x") == (
            "ResourceNotFoundException",
            "Archive x does not exist.",
        )
