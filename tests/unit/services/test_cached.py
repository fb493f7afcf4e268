"""Records behind a cache: read once, right after every change, whoever made it."""

from __future__ import annotations

import msgspec

from lambent.bus.memory import MemoryBus
from lambent.services.cached import CachedRecords
from lambent.store.base import Record, Write
from lambent.store.memory import MemoryStore


class Counting(MemoryStore):
    """Counts reads; `meanwhile` is written in the midst of the next one."""

    def __init__(self) -> None:
        super().__init__()
        self.reads = 0
        self.meanwhile: tuple[CachedRecords, Write] | None = None

    async def get(self, key: str) -> Record | None:
        self.reads += 1
        found = await super().get(key)
        if self.meanwhile is not None:
            (records, write), self.meanwhile = self.meanwhile, None
            await records.commit(write)
        return found

    async def list(self, prefix: str, *, after: str = "", limit: int = 1000) -> list[Record]:
        self.reads += 1
        return await super().list(prefix, after=after, limit=limit)


def put(key: str, value: int) -> Write:
    return Write(key, msgspec.msgpack.encode(value))


async def test_records_and_lists_are_read_once_until_they_change() -> None:
    store, bus = Counting(), MemoryBus()
    async with bus:
        records, others = (CachedRecords(store, bus, "topic", 100) for _ in range(2))
        assert await records.get("a/x", int) is None and await records.all("a/", int) == []
        before, changes = store.reads, records.changes
        assert await records.get("a/x", int) is None and await records.all("a/", int) == []
        assert (store.reads, records.changes) == (before, changes)
        await records.commit(put("a/x", 1), put("a/y", 2), put("b/z", 3))
        assert records.changes > changes
        assert (await records.get("a/x", int), await records.all("a/", int)) == (1, [1, 2])
        await others.commit(put("a/x", 7))
        assert (await records.get("a/x", int), await records.all("a/", int)) == (7, [7, 2])


async def test_what_changed_while_it_was_read_is_not_remembered() -> None:
    store, bus = Counting(), MemoryBus()
    async with bus:
        records = CachedRecords(store, bus, "topic", 100)
        store.meanwhile = records, put("a", 1)
        assert await records.get("a", int) is None
        assert await records.get("a", int) == 1


async def test_no_more_than_so_many_are_remembered() -> None:
    store, bus = Counting(), MemoryBus()
    async with bus:
        records = CachedRecords(store, bus, "topic", 10)
        for number in range(1000):  # as somebody does who guesses keys
            await records.get(f"key/{number}", int)
        assert len(records._known) <= 10


async def test_what_nobody_would_name_so_long_is_not_remembered() -> None:
    store, bus = Counting(), MemoryBus()
    async with bus:
        records = CachedRecords(store, bus, "topic", 10)
        await records.commit(put("k" * 60_000, 1))
        assert await records.get("k" * 60_000, int) == 1
        assert await records.get("n" * 60_000, int) is None
        assert not records._known
