"""Where functions are kept: the keys, the records behind them, and the cache in front.

Records under `ACCOUNT/REGION/lambda/`:
`function/NAME` (Head), `version/NAME/VERSION` (FunctionVersion), `alias/NAME/ALIAS` (Alias),
`policy/NAME/QUALIFIER` (Policy; of the function as a whole under `$LATEST`), `serving/NAME` (the version
of `$LATEST` that answers while an update of it is not done; `serving/NAME/$LATEST.PUBLISHED` likewise) and
`counter/NAME` (the next version number of a name that has been deleted). Layers have a repository of their own.
Rules of the API are the operations' business.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any, Generic, TypeVar

import msgspec

from lambent.bus.base import Bus
from lambent.model.function import LATEST, LATEST_PUBLISHED, CodePackage, FunctionVersion, State, UpdateStatus
from lambent.services.cached import KEY_CHARACTERS
from lambent.services.lambda_.names import Place
from lambent.store.base import ABSENT, Record, Store, Write

TOPIC = "functions"
"""The bus topic on which keys are told that have changed."""

_CACHED = 40_000
_AT_ONCE = 1000
_DIGITS = 12
_SECRET = frozenset({"version", "serving", "mapping"}) | {
    f"durable{part}" for part in ("", "-operation", "-event", "-output")
}

T = TypeVar("T")


class Head(msgspec.Struct, frozen=True):
    """What a function has besides its versions.

    `created` in seconds since the epoch. `published` is the number published last, 0 for none, and
    `fingerprint` what `$LATEST` was like then (`versions.fingerprint`). `code_signing`, unless empty, is the ARN of the
    configuration that its code is held against.
    """

    name: str
    created: float
    next_version: int = 1
    published: int = 0
    fingerprint: str = ""
    tags: dict[str, str] = msgspec.field(default_factory=dict)
    reserved_concurrency: int | None = None
    recursive_loop: str = "Terminate"
    code_signing: str = ""


class Alias(msgspec.Struct, frozen=True):
    """A name for a version. `weights`: what share (0 to 1) of the invocations goes to which other version."""

    name: str
    version: str
    revision_id: str
    description: str = ""
    weights: dict[str, float] = msgspec.field(default_factory=dict)


class Policy(msgspec.Struct, frozen=True):
    """Who else may use a resource: an IAM policy document, as JSON."""

    document: str


class World(msgspec.Struct, frozen=True):
    """An account in a region: a Place."""

    account: str
    region: str


class Kept(msgspec.Struct, Generic[T], frozen=True):
    """A record as it was read: write it back with `expect=revision` and nobody else's change is lost."""

    value: T
    revision: int


class _Sized(msgspec.Struct):
    """The part of a version that says how much code it has."""

    code: CodePackage


class _Reserving(msgspec.Struct):
    """The part of a head that says what is reserved."""

    name: str
    reserved_concurrency: int | None = None


_HEADS = msgspec.msgpack.Decoder(Head)
_SIZES = msgspec.msgpack.Decoder(_Sized)
_RESERVATIONS = msgspec.msgpack.Decoder(_Reserving)
_VERSIONS = msgspec.msgpack.Decoder(FunctionVersion)
_ALIASES = msgspec.msgpack.Decoder(Alias)
_POLICIES = msgspec.msgpack.Decoder(Policy)


class Repository:
    """Functions of every account and region. Values are cached; a change on the bus drops them."""

    def __init__(self, store: Store, bus: Bus) -> None:
        self._store = store
        self._bus = bus
        self._cache: dict[str, Any] = {}
        self._changes = 0
        self._listeners: list[Callable[[str], None]] = []
        bus.subscribe(TOPIC, self._forget)

    def on_change(self, forget: Callable[[str], None]) -> None:
        """Have `forget` hear the key of every record that `commit` writes, here or elsewhere."""
        self._listeners.append(forget)

    async def head(self, at: Place, name: str) -> Head | None:
        """A function's head, from the cache where possible."""
        key = _head_key(at, name)
        found: Head | None = self._cache.get(key)
        if found is not None:
            return found
        return await self._cached(key, _HEADS)

    async def kept_head(self, at: Place, name: str) -> Kept[Head] | None:
        """A function's head, read from the store, to be written back."""
        return await self._kept(_head_key(at, name), _HEADS)

    async def heads(self, at: Place, *, after: str = "", limit: int) -> list[Head]:
        """Heads in the order of their names, from the one after the name `after`."""
        start = _head_key(at, after) if after else ""
        records = await self._store.list(_head_key(at, ""), after=start, limit=limit)
        return [_HEADS.decode(record.value) for record in records]

    async def version(self, at: Place, name: str, version: str) -> FunctionVersion | None:
        """A version, from the cache where possible."""
        if version != LATEST and not is_version(version):
            return None
        key = _version_key(at, name, version)
        found: FunctionVersion | None = self._cache.get(key)
        if found is not None:
            return found
        return await self._cached(key, _VERSIONS)

    async def kept_version(self, at: Place, name: str, version: str) -> Kept[FunctionVersion] | None:
        """A version, read from the store, to be written back."""
        return await self._kept(_version_key(at, name, version), _VERSIONS) if is_version(version) else None

    async def versions(self, at: Place, name: str, *, after: str = "", limit: int) -> list[FunctionVersion]:
        """Versions of a function, `$LATEST` first, then by number, from the one after the version `after`."""
        start = _version_key(at, name, after) if after else ""
        records = await self._store.list(f"{_versions_prefix(at)}{name}/", after=start, limit=limit)
        return [_VERSIONS.decode(record.value) for record in records]

    async def all_versions(self, at: Place, *, after: tuple[str, str] | None, limit: int) -> list[FunctionVersion]:
        """Versions of all functions, from the one after (name, version) `after`."""
        start = _version_key(at, *after) if after else ""
        records = await self._store.list(_versions_prefix(at), after=start, limit=limit)
        return [_VERSIONS.decode(record.value) for record in records]

    async def runnable(self, at: Place, name: str, version: str) -> FunctionVersion | None:
        """The version that answers invocations: until an update of `$LATEST`, or what replaces `$LATEST.PUBLISHED`, is
        done, the one before."""
        found = await self.version(at, name, version)
        if found is None:
            return None
        replaced = version == LATEST_PUBLISHED and found.state in (State.PENDING, State.FAILED)
        if replaced or found.last_update_status is not UpdateStatus.SUCCESSFUL:
            return await self._cached(_serving_key(at, name, version), _VERSIONS) or found
        return found

    async def alias(self, at: Place, name: str, alias: str) -> Alias | None:
        """An alias, from the cache where possible."""
        return await self._cached(_alias_key(at, name, alias), _ALIASES)

    async def kept_alias(self, at: Place, name: str, alias: str) -> Kept[Alias] | None:
        """An alias, read from the store, to be written back."""
        return await self._kept(_alias_key(at, name, alias), _ALIASES)

    async def aliases(self, at: Place, name: str, *, after: str = "", limit: int) -> list[Alias]:
        """Aliases of a function in the order of their names, from the one after the name `after`."""
        start = _alias_key(at, name, after) if after else ""
        records = await self._store.list(_alias_key(at, name, ""), after=start, limit=limit)
        return [_ALIASES.decode(record.value) for record in records]

    async def every_alias(self, at: Place, name: str) -> list[Alias]:
        """All aliases of a function."""
        found: list[Alias] = []
        while page := await self.aliases(at, name, after=found[-1].name if found else "", limit=_AT_ONCE):
            found += page
        return found

    async def policy(self, at: Place, name: str, qualifier: str) -> Kept[Policy] | None:
        """The policy of a version or alias; of the function as a whole under `$LATEST`."""
        return await self._kept(_policy_key(at, name, qualifier), _POLICIES)

    async def policy_document(self, at: Place, name: str, qualifier: str) -> str | None:
        """The document of such a policy, from the cache where possible: what every invocation is judged by."""
        policy = await self._cached(_policy_key(at, name, qualifier), _POLICIES)
        return None if policy is None else policy.document

    async def counter(self, at: Place, name: str) -> Kept[int]:
        """The next version number of a function that does not exist (any more)."""
        record = await self._store.get(_counter_key(at, name))
        return Kept(1, ABSENT) if record is None else Kept(int(record.value), record.revision)

    async def function_count(self, at: Place) -> int:
        """How many functions there are."""
        return await self._store.count(_head_key(at, ""))

    async def reserved(self, at: Place) -> dict[str, int]:
        """What is reserved for each function that has a reservation. Reads every head."""
        heads = [_RESERVATIONS.decode(record.value) async for record in every(self._store, _head_key(at, ""))]
        return {head.name: head.reserved_concurrency for head in heads if head.reserved_concurrency is not None}

    async def code_bytes(self, at: Place) -> int:
        """The sum of the packages' sizes, of every version. Reads them all."""
        records = every(self._store, _versions_prefix(at))
        return sum([_SIZES.decode(record.value).code.size async for record in records])

    async def commit(self, *writes: Write) -> None:
        """Write all or nothing, then tell the bus. Raises `store.base.Conflict`."""
        await self._store.transact(writes)
        for write in writes:
            self._forget(TOPIC, write.key)
            self._bus.publish(TOPIC, write.key)

    async def everything(self) -> AsyncIterator[tuple[World, str, Record]]:
        """Every record of the service, in every account and region, with its kind: for the start of the server only."""
        async for record in every(self._store, ""):
            parts = record.key.split(
                "/", 4
            )  # of other services some are shorter: an alias of the account, an access key
            if len(parts) == 5 and parts[2] == "lambda":
                yield World(parts[0], parts[1]), parts[3], record

    async def _kept(self, key: str, decoder: msgspec.msgpack.Decoder[T]) -> Kept[T] | None:
        record = await self._store.get(key)
        return None if record is None else Kept(decoder.decode(record.value), record.revision)

    async def _cached(self, key: str, decoder: msgspec.msgpack.Decoder[T]) -> T | None:
        """A record from the cache where possible; that there is none is remembered, too."""
        if key in self._cache:
            known: T | None = self._cache[key]
            return known
        changes = self._changes
        record = await self._store.get(key)
        found = None if record is None else decoder.decode(record.value)
        # Else what was read may be older than what changed meanwhile; long names are of strangers.
        if changes == self._changes and len(key) <= KEY_CHARACTERS:
            if len(self._cache) >= _CACHED:
                del self._cache[next(iter(self._cache))]  # the one that has been there longest
            self._cache[key] = found
        return found

    def _forget(self, topic: str, key: str) -> None:
        self._changes += 1
        self._cache.pop(key, None)
        for forget in self._listeners:
            forget(key)


async def every(store: Store, prefix: str) -> AsyncIterator[Record]:
    """Every record whose key starts with `prefix`, in key order, a page at a time."""
    after = ""
    while records := await store.list(prefix, after=after, limit=_AT_ONCE):
        for record in records:
            yield record
        after = records[-1].key


def as_head(record: Record) -> Head:
    """What a record of the kind `function` holds."""
    return _HEADS.decode(record.value)


def as_version(record: Record) -> FunctionVersion:
    """What a record of the kinds `version` and `serving` holds."""
    return _VERSIONS.decode(record.value)


def is_version(qualifier: str) -> bool:
    """Whether a qualifier can be a version (`$LATEST`, `$LATEST.PUBLISHED` or a number) rather than an alias."""
    return qualifier in (LATEST, LATEST_PUBLISHED) or (
        qualifier.isascii() and qualifier.isdigit() and qualifier[0] != "0"
    )


def is_secret(key: str) -> bool:
    """Whether what lies under a key must not be read in the files: users' variables and filters."""
    parts = key.split("/", 4)
    return len(parts) == 5 and parts[2] == "lambda" and parts[3] in _SECRET


def put_head(at: Place, head: Head, *, expect: int = ABSENT) -> Write:
    """Write a head over the revision that was read (or over nothing)."""
    return Write(_head_key(at, head.name), msgspec.msgpack.encode(head), expect)


def put_version(at: Place, version: FunctionVersion, *, expect: int | None = ABSENT) -> Write:
    """Write a version over the revision that was read (or over nothing; None: over whatever there is)."""
    return Write(_version_key(at, version.name, version.version), msgspec.msgpack.encode(version), expect)


def put_serving(at: Place, version: FunctionVersion) -> Write:
    """From now on `version` answers for what takes its place (`$LATEST`, `$LATEST.PUBLISHED`), while that cannot."""
    return Write(_serving_key(at, version.name, version.version), msgspec.msgpack.encode(version))


def drop_serving(at: Place, name: str, version: str = LATEST) -> Write:
    """`$LATEST` (or `$LATEST.PUBLISHED`) answers for itself again."""
    return Write(_serving_key(at, name, version), None)


def drop_head(at: Place, name: str, *, expect: int) -> Write:
    """Delete a head at the revision that was read."""
    return Write(_head_key(at, name), None, expect)


def drop_version(at: Place, name: str, version: str) -> Write:
    """Delete a version."""
    return Write(_version_key(at, name, version), None)


def keep_counter(at: Place, name: str, next_version: int) -> Write:
    """Remember a deleted function's next version number: numbers are never used twice."""
    return Write(_counter_key(at, name), str(next_version).encode())


def put_alias(at: Place, name: str, alias: Alias, *, expect: int = ABSENT) -> Write:
    """Write an alias of the function `name` over the revision that was read (or over nothing)."""
    return Write(_alias_key(at, name, alias.name), msgspec.msgpack.encode(alias), expect)


def drop_alias(at: Place, name: str, alias: str) -> Write:
    """Delete an alias."""
    return Write(_alias_key(at, name, alias), None)


def put_policy(at: Place, name: str, qualifier: str, policy: Policy, *, expect: int = ABSENT) -> Write:
    """Write a policy over the revision that was read (or over nothing)."""
    return Write(_policy_key(at, name, qualifier), msgspec.msgpack.encode(policy), expect)


def drop_policy(at: Place, name: str, qualifier: str, *, expect: int | None = None) -> Write:
    """Delete a policy, if there is one."""
    return Write(_policy_key(at, name, qualifier), None, expect)


def drop_counter(at: Place, name: str, *, expect: int) -> Write:
    """The function exists again and keeps its next version number itself."""
    return Write(_counter_key(at, name), None, expect)


def _head_key(at: Place, name: str) -> str:
    return f"{at.account}/{at.region}/lambda/function/{name}"


def _versions_prefix(at: Place) -> str:
    return f"{at.account}/{at.region}/lambda/version/"


def _version_key(at: Place, name: str, version: str) -> str:
    # Numbers are padded so that the order of keys is the order of versions; `$LATEST` sorts before digits.
    number = version if version == LATEST else version.zfill(_DIGITS)
    return f"{at.account}/{at.region}/lambda/version/{name}/{number}"


def _serving_key(at: Place, name: str, version: str) -> str:
    of_another = "" if version == LATEST else f"/{version}"
    return f"{at.account}/{at.region}/lambda/serving/{name}{of_another}"


def _counter_key(at: Place, name: str) -> str:
    return f"{at.account}/{at.region}/lambda/counter/{name}"


def _alias_key(at: Place, name: str, alias: str) -> str:
    return f"{at.account}/{at.region}/lambda/alias/{name}/{alias}"


def _policy_key(at: Place, name: str, qualifier: str) -> str:
    return f"{at.account}/{at.region}/lambda/policy/{name}/{qualifier}"
