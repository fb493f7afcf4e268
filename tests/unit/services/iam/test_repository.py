"""Where identities are kept."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from lambent.services.iam.records import User
from lambent.services.iam.repository import drop, put
from lambent.store.base import Conflict
from tests.unit.services.iam.conftest import ACCOUNT

if TYPE_CHECKING:
    from tests.unit.services.iam.conftest import World


def user(name: str, path: str = "/") -> User:
    return User(name=name, path=path, id="AIDA", created=1.0)


async def test_what_is_written_is_read(world: World) -> None:
    repository = world.repository
    assert await repository.get(User, ACCOUNT, "ann") is None
    await repository.commit(put(ACCOUNT, user("ann")))
    assert await repository.get(User, ACCOUNT, "ANN") == user("ann")
    assert await repository.get(User, "999999999999", "ann") is None
    found = await repository.kept(User, ACCOUNT, "ann")
    assert found is not None
    await repository.commit(put(ACCOUNT, user("ann", "/x/"), found[1]))
    assert await repository.get(User, ACCOUNT, "ann") == user("ann", "/x/")
    with pytest.raises(Conflict):
        await repository.commit(drop(found[1]))


async def test_a_write_during_a_read_is_not_covered_by_it(world: World) -> None:
    repository = world.repository
    await repository.commit(put(ACCOUNT, user("ann")))
    reading = asyncio.ensure_future(repository.get(User, ACCOUNT, "ann"))
    found = await repository.kept(User, ACCOUNT, "ann")
    assert found is not None
    await repository.commit(put(ACCOUNT, user("ann", "/x/"), found[1]))
    await reading
    assert await repository.get(User, ACCOUNT, "ann") == user("ann", "/x/")


async def test_every_one_of_more_than_a_page(world: World) -> None:
    await world.repository.commit(*(put(ACCOUNT, user(f"u{number:04}")) for number in range(1001)))
    assert [each.name for each in await world.repository.every(User, ACCOUNT)] == [f"u{n:04}" for n in range(1001)]


async def test_changes_are_counted(world: World) -> None:
    before = world.repository.changes
    await world.repository.commit(put(ACCOUNT, user("ann")))
    assert world.repository.changes > before
