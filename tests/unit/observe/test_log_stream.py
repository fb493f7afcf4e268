"""Lines that wait in memory."""

from __future__ import annotations

from lambent.observe.log_names import Group
from lambent.observe.log_stream import FLUSH_BYTES, LINE_COST, LogStream


class Buffer:
    """What a store is to its streams."""

    def __init__(self, capacity: int) -> None:
        self.buffered, self.capacity = 0, capacity
        self.touched: list[LogStream] = []
        self.hurried = 0

    def touch(self, stream: LogStream) -> None:
        self.touched.append(stream)

    def hurry(self) -> None:
        self.hurried += 1


def test_what_waits_is_counted_and_told_of_once() -> None:
    buffer = Buffer(10 * FLUSH_BYTES)
    stream = LogStream(buffer, Group("1", "r", "g"), "s")
    stream.write(1, "abc")
    stream.write(2, "d")
    assert (buffer.buffered, buffer.touched, buffer.hurried) == (4 + 2 * LINE_COST, [stream], 0)
    stream.write(3, "x" * FLUSH_BYTES)
    assert buffer.hurried == 1
    assert stream.take(9)[:2] == [(1, "abc"), (2, "d")]
    assert stream.take(9) == []


def test_what_there_is_no_room_for_is_dropped_and_told() -> None:
    buffer = Buffer(2 * (LINE_COST + 10))
    stream = LogStream(buffer, Group("1", "r", "g"), "s")
    for number in range(4):
        stream.write(number, "x" * 10)
    assert stream.dropped == 3
    assert stream.take(9) == [
        (0, "x" * 10),
        (9, "[lambent] 3 log lines were dropped here: the disk did not keep up"),
    ]
    assert stream.take(9) == []
