"""Every refusal is one that IAM has."""

from __future__ import annotations

import pytest

from lambent.model.errors import ApiError
from lambent.services.iam import errors
from lambent.wire.model import load
from tests.unit.services.lambda_.conftest import refusals

COMMON = {"ValidationError", "AccessDenied", "InvalidInput"}


@pytest.mark.parametrize("error", refusals(errors), ids=lambda error: error.message[:40])
def test_codes(error: ApiError) -> None:
    codes = set(load("iam").errors)
    assert error.code in codes | COMMON
    assert error.message
