"""What a caller hears who lost every race."""

from __future__ import annotations

from typing import Any

import pytest

from lambent.model.errors import ApiError
from lambent.services.lambda_.races import again_on_conflict
from lambent.store.base import Conflict


class Unlucky:
    @again_on_conflict
    async def get(self, ctx: Any, params: Any) -> dict[str, Any]:
        raise Conflict("key", 1, 2)


async def test_it_is_told_to_come_back() -> None:
    with pytest.raises(ApiError, match="The resource is being changed; please try again") as raised:
        await Unlucky().get(None, {})
    assert raised.value.code == "ResourceConflictException"
