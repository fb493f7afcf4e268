"""Everything that can be told to the pool is understood by it."""

from __future__ import annotations

import typing
from typing import Any

import msgspec
import pytest

from lambent.invoke.events import Action, Arrived, Event, Freed, Ready
from lambent.invoke.pool import Pool
from lambent.invoke.turns import Rate

KNOWN = {"environment": 1, "ticket": 7, "now": 1.0, "error": RuntimeError(), "arn": "x", "keep": None, "shares": ()}


def example(kind: type[Any], function: Any) -> Any:
    values = {**KNOWN, "function": function}
    return kind(**{field.name: values.get(field.name, 1) for field in msgspec.structs.fields(kind) if field.required})


@pytest.mark.parametrize("kind", typing.get_args(Event))
def test_the_pool_answers_every_event_with_actions(kind: type[Any], function) -> None:
    pool = Pool(starts=4, idle_seconds=10, lifetime_seconds=100, scaling=Rate(1000, 10), allocation=Rate(100, 1))
    pool.handle(Arrived(0, function(), 0.0))
    if kind is Freed:
        pool.handle(Ready(1, 0.0))
    actions = pool.handle(example(kind, function()))
    assert all(isinstance(action, typing.get_args(Action)) for action in actions)


@pytest.mark.parametrize("kind", typing.get_args(Event) + typing.get_args(Action))
def test_events_and_actions_are_values(kind: type[Any], function) -> None:
    value = example(kind, function())
    assert value == example(kind, function())
    with pytest.raises(AttributeError):
        setattr(value, msgspec.structs.fields(kind)[0].name, 2)
