"""Pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lambent.model.errors import ApiError
from lambent.services.kms import pages

if TYPE_CHECKING:
    from tests.unit.services.kms.conftest import World


async def test_keys_a_page_at_a_time(world: World) -> None:
    made = sorted([await world.key() for _ in range(5)])
    seen: list[str] = []
    marker: dict[str, str] = {}
    while True:
        page = await world.call("ListKeys", Limit=2, **marker)
        seen += [key["KeyId"] for key in page["Keys"]]
        if not page["Truncated"]:
            break
        marker = {"Marker": page["NextMarker"]}
    assert seen == made


def test_a_marker_that_nobody_gave() -> None:
    with pytest.raises(ApiError) as raised:
        pages.position({"Marker": "?"})
    assert raised.value.code == "InvalidMarkerException"
    assert pages.position({}) == ""
    assert pages.size({"Limit": 5000}) == 1000
