"""How far readers are."""

from __future__ import annotations

from lambent.observe.log_names import Group
from lambent.services.logs.progress import METRICS, Progress
from lambent.services.logs.repository import Repository
from lambent.store.memory import MemoryStore


async def test_each_reader_has_its_place_in_each_stream() -> None:
    repository, group = Repository(MemoryStore()), Group("1", "r", "g")
    one, other = Progress(repository, group, "sub"), Progress(repository, group, METRICS)
    await one.keep({"a": 1, "b": 2})
    await other.keep({"a": 7})
    assert (await one.at("a"), await one.at("b"), await other.at("a"), await other.at("b")) == (1, 2, 7, None)
    await one.retain({"b", "c"})
    assert (await one.at("a"), await one.at("b"), await other.at("a")) == (None, 2, 7)
    await one.retain(())
    assert (await one.at("b"), await other.at("a")) == (None, 7)
