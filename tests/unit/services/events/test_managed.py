"""The rules of archives."""

from __future__ import annotations

import json

from lambent.services.access import Place
from lambent.services.events.managed import archiving_rule, shelved
from lambent.services.events.names import Named
from lambent.services.events.records import Archive


def archive(pattern: str | None) -> Archive:
    bus = "arn:aws:events:r:1:event-bus/b"
    return Archive(name="a", account="1", region="r", bus=bus, generation="g", created=1.0, pattern=pattern)


def test_what_is_kept() -> None:
    rule = archiving_rule(archive('{"source": ["x"]}'), Named(Place("1", "r"), "b"))
    assert json.loads(rule.pattern or "") == {"source": ["x"], "replay-name": [{"exists": False}]}
    assert (rule.name, rule.managed_by) == ("Events-Archive-a", "prod.vhs.events.aws.internal")
    assert rule.archive == shelved(archive(None)) == "1/r/a/g"


def test_without_a_pattern_all_but_what_was_replayed() -> None:
    rule = archiving_rule(archive(None), Named(Place("1", "r"), "b"))
    assert json.loads(rule.pattern or "") == {"replay-name": [{"exists": False}]}
