"""What is the memory store's own: the rest is tests/contract/test_store.py."""

from __future__ import annotations

from lambent.store.base import Write
from lambent.store.memory import MemoryStore


async def test_two_stores_share_nothing() -> None:
    one, two = MemoryStore(), MemoryStore()
    await one.put("a", b"1")
    assert await two.get("a") is None and await two.count("") == 0


async def test_writing_and_deleting_many_leaves_nothing() -> None:
    store = MemoryStore()
    await store.transact([Write(f"k{n % 7}/{n}", b"") for n in range(500)])
    assert await store.count("k3/") == len([n for n in range(500) if n % 7 == 3])
    for n in range(500):
        assert await store.delete(f"k{n % 7}/{n}")
    assert await store.count("") == 0 and await store.list("") == []


async def test_records_outlive_leaving_the_store() -> None:
    # As a file's would: tests stop and start a server on one MemoryStore.
    store = MemoryStore()
    async with store:
        revision = await store.put("a", b"1")
    async with store:
        assert await store.put("a", b"2", expect=revision) > revision
