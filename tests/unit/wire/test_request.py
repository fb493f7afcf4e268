"""The values at the codec's boundary."""

from __future__ import annotations

from lambent.wire.request import WireError, WireResponse


def test_headers_are_found_in_any_case() -> None:
    response = WireResponse(200, [("Content-Type", "a"), ("content-type", "b")])
    assert response.header("CONTENT-TYPE") == "a"
    assert response.header("etag") is None


def test_an_error_says_its_code_and_message() -> None:
    error = WireError("SerializationException", "why")
    assert (str(error), error.code, error.message, error.status) == (
        "SerializationException: why",
        "SerializationException",
        "why",
        400,
    )
    assert str(WireError("MissingAction", "")) == "MissingAction"
