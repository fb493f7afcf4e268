"""A store in which some records lie sealed: whoever reads its files finds nothing in them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Self

import msgspec

from lambent.store.base import Record, Store, Write
from lambent.store.seal import Seal


class SealedStore:
    """Any Store, with the values of `secret` keys sealed under their keys. Opens and closes the store below.

    Reading raises PlatformError for what was sealed with another key. What was written before its key became secret
    is read as it is (no record begins like a seal), and sealed when it is written again.
    """

    def __init__(self, below: Store, seal: Seal, secret: Callable[[str], bool]) -> None:
        self._below = below
        self._seal = seal
        self._secret = secret

    async def __aenter__(self) -> Self:
        await self._below.__aenter__()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._below.__aexit__(*exc)

    async def get(self, key: str) -> Record | None:
        """As `Store.get`."""
        record = await self._below.get(key)
        return None if record is None else self._opened(record)

    async def list(self, prefix: str, *, after: str = "", limit: int = 1000) -> list[Record]:
        """As `Store.list`."""
        return [self._opened(record) for record in await self._below.list(prefix, after=after, limit=limit)]

    async def count(self, prefix: str) -> int:
        """As `Store.count`."""
        return await self._below.count(prefix)

    async def put(self, key: str, value: bytes, *, expect: int | None = None) -> int:
        """As `Store.put`."""
        return await self._below.put(key, self._closed(key, value), expect=expect)

    async def delete(self, key: str, *, expect: int | None = None) -> bool:
        """As `Store.delete`."""
        return await self._below.delete(key, expect=expect)

    async def transact(self, writes: Sequence[Write]) -> int:
        """As `Store.transact`."""
        return await self._below.transact(
            [
                write
                if write.value is None
                else msgspec.structs.replace(write, value=self._closed(write.key, write.value))
                for write in writes
            ]
        )

    def _closed(self, key: str, value: bytes) -> bytes:
        return self._seal.close(value, key.encode("utf-8", "surrogatepass")) if self._secret(key) else value

    def _opened(self, record: Record) -> Record:
        if not self._secret(record.key) or not self._seal.is_closed(record.value):
            return record
        return msgspec.structs.replace(record, value=self._seal.open(record.value, record.key.encode()))
