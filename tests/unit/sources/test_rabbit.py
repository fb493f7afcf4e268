"""RabbitMQ queues as event sources: batches, failures, and the end of a mapping."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Sequence
from typing import Any

import pytest

from lambent.clock import MovableClock
from lambent.model.event_source import EventSourceMapping
from lambent.sources.base import CALL_FAILED, OK, Outcome, Result, SourceRefused
from lambent.sources.brokers import Brokers
from lambent.sources.rabbit import RabbitSource
from lambent.sources.rabbit_events import Delivery
from lambent.sources.rabbit_link import LinkError, Target
from tests.unit.sources.test_brokers import Cloud
from tests.unit.sources.test_rabbit_events import BROKER, delivery, mapping

DONE, FAILED, LATER = Outcome(Result.DONE), Outcome(Result.FAILED), Outcome(Result.LATER)


class Queue:
    """A link to a queue that a test fills; what has failed comes again."""

    def __init__(self) -> None:
        self.waiting: deque[Delivery] = deque()
        self.given: dict[int, Delivery] = {}
        self.arrived = asyncio.Event()
        self.acknowledged: list[int] = []
        self.broken = False
        self.target: Target | None = None

    def __call__(self, target: Target) -> Queue:
        self.target = target
        return self

    async def __aenter__(self) -> Queue:
        return self

    async def __aexit__(self, *exc: object) -> None:
        return None

    def take(self) -> Delivery | None:
        if self.broken:
            raise LinkError("down", "PROBLEM: down")
        if not self.waiting:
            return None
        taken = self.waiting.popleft()
        self.given[taken.tag] = taken
        return taken

    def put_back(self, delivery: Delivery) -> None:
        self.waiting.appendleft(delivery)

    def done(self, tags: list[int]) -> None:
        self.acknowledged += tags

    def failed(self, tags: list[int]) -> None:
        self.waiting.extendleft(self.given[tag] for tag in reversed(tags))
        self.arrived.set()


class Scene(Cloud):
    """A queue that feeds a function, which answers as it is told."""

    def __init__(self, *answers: Outcome, **options: Any) -> None:
        super().__init__(GetSecretValue={"SecretString": '{"username": "u", "password": "p"}'})
        self.clock = MovableClock()
        self.queue = Queue()
        self.told: list[str] = []
        self.outcomes = list(answers)
        self.batches: list[int] = []
        self.mapping = mapping(**({"MaximumBatchingWindowInSeconds": 10} | options))
        self.source = self.made({BROKER: "amqp://b"})

    def made(self, addresses: dict[str, str], installed: bool = True) -> RabbitSource:
        def tell(uuid: str, result: str) -> None:
            self.told.append(result)

        return RabbitSource(Brokers(self, self, addresses), self, self.clock, tell, self.queue, lambda: installed)

    async def invoke(self, mapping: EventSourceMapping, payload: bytes, traces: Sequence[str] = ()) -> Outcome:
        ((_, messages),) = json.loads(payload)["rmqMessagesByQueue"].items()
        self.batches.append(len(messages))
        return self.outcomes.pop(0) if self.outcomes else DONE

    async def __aenter__(self) -> Scene:
        self.stop = asyncio.Event()
        self.task = asyncio.create_task(self.source.poll(self.mapping, self.stop))
        await self.turns()
        return self

    async def __aexit__(self, *exc: object) -> None:
        self.stop.set()
        await self.task
        await self.turns()
        assert len(asyncio.all_tasks()) == 1

    async def send(self, *messages: Delivery) -> None:
        self.queue.waiting += messages
        self.queue.arrived.set()
        await self.turns()

    async def pass_(self, seconds: float) -> None:
        self.clock.move(seconds)
        await self.turns()

    async def turns(self) -> None:
        for _ in range(40):
            await asyncio.sleep(0)


async def test_full_batches_and_windows() -> None:
    async with Scene() as scene:
        await scene.send(delivery(1), delivery(2), delivery(3))
        assert (scene.batches, scene.queue.acknowledged, scene.told) == ([2], [1, 2], [OK])
        await scene.pass_(10.1)
        assert (scene.batches, scene.queue.acknowledged) == ([2, 1], [1, 2, 3])
        assert scene.queue.target == Target("amqp://b", "/", "u", "p", "q", 2)


async def test_what_fails_goes_back_and_comes_again_ever_later() -> None:
    async with Scene(FAILED, LATER) as scene:
        await scene.send(delivery(1), delivery(2))
        for seconds in (1, 2):
            assert scene.queue.acknowledged == []
            await scene.pass_(seconds + 0.1)
        assert (scene.batches, scene.queue.acknowledged) == ([2, 2, 2], [1, 2])
        assert scene.told == [CALL_FAILED, CALL_FAILED, OK]


async def test_what_passes_no_filter_is_done() -> None:
    filters = {"FilterCriteria": {"Filters": [{"Pattern": '{"data": {"a": [1]}}'}]}}
    async with Scene(**filters) as scene:
        await scene.send(delivery(1, b'{"a": 2}'), delivery(2, b'{"a": 1}'), delivery(3, b"x"))
        await scene.pass_(10.1)
        assert (scene.batches, sorted(scene.queue.acknowledged)) == ([1], [1, 2, 3])


async def test_an_end_waits_for_nothing_but_the_function() -> None:
    async with Scene(FAILED) as scene:
        await scene.send(delivery(1), delivery(2))
    assert scene.queue.acknowledged == []


async def test_a_virtual_host() -> None:
    access = [{"Type": "BASIC_AUTH", "URI": "s"}, {"Type": "VIRTUAL_HOST", "URI": "mine"}]
    async with Scene(SourceAccessConfigurations=access) as scene:
        assert scene.queue.target is not None
        assert scene.queue.target.virtual_host == "mine"


async def test_a_broken_link_ends_the_poller() -> None:
    scene = Scene()
    scene.queue.broken = True
    with pytest.raises(LinkError, match="down"):
        await scene.source.poll(scene.mapping, asyncio.Event())


async def test_what_is_refused() -> None:
    scene = Scene()
    await scene.source.probe(scene.mapping, 840)
    with pytest.raises(SourceRefused, match="Function timeout: 841 seconds is more than a broker allows: 840"):
        await scene.source.probe(scene.mapping, 841)
    with pytest.raises(SourceRefused, match=r"not installed where Lambent runs: pip install 'lambent\[rabbitmq\]'"):
        await scene.made({}, installed=False).probe(scene.mapping, 3)
    with pytest.raises(SourceRefused, match="http://b is no address of a RabbitMQ broker"):
        await scene.made({BROKER: "http://b"}).probe(scene.mapping, 3)
    with pytest.raises(SourceRefused, match="BASIC_AUTH is required for Amazon MQ event source mappings"):
        await scene.source.probe(mapping(SourceAccessConfigurations=[]), 3)
