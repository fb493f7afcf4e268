"""Where it is kept how events are tried and where they end: `ACCOUNT/REGION/lambda/event-invoke/NAME/QUALIFIER`."""

from __future__ import annotations

import msgspec

from lambent.services.lambda_.names import Place
from lambent.store.base import Store, Write

_AT_ONCE = 1000


class EventInvokeConfig(msgspec.Struct, frozen=True):
    """A configuration as it was put; None where nothing was said. `modified` in seconds since the epoch."""

    qualifier: str
    modified: float
    retries: int | None = None
    age: int | None = None
    on_success: str | None = None
    on_failure: str | None = None


class EventInvokeRepository:
    """Configurations of every account and region."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def config(self, at: Place, name: str, qualifier: str) -> tuple[EventInvokeConfig, int] | None:
        """One with its revision."""
        record = await self._store.get(_key(at, name, qualifier))
        if record is None:
            return None
        return msgspec.msgpack.decode(record.value, type=EventInvokeConfig), record.revision

    async def configs(self, at: Place, name: str, *, after: str = "", limit: int = _AT_ONCE) -> list[EventInvokeConfig]:
        """Those of a function by qualifier, from the one after the qualifier `after`."""
        start = _key(at, name, after) if after else ""
        records = await self._store.list(_key(at, name, ""), after=start, limit=limit)
        return [msgspec.msgpack.decode(record.value, type=EventInvokeConfig) for record in records]

    async def put(self, at: Place, name: str, config: EventInvokeConfig, *, expect: int | None = None) -> None:
        """Write one. Raises Conflict."""
        value = msgspec.msgpack.encode(config)
        await self._store.transact([Write(_key(at, name, config.qualifier), value, expect)])

    async def drop(self, at: Place, name: str, qualifier: str) -> bool:
        """Delete one; False if there was none."""
        return await self._store.delete(_key(at, name, qualifier))

    async def dropped(self, at: Place, name: str) -> list[Write]:
        """What deletes all of a function's."""
        return [Write(_key(at, name, each.qualifier), None) for each in await self.configs(at, name)]


def drop_config(at: Place, name: str, qualifier: str) -> Write:
    """Delete what was said of a version or alias, if anything was."""
    return Write(_key(at, name, qualifier), None)


def _key(at: Place, name: str, qualifier: str) -> str:
    return f"{at.account}/{at.region}/lambda/event-invoke/{name}/{qualifier}"
