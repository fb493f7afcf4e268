"""Where queues are kept: `ACCOUNT/REGION/sqs/queue/NAME`, with a cache in front. Messages are the mailbox's."""

from __future__ import annotations

import msgspec

from lambent.bus.base import Bus
from lambent.services.access import Place
from lambent.services.sqs.records import Queue
from lambent.store.base import ABSENT, Store, Write

TOPIC = "queues"
"""The bus topic on which keys are told that have changed."""

_CACHED = 10_000


class Kept(msgspec.Struct, frozen=True):
    """A queue as it was read, to be written back."""

    queue: Queue
    revision: int


class Repository:
    """Queues of every account and region."""

    def __init__(self, store: Store, bus: Bus) -> None:
        self._store = store
        self._bus = bus
        self._cache: dict[str, Queue] = {}
        self._changes = 0
        bus.subscribe(TOPIC, self._forget)

    async def queue(self, at: Place, name: str) -> Queue | None:
        """A queue by its name, from the cache where possible."""
        key = _key(at, name)
        known = self._cache.get(key)
        if known is not None:
            return known
        changes = self._changes
        record = await self._store.get(key)
        if record is None:
            return None
        found = msgspec.msgpack.decode(record.value, type=Queue)
        if changes == self._changes:
            if len(self._cache) >= _CACHED:
                self._cache.clear()
            self._cache[key] = found
        return found

    async def kept(self, at: Place, name: str) -> Kept | None:
        """A queue read from the store."""
        record = await self._store.get(_key(at, name))
        return None if record is None else Kept(msgspec.msgpack.decode(record.value, type=Queue), record.revision)

    async def queues(self, at: Place, *, prefix: str = "", after: str = "", limit: int = 1000) -> list[Queue]:
        """Queues in the order of their names, from the one after `after`."""
        records = await self._store.list(_key(at, prefix), after=_key(at, after) if after else "", limit=limit)
        return [msgspec.msgpack.decode(record.value, type=Queue) for record in records]

    async def put(self, queue: Queue, kept: Kept | None = None) -> None:
        """Write a new queue (`kept` None), or one back. Raises Conflict."""
        expect = ABSENT if kept is None else kept.revision
        key = _key(Place(queue.account, queue.region), queue.name)
        await self._commit(Write(key, msgspec.msgpack.encode(queue), expect))

    async def drop(self, kept: Kept) -> None:
        """Delete a queue. Raises Conflict."""
        queue = kept.queue
        await self._commit(Write(_key(Place(queue.account, queue.region), queue.name), None, kept.revision))

    async def _commit(self, write: Write) -> None:
        await self._store.transact([write])
        self._bus.publish(TOPIC, write.key)
        self._forget(TOPIC, write.key)

    def _forget(self, topic: str, key: str) -> None:
        self._changes += 1
        self._cache.pop(key, None)


def _key(at: Place, name: str) -> str:
    return f"{at.account}/{at.region}/sqs/queue/{name}"
