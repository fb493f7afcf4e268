from __future__ import annotations

import msgspec
import pytest

from lambent.services.access import Place
from lambent.services.scheduler.repository import is_secret, key_of, key_of_arn
from lambent.store.base import Conflict
from tests.unit.services.scheduler.conftest import World
from tests.unit.services.scheduler.test_timing import BASE


async def test_schedules_of_every_place_are_found_among_other_records(world: World) -> None:
    other = msgspec.structs.replace(BASE, region="eu-central-1", account="111111111111")
    await world.store.put("000000000000/us-east-1/lambda/function/a/b", b"")
    await world.store.put("short", b"")
    for schedule in (BASE, other):
        await world.repository.put(schedule)
    assert [each async for each in world.repository.everything()] == [BASE, other]
    assert await world.repository.count(Place("111111111111", "eu-central-1"), "schedule") == 1


async def test_a_schedule_is_written_back_as_it_was_read(world: World) -> None:
    await world.repository.put(BASE)
    kept = await world.repository.at(key_of_arn(BASE.arn))
    assert kept is not None
    assert key_of(kept.schedule) == key_of_arn(BASE.arn)
    await world.repository.put(msgspec.structs.replace(BASE, cursor=1.0), kept)
    for stale in (world.repository.put(BASE, kept), world.repository.put(BASE), world.repository.drop_kept(kept)):
        with pytest.raises(Conflict):
            await stale


def test_what_users_put_in_is_secret() -> None:
    assert is_secret(key_of(BASE))
    assert not is_secret("000000000000/us-east-1/scheduler/group/jobs")
    assert not is_secret("short")
