"""The SQS poller: what is invoked with what, what is deleted, what comes again, and how many do it."""

from __future__ import annotations

import asyncio
import json
import logging
import random
from typing import Any

import pytest

from lambent.model.errors import PlatformError
from lambent.sources.base import Outcome, Result, SourceRefused
from tests.unit.sources.conftest import DONE, FAILED, LATER, Scene, mapping


async def test_what_the_function_has_done_is_deleted() -> None:
    async with Scene() as scene:
        ids = scene.queues.send("work", "a", "b", AWSTraceHeader="Root=1")
        await scene.turns()
        assert scene.queues.left("work") == []
    assert scene.batches == [["a", "b"]]
    assert [record["messageId"] for record in scene.events[0]["Records"]] == ids
    assert scene.events[0]["Records"][0]["eventSourceARN"] == scene.mapping.source_arn
    assert scene.traces == [["Root=1"]]


async def test_traces_of_a_batch_are_told_once_each() -> None:
    async with Scene() as scene:
        for body, header in (("a", "Root=1"), ("b", "Root=2"), ("c", "Root=1")):
            scene.queues.send("work", body, AWSTraceHeader=header)
        scene.queues.send("work", "d")
        await scene.turns()
    assert scene.traces == [["Root=1", "Root=2"]]


async def test_what_fails_stays_and_comes_again() -> None:
    async with Scene() as scene:
        scene.answer = lambda bodies: FAILED
        scene.queues.send("work", "a")
        await scene.turns()
        assert (scene.batches, scene.queues.left("work")) == ([["a"]], ["a"])
        scene.answer = lambda bodies: DONE
        scene.queues.show_all()
        await scene.turns()
    assert (scene.batches, scene.queues.left("work")) == ([["a"], ["a"]], [])
    assert scene.events[1]["Records"][0]["attributes"]["ApproximateReceiveCount"] == "2"


@pytest.mark.parametrize(
    ("answer", "left"),
    [
        (None, []),
        ({"batchItemFailures": [{"itemIdentifier": "message-2"}]}, ["b"]),
        ({"batchItemFailures": [{"itemIdentifier": "nobody"}]}, ["a", "b", "c"]),
        ("nonsense", ["a", "b", "c"]),
    ],
)
async def test_some_of_a_batch_may_fail(answer: Any, left: list[str]) -> None:
    async with Scene(FunctionResponseTypes=["ReportBatchItemFailures"]) as scene:
        scene.answer = lambda bodies: Outcome(Result.DONE, json.dumps(answer).encode())
        scene.queues.send("work", "a", "b", "c")
        await scene.turns()
        assert scene.queues.left("work") == left


async def test_what_does_not_pass_the_filters_is_deleted() -> None:
    filters = {"Filters": [{"Pattern": '{"body": {"kind": ["good"]}}'}]}
    async with Scene(FilterCriteria=filters) as scene:
        scene.queues.send("work", '{"kind": "bad"}', '{"kind": "good"}', "plain")
        await scene.turns()
        assert scene.queues.left("work") == []
    assert scene.batches == [['{"kind": "good"}']]


async def test_what_becomes_of_messages_is_counted() -> None:
    options = {"Filters": [{"Pattern": '{"body": ["a", "b"]}'}]}
    async with Scene(FilterCriteria=options, FunctionResponseTypes=["ReportBatchItemFailures"]) as scene:
        failures = {"batchItemFailures": [{"itemIdentifier": "message-2"}]}
        scene.answer = lambda bodies: Outcome(Result.DONE, json.dumps(failures).encode())
        scene.queues.send("work", "a", "b", "c")
        await scene.turns()
        once = {"PolledEventCount": 3, "FilteredOutEventCount": 1, "InvokedEventCount": 2}
        assert scene.counted == once | {"FailedInvokeEventCount": 1, "DeletedEventCount": 1}


async def test_provisioned_pollers_are_counted() -> None:
    async with Scene(ProvisionedPollerConfig={"MinimumPollers": 2, "MaximumPollers": 2}) as scene:
        await scene.turns()
        assert scene.counted["ProvisionedPollers"] % 2 == 0
        assert scene.counted["ProvisionedPollers"] > 0


async def test_a_window_gathers_until_it_ends_or_the_batch_is_full() -> None:
    async with Scene(BatchSize=12, MaximumBatchingWindowInSeconds=5, ScalingConfig={"MaximumConcurrency": 2}) as scene:
        scene.queues.send("work", "0")
        await scene.turns()
        scene.queues.send("work", *(str(number) for number in range(1, 4)))
        await scene.turns()
        assert scene.batches == []
        scene.clock.move(6)
        await scene.turns()
        gathered = sorted(body for batch in scene.batches for body in batch)
        assert gathered == ["0", "1", "2", "3"]
        scene.batches.clear()
        scene.queues.send("work", *(str(number) for number in range(24)))
        await scene.turns()
        assert sorted(map(len, scene.batches)) == [12, 12]


async def test_an_end_is_an_end_even_if_what_was_gathered_cannot_be_given_back(monkeypatch: Any) -> None:
    async def broken(mapping: Any) -> Any:
        raise PlatformError("the store is closed")

    async with Scene(BatchSize=12, MaximumBatchingWindowInSeconds=5) as scene:
        scene.queues.send("work", "0")
        await scene.turns()
        monkeypatch.setattr(scene, "context", broken)
        scene.task.cancel()
        await scene.turns()
        assert scene.task.cancelled()
        scene.task = asyncio.create_task(asyncio.sleep(0))  # what the scene waits for at its end


async def test_an_event_never_holds_more_than_six_megabytes() -> None:
    async with Scene(BatchSize=20, MaximumBatchingWindowInSeconds=1) as scene:
        scene.queues.send("work", *["x" * 1_000_000] * 10)
        await scene.turns()
        scene.clock.move(2)
        await scene.turns()
        assert scene.queues.left("work") == []
    assert sorted(map(len, scene.batches)) == [4, 6]


async def test_groups_keep_their_order_and_do_not_wait_for_each_other() -> None:
    async with Scene(queue="work.fifo", BatchSize=1) as scene:
        scene.permits = asyncio.Semaphore(0)
        for group in ("a", "b"):
            scene.queues.send("work.fifo", *(f"{group}{number}" for number in range(3)), group=group)
        await scene.turns()
        assert sorted(map(str, scene.batches)) == ["['a0']", "['b0']"]
        scene.permit(99)
        while scene.queues.left("work.fifo"):
            await scene.turns(1)
    done = [body for batch in scene.batches for body in batch]
    assert [body for body in done if body[0] == "a"] == ["a0", "a1", "a2"]
    assert [body for body in done if body[0] == "b"] == ["b0", "b1", "b2"]


async def test_a_group_does_not_overtake_its_failure() -> None:
    async with Scene(queue="work.fifo", BatchSize=1) as scene:
        scene.answer = lambda bodies: FAILED if scene.batches.count(["0"]) == 1 else DONE
        scene.queues.send("work.fifo", "0", "1", group="a")
        await scene.turns()
        assert scene.batches == [["0"]]
        scene.queues.show_all()
        await scene.turns(200)
    assert scene.batches == [["0"], ["0"], ["1"]]


async def test_five_at_first_and_more_as_long_as_all_are_busy() -> None:
    async with Scene(BatchSize=1) as scene:
        scene.permits = asyncio.Semaphore(0)
        scene.queues.send("work", *(str(number) for number in range(40)))
        await scene.turns()
        assert scene.running == 5
        scene.clock.move(2)
        scene.permit(1)
        await scene.turns()
        assert scene.running == 15


async def test_a_concurrency_of_the_users_own_holds() -> None:
    async with Scene(BatchSize=1, ScalingConfig={"MaximumConcurrency": 2}) as scene:
        scene.queues.send("work", *(str(number) for number in range(40)))
        while scene.queues.left("work"):
            await scene.turns(1)
            scene.clock.move(1)
        assert scene.most == 2


async def test_when_nothing_comes_one_is_left() -> None:
    async with Scene() as scene:
        await scene.turns()
        assert scene.queues.polling == 5
        for _ in range(4):
            scene.clock.move(21)
            await scene.turns()
        assert scene.queues.polling == 1
        scene.queues.send("work", "a")
        await scene.turns()
        assert scene.batches == [["a"]]


async def test_a_throttled_batch_is_tried_again_while_it_is_hidden() -> None:
    async with Scene(visibility=60) as scene:
        scene.answer = lambda bodies: LATER if len(scene.batches) < 3 else DONE
        scene.queues.send("work", "a")
        await scene.turns()
        assert len(scene.batches) == 1
        for expected in (2, 3):
            scene.clock.move(expected)
            await scene.turns()
            assert len(scene.batches) == expected
        assert scene.queues.left("work") == []


async def test_and_left_to_the_queue_before_its_time_is_over() -> None:
    async with Scene(visibility=8) as scene:
        scene.answer = lambda bodies: LATER
        scene.queues.send("work", "a")
        await scene.turns()
        for _ in range(3):
            scene.clock.move(2)
            await scene.turns()
        assert (len(scene.batches), scene.queues.left("work")) == (2, ["a"])


async def test_failures_leave_one_worker_at_least_and_it_recovers() -> None:
    async with Scene(BatchSize=1) as scene:
        scene.answer = lambda bodies: FAILED
        scene.queues.send("work", *(str(number) for number in range(30)))
        await scene.turns(300)
        assert len(scene.batches) == 30
        assert 1 <= scene.queues.polling <= 5
        scene.answer = lambda bodies: DONE
        scene.queues.show_all()
        await scene.turns(400)
        assert scene.queues.left("work") == []


async def test_a_queue_that_does_not_answer_is_asked_again(caplog: pytest.LogCaptureFixture) -> None:
    scene = Scene(ScalingConfig={"MaximumConcurrency": 2})
    scene.queues.fail("ReceiveMessage", *["ServiceUnavailable"] * 4)
    with caplog.at_level(logging.WARNING):
        async with scene:
            scene.queues.send("work", "a")
            await scene.turns()
            scene.clock.move(1)
            await scene.turns()
            assert scene.batches == []
            scene.clock.move(2)
            await scene.turns()
            assert scene.batches == [["a"]]
    assert "u1 cannot read arn:aws:sqs:us-east-1:000000000000:work: ServiceUnavailable" in caplog.text


async def test_what_breaks_is_told_and_the_reading_goes_on(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    scene = Scene(BatchSize=1, ScalingConfig={"MaximumConcurrency": 2})
    call, broken = scene.queues.call, ["ReceiveMessage", "ReceiveMessage", "DeleteMessageBatch"]

    async def breaking(ctx: Any, service: str, operation: str, params: Any, **more: Any) -> Any:
        if operation in broken:
            broken.remove(operation)
            raise RuntimeError("a pipe burst")
        return await call(ctx, service, operation, params, **more)

    monkeypatch.setattr(scene.queues, "call", breaking)
    with caplog.at_level(logging.WARNING):
        async with scene:
            scene.queues.send("work", "a", "b")
            await scene.turns()
            assert scene.batches == []
            scene.clock.move(1)
            await scene.turns()
            assert sorted(scene.batches) == [["a"], ["b"]]
            assert len(scene.queues.left("work")) == 1
    assert "u1 cannot read arn:aws:sqs:us-east-1:000000000000:work: a pipe burst" in caplog.text
    assert "u1 could not deal with a batch of arn:aws:sqs:us-east-1:000000000000:work" in caplog.text


async def test_a_function_that_is_gone_keeps_its_messages() -> None:
    async with Scene() as scene:
        scene.there = False
        scene.queues.send("work", "a")
        await scene.turns()
        assert scene.queues.left("work") == ["a"]


async def test_stopping_waits_for_what_is_under_way_and_gives_back_what_is_not() -> None:
    async with Scene(MaximumBatchingWindowInSeconds=60, BatchSize=3) as scene:
        scene.permits = asyncio.Semaphore(0)
        scene.queues.send("work", "a", "b", "c")
        await scene.turns()
        scene.queues.send("work", "d")
        await scene.turns()
        assert scene.batches == [["a", "b", "c"]]
        scene.stop.set()
        await scene.turns()
        assert not scene.task.done()
        scene.permit(99)
        await scene.task
        assert scene.queues.left("work") == ["d"]
        assert scene.queues.calls["ChangeMessageVisibilityBatch"] == 1
        (message,) = scene.queues.queues["work"]
        assert message.visible_at <= scene.clock.now()


async def test_a_delete_that_fails_for_good_is_told(caplog: pytest.LogCaptureFixture) -> None:
    async with Scene() as scene:
        scene.queues.fail("DeleteMessageBatch", *["InternalError"] * 3)
        with caplog.at_level(logging.WARNING):
            scene.queues.send("work", "a")
            await scene.turns()
    assert "u1 could not delete 1 messages" in caplog.text


@pytest.mark.parametrize(
    ("visibility", "queue", "codes", "text"),
    [
        (
            9,
            "work",
            [],
            "Queue visibility timeout: 9 seconds is less than Function timeout: 10 seconds",
        ),
        (
            30,
            "gone",
            [],
            "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. SQS Error"
            " Message: The specified queue does not exist.",
        ),
        (
            30,
            "work",
            ["AccessDeniedException"],
            "The function execution role does not have permissions to call ReceiveMessage on SQS",
        ),
    ],
)
async def test_what_a_queue_must_be(visibility: int, queue: str, codes: list[str], text: str) -> None:
    scene = Scene(visibility=visibility)
    scene.queues.fail("GetQueueAttributes", *codes)
    with pytest.raises(SourceRefused) as caught:
        await scene.source.probe(mapping(queue), 10)
    assert str(caught.value) == text
    await Scene(visibility=10).source.probe(mapping(), 10)


@pytest.mark.parametrize("seed", range(12))
async def test_whatever_fails_nothing_is_lost_and_no_group_is_out_of_order(seed: int) -> None:
    """Functions that fail or are throttled, calls that fail, and one message that fails again and again."""
    chance = random.Random(seed)
    sent = {group: [f"{group}{number}" for number in range(6)] for group in "abc"}
    done: list[str] = []
    poisoned = 0

    def answer(bodies: list[str]) -> Outcome:
        nonlocal poisoned
        if "b3" in bodies:
            poisoned += 1
        if "b3" in bodies and poisoned < 4:
            return FAILED
        outcome = chance.choices([DONE, FAILED, LATER], [6, 2, 1])[0]
        if outcome is DONE:
            done.extend(bodies)
        return outcome

    async with Scene(queue="work.fifo", BatchSize=chance.choice([1, 3, 10])) as scene:
        scene.answer = answer
        for operation in ("ReceiveMessage", "DeleteMessageBatch"):
            scene.queues.fail(operation, *["ServiceUnavailable"] * chance.randrange(3))
        for number in range(6):
            for group, bodies in sent.items():
                scene.queues.send("work.fifo", bodies[number], group=group)
        for _ in range(200):
            if not scene.queues.left("work.fifo"):
                break
            await scene.turns()
            scene.clock.move(31)
            scene.queues.show_all()
        assert scene.queues.left("work.fifo") == []
    assert poisoned >= 4
    for group, bodies in sent.items():
        first = list(dict.fromkeys(body for batch in scene.batches for body in batch if body[0] == group))
        assert first == bodies
        finished = list(dict.fromkeys(body for body in done if body[0] == group))
        assert finished == bodies
