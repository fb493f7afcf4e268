"""Tags, and the encryption that there is."""

from __future__ import annotations

import pytest

from tests.unit.services.xray.conftest import World
from tests.unit.services.xray.test_sampling_rules import rule


async def test_added_taken_away_listed(world: World) -> None:
    group = (await world.call("CreateGroup", GroupName="g", Tags=[{"Key": "old", "Value": "1"}]))["Group"]["GroupARN"]
    made = await world.call("CreateSamplingRule", SamplingRule=rule(), Tags=[{"Key": "old", "Value": "1"}])
    for arn in (group, made["SamplingRuleRecord"]["SamplingRule"]["RuleARN"]):
        await world.call("TagResource", ResourceARN=arn, Tags=[{"Key": "new", "Value": "2"}])
        await world.call("UntagResource", ResourceARN=arn, TagKeys=["old"])
        assert (await world.call("ListTagsForResource", ResourceARN=arn))["Tags"] == [{"Key": "new", "Value": "2"}]


@pytest.mark.parametrize("arn", ["x", "arn:aws:xray:us-east-1:000000000000:group/g/id"])
async def test_what_is_not_there(world: World, arn: str) -> None:
    assert await world.refused("ListTagsForResource", ResourceARN=arn) == f"{arn} does not exist."


async def test_encryption_cannot_be_chosen(world: World) -> None:
    config = {"EncryptionConfig": {"Status": "ACTIVE", "Type": "NONE"}}
    assert await world.call("GetEncryptionConfig") == await world.call("PutEncryptionConfig", Type="NONE") == config
    assert "not encrypted under keys of KMS" in await world.refused("PutEncryptionConfig", Type="KMS", KeyId="k")
