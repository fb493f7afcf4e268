"""An operation that loses a race is done again."""

from __future__ import annotations

from typing import Any

import pytest

from lambent.model.errors import ApiError
from lambent.services.operation import Result, marks, operation
from lambent.services.races import again_or
from lambent.store.base import Conflict


class Unlucky:
    """Loses its first `races` races."""

    def __init__(self, races: int) -> None:
        self.races = races
        self.tries = 0

    @operation("GetAlias")
    @again_or(lambda: ApiError("ResourceConflictException", "come back"))
    async def get(self, ctx: Any, params: Any) -> Result:
        self.tries += 1
        if self.tries <= self.races:
            raise Conflict("key", 1, 2)
        return {"tries": self.tries}


async def test_until_it_wins() -> None:
    assert await Unlucky(3).get(None, {}) == {"tries": 4}


async def test_but_not_for_ever() -> None:
    unlucky = Unlucky(10_000)
    with pytest.raises(ApiError, match="come back"):
        await unlucky.get(None, {})
    assert unlucky.tries == 20


async def test_the_mark_stays() -> None:
    assert [mark.name for mark in marks(Unlucky)] == ["GetAlias"]
