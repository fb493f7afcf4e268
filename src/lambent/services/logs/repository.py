"""Where things about log groups are kept: `ACCOUNT/REGION/logs/KIND/NAME`. Group names have no colon: what belongs to
one is `GROUP:NAME`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import msgspec

from lambent.services.access import Place
from lambent.services.logs.records import (
    ExportTask,
    MetricFilter,
    QueryDefinition,
    ResourcePolicy,
    Settings,
    Subscription,
)
from lambent.store.base import Store, Write

_KINDS: Mapping[type, str] = {
    Settings: "group",
    Subscription: "subscription",
    MetricFilter: "metric-filter",
    QueryDefinition: "query-definition",
    ResourcePolicy: "resource-policy",
    ExportTask: "export-task",
    int: "delivered",
}
_AT_ONCE = 1000

T = TypeVar("T")


class Repository:
    """Records of every account and region."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def get(self, kind: type[T], at: Place, name: str) -> T | None:
        """A record by its name."""
        record = await self._store.get(_key(kind, at, name))
        return None if record is None else msgspec.msgpack.decode(record.value, type=kind)

    async def settings(self, at: Place, group: str) -> Settings:
        """What was said about a group, if anything was."""
        return await self.get(Settings, at, group) or Settings()

    async def all(self, kind: type[T], at: Place, prefix: str = "") -> dict[str, T]:
        """All records of a kind whose names begin with `prefix`, by their names and in their order."""
        found: dict[str, T] = {}
        start, after = _key(kind, at, prefix), ""
        bare = len(_key(kind, at, ""))
        while page := await self._store.list(start, after=after, limit=_AT_ONCE):
            found |= {each.key[bare:]: msgspec.msgpack.decode(each.value, type=kind) for each in page}
            after = page[-1].key
        return found

    async def put(self, at: Place, name: str, record: Any) -> None:
        """Write a record."""
        await self._store.transact([Write(_key(type(record), at, name), msgspec.msgpack.encode(record))])

    async def put_all(self, at: Place, records: Mapping[str, Any]) -> None:
        """Write records by their names, all or none."""
        writes = [Write(_key(type(each), at, name), msgspec.msgpack.encode(each)) for name, each in records.items()]
        if writes:
            await self._store.transact(writes)

    async def drop_all(self, kind: type, at: Place, names: Sequence[str]) -> None:
        """Delete records, all or none."""
        if names:
            await self._store.transact([Write(_key(kind, at, name), None) for name in names])

    async def drop(self, kind: type, at: Place, name: str) -> bool:
        """Delete a record; False if there was none."""
        return await self._store.delete(_key(kind, at, name))

    async def drop_group(self, at: Place, group: str) -> None:
        """Delete all that belongs to a group."""
        keys = [_key(Settings, at, group)]
        for kind in (Subscription, MetricFilter, int):
            keys += [_key(kind, at, name) for name in await self.all(kind, at, f"{group}:")]
        await self._store.transact([Write(key, None) for key in keys])


def of_group(group: str, *names: str) -> str:
    """The name of what belongs to a group."""
    return ":".join((group, *names))


def _key(kind: type, at: Place, name: str) -> str:
    return f"{at.account}/{at.region}/logs/{_KINDS[kind]}/{name}"
