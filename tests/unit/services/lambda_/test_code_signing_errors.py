"""The refusals of code signing are the model's."""

from __future__ import annotations

import pytest

from lambent.model.errors import ApiError
from lambent.services.lambda_ import code_signing_errors
from tests.unit.services.lambda_.conftest import check_refusal, refusals


@pytest.mark.parametrize("error", refusals(code_signing_errors), ids=str)
def test_code_and_type(error: ApiError) -> None:
    check_refusal(error)
