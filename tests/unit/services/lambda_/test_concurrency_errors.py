"""The refusals of concurrency are the model's."""

from __future__ import annotations

import pytest

from lambent.model.errors import ApiError
from lambent.services.lambda_ import concurrency_errors
from tests.unit.services.lambda_.conftest import check_refusal, refusals


@pytest.mark.parametrize("error", refusals(concurrency_errors), ids=str)
def test_code_and_type(error: ApiError) -> None:
    if error.code == "TooManyRequestsException":
        assert error.fields["Reason"] == "CallerRateLimitExceeded"
    else:
        check_refusal(error)
