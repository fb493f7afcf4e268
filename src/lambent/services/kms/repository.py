"""Where keys are kept: `ACCOUNT/REGION/kms/key/ID`, `.../alias/NAME`, `.../grant/KEY/ID`, with a cache in front."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from lambent.bus.base import Bus
from lambent.services.access import Place
from lambent.services.cached import CachedRecords
from lambent.services.kms import errors
from lambent.services.kms.records import Alias, Grant, Key
from lambent.services.races import again_or
from lambent.store.base import ABSENT, Store, Write

TOPIC = "kms"
"""The bus topic on which keys of records are told that have changed."""

_CACHED = 10_000
_AT_ONCE = 1000

T = TypeVar("T", Key, Alias, Grant)
again_on_conflict = again_or(errors.too_many_changes)


class Kept(msgspec.Struct, frozen=True):
    """A key as it was read, to be written back."""

    key: Key
    revision: int


class Repository:
    """Keys of every account and region."""

    def __init__(self, store: Store, bus: Bus) -> None:
        self._store = store
        self._cached = CachedRecords(store, bus, TOPIC, _CACHED)

    async def key(self, at: Place, key_id: str) -> Key | None:
        """A key by its id."""
        return await self._cached.get(_key(at, key_id), Key)

    async def kept(self, at: Place, key_id: str) -> Kept | None:
        """A key read from the store."""
        record = await self._store.get(_key(at, key_id))
        return None if record is None else Kept(msgspec.msgpack.decode(record.value, type=Key), record.revision)

    async def keys(self, at: Place, *, after: str, limit: int) -> list[Key]:
        """Keys in the order of their ids."""
        return await self._list(_key(at, ""), after, limit, Key)

    async def alias(self, at: Place, name: str) -> Alias | None:
        """An alias by its name."""
        return await self._cached.get(_alias(at, name), Alias)

    async def aliases(self, at: Place, *, after: str = "", limit: int = _AT_ONCE) -> list[Alias]:
        """Aliases in the order of their names."""
        return await self._list(_alias(at, ""), after, limit, Alias)

    async def grants(self, at: Place, key_id: str) -> list[Grant]:
        """All grants of a key, in the order of their ids."""
        return await self._cached.all(_grant(at, key_id, ""), Grant)

    async def commit(self, *writes: Write) -> None:
        """All or nothing. Raises Conflict."""
        await self._cached.commit(*writes)

    async def _list(self, prefix: str, after: str, limit: int, kind: type[T]) -> list[T]:
        records = await self._store.list(prefix, after=prefix + after if after else "", limit=limit)
        return [msgspec.msgpack.decode(record.value, type=kind) for record in records]


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


def _key(at: Place, key_id: str) -> str:
    return f"{at.account}/{at.region}/kms/key/{key_id}"


def _alias(at: Place, name: str) -> str:
    return f"{at.account}/{at.region}/kms/alias/{name}"


def _grant(at: Place, key_id: str, grant: str) -> str:
    return f"{at.account}/{at.region}/kms/grant/{key_id}/{grant}"
