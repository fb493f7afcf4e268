"""Every refusal is one that Secrets Manager has."""

from __future__ import annotations

import pytest

from lambent.model.errors import ApiError
from lambent.services.secretsmanager import errors
from lambent.wire.model import load
from tests.unit.services.lambda_.conftest import refusals


@pytest.mark.parametrize("error", refusals(errors), ids=lambda error: f"{error.code} {error.message[:30]}")
def test_codes(error: ApiError) -> None:
    assert error.code in set(load("secretsmanager").errors) | {"ValidationException"}
