"""Every refusal is one that the model (or AWS's front end) has, and says who is at fault."""

from __future__ import annotations

import pytest

from lambent.model.errors import ApiError
from lambent.services.lambda_ import errors
from tests.unit.services.lambda_.conftest import check_refusal, refusals


@pytest.mark.parametrize("error", refusals(errors), ids=str)
def test_code_and_type(error: ApiError) -> None:
    check_refusal(error)
