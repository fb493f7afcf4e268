"""Groups as operations see them."""

from __future__ import annotations

import pytest

from lambent.model.errors import ApiError
from lambent.observe.log_names import Group
from lambent.services.logs import limits
from lambent.services.logs.archive import checked
from lambent.services.logs.records import Settings
from tests.unit.services.logs.conftest import ACCOUNT, REGION, World

GROUP = Group(ACCOUNT, REGION, "g")


async def test_groups_that_are_there(world: World) -> None:
    with pytest.raises(ApiError, match=r"The specified log group does not exist\."):
        await world.archive.group(world.ctx(), {"logGroupName": "g"})
    await world.stream()
    assert await world.archive.group(world.ctx(), {"logGroupName": "g"}) == GROUP
    assert await world.archive.oldest(GROUP) == 0
    await world.archive.say(GROUP, Settings(3))
    assert await world.archive.oldest(GROUP) == world.now - 3 * limits.DAY_MS


async def test_pages_are_filtered(world: World) -> None:
    await world.stream()
    await world.put("a ERROR", "b")
    page = await world.archive.page(GROUP, ["s"], pattern="ERROR", limit=10)
    assert [each.message for each in page.events] == ["a ERROR"]


def test_patterns() -> None:
    with pytest.raises(ApiError, match=r"Invalid filter pattern: } is missing at character 10\."):
        checked("{ $.a = 1")
