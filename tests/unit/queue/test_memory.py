"""What is the memory queue's own: the rest is tests/contract/test_queue.py."""

from __future__ import annotations

from lambent.queue.memory import MemoryQueue


async def test_two_stores_of_queues_share_nothing() -> None:
    one, two = MemoryQueue(), MemoryQueue()
    await one.put("q", [b"1"], now=0.0)
    assert await two.depth("q", now=0.0) == (0, 0)


async def test_messages_outlive_leaving_the_queue() -> None:
    queue = MemoryQueue()
    async with queue:
        await queue.put("q", [b"1"], now=0.0)
    async with queue:
        assert [message.body for message in await queue.take("q", limit=1, now=0.0, lease=1.0)] == [b"1"]


async def test_receipts_of_one_queue_open_no_other() -> None:
    queue = MemoryQueue()
    await queue.put("one", [b"1"], now=0.0)
    [message] = await queue.take("one", limit=1, now=0.0, lease=1.0)
    assert await queue.ack("two", [message]) == 0
    assert await queue.ack("one", [message]) == 1
