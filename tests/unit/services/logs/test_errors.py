"""Refusals in words."""

from __future__ import annotations

from lambent.services.logs import errors


def test_words() -> None:
    assert str(errors.no_group()) == "ResourceNotFoundException: The specified log group does not exist."
    assert str(errors.unsupported("x", "y")) == "InvalidParameterException: x is not supported by Lambent: y."
    assert errors.busy().status == 503
    assert errors.malformed_query("z").message == "Invalid query: z."
