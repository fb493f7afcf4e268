"""What the two kinds of exception carry."""

from __future__ import annotations

import pytest

from lambent.model.errors import ApiError, PlatformError


def test_an_api_error_carries_what_the_client_sees() -> None:
    error = ApiError(
        "TooManyRequestsException",
        "Rate Exceeded.",
        status=429,
        fields={"Reason": "ConcurrentInvocationLimitExceeded"},
        headers={"Retry-After": "1"},
    )
    assert (error.code, error.message, error.status) == ("TooManyRequestsException", "Rate Exceeded.", 429)
    assert error.fields == {"Reason": "ConcurrentInvocationLimitExceeded"}
    assert error.headers == {"Retry-After": "1"}
    assert str(error) == "TooManyRequestsException: Rate Exceeded."


def test_status_is_the_models_and_nothing_is_added_unless_said() -> None:
    error = ApiError("ResourceNotFoundException", "Function not found")
    assert (error.status, error.fields, error.headers) == (None, {}, {})


def test_the_families_are_apart() -> None:
    with pytest.raises(PlatformError, match="disk"):
        raise PlatformError("disk")
    assert not issubclass(PlatformError, ApiError) and not issubclass(ApiError, PlatformError)
