"""What every Queue does, whatever holds its messages. Time is the caller's: nothing here waits."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lambent.queue.base import Message, Queue
from lambent.queue.memory import MemoryQueue
from lambent.queue.sqlite import SqliteQueue

BACKENDS = ["memory", "sqlite"]


def opened(backend: str, directory: Path) -> Queue:
    return MemoryQueue() if backend == "memory" else SqliteQueue(directory / "queue.db")


@pytest.fixture(params=BACKENDS)
async def queue(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Queue]:
    async with opened(request.param, tmp_path) as queue:
        yield queue


async def bodies(queue: Queue, *, limit: int = 10, now: float = 0.0, lease: float = 30.0) -> list[bytes]:
    return [message.body for message in await queue.take("q", limit=limit, now=now, lease=lease)]


async def test_messages_come_in_the_order_they_were_put(queue: Queue) -> None:
    first = await queue.put("q", [b"1", b"2"], now=5.0)
    second = await queue.put("q", [b"3"], now=5.0)
    assert first + second == sorted({*first, *second})
    taken = await queue.take("q", limit=2, now=5.0, lease=30.0)
    assert [(m.id, m.body, m.attempts, m.enqueued_at) for m in taken] == [
        (first[0], b"1", 1, 5.0),
        (first[1], b"2", 1, 5.0),
    ]
    assert await bodies(queue, now=5.0) == [b"3"]
    assert await bodies(queue, now=5.0) == []


async def test_put_nothing_take_nothing(queue: Queue) -> None:
    assert await queue.put("q", [], now=0.0) == []
    assert await queue.take("q", limit=10, now=0.0, lease=1.0) == []
    await queue.put("q", [b"1"], now=0.0)
    assert await queue.take("q", limit=0, now=0.0, lease=1.0) == []
    assert await queue.ack("q", []) == 0
    assert await queue.depth("q", now=0.0) == (1, 0)


async def test_a_delayed_message_waits_for_its_time(queue: Queue) -> None:
    await queue.put("q", [b"late"], now=0.0, visible_at=10.0)
    await queue.put("q", [b"soon"], now=1.0)
    assert await queue.depth("q", now=1.0) == (1, 1)
    assert await bodies(queue, now=9.999) == [b"soon"]
    assert await bodies(queue, now=10.0) == [b"late"]


async def test_what_is_put_late_does_not_overtake(queue: Queue) -> None:
    await queue.put("q", [b"1"], now=10.0)
    await queue.put("q", [b"2"], now=11.0, visible_at=3.0)
    assert await bodies(queue, now=11.0) == [b"1", b"2"]


async def test_a_lease_that_runs_out_gives_the_message_back(queue: Queue) -> None:
    await queue.put("q", [b"1"], now=0.0)
    [first] = await queue.take("q", limit=1, now=0.0, lease=30.0)
    assert await bodies(queue, now=29.9) == []
    [second] = await queue.take("q", limit=1, now=30.0, lease=30.0)
    assert (second.id, second.attempts, second.enqueued_at) == (first.id, 2, 0.0)
    assert second.receipt != first.receipt
    assert await queue.ack("q", [first]) == 0
    assert await queue.ack("q", [second]) == 1
    assert await bodies(queue, now=1000.0) == []


async def test_a_message_that_returns_queues_again(queue: Queue) -> None:
    await queue.put("q", [b"poison"], now=0.0)
    await bodies(queue, now=0.0, lease=5.0)
    await queue.put("q", [b"fresh"], now=1.0)
    assert await bodies(queue, now=6.0) == [b"fresh", b"poison"]


async def test_an_acknowledgement_holds_until_the_message_is_taken_again(queue: Queue) -> None:
    await queue.put("q", [b"1"], now=0.0)
    [message] = await queue.take("q", limit=1, now=0.0, lease=1.0)
    assert await queue.ack("q", [message]) == 1
    assert await queue.ack("q", [message]) == 0
    assert await queue.depth("q", now=100.0) == (0, 0)


async def test_acknowledgements_are_counted_once_each(queue: Queue) -> None:
    await queue.put("q", [b"1", b"2", b"3"], now=0.0)
    one, two, _ = await queue.take("q", limit=3, now=0.0, lease=1.0)
    stranger = Message(id=10**9, body=b"", receipt="no", attempts=1, enqueued_at=0.0)
    assert await queue.ack("q", [one, one, stranger, two]) == 2
    assert await bodies(queue, now=1.0) == [b"3"]


async def test_only_id_and_receipt_matter_to_ack_and_defer(queue: Queue) -> None:
    await queue.put("q", [b"1", b"2"], now=0.0)
    bare = [Message(m.id, b"", m.receipt, 0, 0.0) for m in await queue.take("q", limit=2, now=0.0, lease=9.0)]
    forged = msgspec.structs.replace(bare[0], receipt=bare[1].receipt)
    assert await queue.ack("q", [forged]) == 0
    assert not await queue.defer("q", forged, visible_at=0.0)
    assert await queue.defer("q", bare[1], visible_at=50.0)
    assert await queue.ack("q", bare) == 2


async def test_a_lease_can_be_given_back_or_extended(queue: Queue) -> None:
    await queue.put("q", [b"1"], now=0.0)
    [message] = await queue.take("q", limit=1, now=0.0, lease=10.0)
    assert await queue.defer("q", message, visible_at=60.0)
    assert await bodies(queue, now=59.0) == []
    assert await queue.defer("q", message, visible_at=20.0)
    assert await queue.depth("q", now=20.0) == (1, 0)
    [again] = await queue.take("q", limit=1, now=20.0, lease=10.0)
    assert again.attempts == 2
    assert not await queue.defer("q", message, visible_at=0.0)
    assert await queue.ack("q", [again]) == 1
    assert not await queue.defer("q", again, visible_at=0.0)


async def test_queues_do_not_know_each_other(queue: Queue) -> None:
    await queue.put("q", [b"q"], now=0.0)
    await queue.put("Q/é", [b"other"], now=0.0)
    [other] = await queue.take("Q/é", limit=10, now=0.0, lease=9.0)
    assert other.body == b"other"
    assert await queue.ack("q", [other]) == 0
    assert not await queue.defer("q", other, visible_at=0.0)
    assert await queue.depth("q", now=0.0) == (1, 0)
    assert await queue.depth("Q/é", now=0.0) == (0, 1)
    assert await queue.depth("absent", now=0.0) == (0, 0)


async def test_next_visible_is_when_to_look_again(queue: Queue) -> None:
    assert await queue.next_visible("q") is None
    await queue.put("q", [b"1"], now=1.0, visible_at=40.0)
    assert await queue.next_visible("q") == 40.0
    await queue.put("q", [b"2"], now=2.0)
    assert await queue.next_visible("q") == 2.0
    [message] = await queue.take("q", limit=1, now=2.0, lease=5.0)
    assert await queue.next_visible("q") == 7.0
    await queue.ack("q", [message])
    assert await queue.next_visible("q") == 40.0


async def test_many_takers_share_without_overlap(queue: Queue) -> None:
    put = await asyncio.gather(*(queue.put("q", [b"%d" % n] * 5, now=0.0) for n in range(20)))
    assert len({number for ids in put for number in ids}) == 100
    taken = await asyncio.gather(*(queue.take("q", limit=7, now=0.0, lease=9.0) for _ in range(20)))
    ids = [message.id for messages in taken for message in messages]
    assert len(ids) == len(set(ids)) == 100
    assert sum(await asyncio.gather(*(queue.ack("q", messages) for messages in taken))) == 100
    assert await queue.depth("q", now=0.0) == (0, 0)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.integers(0, 3), st.integers(0, 8)),
        st.tuples(st.just("take"), st.integers(0, 3), st.integers(1, 5)),
        st.tuples(st.just("ack"), st.integers(0, 20), st.just(0)),
        st.tuples(st.just("defer"), st.integers(0, 20), st.integers(0, 8)),
        st.tuples(st.just("wait"), st.integers(1, 5), st.just(0)),
    ),
    max_size=25,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_every_backend_answers_the_same(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int, int]]
) -> None:
    async def history(backend: str) -> list[object]:
        told: list[object] = []
        taken: list[Message] = []
        now = 0.0
        async with opened(backend, tmp_path_factory.mktemp("queue")) as queue:
            for action, a, b in steps:
                if action == "put":
                    told.append(await queue.put("q", [b"%d" % n for n in range(a)], now=now, visible_at=now + b - 2))
                elif action == "take":
                    taken += (messages := await queue.take("q", limit=a, now=now, lease=float(b)))
                    told.append(messages)
                elif action == "wait":
                    now += a
                elif taken and action == "ack":
                    told.append(await queue.ack("q", [taken[a % len(taken)]]))
                elif taken:
                    told.append(await queue.defer("q", taken[a % len(taken)], visible_at=now + b - 2))
                told.append((await queue.depth("q", now=now), await queue.next_visible("q")))
        return told

    memory, sqlite = (asyncio.run(history(backend)) for backend in BACKENDS)
    assert memory == sqlite


async def test_which_queues_hold_anything(queue: Queue) -> None:
    assert await queue.names() == []
    await queue.put("b", [b"1"], now=0.0)
    await queue.put("a", [b"1"], now=0.0, visible_at=9.0)
    assert await queue.names() == ["a", "b"]
    await queue.ack("b", await queue.take("b", limit=1, now=0.0, lease=1.0))
    assert await queue.names() == ["a"]


async def test_reopening_ends_leases_and_no_delays(queue: Queue) -> None:
    await queue.put("q", [b"leased"], now=0.0)
    await queue.put("q", [b"delayed"], now=0.0, visible_at=50.0)
    (held,) = await queue.take("q", limit=1, now=0.0, lease=100.0)
    assert await queue.reopen(now=1.0) == ["q"]
    assert await bodies(queue, now=1.0) == [b"leased"]
    assert await queue.ack("q", [held]) == 0
    assert await queue.next_visible("q") == 31.0
    assert await bodies(queue, now=50.0) == [b"leased", b"delayed"]


async def test_reopening_can_spare_what_was_deferred(queue: Queue) -> None:
    await queue.put("q", [b"leased", b"deferred"], now=0.0)
    leased, deferred = await queue.take("q", limit=2, now=0.0, lease=1000.0)
    assert await queue.defer("q", deferred, visible_at=50.0)
    assert await queue.reopen(now=1.0, beyond=500.0) == ["q"]
    assert await bodies(queue, now=1.0) == [b"leased"]
    assert await queue.ack("q", [leased]) == 0
    assert await bodies(queue, limit=1, now=50.0) == [b"leased"]
    assert await bodies(queue, now=50.0) == [b"deferred"]
