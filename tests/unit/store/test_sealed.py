"""Which records lie sealed, and who can read them. (What every store does: tests/contract.)"""

from __future__ import annotations

import pytest

from lambent.model.errors import PlatformError
from lambent.store.base import Write
from lambent.store.memory import MemoryStore
from lambent.store.seal import Seal
from lambent.store.sealed import SealedStore

ONE, OTHER = Seal(bytes(32)), Seal(bytes(range(32)))


async def test_secrets_are_read_with_the_key_alone_and_only_where_they_were_put() -> None:
    below = MemoryStore()
    await below.put("secret/old", b"\x81old")
    store = SealedStore(below, ONE, lambda key: key.startswith("secret/"))
    await store.transact([Write("secret/a", b"hidden"), Write("plain/a", b"shown"), Write("secret/gone", None)])
    await store.put("secret/b", b"hidden too")
    raw = {record.key: record.value for record in await below.list("")}
    assert raw["plain/a"] == b"shown"
    assert not any(b"hidden" in value for value in raw.values())
    found = {record.key: record.value for record in await store.list("")}
    assert found == {
        "plain/a": b"shown",
        "secret/a": b"hidden",
        "secret/b": b"hidden too",
        "secret/old": b"\x81old",
    }
    await below.put("secret/moved", raw["secret/a"])
    with pytest.raises(PlatformError, match="cannot be decrypted"):
        await store.get("secret/moved")
    with pytest.raises(PlatformError, match="sealed with another master key"):
        await SealedStore(below, OTHER, lambda key: True).get("secret/a")
