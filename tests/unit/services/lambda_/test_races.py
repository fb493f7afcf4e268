"""An operation that loses a race is done again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lambent.model.errors import ApiError
from lambent.services.lambda_.races import again_on_conflict
from lambent.services.operation import Result, marks, operation
from lambent.store.base import Conflict

if TYPE_CHECKING:
    from tests.unit.services.lambda_.conftest import World


class Unlucky:
    """Loses its first `races` races."""

    def __init__(self, races: int) -> None:
        self.races = races
        self.tries = 0

    @operation("GetAlias")
    @again_on_conflict
    async def get(self, ctx: Any, params: Any) -> Result:
        self.tries += 1
        if self.tries <= self.races:
            raise Conflict("key", 1, 2)
        return {"tries": self.tries}


async def test_until_it_wins(world: World) -> None:
    assert await Unlucky(3).get(world.ctx(), {}) == {"tries": 4}


async def test_but_not_for_ever(world: World) -> None:
    unlucky = Unlucky(10_000)
    with pytest.raises(ApiError, match="ResourceConflictException"):
        await unlucky.get(world.ctx(), {})
    assert unlucky.tries == 20


async def test_the_mark_stays() -> None:
    assert [mark.name for mark in marks(Unlucky)] == ["GetAlias"]
