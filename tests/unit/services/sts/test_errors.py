"""Every refusal is one that STS has."""

from __future__ import annotations

import pytest

from lambent.model.errors import ApiError
from lambent.services.sts import errors
from lambent.wire.model import load
from tests.unit.services.lambda_.conftest import refusals

COMMON = {"ValidationError", "AccessDenied"}


@pytest.mark.parametrize("error", refusals(errors), ids=lambda error: error.message[:40])
def test_codes(error: ApiError) -> None:
    assert error.code in set(load("sts").errors) | COMMON
    assert error.message
