"""Every refusal is one that X-Ray has."""

from __future__ import annotations

import pytest

from lambent.model.errors import ApiError
from lambent.services.xray import errors
from lambent.wire.model import load
from tests.unit.services.lambda_.conftest import refusals


@pytest.mark.parametrize("error", refusals(errors), ids=lambda error: f"{error.code} {error.message[:30]}")
def test_codes(error: ApiError) -> None:
    assert error.code in load("xray").errors
