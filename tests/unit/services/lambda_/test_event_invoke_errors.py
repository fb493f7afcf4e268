"""Every refusal is one that Lambda has."""

from __future__ import annotations

import pytest

from lambent.model.errors import ApiError
from lambent.services.lambda_ import event_invoke_errors
from tests.unit.services.lambda_.conftest import check_refusal, refusals


@pytest.mark.parametrize("error", refusals(event_invoke_errors), ids=lambda error: error.message[:40])
def test_codes(error: ApiError) -> None:
    if error.status == 413:  # of Lambda's front end
        assert error.code == "RequestEntityTooLargeException"
    else:
        check_refusal(error)
