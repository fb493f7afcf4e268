"""Where things are kept, and what is known of them without asking."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lambent.services.events.repository import TOPIC, put_rule, rule_named
from lambent.store.base import Conflict
from tests.unit.services.events.conftest import AT

if TYPE_CHECKING:
    from tests.unit.services.events.conftest import World


async def test_rules_are_read_once_until_they_change(world: World) -> None:
    await world.rule("r", '{"a": ["b"]}')
    await world.settle()
    known = await world.repository.rules(AT, "default")
    assert await world.repository.rules(AT, "default") is known
    await world.rule("s", '{"a": ["b"]}')
    assert [rule.name for rule in await world.repository.rules(AT, "default")] == ["r", "s"]


async def test_a_write_on_what_was_not_read_is_refused(world: World) -> None:
    await world.rule("r", '{"a": ["b"]}')
    (rule,) = await world.repository.rules(AT, "default")
    with pytest.raises(Conflict):
        await world.repository.commit(*put_rule(rule))


async def test_changes_are_told_by_key(world: World) -> None:
    heard: list[str] = []
    world.wire.subscribe(TOPIC, lambda topic, key: heard.append(key))
    await world.rule("r", '{"a": ["b"]}')
    await world.call("CreateEventBus", Name="b")
    await world.settle()
    assert [rule_named(key) for key in heard] == [(AT, "default", "r"), None]
