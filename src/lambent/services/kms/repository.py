"""Where keys are kept: `ACCOUNT/REGION/kms/key/ID`, `.../alias/NAME`, `.../grant/KEY/ID`, with a cache in front."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import TypeVar

import msgspec

from lambent.bus.base import Bus
from lambent.context import Context
from lambent.services.access import Place
from lambent.services.kms import errors
from lambent.services.kms.records import Alias, Grant, Key
from lambent.services.operation import Params, Result
from lambent.store.base import ABSENT, Conflict, Store, Write

TOPIC = "kms"
"""The bus topic on which keys of records are told that have changed."""

_CACHED = 10_000
_AT_ONCE = 1000
_ATTEMPTS = 20

T = TypeVar("T", Key, Alias, Grant)
Resource = TypeVar("Resource")
Method = Callable[[Resource, Context, Params], Awaitable[Result]]


class Kept(msgspec.Struct, frozen=True):
    """A key as it was read, to be written back."""

    key: Key
    revision: int


class Repository:
    """Keys of every account and region."""

    def __init__(self, store: Store, bus: Bus) -> None:
        self._store = store
        self._bus = bus
        self._cache: dict[str, object] = {}
        self._changes = 0
        bus.subscribe(TOPIC, self._forget)

    async def key(self, at: Place, key_id: str) -> Key | None:
        """A key by its id."""
        return await self._cached(_key(at, key_id), Key)

    async def kept(self, at: Place, key_id: str) -> Kept | None:
        """A key read from the store."""
        record = await self._store.get(_key(at, key_id))
        return None if record is None else Kept(msgspec.msgpack.decode(record.value, type=Key), record.revision)

    async def keys(self, at: Place, *, after: str, limit: int) -> list[Key]:
        """Keys in the order of their ids."""
        return await self._list(_key(at, ""), after, limit, Key)

    async def alias(self, at: Place, name: str) -> Alias | None:
        """An alias by its name."""
        return await self._cached(_alias(at, name), Alias)

    async def aliases(self, at: Place, *, after: str = "", limit: int = _AT_ONCE) -> list[Alias]:
        """Aliases in the order of their names."""
        return await self._list(_alias(at, ""), after, limit, Alias)

    async def grants(self, at: Place, key_id: str) -> list[Grant]:
        """All grants of a key, in the order of their ids."""
        prefix = _grant(at, key_id, "")
        known = self._cache.get(prefix)
        if known is not None:
            return known  # type: ignore[return-value]
        changes = self._changes
        found: list[Grant] = []
        while page := await self._list(prefix, found[-1].id if found else "", _AT_ONCE, Grant):
            found += page
        self._keep(prefix, found, changes)
        return found

    async def commit(self, *writes: Write) -> None:
        """All or nothing. Raises Conflict."""
        await self._store.transact(writes)
        for write in writes:
            self._bus.publish(TOPIC, write.key)
            self._forget(TOPIC, write.key)

    async def _cached(self, key: str, kind: type[T]) -> T | None:
        known = self._cache.get(key)
        if known is not None:
            return known  # type: ignore[return-value]
        changes = self._changes
        record = await self._store.get(key)
        if record is None:
            return None
        found = msgspec.msgpack.decode(record.value, type=kind)
        self._keep(key, found, changes)
        return found

    async def _list(self, prefix: str, after: str, limit: int, kind: type[T]) -> list[T]:
        records = await self._store.list(prefix, after=prefix + after if after else "", limit=limit)
        return [msgspec.msgpack.decode(record.value, type=kind) for record in records]

    def _keep(self, key: str, value: object, changes: int) -> None:
        if changes == self._changes:
            if len(self._cache) >= _CACHED:
                self._cache.clear()
            self._cache[key] = value

    def _forget(self, topic: str, key: str) -> None:
        self._changes += 1
        self._cache.pop(key, None)
        self._cache.pop(key.rpartition("/")[0] + "/", None)  # the list of grants that it is part of


def put_key(key: Key, kept: Kept | None = None) -> Write:
    """Write a new key (`kept` None), or one back."""
    expect = ABSENT if kept is None else kept.revision
    return Write(_key(Place(key.account, key.region), key.id), msgspec.msgpack.encode(key), expect)


def drop_key(kept: Kept) -> Write:
    """Delete a key."""
    return Write(_key(Place(kept.key.account, kept.key.region), kept.key.id), None, kept.revision)


def put_alias(at: Place, alias: Alias, *, new: bool) -> Write:
    """Write an alias."""
    return Write(_alias(at, alias.name), msgspec.msgpack.encode(alias), ABSENT if new else None)


def drop_alias(at: Place, name: str) -> Write:
    """Delete an alias."""
    return Write(_alias(at, name), None)


def put_grant(at: Place, grant: Grant) -> Write:
    """Write a grant."""
    return Write(_grant(at, grant.key_id, grant.id), msgspec.msgpack.encode(grant))


def drop_grant(at: Place, grant: Grant) -> Write:
    """Delete a grant."""
    return Write(_grant(at, grant.key_id, grant.id), None)


def again_on_conflict(method: Method[Resource]) -> Method[Resource]:
    """Call the method again, from its first read, when somebody else's write came between."""

    @wraps(method)
    async def persistent(self: Resource, ctx: Context, params: Params) -> Result:
        for _ in range(_ATTEMPTS):
            try:
                return await method(self, ctx, params)
            except Conflict:
                continue
        raise errors.too_many_changes()

    return persistent


def _key(at: Place, key_id: str) -> str:
    return f"{at.account}/{at.region}/kms/key/{key_id}"


def _alias(at: Place, name: str) -> str:
    return f"{at.account}/{at.region}/kms/alias/{name}"


def _grant(at: Place, key_id: str, grant: str) -> str:
    return f"{at.account}/{at.region}/kms/grant/{key_id}/{grant}"
