"""Where capacity providers and the scaling of functions on them are kept.

Records under `ACCOUNT/REGION/lambda/`: `capacity-provider/NAME` (CapacityShare) and `scaling/NAME/QUALIFIER`
(Scaling, of a function version).
"""

from __future__ import annotations

import msgspec

from lambent.services.lambda_.names import Place
from lambent.services.lambda_.repository import Kept
from lambent.store.base import ABSENT, Record, Store, Write

PROVIDER_KIND = "capacity-provider"
SCALING_KIND = "scaling"


class CapacityShare(msgspec.Struct, frozen=True):
    """A share of this machine. `vcpus`: how many processors its environments may have together; times in seconds.

    `target`: how busy they should be at most, in percent (scaling by hand); None: that is not looked at.
    `subnets`, `security_groups` and `operator_role` are what AWS would make instances with: kept, and shown.
    """

    name: str
    subnets: list[str]
    security_groups: list[str]
    operator_role: str
    modified: float
    architectures: list[str] = []
    vcpus: int = 400
    tags: dict[str, str] = {}
    target: float | None = None


class Scaling(msgspec.Struct, frozen=True):
    """How many environments a version has; None is what was not said."""

    name: str
    qualifier: str
    least: int | None = None
    most: int | None = None


_PROVIDERS = msgspec.msgpack.Decoder(CapacityShare)
_SCALINGS = msgspec.msgpack.Decoder(Scaling)


class CapacityRepository:
    """Capacity providers and scalings of every account and region, read from the store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def provider(self, at: Place, name: str) -> Kept[CapacityShare] | None:
        """A capacity provider, to be written back."""
        record = await self._store.get(_provider_key(at, name))
        return None if record is None else Kept(as_provider(record), record.revision)

    async def providers(self, at: Place, *, after: str = "", limit: int) -> list[CapacityShare]:
        """Capacity providers by name, from the one after the name `after`."""
        start = _provider_key(at, after) if after else ""
        records = await self._store.list(_provider_key(at, ""), after=start, limit=limit)
        return [as_provider(record) for record in records]

    async def provider_count(self, at: Place) -> int:
        """How many there are."""
        return await self._store.count(_provider_key(at, ""))

    async def scaling(self, at: Place, name: str, qualifier: str) -> Scaling | None:
        """What was asked for a version."""
        record = await self._store.get(_scaling_key(at, name, qualifier))
        return None if record is None else _SCALINGS.decode(record.value)

    async def commit(self, *writes: Write) -> None:
        """Write all or nothing. Raises `store.base.Conflict`."""
        await self._store.transact(writes)


def as_provider(record: Record) -> CapacityShare:
    """What a record of the kind `PROVIDER_KIND` holds."""
    return _PROVIDERS.decode(record.value)


def put_provider(at: Place, provider: CapacityShare, *, expect: int = ABSENT) -> Write:
    """Write it over the revision that was read (or over nothing)."""
    return Write(_provider_key(at, provider.name), msgspec.msgpack.encode(provider), expect)


def drop_provider(at: Place, name: str, *, expect: int) -> Write:
    """Delete it at the revision that was read."""
    return Write(_provider_key(at, name), None, expect)


def put_scaling(at: Place, scaling: Scaling) -> Write:
    """Write it, over whatever was there."""
    return Write(_scaling_key(at, scaling.name, scaling.qualifier), msgspec.msgpack.encode(scaling))


def drop_scaling(at: Place, name: str, qualifier: str) -> Write:
    """Delete it, if there is one."""
    return Write(_scaling_key(at, name, qualifier), None)


def _provider_key(at: Place, name: str) -> str:
    return f"{at.account}/{at.region}/lambda/{PROVIDER_KIND}/{name}"


def _scaling_key(at: Place, name: str, qualifier: str) -> str:
    return f"{at.account}/{at.region}/lambda/{SCALING_KIND}/{name}/{qualifier}"
