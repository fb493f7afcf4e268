"""Every refusal is one that the model (or AWS's front end) has, and says who is at fault."""

from __future__ import annotations

import inspect

import pytest

from lambent.model.errors import ApiError
from lambent.services.lambda_ import errors
from lambent.wire.model import load

OUTSIDE_THE_MODEL = {"ValidationException", "AccessDeniedException"}


def refusals() -> list[ApiError]:
    """Each function of the module, called with made-up words."""
    found = []
    for _, function in inspect.getmembers(errors, inspect.isfunction):
        if function.__module__ != errors.__name__:
            continue
        made = function(
            *(["x"] if "Iterable" in p.annotation else "x" for p in inspect.signature(function).parameters.values())
        )
        if isinstance(made, ApiError):
            found.append(made)
    return found


@pytest.mark.parametrize("error", refusals(), ids=str)
def test_code_and_type(error: ApiError) -> None:
    modelled = load("lambda").errors.get(error.code)
    if modelled is None:
        assert error.code in OUTSIDE_THE_MODEL
    else:
        assert error.fields == {"Type": "User"}
    assert error.message
