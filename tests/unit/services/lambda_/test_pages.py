"""Page sizes and markers."""

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
