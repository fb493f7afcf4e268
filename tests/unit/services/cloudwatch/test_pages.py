"""Pages."""

from __future__ import annotations

import pytest

from lambent.model.errors import ApiError
from lambent.services.cloudwatch.pages import page


def test_all_of_it_in_pages() -> None:
    seen: list[int] = []
    token: str | None = None
    while True:
        items, token = page(range(7), token, 3)
        seen += items
        if token is None:
            break
    assert seen == list(range(7))


@pytest.mark.parametrize("token", ["x", "LTE=", "eA=="])
def test_no_token_of_ours(token: str) -> None:
    with pytest.raises(ApiError, match="The next token specified is invalid"):
        page([1], token, 1)
