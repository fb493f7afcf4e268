"""Page sizes, markers, and what a filter leaves."""

from __future__ import annotations

from base64 import urlsafe_b64encode

import pytest

from lambent.model.errors import ApiError
from lambent.services.lambda_ import pages


@pytest.mark.parametrize(("params", "size"), [({}, 50), ({"MaxItems": 1}, 1), ({"MaxItems": 10_000}, 50)])
def test_size(params: dict[str, int], size: int) -> None:
    assert pages.size(params) == size


def test_a_marker_leads_back() -> None:
    assert pages.position_of({"Marker": pages.marker("f", "$LATEST")}, 2) == ("f", "$LATEST")
    assert pages.position_of({}, 2) == ()
    assert pages.position_of({"Marker": ""}, 2) == ()


@pytest.mark.parametrize(
    "marker",
    ["!", "é", "YQ", pages.marker("a", "b"), pages.marker(""), urlsafe_b64encode(b"\x91\x01").decode(), "////"],
)
def test_other_markers_are_refused(marker: str) -> None:
    with pytest.raises(ApiError, match="InvalidParameterValueException"):
        pages.position_of({"Marker": marker}, 1)


@pytest.mark.parametrize("count", [1, 3, 50, 334, 335, 400])
async def test_matching(count: int) -> None:
    everything = [f"{number:04d}" for number in range(1000)]
    asked = []

    async def more(after: str, limit: int) -> list[str]:
        asked.append(after)
        return [item for item in everything if item > after][:limit]

    found = await pages.matching(more, after="0003", key=str, matches=lambda item: int(item) % 3 == 0, count=count)
    assert found == [item for item in everything if item > "0003" and int(item) % 3 == 0][:count]
    assert len(asked) <= count // 66 + 1
