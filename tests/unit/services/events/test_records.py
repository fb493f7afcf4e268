"""Records as they are stored."""

from __future__ import annotations

import msgspec

from lambent.services.events.records import Archive, Bus, Replay, Rule, Target


def test_they_survive_the_store() -> None:
    target = Target(id="1", arn="a", variables={"x": "$.y"}, attempts=0)
    rule = Rule(name="r", bus="b", account="1", region="x", created_by="1", targets=(target,), enabled=False)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(rule), type=Rule) == rule


def test_arns() -> None:
    bus = Bus(name="b", account="1", region="r")
    assert bus.arn == "arn:aws:events:r:1:event-bus/b"
    rule = Rule(name="x", bus="b", account="1", region="r", created_by="1")
    assert rule.arn == "arn:aws:events:r:1:rule/b/x"
    assert msgspec.structs.replace(rule, bus="default").arn == "arn:aws:events:r:1:rule/x"
    archive = Archive(name="a", account="1", region="r", bus=bus.arn, generation="g", created=1.0)
    assert archive.arn == "arn:aws:events:r:1:archive/a"
    replay = Replay(
        name="p", account="1", region="r", archive=archive.arn, bus=bus.arn, first=1.0, last=2.0, started=3.0
    )
    assert replay.arn == "arn:aws:events:r:1:replay/p"
