"""Where identities are kept: the keys, and the cache in front that every request's authorization reads.

Records under `ACCOUNT/aws-global/iam/`: `user/NAME`, `group/NAME`, `role/NAME`, `policy/ARN`, `provider/ARN`,
`alias` and, since a key must be found before its account is known, `iam/key/ID` and `iam/used/ID`. Names are kept in
small letters: IAM's are unique whatever their case.
"""

from __future__ import annotations

from typing import TypeVar

import msgspec

from lambent.bus.base import Bus
from lambent.services.cached import CachedRecords
from lambent.services.iam import errors
from lambent.services.iam.records import AccessKey, Group, KeyUse, ManagedPolicy, OidcIssuer, Role, User
from lambent.services.races import again_or
from lambent.store.base import ABSENT, Store, Write

TOPIC = "identities"
"""The bus topic on which keys are told that have changed."""

_CACHED = 20_000
_AT_ONCE = 1000
_PLACES: dict[type, str] = {
    User: "user",
    Group: "group",
    Role: "role",
    ManagedPolicy: "policy",
    OidcIssuer: "provider",
}

T = TypeVar("T", bound=User | Group | Role | ManagedPolicy | OidcIssuer)
again_on_conflict = again_or(errors.too_many_changes)


class Kept(msgspec.Struct, frozen=True):
    """The revision at which something was read, to be demanded by a write."""

    key: str
    revision: int


class Repository:
    """Identities of every account."""

    def __init__(self, store: Store, bus: Bus) -> None:
        self._store = store
        self._cached = CachedRecords(store, bus, TOPIC, _CACHED)

    @property
    def changes(self) -> int:
        """Grows with every change of any identity: what was derived from them before is stale."""
        return self._cached.changes

    async def get(self, kind: type[T], account: str, name: str) -> T | None:
        """An entity by name (policies and providers by ARN), from the cache where possible."""
        return await self._cached.get(_key(kind, account, name), kind)

    async def kept(self, kind: type[T], account: str, name: str) -> tuple[T, Kept] | None:
        """An entity read from the store, to be written back."""
        key = _key(kind, account, name)
        record = await self._store.get(key)
        if record is None:
            return None
        return msgspec.msgpack.decode(record.value, type=kind), Kept(key, record.revision)

    async def page(self, kind: type[T], account: str, *, after: str = "", limit: int) -> list[T]:
        """Entities in the order of their names, from the one after `after`."""
        prefix = _key(kind, account, "")
        records = await self._store.list(prefix, after=prefix + after.lower() if after else "", limit=limit)
        return [msgspec.msgpack.decode(record.value, type=kind) for record in records]

    async def every(self, kind: type[T], account: str) -> list[T]:
        """All entities of a kind, in the order of their names."""
        found: list[T] = []
        while len(page := await self.page(kind, account, after=_name(found[-1]) if found else "", limit=_AT_ONCE)):
            found += page
        return found

    async def key(self, key_id: str) -> AccessKey | None:
        """An access key of any account, from the cache where possible."""
        return await self._cached.get(f"iam/key/{key_id}", AccessKey)

    async def keys_of(self, account: str, user: str) -> list[AccessKey]:
        """A user's keys, in the order of their making."""
        prefix = f"{account}/aws-global/iam/keys/{user.lower()}/"
        records = await self._store.list(prefix)
        found = [await self.key(record.key.removeprefix(prefix)) for record in records]
        return sorted((each for each in found if each is not None), key=lambda each: (each.created, each.id))

    async def last_use(self, key_id: str) -> KeyUse | None:
        """When a key was used last."""
        record = await self._store.get(f"iam/used/{key_id}")
        return None if record is None else msgspec.msgpack.decode(record.value, type=KeyUse)

    async def used(self, key_id: str, use: KeyUse) -> None:
        """Remember a use."""
        await self._store.put(f"iam/used/{key_id}", msgspec.msgpack.encode(use))

    async def alias(self, account: str) -> str | None:
        """The account's alias."""
        record = await self._store.get(f"{account}/aws-global/iam/alias")
        return None if record is None else record.value.decode()

    async def commit(self, *writes: Write) -> None:
        """All or nothing. Raises Conflict."""
        await self._cached.commit(*writes)


def put(account: str, entity: User | Group | Role | ManagedPolicy | OidcIssuer, kept: Kept | None = None) -> Write:
    """Write a new entity (`kept` None), or one back. What has another name by now is another key."""
    key = _key(type(entity), account, _name(entity))
    if kept is not None and kept.key == key:
        return Write(key, msgspec.msgpack.encode(entity), kept.revision)
    return Write(key, msgspec.msgpack.encode(entity), ABSENT)


def drop(kept: Kept) -> Write:
    """Delete what was read."""
    return Write(kept.key, None, kept.revision)


def put_key(key: AccessKey) -> list[Write]:
    """Write an access key, and that its user has it."""
    return [
        Write(f"iam/key/{key.id}", msgspec.msgpack.encode(key)),
        Write(f"{key.account}/aws-global/iam/keys/{key.user.lower()}/{key.id}", b""),
    ]


def drop_key(key: AccessKey) -> list[Write]:
    """Delete an access key."""
    return [
        Write(f"iam/key/{key.id}", None),
        Write(f"iam/used/{key.id}", None),
        Write(f"{key.account}/aws-global/iam/keys/{key.user.lower()}/{key.id}", None),
    ]


def move_key(key: AccessKey, user: str) -> list[Write]:
    """Let a key's user have another name."""
    stale = f"{key.account}/aws-global/iam/keys/{key.user.lower()}/{key.id}"
    return [Write(stale, None), *put_key(msgspec.structs.replace(key, user=user))]


def put_alias(account: str, alias: str | None) -> Write:
    """Set or delete the account's alias."""
    return Write(f"{account}/aws-global/iam/alias", None if alias is None else alias.encode())


def _key(kind: type, account: str, name: str) -> str:
    return f"{account}/aws-global/iam/{_PLACES[kind]}/{name.lower()}"


def _name(entity: User | Group | Role | ManagedPolicy | OidcIssuer) -> str:
    return entity.arn if isinstance(entity, ManagedPolicy | OidcIssuer) else entity.name
