"""An ApiError carries what the client is shown, and defaults that mean "as the model says"."""

from __future__ import annotations

from lambent.model.errors import ApiError, PlatformError


def test_an_api_error_keeps_its_parts() -> None:
    error = ApiError(
        "TooManyRequestsException", "Rate", status=429, fields={"Reason": "x"}, headers={"Retry-After": "1"}
    )
    assert (error.code, error.message, error.status) == ("TooManyRequestsException", "Rate", 429)
    assert (error.fields, error.headers) == ({"Reason": "x"}, {"Retry-After": "1"})
    assert str(error) == "TooManyRequestsException: Rate"


def test_what_is_not_said_is_left_to_the_model() -> None:
    error = ApiError("X", "y")
    assert (error.status, dict(error.fields), dict(error.headers)) == (None, {}, {})


def test_the_families_are_apart() -> None:
    assert not issubclass(PlatformError, ApiError)
    assert not issubclass(ApiError, PlatformError)
