"""Where secrets are kept: `ACCOUNT/REGION/secretsmanager/secret/NAME`, and their values, sealed, under
`.../value/UID/VERSION`.
"""

from __future__ import annotations

import msgspec

from lambent.services.access import Place
from lambent.services.races import again_or
from lambent.services.secretsmanager import errors
from lambent.services.secretsmanager.records import Secret, Value
from lambent.store.base import ABSENT, Store, Write
from lambent.store.seal import Seal

_AT_ONCE = 1000

again_on_conflict = again_or(errors.too_many_changes)


class Kept(msgspec.Struct, frozen=True):
    """A secret as it was read, to be written back."""

    secret: Secret
    revision: int


class Repository:
    """Secrets of every account and region. Nothing is cached: values must not lie in memory."""

    def __init__(self, store: Store, seal: Seal) -> None:
        self._store = store
        self._seal = seal

    async def secret(self, at: Place, name: str) -> Kept | None:
        """A secret by its name."""
        record = await self._store.get(_secret(at, name))
        return None if record is None else Kept(msgspec.msgpack.decode(record.value, type=Secret), record.revision)

    async def secrets(self, at: Place) -> list[Secret]:
        """All secrets, in the order of their names."""
        found: list[Secret] = []
        after = ""
        while page := await self._store.list(_secret(at, ""), after=after, limit=_AT_ONCE):
            found += [msgspec.msgpack.decode(record.value, type=Secret) for record in page]
            after = page[-1].key
        return found

    async def value(self, secret: Secret, version_id: str) -> Value | None:
        """What a version holds. Raises PlatformError if it cannot be unsealed."""
        key = _value(secret, version_id)
        record = await self._store.get(key)
        if record is None:
            return None
        return msgspec.msgpack.decode(self._seal.open(record.value, key.encode()), type=Value)

    async def commit(self, secret: Secret, kept: Kept | None, values: dict[str, Value | None] | None = None) -> None:
        """Write a new secret (`kept` None) or one back; and values by the ids of versions, None deletes.

        Raises Conflict.
        """
        writes = [_put(secret, kept)]
        for version_id, value in (values or {}).items():
            key = _value(secret, version_id)
            sealed = None if value is None else self._seal.close(msgspec.msgpack.encode(value), key.encode())
            writes.append(Write(key, sealed))
        await self._store.transact(writes)

    async def drop(self, kept: Kept) -> None:
        """Delete a secret with all its values. Raises Conflict."""
        secret = kept.secret
        values = [Write(_value(secret, version.id), None) for version in secret.versions]
        key = _secret(Place(secret.account, secret.region), secret.name)
        await self._store.transact([Write(key, None, kept.revision), *values])


def _put(secret: Secret, kept: Kept | None) -> Write:
    expect = ABSENT if kept is None else kept.revision
    return Write(_secret(Place(secret.account, secret.region), secret.name), msgspec.msgpack.encode(secret), expect)


def _secret(at: Place, name: str) -> str:
    return f"{at.account}/{at.region}/secretsmanager/secret/{name}"


def _value(secret: Secret, version_id: str) -> str:
    return f"{secret.account}/{secret.region}/secretsmanager/value/{secret.uid}/{version_id}"
