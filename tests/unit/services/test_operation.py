"""Marks on methods become callable operations."""

from __future__ import annotations

import pytest

from lambent.context import Context
from lambent.model.errors import ApiError
from lambent.services.operation import Params, Result, TooLong, marks, operation, operations


def _precheck(params: Params) -> None:
    raise ApiError("X", "y")


class One:
    @operation("CreateThing", body_limit=5, too_long=TooLong("E", "m"), precheck=_precheck)
    async def create(self, ctx: Context, params: Params) -> Result:
        return {"self": self, **params}

    async def not_one(self) -> None:
        raise AssertionError


class Two:
    @operation("GetThing")
    async def get(self, ctx: Context, params: Params) -> Result:
        return {}


async def test_operations_are_bound_methods_with_their_marks() -> None:
    one = One()
    found = operations(one, Two())
    assert list(found) == ["CreateThing", "GetThing"]
    assert await found["CreateThing"].handler(None, {"a": 1}) == {"self": one, "a": 1}  # type: ignore[arg-type]
    mark = found["CreateThing"].mark
    assert (mark.body_limit, mark.too_long, mark.precheck) == (5, TooLong("E", "m"), _precheck)
    assert found["GetThing"].mark.body_limit is None


def test_a_name_is_carried_once() -> None:
    with pytest.raises(ValueError, match="CreateThing"):
        operations(One(), One())


def test_marks_of_a_class() -> None:
    assert [mark.name for mark in marks(One)] == ["CreateThing"]
