"""Pages."""

from __future__ import annotations

from typing import Any

import pytest

from lambent.model.errors import ApiError
from lambent.services.iam.pages import page


def one(**params: Any) -> dict[str, Any]:
    return page(params, "Items", ["b", "A", "c"], str, str.upper)


def test_in_order_whatever_the_case() -> None:
    assert one() == {"Items": ["A", "B", "C"], "IsTruncated": False}


def test_one_after_the_other() -> None:
    first = one(MaxItems=2)
    assert first["Items"] == ["A", "B"]
    assert first["IsTruncated"]
    assert one(MaxItems=2, Marker=first["Marker"]) == {"Items": ["C"], "IsTruncated": False}


def test_a_marker_outlives_what_it_points_at() -> None:
    marker = one(MaxItems=2)["Marker"]
    assert page({"Marker": marker}, "Items", ["a", "c", "d"], str, str)["Items"] == ["c", "d"]


@pytest.mark.parametrize("marker", ["?", "a", "_w=="])
def test_made_up_markers(marker: str) -> None:
    with pytest.raises(ApiError) as raised:
        one(Marker=marker)
    assert raised.value.message == "Invalid Marker."
