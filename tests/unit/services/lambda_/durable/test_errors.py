"""The refusals of durable executions are the model's."""

from __future__ import annotations

import pytest

from lambent.model.errors import ApiError
from lambent.services.lambda_.durable import errors
from tests.unit.services.lambda_.conftest import check_refusal, refusals


@pytest.mark.parametrize("error", refusals(errors), ids=str)
def test_code_and_type(error: ApiError) -> None:
    check_refusal(error)


def test_how_executions_end_by_themselves() -> None:
    for fault in (errors.execution_timed_out(1), errors.invoke_timed_out(1), errors.invalid_output("x")):
        assert set(fault) == {"ErrorMessage", "ErrorType"}
