"""Where addresses of functions are kept: `ACCOUNT/REGION/lambda/url/NAME/QUALIFIER` (FunctionUrl; the qualifier is
`$LATEST` for the function as a whole), and `urls/-/lambda/url-id/ID`, which tells whose an id is.
"""

from __future__ import annotations

import msgspec

from lambent.model.function import LATEST
from lambent.model.function_url import FunctionUrl
from lambent.services.lambda_.names import Place
from lambent.services.lambda_.repository import Kept, Repository
from lambent.store.base import ABSENT, Store, Write

_CACHED = 10_000
_URLS = msgspec.msgpack.Decoder(FunctionUrl)


class UrlRepository:
    """Addresses of every account and region. Those that are called are remembered until any address changes."""

    def __init__(self, store: Store, functions: Repository) -> None:
        """`functions` does the writing, and tells of what is written."""
        self._store = store
        self._functions = functions
        self._called: dict[str, FunctionUrl] = {}
        self._changes = 0
        functions.on_change(self._forget)

    async def url(self, at: Place, name: str, qualifier: str) -> Kept[FunctionUrl] | None:
        """The address of a function or alias, to be written back."""
        record = await self._store.get(_key(at, name, qualifier))
        return None if record is None else Kept(_URLS.decode(record.value), record.revision)

    async def urls(self, at: Place, name: str, *, after: str = "", limit: int) -> list[FunctionUrl]:
        """Those of a function by qualifier, from the one after the qualifier `after`."""
        start = _key(at, name, after) if after else ""
        records = await self._store.list(_key(at, name, "*"), after=start, limit=limit)
        return [_URLS.decode(record.value) for record in records]

    async def called(self, url_id: str) -> FunctionUrl | None:
        """The address with that id, remembered where possible."""
        found = self._called.get(url_id)
        if found is not None:
            return found
        changes = self._changes
        named = await self._store.get(_id_key(url_id))
        record = None if named is None else await self._store.get(named.value.decode())
        if record is None:
            return None
        found = _URLS.decode(record.value)
        if changes == self._changes:  # else what was read may be older than what changed meanwhile
            if len(self._called) >= _CACHED:
                self._called.clear()
            self._called[url_id] = found
        return found

    async def commit(self, *writes: Write) -> None:
        """Write all or nothing. Raises `store.base.Conflict`."""
        await self._functions.commit(*writes)

    async def dropped(self, at: Place, name: str, qualifier: str | None = None) -> list[Write]:
        """What to write for the addresses of a function (or only of one alias) to go with it."""
        if qualifier is None:
            found = await self.urls(at, name, limit=1000)
        else:
            kept = await self.url(at, name, qualifier)
            found = [] if kept is None else [kept.value]
        return [write for url in found for write in drop_url(url)]

    def _forget(self, key: str) -> None:
        if "/lambda/url" in key:
            self._changes += 1
            self._called.clear()


def put_url(url: FunctionUrl, *, expect: int = ABSENT) -> list[Write]:
    """Write an address over the revision that was read (or over nothing)."""
    key = _key(url, url.name, url.qualifier)
    return [Write(key, msgspec.msgpack.encode(url), expect), Write(_id_key(url.id), key.encode())]


def drop_url(url: FunctionUrl, *, expect: int | None = None) -> list[Write]:
    """Delete an address."""
    return [Write(_key(url, url.name, url.qualifier), None, expect), Write(_id_key(url.id), None)]


def _key(at: Place, name: str, qualifier: str) -> str:
    shown = {"": LATEST, "*": ""}.get(qualifier, qualifier)
    return f"{at.account}/{at.region}/lambda/url/{name}/{shown}"


def _id_key(url_id: str) -> str:
    return f"urls/-/lambda/url-id/{url_id}"
