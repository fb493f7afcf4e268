"""Queues and messages as they are stored."""

from __future__ import annotations

import msgspec

from lambent.services.sqs.records import Attribute, Content, Queue


def test_they_survive_the_store() -> None:
    queue = Queue(name="q.fifo", account="1", region="r", generation="g", created=1.0, modified=1.0)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(queue), type=Queue) == queue
    assert (queue.arn, queue.fifo, queue.number("VisibilityTimeout")) == ("arn:aws:sqs:r:1:q.fifo", True, 30)
    content = Content("i", "b", {"a": Attribute("Binary", data=b"\xff")}, {"SenderId": "s"})
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(content), type=Content) == content
