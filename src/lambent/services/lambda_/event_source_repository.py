"""Where event source mappings are kept: `ACCOUNT/REGION/lambda/mapping/UUID` (EventSourceMapping), and
`mapped/SOURCE` beside it, which keeps a source and a function from being mapped twice.
"""

from __future__ import annotations

from hashlib import sha256

import msgspec

from lambent.model.event_source import EventSourceMapping
from lambent.services.lambda_.names import Place
from lambent.services.lambda_.repository import Kept
from lambent.store.base import ABSENT, Record, Store, Write

KIND = "mapping"
"""The kind of record that `as_mapping` reads."""

_MAPPINGS = msgspec.msgpack.Decoder(EventSourceMapping)


class EventSourceRepository:
    """Mappings of every account and region, read from the store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def mapping(self, at: Place, uuid: str) -> Kept[EventSourceMapping] | None:
        """One mapping, to be written back."""
        record = await self._store.get(_key(at, uuid))
        return None if record is None else Kept(as_mapping(record), record.revision)

    async def mappings(self, at: Place, *, after: str = "", limit: int) -> list[EventSourceMapping]:
        """Mappings by UUID, from the one after the UUID `after`."""
        start = _key(at, after) if after else ""
        records = await self._store.list(_key(at, ""), after=start, limit=limit)
        return [as_mapping(record) for record in records]

    async def twin(self, mapping: EventSourceMapping) -> str | None:
        """The UUID of the mapping of the same source and function."""
        record = await self._store.get(_claim_key(mapping))
        return None if record is None else record.value.decode()

    async def create(self, mapping: EventSourceMapping) -> None:
        """Keep a new mapping. Raises `store.base.Conflict` if source and function are mapped already."""
        claim = Write(_claim_key(mapping), mapping.uuid.encode(), ABSENT)
        await self._store.transact([claim, _put(mapping, ABSENT)])

    async def change(self, before: Kept[EventSourceMapping], mapping: EventSourceMapping) -> None:
        """Write a mapping over what was read. Raises `store.base.Conflict`."""
        writes = [_put(mapping, before.revision)]
        if (key := _claim_key(mapping)) != (old := _claim_key(before.value)):
            writes += [Write(old, None), Write(key, mapping.uuid.encode(), ABSENT)]
        await self._store.transact(writes)

    async def drop(self, mapping: EventSourceMapping) -> None:
        """Delete a mapping."""
        await self._store.transact([Write(_key(mapping, mapping.uuid), None), Write(_claim_key(mapping), None)])


def as_mapping(record: Record) -> EventSourceMapping:
    """What a record of the kind `KIND` holds."""
    return _MAPPINGS.decode(record.value)


def _put(mapping: EventSourceMapping, expect: int) -> Write:
    return Write(_key(mapping, mapping.uuid), msgspec.msgpack.encode(mapping), expect)


def _key(at: Place, uuid: str) -> str:
    return f"{at.account}/{at.region}/lambda/{KIND}/{uuid}"


def _claim_key(mapping: EventSourceMapping) -> str:
    options = mapping.options
    read = [mapping.source_arn, options.get("SelfManagedEventSource"), options.get("Topics"), options.get("Queues")]
    read += [options.get("DocumentDBEventSourceConfig", {}).get("DatabaseName"), mapping.function_arn]
    digest = sha256(msgspec.json.encode(read, order="sorted")).hexdigest()
    return f"{mapping.account}/{mapping.region}/lambda/mapped/{digest}"
