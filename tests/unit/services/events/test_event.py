"""Events: their JSON, member by member."""

from __future__ import annotations

import msgspec

from lambent.services.events.event import Event, stamp
from tests.unit.services.events.conftest import event


def test_the_envelope() -> None:
    assert event(detail='{"n": 1.50}', resources=("a",)).encoded() == (
        b'{"version":"0","id":"e-1","detail-type":"order","source":"shop","account":"000000000000",'
        b'"time":"2026-09-21T14:13:20Z","region":"us-east-1","resources":["a"],"detail":{"n": 1.50}}'
    )
    assert event(replay="again").encoded().endswith(b',"replay-name":"again"}')


def test_what_patterns_look_at() -> None:
    assert event().tree()["detail"]["lines"][1] == {"n": 2.5}


def test_it_survives_the_store() -> None:
    kept = event(came_by="arn", trace="Root=1")
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(kept), type=Event) == kept


def test_times() -> None:
    assert stamp(0.9) == "1970-01-01T00:00:00Z"
