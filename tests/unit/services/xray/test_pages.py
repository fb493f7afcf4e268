"""Pages."""

from __future__ import annotations

import pytest

from lambent.model.errors import ApiError
from lambent.services.xray.pages import page


def test_all_of_it_in_pages() -> None:
    first, token = page(range(5), None, 3)
    assert list(first) == [0, 1, 2]
    rest, none = page(range(5), token["NextToken"], 3)
    assert (list(rest), none) == ([3, 4], {})


def test_no_token_of_ours() -> None:
    with pytest.raises(ApiError, match="Invalid NextToken"):
        page([1], "x", 1)
