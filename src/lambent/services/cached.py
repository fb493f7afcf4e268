"""Records behind a cache that every process keeps right: whoever writes says on the bus what has changed."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from lambent.bus.base import Bus
from lambent.store.base import Store, Write

_AT_ONCE = 1000
KEY_CHARACTERS = 1024
"""What longer keys hold is read each time: callers choose them, before anybody has looked at what they may."""

T = TypeVar("T")


class CachedRecords:
    """Reads one record, or all below a prefix that ends in `/`; that there is none is remembered, too."""

    def __init__(self, store: Store, bus: Bus, topic: str, most: int) -> None:
        """`most`: so many answers are remembered; then it begins anew."""
        self._store = store
        self._bus = bus
        self._topic = topic
        self._most = most
        self._known: dict[str, Any] = {}
        self.changes = 0
        """Grows with every change of any record: what was derived from them before is stale."""
        bus.subscribe(topic, self._forget)

    async def get(self, key: str, kind: type[T]) -> T | None:
        """A record."""
        if key in self._known:
            return self._known[key]  # type: ignore[no-any-return]
        changes = self.changes
        record = await self._store.get(key)
        found = None if record is None else msgspec.msgpack.decode(record.value, type=kind)
        self._keep(key, found, changes)
        return found

    async def all(self, prefix: str, kind: type[T]) -> list[T]:
        """All records below a prefix, in the order of their keys."""
        if prefix in self._known:
            return self._known[prefix]  # type: ignore[no-any-return]
        changes, found, after = self.changes, list[T](), ""
        while page := await self._store.list(prefix, after=after, limit=_AT_ONCE):
            found += [msgspec.msgpack.decode(record.value, type=kind) for record in page]
            after = page[-1].key
        self._keep(prefix, found, changes)
        return found

    async def commit(self, *writes: Write) -> None:
        """All or nothing. Raises Conflict."""
        await self._store.transact(writes)
        for write in writes:
            self._bus.publish(self._topic, write.key)
            self._forget(self._topic, write.key)

    def _keep(self, key: str, value: object, changes: int) -> None:
        if changes == self.changes:  # else it may have been read before somebody changed it
            if len(key) > KEY_CHARACTERS:
                return
            if len(self._known) >= self._most:
                self._known.clear()
            self._known[key] = value

    def _forget(self, topic: str, key: str) -> None:
        self.changes += 1
        self._known.pop(key, None)
        self._known.pop(key.rpartition("/")[0] + "/", None)
