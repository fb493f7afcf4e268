"""Secrets: made, described, listed, tagged, deleted, brought back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.unit.services.secretsmanager.conftest import ARN, DAY

if TYPE_CHECKING:
    from tests.unit.services.secretsmanager.conftest import World

NOT_FOUND = ("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
MARKED = (
    "InvalidRequestException",
    "You can't perform this operation on the secret because it was marked for deletion.",
)
TOKEN = "t" * 32


async def test_a_secret_and_the_names_it_goes_by(world: World) -> None:
    tags = [{"Key": "team", "Value": "blue"}]
    made = await world.call("CreateSecret", Name="prod/db", SecretString="s", Description="d", Tags=tags)
    assert re.fullmatch(re.escape(ARN) + r"prod/db-[A-Za-z0-9]{6}", made["ARN"])
    for identifier in ("prod/db", made["ARN"], made["ARN"][:-7]):
        assert await world.text(identifier) == "s"
    assert await world.refused("GetSecretValue", SecretId=made["ARN"][:-6] + "aaaaaa") == NOT_FOUND
    elsewhere = made["ARN"].replace("us-east-1", "eu-west-1")
    assert await world.refused("GetSecretValue", SecretId=elsewhere) == NOT_FOUND
    described = await world.call("DescribeSecret", SecretId="prod/db")
    assert described == {
        "ARN": made["ARN"],
        "Name": "prod/db",
        "Description": "d",
        "CreatedDate": world.clock.now(),
        "LastChangedDate": world.clock.now(),
        "LastAccessedDate": world.clock.now() // DAY * DAY,
        "VersionIdsToStages": {made["VersionId"]: ["AWSCURRENT"]},
        "Tags": tags,
    }
    await world.call("TagResource", SecretId="prod/db", Tags=[{"Key": "cost", "Value": "1"}])
    await world.call("UntagResource", SecretId="prod/db", TagKeys=["team"])
    assert (await world.call("DescribeSecret", SecretId="prod/db"))["Tags"] == [{"Key": "cost", "Value": "1"}]


async def test_a_name_that_ends_like_an_arn(world: World) -> None:
    made = await world.call("CreateSecret", Name="db-abcdef", SecretString="s")
    assert await world.text(made["ARN"][:-7]) == "s"


async def test_creating_again(world: World) -> None:
    first = await world.call("CreateSecret", Name="a", SecretString="s", ClientRequestToken=TOKEN)
    assert await world.call("CreateSecret", Name="a", SecretString="s", ClientRequestToken=TOKEN) == first
    taken = ("ResourceExistsException", "The operation failed because the secret a already exists.")
    assert await world.refused("CreateSecret", Name="a", SecretString="x", ClientRequestToken=TOKEN) == taken
    assert await world.refused("CreateSecret", Name="a", SecretString="s") == taken
    assert "VersionId" not in await world.call("CreateSecret", Name="empty")


@pytest.mark.parametrize(
    ("params", "code", "text"),
    [
        ({"Name": "a b"}, "ValidationException", "Invalid name. Must be a valid name containing alphanumeric"),
        ({"SecretString": "s", "SecretBinary": b"s"}, "InvalidParameterException", "You can't specify both a binary"),
        ({"KmsKeyId": "alias/mine"}, "InvalidParameterException", "KmsKeyId is not supported by Lambent: secrets are"),
        ({"AddReplicaRegions": [{"Region": "x"}]}, "InvalidParameterException", "AddReplicaRegions is not supported"),
        ({"Tags": [{"Key": "aws:x", "Value": ""}]}, "InvalidParameterException", "Tag keys that begin with aws: are"),
        ({"Tags": [{"Key": "x"}, {"Key": "x"}]}, "InvalidParameterException", "Duplicate tag keys."),
        ({"Tags": [{"Key": str(n)} for n in range(51)]}, "LimitExceededException", "You can't have more than 50 tags"),
    ],
)
async def test_what_is_refused(world: World, params: dict[str, object], code: str, text: str) -> None:
    found = await world.refused("CreateSecret", **({"Name": "a"} | params))
    assert (found[0], found[1][: len(text)]) == (code, text)


async def test_deletion_with_a_way_back(world: World) -> None:
    await world.call("CreateSecret", Name="a", SecretString="s")
    gone = await world.call("DeleteSecret", SecretId="a", RecoveryWindowInDays=7)
    assert gone["DeletionDate"] == world.clock.now() + 7 * DAY
    assert await world.refused("GetSecretValue", SecretId="a") == MARKED
    assert await world.refused("DeleteSecret", SecretId="a") == MARKED
    assert (await world.refused("CreateSecret", Name="a"))[1].startswith("You can't create this secret because")
    assert (await world.call("ListSecrets"))["SecretList"] == []
    (listed,) = (await world.call("ListSecrets", IncludePlannedDeletion=True))["SecretList"]
    assert listed["DeletedDate"] == world.clock.now()
    await world.call("RestoreSecret", SecretId="a")
    assert await world.text("a") == "s"
    await world.call("DeleteSecret", SecretId="a")
    world.clock.at += 30 * DAY
    assert await world.refused("DescribeSecret", SecretId="a") == NOT_FOUND
    assert await world.store.count("") == 0


async def test_deletion_at_once(world: World) -> None:
    await world.call("CreateSecret", Name="a", SecretString="s")
    await world.call("DeleteSecret", SecretId="a", ForceDeleteWithoutRecovery=True)
    assert await world.store.count("") == 0
    await world.call("DeleteSecret", SecretId="a", ForceDeleteWithoutRecovery=True)
    assert (await world.refused("DeleteSecret", SecretId="a"))[0] == "ResourceNotFoundException"
    assert await world.refused(
        "DeleteSecret", SecretId="a", RecoveryWindowInDays=7, ForceDeleteWithoutRecovery=True
    ) == (
        "InvalidParameterException",
        "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.",
    )
    assert await world.refused("DeleteSecret", SecretId="a", RecoveryWindowInDays=6) == (
        "InvalidParameterException",
        "The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).",
    )
