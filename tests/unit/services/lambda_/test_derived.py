"""A memory that every change of a function empties."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lambent.services.lambda_ import derived
from lambent.services.lambda_.derived import Derived
from lambent.services.lambda_.repository import Head, put_head

if TYPE_CHECKING:
    from tests.unit.services.lambda_.conftest import World


async def test_remembered_until_a_function_changes(world: World) -> None:
    memory = Derived[str, int](world.repository)
    assert memory.get("a") is None
    assert memory.keep("a", 1, memory.changes) == 1
    assert memory.get("a") == 1
    await world.repository.commit(put_head(world.ctx(), Head("f", 1.0)))
    assert memory.get("a") is None


async def test_what_a_change_overtook_is_not_remembered(world: World) -> None:
    memory = Derived[str, int](world.repository)
    changes = memory.changes
    await world.repository.commit(put_head(world.ctx(), Head("f", 1.0)))
    assert memory.keep("a", 1, changes) == 1
    assert memory.get("a") is None


def test_bounded(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(derived, "REMEMBERED", 2)
    memory = Derived[str, int](world.repository)
    for key in ("a", "b", "c"):
        memory.keep(key, 1, memory.changes)
    assert [memory.get(key) for key in ("a", "b", "c")] == [None, None, 1]
