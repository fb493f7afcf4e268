"""What calls need."""

from __future__ import annotations

from typing import Any

import pytest

from lambent.services.access import UNGUARDED, Need
from lambent.services.xray.access import XrayAccess
from tests.unit.services.xray.conftest import ACCOUNT, AT, World
from tests.unit.services.xray.test_sampling_rules import rule

PREFIX = f"arn:aws:xray:us-east-1:{ACCOUNT}:"


@pytest.mark.parametrize(
    ("operation", "params", "resource"),
    [
        ("PutTraceSegments", {}, "*"),
        ("GetServiceGraph", {}, "*"),
        ("CreateSamplingRule", {"SamplingRule": rule()}, f"{PREFIX}sampling-rule/r"),
        ("DeleteSamplingRule", {"RuleName": "r"}, f"{PREFIX}sampling-rule/r"),
        ("CreateGroup", {"GroupName": "g"}, f"{PREFIX}group/g/*"),
        ("GetGroup", {"GroupARN": f"{PREFIX}group/g/1"}, f"{PREFIX}group/g/1"),
        ("TagResource", {"ResourceARN": f"{PREFIX}group/g/1"}, f"{PREFIX}group/g/1"),
    ],
)
async def test_needs(world: World, operation: str, params: dict[str, Any], resource: str) -> None:
    (need,) = await XrayAccess(world.repository).needs(operation, AT, params)
    assert (need.action, need.resource) == (f"xray:{operation}", resource)


async def test_tags_of_what_is_there(world: World) -> None:
    access = XrayAccess(world.repository)
    tags = [{"Key": "k", "Value": "v"}]
    group = (await world.call("CreateGroup", GroupName="g", Tags=tags))["Group"]["GroupARN"]
    await world.call("CreateSamplingRule", SamplingRule=rule(), Tags=tags)
    for resource in (group, f"{PREFIX}sampling-rule/r"):
        assert (await access.guard(Need("x", resource, ACCOUNT))).tags == {"k": "v"}
    for resource in ("*", f"{PREFIX}group/h/1", f"{PREFIX}sampling-rule/x"):
        assert await access.guard(Need("x", resource, ACCOUNT)) is UNGUARDED
