"""The platform's own words about answers that it does not pass on as they are."""

from __future__ import annotations

import json

import pytest

from lambent.runtime_api.faults import content_type, header_type, reported_type, response_too_large


def test_too_large_in_the_words_of_aws() -> None:
    error = response_too_large(6291557).error
    assert error.error_type == "Function.ResponseSizeTooLarge"
    assert json.loads(error.payload) == {
        "errorType": "Function.ResponseSizeTooLarge",
        "errorMessage": "Response payload size (6291557 bytes) exceeded maximum allowed payload size (6291556 bytes).",
    }


@pytest.mark.parametrize(
    ("sent", "taken"),
    [
        ("ValueError", "ValueError"),
        ("Runtime.MarshalError", "Runtime.MarshalError"),
        ("Überfehler", "Überfehler"),
        ("", "Runtime.Unknown"),
        ("a\nREPORT RequestId", "Runtime.Unknown"),
        ("x" * 257, "Runtime.Unknown"),
    ],
)
def test_reported_types(sent: str, taken: str) -> None:
    assert reported_type(sent) == taken


@pytest.mark.parametrize(
    ("sent", "taken"),
    [
        (None, "Runtime.Unknown"),
        ("Runtime.ExitError", "Runtime.ExitError"),
        ("Function.MyError", "Function.MyError"),
        ("Function.myError", "Function.Unknown"),
        ("Runtime.my_error", "Runtime.Unknown"),
        ("ValueError", "Runtime.Unknown"),
        ("Runtime.Ok\tx", "Runtime.Unknown"),
    ],
)
def test_header_types(sent: str | None, taken: str) -> None:
    assert header_type(sent) == taken


@pytest.mark.parametrize("odd", ["", "a\r\nX-Injected: 1", "é", "x" * 257])
def test_content_types_that_are_no_header_value(odd: str) -> None:
    assert content_type(odd) == "application/octet-stream"
    assert content_type("image/png") == "image/png"
