"""The mailbox: what SQS's promises rest on, held against a model, and over a restart."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from lambent.services.sqs.mailbox import Counts, Mailbox
from lambent.services.sqs.records import Letter

HELD = 10.0


def letter(content: bytes, now: float = 0.0, group: str | None = None, deduplication: str | None = None) -> Letter:
    return Letter(
        content=content, sent=now, visible_at=now, expires=now + 1e6, group=group, deduplication=deduplication
    )


async def take(mailbox: Mailbox, now: float, limit: int = 10, *, fifo: bool = False, **more: Any) -> Any:
    return await mailbox.receive(
        "q", limit=limit, now=now, visible_at=now + HELD, fifo=fifo, most_in_flight=1000, **more
    )


async def test_it_survives_a_restart_and_queues_are_apart(tmp_path: Path) -> None:
    async with Mailbox(tmp_path / "m") as mailbox:
        await mailbox.put("q", [letter(b"a"), letter(b"b")], remember_seconds=1)
        await mailbox.put("other", [letter(b"c")], remember_seconds=1)
        (held,) = await take(mailbox, 0, 1)
        assert held.content == b"a"
    async with Mailbox(tmp_path / "m") as mailbox:
        assert await mailbox.counts("q", now=0) == Counts(1, 1, 0)
        assert await mailbox.depths(now=0) == {"other": (1, 0), "q": (1, 1)}
        assert await mailbox.delete("q", [(held.number, held.receives), (held.number, held.receives)]) == [True, False]
        assert await mailbox.next_visible("q", now=0) is None
        await mailbox.purge("q")
        assert await mailbox.counts("q", now=0) == Counts(0, 0, 0)
        assert await mailbox.counts("other", now=0) == Counts(1, 0, 0)


async def test_messages_that_come_together_share_a_commit(tmp_path: Path) -> None:
    async with Mailbox(tmp_path / "m") as mailbox:
        await asyncio.gather(*(mailbox.put("q", [letter(b"x")], remember_seconds=1) for _ in range(200)))
        assert mailbox.commits < 20


async def test_an_empty_queue_costs_no_commit(tmp_path: Path) -> None:
    async with Mailbox(tmp_path / "m") as mailbox:
        before = mailbox.commits
        assert [await take(mailbox, now) for now in range(20)] == [[]] * 20
        assert mailbox.commits == before


async def test_the_dead_make_room_for_the_living(tmp_path: Path) -> None:
    async with Mailbox(tmp_path / "m") as mailbox:
        await mailbox.put("q", [letter(b"poison")], remember_seconds=1)
        await take(mailbox, 0)
        await mailbox.put("q", [letter(b"good", 20)], remember_seconds=1)
        found = await take(mailbox, 20, 1, most_receives=1, dead_letters="dead", source="arn")
        assert [each.content for each in found] == [b"good"]
        assert await mailbox.sources("dead") == ["arn"]
        assert await mailbox.move("dead", {"arn": "q"}, None, limit=9, now=21, expires=99) == ["q"]
        assert await mailbox.counts("dead", now=21) == Counts(0, 0, 0)


async def test_what_is_too_old_is_deleted(tmp_path: Path) -> None:
    async with Mailbox(tmp_path / "m") as mailbox:
        await mailbox.put("q", [letter(b"x", deduplication="d")], remember_seconds=1)
        await mailbox.expire("q", now=2e6)
        assert (await mailbox.put("q", [letter(b"y", deduplication="d")], remember_seconds=1))[0].content == b"y"


class Fifo(RuleBasedStateMachine):
    """A FIFO queue against the simplest model there is: lists by group, and who holds what until when."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.now = 0.0
        self.sent = 0
        self.waiting: list[tuple[str, bytes]] = []
        self.held: dict[bytes, tuple[int, int, float]] = {}
        self.directory = tempfile.TemporaryDirectory()
        self.mailbox = Mailbox(Path(self.directory.name) / "m")
        self.run(self.mailbox.__aenter__())

    def run(self, work: Any) -> Any:
        return self.loop.run_until_complete(work)

    def teardown(self) -> None:
        self.run(self.mailbox.__aexit__(None, None, None))
        self.loop.close()
        self.directory.cleanup()

    @rule(group=st.sampled_from("abc"))
    def send(self, group: str) -> None:
        self.sent += 1
        content = str(self.sent).encode()
        self.run(self.mailbox.put("q", [letter(content, self.now, group)], remember_seconds=1))
        self.waiting.append((group, content))

    @rule(seconds=st.sampled_from([1.0, 6.0]))
    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.held = {content: each for content, each in self.held.items() if each[2] > self.now}

    @rule(limit=st.integers(1, 4))
    def receive(self, limit: int) -> None:
        expected, blocked = [], set()
        for group, content in self.waiting:
            if content in self.held:
                blocked.add(group)
            elif group not in blocked and len(expected) < limit:
                expected.append(content)
        found = self.run(take(self.mailbox, self.now, limit, fifo=True))
        assert [each.content for each in found] == expected
        for each in found:
            self.held[each.content] = (each.number, each.receives, self.now + HELD)

    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        if self.held:
            content = data.draw(st.sampled_from(sorted(self.held)))
            number, receives, _ = self.held.pop(content)
            assert self.run(self.mailbox.delete("q", [(number, receives)])) == [True]
            self.waiting = [each for each in self.waiting if each[1] != content]

    @invariant()
    def nothing_is_lost(self) -> None:
        counts = self.run(self.mailbox.counts("q", now=self.now))
        assert (counts.visible, counts.in_flight) == (len(self.waiting) - len(self.held), len(self.held))


TestFifo = Fifo.TestCase
TestFifo.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)


async def test_so_many_may_be_held_and_no_more_until_one_is_dealt_with(tmp_path: Path) -> None:
    async with Mailbox(tmp_path / "m") as mailbox:
        await mailbox.put("q", [letter(b"x")] * 6, remember_seconds=1)

        async def receive(now: float) -> Any:
            return await mailbox.receive("q", limit=1, now=now, visible_at=now + HELD, fifo=False, most_in_flight=3)

        (held,), _, _ = [await receive(1.0) for _ in range(3)]
        assert await receive(1.0) is None
        await mailbox.delete("q", [(held.number, held.receives)])
        assert await receive(1.0)
        assert await receive(1.0) is None
        assert await receive(1.0 + HELD)


async def test_looking_for_what_is_too_old_costs_no_commit_where_nothing_is(tmp_path: Path) -> None:
    async with Mailbox(tmp_path / "m") as mailbox:
        await mailbox.put("q", [letter(b"x", deduplication="d")], remember_seconds=5)
        before = mailbox.commits
        await mailbox.expire("q", now=4.0)
        await mailbox.expire("none", now=1e9)
        assert mailbox.commits == before
        await mailbox.expire("q", now=1e9)
        assert await mailbox.lying("q", now=0.0, limit=1) == []
