"""The refusals of policies are the model's."""

from __future__ import annotations

import pytest

from lambent.model.errors import ApiError
from lambent.services.lambda_ import policy_errors
from tests.unit.services.lambda_.conftest import check_refusal, refusals


@pytest.mark.parametrize("error", refusals(policy_errors), ids=str)
def test_code_and_type(error: ApiError) -> None:
    check_refusal(error)
