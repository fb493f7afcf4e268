"""Where pipes are kept: `ACCOUNT/REGION/pipes/pipe/NAME`."""

from __future__ import annotations

from collections.abc import AsyncIterator

import msgspec

from lambent.services.access import Place
from lambent.services.pipes.records import Pipe
from lambent.store.base import ABSENT, Store, Write

AT_ONCE = 1000

_PIPES = msgspec.msgpack.Decoder(Pipe)


class Kept(msgspec.Struct, frozen=True):
    """A pipe as it was read, to be written back."""

    pipe: Pipe
    revision: int


class Repository:
    """Pipes of every account and region."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def pipe(self, at: Place, name: str) -> Kept | None:
        """A pipe by its name."""
        record = await self._store.get(_key(at, name))
        return None if record is None else Kept(_PIPES.decode(record.value), record.revision)

    async def pipes(self, at: Place, *, prefix: str = "", after: str = "") -> list[Pipe]:
        """Pipes in the order of their names, from the one after `after`."""
        start = _key(at, after) if after else ""
        records = await self._store.list(_key(at, prefix), after=start, limit=AT_ONCE)
        return [_PIPES.decode(record.value) for record in records]

    async def count(self, at: Place) -> int:
        """How many there are."""
        return await self._store.count(_key(at, ""))

    async def everything(self) -> AsyncIterator[Pipe]:
        """Every pipe, in every account and region: for the start of the server only."""
        after = ""
        while records := await self._store.list("", after=after, limit=AT_ONCE):
            for record in records:
                if is_secret(record.key):
                    yield _PIPES.decode(record.value)
            after = records[-1].key

    async def put(self, pipe: Pipe, kept: Kept | None = None) -> None:
        """Write a new pipe (`kept` None), or one back. Raises Conflict."""
        expect = ABSENT if kept is None else kept.revision
        key = _key(Place(pipe.account, pipe.region), pipe.name)
        await self._store.transact([Write(key, msgspec.msgpack.encode(pipe), expect)])

    async def drop(self, pipe: Pipe) -> None:
        """Delete a pipe."""
        await self._store.transact([Write(_key(Place(pipe.account, pipe.region), pipe.name), None)])


def is_secret(key: str) -> bool:
    """Whether what lies under a key must not be read in the files: users' templates and filters."""
    return key.split("/", 4)[2:4] == ["pipes", "pipe"]


def _key(at: Place, name: str) -> str:
    return f"{at.account}/{at.region}/pipes/pipe/{name}"
