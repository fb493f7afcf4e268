"""Groups and rules by name."""

from __future__ import annotations

from lambent.services.access import Place
from lambent.services.xray.records import Group, Rule
from lambent.services.xray.repository import Repository
from lambent.store.memory import MemoryStore

HERE, THERE = Place("1", "r"), Place("2", "r")


async def test_each_account_has_its_own() -> None:
    repository = Repository(MemoryStore())
    group = Group("1", "r", "g", "id")
    assert await repository.add(group)
    assert not await repository.add(group)
    assert (await repository.groups(HERE), await repository.groups(THERE)) == ([group], [])
    await repository.delete(group)
    assert await repository.group(HERE, "g") is None


async def test_rules_are_tried_in_order_and_the_default_last() -> None:
    repository = Repository(MemoryStore())
    for name, priority in (("b", 2), ("a", 2), ("c", 1)):
        await repository.keep(Rule("1", "r", name, 0.0, 0.0, priority=priority))
    assert [rule.name for rule in await repository.rules(HERE)] == ["c", "a", "b", "Default"]
    assert [rule.name for rule in await repository.rules(THERE)] == ["Default"]
