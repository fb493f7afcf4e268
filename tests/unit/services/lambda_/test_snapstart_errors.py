"""The texts of SnapStart's refusals."""

from __future__ import annotations

from lambent.services.lambda_ import snapstart_errors


def test_what_excludes_it() -> None:
    error = snapstart_errors.not_with("python3.11")
    assert (error.code, error.message) == (
        "InvalidParameterValueException",
        "python3.11 is not supported for SnapStart enabled functions.",
    )
