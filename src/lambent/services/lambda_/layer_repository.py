"""Where layers are kept: the keys and the records behind them.

Records under `ACCOUNT/REGION/lambda/`: `layer/NAME` (LayerHead), `layer-version/NAME/NUMBER` (LayerVersion,
the newest first) and `layer-policy/NAME/NUMBER` (LayerPolicy). Rules of the API are the operations' business.
"""

from __future__ import annotations

import msgspec

from lambent.model.function import CodePackage
from lambent.services.lambda_.names import Place
from lambent.services.lambda_.repository import Kept, every
from lambent.store.base import ABSENT, Record, Store, Write

KIND = "layer-version"
"""The kind of record that `as_layer_version` reads."""

_NUMBERS = 10**12


class LayerHead(msgspec.Struct, frozen=True):
    """What a layer has besides its versions; it stays when they go, so that no number is used twice."""

    name: str
    next_version: int = 1


class LayerVersion(msgspec.Struct, frozen=True):
    """One version of a layer. `created` in seconds since the epoch; None is what the publisher did not say."""

    name: str
    number: int
    code: CodePackage
    created: float
    description: str = ""
    runtimes: list[str] | None = None
    architectures: list[str] | None = None
    license: str | None = None


class LayerPolicy(msgspec.Struct, frozen=True):
    """Who else may use a layer version: an IAM policy document, as JSON."""

    document: str
    revision_id: str


_HEADS = msgspec.msgpack.Decoder(LayerHead)
_VERSIONS = msgspec.msgpack.Decoder(LayerVersion)
_POLICIES = msgspec.msgpack.Decoder(LayerPolicy)


class LayerRepository:
    """Layers of every account and region, read from the store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def head(self, at: Place, name: str) -> Kept[LayerHead] | None:
        """A layer's head; a layer that never was has none."""
        record = await self._store.get(_head_key(at, name))
        return None if record is None else Kept(_HEADS.decode(record.value), record.revision)

    async def heads(self, at: Place, *, after: str = "", limit: int) -> list[LayerHead]:
        """Heads in the order of their names, from the one after the name `after`."""
        start = _head_key(at, after) if after else ""
        records = await self._store.list(_head_key(at, ""), after=start, limit=limit)
        return [_HEADS.decode(record.value) for record in records]

    async def version(self, at: Place, name: str, number: int) -> LayerVersion | None:
        """One version."""
        record = await self._store.get(_version_key(at, name, number)) if 0 < number < _NUMBERS else None
        return None if record is None else _VERSIONS.decode(record.value)

    async def versions(self, at: Place, name: str, *, after: str = "", limit: int) -> list[LayerVersion]:
        """Versions of a layer, the newest first, from the one below the number `after`."""
        start = _version_key(at, name, int(after)) if after else ""
        records = await self._store.list(_version_prefix(at, name), after=start, limit=limit)
        return [_VERSIONS.decode(record.value) for record in records]

    async def policy(self, at: Place, name: str, number: int) -> Kept[LayerPolicy] | None:
        """The policy of a version."""
        record = await self._store.get(_policy_key(at, name, number))
        return None if record is None else Kept(_POLICIES.decode(record.value), record.revision)

    async def code_bytes(self, at: Place) -> int:
        """The sum of the packages' sizes, of every version. Reads them all."""
        records = every(self._store, f"{_root(at)}{KIND}/")
        return sum([_VERSIONS.decode(record.value).code.size async for record in records])

    async def commit(self, *writes: Write) -> None:
        """Write all or nothing. Raises `store.base.Conflict`."""
        await self._store.transact(writes)


def as_layer_version(record: Record) -> LayerVersion:
    """What a record of the kind `KIND` holds."""
    return _VERSIONS.decode(record.value)


def put_layer_head(at: Place, head: LayerHead, *, expect: int = ABSENT) -> Write:
    """Write a head over the revision that was read (or over nothing)."""
    return Write(_head_key(at, head.name), msgspec.msgpack.encode(head), expect)


def put_layer_version(at: Place, version: LayerVersion) -> Write:
    """Write a new version."""
    return Write(_version_key(at, version.name, version.number), msgspec.msgpack.encode(version), ABSENT)


def drop_layer_version(at: Place, name: str, number: int) -> Write:
    """Delete a version."""
    return Write(_version_key(at, name, number), None)


def put_layer_policy(at: Place, name: str, number: int, policy: LayerPolicy, *, expect: int = ABSENT) -> Write:
    """Write a policy over the revision that was read (or over nothing)."""
    return Write(_policy_key(at, name, number), msgspec.msgpack.encode(policy), expect)


def drop_layer_policy(at: Place, name: str, number: int, *, expect: int | None = None) -> Write:
    """Delete a policy, if there is one."""
    return Write(_policy_key(at, name, number), None, expect)


def _root(at: Place) -> str:
    return f"{at.account}/{at.region}/lambda/"


def _head_key(at: Place, name: str) -> str:
    return f"{_root(at)}layer/{name}"


def _version_prefix(at: Place, name: str) -> str:
    return f"{_root(at)}{KIND}/{name}/"


def _version_key(at: Place, name: str, number: int) -> str:
    # Counted downwards, so that the order of keys is the newest first.
    return f"{_version_prefix(at, name)}{_NUMBERS - number:012d}"


def _policy_key(at: Place, name: str, number: int) -> str:
    return f"{_root(at)}layer-policy/{name}/{number}"
