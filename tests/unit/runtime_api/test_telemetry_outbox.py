"""Batches, bounds, retries and losses as lists of events; time is a number."""

from __future__ import annotations

import pytest

from lambent.runtime_api.telemetry_outbox import ATTEMPTS, BATCHES, FALLEN_BEHIND, UNREACHABLE, Outbox
from lambent.runtime_api.telemetry_subscriptions import Buffering

SMALL = Buffering(max_items=3, max_bytes=10, timeout_ms=100)


def outbox(buffering: Buffering = SMALL, *, told: bool = True) -> Outbox:
    """An outbox that tells of losses as `records/bytes/reason`."""
    return Outbox(buffering, (lambda records, size, why: f"{records}/{size}/{why}".encode()) if told else None)


def test_nothing_to_send() -> None:
    box = outbox()
    assert box.wait(0.0) is None
    assert box.empty
    box.flush()
    assert box.empty


def test_a_batch_is_due_after_its_timeout_counted_from_its_first_event() -> None:
    box = outbox()
    box.add(b"a", 5.0)
    box.add(b"b", 5.05)
    assert box.wait(5.05) == pytest.approx(0.05)
    assert not box.empty
    assert box.wait(5.2) == 0.0
    assert box.take() == [b"a", b"b"]
    box.delivered()
    assert box.empty
    assert box.wait(6.0) is None


def test_a_batch_is_due_when_it_has_enough_events_or_bytes() -> None:
    box = outbox()
    for event in (b"1", b"2", b"3", b"4", b"ten bytes.", b"5"):
        box.add(event, 0.0)
    assert box.wait(0.0) == 0.0
    assert box.take() == [b"1", b"2", b"3"]
    box.delivered()
    assert box.take() == [b"4", b"ten bytes."]
    box.delivered()
    assert box.wait(0.0) == pytest.approx(0.1)
    box.flush()
    assert box.wait(0.0) == 0.0
    assert box.take() == [b"5"]


def test_events_that_come_while_a_batch_is_sent_wait_for_the_next() -> None:
    box = outbox()
    box.add(b"a", 0.0)
    assert box.take() == [b"a"]
    box.add(b"b", 0.0)
    box.delivered()
    assert box.take() == [b"b"]


def test_a_failed_batch_is_sent_again_later_and_later() -> None:
    box = outbox()
    box.add(b"a", 0.0)
    pauses = []
    for _ in range(ATTEMPTS - 1):
        assert box.take() == [b"a"]
        box.failed(10.0)
        pauses.append(box.wait(10.0))
        box.add(b"b", 10.0)
    assert pauses == pytest.approx([0.1, 0.2, 0.4, 0.8, 1.6])
    assert box.take() == [b"a"]
    box.delivered()
    assert box.take() == [b"b", b"b", b"b"]


def test_a_batch_that_never_arrives_is_lost_and_the_next_one_tells() -> None:
    box = outbox()
    box.add(b"abc", 0.0)
    box.add(b"de", 0.0)
    for _ in range(ATTEMPTS):
        box.take()
        box.failed(0.0)
    assert box.empty
    box.failed(0.0)  # nothing is being sent
    box.add(b"f", 0.0)
    assert box.take() == [f"2/5/{UNREACHABLE}".encode(), b"f"]
    for _ in range(ATTEMPTS):  # a loss is not forgotten with the batch that tells of it, nor told of itself
        box.failed(0.0)
        if not box.empty:
            box.take()
    box.add(b"g", 0.0)
    assert box.take() == [f"3/6/{UNREACHABLE}".encode(), b"g"]
    box.delivered()
    box.add(b"h", 0.0)
    assert box.take() == [b"h"]


def test_a_slow_listener_loses_whole_batches_and_memory_is_bounded() -> None:
    box = outbox()
    box.add(b"first batch", 0.0)
    assert box.take() == [b"first batch"]
    for number in range(1000):
        box.add(b"%09d." % number, 0.0)
    box.delivered()
    kept = [box.take()]
    while True:
        box.delivered()
        if box.empty:
            break
        kept.append(box.take())
    assert kept[0] == [f"{1000 - BATCHES}/{10 * (1000 - BATCHES)}/{FALLEN_BEHIND}".encode(), b"000000000."]
    assert kept[1:] == [[b"%09d." % number] for number in range(1, BATCHES)]


def test_what_is_flushed_is_not_lost() -> None:
    box = outbox()
    for _ in range(BATCHES):
        box.add(b"full batch", 0.0)
    box.add(b"last", 0.0)
    box.flush()
    for _ in range(BATCHES):
        assert box.take() == [b"full batch"]
        box.delivered()
    assert box.take() == [b"last"]


def test_one_event_larger_than_everything_is_sent_all_the_same() -> None:
    box = outbox()
    box.add(b"x" * 1000, 0.0)
    assert box.take() == [b"x" * 1000]


def test_who_does_not_listen_to_the_platform_is_not_told() -> None:
    box = outbox(told=False)
    box.add(b"a", 0.0)
    for _ in range(ATTEMPTS):
        box.take()
        box.failed(0.0)
    box.add(b"b", 0.0)
    assert box.take() == [b"b"]
