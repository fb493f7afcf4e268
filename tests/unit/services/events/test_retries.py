"""What follows a failure."""

from __future__ import annotations

import pytest

from lambent.model.errors import ApiError
from lambent.services.events.delivery_errors import Failure
from lambent.services.events.records import Target
from lambent.services.events.retries import Spent, failure, following


@pytest.mark.parametrize(
    ("error", "code", "again"),
    [
        (ApiError("AccessDeniedException", "no", status=403), "NO_PERMISSIONS", False),
        (ApiError("AccessDenied", "no"), "NO_PERMISSIONS", False),
        (ApiError("QueueDoesNotExist", "no", status=400), "NO_RESOURCE", False),
        (ApiError("ResourceNotFoundException", "no", status=404), "NO_RESOURCE", False),
        (ApiError("TooManyRequestsException", "no", status=429), "THROTTLING", True),
        (ApiError("OverLimit", "no", status=400), "THROTTLING", True),
        (ApiError("ServiceUnavailable", "no", status=503), "ERROR_FROM_TARGET", True),
        (ApiError("ResourceConflictException", "no", status=409), "ERROR_FROM_TARGET", True),
        (ApiError("InvalidParameterValue", "no", status=400), "SDK_CLIENT_ERROR", False),
    ],
)
def test_what_refusals_mean(error: ApiError, code: str, again: bool) -> None:
    assert failure(error) == Failure(code, "no", again)


def test_pauses_double_with_jitter() -> None:
    target = Target(id="1", arn="a")
    pauses = [following(target, before, 0.0, 0.0, 0.0) for before in (0, 1, 5, 30)]
    assert pauses == [0.5, 1.0, 16.0, 300.0]
    assert following(target, 3, 0.0, 100.0, 0.999) == pytest.approx(107.996)


def test_a_day_and_185_attempts_unless_the_target_says_otherwise() -> None:
    usual = Target(id="1", arn="a")
    assert following(usual, 185, 0.0, 1.0, 0.0) is Spent.ATTEMPTS
    assert following(usual, 0, 0.0, 86_400.0, 0.0) is Spent.AGE
    strict = Target(id="1", arn="a", attempts=0, age=60)
    assert following(strict, 0, 0.0, 1.0, 0.0) is Spent.ATTEMPTS
    assert following(Target(id="1", arn="a", age=60), 9, 0.0, 30.0, 0.0) is Spent.AGE
