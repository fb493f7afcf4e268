"""What is sealed is a plain value."""

from __future__ import annotations

import msgspec

from lambent.model.sealed import Sealed


def test_it_survives_being_stored() -> None:
    sealed = Sealed(b"key", b"body")
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(sealed), type=Sealed) == sealed
