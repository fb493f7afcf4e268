"""The Store in memory: for tests, and for servers that need to remember nothing."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Sequence
from typing import Self

from lambent.store.base import ABSENT, Conflict, Record, Write
from lambent.store.keys import check_writes, prefix_end


class MemoryStore:
    """Records in a dictionary, their keys in a sorted list. Durable for as long as the process lives."""

    def __init__(self) -> None:
        self._records: dict[str, Record] = {}
        self._keys: list[str] = []
        self._revision = 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        return None

    async def get(self, key: str) -> Record | None:
        """See `Store.get`."""
        return self._records.get(key)

    async def list(self, prefix: str, *, after: str = "", limit: int = 1000) -> list[Record]:
        """See `Store.list`."""
        start, end = self._range(prefix)
        start = max(start, bisect_right(self._keys, after))
        return [self._records[key] for key in self._keys[start : min(end, start + max(limit, 0))]]

    async def count(self, prefix: str) -> int:
        """See `Store.count`."""
        start, end = self._range(prefix)
        return end - start

    async def put(self, key: str, value: bytes, *, expect: int | None = None) -> int:
        """See `Store.put`."""
        return await self.transact([Write(key, value, expect)])

    async def delete(self, key: str, *, expect: int | None = None) -> bool:
        """See `Store.delete`."""
        write = Write(key, None, expect)
        check_writes([write])
        if key not in self._records and expect in (None, ABSENT):
            return False
        await self.transact([write])
        return True

    async def transact(self, writes: Sequence[Write]) -> int:
        """See `Store.transact`."""
        check_writes(writes)
        for write in writes:
            record = self._records.get(write.key)
            found = ABSENT if record is None else record.revision
            if write.expect is not None and write.expect != found:
                raise Conflict(write.key, write.expect, found)
        self._revision += 1
        for write in writes:
            self._apply(write)
        return self._revision

    def _apply(self, write: Write) -> None:
        present = write.key in self._records
        if write.value is not None:
            self._records[write.key] = Record(write.key, write.value, self._revision)
            if not present:
                insort(self._keys, write.key)
        elif present:
            del self._records[write.key]
            del self._keys[bisect_left(self._keys, write.key)]

    def _range(self, prefix: str) -> tuple[int, int]:
        above = prefix_end(prefix)
        return bisect_left(self._keys, prefix), len(self._keys) if above is None else bisect_left(self._keys, above)
