"""Where alarms are kept."""

from __future__ import annotations

from lambent.services.access import Place
from lambent.services.cloudwatch.records import Alarm, HistoryItem
from lambent.services.cloudwatch.repository import Repository
from lambent.store.memory import MemoryStore

HERE, THERE = Place("1", "r"), Place("2", "s")


async def test_everybodys_alarms_are_found() -> None:
    repository = Repository(MemoryStore())
    for at in (HERE, THERE):
        await repository.keep(Alarm(at.account, at.region, "a", {}, None, 0.0))
    assert [(alarm.account, alarm.name) for alarm in await repository.everybodys()] == [("1", "a"), ("2", "a")]
    await repository.delete(HERE, ["a"])
    assert [alarm.account for alarm in await repository.everybodys()] == ["2"]
    assert await repository.alarms(HERE) == []


async def test_history_is_forgotten_by_age_and_only_ones_own() -> None:
    repository = Repository(MemoryStore())
    for name in ("a", "a/b"):
        alarm = Alarm("1", "r", name, {}, None, 0.0)
        for at in (1.0, 2.0, 3.0):
            await repository.keep(alarm, HistoryItem(at, "StateUpdate", f"{name} {at}", ""))
    await repository.forget(HERE, "a", before=2.5)
    assert [item.at for _, item in await repository.history(HERE, "a")] == [3.0]
    assert [item.at for _, item in await repository.history(HERE, "a/b")] == [1.0, 2.0, 3.0]
