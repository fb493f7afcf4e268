"""Pages of listings."""

from __future__ import annotations

import pytest

from lambent.model.errors import ApiError
from lambent.services.events.pages import page
from lambent.services.operation import Params, Result


def names(params: Params) -> Result:
    return page(params, "Names", ["c", "a", "b"], str, str)


def test_one_behind_the_other() -> None:
    first = names({"Limit": 2})
    assert first["Names"] == ["a", "b"]
    assert names({"Limit": 2, "NextToken": first["NextToken"]}) == {"Names": ["c"]}
    assert names({}) == {"Names": ["a", "b", "c"]}


@pytest.mark.parametrize("token", ["%", "/w=="])
def test_no_token_of_ours(token: str) -> None:
    with pytest.raises(ApiError, match="Invalid token"):
        names({"NextToken": token})
