"""Where provisioned concurrency is kept: `ACCOUNT/REGION/lambda/provisioned/NAME/QUALIFIER` (Provision).

What has become of it is the data plane's to say.
"""

from __future__ import annotations

from collections import Counter

import msgspec

from lambent.services.lambda_.names import Place
from lambent.services.lambda_.repository import every
from lambent.store.base import Record, Store, Write

KIND = "provisioned"
"""The kind of record that `as_provision` reads."""


class Provision(msgspec.Struct, frozen=True):
    """So many environments are `wanted` for a version or alias; `modified` in seconds since the epoch."""

    name: str
    qualifier: str
    wanted: int
    modified: float


_PROVISIONS = msgspec.msgpack.Decoder(Provision)


class ProvisionedRepository:
    """Provisioned concurrency of every account and region, read from the store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def provision(self, at: Place, name: str, qualifier: str) -> Provision | None:
        """What is asked for a version or alias."""
        record = await self._store.get(_key(at, name, qualifier))
        return None if record is None else as_provision(record)

    async def provisions(self, at: Place, name: str, *, after: str = "", limit: int) -> list[Provision]:
        """Those of a function by qualifier, from the one after the qualifier `after`."""
        start = _key(at, name, after) if after else ""
        records = await self._store.list(_key(at, name, ""), after=start, limit=limit)
        return [as_provision(record) for record in records]

    async def every_provision(self, at: Place, name: str) -> list[Provision]:
        """All of a function."""
        return [as_provision(record) async for record in every(self._store, _key(at, name, ""))]

    async def totals(self, at: Place) -> Counter[str]:
        """How many are wanted of each function that has any."""
        found: Counter[str] = Counter()
        async for record in every(self._store, _root(at)):
            provision = as_provision(record)
            found[provision.name] += provision.wanted
        return found


def as_provision(record: Record) -> Provision:
    """What a record of the kind `KIND` holds."""
    return _PROVISIONS.decode(record.value)


def put_provision(at: Place, provision: Provision) -> Write:
    """Write it, over whatever was there."""
    return Write(_key(at, provision.name, provision.qualifier), msgspec.msgpack.encode(provision))


def drop_provision(at: Place, name: str, qualifier: str) -> Write:
    """Delete it, if there is one."""
    return Write(_key(at, name, qualifier), None)


def _root(at: Place) -> str:
    return f"{at.account}/{at.region}/lambda/{KIND}/"


def _key(at: Place, name: str, qualifier: str) -> str:
    return f"{_root(at)}{name}/{qualifier}"
