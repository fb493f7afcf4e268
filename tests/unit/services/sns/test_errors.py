"""Every refusal is one that SNS has."""

from __future__ import annotations

import pytest

from lambent.model.errors import ApiError
from lambent.services.sns import errors
from lambent.wire.model import load
from tests.unit.services.lambda_.conftest import refusals


@pytest.mark.parametrize("error", refusals(errors), ids=lambda error: f"{error.code} {error.message[:30]}")
def test_codes(error: ApiError) -> None:
    known = {shape.error_code: shape.error_status for shape in load("sns").errors.values()}
    assert error.status == known[error.code]
