"""Records come back from their bytes."""

from __future__ import annotations

import msgspec

from lambent.services.logs.records import Settings, Subscription


def test_there_and_back() -> None:
    for record in (
        Settings(7, {"a": "b"}, True),
        Subscription(group="g", name="n", pattern="", destination="d", made_ms=1),
    ):
        assert msgspec.msgpack.decode(msgspec.msgpack.encode(record), type=type(record)) == record
    assert msgspec.msgpack.decode(b"\x80", type=Settings) == Settings()
