"""Keys as they are stored."""

from __future__ import annotations

import msgspec

from lambent.services.kms.records import Key, Material


def test_they_survive_the_store() -> None:
    key = Key(id="i", account="1", region="r", created=1.0, materials=(Material("m", b"s", 1.0),), policy="{}")
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(key), type=Key) == key
    assert key.arn == "arn:aws:kms:r:1:key/i"
